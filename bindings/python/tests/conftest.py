"""Nodes, and pairs of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from support import LOCAL, Connect, Pair, Start, soon

from glueberry import Config, Node


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts nodes that are closed after the test."""
    nodes: list[Node] = []

    async def start_one(**settings: Any) -> Node:
        settings = {"listen": [LOCAL], "streams": ["chat"], "linger": 0.5, **settings}
        nodes.append(await Node.start(Config(**settings)))
        return nodes[-1]

    yield start_one
    await asyncio.gather(*(node.close() for node in nodes))


@pytest.fixture
def pair(start: Start) -> Connect:
    """Connects two nodes, both with these settings."""

    async def connect(**settings: Any) -> Pair:
        near, far = await start(**settings), await start(**settings)
        at_far = await soon(near.connect(far.listen_addresses[0]))
        await soon(far.wait_established(near.peer_id))
        return Pair(near, far, at_far, near.peer_id)

    return connect

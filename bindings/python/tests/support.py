"""What the tests share."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, TypeVar

from glueberry import Events, Node, PeerId
from glueberry.events import Event

PATIENCE = 20.0
"""Seconds after which what does not happen counts as failed: far more than it ever takes."""
LOCAL = "/ip4/127.0.0.1/tcp/0"

T = TypeVar("T")
E = TypeVar("E", bound=Event)


class Pair(NamedTuple):
    """Two nodes that are connected: ``near`` dialed ``far``."""

    near: Node
    far: Node
    at_far: PeerId
    """What ``near`` knows ``far`` by."""
    at_near: PeerId


Start = Callable[..., Awaitable[Node]]
Connect = Callable[..., Awaitable[Pair]]


async def soon(awaited: Awaitable[T]) -> T:
    """What comes of it, unless it takes too long."""
    async with asyncio.timeout(PATIENCE):
        return await awaited


async def first(events: Events, kind: type[E]) -> E:
    """The next event of this kind."""
    async with asyncio.timeout(PATIENCE):
        async for event in events:
            if isinstance(event, kind):
                return event
    raise AssertionError(f"the events ended without {kind.__name__}")


async def until(condition: Callable[[], bool]) -> None:
    """Asks again and again, for what no event tells."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def take(messages: AsyncIterator[T], count: int) -> list[T]:
    """The next so many."""
    return [await soon(anext(messages)) for _ in range(count)]


def run(*arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Runs Python in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
        check=False,
    )
    assert expect is None or done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done

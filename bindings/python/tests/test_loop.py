"""What kinds of event loops there are, and what happens without one."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

import pytest
from support import LOCAL, soon

from glueberry import Config, Node
from glueberry._loop import require_loop


class Unpollable(asyncio.SelectorEventLoop):
    """As that of Windows: it cannot poll a descriptor."""

    def add_reader(self, *_: Any) -> Any:  # type: ignore[override]
        raise NotImplementedError


async def talk() -> int:
    """A conversation with thousands of waits."""
    config = Config(listen=[LOCAL], streams=["chat"])
    async with Node(config) as near, Node(config) as far:
        peer = await soon(near.connect(far.listen_addresses[0]))
        here, there = near.messages("chat"), far.messages("chat")
        for number in range(300):
            await near.send(peer, "chat", number.to_bytes(2, "big"))
            message = await soon(anext(there))
            await far.send(message.peer, "chat", message.data)
            assert (await soon(anext(here))).data == number.to_bytes(2, "big")
    return 300


@pytest.mark.parametrize("kind", [asyncio.SelectorEventLoop, Unpollable])
def test_any_event_loop_of_asyncio_serves(kind: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=kind) as runner:
        assert runner.run(talk()) == 300


def test_a_loop_with_poll_instead_of_epoll_serves() -> None:
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.PollSelector())
    ) as runner:
        assert runner.run(talk()) == 300


def test_many_loops_one_after_the_other_serve() -> None:
    async def begin() -> None:
        async with Node():
            pass

    for _ in range(50):
        asyncio.run(begin())


def test_without_asyncio_a_start_says_what_is_needed() -> None:
    with pytest.raises(RuntimeError, match=r"asyncio\.run\(\) makes one; trio is not supported"):
        require_loop()
    starting = Node().__aenter__()
    with pytest.raises(RuntimeError, match="trio is not supported"):
        starting.send(None)
    starting.close()

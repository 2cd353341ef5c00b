"""Events, as an asynchronous iterator."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from ._loop import finish
from ._vocabulary import ConsumerTaken

if TYPE_CHECKING:
    from ._glueberry import EventQueue
    from .events import Event

_MOST = 64
"""Events of one batch."""


class Events:
    """What happens, from the call of ``Node.events`` on.

    >>> changes = node.events(kinds=[events.PeerDisconnected])
    >>> await node.disconnect(peer)
    >>> async for event in changes:
    ...     print(event.reason.name)
    ...     break
    REQUESTED

    The loop ends when the node has been closed. Leaving it, or cancelling a wait, loses nothing:
    the next loop over the same object goes on. Who is too slow is told by ``Lagged`` how many of
    the oldest events were dropped. ``aclose()``, or letting the object go, ends the subscription.
    """

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue
        self._buffer: deque[Event] = deque()
        self._is_awaited = False
        self._has_paused = True

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Event:
        """The next event."""
        if self._buffer:
            return self._buffer.popleft()
        return await self._next()

    def drain(self, most: int = _MOST) -> list[Event]:
        """What has happened until now, up to so many events, without waiting."""
        taken: list[Event] = []
        while len(taken) < most and (self._buffer or self._fill()):
            taken.append(self._buffer.popleft())
        return taken

    async def aclose(self) -> None:
        """Ends the subscription, and a loop over it."""
        self._buffer.clear()
        self._queue.close()

    async def _next(self) -> Event:
        if self._is_awaited:
            raise ConsumerTaken("another task waits for the next event of this subscription")
        self._is_awaited = True
        try:
            if not self._has_paused:  # So that a loop that never waits starves nobody.
                await asyncio.sleep(0)
            self._has_paused = False
            while not self._fill():
                self._has_paused = True
                if not await finish(self._queue.ready()) and self._queue.is_closed():
                    raise StopAsyncIteration
            return self._buffer.popleft()
        finally:
            self._is_awaited = False

    def _fill(self) -> bool:
        self._buffer.extend(self._queue.drain(_MOST))
        return bool(self._buffer)

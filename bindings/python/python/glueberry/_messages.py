"""Received messages, as an asynchronous iterator that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ._base import GlueberryError
from ._loop import finish
from ._vocabulary import ConsumerTaken

if TYPE_CHECKING:
    from ._glueberry import Message, MessageQueue

_MOST = 256
"""Messages of one batch: enough that what a batch costs does not count."""
_MOST_BYTES = 256 * 1024
"""Bytes of one batch, beyond its first message."""


class Leftovers:
    """What a consumer took and did not deliver: it waits for the next one. At most a batch for each
    stream that has been left."""

    def __init__(self) -> None:
        self._by_stream: dict[str, deque[Message]] = {}

    def put(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._by_stream.setdefault(message.stream, deque()).append(message)

    def take(self, stream: str | None) -> deque[Message]:
        """Those of one stream, or of all."""
        if stream is not None:
            return self._by_stream.pop(stream, deque())
        all_of_them = deque(message for some in self._by_stream.values() for message in some)
        self._by_stream.clear()
        return all_of_them


class Messages:
    """Received messages: of one stream (``Node.messages``), or of all (``Node.all_messages``).

    >>> async for message in node.messages("chat"):
    ...     print(message.data)
    ...     break
    b'hello'

    Each peer's messages come in the order in which it sent them. The loop ends when the node has
    been closed and everything was read. Leaving it, or cancelling a wait, loses nothing: what was
    not delivered comes first in the next loop over the same stream.

    A stream has one consumer. It is free again when the loop has been left and nobody holds this
    object any more, or after ``aclose()``.
    """

    def __init__(self, queue: MessageQueue, leftovers: Leftovers, stream: str | None) -> None:
        self._inbox = _Inbox(queue, leftovers, stream)
        self._buffer = self._inbox.buffer

    def __aiter__(self) -> Messages:
        return self

    async def __anext__(self) -> Message:
        """The next message."""
        if self._buffer:
            return self._buffer.popleft()
        try:
            return await self._inbox.next()
        except BaseException:
            # A traceback keeps what its frames hold. Who keeps the error does not keep the stream.
            del self
            raise

    def drain(self, most: int = _MOST) -> list[Message]:
        """What is there now, up to so many messages, without waiting.

        >>> inbox = node.messages("chat")
        >>> first = await anext(inbox)
        >>> rest = inbox.drain()
        """
        taken: list[Message] = []
        while len(taken) < most and (self._buffer or self._inbox.fill()):
            taken.append(self._buffer.popleft())
        return taken

    async def aclose(self) -> None:
        """Frees the stream for another consumer, and ends a loop over this one."""
        self._inbox.close()

    def __del__(self) -> None:
        with contextlib.suppress(GlueberryError):  # In a forked child there is nothing to free.
            self._inbox.close()


class _Inbox:
    """What a consumer has taken and not delivered yet, and where it comes from."""

    def __init__(self, queue: MessageQueue, leftovers: Leftovers, stream: str | None) -> None:
        self.buffer = leftovers.take(stream)
        self._leftovers = leftovers
        self._queue = queue
        self._is_open = True
        self._is_awaited = False
        self._has_paused = True

    async def next(self) -> Message:
        if self._is_awaited:
            raise ConsumerTaken("another task waits for the next message")
        self._is_awaited = True
        try:
            await self._pause()
            while not self.fill():
                self._has_paused = True
                if not self._is_open or (
                    not await finish(self._queue.ready()) and self._queue.is_closed()
                ):
                    raise StopAsyncIteration
            return self.buffer.popleft()
        finally:
            self._is_awaited = False

    async def _pause(self) -> None:
        """Once in a batch, unless there was a wait: a loop that never waits would starve others.
        Before anything is taken, so that cancelling it loses nothing."""
        if not self._has_paused:
            await asyncio.sleep(0)
        self._has_paused = False

    def fill(self) -> bool:
        if self._is_open and not self.buffer:
            self.buffer.extend(self._queue.drain(_MOST, _MOST_BYTES))
        return bool(self.buffer)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._leftovers.put(self.buffer)
            self.buffer.clear()
            self._queue.close()

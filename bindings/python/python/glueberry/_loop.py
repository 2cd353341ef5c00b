"""How a coroutine waits for the library: by the event loop's own means, and cancelled by them."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable
from typing import TypeVar

from ._glueberry import Bell, Pending

T = TypeVar("T")


async def finish(pending: Pending[T]) -> T:
    """What comes of a call. Cancelling this gives the call up."""
    return await _waiters_of(asyncio.get_running_loop()).finish(pending)


def require_loop() -> None:
    """Refuses to begin what no event loop could end."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        message = (
            "Glueberry needs a running asyncio event loop, as asyncio.run() makes one; "
            "trio is not supported"
        )
        raise RuntimeError(message) from None


class _Waiters:
    """Those of one event loop who wait, by number."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._bell = Bell()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._last = 0
        try:
            descriptor = self._bell.fileno()
            if descriptor is None:
                raise NotImplementedError
            loop.add_reader(descriptor, self._wake)
        except NotImplementedError:
            _listen(self._bell, self._wake, weakref.ref(loop))

    async def finish(self, pending: Pending[T]) -> T:
        self._last += 1
        number = self._last
        try:
            while not pending.poll(self._bell, number):
                rung = self._waiting[number] = asyncio.get_running_loop().create_future()
                await rung
            return pending.result()
        finally:
            self._waiting.pop(number, None)
            pending.drop()

    def _wake(self) -> None:
        for number in self._bell.take():
            rung = self._waiting.pop(number, None)
            if rung is not None and not rung.done():
                rung.set_result(None)

    def close(self) -> None:
        self._bell.close()


_all: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Waiters] = weakref.WeakKeyDictionary()


def _waiters_of(loop: asyncio.AbstractEventLoop) -> _Waiters:
    waiters = _all.get(loop)
    if waiters is None:
        _forget_closed_loops()
        waiters = _all[loop] = _Waiters(loop)
    return waiters


def _forget_closed_loops() -> None:
    for loop in list(_all):
        if loop.is_closed():
            _all.pop(loop).close()


def _listen(
    bell: Bell, wake: Callable[[], None], loop: weakref.ref[asyncio.AbstractEventLoop]
) -> None:
    """For event loops that cannot poll a descriptor: a thread of Python waits for the bell."""
    taken = threading.Event()

    def wake_and_tell() -> None:
        wake()
        taken.set()

    def serve() -> None:
        while bell.wait():
            alive = loop()
            if alive is None:
                return
            try:
                alive.call_soon_threadsafe(wake_and_tell)
            except RuntimeError:  # It was closed.
                return
            del alive
            taken.wait()
            taken.clear()

    threading.Thread(target=serve, name="glueberry-bell", daemon=True).start()

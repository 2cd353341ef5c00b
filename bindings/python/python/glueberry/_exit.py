"""The end of the process."""

from __future__ import annotations

import atexit
import contextlib
import time
import weakref
from typing import Protocol

from ._base import GlueberryError
from ._log import end_log

_MOST_SECONDS = 5.0
"""How long the end of the process waits for nodes that nobody closed."""


class _Closable(Protocol):
    def _close_within(self, seconds: float) -> None: ...


_live: weakref.WeakSet[_Closable] = weakref.WeakSet()


def close_at_exit(node: _Closable) -> None:
    """What is queued is written, and peers are told, though the program forgot to close its node."""
    _live.add(node)


@atexit.register
def _end() -> None:
    _close_all()
    end_log()


def _close_all() -> None:
    deadline = time.monotonic() + _MOST_SECONDS
    for node in list(_live):
        # What could not be done in time, or not in a forked child, ends with the process.
        with contextlib.suppress(GlueberryError):
            node._close_within(  # pyright: ignore[reportPrivateUsage]
                max(0.0, deadline - time.monotonic())
            )

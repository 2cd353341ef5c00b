"""The end of the process, and its forks."""

from __future__ import annotations

import atexit
import contextlib
import os
import time
import weakref
from typing import TYPE_CHECKING

from ._base import GlueberryError
from ._glueberry import mark_forked

if TYPE_CHECKING:
    from ._glueberry import Host

_MOST_SECONDS = 5.0
"""How long the end of the process waits for nodes that nobody closed."""

_live: weakref.WeakSet[Host] = weakref.WeakSet()


def close_at_exit(host: Host) -> None:
    """What is queued is written, and peers are told, though the program forgot to close its node."""
    _live.add(host)


def forget(host: Host) -> None:
    _live.discard(host)


@atexit.register
def _close_all() -> None:
    deadline = time.monotonic() + _MOST_SECONDS
    for host in list(_live):
        # What could not be done in time, or not in a forked child, ends with the process.
        with contextlib.suppress(GlueberryError):
            host.close_within(max(0.0, deadline - time.monotonic()))
            host.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=mark_forked)

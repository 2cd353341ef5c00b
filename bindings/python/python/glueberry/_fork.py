"""Whether this process was forked from one that uses the library."""

from __future__ import annotations

import os

from ._glueberry import mark_forked

_are_noticed = False
_is_forked = False


def notice_forks() -> None:
    """From now on a forked child is told so. Before the first node starts there is nothing that a
    child could lack, so that programs which fork first never notice."""
    global _are_noticed
    if not _are_noticed and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_mark)
    _are_noticed = True


def is_forked() -> bool:
    """Whether this is a forked child."""
    return _is_forked


def _mark() -> None:
    global _is_forked
    _is_forked = True
    mark_forked()

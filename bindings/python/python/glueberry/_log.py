"""The library's log, as records of ``logging``."""

from __future__ import annotations

import contextlib
import logging
import threading

from ._base import GlueberryError
from ._fork import notice_forks
from ._glueberry import log_next, log_start, log_stop

_ROOT = "glueberry"
_CORE = "glueberry_"
"""How the names of the library's own parts begin, such as ``glueberry_core::net``."""
_END_SECONDS = 2.0

logging.getLogger(_ROOT).addHandler(logging.NullHandler())

_lock = threading.Lock()
_thread: threading.Thread | None = None
_level: int | None = None


def update_log_level() -> None:
    """Makes the library collect what the loggers below ``glueberry`` want by now.

    A node does it when it starts; call this when you change a level later. Lines that no logger
    wants cost next to nothing.

    >>> logging.getLogger("glueberry").setLevel(logging.DEBUG)
    >>> update_log_level()
    """
    global _thread, _level
    notice_forks()
    with _lock:
        level = _wanted()
        if level != _level:
            log_start(level)
            _level = level
        if _thread is None:
            _thread = threading.Thread(target=_serve, name="glueberry-log", daemon=True)
            _thread.start()


def end_log() -> None:
    """Ends the thread, once it has logged what the library wrote."""
    if _thread is not None:
        with contextlib.suppress(GlueberryError):  # In a forked child there is nothing to end.
            log_stop(_END_SECONDS)
            _thread.join(_END_SECONDS)


def _wanted() -> int:
    """The lowest level of the loggers that there are. Beyond CRITICAL: none."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith(_ROOT + ".")]
    loggers = [logging.getLogger(name) for name in (_ROOT, *names)]
    lowest = min(logger.getEffectiveLevel() for logger in loggers)
    return max(0, min(max(lowest, logging.root.manager.disable + 1), logging.CRITICAL))


def _serve() -> None:
    while line := log_next():
        level, target, message, at = line
        logger = logging.getLogger(_name(target))
        if logger.isEnabledFor(level):
            record = logger.makeRecord(logger.name, level, "(glueberry)", 0, message, (), None)
            record.created = at.timestamp()
            record.msecs = record.created % 1 * 1000
            # What a handler raises is its own affair, and must not end the log.
            with contextlib.suppress(Exception):
                logger.handle(record)


def _name(target: str) -> str:
    """``glueberry_core::net::driver`` is the logger ``glueberry.net.driver``."""
    crate, *rooms = target.split("::")
    return ".".join([_ROOT, *([] if crate.startswith(_CORE) else [crate]), *rooms])

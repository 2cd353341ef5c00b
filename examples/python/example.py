"""What the examples share: they say what failed, and end at the end of standard input or at Ctrl-C."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from glueberry import GlueberryError

PATIENCE = 30
"""Seconds that a call may take before the example gives up."""


def run(main: Coroutine[Any, Any, int]) -> int:
    """Runs a program; gives its exit status."""
    try:
        return asyncio.run(main)
    except KeyboardInterrupt:
        return 0
    except GlueberryError as error:
        print(error, error.hint, sep="\n", file=sys.stderr)
    except TimeoutError:
        print("no answer came", file=sys.stderr)
    return 1


def usage(text: str) -> int:
    """The exit status of wrong arguments."""
    print(f"usage: {text}", file=sys.stderr)
    return 2


async def lines() -> AsyncIterator[str]:
    """What is typed, until standard input ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    typing, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        async for line in reader:
            yield line.decode(errors="replace").rstrip("\n")
    finally:
        typing.close()


async def end_of_input() -> None:
    """Returns when standard input has ended."""
    async for _ in lines():
        pass

"""The examples do what they say, also with each other's programs."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from support import run, soon

EXAMPLES = Path(__file__).parents[3] / "examples/python"
LOCAL = "/ip4/127.0.0.1/tcp/0"


def example(name: str) -> str:
    return str(EXAMPLES / f"{name}.py")


class Running:
    """An example that listens: its address, and its input and output."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process = process
        self.address = address

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await soon(self.process.stdout.readline())).decode().rstrip("\n")

    def type(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")

    async def end(self, by: signal.Signals | None = None) -> tuple[int, str]:
        """Its status, and what it complained of."""
        if by is not None:
            self.process.send_signal(by)
        elif self.process.stdin is not None:
            self.process.stdin.close()
        _, complaints = await soon(self.process.communicate())
        assert self.process.returncode is not None
        return self.process.returncode, complaints.decode()


@contextlib.asynccontextmanager
async def listening(name: str, *arguments: str) -> AsyncGenerator[Running]:
    pipe = subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "error",
        example(name),
        *arguments,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )
    running = Running(process, "")
    try:
        word, running.address = (await running.line()).split()
        assert word == "listening"
        yield running
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def start(name: str, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(run, example(name), *arguments, expect=expect)


async def test_basic_echoes() -> None:
    async with listening("basic", "listen", LOCAL) as echo:
        done = await start("basic", "send", echo.address, "one", "two", "zwölf")
        assert (done.stdout, done.stderr) == ("one\ntwo\nzwölf\n", "")
        assert await echo.end() == (0, "")


async def test_an_interrupt_ends_an_example_cleanly() -> None:
    async with listening("basic", "listen", LOCAL) as echo:
        await start("basic", "send", echo.address, "one")
        assert await echo.end(signal.SIGINT) == (0, "")


async def test_chat_passes_lines_on_to_everybody(tmp_path: Path) -> None:
    keys = [str(tmp_path / f"{name}.pem") for name in ("anna", "bruno", "carla")]
    async with listening("chat", keys[0], "Anna", LOCAL) as anna:
        async with (
            listening("chat", keys[1], "Bruno", LOCAL, anna.address) as bruno,
            listening("chat", keys[2], "Carla", LOCAL, anna.address, bruno.address) as carla,
        ):
            carla.type("hello")
            assert [await anna.line(), await bruno.line()] == ["Carla> hello"] * 2
            anna.type("hi")
            assert [await bruno.line(), await carla.line()] == ["Anna> hi"] * 2
            assert [await carla.end(), await bruno.end()] == [(0, "")] * 2
        known = anna.address.split("/")[-1]
        assert await anna.end() == (0, "")
    async with listening("chat", keys[0], "Anna", LOCAL) as again:
        assert again.address.endswith(known)
        assert await again.end() == (0, "")


async def test_the_club_lets_in_who_knows_the_password() -> None:
    async with listening("app_handshake", "listen", LOCAL) as club:
        done = await start("app_handshake", "dial", club.address, "glueberry")
        assert (done.stdout, done.stderr) == ("Good evening!\n", "")
        done = await start("app_handshake", "dial", club.address, "wrong", expect=1)
        assert (done.stdout, done.stderr) == ("", "not let in\n")
        assert await club.end() == (0, "")


async def test_the_quick_start_runs() -> None:
    done = await start("quick_start")
    assert done.stdout == "Anna reads: Hello Anna!\nBruno reads: Hello Bruno!\n"


@pytest.mark.parametrize("name", ["basic", "chat", "app_handshake"])
async def test_wrong_arguments_are_explained(name: str) -> None:
    done = await start(name, expect=2)
    assert done.stderr.startswith(f"usage: {name}.py")


async def test_what_cannot_be_reached_is_said_with_a_hint() -> None:
    nobody = "/ip4/127.0.0.1/tcp/9/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
    done = await start("basic", "send", nobody, "hello", expect=1)
    assert "cannot reach the peer" in done.stderr
    assert "Check that the peer runs" in done.stderr

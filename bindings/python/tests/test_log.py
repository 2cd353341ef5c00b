"""The library's log in ``logging``."""

from __future__ import annotations

from support import run

TALK = """
import asyncio, logging, sys, threading
from glueberry import Config, Node, update_log_level

PREPARE

async def main():
    config = Config(listen=["/ip4/127.0.0.1/tcp/0"], streams=["chat"])
    async with Node(config) as far, Node(config) as near:
        AFTER
        await near.connect(far.listen_addresses[0])

asyncio.run(main())
"""


def log(prepare: str, after: str = "pass") -> str:
    done = run("-c", TALK.replace("PREPARE", prepare).replace("AFTER", after))
    assert done.stdout == ""
    return done.stderr


def test_without_logging_nothing_is_printed() -> None:
    assert log("") == ""


def test_a_program_that_logs_gets_the_lines_under_their_rooms() -> None:
    lines = log(
        "logging.basicConfig(level=logging.INFO, format='%(levelname)s %(name)s %(message)s')"
    )
    assert "INFO glueberry." in lines
    assert "established" in lines.lower()
    assert "DEBUG" not in lines


def test_warnings_only_is_the_default_of_logging() -> None:
    assert "INFO" not in log("logging.basicConfig(format='%(levelname)s %(message)s')")


def test_one_room_is_heard_alone() -> None:
    prepare = """
logging.basicConfig(format='%(levelname)s %(name)s %(message)s')
logging.getLogger("glueberry.events").setLevel(logging.INFO)
"""
    lines = log(prepare)
    assert lines
    assert all(" glueberry.events" in line for line in lines.splitlines())


def test_a_level_that_changes_later_is_taken_over() -> None:
    prepare = "logging.basicConfig(format='%(levelname)s %(message)s')"
    after = "logging.getLogger('glueberry').setLevel(logging.DEBUG); update_log_level()"
    assert "DEBUG" in log(prepare, after)


def test_a_handler_that_fails_does_not_end_the_log() -> None:
    prepare = """
class Broken(logging.Handler):
    count = 0
    def emit(self, record):
        Broken.count += 1
        raise ValueError("in a handler")

logging.getLogger("glueberry").addHandler(Broken())
logging.getLogger("glueberry").setLevel(logging.INFO)
import atexit
atexit.register(lambda: Broken.count > 3 or sys.stderr.write(f"only {Broken.count}"))
"""
    assert log(prepare) == ""

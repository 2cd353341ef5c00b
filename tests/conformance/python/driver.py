"""Python in the conformance tests: calls what the runner says, and tells what came of it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import zlib
from array import array
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, cast

from glueberry import (
    Config,
    ConnectionLimits,
    ErrorClass,
    Events,
    GlueberryError,
    HandshakeMode,
    Identity,
    KeepAlive,
    Message,
    Messages,
    Node,
    PeerId,
    PeerInfo,
    ReconnectPolicy,
    Security,
    StreamConfig,
    __version__,
    events,
)

Words = dict[str, Any]


class Driver:
    """One node, its queues and its calls in the background. Each method is a command."""

    def __init__(self) -> None:
        self._node = Node()
        self._queues: dict[str, Messages | Events] = {}
        self._calls: dict[str, asyncio.Task[Words]] = {}

    async def answer(self, command: Words) -> Words:
        do = command["do"]
        call: Callable[[Words], Awaitable[Words | None]] | None = getattr(self, f"do_{do}", None)
        if call is None:
            return {"lacks": do}
        try:
            return {"ok": True, **(await call(command) or {})}
        except Answer as told:
            return told.words
        except GlueberryError as error:
            return {"error": told_error(error)}
        except TimeoutError:
            return {"timed_out": True}
        except Exception as fault:
            return {"fault": repr(fault)}

    # ---- the node ----

    async def do_hello(self, _: Words) -> Words:
        return {"language": "python", "version": __version__}

    async def do_start(self, command: Words) -> Words:
        identity = Identity.from_seed(bytes.fromhex(command["seed"]))
        self._queues.clear()
        self._node = await Node.start(config_of(command["settings"]), identity=identity)
        return {"peer": str(self._node.peer_id), "addresses": self._node.listen_addresses}

    async def do_close(self, command: Words) -> None:
        async with within(command):
            await self._node.close()

    async def do_listen(self, command: Words) -> Words:
        async with within(command):
            return {"addresses": await self._node.listen(command["address"])}

    async def do_connect(self, command: Words) -> Words:
        async with within(command):
            return {"peer": str(await self._node.connect(command["address"]))}

    async def do_wait_established(self, command: Words) -> None:
        async with within(command):
            await self._node.wait_established(command["peer"])

    async def do_disconnect(self, command: Words) -> None:
        async with within(command):
            await self._node.disconnect(command["peer"])

    async def do_cancel_reconnection(self, command: Words) -> None:
        async with within(command):
            await self._node.cancel_reconnection(command["peer"])

    async def do_prepare_streams(self, command: Words) -> None:
        async with within(command):
            await self._node.prepare_streams(command["peer"], command["streams"])

    async def do_finalize_handshake(self, command: Words) -> None:
        async with within(command):
            await self._node.finalize_handshake(command["peer"])

    async def do_complete_handshake(self, command: Words) -> None:
        async with within(command):
            await self._node.complete_handshake(command["peer"], command["streams"])

    # ---- messages ----

    async def do_send(self, command: Words) -> Words:
        async def send(data: bytes) -> None:
            async with within(command):
                await self._node.send(command["peer"], command["stream"], data)

        return await send_all(command, send)

    async def do_try_send(self, command: Words) -> Words:
        async def send(data: bytes) -> None:
            self._node.try_send(command["peer"], command["stream"], data)

        return await send_all(command, send)

    async def do_flush(self, command: Words) -> None:
        async with within(command):
            await self._node.flush(command["peer"], command["stream"])

    async def do_messages(self, command: Words) -> None:
        stream = command.get("stream")
        taken = self._node.all_messages() if stream is None else self._node.messages(stream)
        self._queues[command["queue"]] = taken

    async def do_receive(self, command: Words) -> Words:
        inbox = self._queues[command["queue"]]
        assert isinstance(inbox, Messages)
        got: list[Words] = []
        try:
            async with within(command):
                while len(got) < command.get("count", 1):
                    got.append(told_message(await anext(inbox)))
        except StopAsyncIteration:
            return {"messages": got, "ended": True}
        except GlueberryError:
            raise
        except TimeoutError:
            raise Answer(timed_out=True, messages=got) from None
        return {"messages": got}

    # ---- events ----

    async def do_events(self, command: Words) -> None:
        kinds = command.get("kinds")
        classes = None if kinds is None else [getattr(events, kind) for kind in kinds]
        self._queues[command["queue"]] = self._node.events(
            peers=command.get("peers"), kinds=classes
        )

    async def do_event(self, command: Words) -> Words:
        happenings = self._queues[command["queue"]]
        assert isinstance(happenings, Events)
        try:
            async with within(command):
                return {"event": told_event(await anext(happenings))}
        except StopAsyncIteration:
            return {"ended": True}

    async def do_release(self, command: Words) -> None:
        await self._queues.pop(command["queue"]).aclose()

    # ---- calls in the background ----

    async def do_begin(self, command: Words) -> None:
        self._calls[command["tag"]] = asyncio.create_task(self.answer(command["call"]))
        await asyncio.sleep(0)  # Until it waits.

    async def do_await(self, command: Words) -> Words:
        call = self._calls[command["tag"]]
        async with within(command):
            await asyncio.wait([call])
        raise Answer(**self._calls.pop(command["tag"]).result())

    async def do_cancel(self, command: Words) -> Words:
        call = self._calls.pop(command["tag"])
        call.cancel()
        await asyncio.wait([call])
        if call.cancelled():
            return {"cancelled": True}
        raise Answer(**call.result())

    # ---- what the node knows ----

    async def do_state(self, command: Words) -> Words:
        return {"state": word(self._node.connection_state(command["peer"]))}

    async def do_peer(self, command: Words) -> Words:
        info = self._node.peer(command["peer"])
        return {"peer": None if info is None else told_peer(info)}

    async def do_peers(self, _: Words) -> Words:
        return {"peers": [told_peer(info) for info in self._node.peers()]}

    async def do_health(self, command: Words) -> Words:
        health = self._node.stream_health(command["peer"], command["stream"])
        return {name: told(value) for name, value in fields_of(health)}

    async def do_add_peer(self, command: Words) -> Words:
        async with within(command):
            peer = await self._node.add_peer(
                *command["addresses"],
                persistent=command.get("persistent", False),
                metadata=command.get("metadata"),
            )
        return {"peer": str(peer)}

    async def do_remove_peer(self, command: Words) -> None:
        async with within(command):
            await self._node.remove_peer(command["peer"])

    async def do_ban(self, command: Words) -> None:
        async with within(command):
            await self._node.ban(command["target"], duration=seconds(command.get("duration_ms")))

    async def do_unban(self, command: Words) -> Words:
        async with within(command):
            return {"was_banned": await self._node.unban(command["target"])}

    async def do_bans(self, _: Words) -> Words:
        return {
            "bans": [
                {name: told(value) for name, value in fields_of(ban)} for ban in self._node.bans()
            ]
        }


class Answer(Exception):
    """An answer as a whole, instead of a result."""

    def __init__(self, **words: Any) -> None:
        self.words = words


# ---- what is told ----


def told(value: Any) -> Any:
    """As it is written on the wire."""
    match value:
        case IntEnum():
            return word(value)
        case PeerId():
            return str(value)
        case datetime():
            return round(value.timestamp() * 1000)
        case timedelta():
            return round(value.total_seconds() * 1000)
        case events.Unwritten():
            return dict(fields_of(value))
        case list() | tuple():
            return [told(one) for one in cast("list[Any]", value)]
        case _:
            return value


def word(word: IntEnum) -> str:
    """`CONNECTION_LOST` is `ConnectionLost` on the wire."""
    return word.name.title().replace("_", "")


def fields_of(record: Any) -> Iterator[tuple[str, Any]]:
    return ((field.name, getattr(record, field.name)) for field in dataclasses.fields(record))


def told_event(event: events.Event) -> Words:
    return {"kind": word(event.kind), **{name: told(value) for name, value in fields_of(event)}}


def told_message(message: Message) -> Words:
    size, crc = len(message.data), zlib.crc32(message.data)
    return {"peer": str(message.peer), "stream": message.stream, "size": size, "crc": crc}


def told_peer(info: PeerInfo) -> Words:
    told_fields = {name: told(value) for name, value in fields_of(info)}
    return {**told_fields, "banned": info.banned is not None, "metadata": dict(info.metadata)}


def told_error(error: GlueberryError) -> Words:
    return {
        "code": int(error.code),
        "name": word(error.code),
        "class": ErrorClass(error.code // 100).name.lower(),
        "retriable": error.retriable,
        "hint": error.hint,
        "message": error.message,
        "peer": told(error.peer),
        "stream": error.stream,
    }


# ---- what is asked for ----


@asynccontextmanager
async def within(command: Words) -> AsyncGenerator[None]:
    async with asyncio.timeout(seconds(command.get("within_ms"))):
        yield


def seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


async def send_all(command: Words, send: Callable[[bytes], Awaitable[None]]) -> Words:
    sent = 0
    try:
        for sent in range(command.get("count", 1)):
            await send(payload(command, sent))
    except GlueberryError as error:
        raise Answer(error=told_error(error), sent=sent) from None
    except TimeoutError:
        raise Answer(timed_out=True, sent=sent) from None
    return {"sent": command.get("count", 1)}


def payload(command: Words, index: int) -> bytes:
    if "text" in command:
        text: str = command["text"]
        return text.encode()
    size, seed = command["size"], command["seed"] + index
    numbers = array("I", ((seed + at * 2654435761) & 0xFFFF_FFFF for at in range((size + 3) // 4)))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()[:size]


def config_of(settings: Words) -> Config:
    """The library's settings as those of Python: the same names, and times in seconds."""
    given = {name.removesuffix("_ms"): value for name, value in settings.items()}
    for name in ("handshake_timeout", "dial_timeout", "linger"):
        if name in given:
            given[name] = seconds(given[name])
    made: dict[str, Callable[[Any], Any]] = {
        "streams": lambda streams: {
            name: StreamConfig(**bounds) for name, bounds in streams.items()
        },
        "handshake": lambda mode: HandshakeMode[mode.upper()],
        "security": lambda security: Security[security.upper()],
        "reconnect": lambda policy: ReconnectPolicy(**in_seconds(policy)),
        "keep_alive": lambda policy: policy and KeepAlive(**in_seconds(policy)),
        "connection_limits": lambda limits: ConnectionLimits(**limits),
    }
    return Config(
        **{name: made.get(name, lambda same: same)(value) for name, value in given.items()}
    )


def in_seconds(policy: Words) -> Words:
    return {
        name.removesuffix("_ms"): seconds(value) if name.endswith("_ms") else value
        for name, value in policy.items()
    }


async def main() -> None:
    commands = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    driver = Driver()
    async for line in commands:
        command = json.loads(line)
        answer = await driver.answer(command)
        print(json.dumps({"id": command["id"], **answer}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())

#!/usr/bin/env python3
"""The driver of Go: it obeys what ../README.md says by means of the peer in ../../interop/go, the path
of which is its argument. Go speaks only v1, and tells its peers' states instead of events."""

import asyncio
import base64
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.payload import crc_of, data_of  # noqa: E402

HANDSHAKE = "handshake"
# A line of the Go peer holds a message of up to 1 MiB in base64.
LONGEST_LINE = 1 << 22
STYLES = {"Automatic": "auto", "App": "app"}
# What Go calls a peer's new state, and what the runner waits for.
KINDS = {
    "Connecting": "PeerConnecting",
    "Connected": "PeerConnected",
    "Established": "PeerEstablished",
    "Disconnected": "PeerDisconnected",
    "Reconnecting": "PeerReconnecting",
    "Cooldown": "PeerCooldown",
}


class Refused(Exception):
    """The Go library failed a call."""


class GoNode:
    """A process of the Go peer, with one node, and what it has told."""

    def __init__(self, process):
        self.process = process
        self.style = None
        self.changed = asyncio.Condition()
        self.answers = {}
        self.listening = None
        self.states = {}
        self.events = []
        self.messages = defaultdict(list)
        self.is_over = False
        self._next_id = 0
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, program, seed, settings):
        directory = tempfile.mkdtemp(dir=".")
        pipe = asyncio.subprocess.PIPE
        node = cls(await asyncio.create_subprocess_exec(
            program, "-dir", directory, stdin=pipe, stdout=pipe, limit=LONGEST_LINE))
        options = start_options(seed, settings)
        node.style = options["handshake"]
        await node.ask("start", **options)
        await node.until(lambda: node.listening)
        return node

    async def ask(self, command, **fields):
        """The result of a command of the Go peer."""
        self._next_id += 1
        number = self._next_id
        line = json.dumps({"id": number, "cmd": command, **fields})
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()
        await self.until(lambda: number in self.answers or self.is_over)
        answer = self.answers.pop(number, {"error": "the Go peer has ended"})
        if not answer.get("ok"):
            raise Refused(answer["error"])
        return answer.get("result") or {}

    async def until(self, happened):
        async with self.changed:
            await self.changed.wait_for(happened)

    async def close(self):
        """Ends the node and its process. Again, it does nothing."""
        if not self.is_over:
            await self.ask("stop")
            await self.leave()

    async def leave(self):
        self.process.stdin.close()
        await self.process.wait()
        await self._reading

    async def _read(self):
        async for line in self.process.stdout:
            async with self.changed:
                self._take(json.loads(line))
                self.changed.notify_all()
        async with self.changed:
            self.is_over = True
            self.changed.notify_all()

    def _take(self, told):
        match told["event"]:
            case "done":
                self.answers[told["id"]] = told
            case "listening":
                self.listening = told
            case "state":
                self.states[told["peer"]] = told["state"]
                self.events.append({"kind": KINDS[told["state"]], "peer": told["peer"]})
            case "handshake":
                self._keep(told, HANDSHAKE)
            case "message":
                self._keep(told, told["stream"])
            case _:
                print(f"the Go peer tells of {told}", file=sys.stderr)

    def _keep(self, told, stream):
        data = base64.b64decode(told["data_b64"] or "")
        message = {"peer": told["peer"], "stream": stream, "size": len(data), "crc": crc_of(data)}
        self.messages[stream].append(message)


class Driver:
    """Obeys the runner's commands."""

    def __init__(self, program):
        self.program = program
        self.node = None
        self.queues = {}
        self.begun = {}

    async def answer(self, command):
        """What to answer, without the id."""
        do = command["do"]
        obey = getattr(self, f"do_{do}", None)
        if obey is None:
            return {"lacks": do}
        within = command.get("within_ms")
        came = []
        try:
            async with asyncio.timeout(None if within is None else within / 1000):
                return {"ok": True, **(await obey(command, came) or {})}
        except TimeoutError:
            return {"timed_out": True, "messages": came}
        except Refused as refusal:
            return {"error": {"message": str(refusal)}}

    async def do_hello(self, command, _):
        return {"language": "go"}

    async def do_start(self, command, _):
        if self.node is not None:
            await self.node.close()
        self.queues = {}
        self.node = await GoNode.start(self.program, command["seed"], command["settings"])
        return {"peer": self.node.listening["peer"], "addresses": self.node.listening["addresses"]}

    async def do_close(self, command, _):
        await self.node.close()

    async def do_connect(self, command, _):
        """Go's call returns when the peer is connected; with the automatic handshake this waits on."""
        peer = (await self.node.ask("connect", addr=command["address"]))["peer"]
        if self.node.style == "auto":
            await self.do_wait_established({"peer": peer}, _)
        return {"peer": peer}

    async def do_wait_established(self, command, _):
        await self.node.until(lambda: self.node.states.get(command["peer"]) == "Established")

    async def do_state(self, command, _):
        (peer,) = (await self.node.ask("peers", peer=command["peer"]))["peers"]
        return {"state": peer["state"]}

    async def do_disconnect(self, command, _):
        await self.node.ask("disconnect", peer=command["peer"])

    async def do_cancel_reconnection(self, command, _):
        await self.node.ask("cancel_reconnection", peer=command["peer"])

    async def do_prepare_streams(self, command, _):
        await self.node.ask("prepare_streams", peer=command["peer"], streams=command["streams"])

    async def do_finalize_handshake(self, command, _):
        await self.node.ask("finalize", peer=command["peer"])

    async def do_complete_handshake(self, command, _):
        await self.node.ask("complete_handshake", peer=command["peer"], streams=command["streams"])

    async def do_send(self, command, _):
        count = command.get("count", 1)
        for number in range(count):
            await self.send_one(command, base64.b64encode(data_of(command, number)).decode())
        return {"sent": count}

    do_try_send = do_send

    async def send_one(self, command, data):
        peer, stream = command["peer"], command["stream"]
        if stream == HANDSHAKE:
            await self.node.ask("send_handshake", peer=peer, data_b64=data)
        else:
            await self.node.ask("send", peer=peer, stream=stream, data_b64=data)

    async def do_messages(self, command, _):
        self.queues[command["queue"]] = self.node.messages[command["stream"]]

    async def do_receive(self, command, came):
        queue, count = self.queues[command["queue"]], command.get("count", 1)
        while len(came) < count:
            await self.node.until(lambda: queue or self.node.is_over)
            if not queue:
                return {"messages": came, "ended": True}
            while queue and len(came) < count:
                came.append(queue.pop(0))
        return {"messages": came}

    async def do_events(self, command, _):
        self.queues[command["queue"]] = self.node.events

    async def do_event(self, command, _):
        queue = self.queues[command["queue"]]
        await self.node.until(lambda: queue or self.node.is_over)
        return {"event": queue.pop(0)} if queue else {"ended": True}

    async def do_release(self, command, _):
        del self.queues[command["queue"]]

    async def do_begin(self, command, _):
        self.begun[command["tag"]] = asyncio.create_task(self.answer(command["call"]))
        await asyncio.sleep(0)  # the call is made when this one waits

    async def do_await(self, command, _):
        answer = await asyncio.shield(self.begun[command["tag"]])
        del self.begun[command["tag"]]
        return answer

    async def do_cancel(self, command, _):
        call = self.begun.pop(command["tag"])
        call.cancel()
        try:
            return await call
        except asyncio.CancelledError:
            return {"cancelled": True}


def start_options(seed, settings):
    """Go's settings that stand for these; for others there is no such scene with Go."""
    known = {"listen", "streams", "handshake", "reconnect"}
    if others := set(settings) - known:
        raise Refused(f"Go has no settings {sorted(others)}")
    style = STYLES[settings.get("handshake", "Automatic")]
    return {
        "seed": seed,
        "listen": settings["listen"],
        "handshake": style,
        "streams": list(settings.get("streams", {})),
        "full_data": True,
        "reconnect_delay_ms": settings.get("reconnect", {}).get("first_delay_ms", 0),
    }


async def main(program):
    lines = asyncio.StreamReader(limit=LONGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    driver = Driver(program)
    async for line in lines:
        command = json.loads(line)
        answer = await driver.answer(command)
        print(json.dumps({"id": command["id"], **answer}), flush=True)
    for call in driver.begun.values():
        call.cancel()
    if driver.node is not None and not driver.node.is_over:
        await driver.node.leave()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

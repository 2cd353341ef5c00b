"""Several people talk. Whoever starts with the key of before is known by the same peer id.

chat.py anna.pem Anna /ip4/127.0.0.1/tcp/9000
chat.py bruno.pem Bruno /ip4/127.0.0.1/tcp/0 /ip4/127.0.0.1/tcp/9000/p2p/12D3KooW...

Each line goes to all who are connected: who joins a chat names everybody who is there.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from example import PATIENCE, lines, run, usage

from glueberry import Config, GlueberryError, Identity, Messages, Node, State


def identity_in(path: Path) -> Identity:
    """The key in this file, which is made if there is none."""
    if path.exists():
        return Identity.load(path)
    identity = Identity.generate()
    identity.save(path)
    return identity


async def print_all(inbox: Messages) -> None:
    """Ends when the node is closed."""
    async for message in inbox:
        print(message.data.decode(errors="replace"), flush=True)


async def send_to_all(node: Node, line: str) -> None:
    for info in node.peers():
        if info.state is State.ESTABLISHED:
            try:
                async with asyncio.timeout(PATIENCE):
                    await node.send(info.peer, "chat", line.encode())
            except (GlueberryError, TimeoutError) as error:
                # A peer that leaves meanwhile does not keep the line from the others.
                print(error, file=sys.stderr)


async def chat(key: str, name: str, address: str, peers: list[str]) -> int:
    config = Config(listen=[address], streams=["chat"])
    async with Node(config, identity=identity_in(Path(key))) as node:
        printing = asyncio.create_task(print_all(node.messages("chat")))
        for place in node.listen_addresses:
            print("listening", place, flush=True)
        for peer in peers:
            async with asyncio.timeout(PATIENCE):
                await node.connect(peer)
        async for line in lines():
            await send_to_all(node, f"{name}> {line}")
    await printing
    return 0


def main(arguments: list[str]) -> int:
    match arguments:
        case [key, name, address, *peers]:
            return run(chat(key, name, address, peers))
        case _:
            return usage("chat.py KEYFILE NAME LISTEN-ADDRESS [PEER-ADDRESS...]")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

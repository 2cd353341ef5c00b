"""One side echoes, the other sends and prints the answers.

basic.py listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat`
basic.py send ADDRESS TEXT...            sends each text, and prints the answers
"""

from __future__ import annotations

import asyncio
import sys

from example import PATIENCE, end_of_input, run, usage

from glueberry import Config, GlueberryError, Messages, Node


async def echo(node: Node, inbox: Messages) -> None:
    """Ends when the node is closed."""
    async for message in inbox:
        try:
            await node.send(message.peer, message.stream, message.data)
        except GlueberryError as error:
            # The peer may have left before it got its answer. The others go on.
            print(error, file=sys.stderr)


async def listen(address: str) -> int:
    async with Node(Config(listen=[address], streams=["chat"])) as node:
        echoing = asyncio.create_task(echo(node, node.messages("chat")))
        for place in node.listen_addresses:
            print("listening", place, flush=True)
        await end_of_input()
    await echoing
    return 0


async def send(address: str, texts: list[str]) -> int:
    async with Node(Config(streams=["chat"])) as node, asyncio.timeout(PATIENCE):
        peer = await node.connect(address)
        answers = node.messages("chat")
        for text in texts:
            await node.send(peer, "chat", text.encode())
            answer = await anext(answers)
            print(answer.data.decode(errors="replace"))
    return 0


def main(arguments: list[str]) -> int:
    match arguments:
        case ["listen", address]:
            return run(listen(address))
        case ["send", address, text, *more]:
            return run(send(address, [text, *more]))
        case _:
            return usage("basic.py listen ADDRESS | send ADDRESS TEXT...")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

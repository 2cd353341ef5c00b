"""Two nodes in one process: Bruno dials Anna, and both send a message."""

import asyncio

from glueberry import Config, Node


async def main() -> None:
    # Anna listens at a free port of this machine. Both sides name the streams they carry.
    anna_config = Config(listen=["/ip4/127.0.0.1/tcp/0"], streams=["chat"])
    async with Node(anna_config) as anna, Node(Config(streams=["chat"])) as bruno:
        # Returns once Anna has proven that the id in the address is hers, and the handshake is done.
        to_anna = await bruno.connect(anna.listen_addresses[0])
        await bruno.send(to_anna, "chat", b"Hello Anna!")

        async for message in anna.messages("chat"):
            print("Anna reads:", message.data.decode())
            await anna.send(message.peer, "chat", b"Hello Bruno!")
            break  # What is not read yet waits for the next loop.

        answer = await anext(bruno.messages("chat"))
        print("Bruno reads:", answer.data.decode())
    # Leaving `async with` writes what is still queued, then closes.


asyncio.run(main())

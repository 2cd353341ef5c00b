"""One end of a measurement, in Python with asyncio: a node that obeys orders from standard input.

    receive PAYLOAD          takes messages up to the last one
    send PAYLOAD SECONDS     sends messages to the peer that is connected
    answer PAYLOAD           sends back what comes, up to the last one

A line of JSON answers each order; the first one says where the node listens.
"""

import asyncio
import json
import sys

from glueberry import Config, Node, Security
from numbered import counted, is_last, messages

STREAM = "bench"


async def receive(node, payload):
    count = 0
    async for message in node.messages(STREAM):
        count += 1
        if is_last(message.data):
            return counted(count, message.data, int(payload))


async def send(node, payload, seconds):
    peer, count = node.peers()[0].peer, 0
    # The partner may be ready earlier than this side.
    await node.wait_established(peer)
    for count, message in enumerate(messages(int(payload), float(seconds)), 1):
        await node.send(peer, STREAM, message)
    return count


async def answer(node, payload):
    count = 0
    async for message in node.messages(STREAM):
        count += 1
        await node.send(message.peer, STREAM, message.data)
        if is_last(message.data):
            return counted(count, message.data, int(payload))


async def main():
    listen = ["/ip4/127.0.0.1/tcp/0"]
    async with Node(Config(listen=listen, streams=[STREAM], security=Security.TLS)) as node:
        print(json.dumps({"address": node.listen_addresses[0]}), flush=True)
        loop = asyncio.get_running_loop()
        while order := await loop.run_in_executor(None, sys.stdin.readline):
            what, *arguments = order.split()
            count = await {"receive": receive, "send": send, "answer": answer}[what](node, *arguments)
            print(json.dumps({"messages": count}), flush=True)


asyncio.run(main())

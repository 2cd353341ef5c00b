"""One end of a measurement with pyzmq and asyncio, over CURVE. The orders are those of party.py."""

import asyncio
import json
import sys

import zmq
import zmq.asyncio
from numbered import counted, is_last, messages


async def receive(socket, payload):
    count = 0
    while True:
        message = await socket.recv()
        count += 1
        if is_last(message):
            return counted(count, message, int(payload))


async def send(socket, payload, seconds):
    count = 0
    for count, message in enumerate(messages(int(payload), float(seconds)), 1):
        await socket.send(message)
    return count


async def answer(socket, payload):
    count = 0
    while True:
        message = await socket.recv()
        count += 1
        await socket.send(message)
        if is_last(message):
            return counted(count, message, int(payload))


async def main():
    socket = zmq.asyncio.Context().socket(zmq.PAIR)
    public, secret = zmq.curve_keypair()
    socket.curve_publickey, socket.curve_secretkey = public, secret
    socket.curve_server = True
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    address = f"tcp://127.0.0.1:{port} {public.decode()}"
    print(json.dumps({"address": address}), flush=True)
    loop = asyncio.get_running_loop()
    while order := await loop.run_in_executor(None, sys.stdin.readline):
        what, *arguments = order.split()
        count = await {"receive": receive, "send": send, "answer": answer}[what](socket, *arguments)
        print(json.dumps({"messages": count}), flush=True)


asyncio.run(main())

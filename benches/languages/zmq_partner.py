"""The other end of a measurement with ZeroMQ, blocking, which keeps up with asyncio and with Node.js.

    zmq_partner.py ADDRESS KEY

It obeys orders from standard input, each of which a line of JSON answers:

    receive PAYLOAD          takes messages up to the last one
    send PAYLOAD SECONDS     sends messages
    ask PAYLOAD SECONDS      one message there and back after the other: their times in nanoseconds
"""

import json
import sys
import time

import zmq
from numbered import counted, is_last, messages


def receive(socket, payload):
    count, message = 1, socket.recv()
    while not is_last(message):
        count, message = count + 1, socket.recv()
    return {"messages": counted(count, message, int(payload))}


def send(socket, payload, seconds):
    count = 0
    for count, message in enumerate(messages(int(payload), float(seconds)), 1):
        socket.send(message)
    return {"messages": count}


def ask(socket, payload, seconds):
    times = []
    for message in messages(int(payload), float(seconds)):
        began = time.perf_counter_ns()
        socket.send(message)
        if socket.recv() != message:
            raise SystemExit("another message came back")
        times.append(time.perf_counter_ns() - began)
    return {"nanoseconds": times}


def main():
    address, key = sys.argv[1:]
    socket = zmq.Context().socket(zmq.PAIR)
    socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
    socket.curve_serverkey = key.encode()
    socket.connect(address)
    for order in sys.stdin:
        what, *arguments = order.split()
        answer = {"receive": receive, "send": send, "ask": ask}[what](socket, *arguments)
        print(json.dumps(answer), flush=True)


main()

"""A driver that is wrong in the way that its argument names: for test_run.py.

It has no library: it plays a conversation of its own with whoever is wrong in no way. What one driver
sends, the other finds in a file, since both know the folder that holds their own."""

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.payload import crc_of, data_of  # noqa: E402

WRONG = sys.argv[1]
POST = Path("../post")


def obey(command):
    do = command["do"]
    if do == WRONG:
        return {"lacks": do}
    match do:
        case "hello":
            return {"language": WRONG, "version": os.environ["VERSION"]}
        case "start":
            return {"peer": f"peer of {Path.cwd().name}", "addresses": ["/ip4/127.0.0.1/tcp/1/p2p/x"]}
        case "send":
            return send(command)
        case "receive":
            return receive()
        case "connect":
            return {"error": error()}
        case "event":
            return {"event": event()}
    return {}


def send(command):
    if WRONG == "hangs":
        time.sleep(3600)
    if WRONG == "dies":
        print("something is rotten", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGABRT)
    if WRONG == "babbles":
        print("hello there", flush=True)
    data = data_of(command)
    if WRONG == "damages":
        data = data[:-1] + b"?"
    POST.write_bytes(data)
    return {"sent": 1}


def receive():
    data = POST.read_bytes()
    return {"messages": [{"peer": "peer of a", "stream": "chat", "size": len(data), "crc": crc_of(data)}]}


def error():
    known = {
        "code": 301, "name": "NotConnected", "class": "network", "retriable": True, "message": "no",
        "hint": "Connect to the peer, or wait until PeerEstablished, then try again.",
    }
    return known | ({"code": 302} if WRONG == "misnumbers" else {})


def event():
    fields = {"kind": "Lagged", "at": 1_764_400_000_000, "missed": 1}
    return fields | ({"peer": "p"} if WRONG == "adds a field" else {})


for line in sys.stdin:
    command = json.loads(line)
    told = obey(command)
    answer = told if "lacks" in told or "error" in told else {"ok": True, **told}
    print(json.dumps({"id": command["id"], **answer}), flush=True)
if WRONG == "ends badly":
    sys.exit(3)
if WRONG == "stays":
    time.sleep(3600)

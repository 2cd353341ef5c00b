"""Messages that are told by size and seed: README.md says how."""

import sys
import zlib
from array import array
from functools import lru_cache

STEP = 2654435761
WORD = 1 << 32


def data_of(payload, number=0):
    """The message that a command names; `number` is its place in a row, from 0."""
    if "text" in payload:
        return payload["text"].encode()
    return generated(payload["size"], (payload["seed"] + number) % WORD)


def crc_of(data):
    return zlib.crc32(data)


def expanded(messages):
    """What a driver has to tell of these messages."""
    return [told for message in messages for told in several(message)]


def several(message):
    origin = {name: message[name] for name in ("peer", "stream") if name in message}
    for number in range(message.get("count", 1)):
        if "text" in message:
            data = data_of(message)
            yield origin | {"size": len(data), "crc": crc_of(data)}
        else:
            seed = (message["seed"] + number) % WORD
            yield origin | {"size": message["size"], "crc": crc_of_generated(message["size"], seed)}


@lru_cache(maxsize=65536)
def crc_of_generated(size, seed):
    return crc_of(generated(size, seed))


def generated(size, seed):
    words = array("I", ((seed + i * STEP) % WORD for i in range((size + 3) // 4)))
    if sys.byteorder == "big":
        words.byteswap()
    return words.tobytes()[:size]

"""Messages that are told by size and seed: README.md says how."""

import zlib
from array import array
from functools import lru_cache
import sys

STEP = 2654435761
WORD = 1 << 32


@lru_cache(maxsize=65536)
def sum_of(size, seed):
    """The CRC-32 of the message of this size and seed."""
    return zlib.crc32(bytes_of(size, seed))


def bytes_of(size, seed):
    words = array("I", ((seed + i * STEP) % WORD for i in range((size + 3) // 4)))
    assert words.itemsize == 4
    if sys.byteorder == "big":
        words.byteswap()
    return words.tobytes()[:size]


def expanded(messages):
    """What a driver has to tell of these messages."""
    told = []
    for message in messages:
        told += several(dict(message))
    return told


def several(message):
    count, text = message.pop("count", 1), message.pop("text", None)
    if text is not None:
        data = text.encode()
        yield message | {"size": len(data), "crc": zlib.crc32(data)}
        return
    seed = message.pop("seed")
    for number in range(count):
        yield message | {"crc": sum_of(message["size"], (seed + number) % WORD)}

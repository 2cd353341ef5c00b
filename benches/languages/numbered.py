"""Messages that show whether all of them arrived, as benches/src/numbered.rs has them: numbered in their
first eight bytes, the last one marked."""

import time

LAST = 1 << 63
# The same mark in the first byte.
MARK = 0x80
# Payload between two looks at the clock.
BETWEEN_LOOKS = 4096


def messages(payload, seconds):
    """So large, until the time is over."""
    rest = b"\x5a" * (payload - 8)
    stride = max(1, BETWEEN_LOOKS // payload)
    until = time.monotonic() + seconds
    number = 0
    while True:
        is_over = (number + 1) % stride == 0 and time.monotonic() >= until
        yield (number | (LAST if is_over else 0)).to_bytes(8) + rest
        if is_over:
            return
        number += 1


def is_last(message):
    """Whether it ends the round. Cheap, for it is asked of each one; pyzmq and Glueberry pay the same."""
    return message[0] & MARK


def counted(count, last, payload):
    """So many messages have come, if the last one says the same."""
    number = int.from_bytes(last[:8]) & ~LAST
    if number != count - 1 or len(last) != payload:
        raise SystemExit(f"{count} messages of {payload} bytes came; the last, of {len(last)}, is {number}")
    return count

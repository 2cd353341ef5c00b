"""Messages that show whether all of them arrived, as benches/src/numbered.rs has them: numbered in their
first eight bytes, the last one marked."""

import time

LAST = 1 << 63
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


class Receipt:
    """What has come."""

    def __init__(self, payload):
        self.payload, self.count = payload, 0

    def take(self, message):
        """Whether it was the last; it has to be the next."""
        stamp = int.from_bytes(message[:8])
        if len(message) != self.payload or stamp & ~LAST != self.count:
            raise SystemExit(f"message {self.count} was lost, doubled or overtaken")
        self.count += 1
        return stamp >= LAST

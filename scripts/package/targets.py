"""The kinds of machines that packages are for."""

import platform
from dataclasses import dataclass

# The oldest glibc that wheels for `manylinux_2_28` may ask for.
GLIBC = "2.28"


@dataclass(frozen=True)
class Target:
    """A kind of machine, as Rust, Python, npm and JNA call it."""

    name: str
    triple: str
    wheel: str
    npm: str
    cpu: str
    libc: str
    # JNA does not tell musl from glibc.
    jna: str | None

    @property
    def flags(self):
        # A shared library needs the C library of the machine that loads it.
        return "-C target-feature=-crt-static" if self.libc == "musl" else ""

    @property
    def is_this_machine(self):
        return self.libc == "glibc" and self.triple.startswith(platform.machine())

    @property
    def zig_triple(self):
        return f"{self.triple}.{GLIBC}" if self.libc == "glibc" else self.triple


TARGETS = [
    Target("x86_64-gnu", "x86_64-unknown-linux-gnu", "manylinux_2_28", "linux-x64-gnu", "x64", "glibc",
           "linux-x86-64"),
    Target("aarch64-gnu", "aarch64-unknown-linux-gnu", "manylinux_2_28", "linux-arm64-gnu", "arm64", "glibc",
           "linux-aarch64"),
    Target("x86_64-musl", "x86_64-unknown-linux-musl", "musllinux_1_2", "linux-x64-musl", "x64", "musl", None),
    Target("aarch64-musl", "aarch64-unknown-linux-musl", "musllinux_1_2", "linux-arm64-musl", "arm64", "musl",
           None),
]

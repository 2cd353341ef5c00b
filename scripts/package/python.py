"""Wheels, and a source distribution."""

import platform
import sys
import tempfile
from pathlib import Path

from .common import DIST, ROOT, environment, only, run, say, tool

HOME = ROOT / "bindings/python"


def build(targets):
    for target in targets:
        say(f"wheel for {target.name}")
        run([tool("maturin"), "build", "--release", "--locked", "--zig", "--target", target.triple,
             "--compatibility", target.wheel, "--out", DIST],
            cwd=HOME, env=environment(target))
    say("source distribution for Python")
    run([tool("maturin"), "sdist", "--out", DIST], cwd=HOME, env=environment())


def check():
    """The wheel for this machine, in an empty environment."""
    wheel = only(DIST.glob(f"glueberry-*-abi3-manylinux*_{platform.machine()}.whl"))
    say(f"trying {wheel.name}")
    with tempfile.TemporaryDirectory() as folder:
        run([sys.executable, "-m", "venv", folder])
        python = Path(folder, "bin/python")
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index",
             wheel])
        run([python, ROOT / "examples/python/quick_start.py"], cwd=folder)

"""The languages of drivers.json: how their drivers are built and started."""

import json
import os
import subprocess
import sys
from pathlib import Path

from .failure import Failure
from .tables import ROOT

HERE = ROOT / "tests" / "conformance"
# How many lines of a failed build are shown.
LAST_LINES = 30


class Language:
    """An entry of drivers.json."""

    def __init__(self, name, entry):
        self.name = name
        self.v1 = entry.get("speaks") == "v1"
        self.broken = None
        self._build = [filled(command) for command in entry.get("build", [])]
        self._run = filled(entry["run"])
        self._without = entry.get("without")
        self._environment = {name: filled([value])[0] for name, value in entry.get("env", {}).items()}

    @property
    def is_left_out(self):
        """Whether somebody said that it is not to be tested here."""
        return self._without is not None and os.environ.get(self._without) == "1"

    @property
    def left_out_by(self):
        return f"{self._without}=1"

    def build(self):
        """Builds it. If that fails, all its pairs fail."""
        try:
            for command in self._build:
                built(command, self.environment())
        except Failure as failure:
            self.broken = str(failure)

    def command(self):
        if self.broken:
            raise Failure(f"does not build:\n{self.broken}")
        return self._run

    def environment(self):
        return {**os.environ, **self._environment}


def languages(path):
    entries = json.loads(Path(path).read_text())
    return [Language(name, entry) for name, entry in entries.items()]


def filled(command):
    places = {"root": ROOT, "here": HERE, "target": target(), "out": out(), "python": sys.executable}
    return [part.format(**places) for part in command]


def target():
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


def out():
    directory = target() / "conformance"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def built(command, environment):
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
    except OSError as problem:
        raise Failure(f"{command[0]}: {problem}") from None
    if done.returncode != 0:
        said = done.stdout.decode(errors="replace").splitlines()[-LAST_LINES:]
        raise Failure("\n".join([" ".join(command), *said]))

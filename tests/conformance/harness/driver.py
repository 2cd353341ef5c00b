"""A driver: a program that obeys commands, one JSON object a line each way."""

import json
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from pathlib import Path

from .failure import Failure

# How many lines of each side a failure shows.
LAST_LINES = 12
# A line longer than this is shown shortened.
SHOWN = 400


class Driver:
    """A running driver. It is killed, with all it started, by `kill`."""

    def __init__(self, language, command, directory: Path, environment):
        self.language = language
        self.lines = deque(maxlen=LAST_LINES)
        self._next_id = 1
        self._errors = directory / "stderr"
        with self._errors.open("wb") as errors:
            self._process = start(command, directory, environment, errors)
        self._answers = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def ask(self, do, arguments, seconds):
        """The answer to a command."""
        command = {"id": self._next_id, "do": do, **arguments}
        self._next_id += 1
        self._tell(command)
        answer = parsed(self._line(seconds, do))
        if answer.get("id") != command["id"]:
            raise Failure(f"answered {shortened(answer)} to command {command['id']}")
        if "lacks" in answer:
            raise Failure(f"lacks the command {answer['lacks']!r}")
        if "fault" in answer:
            raise Failure(f"reports a fault of its own: {answer['fault']}")
        return answer

    def leave(self, seconds):
        """Ends its input; it has to end by itself, and well."""
        self._close_input()
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"still runs {seconds} s after the end of its input") from None
        if status != 0:
            raise Failure(f"ended with {told(status)}")
        if (line := self._answers.get(timeout=seconds)) is not None:
            raise Failure(f"wrote a line that no command asked for: {shortened(line)}")

    def kill(self):
        """Ends it, and all it started, whatever it does."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._close_input()
        self._process.wait()

    def said(self):
        """Its last lines, for a report."""
        errors = self._errors.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return list(self.lines) + [f"! {shortened(line)}" for line in errors]

    def _tell(self, command):
        line = json.dumps(command, ensure_ascii=False)
        self.lines.append(f"> {shortened(line)}")
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it has ended, and reading tells

    def _line(self, seconds, do):
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            raise Failure(f"gave no answer to {do!r} within {seconds:.0f} s") from None
        if line is None:
            raise Failure(f"ended in the middle, with {told(self._process.wait())}")
        self.lines.append(f"< {shortened(line)}")
        return line

    def _read(self):
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put(line.decode(errors="replace").rstrip("\n"))
        self._answers.put(None)

    def _close_input(self):
        try:
            self._process.stdin.close()
        except OSError:
            pass  # it has ended: what was not written is of no use


def start(command, directory, environment, errors):
    try:
        return subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    except OSError as problem:
        raise Failure(f"cannot be started: {problem}") from None


def parsed(line):
    try:
        answer = json.loads(line)
    except ValueError:
        raise Failure(f"wrote a line that is no JSON: {shortened(line)}") from None
    if not isinstance(answer, dict):
        raise Failure(f"wrote a line that is no object: {shortened(line)}")
    return answer


def shortened(what):
    text = what if isinstance(what, str) else json.dumps(what, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"


def told(status):
    return f"status {status}" if status >= 0 else f"signal {signal.Signals(-status).name}"

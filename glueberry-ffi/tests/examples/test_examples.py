#!/usr/bin/env python3
"""The examples in C or C++ do what they say: with each other, the Rust tool and a Go peer.

GLUEBERRY_EXAMPLES_DIR holds the compiled programs, named like their sources; both languages have
the same ones. GLUEBERRY_CLI and GLUEBERRY_GO_PEER name the tool and the peer; without them they are
built. GLUEBERRY_WITHOUT_GO=1 skips what needs Go, and says so.
"""

import base64
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# Seconds for whatever has to come: generous, because the machine may be busy.
DEADLINE = 45
ANYWHERE = "/ip4/127.0.0.1/tcp/0"
ECHOES = ["echo_blocking", "poll_loop", "callback", "libuv_loop"]
ALL = [*ECHOES, "chat", "app_handshake"]
ADDRESS = re.compile(r"^listening (/ip4/127\.0\.0\.1/tcp/\d+/p2p/(12D3\w+))$")


class Program:
    """A running program, its input, and what it says, a line at a time."""

    def __init__(self, *command):
        self.name, self.said = Path(command[0]).name, queue.Queue()
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([str(part) for part in command], stdin=pipe, stdout=pipe,
                                        stderr=pipe, text=True, cwd=ROOT)
        self.complaints = []
        self.readers = [threading.Thread(target=reader) for reader in (self._hear, self._complain)]
        for reader in self.readers:
            reader.start()

    def _hear(self):
        for line in self.process.stdout:
            self.said.put(line.rstrip("\n"))
        self.said.put(None)

    def _complain(self):
        self.complaints.extend(self.process.stderr)

    def line(self):
        """The next line, or None at the end."""
        try:
            return self.said.get(timeout=DEADLINE)
        except queue.Empty:
            raise AssertionError(f"{self.name} says nothing: {self.complaints}") from None

    def rest(self):
        """All lines to the end."""
        return list(iter(self.line, None))

    def address(self):
        """Where it listens, and its peer id."""
        line = self.line()
        found = ADDRESS.match(line or "")
        if not found:
            raise AssertionError(f"{self.name} said {line!r}: {self.complaints}")
        return found.groups()

    def types(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def event(self, kind, **fields):
        """For programs that speak JSON lines: the next event of this kind with these fields."""
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            line = self.line()
            if line is None:
                break
            found = json.loads(line)
            if found["event"] == "error" or found.get("ok") is False:
                raise AssertionError(f"{self.name}: {found}")
            if found["event"] == kind and fields.items() <= found.items():
                return found
        raise AssertionError(f"{self.name}: no {kind}: {self.complaints}")

    def ends(self, by=None):
        """Its exit status, once its input ends or after this signal."""
        if by is None:
            self.process.stdin.close()
        else:
            self.process.send_signal(by)
        return self.status()

    def status(self):
        status = self.process.wait(timeout=DEADLINE)
        for reader in self.readers:
            reader.join(timeout=DEADLINE)
        return status

    def clean_up(self):
        if self.process.poll() is None:
            self.process.kill()
        self.status()
        for end in (self.process.stdin, self.process.stdout, self.process.stderr):
            end.close()


class Case(unittest.TestCase):
    def start(self, *command):
        program = Program(*command)
        self.addCleanup(program.clean_up)
        return program

    def example(self, name, *arguments):
        return self.start(EXAMPLES / name, *arguments)

    def send(self, address, *texts):
        """Sends texts to a peer that echoes. Gives the answers."""
        sender = self.example("echo_blocking", "send", address, *texts)
        answers = sender.rest()
        self.assertEqual(sender.status(), 0, sender.complaints)
        return answers

    def end_well(self, *programs, by=None):
        for program in programs:
            self.assertEqual(program.ends(by), 0, (program.name, program.complaints))


class QuickStart(Case):
    def test_two_nodes_of_the_quick_start_greet_each_other(self):
        if not (EXAMPLES / "quick_start").exists():
            self.assertEqual(EXAMPLES.name, "cpp", "only C has a quick start")
            return
        program = self.example("quick_start")
        lines = program.rest()
        self.assertEqual(program.status(), 0, program.complaints)
        self.assertRegex(lines[0], r"^Anna listens at /ip4/.*/p2p/12D3KooW")
        self.assertEqual(lines[1:], ["Bruno is connected", "Anna reads: Hello Anna!",
                                     "Bruno reads: Hello Bruno!"])


class EachOther(Case):
    def test_without_arguments_each_says_how_it_is_used(self):
        for name in ALL:
            with self.subTest(name):
                program = self.example(name)
                self.assertEqual(program.status(), 2)
                self.assertTrue(program.complaints[0].startswith(f"usage: {name} "))

    def test_each_echo_answers_what_it_gets(self):
        texts = ["hello", "Grüße aus Köln 🫐", "", "x" * 10_000]
        for name in ECHOES:
            with self.subTest(name):
                listener = self.example(name, "listen", ANYWHERE)
                address, _ = listener.address()
                self.assertEqual(self.send(address, *texts), texts)
                self.end_well(listener)
                self.assertEqual(listener.complaints, [])

    def test_each_echo_serves_several_peers_at_once(self):
        for name in ECHOES:
            with self.subTest(name):
                listener = self.example(name, "listen", ANYWHERE)
                address, _ = listener.address()
                senders = [self.example("echo_blocking", "send", address, f"{i}", f"{i} again")
                           for i in range(3)]
                for i, sender in enumerate(senders):
                    self.assertEqual(sender.rest(), [f"{i}", f"{i} again"])
                    self.assertEqual(sender.status(), 0, sender.complaints)
                self.end_well(listener)

    def test_each_echo_goes_on_when_a_peer_is_killed(self):
        for name in ECHOES:
            with self.subTest(name):
                listener = self.example(name, "listen", ANYWHERE)
                address, _ = listener.address()
                sender = self.example("echo_blocking", "send", address, *(["x" * 1000] * 500))
                self.assertEqual(sender.line(), "x" * 1000)
                sender.process.kill()
                self.assertEqual(self.send(address, "still there?"), ["still there?"])
                self.end_well(listener)

    def test_each_echo_ends_well_at_sigint(self):
        for name in ECHOES:
            with self.subTest(name):
                listener = self.example(name, "listen", ANYWHERE)
                listener.address()
                self.end_well(listener, by=signal.SIGINT)

    def test_a_bad_address_is_refused_with_a_hint(self):
        for arguments in [("listen", "nowhere"), ("send", "nowhere", "hello")]:
            with self.subTest(arguments[0]):
                program = self.example("echo_blocking", *arguments)
                self.assertEqual(program.status(), 1)
                name, hint = program.complaints[0], "".join(program.complaints[1:])
                self.assertTrue(name.startswith("InvalidAddress: "), program.complaints)
                self.assertIn("/ip4/192.0.2.1/tcp/9000", hint)

    def test_what_is_typed_in_a_chat_is_read_by_all_others(self):
        with tempfile.TemporaryDirectory() as folder:
            anna = self.example("chat", f"{folder}/anna.pem", "Anna", ANYWHERE)
            address, _ = anna.address()
            here, addresses = [anna], [address]
            for name in ("Bruno", "Carla"):
                guest = self.example("chat", f"{folder}/{name}.pem", name, ANYWHERE, *addresses)
                addresses.append(guest.address()[0])
                # Whoever has been heard is connected.
                guest.types("I am here")
                self.assertEqual({other.line() for other in here}, {f"{name}> I am here"})
                here.append(guest)
            anna.types("Welcome, both!")
            for guest in here[1:]:
                self.assertEqual(guest.line(), "Anna> Welcome, both!")
            self.end_well(*reversed(here))

    def test_a_chat_with_the_key_of_before_has_the_same_peer_id(self):
        with tempfile.TemporaryDirectory() as folder:
            ids = []
            for by in (None, signal.SIGINT):
                anna = self.example("chat", f"{folder}/anna.pem", "Anna", ANYWHERE)
                ids.append(anna.address()[1])
                self.end_well(anna, by=by)
            self.assertEqual(ids[0], ids[1])

    def test_the_club_lets_in_who_knows_the_password(self):
        club = self.example("app_handshake", "listen", ANYWHERE)
        address, _ = club.address()
        for _ in range(2):
            guest = self.example("app_handshake", "dial", address, "glueberry")
            self.assertEqual(guest.rest(), ["Good evening!"])
            self.assertEqual(guest.status(), 0, guest.complaints)
        self.end_well(club)

    def test_the_club_lets_in_nobody_else(self):
        club = self.example("app_handshake", "listen", ANYWHERE)
        address, _ = club.address()
        guest = self.example("app_handshake", "dial", address, "gooseberry")
        self.assertEqual(guest.rest(), [])
        self.assertEqual(guest.status(), 1)
        self.assertIn("not let in\n", guest.complaints)
        self.end_well(club)


class WithRust(Case):
    @classmethod
    def setUpClass(cls):
        cls.cli = os.environ.get("GLUEBERRY_CLI") or build_cli()

    def test_an_example_is_answered_by_the_rust_tool(self):
        tool = self.start(self.cli, "--json", "listen", "--echo", "--addr", ANYWHERE,
                          "--stream", "chat")
        address = tool.event("listening")["addresses"][0]
        self.assertEqual(self.send(address, "hello", "again"), ["hello", "again"])
        self.end_well(tool, by=signal.SIGINT)

    def test_each_echo_answers_the_rust_tool(self):
        for name in ECHOES:
            with self.subTest(name):
                listener = self.example(name, "listen", ANYWHERE)
                address, _ = listener.address()
                tool = self.start(self.cli, "--json", "send", "--peer", address, "--stream", "chat",
                                  "--data", "hello", "--wait-reply")
                self.assertEqual(text_of(tool.event("message", stream="chat")), "hello")
                self.assertEqual(tool.status(), 0, tool.complaints)
                self.end_well(listener)

    def test_a_chat_is_joined_by_the_rust_tool(self):
        with tempfile.TemporaryDirectory() as folder:
            anna = self.example("chat", f"{folder}/anna.pem", "Anna", ANYWHERE)
            address, _ = anna.address()
            tool = self.start(self.cli, "--json", "connect", "--peer", address, "--stream", "chat")
            tool.event("peer_established")
            tool.types("Hello from Rust")
            self.assertEqual(anna.line(), "Hello from Rust")
            anna.types("Hello from C")
            self.assertEqual(text_of(tool.event("message", stream="chat")), "Anna> Hello from C")
            self.end_well(tool, anna)


@unittest.skipIf(os.environ.get("GLUEBERRY_WITHOUT_GO") == "1",
                 "SKIPPED: the Go peer, because GLUEBERRY_WITHOUT_GO=1")
class WithGo(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.go_peer = os.environ.get("GLUEBERRY_GO_PEER") or build_go_peer(folder.name)

    def gopher(self, **settings):
        """A Go peer that listens, and its address."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        gopher = self.start(self.go_peer, "-dir", folder.name)
        order(gopher, "start", listen=[ANYWHERE], handshake="auto", streams=["chat"], **settings)
        return gopher, gopher.event("listening")["addresses"][0]

    def test_an_example_is_answered_by_a_go_peer(self):
        gopher, address = self.gopher(echo=["chat"])
        self.assertEqual(self.send(address, "hello", "again"), ["hello", "again"])
        self.end_well(gopher)

    def test_each_echo_answers_a_go_peer(self):
        for name in ECHOES:
            with self.subTest(name):
                listener = self.example(name, "listen", ANYWHERE)
                address, peer = listener.address()
                gopher, _ = self.gopher()
                order(gopher, "connect", addr=address)
                gopher.event("state", state="Established")
                order(gopher, "send", peer=peer, stream="chat",
                      data_b64=base64.b64encode(b"hello").decode())
                self.assertEqual(text_of(gopher.event("message", stream="chat")), "hello")
                self.end_well(gopher, listener)


def order(gopher, cmd, **fields):
    gopher.types(json.dumps({"id": cmd, "cmd": cmd, **fields}))


def text_of(message):
    return base64.b64decode(message.get("data", message.get("data_b64"))).decode()


def build_cli():
    command = ["cargo", "build", "--quiet", "--package", "glueberry-cli",
               "--message-format=json-render-diagnostics"]
    report = subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout
    built = [json.loads(line).get("executable") for line in report.splitlines()]
    return next(program for program in built if program)


def build_go_peer(folder):
    program = Path(folder) / "glueberry-go-peer"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=ROOT / "tests/interop/go",
                   check=True)
    return program


if __name__ == "__main__":
    if "GLUEBERRY_EXAMPLES_DIR" not in os.environ:
        sys.exit("GLUEBERRY_EXAMPLES_DIR has to name the folder of the compiled examples")
    os.environ.pop("RUST_LOG", None)
    # From here on, programs run in the project's root.
    EXAMPLES = Path(os.environ["GLUEBERRY_EXAMPLES_DIR"]).resolve()
    unittest.main(verbosity=2)

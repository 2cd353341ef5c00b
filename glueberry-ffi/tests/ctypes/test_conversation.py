#!/usr/bin/env python3
"""A conversation through libglueberry.so and nothing else: no helper in C, no generated binding.

What include/glueberry.h says is written down here a second time, by hand, as somebody who binds a
foreign runtime would. GLUEBERRY_LIBRARY names the library; target/debug's is the default.
"""

import ctypes
import os
import select
import socket
import time
import unittest
from ctypes import (POINTER, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint8, c_uint32,
                    c_uint64, c_void_p)
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

OK, TIMEOUT, CLOSED, NONE = 0, 1, 3, 4
E_INVALID_ADDRESS, E_CONSUMER_TAKEN, E_INVALID_ARGUMENT = -102, -202, -207
E_NOT_CONNECTED, E_CANCELLED = -301, -307
EVENT_PEER_ESTABLISHED, EVENT_PEER_DISCONNECTED, EVENT_OP_DONE = 4, 5, 1000
REASON_REQUESTED = 1
CLASS_CONFIGURATION, CLASS_NETWORK = 1, 3
NTS = c_size_t(-1).value
FOREVER = -1
PEER_ID_SIZE = 53
# For whatever has to come: generous, because the machine may be busy.
DEADLINE_MS = 45_000


class PeerId(ctypes.Structure):
    _fields_ = [("key", c_uint8 * 32)]


class EventView(ctypes.Structure):
    _fields_ = [
        ("size", c_uint32), ("kind", c_int32), ("time_ms", c_int64), ("peer", PeerId),
        ("has_peer", c_int32), ("is_inbound", c_int32), ("session", c_uint64),
        ("stream", c_char_p), ("address", c_char_p), ("detail", c_char_p),
        ("reason", c_int32), ("close_reason", c_int32), ("denial", c_int32), ("code", c_int32),
        ("direction", c_int32), ("level", c_int32), ("attempt", c_uint32), ("status", c_int32),
        ("delay_ms", c_int64), ("until_ms", c_int64), ("bytes", c_uint64), ("missed", c_uint64),
        ("suppressed", c_uint64), ("tag", c_uint64), ("error", c_void_p), ("flag", c_int32),
        ("reserved", c_uint32), ("unwritten_count", c_size_t), ("address_count", c_size_t),
    ]


# Handles are pointers to nothing that we know: c_void_p. `err` comes last where there is one.
HANDLE, PLACE, PEER = c_void_p, POINTER(c_void_p), POINTER(PeerId)
TEXT = (c_char_p, c_size_t)
STARTED = (HANDLE, c_uint64, PLACE, PLACE)  # events, tag, op, err
STATUS_FUNCTIONS = {
    "identity_generate": (PLACE, PLACE),
    "config_new": (HANDLE, PLACE, PLACE),
    "config_add_listen_address": (HANDLE, *TEXT, PLACE),
    "config_add_stream": (HANDLE, *TEXT, c_void_p, PLACE),
    "node_start": (HANDLE, PLACE, PLACE),
    "node_shutdown": (HANDLE, c_int64, PLACE),
    "node_peer_id": (HANDLE, PEER),
    "node_listen_addresses": (HANDLE, PLACE, PLACE),
    "node_connect": (HANDLE, *TEXT, c_int64, PEER, PLACE),
    "node_connect_start": (HANDLE, *TEXT, c_int64, *STARTED),
    "node_disconnect": (HANDLE, PEER, c_int64, PLACE),
    "node_send": (HANDLE, PEER, *TEXT, c_char_p, c_size_t, c_int64, PLACE),
    "node_send_start": (HANDLE, PEER, *TEXT, c_char_p, c_size_t, c_int64, *STARTED),
    "node_wait_established_start": (HANDLE, PEER, c_int64, *STARTED),
    "op_cancel": (HANDLE,),
    "node_events": (HANDLE, c_void_p, PLACE, PLACE),
    "events_next": (HANDLE, c_int64, PLACE),
    "events_fd": (HANDLE, POINTER(c_int32), PLACE),
    "event_read": (HANDLE, POINTER(EventView)),
    "node_messages": (HANDLE, *TEXT, PLACE, PLACE),
    "messages_next": (HANDLE, c_int64, PLACE),
    "messages_drain": (HANDLE, c_size_t, PLACE, POINTER(c_size_t)),
    "messages_fd": (HANDLE, POINTER(c_int32), PLACE),
    "message_data": (HANDLE, POINTER(POINTER(c_uint8)), POINTER(c_size_t)),
    "message_peer": (HANDLE, PEER),
    "error_code": (HANDLE,),
    "error_class": (HANDLE,),
    "error_peer": (HANDLE, PEER),
    "peer_id_format": (PEER, c_char_p, c_size_t),
    "peer_id_parse": (*TEXT, PEER, PLACE),
}
TEXT_FUNCTIONS = {
    "version": (),
    "status_name": (c_int32,),
    "message_stream": (HANDLE,),
    "error_message": (HANDLE,),
    "error_hint": (HANDLE,),
    "error_stream": (HANDLE,),
    "strings_get": (HANDLE, c_size_t),
}
FREE_FUNCTIONS = ["identity", "config", "node", "events", "event", "messages", "message", "op",
                  "error", "strings"]


def load():
    path = os.environ.get("GLUEBERRY_LIBRARY", str(ROOT / "target/debug/libglueberry.so"))
    library = ctypes.CDLL(path)
    declare(library, STATUS_FUNCTIONS, c_int32)
    declare(library, TEXT_FUNCTIONS, c_char_p)
    declare(library, {f"{kind}_free": (HANDLE,) for kind in FREE_FUNCTIONS}, None)
    declare(library, {"strings_count": (HANDLE,)}, c_size_t)
    declare(library, {"abi_version": ()}, c_uint32)
    return library


def declare(library, functions, result):
    for name, arguments in functions.items():
        function = getattr(library, f"glueberry_{name}")
        function.argtypes, function.restype = arguments, result


lib = load()


def call(name, *arguments):
    return getattr(lib, f"glueberry_{name}")(*arguments)


class Failure(Exception):
    """An error object, read and freed."""

    def __init__(self, status, error):
        self.status = status
        self.code = call("error_code", error)
        self.error_class = call("error_class", error)
        self.message = call("error_message", error).decode()
        self.hint = call("error_hint", error).decode()
        self.stream = call("error_stream", error)
        peer = PeerId()
        self.peer = bytes(peer.key) if call("error_peer", error, byref(peer)) == OK else None
        super().__init__(f"{call('status_name', status).decode()}: {self.message}")
        call("error_free", error)


def do(name, *arguments):
    """A call whose last argument is err."""
    error = c_void_p()
    status = call(name, *arguments, byref(error))
    if status < 0:
        raise Failure(status, error)
    return status


def made(name, *arguments):
    """A call that gives a handle, before err."""
    handle = c_void_p()
    do(name, *arguments, byref(handle))
    return handle


def text(words):
    return words.encode(), NTS


class Peer:
    """A node with what it hears; it frees what it made."""

    def __init__(self, *streams, listens=False):
        identity = made("identity_generate")
        config = made("config_new", identity)
        for stream in streams:
            do("config_add_stream", config, *text(stream), None)
        if listens:
            do("config_add_listen_address", config, *text("/ip4/127.0.0.1/tcp/0"))
        self.node = made("node_start", config)
        call("config_free", config)
        call("identity_free", identity)
        self.id = PeerId()
        assert call("node_peer_id", self.node, byref(self.id)) == OK
        self.events = made("node_events", self.node, None)
        self.messages = made("node_messages", self.node, *text(streams[0]))

    def address(self):
        addresses = made("node_listen_addresses", self.node)
        try:
            assert call("strings_count", addresses) == 1
            assert call("strings_get", addresses, 1) is None
            return call("strings_get", addresses, 0).decode()
        finally:
            call("strings_free", addresses)

    def connect(self, address):
        peer = PeerId()
        do("node_connect", self.node, *text(address), DEADLINE_MS, byref(peer))
        return peer

    def send(self, peer, stream, data):
        do("node_send", self.node, byref(peer), *text(stream), data, len(data), DEADLINE_MS)

    def next_message(self, timeout=DEADLINE_MS):
        message = c_void_p()
        status = call("messages_next", self.messages, timeout, byref(message))
        return read_message(message) if status == OK else status

    def event(self, kind):
        """The next event of a kind; its texts are copied out, for they go with the event."""
        deadline = time.monotonic() + DEADLINE_MS / 1000
        while time.monotonic() < deadline:
            event = c_void_p()
            status = call("events_next", self.events, DEADLINE_MS, byref(event))
            if status != OK:
                raise AssertionError(f"no event {kind}: {call('status_name', status)}")
            view = EventView(size=ctypes.sizeof(EventView))
            assert call("event_read", event, byref(view)) == OK
            found = {name: getattr(view, name) for name, _ in EventView._fields_}
            found["peer"] = bytes(view.peer.key)
            found["error_code"] = call("error_code", view.error)
            call("event_free", event)
            if found["kind"] == kind:
                return found
        raise AssertionError(f"no event {kind} in time")

    def close(self):
        do("node_shutdown", self.node, DEADLINE_MS)
        call("messages_free", self.messages)
        call("events_free", self.events)
        call("node_free", self.node)


def read_message(message):
    data, length, peer = POINTER(c_uint8)(), c_size_t(), PeerId()
    assert call("message_data", message, byref(data), byref(length)) == OK
    assert call("message_peer", message, byref(peer)) == OK
    found = (bytes(peer.key), call("message_stream", message).decode(),
             ctypes.string_at(data, length.value))
    call("message_free", message)
    return found


class Library(unittest.TestCase):
    def test_the_library_says_which_it_is(self):
        self.assertRegex(call("version").decode(), r"^\d+\.\d+\.\d+$")
        self.assertEqual(call("abi_version"), 1)
        self.assertEqual(call("status_name", OK), b"Ok")

    def test_nothing_is_freed_for_null(self):
        for kind in FREE_FUNCTIONS:
            call(f"{kind}_free", None)

    def test_null_is_an_error_and_no_crash(self):
        self.assertEqual(call("events_next", None, 0, byref(c_void_p())), E_INVALID_ARGUMENT)
        self.assertEqual(call("message_stream", None), None)

    def test_a_peer_id_survives_its_text(self):
        peer = Peer("chat")
        self.addCleanup(peer.close)
        buffer = ctypes.create_string_buffer(PEER_ID_SIZE)
        self.assertEqual(call("peer_id_format", byref(peer.id), buffer, PEER_ID_SIZE), OK)
        self.assertTrue(buffer.value.startswith(b"12D3KooW"))
        again = PeerId()
        do("peer_id_parse", buffer.value, NTS, byref(again))
        self.assertEqual(bytes(again.key), bytes(peer.id.key))


class Conversation(unittest.TestCase):
    def setUp(self):
        self.anna, self.bruno = Peer("chat", "notes", listens=True), Peer("chat", "notes")
        self.addCleanup(self.anna.close)
        self.addCleanup(self.bruno.close)

    def meet(self):
        peer = self.bruno.connect(self.anna.address())
        self.assertEqual(bytes(peer.key), bytes(self.anna.id.key))
        return peer

    def test_messages_go_both_ways(self):
        to_anna = self.meet()
        self.bruno.send(to_anna, "chat", b"Hello \0 Anna")
        sender, stream, data = self.anna.next_message()
        self.assertEqual((stream, data), ("chat", b"Hello \0 Anna"))
        self.assertEqual(sender, bytes(self.bruno.id.key))
        self.anna.send(self.bruno.id, "chat", b"")
        self.assertEqual(self.bruno.next_message()[2], b"")

    def test_nothing_there_is_a_timeout(self):
        self.assertEqual(self.anna.next_message(timeout=0), TIMEOUT)
        self.assertEqual(self.anna.next_message(timeout=1), TIMEOUT)

    def test_messages_are_drained_in_order(self):
        to_anna = self.meet()
        sent = [f"message {n}".encode() for n in range(100)]
        for data in sent:
            self.bruno.send(to_anna, "chat", data)
        read = []
        while len(read) < len(sent):
            self.readable(self.fd_of("messages", self.anna.messages))
            read += self.drained()
        self.assertEqual(read, sent)

    def drained(self):
        array, count = (c_void_p * 32)(), c_size_t()
        status = call("messages_drain", self.anna.messages, 32, array, byref(count))
        self.assertEqual(status, OK if count.value else TIMEOUT)
        return [read_message(array[n])[2] for n in range(count.value)]

    def test_the_descriptor_is_readable_while_something_is_there(self):
        descriptor = self.fd_of("messages", self.anna.messages)
        self.assertFalse(polled(descriptor, 0))
        to_anna = self.meet()
        self.bruno.send(to_anna, "chat", b"one")
        self.readable(descriptor)
        self.readable(descriptor)
        self.assertEqual(self.anna.next_message(timeout=0)[2], b"one")
        self.assertFalse(polled(descriptor, 0))

    def fd_of(self, kind, queue):
        descriptor = c_int32(-1)
        do(f"{kind}_fd", queue, byref(descriptor))
        self.assertGreaterEqual(descriptor.value, 0)
        return descriptor.value

    def readable(self, descriptor):
        self.assertTrue(polled(descriptor, DEADLINE_MS))

    def test_events_tell_who_came_and_went(self):
        to_anna = self.meet()
        came = self.anna.event(EVENT_PEER_ESTABLISHED)
        self.assertTrue(came["has_peer"])
        self.assertEqual(came["peer"], bytes(self.bruno.id.key))
        self.assertNotEqual(came["session"], 0)
        self.assertGreater(came["time_ms"], 0)
        do("node_disconnect", self.bruno.node, byref(to_anna), DEADLINE_MS)
        went = self.bruno.event(EVENT_PEER_DISCONNECTED)
        self.assertEqual(went["reason"], REASON_REQUESTED)
        self.assertEqual(went["unwritten_count"], 0)

    def test_an_operation_tells_its_end_once(self):
        op = c_void_p()
        do("node_connect_start", self.bruno.node, *text(self.anna.address()), DEADLINE_MS,
           self.bruno.events, 7, byref(op))
        done = self.bruno.event(EVENT_OP_DONE)
        call("op_free", op)
        self.assertEqual((done["tag"], done["status"], done["error"]), (7, OK, None))
        self.assertEqual(done["peer"], bytes(self.anna.id.key))
        do("node_send_start", self.bruno.node, byref(self.anna.id), *text("chat"), b"later", 5,
           DEADLINE_MS, self.bruno.events, 8, None)
        self.assertEqual(self.bruno.event(EVENT_OP_DONE)["tag"], 8)
        self.assertEqual(self.anna.next_message()[2], b"later")

    def test_a_cancelled_operation_ends_as_cancelled(self):
        # Somebody who accepts the connection and says nothing.
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        address = f"/ip4/127.0.0.1/tcp/{silent.getsockname()[1]}/p2p/{self.anna.address().rsplit('/', 1)[1]}"
        op = c_void_p()
        do("node_connect_start", self.bruno.node, *text(address), FOREVER,
           self.bruno.events, 9, byref(op))
        self.assertEqual(call("op_cancel", op), OK)
        self.assertEqual(call("op_cancel", op), OK)
        done = self.bruno.event(EVENT_OP_DONE)
        call("op_free", op)
        self.assertEqual((done["tag"], done["status"]), (9, E_CANCELLED))
        self.assertEqual(done["error_code"], E_CANCELLED)

    def test_an_error_says_what_and_where(self):
        with self.assertRaises(Failure) as raised:
            self.bruno.connect("nowhere")
        self.assertEqual(raised.exception.code, E_INVALID_ADDRESS)
        self.assertEqual(raised.exception.error_class, CLASS_CONFIGURATION)
        self.assertTrue(raised.exception.message and raised.exception.hint)
        with self.assertRaises(Failure) as raised:
            made("node_messages", self.bruno.node, *text("chat"))
        self.assertEqual(raised.exception.status, E_CONSUMER_TAKEN)
        self.assertEqual(raised.exception.stream, b"chat")
        with self.assertRaises(Failure) as raised:
            self.bruno.send(self.anna.id, "chat", b"x")
        self.assertEqual(raised.exception.status, E_NOT_CONNECTED)
        self.assertEqual(raised.exception.error_class, CLASS_NETWORK)
        self.assertEqual(raised.exception.peer, bytes(self.anna.id.key))

    def test_a_shutdown_ends_the_queues(self):
        self.meet()
        do("node_shutdown", self.anna.node, DEADLINE_MS)
        self.assertEqual(self.anna.next_message(), CLOSED)
        self.readable(self.fd_of("messages", self.anna.messages))
        self.assertEqual(self.ended(self.anna), CLOSED)

    def ended(self, peer):
        """Reads what is left of its events."""
        while True:
            event = c_void_p()
            status = call("events_next", peer.events, DEADLINE_MS, byref(event))
            if status != OK:
                return status
            call("event_free", event)


def polled(descriptor, timeout):
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(timeout))


if __name__ == "__main__":
    unittest.main(verbosity=2)

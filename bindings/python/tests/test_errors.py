"""What each call refuses, and with which error."""

from __future__ import annotations

import asyncio
import math
import pickle
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from support import LOCAL, Connect, Start, soon

from glueberry import (
    Config,
    ConnectionLimits,
    GlueberryError,
    HandshakeMode,
    Identity,
    KeepAlive,
    Node,
    PeerId,
    ReconnectPolicy,
    StreamConfig,
    errors,
)

STRANGER = Identity.from_seed(bytes(32)).peer_id
NOWHERE = f"/ip4/127.0.0.1/tcp/9/p2p/{STRANGER}"

WAITING: dict[str, Callable[[Node], Awaitable[object]]] = {
    "listen": lambda node: node.listen(LOCAL),
    "connect": lambda node: node.connect(NOWHERE),
    "wait_established": lambda node: node.wait_established(STRANGER),
    "disconnect": lambda node: node.disconnect(STRANGER),
    "cancel_reconnection": lambda node: node.cancel_reconnection(STRANGER),
    "dial_known_peers": lambda node: node.dial_known_peers(),
    "send": lambda node: node.send(STRANGER, "chat", b""),
    "flush": lambda node: node.flush(STRANGER, "chat"),
    "prepare_streams": lambda node: node.prepare_streams(STRANGER, ["chat"]),
    "finalize_handshake": lambda node: node.finalize_handshake(STRANGER),
    "complete_handshake": lambda node: node.complete_handshake(STRANGER, ["chat"]),
    "add_peer": lambda node: node.add_peer(NOWHERE),
    "remove_peer": lambda node: node.remove_peer(STRANGER),
    "ban": lambda node: node.ban(STRANGER),
    "unban": lambda node: node.unban(STRANGER),
}
IMMEDIATE: dict[str, Callable[[Node], object]] = {
    "connection_state": lambda node: node.connection_state(STRANGER),
    "try_send": lambda node: node.try_send(STRANGER, "chat", b""),
    "messages": lambda node: node.messages("chat"),
    "all_messages": lambda node: node.all_messages(),
    "events": lambda node: node.events(),
    "peers": lambda node: node.peers(),
    "peer": lambda node: node.peer(STRANGER),
    "addresses": lambda node: node.addresses(STRANGER),
    "bans": lambda node: node.bans(),
    "stream_health": lambda node: node.stream_health(STRANGER, "chat"),
    "streams": lambda node: node.streams(STRANGER),
}


def test_every_call_is_among_those_that_are_tried() -> None:
    public = {name for name in vars(Node) if not name.startswith("_")}
    assert (
        public - {"start", "close", "peer_id", "listen_addresses"}
        == WAITING.keys() | IMMEDIATE.keys()
    )


async def refused(node: Node, call: str, error: type[GlueberryError]) -> None:
    with pytest.raises(error):
        if call in WAITING:
            await soon(WAITING[call](node))
        else:
            IMMEDIATE[call](node)


@pytest.mark.parametrize("call", [*WAITING, *IMMEDIATE])
async def test_a_call_before_the_start_is_refused(call: str) -> None:
    await refused(Node(), call, errors.WrongState)


async def test_every_call_after_the_close_is_refused() -> None:
    node = await Node.start()
    await node.close()
    for call in [*WAITING, *IMMEDIATE]:
        await refused(node, call, errors.NodeClosed)
    never_started = Node()
    await never_started.close()
    with pytest.raises(errors.NodeClosed):
        never_started.peers()
    assert node.listen_addresses == never_started.listen_addresses == []
    assert isinstance(node.peer_id, PeerId)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"listen": ["nowhere"]}, errors.InvalidAddress, "nowhere"),
        ({"listen": "/ip4/127.0.0.1/tcp/0"}, errors.InvalidConfig, "use a list"),
        ({"listen": ["/ip4/192.0.2.1/tcp/0"]}, errors.ListenFailed, "192.0.2.1"),
        ({"streams": ["no spaces"]}, errors.InvalidStreamName, "no spaces"),
        ({"streams": "chat"}, errors.InvalidConfig, "use a list"),
        (
            {"streams": {"chat": StreamConfig(max_message_size=0)}},
            errors.InvalidConfig,
            "max_message_size",
        ),
        (
            {"streams": {"chat": StreamConfig(low_watermark=99)}},
            errors.InvalidConfig,
            "low_watermark",
        ),
        ({"reconnect": ReconnectPolicy(first_delay=0)}, errors.InvalidConfig, "first_delay"),
        ({"reconnect": ReconnectPolicy(cooldown=-1)}, errors.InvalidConfig, "cooldown is -1"),
        ({"handshake_timeout": 0.001}, errors.InvalidConfig, "handshake_timeout"),
        ({"dial_timeout": math.nan}, errors.InvalidConfig, "dial_timeout is nan"),
        ({"linger": 1e9}, errors.InvalidConfig, "linger"),
        ({"keep_alive": KeepAlive(interval=0.01)}, errors.InvalidConfig, "interval"),
        ({"event_buffer": 0}, errors.InvalidConfig, "event_buffer"),
        ({"event_buffer": -1}, errors.InvalidConfig, "event_buffer"),
        ({"allow": ["nobody"]}, errors.InvalidPeerId, "nobody"),
        ({"deny": ["10.0.0.0/99"]}, errors.InvalidPeerId, "10.0.0.0/99"),
        ({"connection_limits": ConnectionLimits(per_peer=1)}, errors.InvalidConfig, "per_peer"),
        ({"worker_threads": 0}, errors.InvalidConfig, "worker_threads"),
    ],
)
async def test_a_setting_that_cannot_be_is_named(
    settings: dict[str, Any], error: type[GlueberryError], says: str
) -> None:
    with pytest.raises(error, match=says):
        await Node.start(Config(**settings))


async def test_an_address_in_use_is_refused(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(errors.AddressInUse) as caught:
            await start(listen=[f"/ip4/127.0.0.1/tcp/{port}"])
    assert caught.value.retriable
    assert isinstance(caught.value, errors.NetworkError)


async def test_a_damaged_address_book_is_refused(tmp_path: Path) -> None:
    book = tmp_path / "peers.json"
    book.write_text("nonsense")
    with pytest.raises(errors.AddressBookCorrupt):
        await Node.start(Config(address_book=book))


async def test_what_cannot_be_reached_is_an_error_with_everything_in_it(start: Start) -> None:
    node = await start()
    with pytest.raises(errors.Unreachable) as caught:
        await soon(node.connect(NOWHERE))
    error = caught.value
    assert (error.peer, error.stream, error.code) == (STRANGER, None, 302)
    assert error.message in str(error)
    assert str(STRANGER) in str(error)
    assert error.__notes__ == [f"hint: {error.hint}"]
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.message, copy.peer, copy.__notes__) == (
        str(error),
        error.message,
        error.peer,
        error.__notes__,
    )


async def test_addresses_that_cannot_be_dialed_are_refused(start: Start) -> None:
    node, other = await start(), await start()
    with pytest.raises(errors.InvalidAddress):
        await node.connect("/ip4/127.0.0.1/tcp/9")
    with pytest.raises(errors.InvalidAddress):
        await node.connect("/ip4/127.0.0.1/tcp/banana")
    with pytest.raises(errors.UnknownPeer):
        await node.connect(STRANGER)
    with pytest.raises(errors.DialedSelf):
        await node.connect(node.listen_addresses[0])
    with pytest.raises(errors.WrongPeer):
        await soon(
            node.connect(other.listen_addresses[0].replace(str(other.peer_id), str(STRANGER)))
        )
    with pytest.raises(errors.InvalidAddress):
        await node.listen("/ip4/banana")


async def test_messages_that_cannot_be_sent_are_refused(pair: Connect) -> None:
    near, _, at_far, _ = await pair(streams={"chat": StreamConfig(max_message_size=100)})
    with pytest.raises(errors.MessageTooLarge) as caught:
        await near.send(at_far, "chat", bytes(101))
    assert (caught.value.peer, caught.value.stream) == (at_far, "chat")
    with pytest.raises(errors.MessageTooLarge):
        near.try_send(at_far, "chat", bytes(101))
    with pytest.raises(errors.UnknownStream):
        await near.send(at_far, "other", b"")
    with pytest.raises(errors.UnknownStream):
        await near.flush(at_far, "other")
    with pytest.raises(errors.UnknownStream):
        near.stream_health(at_far, "other")
    with pytest.raises(errors.NotConnected):
        await near.send(STRANGER, "chat", b"")
    with pytest.raises(errors.NotConnected):
        near.stream_health(STRANGER, "chat")
    with pytest.raises(errors.NotConnected):
        await near.wait_established(STRANGER)


async def test_a_stream_that_the_peer_lacks_is_refused(start: Start) -> None:
    near, far = await start(streams=["chat", "more"]), await start()
    at_far = await soon(near.connect(far.listen_addresses[0]))
    with pytest.raises(errors.StreamRefused):
        async with asyncio.timeout(20):
            while True:
                await near.send(at_far, "more", b"")
                await near.flush(at_far, "more")


async def test_a_handshake_out_of_order_is_refused(pair: Connect, start: Start) -> None:
    near, _, at_far, _ = await pair()
    with pytest.raises(errors.WrongState):
        await near.finalize_handshake(at_far)
    by_hand = await start(handshake=HandshakeMode.APP)
    with pytest.raises(errors.NotConnected):
        await by_hand.prepare_streams(STRANGER, ["chat"])
    other = await start(handshake=HandshakeMode.APP)
    peer = await soon(by_hand.connect(other.listen_addresses[0]))
    with pytest.raises(errors.InvalidStreamName):
        await by_hand.complete_handshake(peer, ["handshake"])


async def test_a_consumer_of_what_cannot_be_a_stream_is_refused(start: Start) -> None:
    node = await start()
    with pytest.raises(errors.InvalidStreamName):
        node.messages("no spaces")


async def test_peers_and_bans_that_cannot_be_are_refused(start: Start) -> None:
    node = await start()
    with pytest.raises(errors.InvalidAddress):
        await node.add_peer("/ip4/127.0.0.1/tcp/9")
    with pytest.raises(errors.MetadataTooLarge):
        await node.add_peer(NOWHERE, metadata={"fact": "x" * 5000})
    with pytest.raises(errors.DialedSelf):
        await node.add_peer(node.listen_addresses[0])
    with pytest.raises(errors.InvalidConfig):
        await node.add_peer(NOWHERE, *(f"/ip4/127.0.0.1/tcp/{port}" for port in range(1, 20)))
    with pytest.raises(errors.InvalidPeerId):
        await node.ban("nobody")
    with pytest.raises(errors.InvalidArgument, match="duration is -1"):
        await node.ban(STRANGER, duration=-1)
    with pytest.raises(errors.InvalidPeerId):
        await node.unban("nobody")


async def test_arguments_of_the_wrong_type_are_refused_by_python(start: Start) -> None:
    node: Any = await start()
    calls: list[Callable[[], object]] = [
        lambda: node.connection_state(7),
        lambda: node.try_send(STRANGER, "chat", "a text"),
        lambda: node.try_send(STRANGER, 7, b""),
        lambda: node.messages(None),
        lambda: node.peer(None),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()
    with pytest.raises(TypeError, match="not the text alone"):
        await node.prepare_streams(STRANGER, "chat")
    with pytest.raises(errors.InvalidPeerId):
        node.connection_state("nobody")


async def test_a_traceback_shows_the_hint(start: Start) -> None:
    import traceback

    node = await start()
    with pytest.raises(errors.NotConnected) as caught:
        await node.send(STRANGER, "chat", b"")
    assert f"hint: {errors.NotConnected.hint}" in "".join(traceback.format_exception(caught.value))


async def test_more_calls_than_a_node_carries_are_refused_until_some_are_done(
    pair: Connect,
) -> None:
    bounds = StreamConfig(send_buffer=1024, receive_buffer=1024)
    near, far, at_far, _ = await pair(streams={"chat": bounds})
    sends = [asyncio.ensure_future(near.send(at_far, "chat", bytes(1000))) for _ in range(6000)]
    done, waiting = await asyncio.wait(sends, return_when=asyncio.FIRST_EXCEPTION)
    refused_ones = [send for send in done if send.exception() is not None]
    assert {type(send.exception()) for send in refused_ones} == {errors.TooManyOperations}
    inbox = far.messages("chat")
    for _ in range(6000 - len(refused_ones)):
        await soon(anext(inbox))
    await soon(asyncio.gather(*waiting, return_exceptions=True))
    await soon(near.send(at_far, "chat", b"there is room again"))
    assert (await soon(anext(inbox))).data == b"there is room again"


async def test_whom_the_rules_do_not_allow_is_not_reached(start: Start) -> None:
    far = await start()
    near = await start(deny=[far.peer_id])
    with pytest.raises(errors.NotAllowed):
        await soon(near.connect(far.listen_addresses[0]))


async def test_a_handshake_that_is_never_finished_times_out(start: Start) -> None:
    near = await start(handshake_timeout=0.3)
    mute = await start(handshake=HandshakeMode.APP)
    with pytest.raises(errors.HandshakeTimeout) as caught:
        await soon(near.connect(mute.listen_addresses[0]))
    assert isinstance(caught.value, errors.PeerError)
    assert caught.value.peer == mute.peer_id

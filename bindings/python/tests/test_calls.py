"""What each call does."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from support import LOCAL, Connect, Start, first, soon, take, until

from glueberry import (
    Config,
    ConnectionLimits,
    Direction,
    HandshakeMode,
    Identity,
    KeepAlive,
    Node,
    PressureLevel,
    ReconnectPolicy,
    Security,
    State,
    StreamConfig,
    StreamState,
    errors,
    events,
)


async def test_a_node_listens_and_says_where(start: Start) -> None:
    node = await start()
    assert node.listen_addresses[0].endswith(f"/p2p/{node.peer_id}")
    (bound,) = await node.listen("/ip4/127.0.0.1/udp/0/quic-v1")
    assert bound in node.listen_addresses


async def test_a_node_has_the_identity_it_is_given() -> None:
    identity = Identity.generate()
    async with Node(identity=identity) as node:
        assert node.peer_id == identity.peer_id
        assert str(node.peer_id) in repr(node)


@pytest.mark.parametrize("security", Security)
@pytest.mark.parametrize("handshake", [None, HandshakeMode.AUTOMATIC])
async def test_everything_can_be_set_at_once(
    security: Security, handshake: HandshakeMode | None, tmp_path: Path
) -> None:
    config = Config(
        listen=[LOCAL],
        streams={
            "chat": StreamConfig(
                max_message_size=65536,
                send_buffer=65536,
                receive_buffer=65536,
                high_watermark=80,
                low_watermark=20,
            )
        },
        address_book=tmp_path / "book.json",
        auto_connect=False,
        handshake=handshake,
        security=security,
        reconnect=ReconnectPolicy(
            first_delay=0.05, longest_delay=0.5, max_attempts=5, cooldown=timedelta(seconds=1)
        ),
        handshake_timeout=10,
        dial_timeout=timedelta(seconds=5),
        keep_alive=KeepAlive(interval=3, timeout=3.5),
        linger=0,
        event_buffer=8,
        allow=["127.0.0.0/8", Identity.generate().peer_id],
        deny=["192.0.2.1"],
        connection_limits=ConnectionLimits(pending=64, total=128, per_peer=4, per_address=64),
        worker_threads=2,
    )
    async with Node(config) as node:
        assert node.listen_addresses
    async with Node(Config(keep_alive=None)) as node:
        assert node.peers() == []


async def test_connect_takes_an_address_and_then_the_id_alone(pair: Connect) -> None:
    near, far, at_far, at_near = await pair()
    assert at_far == far.peer_id
    assert near.connection_state(at_far) is State.ESTABLISHED
    assert far.connection_state(str(at_near)) is State.ESTABLISHED
    assert await soon(near.connect(at_far)) == at_far


@pytest.mark.parametrize("size", [0, 1, 64, 65_536, 1 << 20])
async def test_a_message_arrives_as_it_was_sent(pair: Connect, size: int) -> None:
    near, far, at_far, at_near = await pair()
    data = bytes(index % 251 for index in range(size))
    await soon(near.send(at_far, "chat", data))
    message = await soon(anext(far.messages("chat")))
    assert (message.peer, message.stream, message.data) == (at_near, "chat", data)


async def test_bytes_come_from_anything_that_has_some(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    whole = bytearray(b"0123456789")
    await near.send(at_far, "chat", whole)
    whole[:] = b"overwritten"
    await near.send(str(at_far), "chat", memoryview(b"0123456789")[2:5])
    await near.send(at_far, "chat", memoryview(b"0123456789")[::2])
    near.try_send(at_far, "chat", memoryview(b""))
    got = [message.data for message in await take(far.messages("chat"), 4)]
    assert got == [b"0123456789", b"234", b"02468", b""]


async def test_flush_waits_until_all_is_written(pair: Connect) -> None:
    near, _, at_far, _ = await pair()
    for _ in range(100):
        await near.send(at_far, "chat", bytes(1000))
    await soon(near.flush(at_far, "chat"))
    assert near.stream_health(at_far, "chat").queued_messages == 0


async def test_send_waits_while_the_peer_is_slow(pair: Connect) -> None:
    bounds = StreamConfig(send_buffer=64 * 1024, receive_buffer=64 * 1024)
    near, far, at_far, _ = await pair(streams={"chat": bounds, "other": bounds})
    changes = near.events(kinds=[events.StreamPressure])
    sent = 0

    async def fill() -> None:
        nonlocal sent
        for sent in range(1, 2001):
            await near.send(at_far, "chat", bytes(10_000))

    filling = asyncio.create_task(fill())
    pressure = await first(changes, events.StreamPressure)
    assert (pressure.direction, pressure.level) == (Direction.OUTBOUND, PressureLevel.HIGH)
    with pytest.raises(errors.WouldBlock):
        while True:
            near.try_send(at_far, "chat", bytes(10_000))
    assert sent < 2000
    # Another stream is not held up, nor is a reader of the slow one once it begins.
    await soon(near.send(at_far, "other", b"past"))
    assert (await soon(anext(far.messages("other")))).data == b"past"
    inbox = far.messages("chat")
    got = 0
    while got < 2000:
        message = await soon(anext(inbox))
        got += len(message.data) == 10_000
    await soon(filling)


async def test_a_send_that_is_cancelled_sends_nothing(pair: Connect) -> None:
    bounds = StreamConfig(send_buffer=64 * 1024, receive_buffer=64 * 1024)
    near, far, at_far, _ = await pair(streams={"chat": bounds})
    number = 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            while True:
                await near.send(at_far, "chat", number.to_bytes(4, "big") + bytes(10_000))
                number += 1
    inbox = far.messages("chat")
    for expected in range(number):
        message = await soon(anext(inbox))
        assert message.data[:4] == expected.to_bytes(4, "big")
    await near.send(at_far, "chat", b"the end")
    assert (await soon(anext(inbox))).data == b"the end"


async def test_sends_that_wait_keep_their_order(pair: Connect) -> None:
    bounds = StreamConfig(send_buffer=16 * 1024, receive_buffer=16 * 1024)
    near, far, at_far, _ = await pair(streams={"chat": bounds})
    numbers = [number.to_bytes(2, "big") for number in range(500)]
    sends = [
        asyncio.create_task(near.send(at_far, "chat", number + bytes(1000))) for number in numbers
    ]
    inbox = far.messages("chat")
    assert [message.data[:2] for message in await take(inbox, 500)] == numbers
    await asyncio.gather(*sends)


async def test_a_sender_loop_lets_others_have_their_turn(pair: Connect) -> None:
    near, far, at_far, _ = await pair(streams={"chat": StreamConfig(send_buffer=64 << 20)})
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    for _ in range(6000):
        await near.send(at_far, "chat", b"")
    counting.cancel()
    assert turns >= 20
    assert len(await take(far.messages("chat"), 6000)) == 6000


async def test_disconnect_ends_the_session_and_connect_begins_another(pair: Connect) -> None:
    near, far, at_far, at_near = await pair()
    ends = far.events(peers=[at_near], kinds=[events.PeerDisconnected])
    await near.send(at_far, "chat", b"last words")
    await soon(near.disconnect(at_far))
    assert near.connection_state(at_far) is State.DISCONNECTED
    await first(ends, events.PeerDisconnected)
    assert (await soon(anext(far.messages("chat")))).data == b"last words"
    await soon(near.connect(far.listen_addresses[0]))
    await near.send(at_far, "chat", b"again")
    assert (await soon(anext(far.messages("chat")))).data == b"again"


async def test_a_lost_peer_is_sought_until_that_is_cancelled(start: Start) -> None:
    near, far = await start(), await start()
    at_far = await soon(near.connect(far.listen_addresses[0]))
    changes = near.events(kinds=[events.PeerReconnecting])
    await soon(far.close())
    assert (await first(changes, events.PeerReconnecting)).attempt == 1
    waiting = asyncio.create_task(near.wait_established(at_far))
    await asyncio.sleep(0)
    await soon(near.cancel_reconnection(at_far))
    with pytest.raises(errors.GlueberryError):
        await soon(waiting)
    assert near.connection_state(at_far) is State.DISCONNECTED


async def test_cancelling_a_connect_gives_it_up(start: Start) -> None:
    near = await start()
    nobody = Identity.generate().peer_id
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        port: int = silent.getsockname()[1]
        async with asyncio.timeout(0.2):
            await near.connect(f"/ip4/127.0.0.1/tcp/{port}/p2p/{nobody}")
    await soon(near.disconnect(nobody))
    assert near.connection_state(nobody) is State.DISCONNECTED


async def test_peers_are_remembered_and_forgotten(start: Start) -> None:
    near, far = await start(), await start()
    address = far.listen_addresses[0]
    peer = await near.add_peer(address, "/ip4/127.0.0.1/udp/9/quic-v1", metadata={"name": "far"})
    info = near.peer(peer)
    assert info is not None
    assert (info.peer, info.state, info.persistent) == (far.peer_id, State.DISCONNECTED, False)
    assert (info.metadata, info.banned, info.direction, info.last_seen) == (
        {"name": "far"},
        None,
        None,
        None,
    )
    assert near.addresses(peer) == list(info.addresses)
    assert len(info.addresses) == 2
    assert [known.peer for known in near.peers()] == [peer]
    await soon(near.remove_peer(peer))
    assert near.peers() == []
    assert near.peer(peer) is None
    assert near.addresses(peer) == []


async def test_a_persistent_peer_is_dialed_at_once(start: Start) -> None:
    near, far = await start(), await start()
    peer = await near.add_peer(far.listen_addresses[0], persistent=True)
    await soon(near.wait_established(peer))
    info = near.peer(peer)
    assert info is not None
    assert (info.direction, info.persistent) == (Direction.OUTBOUND, True)
    assert info.connections >= 1

    def is_dated() -> bool:
        info = near.peer(peer)
        return info is not None and info.last_seen is not None

    await until(is_dated)


async def test_the_address_book_outlives_the_node(start: Start, tmp_path: Path) -> None:
    far = await start()
    book = tmp_path / "peers.json"
    async with Node(Config(address_book=book)) as node:
        await node.add_peer(far.listen_addresses[0])
        with pytest.raises(errors.AddressBookLocked):
            await Node.start(Config(address_book=str(book)))
    async with Node(Config(address_book=book, auto_connect=False)) as node:
        assert [info.peer for info in node.peers()] == [far.peer_id]
        await node.dial_known_peers()
        await soon(node.wait_established(far.peer_id))


async def test_a_ban_keeps_a_peer_out(pair: Connect) -> None:
    near, far, at_far, at_near = await pair()
    ends = far.events(kinds=[events.PeerDisconnected])
    await soon(near.ban(at_far, duration=timedelta(minutes=1)))
    await first(ends, events.PeerDisconnected)
    (ban,) = near.bans()
    assert ban.target == str(at_far)
    assert ban.until is not None
    info = near.peer(at_far)
    assert info is not None
    assert info.banned == ban
    with pytest.raises(errors.Banned):
        await near.add_peer(far.listen_addresses[0])
    with pytest.raises(errors.Banned):
        await near.connect(far.listen_addresses[0])
    assert await near.unban(str(at_far)) is True
    assert await near.unban(at_far) is False
    assert near.bans() == []
    await soon(near.connect(far.listen_addresses[0]))
    await soon(far.wait_established(at_near))
    assert far.connection_state(at_near) is State.ESTABLISHED


async def test_an_address_range_is_banned_for_ever(start: Start) -> None:
    node = await start()
    await node.ban("192.0.2.0/24")
    (ban,) = node.bans()
    assert (ban.target, ban.until) == ("192.0.2.0/24", None)


async def test_the_health_of_streams_is_told(pair: Connect) -> None:
    near, far, at_far, _ = await pair(streams=["chat", "files"])
    await near.send(at_far, "chat", b"x")
    await soon(anext(far.messages("chat")))
    await until(lambda: near.stream_health(at_far, "chat").state is StreamState.OPEN)
    health = near.stream_health(at_far, "chat")
    assert (health.attempt, health.outbound, health.inbound) == (
        None,
        PressureLevel.LOW,
        PressureLevel.LOW,
    )
    assert list(near.streams(at_far)) == ["chat", "files"]
    assert near.streams(at_far)["chat"] == near.stream_health(at_far, "chat")
    assert near.streams(near.peer_id) == {}


async def test_the_application_shakes_hands(start: Start) -> None:
    door, guest = await start(handshake=HandshakeMode.APP), await start(handshake=HandshakeMode.APP)
    at_door = await soon(guest.connect(door.listen_addresses[0]))
    assert guest.connection_state(at_door) is State.CONNECTED
    await guest.send(at_door, "handshake", b"the password")
    asked = await soon(anext(door.messages("handshake")))
    assert asked.data == b"the password"
    await soon(door.prepare_streams(asked.peer, ["chat"]))
    await door.send(asked.peer, "handshake", b"welcome")
    await soon(door.finalize_handshake(asked.peer))
    assert (await soon(anext(guest.messages("handshake")))).data == b"welcome"
    await soon(guest.complete_handshake(at_door, ["chat"]))
    await soon(
        asyncio.gather(guest.wait_established(at_door), door.wait_established(guest.peer_id))
    )
    await guest.send(at_door, "chat", b"good evening")
    assert (await soon(anext(door.messages("chat")))).data == b"good evening"


async def test_many_calls_at_once_end_each_with_its_own_result(start: Start) -> None:
    node = await start()
    near, far = await start(), await start()
    reached = await soon(
        asyncio.gather(
            *(dialer.connect(node.listen_addresses[0]) for dialer in (near, far)),
            *(node.ban(f"192.0.2.{index}") for index in range(200)),
        )
    )
    assert reached[:2] == [node.peer_id, node.peer_id]
    assert len(node.bans()) == 200

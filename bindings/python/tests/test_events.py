"""Subscriptions to events."""

from __future__ import annotations

import asyncio

import pytest
from support import Connect, Start, first, soon

from glueberry import DisconnectReason, EventName, State, StreamConfig, errors, events


async def test_the_life_of_a_session_is_told_in_order(start: Start) -> None:
    near, far = await start(), await start()
    everything = near.events()
    at_far = await soon(near.connect(far.listen_addresses[0]))
    await near.send(at_far, "chat", b"")
    await near.flush(at_far, "chat")
    await near.disconnect(at_far)
    seen: list[str] = []
    async with asyncio.timeout(20):
        async for event in everything:
            match event:
                case events.PeerDisconnected(
                    peer=peer, reason=DisconnectReason.REQUESTED, unwritten=()
                ):
                    assert peer == at_far
                    break
                case _:
                    seen.append(event.kind.name)
    assert [name for name in seen if name.startswith("PEER")] == [
        "PEER_CONNECTING",
        "PEER_CONNECTED",
        "PEER_ESTABLISHED",
    ]
    assert "STREAM_OPENED" in seen


async def test_a_subscription_is_filtered_by_peer_and_kind(start: Start) -> None:
    hub, one, two = await start(), await start(), await start()
    of_one = hub.events(
        peers=[str(one.peer_id)], kinds=[events.PeerEstablished, EventName.PEER_CONNECTED]
    )
    nothing = hub.events(kinds=[])
    for node in (two, one):
        await soon(node.connect(hub.listen_addresses[0]))
        await soon(hub.wait_established(node.peer_id))
    assert [type(event) for event in of_one.drain()] == [
        events.PeerConnected,
        events.PeerEstablished,
    ]
    assert nothing.drain() == []


async def test_every_subscriber_gets_every_event(start: Start) -> None:
    near, far = await start(), await start()
    subscribers = [near.events(kinds=[events.PeerEstablished]) for _ in range(5)]
    at_far = await soon(near.connect(far.listen_addresses[0]))
    for subscriber in subscribers:
        assert (await first(subscriber, events.PeerEstablished)).peer == at_far


async def test_a_loop_that_was_left_goes_on(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    changes = near.events(kinds=[events.PeerDisconnected, events.PeerEstablished])
    for _ in range(3):
        await near.disconnect(at_far)
        await soon(near.connect(far.listen_addresses[0]))
    seen: list[str] = []
    async with asyncio.timeout(20):
        while len(seen) < 6:
            async for event in changes:
                seen.append(type(event).__name__)
                break
    assert seen == ["PeerDisconnected", "PeerEstablished"] * 3


async def test_a_cancelled_wait_loses_no_event(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    changes = near.events(kinds=[events.PeerDisconnected])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await anext(changes)
    await near.disconnect(at_far)
    assert (await first(changes, events.PeerDisconnected)).peer == far.peer_id


async def test_who_is_too_slow_is_told_what_was_missed(start: Start) -> None:
    node, other = await start(event_buffer=4), await start()
    slow = node.events()
    for _ in range(6):
        peer = await soon(node.connect(other.listen_addresses[0]))
        await soon(node.disconnect(peer))
    lagged = await first(slow, events.Lagged)
    assert lagged.missed > 0


async def test_two_waits_for_one_subscription_are_refused(start: Start) -> None:
    node = await start()
    changes = node.events(kinds=[events.PeerEstablished])
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    with pytest.raises(errors.ConsumerTaken):
        await anext(changes)
    waiting.cancel()


async def test_closing_a_subscription_ends_its_loop(start: Start) -> None:
    node = await start()
    changes = node.events()

    async def watch() -> int:
        return len([event async for event in changes])

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await changes.aclose()
    await changes.aclose()
    assert await soon(watching) >= 0
    assert changes.drain() == []


async def test_a_refused_message_is_told_as_a_warning(start: Start) -> None:
    near = await start(streams={"chat": StreamConfig(max_message_size=1000)})
    far = await start(streams={"chat": StreamConfig(max_message_size=10)})
    warnings = far.events(kinds=[events.Warning])
    at_far = await soon(near.connect(far.listen_addresses[0]))
    await near.send(at_far, "chat", bytes(100))
    warning = await first(warnings, events.Warning)
    assert (warning.code, warning.peer, warning.stream) == (503, near.peer_id, "chat")
    assert near.connection_state(at_far) is State.ESTABLISHED

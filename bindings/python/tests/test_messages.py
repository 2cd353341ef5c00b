"""Loops over messages: nothing is lost, whatever ends a wait."""

from __future__ import annotations

import asyncio
import gc
import random

import pytest
from support import PATIENCE, Connect, Start, soon, take

from glueberry import Message, Node, PeerId, StreamConfig, errors


async def send_numbers(
    node: Node, peer: PeerId, count: int, stream: str = "chat", first: int = 0
) -> None:
    for number in range(first, first + count):
        await node.send(peer, stream, number.to_bytes(4, "big"))


def number(message: Message) -> int:
    return int.from_bytes(message.data, "big")


async def test_each_stream_has_its_own_order(pair: Connect) -> None:
    near, far, at_far, _ = await pair(streams=["one", "two"])
    await asyncio.gather(
        send_numbers(near, at_far, 3000, "one"), send_numbers(near, at_far, 3000, "two")
    )
    one, two = far.messages("one"), far.messages("two")
    assert [number(message) for message in await take(one, 3000)] == list(range(3000))
    assert [number(message) for message in await take(two, 3000)] == list(range(3000))


async def test_a_loop_that_was_left_goes_on_where_it_was(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    await send_numbers(near, at_far, 1000)
    await near.flush(at_far, "chat")
    got: list[int] = []
    async with asyncio.timeout(PATIENCE):
        while len(got) < 1000:
            async for message in far.messages("chat"):
                got.append(number(message))
                if len(got) % 7 == 0 or len(got) == 1000:
                    break
    assert got == list(range(1000))


async def test_what_one_loop_left_comes_to_the_next_of_another_kind(pair: Connect) -> None:
    near, far, at_far, _ = await pair(streams=["one", "two"])
    await send_numbers(near, at_far, 100, "one")
    await send_numbers(near, at_far, 100, "two")
    await near.flush(at_far, "one")
    await near.flush(at_far, "two")
    got: dict[str, list[int]] = {"one": [], "two": []}

    def note(message: Message) -> None:
        got[message.stream].append(number(message))

    for _ in range(5):
        for begin in (far.all_messages, lambda: far.messages("one"), lambda: far.messages("two")):
            inbox = begin()
            for message in await take(inbox, 2):
                note(message)
            await inbox.aclose()
    everything = far.all_messages()
    while len(got["one"]) + len(got["two"]) < 200:
        note(await soon(anext(everything)))
    assert got == {"one": list(range(100)), "two": list(range(100))}


async def test_a_loop_that_fails_loses_what_it_had_and_nothing_else(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    await send_numbers(near, at_far, 100)
    with pytest.raises(ValueError, match="41"):
        async for message in far.messages("chat"):
            if number(message) == 41:
                raise ValueError(str(number(message)))
    assert [number(message) for message in await take(far.messages("chat"), 58)] == list(
        range(42, 100)
    )


@pytest.mark.parametrize("means", ["timeout", "wait_for", "cancel"])
async def test_a_storm_of_cancelled_waits_loses_nothing(pair: Connect, means: str) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)
    near, far, at_far, _ = await pair()
    got: list[int] = []
    cut = 0

    async def send() -> None:
        for index in range(2000):
            await near.send(at_far, "chat", index.to_bytes(4, "big"))
            if dice.random() < 0.5:
                await asyncio.sleep(dice.random() * 0.001)

    async def wait_a_little(patience: float) -> None:
        if means == "timeout":
            async with asyncio.timeout(patience):
                got.append(number(await anext(inbox)))
        elif means == "wait_for":
            got.append(number(await asyncio.wait_for(anext(inbox), patience)))
        else:
            waiting = asyncio.ensure_future(anext(inbox))
            await asyncio.wait([waiting], timeout=patience)
            if waiting.cancel():
                await asyncio.wait([waiting])
            if waiting.cancelled():
                raise TimeoutError
            got.append(number(waiting.result()))

    sending = asyncio.create_task(send())
    inbox = far.messages("chat")
    async with asyncio.timeout(3 * PATIENCE):
        while len(got) < 2000:
            try:
                await wait_a_little(dice.choice([0, 0.0002, 0.001]))
            except TimeoutError:
                cut += 1
                if dice.random() < 0.05:
                    await inbox.aclose()
                    inbox = far.messages("chat")
    await sending
    assert got == list(range(2000))
    assert cut > 100


async def test_a_second_consumer_is_refused_until_the_first_is_gone(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    inbox = far.messages("chat")
    with pytest.raises(errors.ConsumerTaken):
        far.messages("chat")
    with pytest.raises(errors.ConsumerTaken):
        far.all_messages()
    waiting = asyncio.ensure_future(anext(inbox))
    await asyncio.sleep(0)
    with pytest.raises(errors.ConsumerTaken):
        await anext(inbox)
    await near.send(at_far, "chat", b"for the first")
    assert (await soon(waiting)).data == b"for the first"
    del inbox, waiting
    gc.collect()
    everything = far.all_messages()
    with pytest.raises(errors.ConsumerTaken):
        far.messages("chat")
    await everything.aclose()
    far.messages("chat")


async def test_closing_a_consumer_ends_its_loop(pair: Connect) -> None:
    _, far, _, _ = await pair()
    inbox = far.messages("chat")

    async def read() -> int:
        return len([message async for message in inbox])

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    await inbox.aclose()
    await inbox.aclose()
    assert await soon(reading) == 0
    with pytest.raises(StopAsyncIteration):
        await anext(inbox)
    assert inbox.drain() == []


async def test_drain_gives_what_is_there(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    inbox = far.messages("chat")
    assert inbox.drain() == []
    await send_numbers(near, at_far, 1000)
    got = [number(await soon(anext(inbox)))]
    async with asyncio.timeout(PATIENCE):
        while len(got) < 1000:
            some = inbox.drain(300)
            assert len(some) <= 300
            got += [number(message) for message in some]
            await asyncio.sleep(0)
    assert got == list(range(1000))


async def test_a_batch_of_large_messages_is_bounded_by_bytes(pair: Connect) -> None:
    bounds = StreamConfig(send_buffer=8 << 20, receive_buffer=8 << 20)
    near, far, at_far, _ = await pair(streams={"chat": bounds})
    for _ in range(20):
        await near.send(at_far, "chat", bytes(200_000))
    await near.flush(at_far, "chat")
    inbox = far.messages("chat")
    await soon(anext(inbox))
    # A batch is a message or two, not all there is: the rest still counts as unread.
    assert far.stream_health(near.peer_id, "chat").unread_bytes > 1_000_000
    assert [len(message.data) for message in await take(inbox, 19)] == [200_000] * 19


async def test_closing_the_node_inside_a_loop_ends_it(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    await send_numbers(near, at_far, 500)
    await near.flush(at_far, "chat")
    got: list[int] = []
    async with asyncio.timeout(PATIENCE):
        async for message in far.messages("chat"):
            got.append(number(message))
            if len(got) == 10:
                await far.close()
    assert got == list(range(len(got)))
    assert len(got) >= 10


async def test_what_was_received_is_read_after_the_close(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    inbox = far.messages("chat")
    await send_numbers(near, at_far, 500)
    first = await soon(anext(inbox))
    await near.close()
    await soon(far.close())
    async with asyncio.timeout(PATIENCE):
        rest = [number(message) async for message in inbox]
    assert [number(first), *rest] == list(range(500))


async def test_closing_the_node_wakes_who_waits(pair: Connect) -> None:
    _, far, _, _ = await pair()
    inbox, happenings = far.messages("chat"), far.events()

    async def read() -> int:
        return len([message async for message in inbox])

    async def watch() -> int:
        return len([event async for event in happenings])

    both = asyncio.gather(read(), watch())
    await asyncio.sleep(0)
    await far.close()
    messages, _ = await soon(both)
    assert messages == 0


async def test_a_loop_without_waits_lets_others_have_their_turn(pair: Connect) -> None:
    near, far, at_far, _ = await pair(
        streams={"chat": StreamConfig(send_buffer=8 << 20, receive_buffer=8 << 20)}
    )
    await send_numbers(near, at_far, 20_000)
    await near.flush(at_far, "chat")
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await take_all(far, 20_000)
    counting.cancel()
    assert turns > 20


async def take_all(node: Node, count: int) -> None:
    seen = 0
    async with asyncio.timeout(PATIENCE):
        async for _ in node.messages("chat"):
            seen += 1
            if seen == count:
                return


async def test_an_error_in_a_loop_that_answers_wedges_nothing(pair: Connect) -> None:
    near, far, at_far, _ = await pair()

    async def answer() -> None:
        async for message in far.messages("chat"):
            if message.data == b"fail":
                raise ValueError("in user code")
            await far.send(message.peer, "chat", message.data.upper())

    answering = asyncio.create_task(answer())
    inbox = near.messages("chat")
    await near.send(at_far, "chat", b"one")
    assert (await soon(anext(inbox))).data == b"ONE"
    await near.send(at_far, "chat", b"fail")
    with pytest.raises(ValueError, match="in user code"):
        await soon(answering)
    answering = asyncio.create_task(answer())
    await near.send(at_far, "chat", b"two")
    assert (await soon(anext(inbox))).data == b"TWO"
    answering.cancel()


async def test_a_coroutine_that_is_never_awaited_is_told_by_python(start: Start) -> None:
    node = await start()
    with pytest.warns(RuntimeWarning, match="was never awaited"):
        forgotten = node.disconnect(node.peer_id)
        del forgotten
        gc.collect()

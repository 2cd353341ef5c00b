"""How nodes begin and end, also when nobody takes care of it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import subprocess
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import LOCAL, PATIENCE, Connect, Start, run, soon, until

from glueberry import Config, Identity, Message, Messages, Node, PeerId, errors, events
from glueberry._glueberry import Bell, panic_now, panic_soon


CYCLES = int(os.environ.get("GLUEBERRY_CYCLES", "500"))
"""How many nodes are started and closed: each takes some 10 ms. 10,000 shows what is to be shown."""


def port_of(node: Node) -> int:
    return int(node.listen_addresses[0].split("/")[4])


def is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


def threads() -> set[str]:
    return set(os.listdir("/proc/self/task"))


def memory() -> int:
    """Resident bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_a_node_starts_once() -> None:
    node = Node(Config(listen=[LOCAL]))
    async with node:
        with pytest.raises(errors.WrongState):
            await node.__aenter__()
    with pytest.raises(errors.NodeClosed):
        await node.__aenter__()


async def test_a_start_that_failed_or_was_cancelled_can_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        node = Node(Config(listen=[f"/ip4/127.0.0.1/tcp/{port}"]))
        with pytest.raises(errors.AddressInUse):
            await node.__aenter__()
    starting = asyncio.ensure_future(node.__aenter__())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await until(lambda: is_free(port))
    async with node:
        assert port_of(node) == port
    assert is_free(port)


async def test_closing_again_does_nothing(start: Start) -> None:
    node = await start()
    await asyncio.gather(node.close(), node.close())
    await node.close()
    assert "closed" in repr(node)


async def test_a_close_that_is_cancelled_goes_on(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    port = port_of(far)
    await near.send(at_far, "chat", b"x")
    closing = asyncio.create_task(far.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await until(lambda: is_free(port))
    await until(lambda: "closed" in repr(far))


async def test_a_node_that_is_closed_while_it_starts_is_closed() -> None:
    node = Node(Config(listen=[LOCAL]))
    starting = asyncio.ensure_future(node.__aenter__())
    await asyncio.sleep(0)
    await node.close()
    with contextlib.suppress(errors.NodeClosed):  # It may have been quicker.
        await soon(starting)
    with pytest.raises(errors.NodeClosed):
        node.peers()


async def test_closing_lets_the_threads_go() -> None:
    before = threads()
    async with Node(Config(worker_threads=3)):
        assert len(threads() - before) >= 3
    await until(lambda: len(threads() - before) <= 1)  # The log's thread stays.


async def test_a_node_that_nobody_holds_frees_its_port_and_says_so() -> None:
    node = await Node.start(Config(listen=[LOCAL]))
    port = port_of(node)
    with pytest.warns(ResourceWarning, match="was not closed"):
        del node
        gc.collect()
    await until(lambda: is_free(port))


async def test_a_consumer_outlives_its_node(start: Start) -> None:
    node = await Node.start(Config(streams=["chat"]))
    inbox, happenings = node.messages("chat"), node.events(kinds=[])
    with pytest.warns(ResourceWarning):
        del node
        gc.collect()
    with pytest.raises(StopAsyncIteration):
        await soon(anext(inbox))
    with pytest.raises(StopAsyncIteration):
        await soon(anext(happenings))


async def test_nothing_of_a_node_is_left_in_a_cycle() -> None:
    node = await Node.start(Config(streams=["chat"]))
    inbox: Messages | None = node.messages("chat")
    gone = weakref.ref(node), weakref.ref(inbox)
    await node.close()
    gc.disable()
    try:
        del node, inbox
        assert [reference() for reference in gone] == [None, None]
    finally:
        gc.enable()


EXIT = """
import asyncio
from glueberry import Config, Node

async def pump(node):
    async for message in node.messages("chat"):
        await node.send(message.peer, "chat", message.data)

async def watch(node):
    async for event in node.events():
        pass

async def main():
    config = Config(listen=["/ip4/127.0.0.1/tcp/0"], streams=["chat"])
    far, near = await Node.start(config), await Node.start(config)
    tasks = [asyncio.create_task(work) for work in (pump(far), pump(near), watch(near))]
    peer = await near.connect(far.listen_addresses[0])
    for _ in range(50):
        await near.send(peer, "chat", bytes(100))
    return near, far, tasks

kept = asyncio.run(main())
"""


def exit_without_close(_: int) -> subprocess.CompletedProcess[str]:
    return run("-c", EXIT, expect=None)


def test_a_process_that_closes_nothing_exits_cleanly_25_of_25_times() -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(exit_without_close, range(25)))
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 25


def test_what_is_queued_at_the_exit_is_written() -> None:
    code = """
import asyncio, sys
from glueberry import Config, Node

async def main():
    node = await Node.start(Config(streams=["chat"]))
    peer = await node.connect(sys.argv[1])
    for number in range(2000):
        await node.send(peer, "chat", bytes(100))
    return node

kept = asyncio.run(main())
"""

    async def count() -> int:
        async with Node(Config(listen=[LOCAL], streams=["chat"])) as node:
            inbox = node.messages("chat")
            process = await asyncio.to_thread(run, "-c", code, node.listen_addresses[0])
            assert process.stderr == ""
            got = 0
            async with asyncio.timeout(PATIENCE):
                while got < 2000:
                    await anext(inbox)
                    got += 1
            return got

    assert asyncio.run(count()) == 2000


FORK = """
import asyncio, os, sys, warnings
from glueberry import Config, Identity, Node, errors

warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of fork with threads

async def main():
    async with Node(Config(listen=["/ip4/127.0.0.1/tcp/0"], streams=["chat"])) as node:
        inbox = node.messages("chat")
        child = os.fork()
        if child == 0:
            try:
                for call in (
                    node.peers,
                    lambda: node.messages("chat"),
                    lambda: node.try_send(node.peer_id, "chat", b""),
                    lambda: inbox.drain(),
                    Identity.generate,
                ):
                    try:
                        call()
                    except errors.Forked as error:
                        assert error.code == 209
                    else:
                        os._exit(2)
                for call in (node.close, lambda: anext(inbox), lambda: node.disconnect(node.peer_id)):
                    try:
                        await call()
                    except errors.Forked:
                        pass
                    else:
                        os._exit(3)
                try:
                    async with Node():
                        os._exit(4)
                except errors.Forked:
                    pass
                del node, inbox
                import gc
                gc.collect()
            except BaseException:
                import traceback
                traceback.print_exc()
                os._exit(5)
            sys.stdout.flush()
            CHILD_ENDS
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, status
        async with Node(Config(streams=["chat"])) as other:
            peer = await other.connect(node.listen_addresses[0])
            await other.send(peer, "chat", b"still here")
            async for message in inbox:
                print(message.data)
                break

asyncio.run(main())
"""


@pytest.mark.parametrize("ends", ["os._exit(0)", "sys.exit(0)"])
def test_a_forked_child_is_refused_and_the_parent_goes_on(ends: str) -> None:
    done = run("-c", FORK.replace("CHILD_ENDS", ends))
    assert done.stdout == "b'still here'\n"


def test_a_program_that_forks_first_never_notices() -> None:
    code = """
import asyncio, os
from glueberry import Config, Identity, Node

async def main():
    async with Node(Config(listen=["/ip4/127.0.0.1/tcp/0"])) as node:
        assert node.listen_addresses

Identity.generate()
child = os.fork()
asyncio.run(main())
if child != 0:
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status
    print("both")
"""
    assert run("-c", code).stdout == "both\n"


async def test_handles_that_are_made_and_let_go_do_not_grow_memory(pair: Connect) -> None:
    near, far, at_far, _ = await pair()

    async def cycle(count: int) -> None:
        for _ in range(count):
            inbox = near.messages("chat")
            await inbox.aclose()
            near.all_messages()
            happenings = near.events(peers=[at_far], kinds=[events.PeerEstablished])
            await happenings.aclose()
            near.events()
            far.peer_id  # noqa: B018
            await near.cancel_reconnection(at_far)
            waiting = asyncio.ensure_future(anext(near.messages("chat")))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])

    await cycle(1000)
    before = memory()
    await cycle(10_000)
    grown = memory() - before
    assert grown < 4 << 20, f"{grown} bytes"


def test_plain_objects_that_are_made_and_let_go_do_not_grow_memory() -> None:
    def cycle(count: int) -> None:
        for _ in range(count):
            identity = Identity.from_seed(bytes(32))
            peer = PeerId(str(identity.peer_id))
            Message(peer, "chat", bytes(100))
            Bell().take()
            with contextlib.suppress(errors.InvalidPeerId):
                PeerId("nobody")
            Node()

    cycle(1000)
    before = memory()
    cycle(10_000)
    grown = memory() - before
    assert grown < 4 << 20, f"{grown} bytes"


async def test_nodes_that_are_started_and_closed_do_not_grow_memory() -> None:
    async def cycle(count: int) -> None:
        for _ in range(count):
            async with Node(Config(worker_threads=1)) as node:
                node.events()

    await cycle(100)
    await until(lambda: len(threads()) < 10)
    before, files = memory(), len(os.listdir("/proc/self/fd"))
    await cycle(CYCLES)
    await until(lambda: len(threads()) < 10)
    grown = memory() - before
    assert grown < 8 << 20, f"{grown} bytes"
    await until(lambda: len(os.listdir("/proc/self/fd")) <= files)


async def test_panics_are_errors_and_the_node_goes_on(
    start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    from glueberry._loop import finish

    node, other = await start(), await start()
    with pytest.raises(errors.Panicked) as caught:
        panic_now()
    assert isinstance(caught.value, Exception)
    assert "report it" in caught.value.hint
    host = node._host  # pyright: ignore[reportPrivateUsage]
    assert host is not None
    with pytest.raises(errors.Panicked):
        await soon(finish(panic_soon(host)))
    await soon(node.connect(other.listen_addresses[0]))
    assert "on demand" in capfd.readouterr().err


async def test_an_error_that_user_code_raises_comes_out_of_the_with_block() -> None:
    port = 0
    with pytest.raises(ValueError, match="in user code"):
        async with Node(Config(listen=[LOCAL])) as node:
            port = port_of(node)
            raise ValueError("in user code")
    assert is_free(port)


async def test_task_groups_end_with_the_first_error(pair: Connect) -> None:
    near, far, at_far, _ = await pair()

    async def read() -> None:
        async for _ in far.messages("chat"):
            raise ValueError("in user code")

    async def watch() -> None:
        async for _ in far.events():
            pass

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(watch())
            await near.send(at_far, "chat", b"")
    assert [str(error) for error in caught.value.exceptions] == ["in user code"]


async def test_one_node_is_used_from_loops_in_two_threads(pair: Connect) -> None:
    near, far, at_far, _ = await pair()
    lock = threading.Lock()
    got: list[bytes] = []

    async def elsewhere() -> None:
        message = await soon(anext(far.messages("chat")))
        with lock:
            got.append(message.data)

    reading = asyncio.create_task(asyncio.to_thread(asyncio.run, elsewhere()))
    await near.send(at_far, "chat", b"across")
    await soon(reading)
    assert got == [b"across"]


def test_importing_starts_nothing() -> None:
    code = "import threading, glueberry, os; print(threading.active_count(), len(os.listdir('/proc/self/task')))"
    assert run("-c", code).stdout == "1 1\n"

"""The application shakes hands: a club lets in who knows the password, and nobody else. Both identities
are proven by then. What else has to be agreed on is said on the stream `handshake`.

app_handshake.py listen /ip4/127.0.0.1/tcp/0     lets in who says "glueberry", and greets
app_handshake.py dial ADDRESS PASSWORD           prints the greeting; exits with 1 if not let in
"""

from __future__ import annotations

import asyncio
import sys

from example import PATIENCE, end_of_input, run, usage

from glueberry import Config, GlueberryError, HandshakeMode, Message, Messages, Node, PeerId
from glueberry.events import PeerDisconnected


async def let_in(club: Node, guest: PeerId) -> None:
    # The order matters: once the guest reads "welcome" it may send, so its streams stand before.
    await club.prepare_streams(guest, ["chat"])
    await club.send(guest, "handshake", b"welcome")
    await club.finalize_handshake(guest)


async def hear_password(club: Node, message: Message) -> None:
    if message.data == b"glueberry":
        await let_in(club, message.peer)
    else:
        await club.disconnect(message.peer)


async def attend_door(club: Node, inbox: Messages) -> None:
    """Ends when the node is closed, as `attend_bar` does."""
    async for message in inbox:
        try:
            async with asyncio.timeout(PATIENCE):
                await hear_password(club, message)
        except (GlueberryError, TimeoutError) as error:
            print(error, file=sys.stderr)  # The guest may have left.


async def attend_bar(club: Node, inbox: Messages) -> None:
    async for message in inbox:
        try:
            await club.send(message.peer, "chat", b"Good evening!")
        except GlueberryError as error:
            print(error, file=sys.stderr)


async def listen(address: str) -> int:
    async with Node(Config(listen=[address], streams=["chat"], handshake=HandshakeMode.APP)) as club:
        # Both streams are served by a task each: who talks does not keep others waiting at the door.
        door = asyncio.create_task(attend_door(club, club.messages("handshake")))
        bar = asyncio.create_task(attend_bar(club, club.messages("chat")))
        for place in club.listen_addresses:
            print("listening", place, flush=True)
        await end_of_input()
    await asyncio.gather(door, bar)
    return 0


async def is_let_in(guest: Node, club: PeerId) -> bool:
    """Whether the club answers before it ends the connection."""
    answer = asyncio.ensure_future(anext(guest.messages("handshake")))
    end = asyncio.ensure_future(anext(guest.events(peers=[club], kinds=[PeerDisconnected])))
    done, others = await asyncio.wait([answer, end], return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        other.cancel()
    return answer in done


async def dial(address: str, password: str) -> int:
    config = Config(streams=["chat"], handshake=HandshakeMode.APP)
    async with Node(config) as guest, asyncio.timeout(PATIENCE):
        club = await guest.connect(address)
        await guest.send(club, "handshake", password.encode())
        if not await is_let_in(guest, club):
            print("not let in", file=sys.stderr)
            return 1
        await guest.complete_handshake(club, ["chat"])
        await guest.send(club, "chat", b"Hello!")
        greeting = await anext(guest.messages("chat"))
        print(greeting.data.decode())
    return 0


def main(arguments: list[str]) -> int:
    match arguments:
        case ["listen", address]:
            return run(listen(address))
        case ["dial", address, password]:
            return run(dial(address, password))
        case _:
            return usage("app_handshake.py listen ADDRESS | dial ADDRESS PASSWORD")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

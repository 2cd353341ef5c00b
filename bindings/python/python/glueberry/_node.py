"""The node."""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Literal, Self, TypeAlias, TypeVar

from ._config import Config, Seconds, milliseconds, settings_of
from ._events import Events
from ._exit import close_at_exit
from ._fork import is_forked, notice_forks
from ._glueberry import Host, Identity, PeerId, Pending, begin
from ._log import update_log_level
from ._loop import finish, require_loop
from ._messages import Leftovers, Messages
from ._records import Ban, PeerInfo, StreamHealth
from ._vocabulary import EventName, Forked, NodeClosed, State, WrongState
from .events import Event

T = TypeVar("T")

Peer: TypeAlias = PeerId | str
"""A peer, as its id or as the id's text."""

_NOT_STARTED = "the node was not started: use `async with`, or `await Node.start(…)`"

BytesLike: TypeAlias = bytes | bytearray | memoryview
"""What a message is sent from. It is copied."""


class Node:
    """A node: it has an identity, connects to others and is connected to, and carries named streams
    of messages.

    >>> config = Config(listen=["/ip4/127.0.0.1/tcp/0"], streams=["chat"])
    >>> async with Node(config) as friend:
    ...     there = await node.connect(friend.listen_addresses[0])
    ...     await node.send(there, "chat", b"hello")
    ...     async for message in friend.messages("chat"):
    ...         print(message.data)
    ...         break
    b'hello'

    ``async with`` starts the node, and closes it at the end. All methods have to be called in the
    thread of one event loop at a time. Cancelling an ``await``, as ``asyncio.timeout`` does, gives
    the call up.

    Without an identity it gets a fresh one. Every method raises ``WrongState`` before the node has
    started, ``NodeClosed`` after it was closed, and ``Forked`` in a forked child.
    """

    def __init__(self, config: Config | None = None, *, identity: Identity | None = None) -> None:
        self._config = Config() if config is None else config
        self._identity = Identity.generate() if identity is None else identity
        self._host: Host | None = None
        self._has_begun = False
        self._is_closed = False
        # None: it is queued. False: so are many in a row, and others should get their turn.
        self._send: Callable[[Peer, str, BytesLike], Pending[None] | Literal[False] | None] = (
            _refuse
        )
        self._leftovers = Leftovers()

    @classmethod
    async def start(cls, config: Config | None = None, *, identity: Identity | None = None) -> Self:
        """A started node, for those who cannot use ``async with``: they have to ``close`` it.

        >>> started = await Node.start(Config(streams=["chat"]))
        >>> await started.close()

        Raises ``InvalidConfig``, ``InvalidAddress`` and ``InvalidStreamName`` for a setting that
        cannot be, ``AddressInUse``, ``ListenFailed``; of the address book ``AddressBookLocked``,
        ``AddressBookCorrupt``, ``AddressBookUnreadable``, ``AddressBookUnwritable``.
        """
        node = cls(config, identity=identity)
        await node._start()
        return node

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(Forked):  # In a forked child there is nothing to close.
            await self.close()

    async def close(self) -> None:
        """Ends the node: writes what is queued for up to the configured linger, closes all
        connections, frees the ports and the threads. Loops over messages and events end when
        everything was read. Again, it does nothing. It takes 13 s longer than the linger at most.

        Once begun it is carried out, even if the caller waits no longer.
        """
        if self._is_closed:
            return
        if self._host is None:
            self._is_closed = True
            self._send = _refuse_for_good
            return
        # Not a part of this call, so that it goes on when this is cancelled.
        ending = asyncio.ensure_future(self._end(self._host))
        _ending.add(ending)
        ending.add_done_callback(_ending.discard)
        await asyncio.shield(ending)

    @property
    def peer_id(self) -> PeerId:
        """What other peers know this node by."""
        return self._identity.peer_id

    @property
    def listen_addresses(self) -> list[str]:
        """Where this node listens, each address with its peer id at the end: what a peer has to
        dial. Nowhere after ``close``.

        >>> node.listen_addresses[0].split("/")[1:4]
        ['ip4', '127.0.0.1', 'tcp']
        """
        return [] if self._is_closed else self._running.listen_addresses()

    async def listen(self, address: str) -> list[str]:
        """Listens at one more address, and gives what it is bound to: for port 0 the port chosen,
        for ``0.0.0.0`` an address for each of the machine's.

        >>> bound = await node.listen("/ip4/127.0.0.1/udp/0/quic-v1")

        Raises ``InvalidAddress``, ``AddressInUse``, ``ListenFailed``.
        """
        return await finish(self._running.listen(address))

    async def connect(self, address: str | PeerId) -> PeerId:
        """Connects to a peer, and returns when it is established; with ``HandshakeMode.APP``
        already when it is connected. At once if it is so already.

        >>> async with asyncio.timeout(10):
        ...     peer = await node.connect(address)

        Give an address such as ``/ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…``, or the peer's id alone
        where it is known already. Once the peer was established the link comes back by itself when
        it is lost, until ``disconnect``. Cancelling the call leaves the attempt going.

        Raises ``InvalidAddress``, ``UnknownPeer``, ``DialedSelf``, ``Unreachable``, ``WrongPeer``,
        ``HandshakeFailed``, ``HandshakeTimeout``, ``PeerKeyMismatch``, ``Banned``, ``NotAllowed``,
        ``TooManyConnections``.
        """
        place = f"/p2p/{address}" if isinstance(address, PeerId) else address
        return await finish(self._running.connect(place))

    async def wait_established(self, peer: Peer) -> None:
        """Waits until a peer is established: for applications that shake hands themselves, and for
        those that wait until a lost peer is back.

        >>> await node.wait_established(peer)

        Raises ``NotConnected`` if there is no connection and none is sought; when the attempts end,
        what ended them.
        """
        await finish(self._running.wait_established(peer))

    async def disconnect(self, peer: Peer) -> None:
        """Ends the session with a peer, or the attempt at one. What is queued is written first, for
        up to the configured linger. Without a connection it does nothing. Once begun it is carried
        out, even if the caller waits no longer.

        >>> await node.disconnect(peer)
        >>> node.connection_state(peer).name
        'DISCONNECTED'
        """
        await finish(self._running.disconnect(peer))

    async def cancel_reconnection(self, peer: Peer) -> None:
        """Gives up the attempts to reach a lost peer again; a session that stands goes on.

        >>> await node.cancel_reconnection(peer)
        """
        await finish(self._running.cancel_reconnection(peer))

    async def dial_known_peers(self) -> None:
        """Dials the peers of the address book, and returns when all are being dialed, or wait for
        their turn.

        >>> await node.dial_known_peers()
        """
        await finish(self._running.dial_known_peers())

    def connection_state(self, peer: Peer) -> State:
        """The state of a peer, ``DISCONNECTED`` for one that is not known.

        >>> node.connection_state(peer).name
        'ESTABLISHED'
        """
        return self._running.connection_state(peer)

    async def send(self, peer: Peer, stream: str, data: BytesLike) -> None:
        """Sends a message; waits while the stream's send buffer is full. It returns when the
        message is queued, in order behind all before it. A call that fails or is cancelled sends
        nothing.

        >>> await node.send(peer, "chat", b"hello")

        That the peer has read it nobody says on this wire. What was queued and never written is
        counted in ``PeerDisconnected``.

        Raises ``NotConnected``, ``UnknownStream``, ``MessageTooLarge``, ``StreamRefused``,
        ``StreamFailed``; ``TooManyOperations`` when 4,096 calls, or 64 MiB in them, wait already.
        """
        wait = self._send(peer, stream, data)
        if wait is not None:
            await (finish(wait) if wait else asyncio.sleep(0))

    def try_send(self, peer: Peer, stream: str, data: BytesLike) -> None:
        """Sends a message if there is room for it now.

        >>> node.try_send(peer, "chat", b"hello")

        Raises ``WouldBlock`` if there is none; otherwise as ``send``.
        """
        self._running.try_send(peer, stream, data)

    async def flush(self, peer: Peer, stream: str) -> None:
        """Waits until the transport has taken all that was sent before on a stream.

        >>> await node.flush(peer, "chat")

        Raises ``NotConnected`` if the session ends before, ``UnknownStream``, ``StreamRefused``,
        ``StreamFailed``.
        """
        await finish(self._running.flush(peer, stream))

    def messages(self, stream: str) -> Messages:
        """Takes the messages of one stream, from all peers, fairly merged. The stream ``handshake``
        is there for applications that shake hands themselves.

        >>> inbox = node.messages("chat")
        >>> message = await anext(inbox)

        Raises ``ConsumerTaken`` while another consumer has the stream, ``InvalidStreamName``.
        """
        return Messages(self._running.messages(stream), self._leftovers, stream)

    def all_messages(self) -> Messages:
        """Takes the messages of all streams, from all peers, fairly merged.

        >>> async for message in node.all_messages():
        ...     print(message.stream)
        ...     break
        chat

        Raises ``ConsumerTaken`` while any stream has a consumer.
        """
        return Messages(self._running.all_messages(), self._leftovers, None)

    def events(
        self,
        *,
        peers: Iterable[Peer] | None = None,
        kinds: Iterable[EventName | type[Event]] | None = None,
    ) -> Events:
        """Subscribes to events, from now on: of all peers and kinds, or only of some. ``Lagged``
        always comes.

        >>> ends = node.events(peers=[peer], kinds=[events.PeerDisconnected])

        Any number of subscribers is fine; each has a buffer of its own.
        """
        numbers = None if kinds is None else [_number(kind) for kind in kinds]
        return Events(self._running.events(None if peers is None else _each(peers), numbers))

    async def prepare_streams(self, peer: Peer, streams: Iterable[str]) -> None:
        """Accepts these streams from a peer that the application shakes hands with. Their messages
        are delivered once the peer is established.

        Raises ``InvalidStreamName``, ``NotConnected``, ``TooManyStreams``.
        """
        await finish(self._running.prepare_streams(peer, _each(streams)))

    async def finalize_handshake(self, peer: Peer) -> None:
        """Ends the application's handshake with a peer, which is established from now on. What was
        sent on ``handshake`` is written first.

        Raises ``WrongState`` if the peer is established already, or the library shakes hands;
        ``NotConnected``.
        """
        await finish(self._running.finalize_handshake(peer))

    async def complete_handshake(self, peer: Peer, streams: Iterable[str]) -> None:
        """``prepare_streams`` and ``finalize_handshake`` in one.

        >>> club = Config(listen=["/ip4/127.0.0.1/tcp/0"], handshake=HandshakeMode.APP)
        >>> async with Node(club) as door, Node(club) as guest:
        ...     there = await guest.connect(door.listen_addresses[0])
        ...     await guest.send(there, "handshake", b"the password")
        ...     message = await anext(door.messages("handshake"))
        ...     await door.complete_handshake(message.peer, ["chat"])
        ...     await guest.complete_handshake(there, ["chat"])
        ...     await guest.wait_established(there)

        Raises what they raise.
        """
        await finish(self._running.complete_handshake(peer, _each(streams)))

    async def add_peer(
        self,
        address: str,
        /,
        *more: str,
        persistent: bool = False,
        metadata: Mapping[str, str] | None = None,
    ) -> PeerId:
        """Remembers a peer, in the place of what was known of it before, and returns when that is
        saved. A persistent one is dialed at once, and for ever.

        >>> neighbour = await node.add_peer(address, metadata={"name": "the neighbour"})
        >>> node.peer(neighbour).metadata
        {'name': 'the neighbour'}

        Up to 16 addresses, the first with the peer's id at its end, and up to 32 small facts: keys
        of up to 64 bytes, values of up to 1,024, 4,096 in all.

        Raises ``InvalidAddress``, ``InvalidConfig`` for more addresses, ``Banned``, ``DialedSelf``,
        ``MetadataTooLarge``, ``TooManyPeers``, ``AddressBookUnwritable``.
        """
        facts = list((metadata or {}).items())
        return await finish(self._running.add_peer([address, *more], persistent, facts))

    async def remove_peer(self, peer: Peer) -> None:
        """Forgets a peer, and ends the link with it as ``disconnect`` does. A ban of it stays. One
        that is not known is no error.

        >>> await node.remove_peer(peer)

        Raises ``AddressBookUnwritable``.
        """
        await finish(self._running.remove_peer(peer))

    def peers(self) -> list[PeerInfo]:
        """The peers that are known, connected or being connected, in the order of their ids.

        >>> [info.state.name for info in node.peers()]
        ['ESTABLISHED']
        """
        return self._running.peers()

    def peer(self, peer: Peer) -> PeerInfo | None:
        """What is known of a peer; None for one that is neither known nor connected.

        >>> node.peer(peer).direction.name
        'OUTBOUND'
        """
        return self._running.peer(peer)

    def addresses(self, peer: Peer) -> list[str]:
        """Where a peer may be found, the most promising first; nowhere for one that is not known.

        >>> node.addresses(peer) == [address]
        True
        """
        return self._running.addresses(peer)

    async def ban(self, target: Peer, *, duration: Seconds | None = None) -> None:
        """Bans a peer, an IP address or a range such as ``192.0.2.0/24``, for a time or for ever:
        its connections end, and no others are made in either direction. A ban of the same target is
        replaced. Once begun it is carried out, even if the caller waits no longer.

        >>> await node.ban("192.0.2.0/24", duration=60)
        >>> [ban.target for ban in node.bans()]
        ['192.0.2.0/24']

        Raises ``InvalidPeerId``, ``InvalidArgument``, ``TooManyPeers`` above 65,536 bans,
        ``AddressBookUnwritable``.
        """
        host = self._running
        ms = None if duration is None else milliseconds("duration", duration)
        await finish(host.ban(str(target), ms))

    async def unban(self, target: Peer) -> bool:
        """Lifts a ban. True if there was one of exactly this target. A persistent peer is dialed
        again.

        >>> await node.unban("192.0.2.0/24")
        False

        Raises ``InvalidPeerId``, ``AddressBookUnwritable``.
        """
        return await finish(self._running.unban(str(target)))

    def bans(self) -> list[Ban]:
        """The bans that hold at this moment.

        >>> node.bans()
        []
        """
        return self._running.bans()

    def stream_health(self, peer: Peer, stream: str) -> StreamHealth:
        """How a stream with a peer is doing: whether it carries messages, and how full its buffers
        are.

        >>> node.stream_health(peer, "chat").outbound.name
        'LOW'

        Raises ``NotConnected`` without a session, ``UnknownStream``.
        """
        return self._running.stream_health(peer, stream)

    def streams(self, peer: Peer) -> dict[str, StreamHealth]:
        """How all streams with a peer are doing, by name; none without a session.

        >>> list(node.streams(peer))
        ['chat']
        """
        return self._running.streams(peer)

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "new" if self._host is None else "running"
        return f"<Node {self.peer_id} ({state})>"

    def __del__(self) -> None:
        if getattr(self, "_host", None) is not None and not self._is_closed and not is_forked():
            warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self, stacklevel=1)

    async def _start(self) -> None:
        self._require_open()
        if self._has_begun:
            raise WrongState("the node was started already")
        require_loop()
        settings = settings_of(self._config)
        self._has_begun = True
        try:
            notice_forks()
            update_log_level()
            host = await finish(begin(self._identity, settings))
        except BaseException:
            self._has_begun = False
            raise
        try:
            self._require_open()  # It may have been closed meanwhile.
        except NodeClosed:
            await finish(host.close())
            raise
        self._host = host
        self._send = host.send
        close_at_exit(self)

    async def _end(self, host: Host) -> None:
        with contextlib.suppress(NodeClosed):  # By another task, meanwhile.
            await finish(host.close())
        self._release(host)

    def _close_within(self, seconds: float) -> None:  # pyright: ignore[reportUnusedFunction]
        """Blocks: for the end of the process."""
        if self._host is not None and not self._is_closed:
            try:
                self._host.close_within(seconds)
            finally:
                self._release(self._host)

    def _release(self, host: Host) -> None:
        self._is_closed = True
        host.release()

    def _require_open(self) -> None:
        if self._is_closed:
            raise NodeClosed("the node was closed")

    @property
    def _running(self) -> Host:
        if self._host is None:
            self._require_open()
            raise WrongState(_NOT_STARTED)
        return self._host


_ending: set[asyncio.Future[None]] = set()
"""Nodes that are being closed: an event loop alone does not keep its tasks."""


def _refuse(_: Peer, __: str, ___: BytesLike) -> None:
    raise WrongState(_NOT_STARTED)


def _refuse_for_good(_: Peer, __: str, ___: BytesLike) -> None:
    raise NodeClosed("the node was closed")


def _number(kind: EventName | type[Event]) -> int:
    return int(kind if isinstance(kind, EventName) else kind.kind)


def _each(texts: Iterable[T]) -> list[T]:
    if isinstance(texts, str):
        raise TypeError(f"a list is needed, such as [{texts!r}], not the text alone")
    return list(texts)

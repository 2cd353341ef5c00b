"""What happens to a node and its peers: a class for each kind of event.

>>> match events.PeerEstablished(peer, session=1, at=now):
...     case events.PeerEstablished(peer=who):
...         print(who == peer)
...     case _:
...         pass  # New kinds come with new versions.
True

Events hold neither keys nor what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from ._glueberry import PeerId
from ._vocabulary import (
    Denial,
    Direction,
    DisconnectReason,
    ErrorCode,
    EventName,
    PressureLevel,
    StreamCloseReason,
)

__all__ = [
    "ConnectionDenied",
    "DecryptionFailed",
    "Event",
    "Lagged",
    "ListenAddress",
    "PeerConnected",
    "PeerConnecting",
    "PeerCooldown",
    "PeerDisconnected",
    "PeerEstablished",
    "PeerReconnecting",
    "StreamClosed",
    "StreamDegraded",
    "StreamOpened",
    "StreamPressure",
    "StreamRecovered",
    "Unwritten",
    "Warning",
]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, and when. Ignore kinds that you do not know."""

    kind: ClassVar[EventName]
    """Its kind; each class has its own."""

    at: datetime = field(kw_only=True)
    """When, by the wall clock of this machine, in UTC."""


@dataclass(frozen=True, slots=True)
class ListenAddress(Event):
    """The node listens at one more address."""

    kind: ClassVar[EventName] = EventName.LISTEN_ADDRESS

    address: str
    """With this node's peer id at its end."""


@dataclass(frozen=True, slots=True)
class PeerConnecting(Event):
    """A dial began."""

    kind: ClassVar[EventName] = EventName.PEER_CONNECTING

    peer: PeerId
    """Who is dialed."""


@dataclass(frozen=True, slots=True)
class PeerConnected(Event):
    """A connection stands and the peer's identity is proven; the handshake begins."""

    kind: ClassVar[EventName] = EventName.PEER_CONNECTED

    peer: PeerId
    """Who."""
    session: int
    """The session that begins. Numbers grow, and none is used twice for one peer."""
    inbound: bool
    """Whether the peer dialed us."""
    address: str
    """The peer's address as seen from here."""


@dataclass(frozen=True, slots=True)
class PeerEstablished(Event):
    """The handshake is finished: messages flow."""

    kind: ClassVar[EventName] = EventName.PEER_ESTABLISHED

    peer: PeerId
    """Who."""
    session: int
    """The session."""


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Messages that were accepted for sending and never wholly written."""

    stream: str
    """On which stream."""
    messages: int
    """How many messages."""
    bytes: int
    """How many bytes of payload and framing."""


@dataclass(frozen=True, slots=True)
class PeerDisconnected(Event):
    """A session ended, or an attempt to begin one."""

    kind: ClassVar[EventName] = EventName.PEER_DISCONNECTED

    peer: PeerId
    """Who."""
    session: int | None
    """The session; None if no connection stood."""
    reason: DisconnectReason
    """Why."""
    unwritten: tuple[Unwritten, ...]
    """What was accepted for sending and never written, by stream."""


@dataclass(frozen=True, slots=True)
class PeerReconnecting(Event):
    """A lost peer is tried again after a pause."""

    kind: ClassVar[EventName] = EventName.PEER_RECONNECTING

    peer: PeerId
    """Who."""
    attempt: int
    """Which attempt since the peer was last established, from 1."""
    delay: timedelta
    """The pause before it."""


@dataclass(frozen=True, slots=True)
class PeerCooldown(Event):
    """The peer was reached, but no session came of it: it is left alone for a while."""

    kind: ClassVar[EventName] = EventName.PEER_COOLDOWN

    peer: PeerId
    """Who."""
    until: datetime
    """Until when, in UTC; then it is tried again."""


@dataclass(frozen=True, slots=True)
class ConnectionDenied(Event):
    """A connection was refused, or dropped before its peer was known."""

    kind: ClassVar[EventName] = EventName.CONNECTION_DENIED

    inbound: bool
    """Whether somebody dialed us."""
    peer: PeerId | None
    """Who, where that is known."""
    address: str
    """The other end's address."""
    denial: Denial
    """Why."""
    suppressed: int
    """How many more were denied for the same reason since the last such event."""


@dataclass(frozen=True, slots=True)
class StreamOpened(Event):
    """A named stream carries messages from now on."""

    kind: ClassVar[EventName] = EventName.STREAM_OPENED

    peer: PeerId
    """With whom."""
    stream: str
    """Which."""


@dataclass(frozen=True, slots=True)
class StreamDegraded(Event):
    """A named stream failed and is opened again; the other streams go on."""

    kind: ClassVar[EventName] = EventName.STREAM_DEGRADED

    peer: PeerId
    """With whom."""
    stream: str
    """Which."""
    attempt: int
    """Which attempt to open it again this is, from 1."""


@dataclass(frozen=True, slots=True)
class StreamRecovered(Event):
    """A degraded stream carries messages again."""

    kind: ClassVar[EventName] = EventName.STREAM_RECOVERED

    peer: PeerId
    """With whom."""
    stream: str
    """Which."""


@dataclass(frozen=True, slots=True)
class StreamClosed(Event):
    """A named stream ended."""

    kind: ClassVar[EventName] = EventName.STREAM_CLOSED

    peer: PeerId
    """With whom."""
    stream: str
    """Which."""
    reason: StreamCloseReason
    """Why."""


@dataclass(frozen=True, slots=True)
class StreamPressure(Event):
    """A buffer of a stream has filled above its high watermark, or drained below its low one."""

    kind: ClassVar[EventName] = EventName.STREAM_PRESSURE

    peer: PeerId
    """With whom."""
    stream: str
    """Which stream."""
    direction: Direction
    """Which of its two buffers: OUTBOUND is what waits to be sent."""
    level: PressureLevel
    """Which watermark was crossed."""
    bytes: int
    """What the buffer holds now."""


@dataclass(frozen=True, slots=True)
class DecryptionFailed(Event):
    """A message could not be opened and was not delivered."""

    kind: ClassVar[EventName] = EventName.DECRYPTION_FAILED

    peer: PeerId
    """From whom."""
    stream: str
    """On which stream."""


@dataclass(frozen=True, slots=True)
class Warning(Event):
    """A fault without a kind of its own; the node goes on."""

    kind: ClassVar[EventName] = EventName.WARNING

    code: ErrorCode
    """What is wrong."""
    peer: PeerId | None
    """With whom."""
    stream: str | None
    """On which stream."""
    detail: str
    """In words, without payload."""


@dataclass(frozen=True, slots=True)
class Lagged(Event):
    """This subscriber was too slow: its oldest events were dropped."""

    kind: ClassVar[EventName] = EventName.LAGGED

    missed: int
    """How many."""


_CLASSES: dict[int, type[Event]] = {
    kind.kind.value: kind
    for kind in (
        ListenAddress,
        PeerConnecting,
        PeerConnected,
        PeerEstablished,
        PeerDisconnected,
        PeerReconnecting,
        PeerCooldown,
        ConnectionDenied,
        StreamOpened,
        StreamDegraded,
        StreamRecovered,
        StreamClosed,
        StreamPressure,
        DecryptionFailed,
        Warning,
        Lagged,
    )
}


def _make(kind: int, at: datetime, fields: dict[str, Any]) -> Event:  # pyright: ignore[reportUnusedFunction]
    """Called by the library for each event."""
    return _CLASSES[kind](at=at, **fields)

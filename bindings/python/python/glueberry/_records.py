"""What a node knows of its peers, at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ._glueberry import PeerId
from ._vocabulary import Direction, PressureLevel, State, StreamState

__all__ = ["Ban", "PeerInfo", "StreamHealth"]


@dataclass(frozen=True, slots=True)
class Ban:
    """A ban that holds."""

    target: str
    """Whom it is for: a peer id, an IP address, or a range such as ``192.0.2.0/24``."""
    until: datetime | None
    """When it ends, in UTC; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerInfo:
    """What a node knows of a peer at one moment."""

    peer: PeerId
    """Who."""
    state: State
    """The state of the link."""
    direction: Direction | None
    """Who dialed the session that stands: OUTBOUND if this node did."""
    connections: int
    """Connections that stand: one, but for moments around a simultaneous dial or a restart."""
    addresses: tuple[str, ...]
    """Where it may be found, the most promising first."""
    persistent: bool
    """Whether it is dialed for ever."""
    metadata: Mapping[str, str]
    """What the application keeps with it."""
    last_seen: datetime | None
    """When a session with it was last established, in UTC."""
    banned: Ban | None
    """The ban that holds for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHealth:
    """How one stream with one peer is doing, at one moment."""

    state: StreamState
    """Whether it carries messages."""
    attempt: int | None
    """Of a degraded one, which attempt to open it again is due, from 1."""
    queued_messages: int
    """Messages that were accepted for sending and are not wholly written yet."""
    queued_bytes: int
    """Their bytes, with framing."""
    unread_bytes: int
    """Received bytes that wait to be read, with what administers them."""
    outbound: PressureLevel
    """What the send buffer counts as."""
    inbound: PressureLevel
    """What the receive buffer counts as."""

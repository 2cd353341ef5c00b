"""What a node is told when it starts."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias, cast

from ._glueberry import PeerId
from ._vocabulary import HandshakeMode, InvalidArgument, InvalidConfig, Security

__all__ = [
    "Config",
    "ConnectionLimits",
    "KeepAlive",
    "ReconnectPolicy",
    "Seconds",
    "StreamConfig",
]

Seconds: TypeAlias = float | timedelta
"""A time: in seconds, or as a ``timedelta``. Glueberry counts in milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamConfig:
    """One stream's bounds. What is None keeps its default.

    >>> files = StreamConfig(max_message_size=4 * 1024 * 1024, send_buffer=8 * 1024 * 1024)
    """

    max_message_size: int | None = None
    """The largest message in bytes, sent or received; 1 to 16 MiB, by default 1 MiB."""
    send_buffer: int | None = None
    """Bytes that may wait to be sent to one peer before ``send`` waits; 1 KiB to 256 MiB, by
    default 256 KiB."""
    receive_buffer: int | None = None
    """Received bytes of one peer that may wait to be read before its sender has to wait; 1 KiB to
    256 MiB, by default 1 MiB."""
    high_watermark: int | None = None
    """How full a buffer is, in per cent, when ``StreamPressure`` tells HIGH; by default 75."""
    low_watermark: int | None = None
    """Below how many per cent it counts as drained; by default 25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconnectPolicy:
    """How a lost peer is tried again. What is None keeps its default.

    >>> hasty = ReconnectPolicy(first_delay=0.2, longest_delay=30)
    """

    first_delay: Seconds | None = None
    """The ceiling of the first pause; 1 ms to 1 h, by default 1 s."""
    longest_delay: Seconds | None = None
    """The ceiling of every pause; up to 24 h, by default 5 min."""
    max_attempts: int | None = None
    """How often a peer is tried before it is given up; by default 0: without a limit."""
    cooldown: Seconds | None = None
    """The pause after a failed handshake; 1 ms to 24 h, by default 60 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAlive:
    """How soon a vanished peer is noticed. What is None keeps its default.

    >>> alert = KeepAlive(interval=1, timeout=1)
    """

    interval: Seconds | None = None
    """A peer is asked for a sign of life after so much silence; 100 ms to 1 h, by default 3 s."""
    timeout: Seconds | None = None
    """It is given up so much later; 100 ms to 1 h, by default 3 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How many connections there may be. What is None follows the open files that this process may
    have.

    >>> few = ConnectionLimits(total=200)
    """

    pending: int | None = None
    """Inbound connections that have not proven an identity yet; 1 to 65,536."""
    total: int | None = None
    """Connections of peers that have, in both directions; 1 to 65,536."""
    per_peer: int | None = None
    """Connections of one peer; 2 to 65,536, by default 4."""
    per_address: int | None = None
    """Inbound connections from one address; 1 to 65,536."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a node is told when it starts. What is None keeps its default; it is all checked when
    the node starts.

    >>> config = Config(listen=["/ip4/127.0.0.1/tcp/0"], streams=["chat"])
    >>> with_bounds = Config(streams={"chat": StreamConfig(), "files": StreamConfig(send_buffer=2**20)})
    """

    listen: Iterable[str] = ()
    """Where to listen, such as ``/ip4/0.0.0.0/tcp/9000`` or ``/ip6/::/udp/9000/quic-v1``. Port 0 is
    any free one. Without an address the node only dials."""
    streams: Iterable[str] | Mapping[str, StreamConfig] = ()
    """The streams that are carried with every peer: their names, or their bounds by name."""
    address_book: str | os.PathLike[str] | None = None
    """The file that keeps what is known of peers, and bans. Without one all that is forgotten when
    the node ends."""
    auto_connect: bool | None = None
    """Whether the peers of the address book are dialed when the node starts; by default they are.
    To miss no event of those dials, turn it off, subscribe, and call ``dial_known_peers``."""
    handshake: HandshakeMode | None = None
    """Who shakes hands; by default the library."""
    security: Security | None = None
    """Which secure channels are offered over TCP; by default TLS and Noise."""
    reconnect: ReconnectPolicy = field(default_factory=ReconnectPolicy)
    """How a lost peer is tried again."""
    handshake_timeout: Seconds | None = None
    """How long a peer may take from connected to established; 10 ms to 1 h, by default 30 s."""
    dial_timeout: Seconds | None = None
    """How long one address is tried; 10 ms to 1 h, by default 10 s."""
    keep_alive: KeepAlive | None = field(default_factory=KeepAlive)
    """How soon a vanished peer is noticed. None: never asked; then it is left to the transports,
    minutes over TCP, 10 s over QUIC."""
    linger: Seconds | None = None
    """How long ``disconnect`` and ``close`` go on writing what is queued; up to 1 h, by default
    5 s."""
    event_buffer: int | None = None
    """How many events wait for each subscriber before its oldest are dropped and reported as
    ``Lagged``; 1 to 1,048,576, by default 1,024."""
    allow: Iterable[str | PeerId] = ()
    """Peers, IP addresses or ranges such as ``10.0.0.0/8``: nobody else of their kind may connect."""
    deny: Iterable[str | PeerId] = ()
    """Peers, IP addresses or ranges that may not connect. It wins over ``allow``."""
    connection_limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    """How many connections there may be."""
    worker_threads: int | None = None
    """How many threads carry the node's connections; 1 to 64, by default as many as there are
    cores, but at most 4."""


def settings_of(config: Config) -> str:
    """The configuration as the library reads it: JSON, with times in milliseconds."""
    return json.dumps(
        {
            "listen": _texts("listen", config.listen),
            "streams": _streams(config.streams),
            "allow": _texts("allow", config.allow),
            "deny": _texts("deny", config.deny),
            "reconnect": _given(
                first_delay_ms=_ms("first_delay", config.reconnect.first_delay),
                longest_delay_ms=_ms("longest_delay", config.reconnect.longest_delay),
                max_attempts=config.reconnect.max_attempts,
                cooldown_ms=_ms("cooldown", config.reconnect.cooldown),
            ),
            "keep_alive": config.keep_alive
            and _given(
                interval_ms=_ms("keep_alive.interval", config.keep_alive.interval),
                timeout_ms=_ms("keep_alive.timeout", config.keep_alive.timeout),
            ),
            "connection_limits": _given(
                pending=config.connection_limits.pending,
                total=config.connection_limits.total,
                per_peer=config.connection_limits.per_peer,
                per_address=config.connection_limits.per_address,
            ),
            **_given(
                address_book=None
                if config.address_book is None
                else os.fspath(config.address_book),
                auto_connect=config.auto_connect,
                handshake=_word(config.handshake),
                security=_word(config.security),
                handshake_timeout_ms=_ms("handshake_timeout", config.handshake_timeout),
                dial_timeout_ms=_ms("dial_timeout", config.dial_timeout),
                linger_ms=_ms("linger", config.linger),
                event_buffer=config.event_buffer,
                worker_threads=config.worker_threads,
            ),
        }
    )


def milliseconds(name: str, time: Seconds) -> int:
    """A time as the library counts it."""
    seconds = time.total_seconds() if isinstance(time, timedelta) else float(time)
    if not math.isfinite(seconds) or seconds < 0:
        raise InvalidArgument(f"{name} is {seconds}; use seconds, 0 or more")
    return round(seconds * 1000)


def _ms(name: str, time: Seconds | None) -> int | None:
    if time is None:
        return None
    try:
        return milliseconds(name, time)
    except InvalidArgument as fault:
        raise InvalidConfig(str(fault)) from None


def _given(**settings: object) -> dict[str, object]:
    return {name: value for name, value in settings.items() if value is not None}


def _streams(streams: Iterable[str] | Mapping[str, StreamConfig]) -> dict[str, dict[str, object]]:
    if not isinstance(streams, Mapping):
        return {name: {} for name in _texts("streams", streams)}
    return {
        name: _given(
            max_message_size=bounds.max_message_size,
            send_buffer=bounds.send_buffer,
            receive_buffer=bounds.receive_buffer,
            high_watermark=bounds.high_watermark,
            low_watermark=bounds.low_watermark,
        )
        for name, bounds in cast(Mapping[str, StreamConfig], streams).items()
    }


def _texts(name: str, texts: Iterable[object]) -> list[str]:
    """A text is iterable too, letter by letter, which nobody means."""
    if isinstance(texts, str):
        raise InvalidConfig(f"{name} is the text {texts!r}; use a list, such as [{texts!r}]")
    return [str(text) for text in texts]


def _word(word: HandshakeMode | Security | None) -> str | None:
    return None if word is None else word.name.title()

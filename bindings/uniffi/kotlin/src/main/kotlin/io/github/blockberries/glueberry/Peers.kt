package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.BanRecord
import io.github.blockberries.glueberry.ffi.PeerRecord
import java.time.Instant

/**
 * What a node knows of a peer at this moment.
 *
 * @property peer who.
 * @property state the state of the link.
 * @property direction who dialed the session that stands; null if none does.
 * @property connections connections that stand.
 * @property addresses where it may be found, the most promising first.
 * @property persistent whether it is dialed for ever.
 * @property metadata what the program keeps with it.
 * @property lastSeen when a session with it was last established.
 * @property banned the ban that holds for it.
 */
public data class PeerInfo(
    public val peer: PeerId,
    public val state: State,
    public val direction: Direction?,
    public val connections: Int,
    public val addresses: List<String>,
    public val persistent: Boolean,
    public val metadata: Map<String, String>,
    public val lastSeen: Instant?,
    public val banned: Ban?,
)

/**
 * Whom a node will have nothing to do with.
 *
 * @property target a peer id, an IP address or a range such as `192.0.2.0/24`.
 * @property until when it ends; null: never.
 */
public data class Ban(public val target: String, public val until: Instant?)

internal fun read(record: PeerRecord) = PeerInfo(
    peer = PeerId.told(record.peer),
    state = readState(record.state),
    direction = record.direction?.let { number -> Direction.entries.first { it.number == number } },
    connections = record.connections,
    addresses = record.addresses,
    persistent = record.persistent,
    metadata = record.metadata,
    lastSeen = record.lastSeenMs?.let(Instant::ofEpochMilli),
    banned = record.banned?.let(::read),
)

internal fun read(record: BanRecord) = Ban(record.target, record.untilMs?.let(Instant::ofEpochMilli))

internal fun readState(number: Int): State = State.entries.first { it.number == number }

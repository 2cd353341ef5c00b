package io.github.blockberries.glueberry

import java.nio.file.Path
import kotlin.time.Duration

/**
 * What a node is told when it starts. Everything has a default; what is null has that of the library.
 *
 * ```
 * Config(listen = listOf("/ip4/0.0.0.0/tcp/9000"), streams = streamsOf("chat"))
 * ```
 *
 * From Java: `Config.builder().listen("/ip4/0.0.0.0/tcp/9000").stream("chat").build()`.
 */
public class Config(
    /** The node's own key. Default: a fresh one, so that others know it by another name each time. */
    public val identity: Identity? = null,
    listen: Collection<String> = emptyList(),
    streams: Map<String, StreamConfig> = emptyMap(),
    /** The file in which peers and bans are kept. Default: none, they are forgotten. */
    public val addressBook: Path? = null,
    /** Whether the peers of the address book are dialed at the start. */
    public val autoConnect: Boolean = true,
    /** Who shakes hands. */
    public val handshake: HandshakeMode = HandshakeMode.AUTOMATIC,
    /** Which secure channels are offered over TCP. */
    public val security: Security = Security.BOTH,
    /** How a lost peer is tried again. */
    public val reconnect: ReconnectConfig = ReconnectConfig(),
    /** What a handshake may take, 10 ms to 1 h. Default: 30 s. */
    public val handshakeTimeout: Duration? = null,
    /** What a dial may take, 10 ms to 1 h. Default: 10 s. */
    public val dialTimeout: Duration? = null,
    /** How silent peers are found out. */
    public val keepAlive: KeepAlive = KeepAlive(),
    /** How long `disconnect` and `shutdown` go on writing what is queued, up to 1 h. Default: 5 s. */
    public val linger: Duration? = null,
    /** Events that wait for a subscriber before the oldest are dropped. Default: 1,024. */
    public val eventBuffer: Int? = null,
    allow: Collection<String> = emptyList(),
    deny: Collection<String> = emptyList(),
    /** How many connections it takes. */
    public val connectionLimits: ConnectionLimits = ConnectionLimits(),
    /** Threads, 1 to 64. Default: one for each core, at most 4. */
    public val workerThreads: Int? = null,
) {
    /** Where it listens, such as `/ip4/0.0.0.0/tcp/9000`. Default: nowhere. */
    public val listen: List<String> = listen.toList()

    /** The streams that it speaks, by name. */
    public val streams: Map<String, StreamConfig> = streams.toMap()

    /** If there are any: the only peers, addresses and ranges that may connect. */
    public val allow: List<String> = allow.toList()

    /** Peers, addresses and ranges that may not. */
    public val deny: List<String> = deny.toList()

    public companion object {
        /** For Java. */
        @JvmStatic
        public fun builder(): ConfigBuilder = ConfigBuilder()
    }
}

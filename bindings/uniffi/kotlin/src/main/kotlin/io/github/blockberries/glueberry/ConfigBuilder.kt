package io.github.blockberries.glueberry

import java.nio.file.Path
import java.time.Duration
import kotlin.time.toKotlinDuration

/** Makes a [Config] from Java, which has no named arguments. What is not told has its default. */
public class ConfigBuilder internal constructor() {
    private var identity: Identity? = null
    private val listen = mutableListOf<String>()
    private val streams = mutableMapOf<String, StreamConfig>()
    private var addressBook: Path? = null
    private var autoConnect = true
    private var handshake = HandshakeMode.AUTOMATIC
    private var security = Security.BOTH
    private var reconnect = ReconnectConfig()
    private var handshakeTimeout: Duration? = null
    private var dialTimeout: Duration? = null
    private var keepAlive = KeepAlive()
    private var linger: Duration? = null
    private var eventBuffer: Int? = null
    private val allow = mutableListOf<String>()
    private val deny = mutableListOf<String>()
    private var connectionLimits = ConnectionLimits()
    private var workerThreads: Int? = null

    /** See [Config.identity]. */
    public fun identity(identity: Identity): ConfigBuilder = apply { this.identity = identity }

    /** One more address; see [Config.listen]. */
    public fun listen(address: String): ConfigBuilder = apply { listen += address }

    /** One more stream; see [Config.streams]. */
    @JvmOverloads
    public fun stream(name: String, bounds: StreamConfig = StreamConfig()): ConfigBuilder =
        apply { streams[name] = bounds }

    /** See [Config.addressBook]. */
    public fun addressBook(path: Path): ConfigBuilder = apply { addressBook = path }

    /** See [Config.autoConnect]. */
    public fun autoConnect(autoConnect: Boolean): ConfigBuilder = apply { this.autoConnect = autoConnect }

    /** See [Config.handshake]. */
    public fun handshake(mode: HandshakeMode): ConfigBuilder = apply { handshake = mode }

    /** See [Config.security]. */
    public fun security(security: Security): ConfigBuilder = apply { this.security = security }

    /** See [Config.reconnect]. */
    public fun reconnect(reconnect: ReconnectConfig): ConfigBuilder = apply { this.reconnect = reconnect }

    /** See [Config.handshakeTimeout]. */
    public fun handshakeTimeout(timeout: Duration): ConfigBuilder = apply { handshakeTimeout = timeout }

    /** See [Config.dialTimeout]. */
    public fun dialTimeout(timeout: Duration): ConfigBuilder = apply { dialTimeout = timeout }

    /** See [Config.keepAlive]. */
    public fun keepAlive(keepAlive: KeepAlive): ConfigBuilder = apply { this.keepAlive = keepAlive }

    /** See [Config.linger]. */
    public fun linger(linger: Duration): ConfigBuilder = apply { this.linger = linger }

    /** See [Config.eventBuffer]. */
    public fun eventBuffer(count: Int): ConfigBuilder = apply { eventBuffer = count }

    /** One more; see [Config.allow]. */
    public fun allow(target: String): ConfigBuilder = apply { allow += target }

    /** One more; see [Config.deny]. */
    public fun deny(target: String): ConfigBuilder = apply { deny += target }

    /** See [Config.connectionLimits]. */
    public fun connectionLimits(limits: ConnectionLimits): ConfigBuilder = apply { connectionLimits = limits }

    /** See [Config.workerThreads]. */
    public fun workerThreads(count: Int): ConfigBuilder = apply { workerThreads = count }

    /** What was told so far. */
    public fun build(): Config = Config(
        identity = identity,
        listen = listen,
        streams = streams,
        addressBook = addressBook,
        autoConnect = autoConnect,
        handshake = handshake,
        security = security,
        reconnect = reconnect,
        handshakeTimeout = handshakeTimeout?.toKotlinDuration(),
        dialTimeout = dialTimeout?.toKotlinDuration(),
        keepAlive = keepAlive,
        linger = linger?.toKotlinDuration(),
        eventBuffer = eventBuffer,
        allow = allow,
        deny = deny,
        connectionLimits = connectionLimits,
        workerThreads = workerThreads,
    )
}

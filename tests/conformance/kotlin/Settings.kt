// A node from the settings of the core.

package conformance

import io.github.blockberries.glueberry.Config
import io.github.blockberries.glueberry.ConnectionLimits
import io.github.blockberries.glueberry.HandshakeMode
import io.github.blockberries.glueberry.Identity
import io.github.blockberries.glueberry.KeepAlive
import io.github.blockberries.glueberry.Node
import io.github.blockberries.glueberry.ReconnectConfig
import io.github.blockberries.glueberry.Security
import io.github.blockberries.glueberry.StreamConfig
import java.nio.file.Path
import kotlin.time.Duration.Companion.milliseconds

suspend fun start(command: Command): Node {
    val seed = command.text("seed").chunked(2).map { it.toInt(16).toByte() }.toByteArray()
    return Node.start(config(Identity.fromSeed(seed), command.commandOrNull("settings") ?: Command.parse("{}")))
}

private fun config(identity: Identity, given: Command) = Config(
    identity = identity,
    listen = given.textsOrNull("listen").orEmpty(),
    streams = given.commandOrNull("streams")?.let(::streams).orEmpty(),
    addressBook = given.textOrNull("address_book")?.let(Path::of),
    autoConnect = given.flagOrNull("auto_connect") ?: true,
    handshake = given.textOrNull("handshake")?.let { HandshakeMode.valueOf(it.uppercase()) } ?: HandshakeMode.AUTOMATIC,
    security = given.textOrNull("security")?.let { Security.valueOf(it.uppercase()) } ?: Security.BOTH,
    reconnect = given.commandOrNull("reconnect")?.let(::reconnect) ?: ReconnectConfig(),
    handshakeTimeout = given.time("handshake_timeout_ms"),
    dialTimeout = given.time("dial_timeout_ms"),
    keepAlive = keepAlive(given),
    linger = given.time("linger_ms"),
    eventBuffer = given.intOrNull("event_buffer"),
    allow = given.textsOrNull("allow").orEmpty(),
    deny = given.textsOrNull("deny").orEmpty(),
    connectionLimits = given.commandOrNull("connection_limits")?.let(::limits) ?: ConnectionLimits(),
    workerThreads = given.intOrNull("worker_threads"),
)

private fun streams(given: Command) = given.names.associateWith { stream(given.command(it)) }

private fun stream(given: Command) = StreamConfig(
    maxMessageSize = given.longOrNull("max_message_size"),
    sendBuffer = given.longOrNull("send_buffer"),
    receiveBuffer = given.longOrNull("receive_buffer"),
    highWatermark = given.intOrNull("high_watermark"),
    lowWatermark = given.intOrNull("low_watermark"),
)

private fun reconnect(given: Command) = ReconnectConfig(
    firstDelay = given.time("first_delay_ms"),
    longestDelay = given.time("longest_delay_ms"),
    maxAttempts = given.intOrNull("max_attempts"),
    cooldown = given.time("cooldown_ms"),
)

private fun keepAlive(given: Command): KeepAlive {
    if (given.isNull("keep_alive")) return KeepAlive.OFF
    val policy = given.commandOrNull("keep_alive") ?: return KeepAlive()
    return KeepAlive(policy.time("interval_ms"), policy.time("timeout_ms"))
}

private fun limits(given: Command) = ConnectionLimits(
    pending = given.intOrNull("pending"),
    total = given.intOrNull("total"),
    perPeer = given.intOrNull("per_peer"),
    perAddress = given.intOrNull("per_address"),
)

private fun Command.time(name: String) = longOrNull(name)?.milliseconds

// The settings as the core reads them, and its complaints as Kotlin spells the settings.

package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.GlueberryException.Known
import io.github.blockberries.glueberry.ffi.Settings

internal fun Config.settings() = Settings(
    listen = listen,
    addressBook = addressBook?.toString(),
    autoConnect = autoConnect,
    streams = streams.mapValues { (_, bounds) -> bounds.settings() },
    handshake = upperCamel(handshake.name),
    security = upperCamel(security.name),
    reconnect = reconnect.settings(),
    handshakeTimeoutMs = handshakeTimeout?.inWholeMilliseconds,
    dialTimeoutMs = dialTimeout?.inWholeMilliseconds,
    keepAlive = keepAlive.settings(),
    lingerMs = linger?.inWholeMilliseconds,
    eventBuffer = eventBuffer?.toLong(),
    allow = allow,
    deny = deny,
    connectionLimits = connectionLimits.settings(),
    workerThreads = workerThreads?.toLong(),
)

/** Starts with settings: whoever gets them wrong looks for the names that they wrote. */
internal inline fun <T> withSettings(start: () -> T): T =
    try {
        start()
    } catch (error: GlueberryException.Configuration) {
        throw inCamelCase(error)
    }

internal fun inCamelCase(error: GlueberryException): GlueberryException {
    if (error.code != ErrorCode.INVALID_CONFIG) return error
    val text = renamed(error.message.orEmpty())
    return GlueberryException.of(
        Known(error.code, text, renamed(error.detail), error.peer, error.stream, error.cause),
    )
}

private fun renamed(text: String): String =
    SETTINGS.replace(text) { found -> lowerCamel(found.value.removeSuffix("_ms")) }

private fun upperCamel(word: String): String =
    word.split('_').joinToString("") { it.lowercase().replaceFirstChar(Char::uppercase) }

private fun lowerCamel(word: String): String = upperCamel(word).replaceFirstChar(Char::lowercase)

/** Only these: a stream may have an underscore in its name. */
private val SETTINGS = Regex(
    "\\b(address_book|auto_connect|max_message_size|send_buffer|receive_buffer|high_watermark|low_watermark|" +
        "first_delay|longest_delay|max_attempts|handshake_timeout|dial_timeout|keep_alive|event_buffer|" +
        "connection_limits|per_peer|per_address|worker_threads)(_ms)?\\b|\\b(cooldown|linger|interval|timeout)_ms\\b",
)

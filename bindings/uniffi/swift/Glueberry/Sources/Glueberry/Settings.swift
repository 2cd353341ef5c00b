import Foundation
internal import GlueberryFFI

extension Config {
    /// As the native half takes them.
    var settings: Settings {
        Settings(
            listen: listen,
            addressBook: addressBook,
            autoConnect: autoConnect,
            streams: streams.byName.mapValues(\.settings),
            handshake: handshake?.name,
            security: security?.name,
            reconnect: reconnect.settings,
            handshakeTimeoutMs: handshakeTimeout?.milliseconds,
            dialTimeoutMs: dialTimeout?.milliseconds,
            keepAlive: keepAliveSettings,
            lingerMs: linger?.milliseconds,
            eventBuffer: eventBuffer.map(Int64.init),
            allow: allow,
            deny: deny,
            connectionLimits: connectionLimits.settings,
            workerThreads: workerThreads.map(Int64.init)
        )
    }

    private var keepAliveSettings: KeepAliveSettings {
        switch keepAlive {
        case nil: .leftOut
        case .off: .off
        case .on(let interval, let timeout):
            .on(intervalMs: interval?.milliseconds, timeoutMs: timeout?.milliseconds)
        }
    }
}

extension StreamConfig {
    fileprivate var settings: StreamSettings {
        StreamSettings(
            maxMessageSize: maxMessageSize.map(Int64.init),
            sendBuffer: sendBuffer.map(Int64.init),
            receiveBuffer: receiveBuffer.map(Int64.init),
            highWatermark: highWatermark.map(Int64.init),
            lowWatermark: lowWatermark.map(Int64.init)
        )
    }
}

extension ReconnectConfig {
    fileprivate var settings: ReconnectSettings {
        ReconnectSettings(
            firstDelayMs: firstDelay?.milliseconds,
            longestDelayMs: longestDelay?.milliseconds,
            maxAttempts: maxAttempts.map(Int64.init),
            cooldownMs: cooldown?.milliseconds
        )
    }
}

extension ConnectionLimits {
    fileprivate var settings: LimitSettings {
        LimitSettings(
            pending: pending.map(Int64.init),
            total: total.map(Int64.init),
            perPeer: perPeer.map(Int64.init),
            perAddress: perAddress.map(Int64.init)
        )
    }
}

/// The core names settings its own way: `dial_timeout_ms` is `dialTimeout` here.
func inSwift(_ error: any Error) -> any Error {
    guard let error = error as? GlueberryError, error.code == .invalidConfig else { return error }
    let message = error.message.replacing(/[a-z]+(_[a-z]+)+/) { found in
        let word = String(found.output.0)
        return names[word] ?? word
    }
    return GlueberryError(error.code, message, peer: error.peer, stream: error.stream, reasons: error.reasons)
}

/// Only these: a stream's name may look the same.
private let names: [String: String] = {
    let all = [
        "address_book", "auto_connect", "max_message_size", "send_buffer", "receive_buffer", "high_watermark",
        "low_watermark", "first_delay", "longest_delay", "max_attempts", "cooldown", "handshake_timeout",
        "dial_timeout", "keep_alive", "interval", "timeout", "linger", "event_buffer", "connection_limits",
        "per_peer", "per_address", "worker_threads",
    ]
    let named = all.map { name in
        let words = name.split(separator: "_")
        return (name, words[0] + words.dropFirst().map(\.capitalized).joined())
    }
    let inMilliseconds = named.map { name, word in (name + "_ms", word) }
    return Dictionary(uniqueKeysWithValues: (named + inMilliseconds).map { ($0, String($1)) })
}()

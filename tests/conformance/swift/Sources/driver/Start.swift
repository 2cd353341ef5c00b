import Foundation
import Glueberry

/// A node from the settings of the core.
func start(_ command: JSON) async throws -> Node {
    var config = settings(command["settings"] ?? .object([:]))
    config.identity = try .fromSeed(try seed(command.needed("seed").asText()))
    let settled = config
    return try await limited(command["within_ms"]?.number) { try await Node.start(settled) }
}

private func seed(_ hex: String) throws -> Data {
    let digits = Array(hex)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
    return Data(bytes)
}

private func settings(_ told: JSON) -> Config {
    Config(
        listen: told["listen"]?.texts ?? [],
        streams: Streams((told["streams"]?.members ?? [:]).mapValues(stream)),
        addressBook: told["address_book"]?.text,
        autoConnect: told["auto_connect"]?.flag,
        handshake: word(told["handshake"]),
        security: word(told["security"]),
        reconnect: ReconnectConfig(
            firstDelay: told["reconnect"]?.duration("first_delay_ms"),
            longestDelay: told["reconnect"]?.duration("longest_delay_ms"),
            maxAttempts: told["reconnect"]?["max_attempts"]?.number,
            cooldown: told["reconnect"]?.duration("cooldown_ms")),
        handshakeTimeout: told.duration("handshake_timeout_ms"),
        dialTimeout: told.duration("dial_timeout_ms"),
        keepAlive: keepAlive(told),
        linger: told.duration("linger_ms"),
        eventBuffer: told["event_buffer"]?.number,
        allow: told["allow"]?.texts ?? [],
        deny: told["deny"]?.texts ?? [],
        connectionLimits: ConnectionLimits(
            pending: told["connection_limits"]?["pending"]?.number,
            total: told["connection_limits"]?["total"]?.number,
            perPeer: told["connection_limits"]?["per_peer"]?.number,
            perAddress: told["connection_limits"]?["per_address"]?.number),
        workerThreads: told["worker_threads"]?.number)
}

private func stream(_ told: JSON) -> StreamConfig {
    StreamConfig(
        maxMessageSize: told["max_message_size"]?.number,
        sendBuffer: told["send_buffer"]?.number,
        receiveBuffer: told["receive_buffer"]?.number,
        highWatermark: told["high_watermark"]?.number,
        lowWatermark: told["low_watermark"]?.number)
}

/// Null turns it off, and what is not there leaves it as it is.
private func keepAlive(_ told: JSON) -> KeepAlive? {
    guard let told = told.members?["keep_alive"] else { return nil }
    if told == .null { return .off }
    return .on(interval: told.duration("interval_ms"), timeout: told.duration("timeout_ms"))
}

/// The word of this name.
private func word<Word: CaseIterable & RawRepresentable<Int>>(_ told: JSON?) -> Word? where Word: Named {
    told?.text.flatMap { name in Word.allCases.first { $0.name == name } }
}

protocol Named {
    var name: String { get }
}

extension HandshakeMode: Named {}
extension Security: Named {}

extension JSON {
    func duration(_ name: String) -> Duration? {
        self[name]?.number.map { .milliseconds($0) }
    }
}

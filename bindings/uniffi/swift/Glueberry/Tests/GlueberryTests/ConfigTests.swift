import Foundation
import Testing

@testable import Glueberry

@Suite struct ConfigTests {
    @Test func allSettingsTogetherMakeANode() async throws {
        let config = Config(
            identity: try .generate(),
            listen: [loopback],
            streams: [
                "chat": StreamConfig(),
                "files": StreamConfig(
                    maxMessageSize: 10, sendBuffer: 2048, receiveBuffer: 2048, highWatermark: 60, lowWatermark: 10),
            ],
            autoConnect: false,
            handshake: .app,
            security: .noise,
            reconnect: ReconnectConfig(
                firstDelay: .milliseconds(10), longestDelay: .milliseconds(20), maxAttempts: 1,
                cooldown: .milliseconds(30)),
            handshakeTimeout: .seconds(1),
            dialTimeout: .seconds(1),
            keepAlive: .on(interval: .seconds(15), timeout: .seconds(15)),
            linger: .zero,
            eventBuffer: 8,
            allow: ["127.0.0.0/8"],
            deny: ["192.0.2.7"],
            connectionLimits: ConnectionLimits(pending: 8, total: 64, perPeer: 2, perAddress: 32),
            workerThreads: 2
        )
        try await with(config) { node in
            #expect(node.listenAddresses.count == 1)
            #expect(node.peerID == config.identity?.peerID)
            _ = try node.peers()
        }
    }

    @Test func everySettingHasADefaultAndKeepAliveCanBeOff() async throws {
        try await with(Config()) { node in _ = try node.peers() }
        try await with(Config(keepAlive: .off)) { node in _ = try node.peers() }
        try await with(Config(keepAlive: .on())) { node in _ = try node.peers() }
    }

    @Test func aSettingThatCannotBeIsRefusedByItsName() async throws {
        let wrong: [(Config, ErrorCode, String)] = [
            (Config(workerThreads: 0), .invalidConfig, "workerThreads"),
            (Config(workerThreads: -1), .invalidConfig, "workerThreads"),
            (Config(reconnect: ReconnectConfig(firstDelay: .milliseconds(-1))), .invalidConfig, "firstDelay"),
            (Config(reconnect: ReconnectConfig(firstDelay: .zero)), .invalidConfig, "firstDelay"),
            (
                Config(streams: ["my_stream": StreamConfig(highWatermark: 300)]), .invalidConfig,
                "my_stream.highWatermark"
            ),
            (Config(streams: ["chat": StreamConfig(sendBuffer: 1)]), .invalidConfig, "sendBuffer"),
            (Config(dialTimeout: .seconds(Int64.max)), .invalidConfig, "dialTimeout"),
            (Config(keepAlive: .on(timeout: .milliseconds(1))), .invalidConfig, "timeout"),
            (Config(listen: ["tcp"]), .invalidAddress, "tcp"),
            (Config(streams: ["a b"]), .invalidStreamName, ""),
            (Config(deny: ["nobody"]), .invalidPeerID, "nobody"),
        ]
        for (config, code, name) in wrong {
            do {
                try await Node.start(config).close()
                Issue.record("\(name) is taken as it is")
            } catch let error as GlueberryError {
                #expect(error.code == code, "\(error)")
                #expect(name.isEmpty || error.message.contains(name), "\(error)")
                #expect(!error.message.contains("_ms"), "\(error)")
            }
        }
    }

    @Test func durationsAreWholeMillisecondsAndNeverShorter() {
        #expect(Duration.seconds(2).milliseconds == 2000)
        #expect(Duration.milliseconds(1500).milliseconds == 1500)
        #expect(Duration.microseconds(1).milliseconds == 1)
        #expect(Duration.microseconds(1001).milliseconds == 2)
        #expect(Duration.zero.milliseconds == 0)
        #expect(Duration.milliseconds(-3).milliseconds == -3)
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
        #expect(Duration.seconds(Int64.min).milliseconds == .min)
    }

    @Test func streamsAreWrittenAsNamesOrWithBounds() {
        let names: Streams = ["chat", "files", "chat"]
        #expect(names == ["chat": StreamConfig(), "files": StreamConfig()])
        #expect(Streams(["chat"]) == ["chat"])
    }
}

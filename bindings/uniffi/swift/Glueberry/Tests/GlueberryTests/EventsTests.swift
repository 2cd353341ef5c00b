import Foundation
import GlueberryFFI
import Testing

@testable import Glueberry

@Suite struct EventsTests {
    @Test func aLinkIsToldFromItsFirstDialToItsEnd() async throws {
        try await with(listening()) { alice in
            try await withNode(configured()) { bob in
                let events = bob.events()
                try await bob.connect(alice.listenAddresses[0])
                try await bob.disconnect(alice.peerID)
                var seen: [EventKind] = []
                for try await event in events {
                    if event.peer == alice.peerID { seen.append(event.kind) }
                    guard case .peerDisconnected(let event) = event else { continue }
                    #expect(event.reason == .requested)
                    #expect(event.session != nil)
                    break
                }
                let ofPeer: [EventKind] = [.peerConnecting, .peerConnected, .peerEstablished, .peerDisconnected]
                #expect(seen.filter(ofPeer.contains) == ofPeer)
            }
        }
    }

    @Test func aFilterNarrowsByPeerAndByKind() async throws {
        try await with(listening()) { alice in
            let (bob, carol) = (try await Node.start(configured()), try await Node.start(configured()))
            let ofBob = alice.events(peers: [bob.peerID], kinds: [.peerEstablished])
            let none = alice.events(kinds: [])
            try await carol.connect(alice.listenAddresses[0])
            try await bob.connect(alice.listenAddresses[0])
            let event = try #require(try await ofBob.next())
            #expect((event.kind, event.peer) == (.peerEstablished, bob.peerID))
            await alice.close()
            #expect(try await ofBob.next() == nil)
            #expect(try await none.next() == nil)
            await bob.close()
            await carol.close()
        }
    }

    @Test func leavingALoopKeepsTheSubscription() async throws {
        try await with(listening()) { alice in
            try await withNode(configured()) { bob in
                let kinds: [EventKind] = [.peerConnecting, .peerConnected, .peerEstablished]
                let events = bob.events(kinds: kinds)
                try await bob.connect(alice.listenAddresses[0])
                var seen: [EventKind] = []
                while seen.count < 3 {
                    for try await event in events {
                        seen.append(event.kind)
                        break
                    }
                }
                #expect(seen == kinds)
            }
        }
    }

    @Test func subscribersGetEverythingEachAndOneThatIsClosedGetsNothingMore() async throws {
        try await with(listening()) { alice in
            try await withNode(configured()) { bob in
                let (one, two) = (bob.events(), bob.events())
                try await bob.connect(alice.listenAddresses[0])
                let (first, second) = (try await next(one, .peerEstablished), try await next(two, .peerEstablished))
                #expect(first == second)
                one.close()
                one.close()
                #expect(try await one.next() == nil)
                try await bob.disconnect(alice.peerID)
                _ = try await next(two, .peerDisconnected)
            }
        }
    }

    @Test func aSubscriberThatIsTooSlowIsToldHowMuchItMissed() async throws {
        try await with(configured { $0.eventBuffer = 2 }) { node in
            let events = node.events()
            for _ in 0..<6 { _ = try await node.listen(loopback) }
            guard case .lagged(let event) = try await events.next() else {
                Issue.record("nothing was missed")
                return
            }
            #expect(event.missed >= 4)
            #expect(try await events.next()?.kind == .listenAddress)
        }
    }

    @Test func aStormOfCancelledWaitsLosesNoEvent() async throws {
        try await with { node in
            let (count, events, seen) = (60, node.events(), Kept<[String]>())
            seen.value = []
            async let listening: Void = { for _ in 0..<count { _ = try await node.listen(loopback) } }()
            while seen.value!.count < count {
                let waiting = Task {
                    while case .listenAddress(let event) = try await events.next() {
                        seen.value!.append(event.address)
                        if seen.value!.count == count { return }
                    }
                }
                let stopping = Task {
                    try await Task.sleep(for: .microseconds(Int64.random(in: 0...500)))
                    waiting.cancel()
                }
                do { try await waiting.value } catch is CancellationError {}
                stopping.cancel()
            }
            try await listening
            #expect(seen.value == node.listenAddresses)
        }
    }

    @Test func everyKindIsReadWithWhatItTells() throws {
        let records = try eventSamples()
        let samples = try records.map { try #require(try Event($0)) }
        #expect(samples.map { Int32($0.kind.rawValue) } == records.map(\.kind))
        #expect(Set(samples.map(\.kind)) == Set(EventKind.allCases))
        let at = Date(milliseconds: 1_700_000_000_250)
        #expect(samples.allSatisfy { $0.at == at })
        let peer = try Identity.fromSeed(Data(repeating: 7, count: 32)).peerID
        let lost = Unwritten(stream: "chat", messages: 3, bytes: 4096)
        let expected: [Event] = [
            .listenAddress(ListenAddress(at: at, address: "/ip4/192.0.2.7/tcp/9000")),
            .peerConnecting(PeerConnecting(at: at, peer: peer)),
            .peerConnected(
                PeerConnected(at: at, peer: peer, session: 5, isInbound: true, address: "192.0.2.7:9000")),
            .peerEstablished(PeerEstablished(at: at, peer: peer, session: 5)),
            .peerDisconnected(
                PeerDisconnected(at: at, peer: peer, session: 5, reason: .connectionLost, unwritten: [lost])),
            .peerDisconnected(
                PeerDisconnected(at: at, peer: peer, session: nil, reason: .dialFailed, unwritten: [])),
            .peerReconnecting(PeerReconnecting(at: at, peer: peer, attempt: 2, delay: .milliseconds(1500))),
            .peerCooldown(PeerCooldown(at: at, peer: peer, until: at.addingTimeInterval(60))),
            .connectionDenied(
                ConnectionDenied(
                    at: at, isInbound: true, peer: peer, address: "192.0.2.7:9000", denial: .peerBanned, suppressed: 4)),
            .connectionDenied(
                ConnectionDenied(
                    at: at, isInbound: true, peer: nil, address: "192.0.2.7:9000", denial: .pendingLimit,
                    suppressed: 4)),
            .streamOpened(StreamOpened(at: at, peer: peer, stream: "chat")),
            .streamDegraded(StreamDegraded(at: at, peer: peer, stream: "chat", attempt: 2)),
            .streamRecovered(StreamRecovered(at: at, peer: peer, stream: "chat")),
            .streamClosed(StreamClosed(at: at, peer: peer, stream: "chat", reason: .sessionEnded)),
            .streamPressure(
                StreamPressure(
                    at: at, peer: peer, stream: "chat", direction: .outbound, level: .high, bytes: 200_000)),
            .decryptionFailed(DecryptionFailed(at: at, peer: peer, stream: "chat")),
            .warning(Warning(at: at, code: .oversizeSkipped, peer: peer, stream: "chat", detail: "2 MiB")),
            .warning(Warning(at: at, code: .oversizeSkipped, peer: nil, stream: nil, detail: "2 MiB")),
            .lagged(Lagged(at: at, missed: 9)),
        ]
        for (sample, event) in zip(samples, expected) { #expect(sample == event) }
        #expect(samples.count == expected.count)
    }

    @Test func aKindThatThisVersionDoesNotKnowIsPassedOver() throws {
        #expect(try Event(EventRecord(kind: 999, atMs: 0, fields: [])) == nil)
    }
}

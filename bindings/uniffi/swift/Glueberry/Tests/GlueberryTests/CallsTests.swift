import Foundation
import Glueberry
import Testing

@Suite struct CallsTests {
    @Test func aNodeListensWhereItIsToldThenAndLater() async throws {
        try await with(listening()) { node in
            #expect(node.peerID.text.hasPrefix("12D3KooW"))
            #expect(node.listenAddresses.count == 1)
            #expect(node.listenAddresses[0].hasSuffix("/p2p/\(node.peerID)"))
            let bound = try await node.listen(loopback)
            #expect(node.listenAddresses.dropFirst() == bound[...])
            await fails(.invalidAddress) { _ = try await node.listen("tcp/9000") }
            await fails(.addressInUse) { _ = try await node.listen(place(bound[0])) }
            await fails(.listenFailed) { _ = try await node.listen("/ip4/192.0.2.1/tcp/0") }
        }
    }

    @Test func connectingYieldsThePeerAgainAndByItsIdAlone() async throws {
        try await pair { alice, bob in
            let again = try await bob.connect(alice.listenAddresses[0])
            let byID = try await bob.connect(alice.peerID)
            #expect((again, byID) == (alice.peerID, alice.peerID))
            #expect(try bob.connectionState(alice.peerID) == .established)
        }
    }

    @Test func aConnectThatCannotBeFailsByItsCode() async throws {
        try await pair { alice, bob in
            let other = "\(place(alice.listenAddresses[0]))/p2p/\(try stranger())"
            await fails(.unreachable) { try await bob.connect(nowhere()) }
            await fails(.invalidAddress) { try await bob.connect("/ip4/127.0.0.1/tcp/1") }
            await fails(.invalidAddress) { try await bob.connect("hello") }
            await fails(.unknownPeer) { try await bob.connect(stranger()) }
            await fails(.dialedSelf) { try await bob.connect(bob.peerID) }
            await fails(.unsupportedPeerID) { try await bob.connect("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N") }
            await fails(.wrongPeer) { try await bob.connect(other) }
        }
    }

    @Test func aConnectThatIsCancelledEndsAtOnceAndALaterOneGetsThrough() async throws {
        try await with(listening()) { alice in
            try await withNode(configured()) { bob in
                let (silent, events) = (try SilentPlace(), bob.events(kinds: [.peerConnecting]))
                let dialing = Task { try await bob.connect(silent.address) }
                _ = try await next(events, .peerConnecting)
                dialing.cancel()
                await #expect(throws: CancellationError.self) { try await dialing.value }
                let never = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await bob.connect(alice.listenAddresses[0])
                }
                await #expect(throws: CancellationError.self) { try await never.value }
                #expect(try await bob.connect(alice.listenAddresses[0]) == alice.peerID)
            }
        }
    }

    @Test func aWaitForAPeerEndsWhenItIsEstablishedAndFailsWhenNoneIsSought() async throws {
        try await pair { alice, bob in
            try await bob.waitEstablished(alice.peerID)
            await fails(.notConnected) { try await bob.waitEstablished(stranger()) }
        }
    }

    @Test func disconnectingEndsASessionAndItCanBeBegunAnew() async throws {
        try await pair { alice, bob in
            let events = alice.events(kinds: [.peerDisconnected, .peerEstablished])
            try await bob.disconnect(alice.peerID)
            #expect(try bob.connectionState(alice.peerID) == .disconnected)
            #expect(try await next(events, .peerDisconnected).peer == bob.peerID)
            try await bob.disconnect(alice.peerID)
            try await bob.connect(alice.peerID)
            _ = try await next(events, .peerEstablished)
        }
    }

    @Test func aLostPeerIsSoughtUntilThatIsCancelled() async throws {
        let quick = configured {
            $0.reconnect = ReconnectConfig(firstDelay: .milliseconds(1), longestDelay: .milliseconds(5))
        }
        try await pair(bob: quick) { alice, bob in
            let events = bob.events()
            await alice.close()
            guard case .peerReconnecting(let event) = try await next(events, .peerReconnecting) else { return }
            #expect(event.attempt >= 1)
            #expect((.zero ... .milliseconds(5)).contains(event.delay))
            try await until {
                try await bob.cancelReconnection(alice.peerID)
                return try bob.connectionState(alice.peerID) == .disconnected
            }
        }
    }

    @Test func aPeerComesBackAfterItWasAway() async throws {
        let identity = try Identity.generate()
        let quick = configured {
            $0.reconnect = ReconnectConfig(firstDelay: .milliseconds(1), longestDelay: .milliseconds(50))
        }
        try await with(quick) { bob in
            let first = try await Node.start(listening { $0.identity = identity })
            let address = first.listenAddresses[0]
            try await bob.connect(address)
            let events = bob.events(kinds: [.peerEstablished])
            await first.close()
            try await withNode(
                listening {
                    $0.identity = identity; $0.listen = [place(address)]
                }
            ) { again in
                _ = try await next(events, .peerEstablished)
                try await bob.send(again.peerID, "chat", bytes("back"))
                let inbox = again.messages("chat").makeAsyncIterator()
                #expect(text(try await inbox.next()?.data) == "back")
            }
        }
    }

    @Test func flushingWaitsUntilTheTransportHasIt() async throws {
        try await pair { alice, bob in
            try await bob.send(alice.peerID, "chat", bytes("x"))
            try await bob.flush(alice.peerID, "chat")
            #expect(try bob.streamHealth(alice.peerID, "chat").queuedBytes == 0)
            await fails(.notConnected) { try await bob.flush(stranger(), "chat") }
        }
    }

    @Test func theHealthOfStreamsIsTold() async throws {
        try await pair { alice, bob in
            try await bob.send(alice.peerID, "chat", bytes("hi"))
            try await bob.flush(alice.peerID, "chat")
            try await until { try alice.streamHealth(bob.peerID, "chat").unreadBytes > 0 }
            let health = try bob.streamHealth(alice.peerID, "chat")
            #expect((health.stream, health.state, health.attempt) == ("chat", .open, nil))
            #expect((health.queuedMessages, health.queuedBytes, health.unreadBytes) == (0, 0, 0))
            #expect((health.outbound, health.inbound) == (.low, .low))
            #expect(try bob.streams(alice.peerID).map(\.stream) == ["chat", "files"])
            #expect(try bob.streams(alice.peerID).map(\.state) == [.open, .idle])
            await fails(.unknownStream) { _ = try bob.streamHealth(alice.peerID, "none") }
            await fails(.notConnected) { _ = try bob.streamHealth(stranger(), "chat") }
            let nobody = try stranger()
            #expect(try bob.streams(nobody) == [])
        }
    }

    @Test func closingTwiceIsClosingOnceAndEveryCallFailsAfterwards() async throws {
        try await pair { alice, bob in
            async let once: Void = bob.close()
            async let twice: Void = bob.close()
            _ = await (once, twice)
            await bob.close()
            let peer = alice.peerID
            #expect(bob.listenAddresses == [])
            let calls: [@Sendable () async throws -> Void] = [
                { _ = try await bob.listen(loopback) },
                { try await bob.connect(alice.listenAddresses[0]) },
                { try await bob.waitEstablished(peer) },
                { try await bob.disconnect(peer) },
                { try await bob.cancelReconnection(peer) },
                { try await bob.dialKnownPeers() },
                { try await bob.send(peer, "chat", bytes("x")) },
                { try await bob.flush(peer, "chat") },
                { try await bob.prepareStreams(peer, ["chat"]) },
                { try await bob.finalizeHandshake(peer) },
                { try await bob.completeHandshake(peer, ["chat"]) },
                { try await bob.addPeer([nowhere()]) },
                { try await bob.removePeer(peer) },
                { try await bob.ban("192.0.2.7") },
                { try await bob.unban("192.0.2.7") },
                { _ = try bob.connectionState(peer) },
                { _ = try bob.trySend(peer, "chat", bytes("x")) },
                { _ = try await bob.messages("chat").makeAsyncIterator().next() },
                { _ = try await bob.allMessages().makeAsyncIterator().next() },
                { _ = try await bob.events().next() },
                { _ = try bob.peers() },
                { _ = try bob.peer(peer) },
                { _ = try bob.addresses(peer) },
                { _ = try bob.bans() },
                { _ = try bob.streamHealth(peer, "chat") },
                { _ = try bob.streams(peer) },
            ]
            for call in calls { await fails(.nodeClosed, call) }
        }
    }

    @Test func closingANodeEndsWhatWaitsAtIt() async throws {
        try await with { node in
            let (inbox, events) = (node.messages("chat").makeAsyncIterator(), node.events())
            try inbox.take()
            async let message = inbox.next()
            async let event = events.next()
            await node.close()
            #expect(try await message == nil)
            #expect(try await event == nil)
        }
    }

    @Test func aNodeShowsItsPeerIdAndNothingElse() async throws {
        try await with { node in #expect("\(node)" == "Node(\(node.peerID))") }
    }

    @Test func aStartThatIsCancelledLeavesNothingBehind() async throws {
        try await inFolder { folder in
            let config = configured { $0.addressBook = folder + "/peers.json" }
            for _ in 0..<10 {
                let starting = Task { try await Node.start(config) }
                starting.cancel()
                do { try await starting.value.close() } catch is CancellationError {}
            }
            // The lock of the book is let go, sooner or later.
            try await until {
                do { try await withNode(config) { _ in } } catch let error as GlueberryError {
                    #expect(error.code == .addressBookLocked)
                    return false
                }
                return true
            }
        }
    }

    @Test func whatTheBodyOfWithNodeThrowsComesOutAndTheNodeIsClosed() async throws {
        struct Mine: Error {}
        let kept = Kept<Node>()
        await #expect(throws: Mine.self) {
            try await withNode(configured()) { node in
                kept.value = node
                throw Mine()
            }
        }
        await fails(.nodeClosed) { _ = try kept.value?.peers() }
    }

    @MainActor @Test func theBodyOfWithNodeRunsWhereItsCallerDoes() async throws {
        var seen: [PeerID] = []
        let peer = try await withNode(configured()) { node in
            MainActor.assertIsolated()
            seen.append(node.peerID)
            await #expect(throws: GlueberryError.self) { try await node.send(node.peerID, "chat", bytes("x")) }
            MainActor.assertIsolated()
            return node.peerID
        }
        #expect(seen == [peer])
    }
}

final class Kept<Value: Sendable>: @unchecked Sendable {
    var value: Value?
}

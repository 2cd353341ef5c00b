import Foundation
import Glueberry
import Testing

@Suite struct PeersTests {
    @Test func whatIsKnownOfPeersIsTold() async throws {
        try await pair { alice, bob in
            try await until { try bob.peer(alice.peerID)?.lastSeen != nil }
            let known = try #require(try bob.peers().first)
            #expect(try bob.peer(alice.peerID) == known)
            #expect((known.peer, known.state, known.direction) == (alice.peerID, .established, .outbound))
            #expect(known.connections == 1)
            #expect(known.addresses == alice.listenAddresses)
            #expect(!known.isPersistent)
            #expect(known.metadata == [:])
            #expect(abs(try #require(known.lastSeen).timeIntervalSinceNow) < 600)
            #expect(known.banned == nil)
            #expect(try bob.addresses(alice.peerID) == alice.listenAddresses)
            let nobody = try stranger()
            #expect(try bob.peer(nobody) == nil)
            #expect(try bob.addresses(nobody) == [])
            #expect(try bob.connectionState(nobody) == .disconnected)
        }
    }

    @Test func peersAreRememberedInTheAddressBookAndForgotten() async throws {
        try await inFolder { folder in
            let book = folder + "/peers.json"
            let address = try nowhere()
            let peer = try PeerID(String(address.split(separator: "/").last!))
            try await with(configured { $0.addressBook = book }) { node in
                let metadata = ["name": "the neighbour"]
                let added = try await node.addPeer([address, "/ip4/192.0.2.7/tcp/9"], metadata: metadata)
                #expect(added == peer)
                #expect(try node.peer(peer)?.metadata == metadata)
                #expect(try node.addresses(peer).count == 2)
                #expect(try String(contentsOfFile: book, encoding: .utf8).contains(peer.text))
                await fails(.addressBookLocked) { _ = try await Node.start(configured { $0.addressBook = book }) }
            }
            try await with(
                configured {
                    $0.addressBook = book; $0.autoConnect = false
                }
            ) { node in
                #expect(try node.peer(peer)?.isPersistent == false)
                try await node.dialKnownPeers()
                try await node.removePeer(peer)
                #expect(try node.peer(peer) == nil)
            }
        }
    }

    @Test func aPeerThatCannotBeRememberedIsRefusedByItsCode() async throws {
        try await with { node in
            await fails(.invalidArgument) { try await node.addPeer([]) }
            await fails(.invalidAddress) { try await node.addPeer(["/ip4/192.0.2.7/tcp/9"]) }
            await fails(.invalidAddress) { try await node.addPeer([nowhere(), nowhere()]) }
            await fails(.dialedSelf) { try await node.addPeer(["/ip4/192.0.2.7/tcp/9/p2p/\(node.peerID)"]) }
            let long = String(repeating: "x", count: 5000)
            await fails(.metadataTooLarge) { try await node.addPeer([nowhere()], metadata: ["note": long]) }
        }
    }

    @Test func aPersistentPeerIsDialedAtOnce() async throws {
        try await with(listening()) { alice in
            try await withNode(configured()) { bob in
                try await bob.addPeer(alice.listenAddresses, persistent: true)
                try await established(bob, alice.peerID)
                #expect(try bob.peer(alice.peerID)?.isPersistent == true)
            }
        }
    }

    @Test func aBanEndsASessionKeepsThePeerOutAndIsLifted() async throws {
        try await pair { alice, bob in
            let events = alice.events(kinds: [.peerDisconnected])
            try await alice.ban(bob.peerID, for: .seconds(3600))
            guard case .peerDisconnected(let event) = try await next(events, .peerDisconnected) else { return }
            #expect(event.reason == .banned)
            try await alice.ban("192.0.2.0/24")
            let bans = try alice.bans()
            let ofBob = try #require(bans.first { $0.target == bob.peerID.text })
            #expect(ofBob.until.map { $0 > Date() } == true)
            #expect(bans.contains(Ban(target: "192.0.2.0/24", until: nil)))
            await fails(.banned) { try await alice.connect("/ip4/127.0.0.1/tcp/1/p2p/\(bob.peerID)") }
            #expect(try await alice.unban(bob.peerID))
            #expect(try await alice.unban(bob.peerID) == false)
            await fails(.invalidPeerID) { try await alice.ban("nobody") }
            await fails(.invalidArgument) { try await alice.ban("192.0.2.7", for: .seconds(-1)) }
        }
    }

    @Test func aPeerIdIsCheckedWhereItIsRead() async throws {
        let peer = try stranger()
        #expect(try PeerID(peer.text) == peer)
        await fails(.invalidPeerID) { _ = try PeerID("nobody") }
        await fails(.unsupportedPeerID) { _ = try PeerID("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N") }
        let json = try JSONEncoder().encode([peer])
        #expect(try JSONDecoder().decode([PeerID].self, from: json) == [peer])
        #expect(throws: (any Error).self) { try JSONDecoder().decode([PeerID].self, from: Data(#"["nobody"]"#.utf8)) }
    }
}

import Foundation
import Glueberry
import Testing

@Suite struct IdentityTests {
    @Test func aKeyIsKeptInAFileAndNeverOverwrittenUnasked() async throws {
        try await inFolder { folder in
            let path = folder + "/node.pem"
            let identity = try Identity.generate()
            try identity.save(path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try Identity.load(path).peerID == identity.peerID)
            await fails(.keyFileExists) { try Identity.generate().save(path) }
            let other = try Identity.generate()
            try other.save(path, overwrite: true)
            #expect(try Identity.load(path).peerID == other.peerID)
            await fails(.keyFileUnreadable) { _ = try Identity.load(folder + "/none") }
            await fails(.keyFileUnwritable) { try identity.save(folder + "/no/such") }
        }
    }

    @Test func aKeyComesFromASeedAndFromTextAlwaysTheSame() async throws {
        let seed = Data(repeating: 7, count: 32)
        let identity = try Identity.fromSeed(seed)
        #expect(try Identity.fromSeed(seed).peerID == identity.peerID)
        #expect(try Identity.fromPEM(identity.pem()).peerID == identity.peerID)
        await fails(.invalidKey) { _ = try Identity.fromSeed(seed.dropFirst()) }
        await fails(.invalidKey) { _ = try Identity.fromPEM("hello") }
    }

    @Test func noKeyIsEverShown() throws {
        let identity = try Identity.fromSeed(Data(repeating: 0xa5, count: 32))
        var dumped = ""
        dump(identity, to: &dumped)
        dump(Config(identity: identity), to: &dumped)
        for shown in [
            dumped, "\(identity)", String(reflecting: identity), String(describing: Config(identity: identity)),
        ] {
            #expect(shown.contains(identity.peerID.text))
            #expect(shown.range(of: "a5a5|165|PRIVATE", options: [.regularExpression, .caseInsensitive]) == nil)
        }
    }

    @Test func aNodeIsKnownByItsKey() async throws {
        let identity = try Identity.generate()
        try await with(configured { $0.identity = identity }) { node in
            _ = try node.peers()
            #expect(node.peerID == identity.peerID)
        }
    }
}

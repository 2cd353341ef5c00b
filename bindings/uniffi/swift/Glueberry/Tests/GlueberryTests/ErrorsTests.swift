import Foundation
import GlueberryFFI
import Testing

@testable import Glueberry

@Suite struct ErrorsTests {
    @Test func everyWordHasTheNameAndTheNumberOfTheCore() throws {
        let ours = [
            "State": words(ConnectionState.self), "DisconnectReason": words(DisconnectReason.self),
            "Denial": words(Denial.self), "StreamCloseReason": words(StreamCloseReason.self),
            "Direction": words(Direction.self), "PressureLevel": words(PressureLevel.self),
            "HandshakeMode": words(HandshakeMode.self), "Security": words(Security.self),
            "ErrorClass": words(ErrorClass.self), "ErrorCode": words(ErrorCode.self),
            "EventName": words(EventKind.self), "StreamState": words(StreamState.self),
        ]
        let core = try nativeVocabulary()
        #expect(Set(core.keys) == Set(ours.keys))
        for (enumeration, words) in core { #expect(ours[enumeration] == words, "\(enumeration)") }
    }

    private func words<Word: Vocabulary>(_: Word.Type) -> [String: Int32] {
        Dictionary(uniqueKeysWithValues: Word.allCases.map { ($0.name, Int32($0.rawValue)) })
    }

    @Test func ofEveryErrorTheSameIsKnownAsInTheCore() throws {
        let core = try nativeErrors()
        #expect(core.count == ErrorCode.allCases.count)
        for record in core {
            let code = try #require(ErrorCode(rawValue: Int(record.number)))
            #expect((code.name, code.isRetriable) == (record.name, record.retriable))
            #expect((code.errorClass.name.lowercased(), code.hint) == (record.class.lowercased(), record.hint))
        }
    }

    @Test func anErrorSaysWhatHappenedToWhomAndWhatToDo() async throws {
        try await pair { alice, bob in
            do {
                try await bob.send(alice.peerID, "none", bytes("x"))
                Issue.record("it was sent")
            } catch let error as GlueberryError {
                #expect((error.code, error.number, error.errorClass) == (.unknownStream, 201, .usage))
                #expect((error.isRetriable, error.peer, error.stream) == (false, alice.peerID, "none"))
                #expect(error.message.contains("no such stream"))
                #expect("\(error)".contains(error.hint))
                #expect(error.localizedDescription == error.message)
                #expect(error.recoverySuggestion == error.hint)
            }
        }
    }

    @Test func anErrorHasItsReasons() throws {
        do {
            _ = try Identity.fromPEM("hello")
            Issue.record("hello is no key")
        } catch let error as GlueberryError {
            #expect(error.code == .invalidKey)
            #expect(error.message.contains(try #require(error.reasons.first)))
            #expect(error.failureReason == error.reasons.first)
        }
    }

    @Test func aPanicInACallIsAnErrorAndBreaksOnlyItsNode() async throws {
        try await pair { alice, bob in
            await fails(.panicked) { try call { try bob.native.panic() } }
            await fails(.panicked) { _ = try bob.peers() }
            await fails(.panicked) { try await bob.send(alice.peerID, "chat", bytes("x")) }
            await bob.close()
            #expect(alice.listenAddresses.count == 1)
            _ = try alice.peers()
        }
    }

    @Test func aPanicInACallThatWaitsIsAnError() async throws {
        try await with { node in
            await fails(.panicked) { try await wait { _ in try await node.native.panicLater() } }
            await fails(.panicked) { _ = try node.peers() }
            await node.close()
        }
    }
}

/// What all our enumerations of words have.
private protocol Vocabulary: CaseIterable, RawRepresentable<Int> {
    var name: String { get }
}

extension ConnectionState: Vocabulary {}
extension DisconnectReason: Vocabulary {}
extension Denial: Vocabulary {}
extension StreamCloseReason: Vocabulary {}
extension Direction: Vocabulary {}
extension PressureLevel: Vocabulary {}
extension HandshakeMode: Vocabulary {}
extension Security: Vocabulary {}
extension ErrorClass: Vocabulary {}
extension ErrorCode: Vocabulary {}
extension EventKind: Vocabulary {}
extension StreamState: Vocabulary {}

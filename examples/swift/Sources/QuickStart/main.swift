import Foundation
import Glueberry

// Anna listens at a free port of this machine. Both sides name the streams they carry.
let anna = try await Node.start(Config(listen: ["/ip4/127.0.0.1/tcp/0"], streams: ["chat"]))
let bruno = try await Node.start(Config(streams: ["chat"]))

// An address ends in the peer id of who has to answer there: /ip4/…/tcp/…/p2p/12D3KooW…
let address = anna.listenAddresses[0]
print("Anna listens at \(address)")

// Returns once Anna has proven that the id is hers, and the handshake is done.
let peer = try await bruno.connect(address)
print("Bruno is connected")

try await bruno.send(peer, "chat", Data("Hello Anna!".utf8))
for try await message in anna.messages("chat") {
    print("Anna reads: \(String(decoding: message.data, as: UTF8.self))")
    try await anna.send(message.peer, "chat", Data("Hello Bruno!".utf8))
    break
}
for try await message in bruno.messages("chat") {
    print("Bruno reads: \(String(decoding: message.data, as: UTF8.self))")
    break
}

// Writes what is still queued, then closes.
await bruno.close()
await anna.close()

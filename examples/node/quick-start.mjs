import { Node } from 'glueberry'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

// Anna listens at a free port of this machine. Both sides name the streams they carry.
const anna = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
const bruno = await Node.start({ streams: ['chat'] })

// An address ends in the peer id of who has to answer there: /ip4/…/tcp/…/p2p/12D3KooW…
const [address] = anna.listenAddresses
console.log(`Anna listens at ${address}`)

// Returns once Anna has proven that the id is hers, and the handshake is done.
const peer = await bruno.connect(address, { signal: AbortSignal.timeout(10_000) })
console.log('Bruno is connected')

await bruno.send(peer, 'chat', encoder.encode('Hello Anna!'))
for await (const message of anna.messages('chat')) {
  console.log(`Anna reads: ${decoder.decode(message.data)}`)
  await anna.send(message.peer, 'chat', encoder.encode('Hello Bruno!'))
  break
}
for await (const message of bruno.messages('chat')) {
  console.log(`Bruno reads: ${decoder.decode(message.data)}`)
  break
}

// Writes what is still queued, then closes.
await bruno.close()
await anna.close()

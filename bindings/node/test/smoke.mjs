// What has to work on every runtime: nodes, messages, cancelling, events, errors, the end.

import assert from 'node:assert/strict'

import { GlueberryError, Node } from '../dist/esm/index.js'

const alice = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
const bob = await Node.start({ streams: ['chat'] })
const events = bob.events({ kinds: ['peerEstablished'] })
const peer = await bob.connect(alice.listenAddresses[0], { signal: AbortSignal.timeout(30_000) })
assert.equal(peer, alice.peerId)
for await (const event of events) {
  assert.equal(event.peer, alice.peerId)
  break
}

const count = 3000
const sending = (async () => {
  for (let number = 0; number < count; number++)
    await bob.send(peer, 'chat', new TextEncoder().encode(String(number)))
})()
let expected = 0
for await (const { data } of alice.messages('chat')) {
  assert.equal(new TextDecoder().decode(data), String(expected++))
  if (expected === count / 2) break
}
for await (const { data } of alice.messages('chat')) {
  assert.equal(new TextDecoder().decode(data), String(expected++))
  if (expected === count) break
}
await sending

const inbox = alice.messages('chat')
await assert.rejects(inbox.next({ signal: AbortSignal.timeout(10) }), { name: 'TimeoutError' })
await assert.rejects(
  bob.send(peer, 'none', new Uint8Array(1)),
  (error) => error instanceof GlueberryError && error.code === 'UnknownStream',
)
assert.throws(() => alice.messages('chat'), { code: 'ConsumerTaken' })

await Promise.all([alice.close(), bob.close()])
assert.equal((await inbox.next()).done, true)
assert.throws(() => alice.peers(), { code: 'NodeClosed' })
console.log('ok')

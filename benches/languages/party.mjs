// One end of a measurement, in Node.js. The orders are those of party.py.

import { Node } from 'glueberry'
import { counted, isLast, messages, obey } from './numbered.mjs'

const STREAM = 'bench'

const node = await Node.start({
  listen: ['/ip4/127.0.0.1/tcp/0'],
  streams: [STREAM],
  security: 'tls',
})
console.log(JSON.stringify({ address: node.listenAddresses[0] }))

await obey({
  async receive(payload) {
    let count = 0
    for await (const message of node.messages(STREAM)) {
      count++
      if (isLast(message.data)) return counted(count, message.data, payload)
    }
  },
  async send(payload, seconds) {
    const { peer } = node.peers()[0]
    // The partner may be ready earlier than this side.
    await node.waitEstablished(peer)
    let count = 0
    for (const message of messages(payload, seconds)) {
      await node.send(peer, STREAM, message)
      count++
    }
    return count
  },
  async answer(payload) {
    let count = 0
    for await (const message of node.messages(STREAM)) {
      count++
      await node.send(message.peer, STREAM, message.data)
      if (isLast(message.data)) return counted(count, message.data, payload)
    }
  },
})
await node.close()

// One end of a measurement, in Node.js. The orders are those of glueberry.py.

import { Node } from 'glueberry'
import { Receipt, messages, obey } from './numbered.mjs'

const STREAM = 'bench'

const node = await Node.start({
  listen: ['/ip4/127.0.0.1/tcp/0'],
  streams: [STREAM],
  security: 'tls',
})
console.log(JSON.stringify({ address: node.listenAddresses[0] }))

await obey({
  async receive(payload) {
    const receipt = new Receipt(payload)
    for await (const message of node.messages(STREAM)) if (receipt.take(message.data)) break
    return receipt.count
  },
  async send(payload, seconds) {
    const { peer } = node.peers()[0]
    let count = 0
    for (const message of messages(payload, seconds)) {
      await node.send(peer, STREAM, message)
      count++
    }
    return count
  },
  async answer(payload) {
    const receipt = new Receipt(payload)
    for await (const message of node.messages(STREAM)) {
      const isLast = receipt.take(message.data)
      await node.send(message.peer, STREAM, message.data)
      if (isLast) break
    }
    return receipt.count
  },
})
await node.close()

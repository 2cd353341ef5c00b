// One end of a measurement with zeromq.js, over CURVE. The orders are those of glueberry.py.

import { Pair, curveKeyPair } from 'zeromq'
import { Receipt, messages, obey } from './numbered.mjs'

const { publicKey, secretKey } = curveKeyPair()
const socket = new Pair({ curveServer: true, curvePublicKey: publicKey, curveSecretKey: secretKey })
await socket.bind('tcp://127.0.0.1:*')
console.log(JSON.stringify({ address: `${socket.lastEndpoint} ${publicKey}` }))

await obey({
  async receive(payload) {
    const receipt = new Receipt(payload)
    for await (const [message] of socket) if (receipt.take(message)) break
    return receipt.count
  },
  async send(payload, seconds) {
    let count = 0
    for (const message of messages(payload, seconds)) {
      await socket.send(message)
      count++
    }
    return count
  },
  async answer(payload) {
    const receipt = new Receipt(payload)
    for await (const [message] of socket) {
      const isLast = receipt.take(message)
      await socket.send(message)
      if (isLast) break
    }
    return receipt.count
  },
})
socket.close()

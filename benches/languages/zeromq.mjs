// One end of a measurement with zeromq.js, over CURVE. The orders are those of party.py.

import { Pair, curveKeyPair } from 'zeromq'
import { counted, isLast, messages, obey } from './numbered.mjs'

const { publicKey, secretKey } = curveKeyPair()
const socket = new Pair({ curveServer: true, curvePublicKey: publicKey, curveSecretKey: secretKey })
await socket.bind('tcp://127.0.0.1:*')
console.log(JSON.stringify({ address: `${socket.lastEndpoint} ${publicKey}` }))

await obey({
  async receive(payload) {
    let count = 0
    for await (const [message] of socket) {
      count++
      if (isLast(message)) return counted(count, message, payload)
    }
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
    let count = 0
    for await (const [message] of socket) {
      count++
      await socket.send(message)
      if (isLast(message)) return counted(count, message, payload)
    }
  },
})
socket.close()

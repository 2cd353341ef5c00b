// The plainest way: a loop over the messages.
//
//   node basic.mjs listen /ip4/127.0.0.1/tcp/0     echoes what comes on the stream `chat`
//   node basic.mjs send ADDRESS TEXT...            sends each text, and prints the answers

import { Node } from 'glueberry'

import { complain, decode, encode, main, patience, printAddresses, untilEnd } from './example.mjs'

/** Ends when the node is closed. */
async function echo(node) {
  for await (const { peer, data } of node.messages('chat')) {
    // The peer may have left before it got its answer. The others go on.
    await node.send(peer, 'chat', data, patience()).catch(complain)
  }
}

async function listen(address) {
  const node = await Node.start({ listen: [address], streams: ['chat'] })
  const echoing = echo(node)
  printAddresses(node)
  await untilEnd()
  await node.close()
  await echoing
}

async function send(address, first, ...others) {
  const node = await Node.start({ streams: ['chat'] })
  const answers = node.messages('chat')
  const peer = await node.connect(address, patience())
  for (const text of [first, ...others]) {
    await node.send(peer, 'chat', encode(text), patience())
    const { value, done } = await answers.next(patience())
    if (done) throw new Error('no answer came')
    console.log(decode(value.data))
  }
  await node.close()
}

await main('basic.mjs listen ADDRESS | send ADDRESS TEXT...', { listen, send })

// Several people talk. Whoever starts with the key of before is known by the same peer id.
//
//   node chat.mjs anna.pem Anna /ip4/127.0.0.1/tcp/9000
//   node chat.mjs bruno.pem Bruno /ip4/127.0.0.1/tcp/0 /ip4/127.0.0.1/tcp/9000/p2p/12D3KooW...
//
// Each line goes to all who are connected: who joins a chat names everybody who is there.

import { existsSync } from 'node:fs'

import { Identity, Node } from 'glueberry'

import {
  attempt,
  complain,
  decode,
  encode,
  lines,
  misused,
  patience,
  printAddresses,
} from './example.mjs'

/** The key in this file, which is made if there is none. */
function identityIn(path) {
  if (existsSync(path)) return Identity.load(path)
  const identity = Identity.generate()
  identity.save(path)
  return identity
}

/** Ends when the node is closed. */
async function printAll(node) {
  for await (const { data } of node.messages('chat')) console.log(decode(data))
}

/** A peer that leaves meanwhile does not keep the line from the others. */
async function sendToAll(node, line) {
  const present = node.peers().filter(({ state }) => state === 'established')
  await Promise.all(
    present.map(({ peer }) => node.send(peer, 'chat', encode(line), patience()).catch(complain)),
  )
}

async function chat(key, name, address, ...peers) {
  const node = await Node.start({
    identity: identityIn(key),
    listen: [address],
    streams: ['chat'],
  })
  const printing = printAll(node)
  printAddresses(node)
  for (const peer of peers) await node.connect(peer, patience())
  for await (const line of lines()) await sendToAll(node, `${name}> ${line}`)
  await node.close()
  await printing
}

const given = process.argv.slice(2)
if (given.length >= 3) await attempt(() => chat(...given))
else misused('chat.mjs KEYFILE NAME LISTEN-ADDRESS [PEER-ADDRESS...]')

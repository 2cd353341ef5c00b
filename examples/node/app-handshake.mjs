// The application shakes hands: a club lets in who knows the password, and nobody else. libp2p has
// proven both identities by then. What else has to be agreed on is said on the stream `handshake`.
//
//   node app-handshake.mjs listen /ip4/127.0.0.1/tcp/0     lets in who says "glueberry", and greets
//   node app-handshake.mjs dial ADDRESS PASSWORD           prints the greeting; exits with 1 if not let in

import { Node } from 'glueberry'

import { complain, decode, encode, main, patience, printAddresses, untilEnd } from './example.mjs'

const STREAMS = ['chat']

/** The order matters: once the guest reads "welcome" it may send, so its streams stand before. */
async function letIn(club, guest) {
  await club.prepareStreams(guest, STREAMS, patience())
  await club.send(guest, 'handshake', encode('welcome'), patience())
  await club.finalizeHandshake(guest, patience())
}

/** Ends when the node is closed. A guest that leaves does not keep the next one waiting. */
async function attendDoor(club) {
  for await (const { peer, data } of club.messages('handshake')) {
    const knows = decode(data) === 'glueberry'
    await (knows ? letIn(club, peer) : club.disconnect(peer, patience())).catch(complain)
  }
}

/** Likewise. */
async function attendBar(club) {
  for await (const { peer } of club.messages('chat')) {
    await club.send(peer, 'chat', encode('Good evening!'), patience()).catch(complain)
  }
}

async function listen(address) {
  const club = await Node.start({ listen: [address], streams: STREAMS, handshake: 'app' })
  const attending = [attendDoor(club), attendBar(club)]
  printAddresses(club)
  await untilEnd()
  await club.close()
  await Promise.all(attending)
}

/** Whether the club answered before it ended the connection. */
async function isLetIn(answers, ends) {
  const welcome = answers.next(patience()).then(({ done }) => !done)
  const refusal = ends.next(patience()).then(() => false)
  const answer = await Promise.race([welcome, refusal])
  // What still waits is not waited for.
  answers.close()
  ends.close()
  return answer
}

async function dial(address, password) {
  const guest = await Node.start({ streams: STREAMS, handshake: 'app' })
  const [answers, ends] = [
    guest.messages('handshake'),
    guest.events({ kinds: ['peerDisconnected'] }),
  ]
  const club = await guest.connect(address, patience())
  await guest.send(club, 'handshake', encode(password), patience())
  if (await isLetIn(answers, ends)) {
    await guest.completeHandshake(club, STREAMS, patience())
    await guest.send(club, 'chat', encode('Hello!'), patience())
    const { value } = await guest.messages('chat').next(patience())
    console.log(decode(value.data))
  } else {
    console.error('not let in')
    process.exitCode = 1
  }
  await guest.close()
}

await main('app-handshake.mjs listen ADDRESS | dial ADDRESS PASSWORD', { listen, dial })

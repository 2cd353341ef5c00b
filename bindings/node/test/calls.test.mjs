import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { Identity, Node } from 'glueberry'

import {
  bytes,
  established,
  listening,
  LOOPBACK,
  next,
  pair,
  soon,
  start,
  text,
  until,
} from './support.mjs'

/** Nobody listens here. */
const nowhere = () => `/ip4/127.0.0.1/tcp/1/p2p/${Identity.generate().peerId}`

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'glueberry-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

test('a node listens where it is told, then and later', async (t) => {
  const node = await listening(t)
  assert.match(node.peerId, /^12D3KooW/)
  assert.equal(node.listenAddresses.length, 1)
  assert.ok(node.listenAddresses[0].endsWith(`/p2p/${node.peerId}`))
  const bound = await node.listen(LOOPBACK, soon())
  assert.deepEqual(node.listenAddresses.slice(1), bound)
  await assert.rejects(node.listen('tcp/9000', soon()), { code: 'InvalidAddress' })
  await assert.rejects(node.listen(bound[0].replace(/\/p2p\/.*/, ''), soon()), {
    code: 'AddressInUse',
  })
  await assert.rejects(node.listen('/ip4/192.0.2.1/tcp/0', soon()), { code: 'ListenFailed' })
})

test('connecting yields the peer, again and by its id alone', async (t) => {
  const { alice, bob } = await pair(t)
  assert.equal(await bob.connect(alice.listenAddresses[0], soon()), alice.peerId)
  assert.equal(await bob.connect(alice.peerId, soon()), alice.peerId)
  assert.equal(bob.connectionState(alice.peerId), 'established')
})

test('a connect that cannot be fails by its code', async (t) => {
  const alice = await listening(t)
  const node = await start(t)
  const other = alice.listenAddresses[0].replace(alice.peerId, Identity.generate().peerId)
  for (const [place, code] of [
    [nowhere(), 'Unreachable'],
    ['/ip4/127.0.0.1/tcp/1', 'InvalidAddress'],
    ['hello', 'InvalidAddress'],
    [Identity.generate().peerId, 'UnknownPeer'],
    [node.peerId, 'DialedSelf'],
    ['QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N', 'UnsupportedPeerId'],
    [other, 'WrongPeer'],
    [undefined, 'InvalidArgument'],
  ]) {
    await assert.rejects(node.connect(place, soon()), { name: 'GlueberryError', code }, place)
  }
})

test('a connect that is aborted rejects with the reason, and a later one gets through', async (t) => {
  const alice = await listening(t)
  const node = await start(t)
  const controller = new AbortController()
  const connecting = node.connect(alice.listenAddresses[0], { signal: controller.signal })
  controller.abort()
  await assert.rejects(connecting, { name: 'AbortError' })
  await assert.rejects(node.connect(alice.listenAddresses[0], { signal: AbortSignal.abort() }), {
    name: 'AbortError',
  })
  assert.equal(await node.connect(alice.listenAddresses[0], soon()), alice.peerId)
})

test('a wait for a peer ends when it is established, and fails when none is sought', async (t) => {
  const { alice, bob } = await pair(t)
  await bob.waitEstablished(alice.peerId, soon())
  await assert.rejects(bob.waitEstablished(Identity.generate().peerId, soon()), {
    code: 'NotConnected',
  })
})

test('disconnecting ends a session, and it can be begun anew', async (t) => {
  const { alice, bob } = await pair(t)
  const events = alice.events({ kinds: ['peerDisconnected', 'peerEstablished'] })
  await bob.disconnect(alice.peerId, soon())
  assert.equal(bob.connectionState(alice.peerId), 'disconnected')
  assert.equal((await next(events, 'peerDisconnected')).peer, bob.peerId)
  await bob.disconnect(alice.peerId, soon())
  await bob.connect(alice.peerId, soon())
  await next(events, 'peerEstablished')
})

test('a lost peer is sought until that is cancelled', async (t) => {
  const { alice, bob } = await pair(t, {
    bob: { reconnect: { firstDelayMs: 1, longestDelayMs: 5 } },
  })
  const events = bob.events()
  await alice.close()
  const { attempt, delayMs } = await next(events, 'peerReconnecting')
  assert.ok(attempt >= 1 && delayMs >= 0 && delayMs <= 5)
  await until(async () => {
    await bob.cancelReconnection(alice.peerId, soon())
    return bob.connectionState(alice.peerId) === 'disconnected'
  }, 'the attempts end')
})

test('a peer comes back after it was away', async (t) => {
  const identity = Identity.generate()
  const first = await listening(t, { identity })
  const bob = await start(t, { reconnect: { firstDelayMs: 1, longestDelayMs: 50 } })
  await bob.connect(first.listenAddresses[0], soon())
  const listen = [first.listenAddresses[0].replace(/\/p2p\/.*/, '')]
  await first.close()
  const again = await start(t, { identity, listen })
  await until(() =>
    bob.waitEstablished(again.peerId, soon()).then(
      () => true,
      () => false,
    ),
  )
  await bob.send(again.peerId, 'chat', bytes('back'))
  assert.equal(text((await again.messages('chat').next(soon())).value.data), 'back')
})

test('a program can shake hands itself', async (t) => {
  const { alice, bob } = await shaking(t)
  const [door, answers] = [alice.messages('handshake'), bob.messages('handshake')]
  await bob.send(alice.peerId, 'handshake', bytes('password'))
  assert.equal(text((await door.next(soon())).value.data), 'password')
  await alice.prepareStreams(bob.peerId, ['chat'], soon())
  await alice.send(bob.peerId, 'handshake', bytes('welcome'))
  await alice.finalizeHandshake(bob.peerId, soon())
  assert.equal(text((await answers.next(soon())).value.data), 'welcome')
  await bob.completeHandshake(alice.peerId, ['chat'], soon())
  await bob.send(alice.peerId, 'chat', bytes('hi'))
  assert.equal(text((await alice.messages('chat').next(soon())).value.data), 'hi')
})

test('a handshake in the wrong order fails by its code', async (t) => {
  const { alice, bob } = await shaking(t)
  const stranger = Identity.generate().peerId
  await assert.rejects(bob.send(alice.peerId, 'chat', bytes('x')), { code: 'NotConnected' })
  await assert.rejects(bob.prepareStreams(stranger, ['chat'], soon()), { code: 'NotConnected' })
  await assert.rejects(bob.prepareStreams(alice.peerId, ['no such name'], soon()), {
    code: 'InvalidStreamName',
  })
  await assert.rejects(bob.prepareStreams(alice.peerId, 'chat', soon()), {
    code: 'InvalidArgument',
  })
  await bob.completeHandshake(alice.peerId, ['chat'], soon())
  await assert.rejects(bob.finalizeHandshake(alice.peerId, soon()), { code: 'WrongState' })
  const { alice: carol, bob: dave } = await pair(t)
  await assert.rejects(dave.finalizeHandshake(carol.peerId, soon()), { code: 'WrongState' })
})

async function shaking(t) {
  const alice = await listening(t, { handshake: 'app', streams: [] })
  const bob = await start(t, { handshake: 'app', streams: [] })
  const events = alice.events({ kinds: ['peerConnected'] })
  await bob.connect(alice.listenAddresses[0], soon())
  await next(events, 'peerConnected')
  return { alice, bob }
}

test('flushing waits until the transport has it', async (t) => {
  const { alice, bob } = await pair(t)
  await bob.send(alice.peerId, 'chat', bytes('x'))
  await bob.flush(alice.peerId, 'chat', soon())
  assert.equal(bob.streamHealth(alice.peerId, 'chat').queuedBytes, 0)
  await assert.rejects(bob.flush(Identity.generate().peerId, 'chat', soon()), {
    code: 'NotConnected',
  })
})

test('what is known of peers is told', async (t) => {
  const { alice, bob } = await pair(t)
  await until(() => bob.peer(alice.peerId).lastSeen !== undefined)
  const [known] = bob.peers()
  assert.deepEqual(known, bob.peer(alice.peerId))
  assert.equal(known.peer, alice.peerId)
  assert.equal(known.state, 'established')
  assert.equal(known.direction, 'outbound')
  assert.equal(known.connections, 1)
  assert.deepEqual(known.addresses, alice.listenAddresses)
  assert.equal(known.persistent, false)
  assert.deepEqual(known.metadata, {})
  assert.ok(known.lastSeen instanceof Date)
  assert.equal(known.banned, undefined)
  assert.deepEqual(bob.addresses(alice.peerId), alice.listenAddresses)
  const stranger = Identity.generate().peerId
  assert.equal(bob.peer(stranger), undefined)
  assert.deepEqual(bob.addresses(stranger), [])
  assert.equal(bob.connectionState(stranger), 'disconnected')
  assert.throws(() => bob.peer('nobody'), { code: 'InvalidPeerId' })
})

test('peers are remembered in the address book, and forgotten', async (t) => {
  const addressBook = join(folder(t), 'peers.json')
  const address = nowhere()
  const peer = address.split('/').at(-1)
  const node = await start(t, { addressBook })
  const metadata = { name: 'the neighbour' }
  assert.equal(
    await node.addPeer({ addresses: [address, '/ip4/192.0.2.7/tcp/9'], metadata }, soon()),
    peer,
  )
  assert.deepEqual(node.peer(peer).metadata, metadata)
  assert.equal(node.addresses(peer).length, 2)
  assert.ok(readFileSync(addressBook, 'utf8').includes(peer))
  await assert.rejects(Node.start({ addressBook }, soon()), { code: 'AddressBookLocked' })
  await node.close()
  const again = await start(t, { addressBook, autoConnect: false })
  assert.equal(again.peer(peer).persistent, false)
  await again.dialKnownPeers(soon())
  await again.removePeer(peer, soon())
  assert.equal(again.peer(peer), undefined)
})

test('a peer that cannot be remembered is refused by its code', async (t) => {
  const node = await start(t)
  for (const [peer, code] of [
    [{ addresses: [] }, 'InvalidArgument'],
    [{ addresses: ['/ip4/192.0.2.7/tcp/9'] }, 'InvalidAddress'],
    [{ addresses: [nowhere(), nowhere()] }, 'InvalidAddress'],
    [{ addresses: [`/ip4/192.0.2.7/tcp/9/p2p/${node.peerId}`] }, 'DialedSelf'],
    [{ addresses: [nowhere()], metadata: { note: 'x'.repeat(5000) } }, 'MetadataTooLarge'],
    [{ addresses: [nowhere()], metadata: { note: 7 } }, 'InvalidArgument'],
    [{ addresses: [nowhere()], persistent: 'yes' }, 'InvalidArgument'],
  ]) {
    await assert.rejects(node.addPeer(peer, soon()), { code })
  }
})

test('a persistent peer is dialed at once', async (t) => {
  const alice = await listening(t)
  const bob = await start(t)
  await bob.addPeer({ addresses: alice.listenAddresses, persistent: true }, soon())
  await established(bob, alice.peerId)
  assert.equal(bob.peer(alice.peerId).persistent, true)
})

test('a ban ends a session, keeps the peer out, and is lifted', async (t) => {
  const { alice, bob } = await pair(t)
  const events = alice.events({ kinds: ['peerDisconnected'] })
  await alice.ban(bob.peerId, { ...soon(), durationMs: 3_600_000 })
  assert.equal((await next(events, 'peerDisconnected')).reason, 'banned')
  await alice.ban('192.0.2.0/24', soon())
  const bans = Object.fromEntries(alice.bans().map(({ target, until }) => [target, until]))
  assert.ok(bans[bob.peerId] > new Date())
  assert.equal(bans['192.0.2.0/24'], undefined)
  assert.ok('192.0.2.0/24' in bans)
  assert.equal(alice.peer(bob.peerId)?.banned?.target ?? bob.peerId, bob.peerId)
  await assert.rejects(alice.connect(`/ip4/127.0.0.1/tcp/1/p2p/${bob.peerId}`, soon()), {
    code: 'Banned',
  })
  assert.equal(await alice.unban(bob.peerId, soon()), true)
  assert.equal(await alice.unban(bob.peerId, soon()), false)
  await assert.rejects(alice.ban('nobody', soon()), { code: 'InvalidPeerId' })
  await assert.rejects(alice.ban('192.0.2.7', { durationMs: -1 }), { code: 'InvalidArgument' })
  await assert.rejects(alice.ban('192.0.2.7', { durationMs: NaN }), { code: 'InvalidArgument' })
})

test('the health of streams is told', async (t) => {
  const { alice, bob } = await pair(t)
  await bob.send(alice.peerId, 'chat', bytes('hi'))
  await bob.flush(alice.peerId, 'chat', soon())
  await until(() => alice.streamHealth(bob.peerId, 'chat').unreadBytes > 0)
  const health = bob.streamHealth(alice.peerId, 'chat')
  assert.deepEqual(health, {
    stream: 'chat',
    state: 'open',
    attempt: undefined,
    queuedMessages: 0,
    queuedBytes: 0,
    unreadBytes: 0,
    outbound: 'low',
    inbound: 'low',
  })
  assert.deepEqual(
    bob.streams(alice.peerId).map(({ stream, state }) => [stream, state]),
    [
      ['chat', 'open'],
      ['files', 'idle'],
    ],
  )
  assert.throws(() => bob.streamHealth(alice.peerId, 'none'), { code: 'UnknownStream' })
  assert.throws(() => bob.streamHealth(Identity.generate().peerId, 'chat'), {
    code: 'NotConnected',
  })
  assert.deepEqual(bob.streams(Identity.generate().peerId), [])
})

test('closing twice is closing once, and every call fails afterwards', async (t) => {
  const { alice, bob } = await pair(t)
  assert.equal(bob.close(), bob.close())
  await bob.close()
  await bob[Symbol.asyncDispose]()
  const peer = alice.peerId
  assert.deepEqual(bob.listenAddresses, [])
  assert.match(bob.peerId, /^12D3/)
  const waiting = {
    listen: [LOOPBACK],
    connect: [alice.listenAddresses[0]],
    waitEstablished: [peer],
    disconnect: [peer],
    cancelReconnection: [peer],
    dialKnownPeers: [],
    send: [peer, 'chat', bytes('x')],
    flush: [peer, 'chat'],
    prepareStreams: [peer, ['chat']],
    finalizeHandshake: [peer],
    completeHandshake: [peer, ['chat']],
    addPeer: [{ addresses: [nowhere()] }],
    removePeer: [peer],
    ban: ['192.0.2.7'],
    unban: ['192.0.2.7'],
  }
  for (const [name, given] of Object.entries(waiting))
    await assert.rejects(bob[name](...given), { code: 'NodeClosed' }, name)
  const others = {
    connectionState: [peer],
    trySend: [peer, 'chat', bytes('x')],
    messages: ['chat'],
    allMessages: [],
    events: [],
    peers: [],
    peer: [peer],
    addresses: [peer],
    bans: [],
    streamHealth: [peer, 'chat'],
    streams: [peer],
  }
  for (const [name, given] of Object.entries(others))
    assert.throws(() => bob[name](...given), { code: 'NodeClosed' }, name)
  const all = Object.getOwnPropertyNames(Node.prototype).filter(
    (name) => typeof Object.getOwnPropertyDescriptor(Node.prototype, name).value === 'function',
  )
  assert.deepEqual(
    all.filter((name) => !Object.hasOwn({ ...waiting, ...others }, name)),
    ['constructor', 'close', 'toString'],
  )
})

test('closing a node ends what waits at it', async (t) => {
  const node = await start(t)
  const [inbox, events] = [node.messages('chat'), node.events()]
  const waiting = [inbox.next(soon()), events.next(soon())]
  await node.close()
  for (const { done } of await Promise.all(waiting)) assert.equal(done, true)
})

test('a node shows its peer id and nothing else', async (t) => {
  const node = await start(t)
  assert.equal(inspect(node), `Node(${node.peerId})`)
  assert.equal(String(node), `Node(${node.peerId})`)
})

test('a start that is aborted leaves nothing behind', async (t) => {
  const addressBook = join(folder(t), 'peers.json')
  await assert.rejects(Node.start({ addressBook }, { signal: AbortSignal.abort() }), {
    name: 'AbortError',
  })
  const controller = new AbortController()
  const starting = Node.start({ addressBook }, { signal: controller.signal })
  controller.abort()
  await starting.then(
    (node) => node.close(),
    (error) => assert.equal(error.name, 'AbortError'),
  )
  await until(
    () =>
      Node.start({ addressBook }, soon()).then(
        (node) => node.close().then(() => true),
        (error) => {
          assert.equal(error.code, 'AddressBookLocked')
          return false
        },
      ),
    'the address book is free again',
  )
})

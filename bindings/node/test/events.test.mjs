import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'

import { eventTypes } from 'glueberry'

import { listening, next, pair, soon, start } from './support.mjs'

const require = createRequire(import.meta.url)
const { read } = require('../dist/cjs/event-reader.js')
const { native } = require('../dist/cjs/native.js')

/** The fields of each kind, and their types: those of `ts/event-types.ts`. */
const FIELDS = {
  listenAddress: { address: 'string' },
  peerConnecting: { peer: 'string' },
  peerConnected: { peer: 'string', session: 'number', inbound: 'boolean', address: 'string' },
  peerEstablished: { peer: 'string', session: 'number' },
  peerDisconnected: { peer: 'string', session: 'number?', reason: 'word', unwritten: 'array' },
  peerReconnecting: { peer: 'string', attempt: 'number', delayMs: 'number' },
  peerCooldown: { peer: 'string', until: 'date' },
  connectionDenied: {
    inbound: 'boolean',
    peer: 'string?',
    address: 'string',
    denial: 'word',
    suppressed: 'number',
  },
  streamOpened: { peer: 'string', stream: 'string' },
  streamDegraded: { peer: 'string', stream: 'string', attempt: 'number' },
  streamRecovered: { peer: 'string', stream: 'string' },
  streamClosed: { peer: 'string', stream: 'string', reason: 'word' },
  streamPressure: {
    peer: 'string',
    stream: 'string',
    direction: 'word',
    level: 'word',
    bytes: 'number',
  },
  decryptionFailed: { peer: 'string', stream: 'string' },
  warning: { code: 'string', peer: 'string?', stream: 'string?', detail: 'string' },
  lagged: { missed: 'number' },
}

const isOf = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  word: (value) => /^[a-z][A-Za-z]*$/.test(value),
  array: Array.isArray,
  date: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
}

test('every kind of event has the fields and types that are written down', () => {
  const samples = read(native.eventSamples())
  assert.deepEqual(
    [...new Set(samples.map(({ type }) => type))].sort(),
    Object.keys(eventTypes).sort(),
  )
  for (const { type, at, ...fields } of samples) {
    assert.ok(isOf.date(at), type)
    assert.deepEqual(Object.keys(fields).sort(), Object.keys(FIELDS[type]).sort(), type)
    for (const [name, kind] of Object.entries(FIELDS[type])) {
      const isRight =
        isOf[kind.replace('?', '')](fields[name]) ||
        (kind.endsWith('?') && fields[name] === undefined)
      assert.ok(isRight, `${type}.${name} is ${fields[name]}, no ${kind}`)
    }
  }
})

test('an optional field comes with a value and without', () => {
  const samples = read(native.eventSamples())
  for (const [type, name] of [
    ['peerDisconnected', 'session'],
    ['connectionDenied', 'peer'],
    ['warning', 'stream'],
  ]) {
    const values = samples.filter((event) => event.type === type).map((event) => event[name])
    assert.ok(
      values.includes(undefined) && values.some((value) => value !== undefined),
      `${type}.${name}`,
    )
  }
})

test('what is never written is told by stream', () => {
  const told = read(native.eventSamples()).find(
    ({ type, unwritten }) => type === 'peerDisconnected' && unwritten.length > 0,
  )
  const [{ stream, messages, bytes }] = told.unwritten
  assert.deepEqual([typeof stream, typeof messages, typeof bytes], ['string', 'number', 'number'])
})

test('a link is told from its first dial to its end', async (t) => {
  const alice = await listening(t)
  const bob = await start(t)
  const events = bob.events()
  await bob.connect(alice.listenAddresses[0], soon())
  await bob.disconnect(alice.peerId, soon())
  const seen = []
  for await (const event of events) {
    seen.push(event.type)
    if (event.type === 'peerDisconnected') {
      assert.equal(event.reason, 'requested')
      break
    }
  }
  assert.deepEqual(
    seen.filter((type) => type.startsWith('peer')),
    ['peerConnecting', 'peerConnected', 'peerEstablished', 'peerDisconnected'],
  )
})

test('a filter narrows by peer and by kind', async (t) => {
  const alice = await listening(t)
  const [bob, carol] = [await start(t), await start(t)]
  const ofBob = alice.events({ peers: [bob.peerId], kinds: ['peerEstablished'] })
  const none = alice.events({ kinds: [] })
  await carol.connect(alice.listenAddresses[0], soon())
  await bob.connect(alice.listenAddresses[0], soon())
  const { value } = await ofBob.next(soon())
  assert.deepEqual([value.type, value.peer], ['peerEstablished', bob.peerId])
  await alice.close()
  assert.equal((await ofBob.next(soon())).done, true)
  assert.equal((await none.next(soon())).done, true)
})

test('a filter that cannot be is refused', async (t) => {
  const node = await start(t)
  assert.throws(() => node.events({ kinds: ['peerEstablishd'] }), {
    code: 'InvalidArgument',
    message: /peerEstablishd/,
  })
  assert.throws(() => node.events({ peers: ['nobody'] }), { code: 'InvalidPeerId' })
})

test('leaving a loop keeps the subscription', async (t) => {
  const alice = await listening(t)
  const bob = await start(t)
  const events = bob.events({ kinds: ['peerConnecting', 'peerConnected', 'peerEstablished'] })
  await bob.connect(alice.listenAddresses[0], soon())
  const seen = []
  while (seen.length < 3) {
    for await (const { type } of events) {
      seen.push(type)
      break
    }
  }
  assert.deepEqual(seen, ['peerConnecting', 'peerConnected', 'peerEstablished'])
})

test('subscribers get everything each, and one that is closed gets nothing more', async (t) => {
  const alice = await listening(t)
  const bob = await start(t)
  const [one, two] = [bob.events(), bob.events()]
  await bob.connect(alice.listenAddresses[0], soon())
  assert.deepEqual(await next(one, 'peerEstablished'), await next(two, 'peerEstablished'))
  one.close()
  one.close()
  assert.equal((await one.next()).done, true)
  await bob.disconnect(alice.peerId, soon())
  await next(two, 'peerDisconnected')
})

test('a subscriber that is too slow is told how much it missed', async (t) => {
  const node = await start(t, { eventBuffer: 2, listen: [] })
  const events = node.events()
  for (let count = 0; count < 6; count++) await node.listen('/ip4/127.0.0.1/tcp/0', soon())
  const { value } = await events.next(soon())
  assert.equal(value.type, 'lagged')
  assert.ok(value.missed >= 4)
  assert.equal((await events.next(soon())).value.type, 'listenAddress')
})

test('a storm of aborted waits loses no event', async (t) => {
  const node = await start(t, { listen: [] })
  const events = node.events()
  const count = 60
  const listen = (async () => {
    for (let number = 0; number < count; number++) await node.listen('/ip4/127.0.0.1/tcp/0', soon())
  })()
  const seen = []
  while (seen.length < count) {
    try {
      seen.push(
        (await events.next({ signal: AbortSignal.timeout(Math.floor(Math.random() * 2)) })).value
          .address,
      )
    } catch (error) {
      assert.equal(error.name, 'TimeoutError')
    }
  }
  await listen
  assert.deepEqual(seen, node.listenAddresses)
})

test('a kind that this version does not know is only passed over', () => {
  const [event] = read(
    '[{"type":99,"name":"MoonRisen","at":0,"fields":{"first_light":{"ms":5},"by":{"word":"NobodyKnows"}}}]',
  )
  assert.deepEqual(event, {
    type: 'moonRisen',
    at: new Date(0),
    firstLightMs: 5,
    by: 'nobodyKnows',
  })
})

test('two waits at once are refused', async (t) => {
  const { bob } = await pair(t)
  const events = bob.events()
  const waiting = events.next(soon())
  await assert.rejects(events.next(), { code: 'ConsumerTaken' })
  await bob.close()
  await waiting
})

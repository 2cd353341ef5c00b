import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { inspect } from 'node:util'

import * as glueberry from 'glueberry'

import { bytes, pair, soon, start } from './support.mjs'

const { errorCodes, errors, GlueberryError, Identity, Node } = glueberry
const require = createRequire(import.meta.url)
const { native } = require('../dist/cjs/native.js')
const { tasks, wait } = require('../dist/cjs/waits.js')
const internals = require('../dist/cjs/node.js').Node

/** Which of our tables is which of the core's, and how its words are written here. */
const TABLES = {
  State: 'states',
  DisconnectReason: 'disconnectReasons',
  Denial: 'denials',
  StreamCloseReason: 'streamCloseReasons',
  Direction: 'directions',
  PressureLevel: 'pressureLevels',
  HandshakeMode: 'handshakeModes',
  Security: 'securities',
  ErrorClass: 'errorClasses',
  ErrorCode: 'errorCodes',
  EventName: 'eventTypes',
  StreamState: 'streamStates',
}

test('every word has the name and the number of the core', () => {
  const core = JSON.parse(native.nativeVocabulary())
  assert.deepEqual(Object.keys(core).sort(), Object.keys(TABLES).sort())
  const lower = (word) => word[0].toLowerCase() + word.slice(1)
  for (const [enumeration, words] of Object.entries(core)) {
    const written = enumeration === 'ErrorCode' ? (word) => word : lower
    const expected = Object.fromEntries(
      Object.entries(words).map(([word, number]) => [written(word), number]),
    )
    assert.deepEqual({ ...glueberry[TABLES[enumeration]] }, expected, enumeration)
  }
})

test('of every error the same is known as in the core', () => {
  assert.deepEqual({ ...errors }, JSON.parse(native.nativeErrors()))
})

test('every code makes an error that knows what to do', () => {
  for (const code of Object.keys(errorCodes)) {
    const error = new GlueberryError(code, 'something')
    assert.equal(error.number, errorCodes[code])
    assert.ok(error.hint.length > 20)
    assert.equal(typeof error.retriable, 'boolean')
    assert.ok(error instanceof Error)
  }
})

test('an error says what happened, to whom, why, and what to do', async (t) => {
  const { alice, bob } = await pair(t)
  const error = await bob.send(alice.peerId, 'none', bytes('x')).catch((thrown) => thrown)
  assert.ok(error instanceof GlueberryError)
  assert.equal(error.name, 'GlueberryError')
  assert.equal(error.code, 'UnknownStream')
  assert.equal(error.number, 201)
  assert.equal(error.errorClass, 'usage')
  assert.equal(error.retriable, false)
  assert.equal(error.peer, alice.peerId)
  assert.equal(error.stream, 'none')
  assert.match(error.message, /no such stream/)
  assert.ok(inspect(error).includes(error.hint))
})

test('an error has its causes', () => {
  const error = (() => {
    try {
      return Identity.fromPem('hello')
    } catch (thrown) {
      return thrown
    }
  })()
  assert.ok(error.cause instanceof Error)
  assert.ok(error.message.includes(error.cause.message))
})

test('the stack of an error that comes later begins where the call was made', async (t) => {
  const node = await start(t)
  async function callingHere() {
    await node.connect(`/ip4/127.0.0.1/tcp/1/p2p/${Identity.generate().peerId}`, soon())
  }
  const error = await callingHere().catch((thrown) => thrown)
  assert.match(error.stack, /^GlueberryError: cannot reach/)
  assert.match(error.stack, /callingHere/)
})

test('arguments that cannot be are refused with an error of ours', async (t) => {
  const node = await start(t)
  const isRefused = { name: 'GlueberryError', code: 'InvalidArgument' }
  for (const wrong of [undefined, null, 7, {}, Symbol('x')]) {
    await assert.rejects(node.disconnect(wrong), isRefused)
    await assert.rejects(node.listen(wrong), isRefused)
    assert.throws(() => node.peer(wrong), isRefused)
    assert.throws(() => node.messages(wrong), isRefused)
  }
})

test('a panic in a call is an error, and breaks only its node', async (t) => {
  const { alice, bob } = await pair(t)
  const broken = internals.native(bob)
  const { call } = require('../dist/cjs/errors.js')
  assert.throws(() => call(() => broken.panic()), { name: 'GlueberryError', code: 'Panicked' })
  assert.throws(() => bob.peers(), { code: 'Panicked' })
  await assert.rejects(bob.send(alice.peerId, 'chat', bytes('x')), { code: 'Panicked' })
  await bob.close()
  assert.equal(alice.listenAddresses.length, 1)
})

test('a panic in a call that waits is an error', async (t) => {
  const node = await start(t)
  await assert.rejects(
    wait(node, () => internals.native(node).panicLater()),
    { name: 'GlueberryError', code: 'Panicked' },
  )
  assert.throws(() => node.peers(), { code: 'Panicked' })
  await node.close()
  assert.equal(tasks.count(), 0)
  assert.ok(node instanceof Node)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bytes, numbered, numberIn, pair, range, soon, start, until } from './support.mjs'

/** A stream whose buffers hold next to nothing. */
const NARROW = { streams: { chat: { sendBuffer: 1024, receiveBuffer: 1024 } } }
const narrow = (t) => pair(t, { alice: NARROW, bob: NARROW })
/** Far more than loopback sockets and the multiplexer hold. */
const FLOOD = 64 * 1024 * 1024
const LARGE = 512 * 1024

/** Sends until there is no room any more, and none comes for a while; how many were sent. */
async function fill(bob, alice) {
  let sent = 0
  for (let still = 0; still < 5; still++) {
    while (bob.trySend(alice.peerId, 'chat', numbered(sent, LARGE))) {
      sent++
      still = 0
      assert.ok(sent * LARGE < FLOOD, 'there is always room')
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return sent
}

async function read(alice, count) {
  const got = []
  for await (const { data } of alice.messages('chat')) {
    got.push(numberIn(data))
    if (got.length === count) return got
  }
  return got
}

test('sends that nobody awaits keep their order', async (t) => {
  const { alice, bob } = await pair(t)
  const count = 4000
  const all = Promise.all(
    range(count).map((number) => bob.send(alice.peerId, 'chat', numbered(number, 256))),
  )
  assert.deepEqual(await read(alice, count), range(count))
  await all
})

test('a peer that does not read makes a send wait, and nothing is lost', async (t) => {
  const { alice, bob } = await narrow(t)
  const sent = await fill(bob, alice)
  const waiting = bob.send(alice.peerId, 'chat', numbered(sent, LARGE), soon())
  const isDone = await Promise.race([
    waiting.then(() => true),
    new Promise((resolve) => setTimeout(resolve, 100, false)),
  ])
  assert.equal(isDone, false)
  assert.deepEqual(await read(alice, sent + 1), range(sent + 1))
  await waiting
})

test('a send that is aborted while it waits sends nothing, and those behind it go on', async (t) => {
  const { alice, bob } = await narrow(t)
  const sent = await fill(bob, alice)
  const controller = new AbortController()
  const reason = new Error('never mind')
  const aborted = bob.send(alice.peerId, 'chat', numbered(999_999, LARGE), {
    signal: controller.signal,
  })
  const behind = bob.send(alice.peerId, 'chat', numbered(sent, LARGE), soon())
  controller.abort(reason)
  await assert.rejects(aborted, (error) => error === reason)
  assert.deepEqual(await read(alice, sent + 1), range(sent + 1))
  await behind
})

test('a send whose signal is aborted already sends nothing', async (t) => {
  const { alice, bob } = await pair(t)
  await assert.rejects(
    bob.send(alice.peerId, 'chat', numbered(1), { signal: AbortSignal.abort() }),
    { name: 'AbortError' },
  )
  await bob.send(alice.peerId, 'chat', numbered(2))
  assert.deepEqual(await read(alice, 1), [2])
})

test('the bytes may be changed as soon as a send has returned', async (t) => {
  const { alice, bob } = await pair(t)
  const data = numbered(0)
  const sends = range(500).map((number) => {
    data.set(numbered(number))
    return bob.send(alice.peerId, 'chat', data)
  })
  assert.deepEqual(await read(alice, 500), range(500))
  await Promise.all(sends)
})

test('views, Buffers and empty arrays are bytes too', async (t) => {
  const { alice, bob } = await pair(t)
  const inbox = alice.messages('chat')
  const whole = bytes('abcdef')
  for (const [data, expected] of [
    [whole.subarray(2, 4), 'cd'],
    [Buffer.from('buffer'), 'buffer'],
    [new Uint8Array(0), ''],
    [new Uint8Array(new SharedArrayBuffer(2)), '\0\0'],
  ]) {
    await bob.send(alice.peerId, 'chat', data)
    assert.equal(Buffer.from((await inbox.next(soon())).value.data).toString(), expected)
  }
})

test('what is no Uint8Array is refused with what to do, and without what it says', async (t) => {
  const { alice, bob } = await pair(t)
  for (const data of [
    'secret',
    null,
    undefined,
    7,
    [1, 2],
    new Uint16Array(2),
    new ArrayBuffer(2),
    {},
  ]) {
    const isClear = (error) =>
      error.code === 'InvalidArgument' &&
      error.message.includes('Uint8Array') &&
      !error.message.includes('secret')
    await assert.rejects(bob.send(alice.peerId, 'chat', data), isClear)
    assert.throws(() => bob.trySend(alice.peerId, 'chat', data), isClear)
  }
})

test('errors of sends come by their codes', async (t) => {
  const { alice, bob } = await pair(t, { bob: { streams: { chat: { maxMessageSize: 100 } } } })
  const stranger = await start(t)
  const codes = { code: (code) => ({ code }) }.code
  await assert.rejects(bob.send(stranger.peerId, 'chat', bytes('x')), codes('NotConnected'))
  await assert.rejects(bob.send(alice.peerId, 'chta', bytes('x')), codes('UnknownStream'))
  await assert.rejects(
    bob.send(alice.peerId, 'chat', new Uint8Array(101)),
    codes('MessageTooLarge'),
  )
  await assert.rejects(bob.send('nobody', 'chat', bytes('x')), codes('InvalidPeerId'))
  await assert.rejects(bob.send(undefined, 'chat', bytes('x')), codes('InvalidArgument'))
  assert.throws(
    () => bob.trySend(alice.peerId, 'chat', new Uint8Array(101)),
    codes('MessageTooLarge'),
  )
  await bob.close()
  await assert.rejects(bob.send(alice.peerId, 'chat', bytes('x')), codes('NodeClosed'))
  assert.throws(() => bob.trySend(alice.peerId, 'chat', bytes('x')), codes('NodeClosed'))
})

test('a stream that the peer has not refuses', async (t) => {
  const { alice, bob } = await pair(t, { bob: { streams: ['chat', 'other'] } })
  await until(async () => {
    try {
      await bob.send(alice.peerId, 'other', bytes('x'))
      await bob.flush(alice.peerId, 'other', soon())
      return false
    } catch (error) {
      assert.equal(error.code, 'StreamRefused')
      assert.equal(error.peer, alice.peerId)
      assert.equal(error.stream, 'other')
      return true
    }
  })
})

test('more calls than a node takes are refused, and the others come to their end', async (t) => {
  const { alice, bob } = await narrow(t)
  const sent = await fill(bob, alice)
  const outcomes = Promise.allSettled(
    range(4200, sent).map((number) => bob.send(alice.peerId, 'chat', numbered(number))),
  )
  const accepted = 4096
  assert.deepEqual(await read(alice, sent + accepted), range(sent + accepted))
  const settled = await outcomes
  assert.ok(settled.slice(0, accepted).every(({ status }) => status === 'fulfilled'))
  assert.ok(settled.slice(accepted).every(({ reason }) => reason?.code === 'TooManyOperations'))
})

test('closing a node ends the sends that wait', async (t) => {
  const { alice, bob } = await pair(t, { alice: NARROW, bob: { ...NARROW, lingerMs: 0 } })
  const sent = await fill(bob, alice)
  const waiting = bob.send(alice.peerId, 'chat', numbered(sent, LARGE), soon())
  const failed = assert.rejects(waiting, (error) =>
    ['NotConnected', 'NodeClosed', 'ConnectionLost'].includes(error.code),
  )
  await bob.close()
  await failed
})

test('a loop that only sends lets timers run', async (t) => {
  const { alice, bob } = await pair(t)
  const reading = read(alice, 20_000)
  let ticks = 0
  const timer = setInterval(() => ticks++, 0)
  for (let number = 0; number < 20_000; number++)
    await bob.send(alice.peerId, 'chat', numbered(number))
  clearInterval(timer)
  assert.ok(ticks > 0)
  await reading
})

test('more peers and streams than are kept by number go on working', async (t) => {
  const { alice, bob } = await pair(t)
  const reading = read(alice, 3)
  await bob.send(alice.peerId, 'chat', numbered(0))
  for (let number = 0; number < 5000; number++) {
    await assert.rejects(bob.send(alice.peerId, `none-${number}`, numbered(0)), {
      code: 'UnknownStream',
    })
  }
  await bob.send(alice.peerId, 'chat', numbered(1))
  await bob.send(alice.peerId, 'chat', numbered(2))
  assert.deepEqual(await reading, [0, 1, 2])
})

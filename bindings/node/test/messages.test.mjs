import assert from 'node:assert/strict'
import { test } from 'node:test'

import { GlueberryError, Node } from 'glueberry'

import {
  bytes,
  numbered,
  numberIn,
  pair,
  range,
  run,
  sendAll,
  soon,
  start,
  text,
  until,
} from './support.mjs'

test('messages arrive whole and in order, from no bytes to 1 MiB', async (t) => {
  const { alice, bob } = await pair(t)
  const sizes = [0, 1, 63, 64, 65_535, 65_536, 262_144, 1 << 20, 0, 5]
  const sending = (async () => {
    for (const size of sizes)
      await bob.send(alice.peerId, 'chat', new Uint8Array(size).fill(size % 251))
  })()
  const inbox = alice.messages('chat')
  for (const size of sizes) {
    const { value } = await inbox.next(soon())
    assert.equal(value.peer, bob.peerId)
    assert.equal(value.stream, 'chat')
    assert.ok(value.data instanceof Uint8Array)
    assert.equal(value.data.length, size)
    assert.ok(value.data.every((byte) => byte === size % 251))
  }
  await sending
})

test('a loop gets everything in order', async (t) => {
  const { alice, bob } = await pair(t)
  const count = 5000
  const sending = sendAll(bob, alice.peerId, 'chat', count)
  const got = []
  for await (const { data } of alice.messages('chat')) {
    got.push(numberIn(data))
    if (got.length === count) break
  }
  assert.deepEqual(got, range(count))
  await sending
})

test('a storm of aborted waits loses nothing', async (t) => {
  const { alice, bob } = await pair(t)
  const count = 2000
  const sending = (async () => {
    for (let number = 0; number < count; number++) {
      await bob.send(alice.peerId, 'chat', numbered(number))
      if (number % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  const inbox = alice.messages('chat')
  const got = []
  let aborted = 0
  while (got.length < count) {
    try {
      const { value } = await inbox.next({
        signal: AbortSignal.timeout(Math.floor(Math.random() * 3)),
      })
      got.push(numberIn(value.data))
    } catch (error) {
      assert.equal(error.name, 'TimeoutError')
      aborted++
    }
  }
  assert.deepEqual(got, range(count))
  assert.ok(aborted > 0, 'no wait was aborted')
  await sending
})

test('a wait that was aborted by hand rejects with the reason', async (t) => {
  const node = await start(t)
  const inbox = node.messages('chat')
  const controller = new AbortController()
  const waiting = inbox.next({ signal: controller.signal })
  const reason = new Error('enough')
  controller.abort(reason)
  await assert.rejects(waiting, (error) => error === reason)
  await assert.rejects(
    inbox.next({ signal: AbortSignal.abort(reason) }),
    (error) => error === reason,
  )
})

test('leaving a loop and coming back loses nothing, over new objects and over one', async (t) => {
  const { alice, bob } = await pair(t)
  const count = 1000
  await sendAll(bob, alice.peerId, 'chat', count)
  const got = []
  const some = async (messages, most) => {
    for await (const { data } of messages) {
      got.push(numberIn(data))
      if (--most === 0) break
    }
  }
  await some(alice.messages('chat'), 3)
  await some(alice.messages('chat'), 300)
  const inbox = alice.messages('chat')
  await some(inbox, 5)
  await some(inbox, 200)
  await some(inbox, count - 508)
  assert.deepEqual(got, range(count))
})

test('what a consumer left goes to the next one, of one stream or of all', async (t) => {
  const { alice, bob } = await pair(t)
  await sendAll(bob, alice.peerId, 'chat', 100)
  await sendAll(bob, alice.peerId, 'files', 100)
  await bob.flush(alice.peerId, 'chat', soon())
  await bob.flush(alice.peerId, 'files', soon())
  const got = { chat: [], files: [] }
  const some = async (messages, most) => {
    for await (const { stream, data } of messages) {
      got[stream].push(numberIn(data))
      if (--most === 0) break
    }
  }
  await some(alice.allMessages(), 20)
  await some(alice.messages('chat'), 100 - got.chat.length - 30)
  await some(alice.messages('files'), 5)
  await some(alice.allMessages(), 200 - got.chat.length - got.files.length)
  assert.deepEqual(got, { chat: range(100), files: range(100) })
})

test('a throw inside a loop leaves it as a break does, and comes out', async (t) => {
  const { alice, bob } = await pair(t)
  await sendAll(bob, alice.peerId, 'chat', 10)
  const mine = new Error('mine')
  const failing = async () => {
    for await (const _ of alice.messages('chat')) throw mine
  }
  await assert.rejects(failing(), (error) => error === mine)
  const { value } = await alice.messages('chat').next(soon())
  assert.equal(numberIn(value.data), 1)
})

test('a second consumer is refused at once', async (t) => {
  const node = await start(t)
  const inbox = node.messages('chat')
  const taken = (error) => error instanceof GlueberryError && error.code === 'ConsumerTaken'
  assert.throws(() => node.messages('chat'), taken)
  assert.throws(() => node.allMessages(), taken)
  const other = node.messages('files')
  inbox.close()
  other.close()
  const all = node.allMessages()
  assert.throws(() => node.messages('chat'), taken)
  await all.return()
  node.messages('chat').close()
})

test('a consumer that was taken by another cannot be looped over again', async (t) => {
  const node = await start(t)
  const inbox = node.messages('chat')
  inbox.close()
  node.messages('chat')
  const again = async () => {
    for await (const _ of inbox) break
  }
  await assert.rejects(again(), { code: 'ConsumerTaken' })
})

test('two waits of one consumer at once are refused, and the first goes on', async (t) => {
  const { alice, bob } = await pair(t)
  const inbox = alice.messages('chat')
  const first = inbox.next(soon())
  await assert.rejects(inbox.next(), { code: 'ConsumerTaken' })
  await bob.send(alice.peerId, 'chat', bytes('hi'))
  assert.equal(text((await first).value.data), 'hi')
})

test('closing a consumer ends a wait of it', async (t) => {
  const node = await start(t)
  const inbox = node.messages('chat')
  const waiting = inbox.next(soon())
  inbox.close()
  assert.deepEqual(await waiting, { value: undefined, done: true })
  assert.deepEqual(await inbox.next(), { value: undefined, done: true })
})

test('closing the node ends a loop after what had been received', async (t) => {
  const { alice, bob } = await pair(t)
  const [count, size] = [700, 1000]
  for (let number = 0; number < count; number++) {
    await bob.send(alice.peerId, 'chat', numbered(number, size))
  }
  // Frames add a little, so this many bytes are almost all of them.
  await until(() => alice.streamHealth(bob.peerId, 'chat').unreadBytes >= count * size)
  const inbox = alice.messages('chat')
  const got = [numberIn((await inbox.next(soon())).value.data)]
  await alice.close()
  for await (const { data } of inbox) got.push(numberIn(data))
  assert.deepEqual(got, range(got.length))
  assert.ok(got.length > 600, `only ${got.length} came`)
})

test('a node can be closed inside of its own loop', async (t) => {
  const { alice, bob } = await pair(t)
  await sendAll(bob, alice.peerId, 'chat', 20)
  let count = 0
  for await (const _ of alice.messages('chat')) if (++count === 3) await alice.close()
  assert.ok(count >= 3)
  assert.throws(() => alice.messages('chat'), { code: 'NodeClosed' })
})

test('a message that is kept stays as it is', async (t) => {
  const { alice, bob } = await pair(t)
  const inbox = alice.messages('chat')
  await bob.send(alice.peerId, 'chat', bytes('first'))
  const { value: kept } = await inbox.next(soon())
  for (let round = 0; round < 50; round++) {
    await bob.send(alice.peerId, 'chat', bytes('other'))
    await inbox.next(soon())
  }
  assert.equal(text(kept.data), 'first')
})

test('a loop that never waits lets timers run', async (t) => {
  const { alice, bob } = await pair(t)
  await sendAll(bob, alice.peerId, 'chat', 5000)
  await bob.flush(alice.peerId, 'chat', soon())
  let ticks = 0
  const timer = setInterval(() => ticks++, 0)
  let count = 0
  for await (const _ of alice.messages('chat')) {
    if (++count === 5000) break
  }
  clearInterval(timer)
  assert.ok(ticks > 0)
})

test('messages of several peers say who sent them', async (t) => {
  const { alice, bob } = await pair(t)
  const carol = await start(t)
  await carol.connect(alice.listenAddresses[0], soon())
  await Promise.all([bob, carol].map((node) => sendAll(node, alice.peerId, 'chat', 400)))
  const got = { [bob.peerId]: [], [carol.peerId]: [] }
  let count = 0
  for await (const { peer, data } of alice.messages('chat')) {
    got[peer].push(numberIn(data))
    if (++count === 800) break
  }
  assert.deepEqual(got, { [bob.peerId]: range(400), [carol.peerId]: range(400) })
})

test('a consumer that nobody holds any more gives the stream back', async () => {
  const outcome = await run(
    `
    import { Node } from 'glueberry'
    const node = await Node.start({ streams: ['chat'] })
    node.messages('chat')
    for (let round = 0; ; round++) {
      gc()
      await new Promise((resolve) => setTimeout(resolve, 1))
      try { node.messages('chat'); break } catch (error) { if (error.code !== 'ConsumerTaken') throw error }
    }
    console.log('free')
  `,
    { flags: ['--expose-gc'] },
  )
  assert.equal(outcome.stdout, 'free\n', outcome.stderr)
})

test('a consumer that waits is not collected', async () => {
  const outcome = await run(
    `
    import { Node } from 'glueberry'
    const node = await Node.start({ streams: ['chat'], listen: ['${'/ip4/127.0.0.1/tcp/0'}'] })
    const waiting = node.messages('chat').next({ signal: AbortSignal.timeout(300) })
    const timer = setInterval(gc, 5)
    console.log(await waiting.catch((error) => error.name))
    clearInterval(timer)
    await node.close()
  `,
    { flags: ['--expose-gc'] },
  )
  assert.equal(outcome.stdout, 'TimeoutError\n', outcome.stderr)
})

test('await using gives the stream back', async (t) => {
  const node = await start(t)
  const inbox = node.messages('chat')
  await inbox[Symbol.asyncDispose]()
  node.messages('chat').close()
})

test('a name that no stream can have is refused', async (t) => {
  const node = await start(t)
  assert.throws(() => node.messages('no such name'), { code: 'InvalidStreamName' })
  assert.throws(() => node.messages(7), { code: 'InvalidArgument' })
  assert.ok(node instanceof Node)
})

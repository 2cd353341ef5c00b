// What is let go is freed: handles by the thousand, and nodes that nobody closes.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { PATIENCE_MS, run } from './support.mjs'

/** Runs a step in rounds, and says how much memory the later ones add. */
const grows = (prepare, step, rounds, count) => `
  import { Identity, Node, setLogger } from 'glueberry'
  const settle = async () => { for (let i = 0; i < 8; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)) } }
  ${prepare}
  const step = async () => { ${step} }
  const sizes = []
  for (let round = 0; round < ${rounds}; round++) {
    for (let i = 0; i < ${count}; i++) await step()
    await settle()
    sizes.push(process.memoryUsage().rss)
  }
  console.log(JSON.stringify(sizes.map((size) => Math.round(size / 1024))))
  process.exit(0)
`
const MESSENGERS = `
  const node = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
  const bob = await Node.start({ streams: ['chat'] })
  await bob.connect(node.listenAddresses[0])
`

/** What 10,000 leaked objects of 200 bytes are, in KiB. */
const MOST_KIB = 2000

function steady(
  name,
  prepare,
  step,
  { rounds = 10, count = 1000, atOnce = 1, most = MOST_KIB } = {},
) {
  test(`${rounds * count * atOnce} times ${name} grow no memory`, async () => {
    const outcome = await run(grows(prepare, step, rounds, count), {
      flags: ['--expose-gc'],
      patience: 10 * PATIENCE_MS,
    })
    assert.equal(outcome.code, 0, outcome.stderr)
    const sizes = JSON.parse(outcome.stdout)
    // The first half warms up. Allocators give back when they like: what counts is the least of
    // each part.
    const [early, late] = [sizes.slice(rounds / 2, rounds * 0.75), sizes.slice(rounds * 0.75)]
    const grown = Math.min(...late) - Math.min(...early)
    assert.ok(grown < most, `${grown} KiB in a quarter of the rounds: ${sizes}`)
  })
}

steady('an identity', '', 'Identity.fromSeed(new Uint8Array(32).fill(1))')
steady('a consumer that is closed', MESSENGERS, "node.messages('chat').close()")
steady('a consumer of all', MESSENGERS, 'await node.allMessages().return()')
steady('a subscription that is closed', MESSENGERS, 'node.events().close()')
steady('a subscription that is dropped', MESSENGERS, 'node.events()', { most: 4 * MOST_KIB })
steady(
  'a wait that is aborted',
  MESSENGERS,
  `
  globalThis.inbox ??= node.messages('chat')
  const controller = new AbortController()
  const waiting = inbox.next({ signal: controller.signal }).catch(() => {})
  controller.abort()
  await waiting
`,
)
steady(
  'a long signal that many waits share',
  MESSENGERS,
  `
  globalThis.controller ??= new AbortController()
  globalThis.inbox ??= node.messages('chat')
  await bob.send(node.peerId, 'chat', new Uint8Array(10))
  await inbox.next({ signal: controller.signal })
`,
)
steady('a call that fails', MESSENGERS, `await bob.connect('nowhere').catch(() => {})`)
steady('a logger', '', 'setLogger(() => {}); setLogger(null)', { count: 100 })
// Many at once, for each takes its time.
steady(
  'a node that is closed',
  '',
  `
  await Promise.all(Array.from({ length: 50 }, async () => (await Node.start({ workerThreads: 1 })).close()))
`,
  { count: 20, atOnce: 50, most: 4 * MOST_KIB },
)

test('a node that is collected frees its port', async () => {
  const outcome = await run(
    `
    import { Node } from 'glueberry'
    let node = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    const address = node.listenAddresses[0].replace(/\\/p2p.*/, '')
    node = undefined
    for (;;) {
      gc()
      await new Promise((resolve) => setTimeout(resolve, 5))
      try {
        await (await Node.start({ listen: [address] })).close()
        break
      } catch (error) {
        if (error.code !== 'AddressInUse') throw error
      }
    }
    console.log('free')
  `,
    { flags: ['--expose-gc'] },
  )
  assert.equal(outcome.stdout, 'free\n', outcome.stderr)
})

test('a node whose messages are read is not collected', async () => {
  const outcome = await run(
    `
    import { Node } from 'glueberry'
    const alice = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
    const timer = setInterval(gc, 2)
    const reader = async () => {
      const inbox = (await (async () => {
        const bob = await Node.start({ streams: ['chat'] })
        await bob.connect(alice.listenAddresses[0])
        return bob
      })()).messages('chat')
      return (await inbox.next()).value
    }
    const reading = reader()
    const events = alice.events({ kinds: ['peerEstablished'] })
    const { value: { peer } } = await events.next()
    for (let round = 0; round < 100; round++) {
      gc()
      await new Promise(setImmediate)
    }
    await alice.send(peer, 'chat', Buffer.from('hi'))
    console.log(String(Buffer.from((await reading).data)))
    clearInterval(timer)
    process.exit(0)
  `,
    { flags: ['--expose-gc'] },
  )
  assert.equal(outcome.stdout, 'hi\n', outcome.stderr)
})

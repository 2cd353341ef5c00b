// How programs end: by themselves, by force, by an exception, and in threads.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { PATIENCE_MS, run } from './support.mjs'

/** Two nodes that talk, in a program of its own. */
const TALK = `
  import { Node, setLogger } from 'glueberry'
  const alice = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
  const bob = await Node.start({ streams: ['chat'] })
  await bob.connect(alice.listenAddresses[0])
  await bob.send(alice.peerId, 'chat', Buffer.from('hi'))
  const inbox = alice.messages('chat')
  await inbox.next()
`

const TIMES = 25

/** A program ends well, each time, and says what is expected. */
function ends(source, { times = 1, code = 0, stdout = '', stderr = /^$/ } = {}) {
  return async () => {
    for (let time = 0; time < times; time++) {
      const outcome = await run(TALK + source)
      assert.deepEqual(
        [outcome.code, outcome.signal, outcome.stdout],
        [code, null, stdout],
        outcome.stderr,
      )
      assert.match(outcome.stderr, stderr)
    }
  }
}

test(
  'a program that closes its nodes ends',
  ends('await Promise.all([alice.close(), bob.close()])'),
)
test('a program that closes nothing ends, and well, 25 times of 25', ends('', { times: TIMES }))
test(
  'a program ends with nodes that nothing waits for',
  ends('const events = alice.events(); setTimeout(() => console.log("end"), 50)', {
    stdout: 'end\n',
  }),
)
test(
  'a program ends after a wait that was aborted',
  ends(`
  await inbox.next({ signal: AbortSignal.timeout(20) }).catch(() => {})
`),
)
test(
  'process.exit ends a program with waits, 25 times of 25',
  ends(
    `
  inbox.next()
  bob.events().next()
  bob.connect('/ip4/192.0.2.1/tcp/9/p2p/12D3KooWNWaWyfykNiAEgohyNxixadMUBRUwt36YAXrHnDg6CpKX').catch(() => {})
  setTimeout(() => process.exit(7), 10)
`,
    { times: TIMES, code: 7 },
  ),
)
test(
  'a wait keeps a program alive until it is done',
  ends(
    `
  inbox.next().then(({ value }) => { console.log(String(Buffer.from(value.data))); return bob.close() }).then(() => alice.close())
  const timer = setTimeout(() => bob.send(alice.peerId, 'chat', Buffer.from('late')), 100)
`,
    { stdout: 'late\n' },
  ),
)
test(
  'a wait that is unref keeps no program alive',
  ends(
    `
  inbox.unref()
  inbox.next().then(() => console.log('never'))
  bob.events().unref().next().then(() => console.log('never'))
  console.log('end')
`,
    { stdout: 'end\n' },
  ),
)
test(
  'a wait that is ref again does',
  ends(
    `
  inbox.unref()
  inbox.next().then(() => console.log('got it'))
  inbox.ref()
  setTimeout(() => bob.send(alice.peerId, 'chat', Buffer.from('x')), 50).unref()
`,
    { stdout: 'got it\n' },
  ),
)
test('a logger keeps no program alive', ends('setLogger(() => {})'))
test(
  'an exception inside a loop comes out, and ends the program as any other',
  ends(
    `
  await bob.send(alice.peerId, 'chat', Buffer.from('x'))
  for await (const _ of inbox) throw new Error('mine')
`,
    { code: 1, stderr: /Error: mine/ },
  ),
)
test(
  'an exception in a callback while loops wait ends the program',
  ends(
    `
  inbox.next()
  setTimeout(() => { throw new Error('mine') }, 10)
`,
    { code: 1, stderr: /Error: mine/ },
  ),
)
test(
  'a rejection that nobody handles is not swallowed',
  ends(
    `
  bob.send(alice.peerId, 'none', Buffer.from('x'))
`,
    { code: 1, stderr: /UnknownStream/ },
  ),
)
test(
  'an uncaught exception that a program handles does not stop its loops',
  ends(
    `
  process.on('uncaughtException', ({ message }) => console.log('caught', message))
  setTimeout(() => { throw new Error('mine') }, 10)
  setTimeout(() => bob.send(alice.peerId, 'chat', Buffer.from('x')), 50)
  for await (const _ of inbox) break
  await Promise.all([alice.close(), bob.close()])
  console.log('end')
`,
    { stdout: 'caught mine\nend\n' },
  ),
)

test('SIGINT ends a program with waits', async () => {
  const outcome = await run(`${TALK}
    inbox.next()
    setTimeout(() => process.kill(process.pid, 'SIGINT'), 20)
  `)
  assert.equal(outcome.signal, 'SIGINT', outcome.stderr)
})

test(
  'one signal may abort any number of waits',
  ends(
    `
  const controller = new AbortController()
  const waits = Array.from({ length: 50 }, () => alice.events().next({ signal: controller.signal }))
  setTimeout(() => controller.abort(), 50)
  console.log((await Promise.allSettled(waits)).every(({ reason }) => reason.name === 'AbortError'))
`,
    { stdout: 'true\n' },
  ),
)

/** A thread with two nodes that talk; what it says, or how it ends. */
function thread(source) {
  return new Worker(
    `import('glueberry').then(async ({ Node }) => {
    const { parentPort } = require('node:worker_threads')
    const alice = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
    const bob = await Node.start({ streams: ['chat'] })
    await bob.connect(alice.listenAddresses[0])
    const inbox = alice.messages('chat')
    ${source}
  })`,
    { eval: true },
  )
}

function said(worker) {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    setTimeout(reject, PATIENCE_MS, new Error('the thread says nothing')).unref()
  })
}

test('several threads have nodes of their own', async () => {
  const workers = [1, 2, 3].map((number) =>
    thread(`
    for (let count = 0; count < 500; count++) await bob.send(alice.peerId, 'chat', new Uint8Array([${number}]))
    let sum = 0, count = 0
    for await (const { data } of inbox) { sum += data[0]; if (++count === 500) break }
    await Promise.all([alice.close(), bob.close()])
    parentPort.postMessage(sum)
  `),
  )
  const exits = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)))
  assert.deepEqual(await Promise.all(workers.map(said)), [500, 1000, 1500])
  assert.deepEqual(await Promise.all(exits), [0, 0, 0])
})

test('threads that are terminated amid their waits take nothing down', async () => {
  for (let round = 0; round < 8; round++) {
    const workers = [1, 2].map(() =>
      thread(`
      inbox.next()
      bob.events().next()
      bob.connect('/ip4/192.0.2.1/tcp/9/p2p/12D3KooWNWaWyfykNiAEgohyNxixadMUBRUwt36YAXrHnDg6CpKX').catch(() => {})
      parentPort.postMessage('waiting')
      if (${round % 2}) for (;;) await bob.send(alice.peerId, 'chat', new Uint8Array(100))
    `),
    )
    await Promise.all(workers.map(said))
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  const worker = thread(
    `parentPort.postMessage('fine'); await Promise.all([alice.close(), bob.close()])`,
  )
  assert.equal(await said(worker), 'fine')
})

test('a thread that ends with live nodes takes nothing down', async () => {
  const worker = thread(`parentPort.postMessage('done')`)
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  assert.equal(await said(worker), 'done')
  assert.equal(await exit, 0)
})

test('a program that only had nodes in threads ends well', async () => {
  const outcome = await run(`
    import { Worker } from 'node:worker_threads'
    const worker = new Worker(\`import('glueberry').then(async ({ Node }) => {
      const node = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
      import('node:worker_threads').then(({ parentPort }) => parentPort.postMessage('up'))
      await node.messages('chat').next()
    })\`, { eval: true })
    await new Promise((resolve) => worker.once('message', resolve))
    await worker.terminate()
    await new Promise((resolve) => setTimeout(resolve, 50))
  `)
  assert.deepEqual([outcome.code, outcome.signal], [0, null], outcome.stderr)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { run } from './support.mjs'

const START = `
  import { Node, setLogger } from 'glueberry'
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5))
  const talk = async () => {
    const node = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
    const peer = await Node.start({ streams: ['chat'] })
    await peer.connect(node.listenAddresses[0])
    await peer.send(node.peerId, 'chat', Buffer.from('payload'))
    await Promise.all([node.close(), peer.close()])
  }
`

async function prints(source, stdout, { code = 0, stderr = /^$/ } = {}) {
  const outcome = await run(START + source)
  assert.deepEqual(
    [outcome.code, outcome.signal, outcome.stdout],
    [code, null, stdout],
    outcome.stderr,
  )
  assert.match(outcome.stderr, stderr)
}

test('without a logger nothing is printed', () => prints('await talk()', ''))

test('a logger gets lines with their time, level and target, and no payload', () =>
  prints(
    `
    const lines = []
    setLogger((line) => lines.push(line), { level: 'debug' })
    await talk()
    while (lines.length === 0) await turn()
    const isRight = ({ at, level, target, message }) =>
      at instanceof Date && ['error', 'warn', 'info', 'debug'].includes(level) && target.startsWith('glueberry') && !message.includes('payload')
    console.log(lines.filter(({ target }) => target.startsWith('glueberry')).every(isRight))
  `,
    'true\n',
  ))

test('a logger that is taken back gets nothing more', () =>
  prints(
    `
    let count = 0
    setLogger(() => count++, { level: 'trace' })
    await talk()
    setLogger(null)
    const before = count
    await talk()
    await turn()
    console.log(before > 0, count - before)
  `,
    'true 0\n',
  ))

test('the last logger counts', () =>
  prints(
    `
    let [one, two] = [0, 0]
    setLogger(() => one++, { level: 'debug' })
    setLogger(() => two++, { level: 'debug' })
    await talk()
    while (two === 0) await turn()
    console.log(one, two > 0)
  `,
    '0 true\n',
  ))

test('what a logger throws is an uncaught exception, and the next lines come', () =>
  prints(
    `
    let count = 0
    process.on('uncaughtException', ({ message }) => { if (count === 1) console.log('caught', message) })
    setLogger(() => { count++; throw new Error('mine') }, { level: 'debug' })
    await talk()
    while (count < 2) await turn()
    setLogger(null)
    console.log('end')
  `,
    'caught mine\nend\n',
  ))

test('a level that does not exist is refused', () =>
  prints(
    `try { setLogger(() => {}, { level: 'loud' }) } catch ({ code }) { console.log(code) }`,
    'InvalidArgument\n',
  ))

test('a logger of a thread ends with it', () =>
  prints(
    `
    import { Worker } from 'node:worker_threads'
    const worker = new Worker(\`import('glueberry').then(({ setLogger }) => {
      setLogger(() => {}, { level: 'trace' })
      import('node:worker_threads').then(({ parentPort }) => parentPort.postMessage('set'))
      setInterval(() => {}, 1000)
    })\`, { eval: true })
    await new Promise((resolve) => worker.once('message', resolve))
    const talking = talk()
    await worker.terminate()
    await talking
    await talk()
    console.log('end')
  `,
    'end\n',
  ))

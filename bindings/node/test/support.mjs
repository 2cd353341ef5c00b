// What the tests share. Whatever waits has a deadline.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { Node } from 'glueberry'

/** More than anything here takes on a busy machine. */
export const PATIENCE_MS = 60_000

/** For calls that must end. */
export const soon = () => ({ signal: AbortSignal.timeout(PATIENCE_MS) })

export const LOOPBACK = '/ip4/127.0.0.1/tcp/0'

/** Starts a node that is closed with the test. */
export async function start(t, config = {}) {
  const node = await Node.start({ streams: ['chat', 'files'], ...config }, soon())
  t.after(() => node.close())
  return node
}

export const listening = (t, config = {}) => start(t, { listen: [LOOPBACK], ...config })

/** Two nodes that are established: `bob` dialed `alice`. */
export async function pair(t, { alice: ofAlice = {}, bob: ofBob = {} } = {}) {
  const alice = await listening(t, ofAlice)
  const bob = await start(t, ofBob)
  await bob.connect(alice.listenAddresses[0], soon())
  await alice.waitEstablished(bob.peerId, soon()).catch(() => established(alice, bob.peerId))
  return { alice, bob }
}

/** Waits until a node is established with a peer that dials it. */
export async function established(node, peer) {
  const events = node.events({ peers: [peer], kinds: ['peerEstablished'] })
  if (node.connectionState(peer) !== 'established') await events.next(soon())
  events.close()
}

/** The next event of a kind. */
export async function next(events, type) {
  for (;;) {
    const { value, done } = await events.next(soon())
    if (done) throw new Error(`no ${type} came`)
    if (value.type === type) return value
  }
}

export const bytes = (text) => new TextEncoder().encode(text)
export const text = (data) => new TextDecoder().decode(data)

/** A number as eight bytes, and back. */
export function numbered(number, size = 8) {
  const data = new Uint8Array(size)
  new DataView(data.buffer).setUint32(0, number)
  return data
}
export const numberIn = (data) => new DataView(data.buffer, data.byteOffset).getUint32(0)

/** Sends numbered messages and waits for room in between. */
export async function sendAll(node, peer, stream, count, from = 0) {
  for (let number = from; number < from + count; number++)
    await node.send(peer, stream, numbered(number))
}

export const range = (count, from = 0) => Array.from({ length: count }, (_, index) => from + index)

/** Waits until a condition holds; for what no event tells. */
export async function until(condition, what) {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it never came to pass: ${what ?? condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Runs a program, as a module, and returns how it ended and what it printed. */
export function run(source, { flags = [], input, patience = PATIENCE_MS } = {}) {
  return execute([...flags, '--input-type=module', '-e', source], { input, patience })
}

export function execute(
  args,
  { input, patience = PATIENCE_MS, program = process.execPath, cwd = HERE } = {},
) {
  const child = spawn(program, args, { cwd })
  const outcome = { stdout: '', stderr: '', code: null, signal: null, ms: 0 }
  const began = Date.now()
  child.stdout.on('data', (data) => (outcome.stdout += data))
  child.stderr.on('data', (data) => (outcome.stderr += data))
  if (input !== undefined) child.stdin.end(input)
  const timer = setTimeout(() => child.kill('SIGKILL'), patience)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve(Object.assign(outcome, { code, signal, ms: Date.now() - began }))
    })
  })
}

const HERE = fileURLToPath(new URL('.', import.meta.url))

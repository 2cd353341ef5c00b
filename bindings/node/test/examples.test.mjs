// The examples do what they say, with each other.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { LOOPBACK, PATIENCE_MS } from './support.mjs'

const EXAMPLES = fileURLToPath(new URL('../../../examples/node', import.meta.url))

/** A running example, its input, and what it says, a line at a time. */
class Program {
  #lines
  complaints = ''

  constructor(t, name, ...given) {
    this.process = spawn(process.execPath, [join(EXAMPLES, name), ...given], { cwd: EXAMPLES })
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]()
    this.process.stderr.on('data', (data) => (this.complaints += data))
    this.ended = new Promise((resolve) =>
      this.process.on('close', (code, signal) => resolve(signal ?? code)),
    )
    const timer = setTimeout(() => this.process.kill('SIGKILL'), PATIENCE_MS)
    t.after(() => {
      clearTimeout(timer)
      this.process.kill('SIGKILL')
    })
  }

  async line() {
    const { value, done } = await this.#lines.next()
    assert.ok(!done, `it ends instead: ${this.complaints}`)
    return value
  }

  async rest() {
    const all = []
    for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next())
      all.push(next.value)
    return all
  }

  async address() {
    const [, address, peer] = (await this.line()).match(
      /^listening (\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/(12D3\w+))$/,
    )
    return { address, peer }
  }

  types(line) {
    this.process.stdin.write(`${line}\n`)
  }

  /** Its exit status, once its input ends. */
  async ends() {
    this.process.stdin.end()
    return this.ended
  }
}

test('two nodes of the quick start greet each other', async (t) => {
  const program = new Program(t, 'quick-start.mjs')
  const [first, ...others] = await program.rest()
  assert.match(first, /^Anna listens at \/ip4\/.*\/p2p\/12D3KooW/)
  assert.deepEqual(others, [
    'Bruno is connected',
    'Anna reads: Hello Anna!',
    'Bruno reads: Hello Bruno!',
  ])
  assert.equal(await program.ended, 0, program.complaints)
})

test('without arguments each says how it is used', async (t) => {
  for (const name of ['basic.mjs', 'chat.mjs', 'app-handshake.mjs']) {
    const program = new Program(t, name)
    assert.equal(await program.ended, 2)
    assert.match(program.complaints, new RegExp(`^usage: ${name}`))
  }
})

test('an echo comes back, and both end well', async (t) => {
  const server = new Program(t, 'basic.mjs', 'listen', LOOPBACK)
  const { address } = await server.address()
  const client = new Program(t, 'basic.mjs', 'send', address, 'one', '', 'zwei drei')
  assert.deepEqual(await client.rest(), ['one', '', 'zwei drei'])
  assert.equal(await client.ended, 0, client.complaints)
  assert.equal(await server.ends(), 0, server.complaints)
})

test('SIGINT ends a listener well', async (t) => {
  const server = new Program(t, 'basic.mjs', 'listen', LOOPBACK)
  await server.address()
  server.process.kill('SIGINT')
  assert.equal(await server.ended, 0, server.complaints)
})

test('what fails is told with its code and what to do', async (t) => {
  const program = new Program(t, 'basic.mjs', 'send', '/ip4/127.0.0.1/tcp/1', 'x')
  assert.equal(await program.ended, 1)
  assert.match(program.complaints, /^InvalidAddress: .*\n.*\/p2p\/PEER-ID/)
})

test('three people talk, and are known again by their keys', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'glueberry-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [key, other] = ['anna.pem', 'bruno.pem'].map((name) => join(folder, name))
  const anna = new Program(t, 'chat.mjs', key, 'Anna', LOOPBACK)
  const { address, peer } = await anna.address()
  const bruno = new Program(t, 'chat.mjs', other, 'Bruno', LOOPBACK, address)
  const { address: there } = await bruno.address()
  bruno.types('hello')
  assert.equal(await anna.line(), 'Bruno> hello')
  const carla = new Program(
    t,
    'chat.mjs',
    join(folder, 'carla.pem'),
    'Carla',
    LOOPBACK,
    address,
    there,
  )
  await carla.address()
  carla.types('hello both')
  assert.equal(await anna.line(), 'Carla> hello both')
  assert.equal(await bruno.line(), 'Carla> hello both')
  anna.types('hello all')
  assert.equal(await bruno.line(), 'Anna> hello all')
  assert.equal(await carla.line(), 'Anna> hello all')
  assert.equal(await carla.ends(), 0, carla.complaints)
  assert.equal(await bruno.ends(), 0, bruno.complaints)
  assert.equal(await anna.ends(), 0, anna.complaints)
  const again = new Program(t, 'chat.mjs', key, 'Anna', LOOPBACK)
  assert.equal((await again.address()).peer, peer)
  assert.equal(await again.ends(), 0)
})

test('the club lets in who knows the password, and nobody else', async (t) => {
  const club = new Program(t, 'app-handshake.mjs', 'listen', LOOPBACK)
  const { address } = await club.address()
  const guest = new Program(t, 'app-handshake.mjs', 'dial', address, 'glueberry')
  assert.deepEqual(await guest.rest(), ['Good evening!'])
  assert.equal(await guest.ended, 0, guest.complaints)
  const stranger = new Program(t, 'app-handshake.mjs', 'dial', address, 'strawberry')
  assert.equal(await stranger.ended, 1)
  assert.equal(stranger.complaints, 'not let in\n')
  assert.equal(await club.ends(), 0, club.complaints)
})

test('the quick start in the documentation is the one in the examples', () => {
  const program = readFileSync(join(EXAMPLES, 'quick-start.mjs'), 'utf8')
  const page = readFileSync(new URL('../../../docs/node.md', import.meta.url), 'utf8')
  assert.ok(page.includes(`\`\`\`js\n${program}\`\`\``))
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'

import { Identity } from 'glueberry'

import { start } from './support.mjs'

test('a key is kept in a file, and never overwritten unasked', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'glueberry-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'node.pem')
  const identity = Identity.generate()
  identity.save(path)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(Identity.load(path).peerId, identity.peerId)
  assert.throws(() => Identity.generate().save(path), { code: 'KeyFileExists' })
  const other = Identity.generate()
  other.save(path, { overwrite: true })
  assert.equal(Identity.load(path).peerId, other.peerId)
  assert.throws(() => Identity.load(join(folder, 'none')), { code: 'KeyFileUnreadable' })
  assert.throws(() => identity.save(join(folder, 'no', 'such')), { code: 'KeyFileUnwritable' })
})

test('a key comes from a seed and from text, always the same', () => {
  const seed = new Uint8Array(32).fill(7)
  const identity = Identity.fromSeed(seed)
  assert.equal(Identity.fromSeed(seed).peerId, identity.peerId)
  assert.equal(Identity.fromPem(identity.toPem()).peerId, identity.peerId)
  assert.throws(() => Identity.fromSeed(seed.subarray(1)), { code: 'InvalidKey' })
  assert.throws(() => Identity.fromSeed('seed'), { code: 'InvalidArgument' })
  assert.throws(() => Identity.fromPem('hello'), { code: 'InvalidKey' })
})

test('no key is ever shown', () => {
  const identity = Identity.fromSeed(new Uint8Array(32).fill(0xa5))
  for (const shown of [
    inspect(identity, { showHidden: true, depth: 9 }),
    String(identity),
    JSON.stringify(identity),
  ]) {
    assert.ok(shown.includes(identity.peerId))
    assert.ok(!/a5a5|165|PRIVATE/i.test(shown), shown)
  }
})

test('a node is known by its key', async (t) => {
  const identity = Identity.generate()
  assert.equal((await start(t, { identity })).peerId, identity.peerId)
})

// What is published: one copy of everything, for both kinds of modules, and nothing else.

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import * as esm from 'glueberry'

import { execute } from './support.mjs'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const cjs = createRequire(import.meta.url)('glueberry')

test('ESM and CommonJS have the same names and the same classes', () => {
  assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).sort())
  for (const name of Object.keys(esm)) assert.equal(esm[name], cjs[name], name)
  assert.throws(
    () => cjs.Identity.fromPem(''),
    (error) => error instanceof esm.GlueberryError,
  )
})

test('the package holds what runs and its types, and nothing else', async () => {
  const outcome = await execute(['pack', '--dry-run', '--json', '--ignore-scripts'], {
    program: 'npm',
    cwd: PACKAGE,
  })
  const listed = JSON.parse(outcome.stdout)
  const { files } = Array.isArray(listed) ? listed[0] : Object.values(listed)[0]
  const others = files
    .map(({ path }) => path)
    .filter((path) => !/^dist\/(cjs|esm)\/[a-z-]+\.(js|d\.ts|json)$/.test(path))
  assert.deepEqual(others.sort(), ['README.md', 'package.json'])
})

test('the lock file names no host that packages came from', () => {
  const { packages } = JSON.parse(readFileSync(join(PACKAGE, 'package-lock.json'), 'utf8'))
  assert.ok(Object.values(packages).every(({ resolved }) => resolved === undefined))
})

test('without a native half for this machine the failure says what to do', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'glueberry-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(join(PACKAGE, 'dist'), join(folder, 'dist'), { recursive: true })
  const outcome = await execute([join(folder, 'dist/esm/index.js')])
  assert.equal(outcome.code, 1)
  assert.match(outcome.stderr, /glueberry has no native module for \w+ on \w+: install it again/)
})

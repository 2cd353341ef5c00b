// The code in docs/node.md and README.md runs: whole programs as they are, parts of one in a
// program that has a node.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { execute } from './support.mjs'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const page = (path) => readFileSync(new URL(path, import.meta.url), 'utf8')
const blocks = (text, language) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, code]) => code,
  )

/**
 * A node with a peer that has said hi three times and echoes; both are closed a little later, which
 * ends loops.
 */
const around = (code) => `
  import { Node } from 'glueberry'
  const other = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
  const node = await Node.start({ streams: ['chat'] })
  const address = other.listenAddresses[0]
  const peer = await node.connect(address)
  void (async () => {
    for await (const { peer, data } of other.messages('chat')) await other.send(peer, 'chat', data)
  })()
  for (let count = 0; count < 3; count++) await node.send(peer, 'chat', new TextEncoder().encode('hi'))
  setTimeout(() => Promise.all([node.close(), other.close()]), 500)
  { ${code} }
  console.log('the end')
`

/** A folder with this package in it. */
function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'glueberry-'))
  t.after(() => rmSync(path, { recursive: true }))
  mkdirSync(join(path, 'node_modules'))
  symlinkSync(PACKAGE, join(path, 'node_modules/glueberry'))
  return path
}

for (const path of ['../../../docs/node.md', '../README.md']) {
  const programs = blocks(page(path), 'js')
  assert.ok(programs.length > 0, path)
  for (const [number, code] of programs.entries()) {
    test(`block ${number + 1} of ${path.split('/').at(-1)} runs`, async (t) => {
      const isWhole = code.startsWith('import')
      const cwd = folder(t)
      const outcome = await execute(['--input-type=module', '-e', isWhole ? code : around(code)], {
        cwd,
      })
      assert.deepEqual([outcome.code, outcome.signal], [0, null], `${code}\n${outcome.stderr}`)
      if (!isWhole) assert.match(outcome.stdout, /the end\n$/)
    })
  }
}

test('the TypeScript on the page is right', async (t) => {
  const programs = blocks(page('../../../docs/node.md'), 'ts')
  assert.ok(programs.length > 0)
  const cwd = folder(t)
  programs.forEach((code, number) => writeFileSync(join(cwd, `${number}.mts`), code))
  symlinkSync(join(PACKAGE, 'node_modules/@types'), join(cwd, 'node_modules/@types'))
  const options = {
    ...JSON.parse(readFileSync(join(PACKAGE, 'tsconfig.check.json'), 'utf8')).compilerOptions,
  }
  writeFileSync(
    join(cwd, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['*.mts'] }),
  )
  const outcome = await execute([join(PACKAGE, 'node_modules/typescript/bin/tsc'), '-p', cwd], {
    cwd,
  })
  assert.equal(outcome.code, 0, outcome.stdout)
})

// Builds the native half for this machine, and lays it where the loader looks first.
//
// `PROFILE=dev` builds what is quick to build; the default is optimized.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export function buildNative(profile = process.env.PROFILE ?? 'release') {
  const arguments_ = [
    'build',
    '--locked',
    '--package',
    'glueberry-node',
    '--profile',
    profile,
    '--message-format',
    'json-render-diagnostics',
  ]
  const told = execFileSync('cargo', arguments_, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  })
  const artifacts = told
    .split('\n')
    .filter((line) => line.includes('"compiler-artifact"'))
    .map((line) => JSON.parse(line))
  const { filenames } = artifacts.findLast(({ target }) => target.name === 'glueberry_node')
  mkdirSync(PLACE, { recursive: true })
  // At once: another process may be about to load it.
  copyFileSync(filenames[0], `${FILE}.new`)
  renameSync(`${FILE}.new`, FILE)
}

/** As `ts/loader.ts` looks for it. */
function triple() {
  const machine = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') return `${machine}-msvc`
  if (process.platform !== 'linux') return machine
  return `${machine}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`
}

const PLACE = fileURLToPath(new URL('../native', import.meta.url))
export const FILE = join(PLACE, `glueberry.${triple()}.node`)

if (process.argv[1] === fileURLToPath(import.meta.url)) buildNative()

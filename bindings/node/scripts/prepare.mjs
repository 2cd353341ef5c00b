// `npm install` in a checkout: builds what is not there yet. Published packages have all of it.

import { execSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { buildNative, FILE } from './native.mjs'

const here = fileURLToPath(new URL('..', import.meta.url))
const run = (command) => execSync(command, { cwd: here, stdio: 'inherit' })

if (!existsSync(FILE)) buildNative()
if (!existsSync(join(here, 'dist/esm/index.js'))) {
  if (!existsSync(join(here, 'node_modules/typescript'))) run('npm ci --ignore-scripts')
  run('npm run build:js')
}

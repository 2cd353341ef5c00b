// The library, as the checkout has it.

import { readFileSync } from 'node:fs'

export * from '../../../bindings/node/dist/esm/index.js'

export const { version } = JSON.parse(
  readFileSync(new URL('../../../bindings/node/package.json', import.meta.url), 'utf8'),
)

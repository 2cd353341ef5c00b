// One copy of the classes, in CommonJS, and a thin door for `import`: so `instanceof` holds across
// both.

import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

mkdirSync('dist/esm', { recursive: true })
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n')
writeFileSync('dist/esm/package.json', '{ "type": "module" }\n')

const glueberry = createRequire(import.meta.url)('../dist/cjs/index.js')
const names = Object.keys(glueberry).join(', ')
writeFileSync(
  'dist/esm/index.js',
  `import glueberry from '../cjs/index.js'\n\nexport const { ${names} } = glueberry\n`,
)
writeFileSync('dist/esm/index.d.ts', `export * from '../cjs/index.js'\n`)

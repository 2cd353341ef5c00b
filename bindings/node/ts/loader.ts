// Finds the native half: beside this package, as a build leaves it, or in the package for this
// platform.

import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Loads the native half for this machine. */
export function load(): unknown {
  const failures: unknown[] = []
  for (const triple of triples()) {
    for (const place of [
      join(__dirname, `../../native/glueberry.${triple}.node`),
      `@glueberry/${triple}`,
    ]) {
      if (place.startsWith('@') || existsSync(place)) {
        try {
          return require(place)
        } catch (failure) {
          failures.push(failure)
        }
      }
    }
  }
  throw new Error(
    `glueberry has no native module for ${process.platform} on ${process.arch}: install it again without --omit=optional, or build it from source`,
    { cause: failures.length > 1 ? new AggregateError(failures) : failures[0] },
  )
}

/** What modules for this machine are called; on Linux for either C library, whichever is there. */
function triples(): string[] {
  const machine = `${process.platform}-${process.arch}`
  switch (process.platform) {
    case 'linux':
      return [`${machine}-gnu`, `${machine}-musl`]
    case 'win32':
      return [`${machine}-msvc`]
    default:
      return [machine]
  }
}

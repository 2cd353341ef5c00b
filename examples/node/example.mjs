// What the examples share: how they print, complain, and end at the end of standard input or at
// SIGINT.

import { createInterface } from 'node:readline'

/** How long a call may take before the example gives up. */
export const patience = () => ({ signal: AbortSignal.timeout(30_000) })

const encoder = new TextEncoder()
const decoder = new TextDecoder()
export const encode = (text) => encoder.encode(text)
export const decode = (data) => decoder.decode(data)

/** Where a node listens. Say so once all is ready. */
export function printAddresses(node) {
  for (const address of node.listenAddresses) console.log(`listening ${address}`)
}

/** For what may fail without end: a peer that has left is no reason to stop. */
export function complain(error) {
  console.error(`${error.code ?? error.name}: ${error.message}`)
  if (error.hint) console.error(error.hint)
}

const interrupted = new Promise((resolve) => process.once('SIGINT', resolve))

/** The lines of standard input; SIGINT ends them as well. */
export function lines() {
  const input = createInterface({ input: process.stdin })
  void interrupted.then(() => input.close())
  return input
}

/** Waits for the end, whatever is typed before. */
export async function untilEnd() {
  for await (const _ of lines()) continue
}

/** Runs what the command line asks for. Without a command of these: how it is used. */
export async function main(usage, commands) {
  const [command, ...given] = process.argv.slice(2)
  const run = Object.hasOwn(commands, command) && commands[command]
  if (!run || given.length < run.length) return misused(usage)
  await attempt(() => run(...given))
}

/** Says how a program is used, and ends it. */
export function misused(usage) {
  console.error(`usage: ${usage}`)
  process.exit(2)
}

/** What fails is told, and ends the program. */
export async function attempt(body) {
  try {
    await body()
  } catch (error) {
    complain(error)
    process.exit(1)
  }
}

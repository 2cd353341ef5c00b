// Obeys commands, one JSON object a line: see ../README.md.

import { createInterface } from 'node:readline'

import { AbortError, TimeoutError } from './deadlines.mjs'
import { Background } from './background.mjs'
import { Calls, Fault, Lack } from './calls.mjs'
import { start } from './settings.mjs'
import { toldError, toldStart } from './told.mjs'
import { GlueberryError, version } from './glueberry.mjs'

const background = new Background()
let calls

async function obey(command) {
  switch (command.do) {
    case 'hello':
      return { language: 'node', version }
    case 'start': {
      const node = await start(command)
      calls = new Calls(node)
      return toldStart(node)
    }
    case 'begin':
      return background.begin(command.tag, (signal) =>
        answered(() => made().call(command.call, signal)),
      )
    case 'await':
      return background.wait(command)
    case 'cancel':
      return background.cancel(command.tag)
    default:
      return made().call(command)
  }
}

function made() {
  if (!calls) throw new Fault('no node was started')
  return calls
}

/** What a call answers, whatever becomes of it. */
async function answered(call) {
  try {
    return { ok: true, ...(await call()) }
  } catch (thrown) {
    const told = thrown?.told ?? {}
    if (thrown instanceof TimeoutError) return { timed_out: true, ...told }
    if (thrown instanceof AbortError) return { ok: true, cancelled: true, ...told }
    if (thrown instanceof GlueberryError) return { error: toldError(thrown), ...told }
    if (thrown instanceof Lack) return { lacks: thrown.message }
    return { fault: thrown instanceof Fault ? thrown.message : `${thrown?.stack}` }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...command } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ id, ...(await answered(() => obey(command))) })}\n`)
}
// A call that waits would keep the process.
process.exit(0)

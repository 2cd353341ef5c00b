import { nextTick } from 'node:process'

import { call } from './errors.js'
import { native, type NativeLog } from './native.js'
import { alsoAtTurns, tasks } from './waits.js'

/** How grave a line of the log is. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** A line of the log. Neither keys nor payload are ever in it. */
export interface LogRecord {
  readonly at: Date
  readonly level: LogLevel
  /** The part of the library it comes from. */
  readonly target: string
  readonly message: string
}

/**
 * Hands the log of the library, of all nodes in this process, to a function; `null` ends that.
 * Without it nothing is logged. There is one function for a process, its workers included: the
 * last one counts. It does not keep the process alive. When it is slow lines are dropped, and a
 * line says how many.
 *
 * What it throws is an uncaught exception; the next lines come all the same.
 *
 * @example
 * setLogger(({ level, message }) => console.error(level, message), { level: 'debug' })
 *
 * @throws {@link GlueberryError} `InvalidArgument` for a level that does not exist.
 */
export function setLogger(
  listener: ((record: LogRecord) => void) | null,
  { level = 'info' }: { level?: LogLevel | undefined } = {},
): void {
  const next = listener && { log: call(() => native.NativeLog.start(tasks, level)), listener }
  if (current) {
    alsoAtTurns.delete(deliver)
    current.log.stop()
  }
  current = next
  if (current) alsoAtTurns.add(deliver)
}

interface Logging {
  log: NativeLog
  listener: (record: LogRecord) => void
}

let current: Logging | null = null

function deliver(): void {
  for (let lines = current?.log.take(); lines; lines = current?.log.take()) {
    for (const line of JSON.parse(lines) as (Omit<LogRecord, 'at'> & { at: number })[]) tell(line)
  }
}

function tell(line: Omit<LogRecord, 'at'> & { at: number }): void {
  try {
    current?.listener({ ...line, at: new Date(line.at) })
  } catch (thrown) {
    nextTick(() => {
      throw thrown
    })
  }
}

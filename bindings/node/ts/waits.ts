// Calls that are under way in the native half, and the promises of them.
//
// The native half calls `turn` once for all that is done. While something is awaited the process is
// kept alive, as it is by any other input or output; what nobody awaits does not keep it.

import { call, told, type GlueberryError } from './errors.js'
import { native, type Finished } from './native.js'
import { onAbort } from './signals.js'

/** What every call that waits takes. */
export interface WaitOptions {
  /** Ends the waiting; the call is then rejected with the signal's reason. */
  signal?: AbortSignal | undefined
}

export const tasks = new native.Tasks(turn)

/** Called with every turn: for the log. */
export const alsoAtTurns = new Set<() => void>()

/**
 * Awaits a call. `begin` returns its number. What has to live as long is the `owner`.
 */
export function wait<T>(owner: object, begin: () => number, options?: WaitOptions): Promise<T> {
  const origin: { stack?: string } = {}
  Error.captureStackTrace(origin, wait)
  return new Wait<T>(owner, options?.signal, origin).begin(begin)
}

/** A call that is awaited. */
export class Wait<T> {
  /** Lives as long as the call. */
  readonly owner: object
  readonly #signal: AbortSignal | undefined
  /** Where the call was made. */
  readonly #origin: { stack?: string } | undefined
  #ignore: (() => void) | undefined
  #id = 0
  #isHeld = false
  /** Whether the process is kept alive for it. */
  #isRef: boolean
  #resolve!: (value: T) => void
  #reject!: (reason: unknown) => void

  constructor(
    owner: object,
    signal: AbortSignal | undefined,
    origin?: { stack?: string },
    isRef = true,
  ) {
    this.owner = owner
    this.#signal = signal
    this.#origin = origin
    this.#isRef = isRef
  }

  begin(begin: () => number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#signal?.throwIfAborted()
      this.#id = call(begin)
      this.#resolve = resolve
      this.#reject = reject
      waiting.set(this.#id, this as Wait<unknown>)
      this.#hold(this.#isRef)
      if (this.#signal) this.#ignore = onAbort(this.#signal, () => this.#abort())
    })
  }

  /** Whether the process is kept alive for it. */
  ref(on: boolean): void {
    this.#isRef = on
    if (this.#id !== 0) this.#hold(on)
  }

  settle({ value, error }: Finished): void {
    this.#end()
    if (error === undefined) this.#resolve(value as T)
    else this.#reject(this.#traced(told(error)))
  }

  #abort(): void {
    const finished = tasks.cancel(this.#id)
    // It was done before anybody heard of it.
    if (finished) return this.settle(finished)
    this.#end()
    this.#reject(this.#signal!.reason)
  }

  #end(): void {
    waiting.delete(this.#id)
    this.#hold(false)
    this.#id = 0
    this.#ignore?.()
  }

  #hold(on: boolean): void {
    if (this.#isHeld === on) return
    this.#isHeld = on
    held += on ? 1 : -1
    if (held === (on ? 1 : 0)) tasks.hold(on)
  }

  #traced(error: GlueberryError): GlueberryError {
    const frames = this.#origin?.stack?.split('\n').slice(1).join('\n')
    if (frames) error.stack = `${error.name}: ${error.message}\n${frames}`
    return error
  }
}

function turn(): void {
  for (const finished of tasks.turn()) waiting.get(finished.id)?.settle(finished)
  for (const also of alsoAtTurns) also()
}

const waiting = new Map<number, Wait<unknown>>()
let held = 0

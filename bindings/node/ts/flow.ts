// The one way of waiting for items, for messages and for events: take what is held, else fetch a
// batch, else wait until there is one. Cancelling a wait takes nothing, so it loses nothing.

import { GlueberryError } from './errors.js'
import { ITEMS_A_TURN, turn } from './turns.js'
import { Wait, type WaitOptions } from './waits.js'

/** Where items come from. */
export interface Source<T> {
  /** One that is held. */
  take(): T | undefined
  /** Fetches a batch; false if there is none. */
  fill(): boolean
  /** Begins to wait for one. */
  ready(): number
  /** Ends it, and keeps what is held. */
  close(): void
}

export class Flow<T> {
  readonly #source: Source<T>
  #isOver = false
  /** The iterator whose `next` waits: it must not be collected meanwhile. */
  #waiting: object | undefined
  #wait: Wait<boolean> | undefined
  #isRef = true
  #sinceTurn = 0

  constructor(source: Source<T>) {
    this.#source = source
  }

  next(owner: object, options?: WaitOptions): Promise<IteratorResult<T, undefined>> {
    if (
      this.#waiting === undefined &&
      options?.signal?.aborted !== true &&
      this.#sinceTurn < ITEMS_A_TURN
    ) {
      const value = this.#source.take()
      if (value !== undefined) {
        this.#sinceTurn++
        return Promise.resolve({ value, done: false })
      }
    }
    return this.#next(owner, options?.signal)
  }

  /** Ends the flow, and a wait for it. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#source.close()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  ref(on: boolean): void {
    this.#isRef = on
    this.#wait?.ref(on)
  }

  async #next(
    owner: object,
    signal: AbortSignal | undefined,
  ): Promise<IteratorResult<T, undefined>> {
    signal?.throwIfAborted()
    if (this.#waiting !== undefined) throw new GlueberryError('ConsumerTaken', OVERLAP)
    this.#waiting = owner
    try {
      const value = await this.#fetch(signal)
      return value === undefined ? { value: undefined, done: true } : { value, done: false }
    } finally {
      this.#waiting = undefined
    }
  }

  async #fetch(signal: AbortSignal | undefined): Promise<T | undefined> {
    if (this.#sinceTurn >= ITEMS_A_TURN) {
      this.#sinceTurn = 0
      await turn()
      signal?.throwIfAborted()
    }
    while (!this.#isOver) {
      const value = this.#source.take()
      if (value !== undefined) {
        this.#sinceTurn++
        return value
      }
      if (!this.#source.fill() && !(await this.#more(signal))) return undefined
    }
    return undefined
  }

  /** Waits for more; false at the end. */
  async #more(signal: AbortSignal | undefined): Promise<boolean> {
    this.#sinceTurn = 0
    this.#wait = new Wait<boolean>(this, signal, undefined, this.#isRef)
    try {
      return await this.#wait.begin(() => this.#source.ready())
    } finally {
      this.#wait = undefined
    }
  }
}

const OVERLAP = 'a next() of this iterator waits already'

import { Flow } from './flow.js'
import type { WaitOptions } from './waits.js'

/** What {@link Messages} and {@link Events} have in common. */
export abstract class Incoming<T> implements AsyncIterableIterator<T>, AsyncDisposable {
  #flow: Flow<T>

  /** @internal */
  constructor(flow: Flow<T>) {
    this.#flow = flow
    abandoned.register(this, flow, this)
  }

  /**
   * The next one; `done` at the end. Cancelling loses nothing: the next call gets what this one
   * would have.
   *
   * @throws {@link GlueberryError} `ConsumerTaken` while another `next()` of this iterator waits.
   */
  next(options?: WaitOptions): Promise<IteratorResult<T, undefined>> {
    return this.#flow.next(this, options)
  }

  /** Called on leaving a loop. */
  abstract return(): Promise<IteratorReturnResult<undefined>>

  /** Ends it, and a `next()` that waits. Again, it does nothing. */
  close(): void {
    abandoned.unregister(this)
    this.#flow.close()
  }

  /** Lets the process end while this waits. */
  unref(): this {
    this.#flow.ref(false)
    return this
  }

  /** Keeps the process alive while this waits, which is the default. */
  ref(): this {
    this.#flow.ref(true)
    return this
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** @internal */
  protected get isClosed(): boolean {
    return this.#flow.isOver
  }

  /** @internal Begins anew. */
  protected begin(flow: Flow<T>): void {
    this.#flow = flow
    abandoned.register(this, flow, this)
  }
}

/** An iterator that nobody holds any more gives back what it has. */
const abandoned = new FinalizationRegistry<Flow<unknown>>((flow) => flow.close())

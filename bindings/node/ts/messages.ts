import { call } from './errors.js'
import { Flow, type Source } from './flow.js'
import { Incoming } from './incoming.js'
import type { NativeMessages, NativeNode } from './native.js'
import type { PeerId } from './peer-id.js'
import type { Remainders } from './remainders.js'

/** A received message. */
export interface Message {
  /** Who sent it. */
  readonly peer: PeerId
  /** On which stream. */
  readonly stream: string
  /**
   * What it says: a view of the buffer that it came in with others, up to 256 KiB. Copy what you
   * keep for long: `data.slice()`.
   */
  readonly data: Uint8Array
}

/**
 * Received messages, in the order in which each peer sent them; ends when the node is closed and
 * all was read.
 *
 * A stream has one consumer at a time. Leaving a loop gives the stream back, and what was not
 * delivered goes to whoever comes next, also to the next loop over the same object.
 *
 * @example
 * for await (const { peer, data } of node.messages('chat')) {
 *   console.log(peer, new TextDecoder().decode(data))
 * }
 */
export class Messages extends Incoming<Message> {
  readonly #open: () => Flow<Message>

  /** @internal */
  constructor(open: () => Flow<Message>) {
    super(open())
    this.#open = open
  }

  /** Gives the stream back, with what was not delivered. */
  override return(): Promise<IteratorReturnResult<undefined>> {
    this.close()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** Takes the stream again if it was given back. */
  override [Symbol.asyncIterator](): this {
    if (this.isClosed) this.begin(this.#open())
    return this
  }
}

/** The messages of a native queue, after those that an earlier consumer left. */
export class Inflow implements Source<Message> {
  readonly #native: NativeMessages
  readonly #remainders: Remainders
  /** Lives as long as somebody reads. */
  readonly node: NativeNode
  #left: Message[]
  #leftAt = 0
  #count = 0
  #at = 0
  #from = 0
  #buffer: ArrayBufferLike = new ArrayBuffer(0)
  #offset = 0
  /** Where each ends, and whom it is from. */
  #index: Uint32Array = new Uint32Array(0)
  #origins: string[] = []

  constructor(native: NativeMessages, node: NativeNode, remainders: Remainders, stream?: string) {
    this.node = node
    this.#native = native
    this.#remainders = remainders
    this.#left = remainders.take(stream)
  }

  take(): Message | undefined {
    if (this.#at === this.#count)
      return this.#leftAt < this.#left.length ? this.#left[this.#leftAt++] : undefined
    const at = 2 * this.#at++
    const end = this.#index[at]!
    const origin = 2 * this.#index[at + 1]!
    const data = new Uint8Array(this.#buffer, this.#offset + this.#from, end - this.#from)
    this.#from = end
    return { peer: this.#origins[origin] as PeerId, stream: this.#origins[origin + 1]!, data }
  }

  fill(): boolean {
    const packed = call(() => this.#native.drain(MOST, MOST_BYTES))
    if (!packed) return false
    const { bytes, count, forgets, origins } = packed
    this.#buffer = bytes.buffer
    this.#offset = bytes.byteOffset
    this.#index = new Uint32Array(bytes.buffer, bytes.byteOffset, 2 * count)
    this.#from = 8 * count
    this.#count = count
    this.#at = 0
    if (forgets) this.#origins = []
    if (origins) this.#origins.push(...origins)
    this.#left = NOTHING
    this.#leftAt = 0
    return true
  }

  ready(): number {
    return this.#native.ready()
  }

  close(): void {
    const rest: Message[] = []
    for (let next = this.take(); next !== undefined; next = this.take()) rest.push(next)
    this.#remainders.put(rest)
    this.#native.close()
  }
}

const NOTHING: Message[] = []
/** Messages and bytes that are fetched at once; a larger message comes alone. */
const MOST = 256
const MOST_BYTES = 256 * 1024

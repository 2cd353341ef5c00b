import { call } from './errors.js'
import { read } from './event-reader.js'
import type { Event } from './event-types.js'
import type { Flow, Source } from './flow.js'
import { Incoming } from './incoming.js'
import type { NativeEvents, NativeNode } from './native.js'
import type { EventType } from './vocabulary.js'

/** Which events a subscriber wants: all, unless narrowed. */
export interface EventFilter {
  /** Only events about these peers. */
  peers?: readonly string[] | undefined
  /** Only events of these kinds. `lagged` always comes: it says that there is a gap. */
  kinds?: readonly EventType[] | undefined
}

/**
 * What happens to a node and its peers, from the subscription on; ends when the node is closed.
 *
 * Up to `eventBuffer` events wait for a slow subscriber; then the oldest are dropped, and `lagged`
 * says how many. Leaving a loop keeps the subscription: the next loop over the same object goes on
 * where this one stopped. `close()` ends it, and so does the garbage collector.
 *
 * @example
 * for await (const event of node.events({ kinds: ['peerEstablished', 'peerDisconnected'] })) {
 *   switch (event.type) {
 *     case 'peerEstablished': console.log('here', event.peer); break
 *     case 'peerDisconnected': console.log('gone', event.peer, event.reason); break
 *   }
 * }
 */
export class Events extends Incoming<Event> {
  /** @internal */
  constructor(flow: Flow<Event>) {
    super(flow)
  }

  /** Leaves a loop; the subscription stays. */
  override return(): Promise<IteratorReturnResult<undefined>> {
    return Promise.resolve({ value: undefined, done: true })
  }
}

/** The events of a native queue. */
export class EventInflow implements Source<Event> {
  readonly #native: NativeEvents
  /** Lives as long as somebody listens. */
  readonly node: NativeNode
  #events: Event[] = []
  #at = 0

  constructor(native: NativeEvents, node: NativeNode) {
    this.#native = native
    this.node = node
  }

  take(): Event | undefined {
    return this.#at < this.#events.length ? this.#events[this.#at++] : undefined
  }

  fill(): boolean {
    const drained = call(() => this.#native.drain(MOST))
    if (drained === null) return false
    this.#events = read(drained)
    this.#at = 0
    return this.#events.length > 0
  }

  ready(): number {
    return this.#native.ready()
  }

  close(): void {
    this.#native.close()
  }
}

/** Events that are fetched at once. */
const MOST = 64

import { call } from './errors.js'
import type { NativeNode } from './native.js'

/**
 * The numbers of peers and streams to send to, so that a message costs one call with one number.
 */
export class Routes {
  readonly #native: NativeNode
  readonly #byPeer = new Map<string, Map<string, number>>()
  #count = 0

  constructor(native: NativeNode) {
    this.#native = native
  }

  to(peer: string, stream: string): number {
    const known = this.#byPeer.get(peer)?.get(stream)
    return known !== undefined ? known : this.#add(peer, stream)
  }

  #add(peer: string, stream: string): number {
    if (this.#count === MOST) this.#forget()
    const route = call(() => this.#native.route(peer, stream))
    const streams = this.#byPeer.get(peer) ?? new Map<string, number>()
    this.#byPeer.set(peer, streams.set(stream, route))
    this.#count++
    return route
  }

  #forget(): void {
    this.#native.forgetRoutes()
    this.#byPeer.clear()
    this.#count = 0
  }
}

/** Full, all are forgotten: those in use are there again with the next message. Some 500 KiB. */
const MOST = 4096

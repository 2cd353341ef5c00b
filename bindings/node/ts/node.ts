import { inspect } from 'node:util'
import { isUint8Array } from 'node:util/types'

import { inCamelCase, settings, type Config } from './config.js'
import { call, GlueberryError, invalid, translate } from './errors.js'
import { EventInflow, Events, type EventFilter } from './events.js'
import { Flow } from './flow.js'
import { Identity } from './identity.js'
import { Inflow, Messages } from './messages.js'
import { native, type NativeMessages, type NativeNode } from './native.js'
import type { PeerId } from './peer-id.js'
import {
  readBan,
  readHealth,
  readPeer,
  type Ban,
  type NewPeer,
  type PeerInfo,
  type StreamHealth,
} from './peers.js'
import { Remainders } from './remainders.js'
import { Routes } from './routes.js'
import { ITEMS_A_TURN, turn } from './turns.js'
import { eventTypes, type State } from './vocabulary.js'
import { tasks, wait, type WaitOptions } from './waits.js'
import { lower } from './words.js'

/**
 * A running node, on threads of its own. Begin with {@link Node.start}, end with `close()`.
 *
 * Calls that wait take a `signal`, and reject with its reason when it aborts; for a deadline use
 * `AbortSignal.timeout(ms)`. All other failures are a {@link GlueberryError}. After `close()`
 * every call fails with `NodeClosed`.
 *
 * @example
 * const node = await Node.start({ listen: ['/ip4/127.0.0.1/tcp/0'], streams: ['chat'] })
 * try {
 *   const peer = await node.connect(address, { signal: AbortSignal.timeout(10_000) })
 *   await node.send(peer, 'chat', new TextEncoder().encode('hi'))
 * } finally {
 *   await node.close()
 * }
 */
export class Node implements AsyncDisposable {
  readonly #native: NativeNode
  readonly #sender: number
  readonly #routes: Routes
  readonly #remainders = new Remainders()
  #closing: Promise<void> | undefined
  #sends = 0

  /** What other peers know this node by. */
  readonly peerId: PeerId

  private constructor(native: NativeNode) {
    this.#native = native
    this.#sender = native.sender()
    this.#routes = new Routes(native)
    this.peerId = native.peerId() as PeerId
  }

  /**
   * Starts a node; it is there when it listens at all its addresses.
   *
   * @throws {@link GlueberryError} `InvalidConfig`, `InvalidAddress`, `InvalidStreamName`,
   * `AddressInUse`, `ListenFailed`, and those of the address book's file.
   */
  static async start(config: Config = {}, options?: WaitOptions): Promise<Node> {
    const identity = config.identity ?? Identity.generate()
    if (!(identity instanceof Identity))
      throw invalid('identity is none: use Identity.generate() or Identity.load()')
    try {
      const begin = () =>
        native.NativeNode.start(tasks, Identity.native(identity), settings(config))
      return new Node(await wait<NativeNode>(identity, begin, options))
    } catch (thrown) {
      throw inCamelCase(thrown)
    }
  }

  /** Where this node listens, each address as a peer has to dial it. Nowhere once it is closed. */
  get listenAddresses(): string[] {
    return call(() => this.#native.listenAddresses())
  }

  /**
   * Listens at one more address, and returns what it is bound to: for port 0 the port chosen, for
   * `0.0.0.0` an address for each of the machine's.
   *
   * @throws {@link GlueberryError} `InvalidAddress`, `AddressInUse`, `ListenFailed`.
   */
  listen(address: string, options?: WaitOptions): Promise<string[]> {
    return wait(this, () => this.#native.listen(address), options)
  }

  /**
   * Connects to a peer and returns its id when it is established; with `handshake: 'app'` already
   * when it is connected. At once if it is so already.
   *
   * Once established, a link that is lost comes back by itself until {@link Node.disconnect}.
   * Aborting leaves the attempt going.
   *
   * @param place an address that ends in `/p2p/` and the peer's id, or the id alone of a peer that
   * is known.
   * @throws {@link GlueberryError} `InvalidAddress`, `UnknownPeer`, `Unreachable`, `WrongPeer`,
   * `TimedOut`, `HandshakeFailed`, `HandshakeTimeout`, `PeerKeyMismatch`.
   */
  connect(place: string, options?: WaitOptions): Promise<PeerId> {
    return wait(this, () => this.#native.connect(place), options)
  }

  /**
   * Waits until a peer is established: for programs that shake hands themselves, and for those
   * that wait until a lost peer is back.
   *
   * @throws {@link GlueberryError} `NotConnected` if no connection stands and none is sought; what
   * ended the attempts.
   */
  waitEstablished(peer: string, options?: WaitOptions): Promise<void> {
    return wait(this, () => this.#native.waitEstablished(peer), options)
  }

  /**
   * Ends the session with a peer, or the attempt at one. What is queued is written first, for up
   * to `lingerMs`. Without a connection it does nothing.
   */
  disconnect(peer: string, options?: WaitOptions): Promise<void> {
    return wait(this, () => this.#native.disconnect(peer), options)
  }

  /** Gives up the attempts to reach a lost peer again. A session that stands goes on. */
  cancelReconnection(peer: string, options?: WaitOptions): Promise<void> {
    return wait(this, () => this.#native.cancelReconnection(peer), options)
  }

  /** The state of the link with a peer. */
  connectionState(peer: string): State {
    return lower(call(() => this.#native.connectionState(peer))) as State
  }

  /** Dials the peers of the address book, as a node does by itself when it starts. */
  dialKnownPeers(options?: WaitOptions): Promise<void> {
    return wait(this, () => this.#native.dialKnownPeers(), options)
  }

  /**
   * Sends a message on a stream, in the order of the calls. It is done when the message is in the
   * stream's send buffer; while that is full it waits. Aborting such a wait sends nothing. The
   * bytes are copied: they may be changed as soon as the call has returned.
   *
   * Await it: that is what slows you down to what the peer takes. A node takes 4,096 calls that
   * wait.
   *
   * @throws {@link GlueberryError} `NotConnected`, `UnknownStream`, `MessageTooLarge`,
   * `StreamRefused`, `StreamFailed`, `TooManyOperations`.
   */
  send(peer: string, stream: string, data: Uint8Array, options?: WaitOptions): Promise<void> {
    try {
      options?.signal?.throwIfAborted()
      const id = native.send(this.#sender, this.#routes.to(peer, stream), data)
      return id === 0 ? this.#sent() : wait(this, () => id, options)
    } catch (thrown) {
      return Promise.reject(refused(thrown, data))
    }
  }

  /**
   * Sends a message on a stream if there is room for it now: false if there is none, and nothing
   * was sent.
   *
   * @throws {@link GlueberryError} as {@link Node.send}.
   */
  trySend(peer: string, stream: string, data: Uint8Array): boolean {
    try {
      return native.trySend(this.#sender, this.#routes.to(peer, stream), data)
    } catch (thrown) {
      throw refused(thrown, data)
    }
  }

  /**
   * Waits until the transport has taken all that was sent before on a stream.
   *
   * @throws {@link GlueberryError} `NotConnected` if the session ends before; `StreamRefused`,
   * `StreamFailed`.
   */
  flush(peer: string, stream: string, options?: WaitOptions): Promise<void> {
    return wait(this, () => this.#native.flush(peer, stream), options)
  }

  /**
   * Takes the messages of one stream, from all peers, fairly merged. A stream has one consumer at
   * a time. The stream `handshake` is there for programs that shake hands themselves.
   *
   * @throws {@link GlueberryError} `InvalidStreamName`; `ConsumerTaken` while another has the
   * stream.
   */
  messages(stream: string): Messages {
    return this.#messages(() => this.#native.messages(stream), stream)
  }

  /**
   * Takes the messages of all streams, from all peers, fairly merged.
   *
   * @throws {@link GlueberryError} `ConsumerTaken` while any stream has a consumer.
   */
  allMessages(): Messages {
    return this.#messages(() => this.#native.allMessages())
  }

  /** Subscribes to events, from now on. There may be any number of subscribers. */
  events({ peers, kinds }: EventFilter = {}): Events {
    const numbers = kinds?.map((kind) => eventTypes[kind] ?? complain(kind)) ?? null
    const events = call(() => this.#native.events(peers ? [...peers] : null, numbers))
    return new Events(new Flow(new EventInflow(events, this.#native)))
  }

  /**
   * Accepts these streams from a peer that the program shakes hands with. Their messages are
   * delivered once the peer is established.
   *
   * @throws {@link GlueberryError} `InvalidStreamName`, `NotConnected`, `TooManyStreams`.
   */
  prepareStreams(peer: string, streams: readonly string[], options?: WaitOptions): Promise<void> {
    return wait(this, () => this.#native.prepareStreams(peer, streams as string[]), options)
  }

  /**
   * Ends the program's handshake with a peer, which is established from now on. What was sent on
   * `handshake` is written first.
   *
   * @throws {@link GlueberryError} `WrongState`, `NotConnected`.
   */
  finalizeHandshake(peer: string, options?: WaitOptions): Promise<void> {
    return wait(this, () => this.#native.finalizeHandshake(peer), options)
  }

  /** {@link Node.prepareStreams} and {@link Node.finalizeHandshake} in one. */
  completeHandshake(
    peer: string,
    streams: readonly string[],
    options?: WaitOptions,
  ): Promise<void> {
    return wait(this, () => this.#native.completeHandshake(peer, streams as string[]), options)
  }

  /**
   * Remembers a peer, in the place of what was known of it before, and returns its id when that is
   * saved.
   *
   * @throws {@link GlueberryError} `InvalidAddress`, `Banned`, `DialedSelf`, `MetadataTooLarge`,
   * `TooManyPeers`, and those of the address book's file.
   */
  addPeer(
    { addresses, persistent = false, metadata = {} }: NewPeer,
    options?: WaitOptions,
  ): Promise<PeerId> {
    return wait(
      this,
      () => this.#native.addPeer(addresses as string[], persistent, metadata),
      options,
    )
  }

  /** Forgets a peer, and ends the link with it. A ban of it stays. */
  removePeer(peer: string, options?: WaitOptions): Promise<void> {
    return wait(this, () => this.#native.removePeer(peer), options)
  }

  /** The peers that are known, connected or being connected. */
  peers(): PeerInfo[] {
    return (JSON.parse(call(() => this.#native.peers())) as Record<string, unknown>[]).map(readPeer)
  }

  /** What is known of a peer; `undefined` for one that is neither known nor connected. */
  peer(peer: string): PeerInfo | undefined {
    const told = call(() => this.#native.peer(peer))
    return told === null ? undefined : readPeer(JSON.parse(told) as Record<string, unknown>)
  }

  /** Where a peer may be found, the most promising first. */
  addresses(peer: string): string[] {
    return call(() => this.#native.addresses(peer))
  }

  /**
   * Bans a peer, an IP address or a range: its connections end, and no others are made in either
   * direction.
   *
   * @param options `durationMs`: for how long; without it for ever.
   * @throws {@link GlueberryError} `InvalidPeerId` for a target that is none; `TooManyPeers`.
   */
  ban(target: string, options?: WaitOptions & { durationMs?: number | undefined }): Promise<void> {
    return wait(this, () => this.#native.ban(target, options?.durationMs ?? null), options)
  }

  /** Lifts a ban: whether there was one of exactly this target. */
  unban(target: string, options?: WaitOptions): Promise<boolean> {
    return wait(this, () => this.#native.unban(target), options)
  }

  /** The bans that hold. */
  bans(): Ban[] {
    return (JSON.parse(call(() => this.#native.bans())) as Record<string, unknown>[]).map(readBan)
  }

  /**
   * How a stream with a peer is doing now.
   *
   * @throws {@link GlueberryError} `NotConnected`, `UnknownStream`.
   */
  streamHealth(peer: string, stream: string): StreamHealth {
    return readHealth(
      JSON.parse(call(() => this.#native.streamHealth(peer, stream))) as Record<string, unknown>,
    )
  }

  /** How all streams with a peer are doing now, by name; none without a session. */
  streams(peer: string): StreamHealth[] {
    return (JSON.parse(call(() => this.#native.streams(peer))) as Record<string, unknown>[]).map(
      readHealth,
    )
  }

  /**
   * Ends the node: writes what is queued for up to `lingerMs`, closes all connections, ends every
   * iteration once what was received has been read, and frees its ports and threads. Again, it
   * returns the same promise.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  toString(): string {
    return `Node(${this.peerId})`
  }

  [inspect.custom](): string {
    return this.toString()
  }

  /** @internal */
  static native(node: Node): NativeNode {
    return node.#native
  }

  async #close(): Promise<void> {
    try {
      await wait<void>(this, () => this.#native.close())
    } finally {
      this.#native.release()
    }
  }

  #messages(open: () => NativeMessages, stream?: string): Messages {
    return new Messages(
      () => new Flow(new Inflow(call(open), this.#native, this.#remainders, stream)),
    )
  }

  /** A loop that only sends starves nobody: now and then the event loop turns. */
  #sent(): Promise<void> {
    return ++this.#sends % ITEMS_A_TURN === 0 ? turn() : DONE
  }
}

function complain(kind: unknown): never {
  throw invalid(
    `${inspect(kind)} is no kind of event: use one of ${Object.keys(eventTypes).join(', ')}`,
  )
}

/** Why a message was not sent. */
function refused(thrown: unknown, data: unknown): unknown {
  const error = translate(thrown)
  if (isUint8Array(data) || !(error instanceof GlueberryError) || error.code !== 'InvalidArgument')
    return error
  return invalid(
    `data is ${kindOf(data)}: use a Uint8Array, such as new TextEncoder().encode(text)`,
  )
}

/** Never what it says: that is the program's own. */
function kindOf(data: unknown): string {
  return typeof data === 'object' && data !== null
    ? `of class ${data.constructor?.name ?? 'Object'}`
    : `of type ${typeof data}`
}

const DONE = Promise.resolve()

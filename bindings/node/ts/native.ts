// What the native half offers, typed by hand: the published types depend on no generated file.

import { load } from './loader.js'

/** What came of a call. */
export interface Finished {
  id: number
  value?: NativeNode | string | string[] | boolean
  error?: string
}

export interface NativeTasks {
  turn(): Finished[]
  cancel(id: number): Finished | null
  hold(on: boolean): void
  count(): number
}

export interface NativeIdentity {
  toPem(): string
  save(path: string, overwrite: boolean): void
  peerId(): string
}

/** What gives items by the batch, and tells when there are some. */
export interface NativeQueue {
  ready(): number
  close(): void
}

export interface Packed {
  bytes: Uint8Array
  count: number
  forgets: boolean
  origins?: string[]
}

export interface NativeMessages extends NativeQueue {
  drain(most: number, mostBytes: number): Packed | null
}

export interface NativeEvents extends NativeQueue {
  drain(most: number): string | null
}

export interface NativeLog {
  take(): string | null
  stop(): void
}

/** Calls that return a number are under way; see `waits.ts`. */
export interface NativeNode {
  peerId(): string
  listenAddresses(): string[]
  listen(address: string): number
  connect(place: string): number
  waitEstablished(peer: string): number
  disconnect(peer: string): number
  cancelReconnection(peer: string): number
  dialKnownPeers(): number
  connectionState(peer: string): string
  route(peer: string, stream: string): number
  forgetRoutes(): void
  /** The number of this node for `send` and `trySend`. */
  sender(): number
  flush(peer: string, stream: string): number
  messages(stream: string): NativeMessages
  allMessages(): NativeMessages
  events(peers: string[] | null, kinds: number[] | null): NativeEvents
  prepareStreams(peer: string, streams: string[]): number
  finalizeHandshake(peer: string): number
  completeHandshake(peer: string, streams: string[]): number
  addPeer(addresses: string[], persistent: boolean, metadata: Record<string, string>): number
  removePeer(peer: string): number
  peers(): string
  peer(peer: string): string | null
  addresses(peer: string): string[]
  ban(target: string, within: number | null): number
  unban(target: string): number
  bans(): string
  streamHealth(peer: string, stream: string): string
  streams(peer: string): string
  close(): number
  release(): void
  panic(): void
  panicLater(): number
}

interface Native {
  Tasks: new (wake: () => void) => NativeTasks
  NativeIdentity: {
    generate(): NativeIdentity
    fromSeed(seed: Uint8Array): NativeIdentity
    fromPem(pem: string): NativeIdentity
    load(path: string): NativeIdentity
  }
  NativeNode: {
    start(tasks: NativeTasks, identity: NativeIdentity, settings: string): number
  }
  /** 0: it is queued. */
  send(sender: number, route: number, message: Uint8Array): number
  trySend(sender: number, route: number, message: Uint8Array): boolean
  NativeLog: { start(tasks: NativeTasks, level: string): NativeLog }
  eventSamples(): string
  nativeVocabulary(): string
  nativeErrors(): string
}

export const native = load() as Native

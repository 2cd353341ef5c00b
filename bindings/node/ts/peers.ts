import type { PeerId } from './peer-id.js'
import type { Direction, PressureLevel, State, StreamState } from './vocabulary.js'
import { lower } from './words.js'

/** A peer to be remembered. */
export interface NewPeer {
  /** Where it is found, the most promising first. The first one ends in `/p2p/` and its id. */
  addresses: readonly string[]
  /**
   * Whether a link with it is kept from now on: it is dialed at once, and again for ever when it is
   * lost.
   */
  persistent?: boolean | undefined
  /** Small facts to keep with it: up to 32, of 4,096 bytes in all. */
  metadata?: Readonly<Record<string, string>> | undefined
}

/** What a node knows of a peer at this moment. */
export interface PeerInfo {
  readonly peer: PeerId
  /** The state of the link. */
  readonly state: State
  /** Who dialed the session that stands. */
  readonly direction: Direction | undefined
  /** Connections that stand. */
  readonly connections: number
  /** Where it may be found, the most promising first. */
  readonly addresses: readonly string[]
  /** Whether it is dialed for ever. */
  readonly persistent: boolean
  /** What the program keeps with it. */
  readonly metadata: Readonly<Record<string, string>>
  /** When a session with it was last established. */
  readonly lastSeen: Date | undefined
  /** The ban that holds for it. */
  readonly banned: Ban | undefined
}

/** Whom a node will have nothing to do with. */
export interface Ban {
  /** A peer id, an IP address or a range such as `192.0.2.0/24`. */
  readonly target: string
  /** When it ends; `undefined`: never. */
  readonly until: Date | undefined
}

/** How a stream with a peer is doing at this moment. */
export interface StreamHealth {
  readonly stream: string
  /** Whether it carries messages. */
  readonly state: StreamState
  /** While it is degraded: which attempt to open it is due, from 1. */
  readonly attempt: number | undefined
  /** Messages that were accepted for sending and are not written yet. */
  readonly queuedMessages: number
  /** Their bytes. */
  readonly queuedBytes: number
  /** Bytes that were received and wait for the program. */
  readonly unreadBytes: number
  /** What the send buffer counts as. */
  readonly outbound: PressureLevel
  /** What the receive buffer counts as. */
  readonly inbound: PressureLevel
}

/** A peer from the JSON of `rust/json.rs`. */
export function readPeer(told: Told): PeerInfo {
  return {
    peer: told['peer'] as PeerId,
    state: lower(told['state'] as string) as State,
    direction: word<Direction>(told['direction']),
    connections: told['connections'] as number,
    addresses: told['addresses'] as string[],
    persistent: told['persistent'] as boolean,
    metadata: told['metadata'] as Record<string, string>,
    lastSeen: time(told['lastSeen']),
    banned: told['banned'] === null ? undefined : readBan(told['banned'] as Told),
  }
}

export function readBan(told: Told): Ban {
  return { target: told['target'] as string, until: time(told['until']) }
}

export function readHealth(told: Told): StreamHealth {
  return {
    stream: told['stream'] as string,
    state: lower(told['state'] as string) as StreamState,
    attempt: (told['attempt'] ?? undefined) as number | undefined,
    queuedMessages: told['queuedMessages'] as number,
    queuedBytes: told['queuedBytes'] as number,
    unreadBytes: told['unreadBytes'] as number,
    outbound: word<PressureLevel>(told['outbound'])!,
    inbound: word<PressureLevel>(told['inbound'])!,
  }
}

type Told = Record<string, unknown>

function word<Word extends string>(told: unknown): Word | undefined {
  return told === null ? undefined : (lower(told as string) as Word)
}

function time(told: unknown): Date | undefined {
  return told === null ? undefined : new Date(told as number)
}

import type { PeerId } from './peer-id.js'
import type {
  Denial,
  Direction,
  DisconnectReason,
  ErrorCode,
  PressureLevel,
  StreamCloseReason,
} from './vocabulary.js'

interface Base<Type extends string> {
  /** What happened. */
  readonly type: Type
  /** When, by the clock of this machine. */
  readonly at: Date
}

interface OfPeer<Type extends string> extends Base<Type> {
  /** Who. */
  readonly peer: PeerId
}

interface OfStream<Type extends string> extends OfPeer<Type> {
  /** On which stream. */
  readonly stream: string
}

/** The node listens at one more address. */
export interface ListenAddress extends Base<'listenAddress'> {
  /** With this node's peer id at its end. */
  readonly address: string
}

/** A dial began. */
export interface PeerConnecting extends OfPeer<'peerConnecting'> {}

/** A connection stands and the peer's identity is proven; the handshake begins. */
export interface PeerConnected extends OfPeer<'peerConnected'> {
  /** The session that begins. Numbers grow. */
  readonly session: number
  /** Whether the peer dialed us. */
  readonly inbound: boolean
  /** The peer's address as seen from here. */
  readonly address: string
}

/** The handshake is finished: messages flow. */
export interface PeerEstablished extends OfPeer<'peerEstablished'> {
  /** The session. */
  readonly session: number
}

/** Messages of a stream that were accepted for sending and never written. */
export interface Unwritten {
  readonly stream: string
  readonly messages: number
  readonly bytes: number
}

/** A session ended, or an attempt to begin one. */
export interface PeerDisconnected extends OfPeer<'peerDisconnected'> {
  /** The session; none if no connection stood. */
  readonly session: number | undefined
  /** Why. */
  readonly reason: DisconnectReason
  /** What was accepted for sending and never written. */
  readonly unwritten: readonly Unwritten[]
}

/** A lost peer is tried again. */
export interface PeerReconnecting extends OfPeer<'peerReconnecting'> {
  /** Which attempt this is, from 1. */
  readonly attempt: number
  /** The pause before it, in milliseconds. */
  readonly delayMs: number
}

/** The peer was reached, but no session came of it: it is left alone until then. */
export interface PeerCooldown extends OfPeer<'peerCooldown'> {
  readonly until: Date
}

/** A connection was refused, or dropped before its peer was known. */
export interface ConnectionDenied extends Base<'connectionDenied'> {
  /** Whether somebody dialed us. */
  readonly inbound: boolean
  /** Who, where that is known. */
  readonly peer: PeerId | undefined
  /** The other end's address. */
  readonly address: string
  /** Why. */
  readonly denial: Denial
  /** How many more were denied for the same reason since the last such event. */
  readonly suppressed: number
}

/** A stream carries messages from now on. */
export interface StreamOpened extends OfStream<'streamOpened'> {}

/** A stream failed and is opened again; the others go on. */
export interface StreamDegraded extends OfStream<'streamDegraded'> {
  /** Which attempt to open it this is, from 1. */
  readonly attempt: number
}

/** A degraded stream carries messages again. */
export interface StreamRecovered extends OfStream<'streamRecovered'> {}

/** A stream ended. */
export interface StreamClosed extends OfStream<'streamClosed'> {
  /** Why. */
  readonly reason: StreamCloseReason
}

/** A buffer of a stream has filled above its high watermark, or drained below its low one. */
export interface StreamPressure extends OfStream<'streamPressure'> {
  /** Which of its two buffers. */
  readonly direction: Direction
  /** Which watermark was crossed. */
  readonly level: PressureLevel
  /** What the buffer holds now. */
  readonly bytes: number
}

/** A message could not be opened and was not delivered. */
export interface DecryptionFailed extends OfStream<'decryptionFailed'> {}

/** A fault without a kind of its own; the node goes on. */
export interface Warning extends Base<'warning'> {
  /** What is wrong. */
  readonly code: ErrorCode
  /** With whom. */
  readonly peer: PeerId | undefined
  /** On which stream. */
  readonly stream: string | undefined
  /** In words. */
  readonly detail: string
}

/** This subscriber was too slow: its oldest events were dropped. */
export interface Lagged extends Base<'lagged'> {
  /** How many. */
  readonly missed: number
}

/**
 * Something that happened, told apart by `type`. New kinds come with new versions: ignore others.
 */
export type Event =
  | ListenAddress
  | PeerConnecting
  | PeerConnected
  | PeerEstablished
  | PeerDisconnected
  | PeerReconnecting
  | PeerCooldown
  | ConnectionDenied
  | StreamOpened
  | StreamDegraded
  | StreamRecovered
  | StreamClosed
  | StreamPressure
  | DecryptionFailed
  | Warning
  | Lagged

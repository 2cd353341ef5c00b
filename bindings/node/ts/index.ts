/**
 * Encrypted peer-to-peer messaging that stays connected.
 *
 * Begin with {@link Node.start}.
 *
 * @packageDocumentation
 */

export { Node } from './node.js'
export { Identity } from './identity.js'
export type { Messages, Message } from './messages.js'
export type { Events, EventFilter } from './events.js'
export { GlueberryError, type ErrorDetails } from './errors.js'
export { setLogger, type LogLevel, type LogRecord } from './log.js'
export type {
  Config,
  ConnectionLimits,
  KeepAliveConfig,
  ReconnectConfig,
  StreamConfig,
} from './config.js'
export type { Ban, NewPeer, PeerInfo, StreamHealth } from './peers.js'
export type { PeerId } from './peer-id.js'
export type { WaitOptions } from './waits.js'
export type * from './event-types.js'
export * from './vocabulary.js'

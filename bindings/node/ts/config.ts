import { GlueberryError } from './errors.js'
import type { Identity } from './identity.js'
import type { HandshakeMode, Security } from './vocabulary.js'
import { camel, snake, upper } from './words.js'

/** One stream's bounds. */
export interface StreamConfig {
  /** The largest message in bytes, sent or received: 1 to 16 MiB. Default: 1 MiB. */
  maxMessageSize?: number | undefined
  /** Bytes that may wait to be sent to one peer before `send` waits. Default: 256 KiB. */
  sendBuffer?: number | undefined
  /**
   * Received bytes of one peer that may wait for the program before reading stops. Default: 1 MiB.
   */
  receiveBuffer?: number | undefined
  /**
   * How full a buffer is, in per cent, when the event `streamPressure` tells `high`. Default: 75.
   */
  highWatermark?: number | undefined
  /** Below how many per cent it counts as drained. Default: 25. */
  lowWatermark?: number | undefined
}

/**
 * How a lost peer is tried again: after pauses that double up to the longest, each drawn at random
 * below.
 */
export interface ReconnectConfig {
  /** The ceiling of the first pause in milliseconds, 1 to 1 h. Default: 1 s. */
  firstDelayMs?: number | undefined
  /** The ceiling of every pause, up to 24 h. Default: 5 min. */
  longestDelayMs?: number | undefined
  /** How often a peer is tried before it is given up. Default: 0, without a limit. */
  maxAttempts?: number | undefined
  /** The pause after a failed handshake. Default: 60 s. */
  cooldownMs?: number | undefined
}

/** When a silent peer is asked for a sign of life, and when it counts as lost. */
export interface KeepAliveConfig {
  /** The silence before it is asked, in milliseconds. */
  intervalMs?: number | undefined
  /** How long its answer may take. */
  timeoutMs?: number | undefined
}

/** How many connections a node takes. */
export interface ConnectionLimits {
  /** Those that have not proven an identity yet. */
  pending?: number | undefined
  /** All together. */
  total?: number | undefined
  /** Those of one peer. */
  perPeer?: number | undefined
  /** Those from one address. */
  perAddress?: number | undefined
}

/** What a node is told when it starts. Everything has a default; times are in milliseconds. */
export interface Config {
  /** The node's own key. Default: a fresh one, so that others know it by another name each time. */
  identity?: Identity | undefined
  /** Where it listens, such as `/ip4/0.0.0.0/tcp/9000`. Default: nowhere. */
  listen?: readonly string[] | undefined
  /** The streams that it speaks: names, or names with bounds. */
  streams?: readonly string[] | Readonly<Record<string, StreamConfig>> | undefined
  /** The file in which peers and bans are kept. Default: none, they are forgotten. */
  addressBook?: string | undefined
  /** Whether the peers of the address book are dialed at the start. Default: true. */
  autoConnect?: boolean | undefined
  /** Who shakes hands. Default: `automatic`. */
  handshake?: HandshakeMode | undefined
  /** Which secure channels are offered over TCP. Default: `both`. */
  security?: Security | undefined
  /** How a lost peer is tried again. */
  reconnect?: ReconnectConfig | undefined
  /** What a handshake may take, 10 ms to 1 h. Default: 30 s. */
  handshakeTimeoutMs?: number | undefined
  /** What a dial may take, 10 ms to 1 h. Default: 10 s. */
  dialTimeoutMs?: number | undefined
  /** How silent peers are found out; `false`: not at all. */
  keepAlive?: KeepAliveConfig | false | undefined
  /** How long `disconnect` and `close` go on writing what is queued, up to 1 h. Default: 5 s. */
  lingerMs?: number | undefined
  /** Events that wait for a subscriber before the oldest are dropped. Default: 1,024. */
  eventBuffer?: number | undefined
  /** If there are any: the only peers, addresses and ranges that may connect. */
  allow?: readonly string[] | undefined
  /** Peers, addresses and ranges that may not. */
  deny?: readonly string[] | undefined
  /** How many connections it takes. */
  connectionLimits?: ConnectionLimits | undefined
  /** Threads, 1 to 64. Default: one for each core, at most 4. */
  workerThreads?: number | undefined
}

/** The settings as the core reads them. */
export function settings({
  identity: _,
  streams,
  handshake,
  security,
  keepAlive,
  ...others
}: Config): string {
  return JSON.stringify(
    {
      ...snakeKeys(others),
      streams: streams && streamSettings(streams),
      handshake: handshake && upper(handshake),
      security: security && upper(security),
      keep_alive: keepAlive === false ? null : keepAlive && snakeKeys(keepAlive),
    },
    finite,
  )
}

/** An error of the core names settings as the core does. */
export function inCamelCase(error: unknown): unknown {
  if (!(error instanceof GlueberryError) || error.code !== 'InvalidConfig') return error
  const message = error.message.replace(SETTINGS, camel)
  return new GlueberryError(error.code, message, { ...error, cause: error.cause })
}

function streamSettings(
  streams: readonly string[] | Readonly<Record<string, StreamConfig>>,
): object {
  if (typeof streams !== 'object') {
    throw new GlueberryError('InvalidConfig', "streams is no list: use ['chat'] or { chat: {} }")
  }
  const named = Array.isArray(streams)
    ? streams.map((name: string) => [name, {}] as const)
    : Object.entries(streams)
  return Object.fromEntries(named.map(([name, bounds]) => [name, snakeKeys(bounds as object)]))
}

function snakeKeys(settings: object): object {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      snake(name),
      isPlain(value) ? snakeKeys(value) : value,
    ]),
  )
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON would write null for it, which is no number but a default. */
function finite(name: string, value: unknown): unknown {
  if ((typeof value === 'number' && !Number.isFinite(value)) || typeof value === 'bigint') {
    throw new GlueberryError(
      'InvalidConfig',
      `${camel(name)} is ${value}: use a number that is finite`,
    )
  }
  return value
}

const SETTINGS =
  /\b(address_book|auto_connect|max_message_size|send_buffer|receive_buffer|high_watermark|low_watermark|first_delay|longest_delay|max_attempts|handshake_timeout|dial_timeout|keep_alive|event_buffer|connection_limits|per_peer|per_address|worker_threads)(_ms)?\b|\b(cooldown|linger|interval|timeout)_ms\b/g

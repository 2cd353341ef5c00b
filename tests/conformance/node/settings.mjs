// A node from the settings of the core.

import { Identity, Node } from './glueberry.mjs'
import { camel, lower } from './words.mjs'

export function start({ seed, settings = {}, within_ms }) {
  const { streams, handshake, security, keep_alive, ...others } = settings
  const config = { identity: Identity.fromSeed(Buffer.from(seed, 'hex')), ...camelKeys(others) }
  if (streams)
    config.streams = Object.fromEntries(
      Object.entries(streams).map(([name, bounds]) => [name, camelKeys(bounds)]),
    )
  if (handshake) config.handshake = lower(handshake)
  if (security) config.security = lower(security)
  if (keep_alive !== undefined)
    config.keepAlive = keep_alive === null ? false : camelKeys(keep_alive)
  return Node.start(
    config,
    within_ms === undefined ? {} : { signal: AbortSignal.timeout(within_ms) },
  )
}

function camelKeys(settings) {
  const isNested = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
  const entries = Object.entries(settings).map(([name, value]) => [
    camel(name),
    isNested(value) ? camelKeys(value) : value,
  ])
  return Object.fromEntries(entries)
}

// What the library gives, as the runner wants it told: with the core's names.

import { sumOf } from './payload.mjs'
import { snake, upper } from './words.mjs'

export const toldStart = ({ peerId, listenAddresses }) => ({
  peer: peerId,
  addresses: listenAddresses,
})

export function toldError({ number, code, errorClass, retriable, hint, message, peer, stream }) {
  return {
    code: number,
    name: code,
    class: errorClass,
    retriable,
    hint,
    message,
    peer: peer ?? null,
    stream: stream ?? null,
  }
}

export const toldMessage = ({ peer, stream, data }) => ({
  peer,
  stream,
  size: data.length,
  crc: sumOf(data),
})

export function toldEvent({ type, at, ...fields }) {
  const told = Object.entries(fields).map(([name, value]) => toldField(name, value))
  return { kind: upper(type), at: at.getTime(), ...Object.fromEntries(told) }
}

export function toldPeer({
  peer,
  state,
  direction,
  connections,
  addresses,
  persistent,
  metadata,
  lastSeen,
  banned,
}) {
  return {
    peer,
    state: upper(state),
    direction: direction ? upper(direction) : null,
    connections,
    addresses,
    persistent,
    metadata,
    last_seen: lastSeen ? lastSeen.getTime() : null,
    banned: banned !== undefined,
  }
}

export const toldBan = ({ target, until }) => ({ target, until: until ? until.getTime() : null })

export function toldHealth({ state, outbound, inbound, queuedMessages, queuedBytes, unreadBytes }) {
  return {
    state: upper(state),
    outbound: upper(outbound),
    inbound: upper(inbound),
    queued_messages: queuedMessages,
    queued_bytes: queuedBytes,
    unread_bytes: unreadBytes,
  }
}

function toldField(name, value) {
  if (value instanceof Date) return [snake(name), value.getTime()]
  if (name.endsWith('Ms')) return [snake(name.slice(0, -2)), Math.floor(value)]
  return [snake(name), WORDS.has(name) ? upper(value) : (value ?? null)]
}

/** Fields that hold a word of the core's. */
const WORDS = new Set(['reason', 'denial', 'direction', 'level'])

// Messages that are told, not carried.

import { crc32 } from 'node:zlib'

/** The bytes of a command, the `number`-th of several. */
export function payloadOf({ text, size, seed }, number) {
  if (text !== undefined) return new TextEncoder().encode(text)
  const data = new Uint8Array(size + 4)
  const view = new DataView(data.buffer)
  for (let at = 0, value = seed + number; at < size; at += 4, value += 2654435761)
    view.setUint32(at, value >>> 0, true)
  return data.subarray(0, size)
}

export const sumOf = (data) => crc32(data)

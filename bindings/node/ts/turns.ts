// Loops that never have to wait would starve timers and sockets: now and then they let the event
// loop turn.

import { setImmediate } from 'node:timers'

/** Waits until the event loop has turned once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Messages and events between two turns: some 100 µs. */
export const ITEMS_A_TURN = 256

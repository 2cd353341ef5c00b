// One listener for each signal, however many calls it may abort: a program may have one signal for
// all of them, and Node.js warns of more than ten listeners.

/** Calls back when a signal aborts, until what it returns is called. */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const calls = waiting.get(signal) ?? listen(signal)
  calls.add(call)
  return () => {
    calls.delete(call)
    if (calls.size === 0) ignore(signal)
  }
}

interface Listening extends Set<() => void> {
  listener?: () => void
}

function listen(signal: AbortSignal): Listening {
  const calls: Listening = new Set()
  calls.listener = () => {
    for (const call of [...calls]) call()
  }
  waiting.set(signal, calls)
  signal.addEventListener('abort', calls.listener, { once: true })
  return calls
}

function ignore(signal: AbortSignal): void {
  const listener = waiting.get(signal)?.listener
  if (listener) signal.removeEventListener('abort', listener)
  waiting.delete(signal)
}

const waiting = new WeakMap<AbortSignal, Listening>()

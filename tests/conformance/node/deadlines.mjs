// Deadlines and cancelling: both are signals, told apart by their reasons.

export class TimeoutError extends Error {}
export class AbortError extends Error {}

/** Makes a call with a signal that aborts when its time is over, or when another one does. */
export async function limited(within, cancel, call) {
  const controller = new AbortController()
  const timer =
    within === undefined
      ? undefined
      : setTimeout(() => controller.abort(new TimeoutError()), within)
  const follow = () => controller.abort(cancel.reason)
  cancel?.addEventListener('abort', follow)
  try {
    return await call(controller.signal)
  } finally {
    clearTimeout(timer)
    cancel?.removeEventListener('abort', follow)
  }
}

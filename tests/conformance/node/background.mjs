// Calls that go on while other commands are obeyed.

import { Fault } from './calls.mjs'
import { AbortError, limited } from './deadlines.mjs'

export class Background {
  #begun = new Map()

  /** The call is made when this returns: everything up to its first wait has been done. */
  begin(tag, call) {
    const controller = new AbortController()
    this.#begun.set(tag, { controller, answer: call(controller.signal) })
    return {}
  }

  /** What a call answers; when the time is over it goes on. */
  async wait({ tag, within_ms }) {
    const { answer } = this.#find(tag)
    const over = (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const told = await limited(within_ms, undefined, (signal) =>
      Promise.race([answer, over(signal)]),
    )
    this.#begun.delete(tag)
    return told
  }

  async cancel(tag) {
    const { controller, answer } = this.#find(tag)
    this.#begun.delete(tag)
    controller.abort(new AbortError())
    return answer
  }

  #find(tag) {
    const begun = this.#begun.get(tag)
    if (!begun) throw new Fault(`no call was begun as ${tag}`)
    return begun
  }
}

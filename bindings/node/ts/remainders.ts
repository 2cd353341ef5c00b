import type { Message } from './messages.js'

/**
 * What was fetched and not delivered when a consumer left, by stream, for the next one. At most
 * one batch for each stream, and one for the consumer of all: whoever comes takes what is here
 * before fetching more.
 */
export class Remainders {
  readonly #byStream = new Map<string, Message[]>()

  /** What was left of one stream, or of all. */
  take(stream?: string): Message[] {
    if (this.#byStream.size === 0) return []
    const taken: Message[] = []
    for (const name of stream === undefined ? [...this.#byStream.keys()] : [stream]) {
      taken.push(...(this.#byStream.get(name) ?? []))
      this.#byStream.delete(name)
    }
    return taken
  }

  put(messages: Message[]): void {
    for (const message of messages) {
      const left = this.#byStream.get(message.stream)
      if (left) left.push(message)
      else this.#byStream.set(message.stream, [message])
    }
  }
}

// Messages that show whether all of them arrived, as benches/src/numbered.rs has them: numbered in their
// first eight bytes, the last one marked.

const MARK = 0x80000000
/** Payload between two looks at the clock. */
const BETWEEN_LOOKS = 4096

/** Messages of this size until the time is over. */
export function* messages(payload, seconds) {
  const stride = Math.max(1, Math.floor(BETWEEN_LOOKS / payload))
  const until = performance.now() + seconds * 1000
  for (let number = 0; ; number++) {
    const isOver = (number + 1) % stride === 0 && performance.now() >= until
    const message = Buffer.alloc(payload, 0x5a)
    message.writeUInt32BE((isOver ? MARK : 0) + Math.floor(number / 2 ** 32), 0)
    message.writeUInt32BE(number % 2 ** 32, 4)
    yield message
    if (isOver) return
  }
}

/** Whether a message ends the round. Cheap, for it is asked of each one. */
export const isLast = (message) => message[0] >= 0x80

/** So many messages have come, if the last one says the same. */
export function counted(count, last, payload) {
  const view = new DataView(last.buffer, last.byteOffset, last.byteLength)
  const number = (view.getUint32(0) % MARK) * 2 ** 32 + view.getUint32(4)
  if (number === count - 1 && last.length === payload) return count
  throw new Error(`${count} messages of ${payload} bytes came; the last, of ${last.length}, is ${number}`)
}

/** Obeys the orders that come, a line each, and answers each with a line of JSON. */
export async function obey(orders) {
  const { createInterface } = await import('node:readline')
  for await (const line of createInterface({ input: process.stdin })) {
    const [what, ...numbers] = line.split(' ')
    console.log(JSON.stringify({ messages: await orders[what](...numbers.map(Number)) }))
  }
}

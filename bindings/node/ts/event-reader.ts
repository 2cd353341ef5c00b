import type { Event, Unwritten } from './event-types.js'
import { camel, lower } from './words.js'

/** Events from the JSON of `rust/json.rs`. */
export function read(json: string): Event[] {
  return (JSON.parse(json) as Told[]).map(({ name, at, fields }) => {
    const event: Record<string, unknown> = { type: lower(name), at: new Date(at) }
    for (const [name, value] of Object.entries(fields)) put(event, camel(name), value)
    return event as unknown as Event
  })
}

interface Told {
  name: string
  at: number
  fields: Record<string, Field>
}

type Field =
  | null
  | boolean
  | number
  | string
  | Unwritten[]
  | { word: string }
  | { ms: number }
  | { at: number }

function put(event: Record<string, unknown>, name: string, field: Field): void {
  if (field === null) event[name] = undefined
  else if (typeof field !== 'object' || Array.isArray(field)) event[name] = field
  else if ('word' in field) event[name] = lower(field.word)
  else if ('ms' in field) event[`${name}Ms`] = field.ms
  else event[name] = new Date(field.at)
}

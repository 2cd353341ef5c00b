import type { PeerId } from './peer-id.js'
import { errors, type ErrorClass, type ErrorCode } from './vocabulary.js'

/** What is known of an error beside its code and message. */
export interface ErrorDetails extends ErrorOptions {
  /** The peer it is about. */
  peer?: string | undefined
  /** The stream it is about. */
  stream?: string | undefined
}

/**
 * Every failure of the library.
 *
 * @example
 * try {
 *   await node.connect(address)
 * } catch (error) {
 *   if (error instanceof GlueberryError && error.retriable) console.log(error.code, error.hint)
 *   else throw error
 * }
 */
export class GlueberryError extends Error {
  /** Which error this is: the same name in every language. */
  readonly code: ErrorCode
  /** The number of the code: the same in every language. */
  readonly number: number
  /** Where the remedy lies. */
  readonly errorClass: ErrorClass
  /** Whether the same call may succeed later without any change. */
  readonly retriable: boolean
  /** What to do about it. */
  readonly hint: string
  /** The peer it is about. */
  readonly peer: PeerId | undefined
  /** The stream it is about. */
  readonly stream: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    const { number, errorClass, retriable, hint } = errors[code]
    this.code = code
    this.number = number
    this.errorClass = errorClass
    this.retriable = retriable
    this.hint = hint
    this.peer = details.peer as PeerId | undefined
    this.stream = details.stream
  }

  static {
    // Not an own property, so that it is not printed with every error.
    Object.defineProperty(this.prototype, 'name', {
      value: 'GlueberryError',
      configurable: true,
      writable: true,
    })
  }
}

/** Calls the native half; what it throws becomes a {@link GlueberryError}. */
export function call<T>(body: () => T): T {
  try {
    return body()
  } catch (thrown) {
    throw translate(thrown)
  }
}

/** What the native half threw, as a {@link GlueberryError}; anything else as it is. */
export function translate(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown
  if (thrown.message.startsWith(MARK)) return told(thrown.message)
  return isOfNodeApi(thrown) ? invalid(thrown.message, thrown) : thrown
}

/** The error in a line of `rust/guard.rs`. */
export function told(line: string): GlueberryError {
  const { code, message, peer, stream, causes } = JSON.parse(line.slice(MARK.length)) as Told
  const details: ErrorDetails = { peer: peer ?? undefined, stream: stream ?? undefined }
  if (causes.length > 0) details.cause = chain(causes)
  return new GlueberryError(code, message, details)
}

/** An argument that cannot be. */
export function invalid(message: string, cause?: unknown): GlueberryError {
  return new GlueberryError('InvalidArgument', message, cause === undefined ? {} : { cause })
}

interface Told {
  code: ErrorCode
  message: string
  peer: string | null
  stream: string | null
  causes: string[]
}

function chain(causes: string[]): Error | undefined {
  return causes.reduceRight<Error | undefined>(
    (cause, message) => new Error(message, cause && { cause }),
    undefined,
  )
}

/** What Node-API refused, such as a number where a text has to be. */
function isOfNodeApi(thrown: Error): boolean {
  const code = (thrown as { code?: unknown }).code
  return typeof code === 'string' && (code === 'InvalidArg' || code.endsWith('Expected'))
}

const MARK = 'glueberry:'

import { inspect } from 'node:util'

import { call } from './errors.js'
import { native, type NativeIdentity } from './native.js'
import type { PeerId } from './peer-id.js'

/**
 * An Ed25519 key pair: what a node is known by. The private half is never printed.
 *
 * @example
 * const identity = existsSync('node.pem') ? Identity.load('node.pem') : Identity.generate()
 * identity.save('node.pem', { overwrite: true })
 */
export class Identity {
  readonly #native: NativeIdentity
  /** What other peers know this node by: it begins with `12D3KooW`. */
  readonly peerId: PeerId

  private constructor(native: NativeIdentity) {
    this.#native = native
    this.peerId = native.peerId() as PeerId
  }

  /** A fresh key from the operating system's randomness. */
  static generate(): Identity {
    return new Identity(call(() => native.NativeIdentity.generate()))
  }

  /**
   * The key that grows from 32 secret bytes, always the same one. The bytes are copied.
   *
   * @throws {@link GlueberryError} `InvalidKey` unless there are exactly 32.
   */
  static fromSeed(seed: Uint8Array): Identity {
    return new Identity(call(() => native.NativeIdentity.fromSeed(seed)))
  }

  /**
   * Reads a key from PKCS#8 PEM text, as OpenSSL writes it.
   *
   * @throws {@link GlueberryError} `InvalidKey`; the message says what the text is instead.
   */
  static fromPem(pem: string): Identity {
    return new Identity(call(() => native.NativeIdentity.fromPem(pem)))
  }

  /**
   * Reads a key file, at once: meant for the start of a program.
   *
   * @throws {@link GlueberryError} `KeyFileUnreadable`; `KeyFileExposed` when other users may read
   * it; `InvalidKey`.
   */
  static load(path: string): Identity {
    return new Identity(call(() => native.NativeIdentity.load(path)))
  }

  /** The key as PKCS#8 PEM text: whoever has it is this node. */
  toPem(): string {
    return call(() => this.#native.toPem())
  }

  /**
   * Writes the key into a new file that only this user may read, at once.
   *
   * @throws {@link GlueberryError} `KeyFileExists`, unless `overwrite` is true;
   * `KeyFileUnwritable`.
   */
  save(path: string, { overwrite = false }: { overwrite?: boolean | undefined } = {}): void {
    call(() => this.#native.save(path, overwrite))
  }

  toString(): string {
    return `Identity(${this.peerId})`
  }

  [inspect.custom](): string {
    return this.toString()
  }

  /** @internal */
  static native(identity: Identity): NativeIdentity {
    return identity.#native
  }
}

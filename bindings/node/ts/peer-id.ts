declare const brand: unique symbol

/**
 * A peer's identity as text, `12D3KooW…`: its Ed25519 public key, as libp2p writes it. Calls take
 * any string; what is no peer id is refused with `InvalidPeerId`.
 */
export type PeerId = string & { readonly [brand]: 'PeerId' }

//! Glueberry's protocol: what may happen between two peers.
//!
//! Everything here is decided from bytes, a state, and a time or randomness handed in. There is no
//! socket, no clock, no task, no global randomness: `tests/no_io.rs` keeps it so. What does happen,
//! over tokio and libp2p, lives in `glueberry-core`, which asks this crate at every turn.
//!
//! | module | what it decides |
//! |---|---|
//! | [`identity`] | which Ed25519 keys are acceptable; the own secret key and its PEM file |
//! | [`name`] | which stream names are acceptable, and their protocol ids |
//! | [`aead`] | the one seam over ChaCha20-Poly1305 |
//! | [`v1`] | the wire of Glueberry for Go: framing, static key, records, handshake, collisions |
//! | [`peer`] | what one peer's connections mean: the state machine behind every event |
//! | [`pressure`] | when a buffer counts as full, and when as calm again |
//! | [`error`] | whose fault an error is |
//!
//! A message on its way, without any IO:
//!
//! ```
//! # use std::sync::Arc;
//! # use rand::{SeedableRng, rngs::StdRng};
//! use glueberry_proto::identity::SecretKey;
//! use glueberry_proto::v1::{frame, key::SharedKey, record};
//!
//! # let mut rng = StdRng::seed_from_u64(1);
//! let (ann, bob) = (SecretKey::generate(&mut rng), SecretKey::generate(&mut rng));
//! let key = SharedKey::derive(ann.signing_key(), &bob.verifying_key())?;
//!
//! let mut record = record::OpenRecord::sealed(Arc::new(key.aead()));
//! record.push(b"hello")?;
//! let mut wire = record.seal(&mut rng).as_bytes().to_vec();
//!
//! let mut reader = frame::FrameReader::new(1024 + record::OVERHEAD);
//! let frame::Step::Frame { data, .. } = reader.step(&wire)? else { panic!("a whole frame") };
//! let key = SharedKey::derive(bob.signing_key(), &ann.verifying_key())?;
//! let plaintext = record::open(&key.aead(), &mut wire[data.clone()])?;
//! assert_eq!(&wire[data][plaintext], b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod aead;
pub mod error;
#[doc(hidden)]
pub mod fuzzing;
pub mod identity;
pub mod name;
pub mod peer;
pub mod pressure;
pub mod v1;
mod vocabulary;

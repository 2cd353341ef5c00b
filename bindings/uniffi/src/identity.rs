//! Keys.

use std::sync::Arc;

use glueberry_core::Identity;
use zeroize::Zeroizing;

use crate::fault::{Told, guard};

/// An Ed25519 key pair.
#[derive(uniffi::Object)]
pub struct NativeIdentity {
    identity: Identity,
}

#[uniffi::export]
impl NativeIdentity {
    /// A fresh key.
    #[uniffi::constructor]
    pub fn generate() -> Told<Arc<Self>> {
        guard(|| Ok(Self::new(Identity::generate())))
    }

    /// The key that grows from 32 bytes.
    #[uniffi::constructor]
    pub fn from_seed(seed: Vec<u8>) -> Told<Arc<Self>> {
        let seed = Zeroizing::new(seed);
        guard(|| Ok(Self::new(Identity::from_seed(&seed)?)))
    }

    /// A key from PKCS#8 PEM text.
    #[uniffi::constructor]
    pub fn from_pem(pem: String) -> Told<Arc<Self>> {
        let pem = Zeroizing::new(pem);
        guard(|| Ok(Self::new(Identity::from_pem(&pem)?)))
    }

    /// Reads a key file.
    #[uniffi::constructor]
    pub fn load(path: String) -> Told<Arc<Self>> {
        guard(|| Ok(Self::new(Identity::load(path)?)))
    }

    /// The key as text.
    pub fn to_pem(&self) -> Told<String> {
        guard(|| Ok(String::clone(&self.identity.to_pem())))
    }

    /// Writes a key file.
    pub fn save(&self, path: String, overwrite: bool) -> Told<()> {
        guard(|| if overwrite { self.identity.save_over(path) } else { self.identity.save(path) })
    }

    /// What peers know it by.
    pub fn peer_id(&self) -> Told<String> {
        guard(|| Ok(self.identity.peer_id().to_string()))
    }
}

impl NativeIdentity {
    fn new(identity: Identity) -> Arc<Self> {
        Arc::new(Self { identity })
    }

    pub(crate) fn of_core(&self) -> Identity {
        self.identity.clone()
    }
}

/// The text of a peer's id in its canonical form; refuses what is none.
#[uniffi::export]
pub fn parse_peer_id(text: String) -> Told<String> {
    guard(|| Ok(text.parse::<glueberry_core::PeerId>()?.to_string()))
}

//! Keys.

use glueberry_core::Identity;
use napi_derive::napi;
use zeroize::Zeroizing;

use crate::guard::guard;

/// An Ed25519 key pair.
#[napi]
pub struct NativeIdentity {
    identity: Identity,
}

#[napi]
impl NativeIdentity {
    /// A fresh key.
    #[napi(factory)]
    pub fn generate() -> napi::Result<Self> {
        guard(|| Ok(Self { identity: Identity::generate() }))
    }

    /// The key that grows from 32 bytes.
    #[napi(factory)]
    pub fn from_seed(seed: &[u8]) -> napi::Result<Self> {
        guard(|| Ok(Self { identity: Identity::from_seed(seed)? }))
    }

    /// A key from PKCS#8 PEM text.
    #[napi(factory)]
    pub fn from_pem(pem: String) -> napi::Result<Self> {
        let pem = Zeroizing::new(pem);
        guard(|| Ok(Self { identity: Identity::from_pem(&pem)? }))
    }

    /// Reads a key file.
    #[napi(factory)]
    pub fn load(path: String) -> napi::Result<Self> {
        guard(|| Ok(Self { identity: Identity::load(path)? }))
    }

    /// The key as text.
    #[napi]
    pub fn to_pem(&self) -> napi::Result<String> {
        guard(|| Ok(String::clone(&self.identity.to_pem())))
    }

    /// Writes a key file.
    #[napi]
    pub fn save(&self, path: String, overwrite: bool) -> napi::Result<()> {
        guard(|| if overwrite { self.identity.save_over(path) } else { self.identity.save(path) })
    }

    /// What peers know it by.
    #[napi]
    pub fn peer_id(&self) -> napi::Result<String> {
        guard(|| Ok(self.identity.peer_id().to_string()))
    }
}

impl NativeIdentity {
    pub(crate) fn of_core(&self) -> Identity {
        self.identity.clone()
    }
}

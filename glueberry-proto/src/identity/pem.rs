//! The key file: PKCS#8 in PEM (RFC 8410), as OpenSSL writes and reads it.

use ed25519_dalek::pkcs8::{
    ALGORITHM_OID, EncodePrivateKey, KeypairBytes, PrivateKeyInfoRef, SecretDocument,
    spki::der::pem::LineEnding,
};
use zeroize::Zeroizing;

use super::SecretKey;
use crate::error::Fault;

impl SecretKey {
    /// The key as a PEM file: PKCS#8 version 1, which OpenSSL reads. Erased when dropped;
    /// keep the file readable for its owner alone (mode 0600).
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        // Without the public key: with it the file would be version 2, which OpenSSL 3.0 refuses.
        encode(&KeypairBytes { secret_key: self.0.to_bytes(), public_key: None })
    }

    /// Reads a PEM file: PKCS#8 version 1, or version 2 if its public key belongs to its secret.
    ///
    /// # Errors
    /// [`PemError`] says what the text holds instead and how to come to a key.
    pub fn from_pem(pem: &str) -> Result<Self, PemError> {
        check_label(label(pem).ok_or(PemError::NotPem)?)?;
        let (_, document) = SecretDocument::from_pem(pem.trim()).map_err(|_| PemError::Damaged)?;
        let info =
            PrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| PemError::Damaged)?;
        if info.algorithm.oid != ALGORITHM_OID {
            return Err(PemError::NotEd25519 { algorithm: info.algorithm.oid.to_string() });
        }
        Self::from_pair(&KeypairBytes::try_from(info).map_err(|_| PemError::Damaged)?)
    }

    fn from_pair(pair: &KeypairBytes) -> Result<Self, PemError> {
        let key = Self::from_seed(&pair.secret_key);
        match &pair.public_key {
            Some(public) if public.0 != key.public() => Err(PemError::PublicKeyMismatch),
            _ => Ok(key),
        }
    }
}

/// Why a text is no key file. The operator's mistake, or the disk's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// There is no `-----BEGIN …-----` in it.
    #[error("this is not a PEM file; make a key with `openssl genpkey -algorithm ed25519`")]
    NotPem,
    /// It needs a password.
    #[error("this key is encrypted; decrypt it with `openssl pkey -in KEY -out PLAIN`")]
    Encrypted,
    /// A PEM file, but of something else.
    #[error("this PEM file holds a {label:?}, not a \"PRIVATE KEY\"; {}", hint(.label))]
    WrongLabel {
        /// What it says it holds, at most 64 characters.
        label: String,
    },
    /// A private key for another algorithm.
    #[error(
        "this key is for another algorithm ({algorithm}), Glueberry needs Ed25519 \
         ({ALGORITHM_OID}); make one with `openssl genpkey -algorithm ed25519`"
    )]
    NotEd25519 {
        /// The algorithm's object identifier, such as `1.2.840.113549.1.1.1` for RSA.
        algorithm: String,
    },
    /// Labelled rightly, but cut or altered.
    #[error("this key file is damaged; restore it from a backup")]
    Damaged,
    /// The public key stored beside the secret belongs to another secret.
    #[error("the public key in this file is not that of its secret key; restore it from a backup")]
    PublicKeyMismatch,
}

impl PemError {
    /// Always ours: no peer hands us a key file.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Ours
    }
}

fn encode(pair: &KeypairBytes) -> Zeroizing<String> {
    pair.to_pkcs8_pem(LineEnding::LF).expect("an Ed25519 key has a PKCS#8 form")
}

/// What the text between `-----BEGIN ` and `-----` says.
fn label(pem: &str) -> Option<&str> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (label, _) = rest.lines().next()?.split_once("-----")?;
    Some(label)
}

fn check_label(label: &str) -> Result<(), PemError> {
    match label {
        "PRIVATE KEY" => Ok(()),
        "ENCRYPTED PRIVATE KEY" => Err(PemError::Encrypted),
        other => Err(PemError::WrongLabel { label: other.chars().take(MAX_LABEL).collect() }),
    }
}

fn hint(label: &str) -> &'static str {
    match label {
        // ssh-keygen 9.2 cannot write Ed25519 keys as PKCS#8, so there is no conversion to advise.
        "OPENSSH PRIVATE KEY" => {
            "OpenSSH's format is not read; make a key with `openssl genpkey -algorithm ed25519`"
        }
        "PUBLIC KEY" => "give the private half",
        _ => "make a key with `openssl genpkey -algorithm ed25519`",
    }
}

/// Enough for every label in use; keeps a damaged file out of the log.
const MAX_LABEL: usize = 64;

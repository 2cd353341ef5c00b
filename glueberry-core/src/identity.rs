//! This node's own key, and the file it is kept in.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use glueberry_proto::identity::SecretKey;
use libp2p::identity::Keypair;
use zeroize::Zeroizing;

use crate::PeerId;
use crate::error::{Error, ErrorCode, Result};

/// An Ed25519 key pair: what a node is known by. The private half is wiped from memory on drop and
/// never printed.
///
/// ```no_run
/// use glueberry_core::Identity;
///
/// let identity = Identity::generate();
/// identity.save("node.pem")?;
/// assert_eq!(Identity::load("node.pem")?.peer_id(), identity.peer_id());
/// # Ok::<(), glueberry_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Identity {
    secret: SecretKey,
}

impl Identity {
    /// A fresh key from the operating system's randomness.
    ///
    /// # Panics
    /// When the operating system has no randomness to give.
    #[must_use]
    pub fn generate() -> Self {
        Self { secret: SecretKey::generate(&mut rand::rng()) }
    }

    /// The key that grows from 32 secret bytes, always the same one. The caller's bytes are copied,
    /// not changed; wiping them is the caller's.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidKey`] unless there are exactly 32 bytes.
    pub fn from_seed(seed: &[u8]) -> Result<Self> {
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(seed.try_into().map_err(|_| {
            let message = format!("a seed has 32 bytes, not {}", seed.len());
            Error::new(ErrorCode::InvalidKey, message)
        })?);
        Ok(Self { secret: SecretKey::from_seed(&seed) })
    }

    /// Reads a key from PKCS#8 PEM text, version 1 (as OpenSSL writes it) or 2.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidKey`] when the text is no such key; the message says what it is instead.
    pub fn from_pem(pem: &str) -> Result<Self> {
        let secret = SecretKey::from_pem(pem).map_err(|fault| {
            Error::new(ErrorCode::InvalidKey, "cannot read the private key").caused_by(fault)
        })?;
        Ok(Self { secret })
    }

    /// The key as PKCS#8 PEM text, version 1, which OpenSSL reads too. Wiped on drop.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        self.secret.to_pem()
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// [`ErrorCode::KeyFileUnreadable`] when it cannot be opened, [`ErrorCode::KeyFileExposed`]
    /// when other users may read it (on Unix), [`ErrorCode::InvalidKey`] when it holds no key.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let unreadable = |fault| {
            let message = format!("cannot read the key file {}", path.display());
            Error::new(ErrorCode::KeyFileUnreadable, message).caused_by(fault)
        };
        let file = fs::File::open(path).map_err(unreadable)?;
        refuse_exposed(path, &file.metadata().map_err(unreadable)?)?;
        let pem =
            Zeroizing::new(std::io::read_to_string(file.take(LONGEST_FILE)).map_err(unreadable)?);
        Self::from_pem(&pem)
    }

    /// Writes the key into a new file that only this user may read.
    ///
    /// # Errors
    /// [`ErrorCode::KeyFileExists`] when there is a file already,
    /// [`ErrorCode::KeyFileUnwritable`] when it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        only_for_owner(&mut options);
        let mut file = options.open(path).map_err(|fault| unwritable(path, fault))?;
        file.write_all(self.to_pem().as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|fault| unwritable(path, fault))
    }

    /// As [`Identity::save`], but puts the new file in the place of one that exists, at once and
    /// whole: a failure leaves the old file as it was.
    ///
    /// # Errors
    /// [`ErrorCode::KeyFileUnwritable`] when it cannot be written.
    pub fn save_over(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}.new", std::process::id()));
        self.save(&beside).map_err(|fault| {
            let message = format!("cannot write beside {}", path.display());
            Error::new(ErrorCode::KeyFileUnwritable, message).caused_by(fault)
        })?;
        fs::rename(&beside, path).map_err(|fault| unwritable(path, fault))
    }

    /// What other peers know this node by.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        PeerId::from_checked(self.secret.public())
    }

    pub(crate) fn secret(&self) -> &SecretKey {
        &self.secret
    }

    pub(crate) fn keypair(&self) -> Keypair {
        Keypair::ed25519_from_bytes(&mut *self.secret.seed()).expect("an Ed25519 seed has 32 bytes")
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.peer_id()).finish()
    }
}

fn unwritable(path: &Path, fault: std::io::Error) -> Error {
    let code = match fault.kind() {
        ErrorKind::AlreadyExists => ErrorCode::KeyFileExists,
        _ => ErrorCode::KeyFileUnwritable,
    };
    Error::new(code, format!("cannot write the key file {}", path.display())).caused_by(fault)
}

#[cfg(unix)]
fn only_for_owner(options: &mut fs::OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn only_for_owner(_: &mut fs::OpenOptions) {}

#[cfg(unix)]
fn refuse_exposed(path: &Path, metadata: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    const FOR_OTHERS: u32 = 0o077;
    let mode = metadata.permissions().mode();
    if mode & FOR_OTHERS == 0 {
        return Ok(());
    }
    let message = format!("the key file {} has mode {:04o}", path.display(), mode & 0o7777);
    Err(Error::new(ErrorCode::KeyFileExposed, message))
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path, _: &fs::Metadata) -> Result<()> {
    Ok(())
}

/// Bytes of a key file that are read: a key with its labels has 120, and some write notes before it.
pub(crate) const LONGEST_FILE: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_key_reads_back_and_is_never_overwritten_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let identity = Identity::generate();
        identity.save(&path).unwrap();
        assert_eq!(Identity::load(&path).unwrap().peer_id(), identity.peer_id());
        let again = Identity::generate().save(&path).unwrap_err();
        assert_eq!(again.code(), ErrorCode::KeyFileExists);
        let other = Identity::generate();
        other.save_over(&path).unwrap();
        assert_eq!(Identity::load(&path).unwrap().peer_id(), other.peer_id());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused_with_a_hint() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        Identity::generate().save(&path).unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = Identity::load(&path).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::KeyFileExposed);
        assert!(refused.hint().contains("chmod 600"));
    }

    #[test]
    fn what_is_not_a_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Identity::load(folder.path().join("none.pem")).unwrap_err();
        assert_eq!(missing.code(), ErrorCode::KeyFileUnreadable);
        assert_eq!(Identity::from_pem("hello").unwrap_err().code(), ErrorCode::InvalidKey);
        assert_eq!(Identity::from_seed(&[1; 31]).unwrap_err().code(), ErrorCode::InvalidKey);
    }

    #[test]
    fn no_debug_output_shows_the_secret() {
        let identity = Identity::from_seed(&[0xA5; 32]).unwrap();
        let shown = format!("{identity:?}").to_lowercase();
        assert!(!shown.contains("a5a5") && !shown.contains("165, 165"), "{shown}");
    }

    #[test]
    fn a_file_without_end_is_no_key() {
        let (folder, identity) = (tempfile::tempdir().unwrap(), Identity::generate());
        let path = folder.path().join("node.pem");
        identity.save(&path).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        // Sparse: it takes no room on the disk, and reading all of it some seconds and 4 GiB.
        file.set_len(1 << 32).unwrap();
        assert_eq!(Identity::load(&path).unwrap_err().code(), ErrorCode::InvalidKey);
        file.set_len(0).unwrap();
        assert_eq!(Identity::load(&path).unwrap_err().code(), ErrorCode::InvalidKey);
    }
}

//! A file descriptor that is readable while it is set, for the event loops of other languages.

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use crate::error::{Error, ErrorCode, Result};

/// Level-triggered: others poll it, and read nothing from it.
pub(super) struct Signal {
    readable: OwnedFd,
    /// The other end, where the system has no eventfd.
    writable: Option<OwnedFd>,
    is_set: bool,
}

impl Signal {
    /// # Errors
    /// [`ErrorCode::Internal`] when this process may open no more files.
    pub(super) fn new() -> Result<Self> {
        let (readable, writable) = open().map_err(|fault| {
            let message = "no file descriptor can be opened to tell of what comes";
            Error::new(ErrorCode::Internal, message).caused_by(std::io::Error::from(fault))
        })?;
        Ok(Self { readable, writable, is_set: false })
    }

    pub(super) fn fd(&self) -> RawFd {
        self.readable.as_raw_fd()
    }

    pub(super) fn set(&mut self) {
        if !self.is_set {
            let end = self.writable.as_ref().unwrap_or(&self.readable);
            self.is_set = repeated(|| rustix::io::write(end.as_fd(), &ONE)).is_ok();
        }
    }

    pub(super) fn clear(&mut self) {
        if self.is_set {
            let mut count = [0; ONE.len()];
            self.is_set = repeated(|| rustix::io::read(&self.readable, &mut count)).is_err();
        }
    }
}

/// Both are on non-blocking descriptors, and can only be interrupted.
fn repeated<T>(call: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    rustix::io::retry_on_intr(call)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn open() -> rustix::io::Result<(OwnedFd, Option<OwnedFd>)> {
    use rustix::event::{EventfdFlags, eventfd};
    Ok((eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?, None))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn open() -> rustix::io::Result<(OwnedFd, Option<OwnedFd>)> {
    let (readable, writable) = rustix::pipe::pipe()?;
    for end in [&readable, &writable] {
        rustix::io::ioctl_fionbio(end, true)?;
        rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
    }
    Ok((readable, Some(writable)))
}

/// What an eventfd takes: a count of eight bytes.
const ONE: [u8; 8] = 1u64.to_ne_bytes();

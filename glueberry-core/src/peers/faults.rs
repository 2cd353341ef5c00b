//! What can be wrong with the files of an address book, as errors.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use glueberry_proto::v1::address_book::BookError;

use super::aside;
use crate::error::{Error, ErrorCode};

pub(super) fn unreadable(path: &Path, fault: io::Error) -> Error {
    let message = format!("cannot read the address book {}", path.display());
    Error::new(ErrorCode::AddressBookUnreadable, message).caused_by(fault)
}

pub(super) fn unwritable(path: &Path, fault: io::Error) -> Error {
    let message = format!("cannot write {}, of the address book", path.display());
    Error::new(ErrorCode::AddressBookUnwritable, message).caused_by(fault)
}

pub(super) fn locked(message: String) -> Error {
    Error::new(ErrorCode::AddressBookLocked, message)
}

pub(super) fn too_long(path: &Path, bytes: u64, most: u64) -> Error {
    let message = format!("the address book {} has {bytes} bytes of {most}", path.display());
    Error::new(ErrorCode::TooManyPeers, message)
}

/// A file that is no address book. A damaged one is copied aside, and stays where it is: whoever
/// starts again must not get an empty book, in which nobody is banned.
pub(super) fn not_a_book(path: &Path, bytes: &[u8], fault: BookError) -> Error {
    let shown = path.display();
    match fault {
        BookError::TooMany { .. } => {
            let message = format!("the address book {shown} is too large");
            Error::new(ErrorCode::TooManyPeers, message).caused_by(fault)
        }
        BookError::Version(_) => {
            let message = format!("the address book {shown} was written by a later version");
            Error::new(ErrorCode::AddressBookUnreadable, message).caused_by(fault)
        }
        _ => corrupt(path, bytes, &fault.to_string()),
    }
}

pub(super) fn corrupt(path: &Path, bytes: &[u8], complaint: &str) -> Error {
    let kept = match aside::keep(path, bytes, SystemTime::now()) {
        Ok(copy) => format!("a copy is kept as {}", copy.display()),
        Err(fault) => format!("no copy of it could be kept aside ({fault})"),
    };
    let message = format!("the address book {} is damaged {complaint}; {kept}", path.display());
    Error::new(ErrorCode::AddressBookCorrupt, message)
}

//! What concerns the whole process: a fork of it is noticed.

use std::sync::OnceLock;

use glueberry_core::embed::{fault, fork};
use glueberry_core::{ErrorCode, Result};

/// From now on a forked child is told [`ErrorCode::Forked`]. Before the first node starts there is
/// nothing that a child could lack, so that programs which fork first never notice.
pub(crate) fn notice_forks() -> Result<()> {
    static INSTALLED: OnceLock<i32> = OnceLock::new();
    match *INSTALLED.get_or_init(install) {
        0 => Ok(()),
        number => Err(fault(ErrorCode::Internal, format!("pthread_atfork failed: {number}"))),
    }
}

#[cfg(unix)]
fn install() -> i32 {
    // SAFETY: the handler only stores a flag, which is allowed between fork and exec; the library
    // stays loaded (`-z nodelete`), so that the handler is there for ever.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) }
}

#[cfg(unix)]
unsafe extern "C" fn in_child() {
    fork::mark();
}

#[cfg(not(unix))]
fn install() -> i32 {
    0
}

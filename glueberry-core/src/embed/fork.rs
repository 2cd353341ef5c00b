//! Whether this process is a fork of the one that started the library.
//!
//! In it the threads that serve the nodes are missing, and locks may be held by nobody: every call is
//! refused. Who asks is a flag, because a system call to ask for the process id would cost more than
//! sending a small message does. The binding has to set it: through `pthread_atfork` in C,
//! `os.register_at_fork` in Python.

use std::sync::atomic::{AtomicBool, Ordering};

use super::fault;
use crate::error::{ErrorCode, Result};

/// Says that this process is a forked child. Safe to call where only few functions may be called,
/// such as between fork and exec.
pub fn mark() {
    FORKED.store(true, Ordering::Relaxed);
}

/// # Errors
/// [`ErrorCode::Forked`] in a forked child.
#[inline]
pub fn check() -> Result<()> {
    if FORKED.load(Ordering::Relaxed) {
        return Err(fault(
            ErrorCode::Forked,
            "this process was forked from one that uses Glueberry",
        ));
    }
    Ok(())
}

static FORKED: AtomicBool = AtomicBool::new(false);

//! The runtime that a foreign node owns.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle, Runtime};

use super::{dispatcher, fork};
use crate::error::{Error, ErrorCode, Result};

/// The threads of a node. They end in the background when this is dropped, wherever that is.
pub(super) struct Home {
    /// Taken when this is dropped.
    runtime: Option<Runtime>,
}

impl Home {
    pub(super) fn handle(&self) -> &Handle {
        self.runtime.as_ref().expect("it is taken only when this is dropped").handle()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // In a forked child its threads are not there, and whatever waits for them waits for ever.
        match (self.runtime.take(), fork::check()) {
            (Some(runtime), Ok(())) => runtime.shutdown_background(),
            (runtime, _) => std::mem::forget(runtime),
        }
    }
}

/// Starts the threads of a node: so many workers, or as many as there are cores, but at most 4.
///
/// # Errors
/// [`ErrorCode::InvalidConfig`] unless there are 1 to 64 of them; [`ErrorCode::Internal`] when the
/// system has no threads to give.
pub(super) fn start(workers: Option<usize>) -> Result<Home> {
    let workers = match workers {
        Some(workers) if (1..=MOST_WORKERS).contains(&workers) => workers,
        Some(workers) => {
            let message = format!("worker_threads is {workers}; use 1 to {MOST_WORKERS}");
            return Err(Error::new(ErrorCode::InvalidConfig, message));
        }
        None => std::thread::available_parallelism().map_or(1, usize::from).min(DEFAULT_WORKERS),
    };
    let number = AtomicUsize::new(0);
    Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_name_fn(move || format!("glueberry-{}", number.fetch_add(1, Ordering::Relaxed)))
        .on_thread_start(block_sigpipe)
        .enable_all()
        .build()
        .map(|runtime| Home { runtime: Some(runtime) })
        .map_err(|fault| {
            Error::new(ErrorCode::Internal, "cannot start the node's threads").caused_by(fault)
        })
}

/// Refuses to wait where waiting would never end: on the thread that calls callbacks, and on a
/// worker of a runtime.
pub(super) fn may_wait() -> Result<()> {
    if dispatcher::is_here() {
        let message = "this thread calls the callbacks: waiting here would stop them all";
        return Err(Error::new(ErrorCode::WouldDeadlock, message));
    }
    if Handle::try_current().is_ok() {
        let message = "this thread belongs to a Tokio runtime: waiting here would stop its tasks";
        return Err(Error::new(ErrorCode::WouldDeadlock, message));
    }
    Ok(())
}

/// A write to a socket that the peer has closed raises SIGPIPE, which ends a program that does not
/// expect it. Blocked in our threads it stays without effect, and the host's handling as it is.
#[cfg(unix)]
pub(super) fn block_sigpipe() {
    use nix::sys::signal::{SigSet, Signal};
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGPIPE);
    if let Err(fault) = signals.thread_block() {
        tracing::warn!(%fault, "SIGPIPE is not blocked");
    }
}

#[cfg(not(unix))]
pub(super) fn block_sigpipe() {}

/// A node is a guest in a foreign program: it leaves cores to its host.
const DEFAULT_WORKERS: usize = 4;
/// More than any machine gains from.
const MOST_WORKERS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_workers_is_bounded() {
        for wrong in [0, MOST_WORKERS + 1] {
            assert_eq!(start(Some(wrong)).err().unwrap().code(), ErrorCode::InvalidConfig);
        }
    }

    #[cfg(unix)]
    #[test]
    fn workers_block_sigpipe_and_have_names() {
        use nix::sys::signal::{SigSet, Signal};
        let home = start(Some(1)).unwrap();
        let look = async {
            let name = std::thread::current().name().map(str::to_owned);
            (name, SigSet::thread_get_mask().unwrap().contains(Signal::SIGPIPE))
        };
        let (name, blocked) = home.handle().block_on(home.handle().spawn(look)).unwrap();
        assert!(name.unwrap().starts_with("glueberry-"));
        assert!(blocked);
    }
}

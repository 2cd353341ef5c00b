//! The one thread of a node that calls callbacks: never a worker, one call at a time, no lock held.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use tracing::error;

use super::runtime::block_sigpipe;
use crate::error::{Error, ErrorCode, Result};

/// Something to be done on the thread.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// Starts its thread with the first callback, and ends it with the last. Cloned freely: all clones
/// are one dispatcher.
#[derive(Clone, Default)]
pub(super) struct Dispatcher {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    work: Mutex<Work>,
    changed: Condvar,
}

#[derive(Default)]
struct Work {
    /// At most two for each callback: one to call it, one to retire it.
    jobs: VecDeque<Job>,
    callbacks: usize,
    has_thread: bool,
}

/// Counts one callback, for whose calls the thread is kept.
pub(super) struct Stay {
    dispatcher: Dispatcher,
}

impl Dispatcher {
    /// Keeps the thread until the returned value is dropped.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] when the system has no thread to give.
    pub(super) fn stay(&self) -> Result<Stay> {
        let mut work = self.shared.work.lock();
        if !work.has_thread {
            let shared = self.shared.clone();
            let thread = std::thread::Builder::new().name("glueberry-calls".to_owned());
            thread.spawn(move || serve(&shared)).map_err(|fault| {
                Error::new(ErrorCode::Internal, "no thread for callbacks").caused_by(fault)
            })?;
            work.has_thread = true;
        }
        work.callbacks += 1;
        Ok(Stay { dispatcher: self.clone() })
    }
}

impl Stay {
    pub(super) fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let shared = &self.dispatcher.shared;
        shared.work.lock().jobs.push_back(Box::new(job));
        shared.changed.notify_one();
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let shared = &self.dispatcher.shared;
        shared.work.lock().callbacks -= 1;
        shared.changed.notify_one();
    }
}

/// Whether this thread calls callbacks.
pub(super) fn is_here() -> bool {
    HERE.get()
}

/// Says that this thread calls callbacks.
pub(super) fn be_here() {
    HERE.set(true);
}

fn serve(shared: &Shared) {
    be_here();
    block_sigpipe();
    while let Some(job) = next(shared) {
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            error!("a callback panicked");
        }
    }
}

/// `None` when there is no callback left; then the thread counts as gone.
fn next(shared: &Shared) -> Option<Job> {
    let mut work = shared.work.lock();
    loop {
        if let Some(job) = work.jobs.pop_front() {
            return Some(job);
        }
        if work.callbacks == 0 {
            work.has_thread = false;
            return None;
        }
        shared.changed.wait(&mut work);
    }
}

thread_local! {
    static HERE: Cell<bool> = const { Cell::new(false) };
}

//! A call that is carried out on a node's own threads, and awaited anywhere.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::{JoinError, JoinHandle};

use crate::error::{Error, ErrorCode, Result};

/// A call that is carried out on a node's own threads. It can be awaited on any other thread, without
/// a Tokio runtime there.
#[must_use = "the call may end when this is dropped"]
pub struct Running<T> {
    task: JoinHandle<Result<T>>,
    when_dropped: Fate,
}

/// What becomes of a call that nobody awaits any more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Cancelled,
    GoesOn,
}

impl<T> Running<T> {
    pub(super) fn new(task: JoinHandle<Result<T>>, when_dropped: Fate) -> Self {
        Self { task, when_dropped }
    }
}

impl<T> Future for Running<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        Pin::new(&mut self.task)
            .poll(context)
            .map(|joined| joined.unwrap_or_else(|fault| Err(ended_early(fault))))
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        if self.when_dropped == Fate::Cancelled {
            self.task.abort();
        }
    }
}

fn ended_early(fault: JoinError) -> Error {
    if fault.is_panic() {
        return Error::new(ErrorCode::Panicked, "a fault inside Glueberry ended the call");
    }
    Error::new(ErrorCode::NodeClosed, "the node ended before the call was done").caused_by(fault)
}

//! The first step of a call, taken where the call is made.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;

/// A call whose first step is taken at once, on the caller's thread, and whose rest is this future. So
/// the calls of one thread reach the node in their order, whichever worker carries on with each: a
/// `disconnect` ends the `connect` before it. A panic comes when the future is awaited.
pub(super) fn begun<F>(
    call: F,
    runtime: &Handle,
) -> impl Future<Output = F::Output> + Send + 'static + use<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut call = Box::pin(call);
    let _entered = runtime.enter();
    // Whoever polls next hands in a waker that wakes somebody.
    let mut unheard = Context::from_waker(Waker::noop());
    let first = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut unheard)));
    async move {
        match first {
            Ok(Poll::Ready(outcome)) => outcome,
            Ok(Poll::Pending) => call.await,
            Err(fault) => resume_unwind(fault),
        }
    }
}

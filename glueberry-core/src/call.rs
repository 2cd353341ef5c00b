//! A call that waits, with an optional deadline.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

use crate::error::{Error, ErrorCode, Result};

/// A call that waits: `.await` it, with [`Call::timeout`] before it or without. Dropping it cancels
/// it.
///
/// ```no_run
/// # async fn example(node: glueberry_core::Node) -> glueberry_core::Result<()> {
/// use std::time::Duration;
///
/// let peer = node
///     .connect("/ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…")
///     .timeout(Duration::from_secs(5))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited"]
#[pin_project::pin_project]
pub struct Call<F> {
    #[pin]
    work: F,
    what: &'static str,
    deadline: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl<F> Call<F> {
    pub(crate) fn new(what: &'static str, work: F) -> Self {
        Self { work, what, deadline: None }
    }

    /// Fails with [`ErrorCode::TimedOut`] unless the call is done within this time, counted from
    /// now.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn timeout(mut self, within: Duration) -> Self {
        self.deadline = Some((within, Box::pin(tokio::time::sleep(within))));
        self
    }
}

impl<T, F: Future<Output = Result<T>>> Future for Call<F> {
    type Output = Result<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let call = self.project();
        if let Poll::Ready(done) = call.work.poll(context) {
            return Poll::Ready(done);
        }
        let Some((within, sleep)) = call.deadline else { return Poll::Pending };
        sleep.as_mut().poll(context).map(|()| {
            let message = format!("{} took longer than {within:?}", call.what);
            Err(Error::new(ErrorCode::TimedOut, message))
        })
    }
}

//! Giving a wait up. Kotlin drops the future; Swift cannot, and says so here.

use std::pin::pin;
use std::sync::Arc;

use futures::future::{Either, select};
use glueberry_core::embed::fault;
use glueberry_core::{ErrorCode, Result};
use tokio_util::sync::CancellationToken;

/// Gives one call up that waits.
#[derive(Debug, Default, uniffi::Object)]
pub struct Cancel {
    token: CancellationToken,
}

#[uniffi::export]
impl Cancel {
    /// For one call.
    #[uniffi::constructor]
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The call fails with `Cancelled`, unless it is done. Also before it began.
    pub fn cancel(&self) {
        self.token.cancel();
    }
}

/// What a call yields, unless it is given up.
pub(crate) async fn unless<T>(
    cancel: Option<Arc<Cancel>>,
    running: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(cancel) = cancel else { return running.await };
    match select(pin!(running), pin!(cancel.token.cancelled())).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => Err(fault(ErrorCode::Cancelled, "the caller gave the call up")),
    }
}

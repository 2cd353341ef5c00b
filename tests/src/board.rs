//! What a process has said and no test has taken yet.

use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// Items from one process, each of which is taken once, in any order.
pub(crate) struct Board<T> {
    state: Mutex<State<T>>,
    arrived: Notify,
}

struct State<T> {
    items: Vec<T>,
    ended: bool,
}

/// Why nothing was found on a [`Board`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The process ended before.
    Ended,
    /// The deadline came first.
    TooLate,
}

impl<T: Debug> Board<T> {
    pub(crate) fn new() -> Self {
        let state = State { items: Vec::new(), ended: false };
        Self { state: Mutex::new(state), arrived: Notify::new() }
    }

    pub(crate) fn put(&self, item: T) {
        self.lock().items.push(item);
        self.arrived.notify_waiters();
    }

    /// Nothing more will come.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.arrived.notify_waiters();
    }

    /// Takes the first item, past or coming, that fits.
    pub(crate) async fn take(
        &self,
        fits: impl Fn(&T) -> bool,
        patience: Duration,
    ) -> Result<T, Missing> {
        let taking = async {
            loop {
                let arrived = self.arrived.notified();
                tokio::pin!(arrived);
                arrived.as_mut().enable();
                if let Some(outcome) = self.try_take(&fits) {
                    return outcome;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(patience, taking).await.unwrap_or(Err(Missing::TooLate))
    }

    /// Takes all items that have come and fit.
    pub(crate) fn take_now(&self, fits: impl Fn(&T) -> bool) -> Vec<T> {
        self.lock().items.extract_if(.., |item| fits(item)).collect()
    }

    /// The newest items that nobody took, for a failure's message.
    pub(crate) fn untaken(&self) -> String {
        let state = self.lock();
        let shown = state.items.len().saturating_sub(SHOWN);
        let lines: Vec<String> =
            state.items[shown..].iter().map(|item| format!("  {item:?}")).collect();
        lines.join("\n")
    }

    fn try_take(&self, fits: impl Fn(&T) -> bool) -> Option<Result<T, Missing>> {
        let mut state = self.lock();
        match state.items.iter().position(fits) {
            Some(at) => Some(Ok(state.items.remove(at))),
            None => state.ended.then_some(Err(Missing::Ended)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More would bury the failure's own message.
const SHOWN: usize = 40;

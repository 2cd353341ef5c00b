//! Waiting with a deadline.

use std::time::Duration;

use glueberry_core::{Event, EventKind, Events};

/// No step of a test takes longer on a loaded machine, unless it hangs.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits for a future, up to the deadline.
///
/// # Panics
/// When the deadline passes.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("nothing came before the deadline")
}

/// Waits for the first event that is wanted.
///
/// # Panics
/// When the deadline passes, or the events end.
pub async fn next_event(events: &mut Events, wanted: impl Fn(&EventKind) -> bool) -> Event {
    within(async {
        loop {
            let event = events.next().await.expect("the events end before the one waited for");
            if wanted(&event.kind) {
                return event;
            }
        }
    })
    .await
}

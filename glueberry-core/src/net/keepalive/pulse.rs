//! What the transport and the keep-alive know of one connection's life.
//!
//! libp2p gives the muxer of a connection and its handler nothing by which they could know each
//! other; a peer's id does not do, since one of its connections may be dead while another lives. But
//! libp2p polls both in one task, which no other connection uses: they meet by the task's id.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::task::{self, Id};

/// The signs of life of one connection.
pub(in crate::net) struct Pulse {
    task: Id,
    born: Instant,
    /// When the last sign came, in µs since `born`.
    heard: AtomicU64,
    /// How many of its writers were refused bytes, and have not got rid of any since: the socket
    /// over TCP, streams over QUIC.
    blocked: AtomicUsize,
    registry: Weak<Mutex<ByTask>>,
}

/// The pulses of all connections. Cloned freely: all clones are one.
#[derive(Clone, Default)]
pub(in crate::net) struct Pulses {
    by_task: Arc<Mutex<ByTask>>,
}

/// Bounded by the connections that live: a pulse that nobody holds removes its entry.
type ByTask = HashMap<Id, Weak<Pulse>>;

impl Pulses {
    /// The pulse of the connection whose task this is; none outside of a task.
    pub(in crate::net) fn here(&self) -> Option<Arc<Pulse>> {
        let task = task::try_id()?;
        let mut by_task = self.by_task.lock();
        if let Some(pulse) = by_task.get(&task).and_then(Weak::upgrade) {
            return Some(pulse);
        }
        let registry = Arc::downgrade(&self.by_task);
        let (heard, blocked) = (AtomicU64::new(0), AtomicUsize::new(0));
        let pulse = Arc::new(Pulse { task, born: Instant::now(), heard, blocked, registry });
        by_task.insert(task, Arc::downgrade(&pulse));
        Some(pulse)
    }
}

impl Pulse {
    /// Something came from the peer, or it took something.
    #[inline]
    pub(in crate::net) fn hear(&self) {
        let since = u64::try_from(self.born.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.heard.store(since, Relaxed);
    }

    /// When something last came; when the connection was first looked at, if nothing has.
    pub(super) fn heard(&self) -> Instant {
        self.born + Duration::from_micros(self.heard.load(Relaxed))
    }

    /// Whether the transport refuses bytes now.
    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.load(Relaxed) > 0
    }

    /// A writer was refused. It says when it is not any more, or is no more.
    pub(super) fn refused(&self) {
        self.blocked.fetch_add(1, Relaxed);
    }

    /// A writer that was refused is so no more.
    pub(super) fn unblocked(&self) {
        self.blocked.fetch_sub(1, Relaxed);
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        let Some(by_task) = self.registry.upgrade() else { return };
        let mut by_task = by_task.lock();
        // A newer one may have taken the place meanwhile.
        if by_task.get(&self.task).is_some_and(|entry| entry.strong_count() == 0) {
            by_task.remove(&self.task);
        }
    }
}

/// Listens to one connection's socket.
pub(in crate::net) struct Ear {
    pulses: Pulses,
    /// Found anew when another task polls: libp2p dials and accepts in tasks of their own.
    pulse: Option<Arc<Pulse>>,
    /// Known to the pulse.
    blocked: bool,
}

impl Ear {
    pub(in crate::net) fn new(pulses: Pulses) -> Self {
        Self { pulses, pulse: None, blocked: false }
    }

    /// Notes what came of a read.
    pub(in crate::net) fn read(&mut self, outcome: &Poll<io::Result<usize>>) {
        if matches!(outcome, Poll::Ready(Ok(1..)))
            && let Some(pulse) = self.pulse()
        {
            pulse.hear();
        }
    }

    /// Notes what came of a write or a flush. Bytes that are taken after others were refused show
    /// that the peer's host acknowledged some.
    pub(in crate::net) fn wrote<T>(&mut self, outcome: &Poll<io::Result<T>>) {
        if outcome.is_pending() == self.blocked {
            return;
        }
        let Some(pulse) = self.pulse() else { return };
        match outcome {
            Poll::Pending => pulse.refused(),
            Poll::Ready(outcome) => {
                pulse.unblocked();
                if outcome.is_ok() {
                    pulse.hear();
                }
            }
        }
        self.blocked = outcome.is_pending();
    }

    fn pulse(&mut self) -> Option<&Pulse> {
        let here = task::try_id();
        if self.pulse.as_ref().map(|pulse| pulse.task) != here {
            self.pulse = self.pulses.here();
            // A new pulse knows nothing of what the old one was told.
            if let (true, Some(pulse)) = (self.blocked, &self.pulse) {
                pulse.refused();
            }
        }
        self.pulse.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_runs_in_one_task_shares_a_pulse_and_its_last_holder_removes_it() {
        let pulses = Pulses::default();
        let there = pulses.clone();
        let shared = async move {
            let (one, two) = (there.here().unwrap(), there.here().unwrap());
            (Arc::ptr_eq(&one, &two), one)
        };
        let (same, one) = tokio::spawn(shared).await.unwrap();
        assert!(same);
        let there = pulses.clone();
        let other = tokio::spawn(async move { there.here().unwrap() }).await.unwrap();
        assert!(!Arc::ptr_eq(&one, &other), "another task is another connection");
        assert_eq!(pulses.by_task.lock().len(), 2);
        drop((one, other));
        assert_eq!(pulses.by_task.lock().len(), 0);
    }

    #[tokio::test]
    async fn bytes_that_were_refused_and_are_taken_are_a_sign_of_life() {
        let pulses = Pulses::default();
        let listening = async move {
            let (pulse, mut ear) = (pulses.here().unwrap(), Ear::new(pulses));
            let before = pulse.heard();
            ear.wrote(&Poll::Ready(Ok(7)));
            assert_eq!(pulse.heard(), before, "a buffer with room says nothing of the peer");
            ear.wrote::<()>(&Poll::Pending);
            assert!(pulse.is_blocked());
            while pulse.born.elapsed() < Duration::from_millis(1) {
                std::hint::spin_loop();
            }
            ear.wrote(&Poll::Ready(Ok(7)));
            assert!(!pulse.is_blocked() && pulse.heard() > before);
        };
        tokio::spawn(listening).await.unwrap();
    }
}

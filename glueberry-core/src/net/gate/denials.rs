//! Refusals become events: some at once, the rest counted, so that strangers cannot flood those who
//! listen to events.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;
use libp2p::Multiaddr;
use parking_lot::Mutex;
use tokio::time::Sleep;

use crate::PeerId;
use crate::error::Error;
use crate::events::{Denial, EventKind, Hub};

/// Where the gate, the transport and the muxers report whom they refused. Cloned freely: all clones
/// are one.
///
/// Each reason has [`AT_ONCE`] events in a [`PERIOD`]; the rest of it is reported by one more event
/// when the period is over.
#[derive(Clone)]
pub(crate) struct Denials {
    hub: Hub,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    tally: Mutex<Tally>,
    reporter: AtomicWaker,
}

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    pub(crate) inbound: bool,
    /// Where it is known.
    pub(crate) peer: Option<PeerId>,
    pub(crate) address: Multiaddr,
    pub(crate) denial: Denial,
}

impl Denied {
    /// What a call gets that runs into it.
    pub(crate) fn error(&self) -> Error {
        refusal(self.denial, self.peer)
    }
}

impl Denials {
    pub(crate) fn new(hub: Hub) -> Self {
        Self { hub, shared: Arc::default() }
    }

    /// Emits the event, or counts it for a later one.
    pub(crate) fn report(&self, denied: Denied) {
        let due = self.shared.tally.lock().add(denied, Instant::now());
        match due {
            Some(due) => self.emit(due),
            None => self.shared.reporter.wake(),
        }
    }

    /// Emits what was counted and not reported yet, when its time has come. Pending always: the
    /// task is woken when there is something to do. `timer` is the caller's, for this alone.
    pub(super) fn poll(&self, timer: &mut Option<Pin<Box<Sleep>>>, context: &mut Context<'_>) {
        self.shared.reporter.register(context.waker());
        loop {
            let (overdue, next) = {
                let mut tally = self.shared.tally.lock();
                (tally.overdue(Instant::now()), tally.next_due())
            };
            for due in overdue {
                self.emit(due);
            }
            let Some(next) = next else { return *timer = None };
            let mut sleep = match timer.take() {
                Some(sleep) if sleep.deadline() == next.into() => sleep,
                _ => Box::pin(tokio::time::sleep_until(next.into())),
            };
            if sleep.as_mut().poll(context).is_pending() {
                return *timer = Some(sleep);
            }
        }
    }

    /// Emits what was counted and not reported yet: the node ends.
    pub(crate) fn report_rest(&self) {
        let rest = self.shared.tally.lock().rest();
        for due in rest {
            self.emit(due);
        }
    }

    fn emit(&self, (denied, suppressed): Due) {
        let Denied { inbound, peer, address, denial } = denied;
        let address = address.to_string();
        self.hub.emit(EventKind::ConnectionDenied { inbound, peer, address, denial, suppressed });
    }
}

/// The error of a call that the gate refused.
pub(super) fn refusal(denial: Denial, peer: Option<PeerId>) -> Error {
    let error = Error::new(denial.code(), words(denial));
    match peer {
        Some(peer) => error.at_peer(peer),
        None => error,
    }
}

fn words(denial: Denial) -> &'static str {
    match denial {
        Denial::IdentityRefused => "the peer's key identifies nobody",
        Denial::OwnIdentity => "the peer has this node's own identity",
        Denial::PeerBanned => "the peer is banned",
        Denial::AddressBanned => "the address is banned",
        Denial::PeerNotAllowed => "the access rules do not allow the peer",
        Denial::AddressNotAllowed => "the access rules do not allow the address",
        Denial::PendingLimit => "too many connections have not proven an identity yet",
        Denial::TotalLimit => "the node has as many connections as it may have",
        Denial::PeerLimit => "the peer has as many connections as one peer may have",
        Denial::AddressLimit => "the address has as many connections as one address may have",
        Denial::TooMuchBeforeIdentity => "too much was sent before an identity was proven",
        Denial::TooSlowToIdentify => "no identity was proven in time",
        Denial::TooManyStreams => "too many streams were opened before the handshake was finished",
    }
}

/// A refusal to report, and how many more it stands for.
type Due = (Denied, u64);

/// What was refused lately, by reason: there are few reasons, so this is bounded.
#[derive(Default)]
struct Tally {
    by_reason: BTreeMap<Denial, Quota>,
}

struct Quota {
    over: Instant,
    emitted: u32,
    suppressed: u64,
    latest: Option<Denied>,
}

impl Tally {
    fn add(&mut self, denied: Denied, now: Instant) -> Option<Due> {
        let quota = self.by_reason.entry(denied.denial).or_insert_with(|| Quota::beginning(now));
        if quota.over <= now {
            (quota.over, quota.emitted) = (now + PERIOD, 0);
        }
        if quota.emitted < AT_ONCE {
            quota.emitted += 1;
            quota.latest = None;
            return Some((denied, std::mem::take(&mut quota.suppressed)));
        }
        quota.suppressed += 1;
        quota.latest = Some(denied);
        None
    }

    /// What waited for the end of its period. It counts for the next one.
    fn overdue(&mut self, now: Instant) -> Vec<Due> {
        let over = self.by_reason.values_mut().filter(|quota| quota.over <= now);
        over.filter_map(|quota| {
            let due = quota.take_rest()?;
            (quota.over, quota.emitted) = (now + PERIOD, 1);
            Some(due)
        })
        .collect()
    }

    fn rest(&mut self) -> Vec<Due> {
        self.by_reason.values_mut().filter_map(Quota::take_rest).collect()
    }

    fn next_due(&self) -> Option<Instant> {
        let waiting = self.by_reason.values().filter(|quota| quota.latest.is_some());
        waiting.map(|quota| quota.over).min()
    }
}

impl Quota {
    fn beginning(now: Instant) -> Self {
        Self { over: now + PERIOD, emitted: 0, suppressed: 0, latest: None }
    }

    fn take_rest(&mut self) -> Option<Due> {
        let latest = self.latest.take()?;
        Some((latest, std::mem::take(&mut self.suppressed) - 1))
    }
}

/// Enough to see who it is; a subscriber's queue holds 1,024 events.
pub(crate) const AT_ONCE: u32 = 8;
/// How long the rest of a burst may stay unreported.
pub(crate) const PERIOD: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::EventFilter;

    fn denied(denial: Denial, port: u16) -> Denied {
        let address = format!("/ip4/192.0.2.7/tcp/{port}").parse().unwrap();
        Denied { inbound: true, peer: None, address, denial }
    }

    proptest! {
        #[test]
        fn every_refusal_is_reported_once_and_at_most_nine_events_a_second_for_one_reason(
            pauses in prop::collection::vec(prop_oneof![9 => 0..20u64, 1 => 0..3000u64], 1..400),
        ) {
            let (mut tally, start) = (Tally::default(), Instant::now());
            let (mut now, mut emitted) = (start, Vec::new());
            for pause in &pauses {
                let until = now + Duration::from_millis(*pause);
                while let Some(due) = tally.next_due().filter(|due| *due <= until) {
                    emitted.extend(tally.overdue(due).into_iter().map(|(_, more)| (due, more)));
                }
                now = until;
                let due = tally.add(denied(Denial::TotalLimit, 1), now);
                emitted.extend(due.map(|(_, more)| (now, more)));
            }
            let end = now + PERIOD;
            emitted.extend(tally.overdue(end).into_iter().map(|(_, more)| (end, more)));
            prop_assert_eq!(tally.next_due(), None);
            let reported: u64 = emitted.iter().map(|(_, more)| 1 + more).sum();
            prop_assert_eq!(reported, u64::try_from(pauses.len()).unwrap());
            // Two periods may meet within one second.
            for (at, _) in &emitted {
                let within = |(other, _): &&(Instant, u64)| *other >= *at && *other < *at + PERIOD;
                prop_assert!(emitted.iter().filter(within).count() <= 16);
            }
        }
    }

    #[test]
    fn one_reason_does_not_hide_another() {
        let (mut tally, now) = (Tally::default(), Instant::now());
        let flood: Vec<_> =
            (0..100).filter_map(|n| tally.add(denied(Denial::PendingLimit, n), now)).collect();
        assert_eq!(flood.len(), 8);
        assert!(tally.add(denied(Denial::PeerBanned, 1), now).is_some());
        let rest = tally.overdue(now + PERIOD);
        assert_eq!(rest, [(denied(Denial::PendingLimit, 99), 91)]);
    }

    #[tokio::test]
    async fn the_rest_of_a_burst_is_reported_though_nothing_more_happens() {
        let hub = Hub::new(64);
        let (denials, mut events) = (Denials::new(hub.clone()), hub.subscribe(EventFilter::all()));
        let reporter = denials.clone();
        let mut timer = None;
        let reporting = std::future::poll_fn(move |context| {
            reporter.poll(&mut timer, context);
            std::task::Poll::<()>::Pending
        });
        let burst = async {
            (0..20).for_each(|n| denials.report(denied(Denial::AddressLimit, n)));
            let mut reported = 0;
            while reported < 20 {
                match events.next().await.unwrap().kind {
                    EventKind::ConnectionDenied { suppressed, .. } => reported += 1 + suppressed,
                    other => panic!("{other:?}"),
                }
            }
            reported
        };
        let patience = tokio::time::sleep(PERIOD * 20);
        tokio::select! {
            reported = burst => assert_eq!(reported, 20),
            () = reporting => unreachable!(),
            () = patience => panic!("the rest was not reported"),
        }
    }
}

//! What those can make us hold who have not proven who they are.
//!
//! libp2p cannot cancel a pending inbound connection that it has admitted, so each one's upgrade is
//! wrapped here, between the swarm and the transports: it ends when it takes too long, when too much
//! is sent, or when there are too many and it is the oldest from the busiest source.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{AbortHandle, Abortable, Aborted, BoxFuture};
use libp2p::Multiaddr;
use libp2p::core::transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent};
use parking_lot::Mutex;

use super::gate::{Denials, Denied, GateRules, Source, ip_of};
use super::metered::Allowance;
use crate::events::Denial;

/// A transport whose upgrades are bounded, inbound and outbound.
pub(super) struct Watched<T> {
    inner: T,
    watch: Watch,
}

/// By what strangers are measured. Cloned freely: all clones are one.
#[derive(Clone)]
pub(super) struct Watch {
    pub(super) rules: GateRules,
    pub(super) denials: Denials,
    pub(super) pending: Pending,
    pub(super) dial_timeout: Duration,
}

impl<T> Watched<T> {
    pub(super) fn new(inner: T, watch: Watch) -> Self {
        Self { inner, watch }
    }
}

impl<T> Transport for Watched<T>
where
    T: Transport<Error = io::Error> + Unpin,
    T::Output: Send + 'static,
    T::Dial: Send + 'static,
    T::ListenerUpgrade: Send + 'static,
{
    type Output = T::Output;
    type Error = io::Error;
    type ListenerUpgrade = BoxFuture<'static, io::Result<T::Output>>;
    type Dial = BoxFuture<'static, io::Result<T::Output>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.inner.listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    /// Names have been resolved by now, so that a ban of an address holds for those too.
    fn dial(
        &mut self,
        address: Multiaddr,
        options: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        if let Some(denial) = self.watch.rules.address_denial(ip_of(&address)) {
            let fault = self.watch.refuse(denial, false, address);
            return Err(TransportError::Other(fault));
        }
        let dial = self.inner.dial(address.clone(), options)?;
        Ok(self.watch.clone().dialed(dial, address).boxed())
    }

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        let polled = Pin::new(&mut self.inner).poll(context);
        polled.map(|event| {
            let from = match &event {
                TransportEvent::Incoming { send_back_addr, .. } => send_back_addr.clone(),
                _ => Multiaddr::empty(),
            };
            event.map_upgrade(|upgrade| self.watch.clone().accepted(upgrade, from).boxed())
        })
    }
}

impl Watch {
    /// Somebody who dialed us: it counts from here on, which is after the gate has looked at its
    /// address.
    async fn accepted<O>(
        self,
        upgrade: impl Future<Output = io::Result<O>>,
        from: Multiaddr,
    ) -> io::Result<O> {
        let (handle, registration) = AbortHandle::new_pair();
        let _place = self.pending.enter(ip_of(&from).map(Source::of), handle);
        let allowance = Allowance::new(MOST_BEFORE_IDENTITY);
        let upgrade = Abortable::new(allowance.clone().limit(upgrade), registration);
        let denial = match tokio::time::timeout(IDENTIFY_WITHIN, upgrade).await {
            Ok(Ok(Ok(authenticated))) => return Ok(authenticated),
            Ok(Ok(Err(_))) if allowance.is_spent() => Denial::TooMuchBeforeIdentity,
            Ok(Ok(Err(fault))) => return Err(fault),
            Ok(Err(Aborted)) => Denial::PendingLimit,
            Err(_) => Denial::TooSlowToIdentify,
        };
        Err(self.refuse(denial, true, from))
    }

    /// Whoever answers our dial is a stranger as well, until it has proven to be whom we dialed.
    async fn dialed<O>(
        self,
        dial: impl Future<Output = io::Result<O>>,
        address: Multiaddr,
    ) -> io::Result<O> {
        let allowance = Allowance::new(MOST_BEFORE_IDENTITY);
        let dial = allowance.clone().limit(dial);
        match tokio::time::timeout(self.dial_timeout, dial).await {
            Ok(Err(_)) if allowance.is_spent() => {
                Err(self.refuse(Denial::TooMuchBeforeIdentity, false, address))
            }
            Ok(outcome) => outcome,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the dial timed out")),
        }
    }

    fn refuse(&self, denial: Denial, inbound: bool, address: Multiaddr) -> io::Error {
        let denied = Denied { inbound, peer: None, address, denial };
        let error = denied.error();
        self.denials.report(denied);
        io::Error::other(error)
    }
}

/// The inbound connections that have not proven an identity yet. Cloned freely: all clones are one.
///
/// When one more comes than there is room for, the oldest of the source that has the most is dropped:
/// a peer that means it proves who it is within a few round trips, and one that stays is no peer.
/// So a source that floods pushes out its own, and nobody elsewhere.
#[derive(Clone)]
pub(super) struct Pending {
    crowd: Arc<Mutex<Crowd>>,
}

struct Crowd {
    most: usize,
    next: u64,
    len: usize,
    /// Each by age; none is empty.
    by_source: HashMap<Option<Source>, BTreeMap<u64, AbortHandle>>,
    /// All sources, the one last that is to make room.
    by_size: BTreeSet<Rank>,
}

/// How many places a source has, and of those with as many, whose oldest is older.
type Rank = (usize, Reverse<u64>, Option<Source>);

/// Leaves the crowd when it is dropped.
struct Place {
    crowd: Arc<Mutex<Crowd>>,
    source: Option<Source>,
    number: u64,
}

impl Pending {
    pub(super) fn new(most: usize) -> Self {
        let (by_source, by_size) = (HashMap::new(), BTreeSet::new());
        let crowd = Crowd { most, next: 0, len: 0, by_source, by_size };
        Self { crowd: Arc::new(Mutex::new(crowd)) }
    }

    fn enter(&self, source: Option<Source>, handle: AbortHandle) -> Place {
        let mut crowd = self.crowd.lock();
        let number = crowd.add(source, handle);
        let dropped = if crowd.len > crowd.most { crowd.make_room() } else { None };
        drop(crowd);
        // Without the lock: it wakes a task.
        if let Some(dropped) = dropped {
            dropped.abort();
        }
        Place { crowd: self.crowd.clone(), source, number }
    }
}

impl Crowd {
    fn add(&mut self, source: Option<Source>, handle: AbortHandle) -> u64 {
        let number = self.next;
        self.next += 1;
        self.change(source, |places| places.insert(number, handle));
        number
    }

    fn make_room(&mut self) -> Option<AbortHandle> {
        let (_, _, source) = *self.by_size.last()?;
        self.change(source, BTreeMap::pop_first).map(|(_, handle)| handle)
    }

    /// Changes the places of one source, and keeps all counts true.
    fn change<T>(
        &mut self,
        source: Option<Source>,
        change: impl FnOnce(&mut BTreeMap<u64, AbortHandle>) -> T,
    ) -> T {
        let places = self.by_source.entry(source).or_default();
        if let Some(rank) = rank(source, places) {
            self.by_size.remove(&rank);
        }
        self.len -= places.len();
        let changed = change(places);
        self.len += places.len();
        match rank(source, places) {
            Some(rank) => drop(self.by_size.insert(rank)),
            None => drop(self.by_source.remove(&source)),
        }
        changed
    }
}

/// None for a source without a place.
fn rank(source: Option<Source>, places: &BTreeMap<u64, AbortHandle>) -> Option<Rank> {
    let (oldest, _) = places.first_key_value()?;
    Some((places.len(), Reverse(*oldest), source))
}

impl Drop for Place {
    fn drop(&mut self) {
        let number = self.number;
        self.crowd.lock().change(self.source, |places| places.remove(&number));
    }
}

/// A certificate and a signature fit many times over.
pub(crate) const MOST_BEFORE_IDENTITY: usize = 256 * 1024;
/// Whoever dials us has a few round trips to prove who it is, however patient our own dials are.
pub(crate) const IDENTIFY_WITHIN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn source(n: u8) -> Source {
        Source::of([192, 0, 2, n].into())
    }

    /// Whoever has to go, as [`Pending`] should see it: an index into these, which are by age.
    fn goes(waiting: &[(u8, Place, AbortHandle)]) -> usize {
        let has = |from: u8| waiting.iter().filter(|(other, ..)| *other == from).count();
        let most = waiting.iter().map(|(from, ..)| has(*from)).max().unwrap();
        waiting.iter().position(|(from, ..)| has(*from) == most).unwrap()
    }

    #[derive(Clone, Debug)]
    enum Happening {
        Comes(u8),
        Leaves(usize),
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            3 => (0..4u8).prop_map(Happening::Comes),
            2 => (0..8usize).prop_map(Happening::Leaves),
        ]
    }

    proptest! {
        #[test]
        fn the_oldest_of_the_busiest_source_makes_room_and_nobody_who_left_is_counted(
            most in 1..8usize,
            happenings in prop::collection::vec(happening(), 0..100),
        ) {
            let pending = Pending::new(most);
            let (mut waiting, mut dropped) = (Vec::new(), Vec::new());
            for happening in happenings {
                match happening {
                    Happening::Leaves(number) if number < waiting.len() => {
                        drop(waiting.remove(number));
                    }
                    Happening::Leaves(_) => {}
                    Happening::Comes(from) => {
                        let (handle, _registration) = AbortHandle::new_pair();
                        let place = pending.enter(Some(source(from)), handle.clone());
                        waiting.push((from, place, handle));
                        if waiting.len() > most {
                            dropped.push(waiting.remove(goes(&waiting)));
                        }
                    }
                }
                prop_assert!(waiting.iter().all(|(_, _, handle)| !handle.is_aborted()));
                prop_assert!(dropped.iter().all(|(_, _, handle)| handle.is_aborted()));
                prop_assert_eq!(pending.crowd.lock().len, waiting.len());
            }
            drop((waiting, dropped));
            let crowd = pending.crowd.lock();
            prop_assert_eq!(crowd.len, 0);
            prop_assert!(crowd.by_source.is_empty() && crowd.by_size.is_empty());
        }
    }

    #[test]
    fn a_source_that_floods_pushes_out_nobody_elsewhere() {
        let pending = Pending::new(8);
        let enter = |from| {
            let (handle, _registration) = AbortHandle::new_pair();
            (pending.enter(Some(source(from)), handle.clone()), handle)
        };
        let honest = [enter(1), enter(2)];
        let _flood: Vec<_> = (0..1000).map(|_| enter(3)).collect();
        assert!(honest.iter().all(|(_, handle)| !handle.is_aborted()));
    }
}

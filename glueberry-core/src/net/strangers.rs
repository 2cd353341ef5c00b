//! What those can make us hold who have not proven who they are.
//!
//! libp2p cannot cancel a pending inbound connection that it has admitted, so each one's upgrade is
//! wrapped here, between the swarm and the transports: it ends when it takes too long, when too much
//! is sent, or when it is the oldest of too many.

use std::collections::BTreeMap;
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

use super::gate::{Denials, Denied, GateRules, ip_of};
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
        let _place = self.pending.enter(handle);
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

/// The inbound connections that have not proven an identity yet, by age. Cloned freely: all clones
/// are one.
///
/// When one more comes than there is room for, the oldest is dropped: a peer that means it proves
/// who it is within a few round trips, and one that stays is no peer.
#[derive(Clone)]
pub(super) struct Pending {
    queue: Arc<Mutex<Queue>>,
}

struct Queue {
    most: usize,
    next: u64,
    by_age: BTreeMap<u64, AbortHandle>,
}

/// Leaves the queue when it is dropped.
struct Place {
    queue: Arc<Mutex<Queue>>,
    number: u64,
}

impl Pending {
    pub(super) fn new(most: usize) -> Self {
        Self { queue: Arc::new(Mutex::new(Queue { most, next: 0, by_age: BTreeMap::new() })) }
    }

    fn enter(&self, handle: AbortHandle) -> Place {
        let mut queue = self.queue.lock();
        let number = queue.next;
        queue.next += 1;
        queue.by_age.insert(number, handle);
        let oldest = if queue.by_age.len() > queue.most { queue.by_age.pop_first() } else { None };
        drop(queue);
        // Without the lock: it wakes a task.
        if let Some((_, oldest)) = oldest {
            oldest.abort();
        }
        Place { queue: self.queue.clone(), number }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.lock().by_age.remove(&self.number);
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

    proptest! {
        #[test]
        fn the_oldest_makes_room_and_nobody_who_left_is_counted(
            most in 1..8usize,
            steps in prop::collection::vec(prop_oneof![3 => Just(None), 2 => (0..8usize).prop_map(Some)], 0..100),
        ) {
            let pending = Pending::new(most);
            // In the order of age, as the queue should see it.
            let (mut waiting, mut dropped) = (Vec::new(), Vec::new());
            for step in steps {
                match step {
                    Some(leaves) if leaves < waiting.len() => drop(waiting.remove(leaves)),
                    Some(_) => {}
                    None => {
                        let (handle, _registration) = AbortHandle::new_pair();
                        waiting.push((pending.enter(handle.clone()), handle));
                        if waiting.len() > most {
                            dropped.push(waiting.remove(0));
                        }
                    }
                }
                prop_assert!(waiting.iter().all(|(_, handle)| !handle.is_aborted()));
                prop_assert!(dropped.iter().all(|(_, handle)| handle.is_aborted()));
                prop_assert_eq!(pending.queue.lock().by_age.len(), waiting.len());
            }
            drop(waiting);
            prop_assert_eq!(pending.queue.lock().by_age.len(), 0);
        }
    }
}

//! Who waits for a peer, and which addresses are still to be tried.

use std::collections::VecDeque;

use glueberry_proto::peer::State;
use libp2p::Multiaddr;
use libp2p::swarm::ConnectionId;
use tokio::sync::oneshot;

use crate::error::{Error, ErrorCode, Result};

/// One peer's dial: one address at a time, so that a peer never gets two connections from us.
#[derive(Default)]
pub(super) struct Dial {
    pub(super) under_way: Option<ConnectionId>,
    untried: VecDeque<Multiaddr>,
    current: Option<Multiaddr>,
    waiters: Vec<Waiter>,
}

/// A call that waits until the peer has reached a state.
pub(super) struct Waiter {
    pub(super) until: State,
    /// It goes on waiting while a lost peer is tried again.
    pub(super) patient: bool,
    pub(super) reply: oneshot::Sender<Result<()>>,
}

impl Dial {
    pub(super) fn wait(&mut self, waiter: Waiter) {
        self.waiters.retain(|waiter| !waiter.reply.is_closed());
        if self.waiters.len() == MOST_WAITERS {
            let message = format!("{MOST_WAITERS} calls wait for this peer already");
            // A caller that no longer listens has gone already.
            drop(waiter.reply.send(Err(Error::new(ErrorCode::WouldBlock, message))));
            return;
        }
        self.waiters.push(waiter);
    }

    /// An address to try later, if those before it fail; more than a few are not kept.
    pub(super) fn try_later(&mut self, place: Multiaddr) {
        if self.untried.len() < MOST_ADDRESSES && !self.untried.contains(&place) {
            self.untried.push_back(place);
        }
    }

    /// The addresses to try, and no others.
    pub(super) fn try_all(&mut self, places: impl IntoIterator<Item = Multiaddr>) {
        self.untried = places.into_iter().take(MOST_ADDRESSES).collect();
    }

    pub(super) fn next_address(&mut self) -> Option<Multiaddr> {
        self.current = self.untried.pop_front();
        self.current.clone()
    }

    /// The address that is being tried, or was tried last.
    pub(super) fn current(&self) -> Option<Multiaddr> {
        self.current.clone()
    }

    /// The peer has reached a state: those who waited for it go on.
    pub(super) fn reached(&mut self, state: State) {
        self.untried.clear();
        let reached = |until: State| state == until || state == State::Established;
        for waiter in self.waiters.extract_if(.., |waiter| reached(waiter.until)) {
            drop(waiter.reply.send(Ok(())));
        }
    }

    /// Nothing will come of it any more.
    pub(super) fn failed(&mut self, error: &Error) {
        self.untried.clear();
        for waiter in self.waiters.drain(..) {
            drop(waiter.reply.send(Err(error.clone())));
        }
    }

    /// Nothing came of it this time: only who waits for however long it takes goes on.
    pub(super) fn failed_once(&mut self, error: &Error) {
        for waiter in self.waiters.extract_if(.., |waiter| !waiter.patient) {
            drop(waiter.reply.send(Err(error.clone())));
        }
    }

    /// Whether a call waits for it.
    pub(super) fn is_awaited(&self) -> bool {
        !self.waiters.is_empty()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_none() && self.waiters.is_empty()
    }
}

/// Calls that wait for one peer at a time; a program that needs more has lost count.
pub(crate) const MOST_WAITERS: usize = 1024;
/// Addresses of one peer that are kept and tried: a machine has a handful.
pub(crate) const MOST_ADDRESSES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    type Answer = oneshot::Receiver<Result<()>>;

    fn call(dial: &mut Dial) -> Answer {
        let (reply, answer) = oneshot::channel();
        dial.wait(Waiter { until: State::Established, patient: false, reply });
        answer
    }

    #[test]
    fn no_more_calls_wait_for_a_peer_than_are_counted() {
        let mut dial = Dial::default();
        let mut waiting: Vec<Answer> = (0..MOST_WAITERS).map(|_| call(&mut dial)).collect();
        let refused = call(&mut dial).try_recv().unwrap().unwrap_err();
        assert_eq!(refused.code(), ErrorCode::WouldBlock);
        // One that stops waiting makes room.
        drop(waiting.pop());
        waiting.push(call(&mut dial));
        dial.reached(State::Established);
        assert!(waiting.iter_mut().all(|answer| answer.try_recv().unwrap().is_ok()));
    }

    #[test]
    fn no_more_addresses_are_tried_than_a_peer_may_have() {
        let place = |port: usize| -> Multiaddr {
            format!("/ip4/192.0.2.7/tcp/{}", port + 1).parse().unwrap()
        };
        let tried = |dial: &mut Dial| std::iter::from_fn(|| dial.next_address()).count();
        let mut dial = Dial::default();
        dial.try_all((0..1000).map(place));
        assert_eq!(tried(&mut dial), MOST_ADDRESSES);
        (0..1000).for_each(|port| dial.try_later(place(port)));
        assert_eq!(dial.next_address(), Some(place(0)), "the first come are tried");
        assert_eq!(tried(&mut dial), MOST_ADDRESSES - 1);
    }
}

//! Who is let in: the first field of the swarm's behaviour, so that it is asked before any other.
//!
//! Addresses and counts are looked at before the secure channel costs anything, identities when they
//! are proven. What strangers can hold until then is bounded by [`super::strangers`].

mod census;
mod denials;
mod rules;
mod targets;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, ListenError, NetworkBehaviour, THandler,
    THandlerInEvent, THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId as Libp2pId};
use tokio::time::Sleep;

pub(super) use self::census::Source;
use self::census::{Census, Who};
use crate::events::Denial;
use crate::{ConnectionLimits, PeerId};
/// What the table of limits has from here.
pub(crate) mod bounds {
    pub(crate) use super::denials::{AT_ONCE, PERIOD};
    pub(crate) use super::rules::MOST_BANS;
}

pub(crate) use denials::{Denials, Denied};
pub(crate) use rules::GateRules;

/// Refuses whom the rules and limits do not admit, and identities that identify nobody: libp2p
/// accepts all eight Ed25519 keys of small order, and anyone can sign for those.
///
/// Nobody who is in is put out for a newcomer.
pub(crate) struct Gate {
    own: PeerId,
    rules: GateRules,
    denials: Denials,
    census: Census,
    /// How many changes of the rules the connections that stand have been measured by.
    seen: u64,
    /// Connections to report; bounded by those that stand.
    unwelcome: VecDeque<Unwelcome>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// A peer that was let in, and would not be any more: the rules have changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unwelcome {
    pub(crate) connection: ConnectionId,
    pub(crate) peer: PeerId,
    pub(crate) denial: Denial,
}

impl Gate {
    pub(crate) fn new(
        own: PeerId,
        limits: ConnectionLimits,
        rules: GateRules,
        denials: Denials,
    ) -> Self {
        let (unwelcome, timer) = (VecDeque::new(), None);
        Self { own, rules, denials, census: Census::new(limits), seen: 0, unwelcome, timer }
    }

    /// The node ends: what was refused and only counted is reported now.
    pub(crate) fn report_rest(&self) {
        self.denials.report_rest();
    }

    fn admit(
        &mut self,
        id: ConnectionId,
        peer: &Libp2pId,
        address: &Multiaddr,
        inbound: bool,
    ) -> Result<(), ConnectionDenied> {
        let known = PeerId::from_libp2p(peer).ok();
        let denial = match known {
            None => Err(Denial::IdentityRefused),
            Some(peer) if peer == self.own => Err(Denial::OwnIdentity),
            Some(peer) => {
                let who = Who { peer, address: ip_of(address), inbound };
                self.unwelcome(&who).map_or(Ok(()), Err).and_then(|()| self.census.admit(id, who))
            }
        };
        denial.map_err(|denial| {
            self.refuse(Denied { inbound, peer: known, address: address.clone(), denial })
        })
    }

    /// Why the rules do not admit this peer now, if so.
    fn unwelcome(&self, who: &Who) -> Option<Denial> {
        let by_address = match who.address {
            // A dialed name: the transport has asked about what it stands for, and will tell.
            None if !who.inbound => None,
            address => self.rules.address_denial(address),
        };
        by_address.or_else(|| self.rules.peer_denial(&who.peer))
    }

    /// What a name stood for that was dialed is known now. The rules may have changed since the dial.
    fn located(&mut self, connection: ConnectionId, address: IpAddr) {
        let Some(who) = self.census.locate(connection, address) else { return };
        if let Some(denial) = self.unwelcome(&who) {
            self.unwelcome.push_back(Unwelcome { connection, peer: who.peer, denial });
        }
    }

    fn refuse(&self, denied: Denied) -> ConnectionDenied {
        let error = denied.error();
        self.denials.report(denied);
        ConnectionDenied::new(error)
    }

    /// After a change of the rules everybody who is in is looked at once more.
    fn look_again(&mut self) {
        let unwelcome = self.census.iter().filter_map(|(connection, who)| {
            let denial = self.unwelcome(who)?;
            Some(Unwelcome { connection, peer: who.peer, denial })
        });
        self.unwelcome = unwelcome.collect();
    }
}

/// The IP address that a connection comes from, or goes to.
pub(crate) fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(four) => Some(four.into()),
        Protocol::Ip6(six) => Some(IpAddr::from(six).to_canonical()),
        _ => None,
    }
}

impl NetworkBehaviour for Gate {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Unwelcome;

    fn handle_pending_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let address = ip_of(from);
        let denial = self.rules.address_denial(address).or_else(|| self.census.full_for(address));
        denial.map_or(Ok(()), |denial| {
            Err(self.refuse(Denied { inbound: true, peer: None, address: from.clone(), denial }))
        })
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: Libp2pId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit(id, &peer, from, true)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<Libp2pId>,
        addresses: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        let peer = peer.and_then(|peer| PeerId::from_libp2p(&peer).ok());
        let denial =
            peer.and_then(|peer| self.rules.peer_denial(&peer)).or_else(|| self.census.full());
        denial.map_or(Ok(Vec::new()), |denial| {
            let address = addresses.first().cloned().unwrap_or_else(Multiaddr::empty);
            Err(self.refuse(Denied { inbound: false, peer, address, denial }))
        })
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: Libp2pId,
        address: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit(id, &peer, address, false)?;
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionClosed(closed) => self.census.forget(closed.connection_id),
            FromSwarm::AddressChange(change) => {
                if let Some(address) = ip_of(change.new.get_remote_address()) {
                    self.located(change.connection_id, address);
                }
            }
            // Another part of the behaviour refused it after the gate had not.
            FromSwarm::DialFailure(failure) => self.census.forget(failure.connection_id),
            FromSwarm::ListenFailure(failure) => {
                self.census.forget(failure.connection_id);
                if let ListenError::LocalPeerId { .. } = failure.error {
                    self.denials.report(Denied {
                        inbound: true,
                        peer: Some(self.own),
                        address: failure.send_back_addr.clone(),
                        denial: Denial::OwnIdentity,
                    });
                }
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: Libp2pId,
        _: ConnectionId,
        never: THandlerOutEvent<Self>,
    ) {
        match never {}
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.denials.poll(&mut self.timer, context);
        let changes = self.rules.changes(context);
        if std::mem::replace(&mut self.seen, changes) != changes {
            self.look_again();
        }
        match self.unwelcome.pop_front() {
            Some(unwelcome) => Poll::Ready(ToSwarm::GenerateEvent(unwelcome)),
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests;

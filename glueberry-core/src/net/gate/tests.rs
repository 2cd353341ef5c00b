use std::time::{Duration, SystemTime};

use super::*;
use crate::events::{EventKind, Hub};
use crate::{AccessRules, Ban, BanTarget, EventFilter, Events, Identity};

struct Bench {
    gate: Gate,
    rules: GateRules,
    events: Events,
}

fn bench(limits: ConnectionLimits) -> Bench {
    let hub = Hub::new(64);
    let (rules, events) = (GateRules::default(), hub.subscribe(EventFilter::all()));
    let own = Identity::generate().peer_id();
    Bench { gate: Gate::new(own, limits, rules.clone(), Denials::new(hub)), rules, events }
}

const LIMITS: ConnectionLimits =
    ConnectionLimits { pending: 4, total: 3, per_peer: 2, per_address: 2 };

fn peer() -> Libp2pId {
    Identity::generate().peer_id().to_libp2p()
}

fn at(text: &str) -> Multiaddr {
    text.parse().unwrap()
}

fn code(denied: ConnectionDenied) -> crate::ErrorCode {
    denied.downcast::<crate::Error>().expect("a typed error").code()
}

impl Bench {
    fn knocks(&mut self, from: &str) -> Result<(), ConnectionDenied> {
        let id = ConnectionId::new_unchecked(0);
        self.gate.handle_pending_inbound_connection(id, &Multiaddr::empty(), &at(from))
    }

    fn enters(&mut self, id: usize, peer: Libp2pId, from: &str) -> Result<(), ConnectionDenied> {
        let id = ConnectionId::new_unchecked(id);
        let local = Multiaddr::empty();
        self.gate.handle_established_inbound_connection(id, peer, &local, &at(from)).map(drop)
    }

    fn dials(&mut self, peer: Libp2pId) -> Result<(), ConnectionDenied> {
        let (id, places) = (ConnectionId::new_unchecked(0), [at("/ip4/10.0.0.1/tcp/1")]);
        let dialed =
            self.gate.handle_pending_outbound_connection(id, Some(peer), &places, Endpoint::Dialer);
        dialed.map(drop)
    }

    fn denial(&mut self) -> Denial {
        match self.events.drain(1).pop().map(|event| event.kind) {
            Some(EventKind::ConnectionDenied { denial, .. }) => denial,
            other => panic!("{other:?} instead of a denial"),
        }
    }

    fn unwelcome(&mut self) -> Vec<Unwelcome> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        std::iter::from_fn(|| match self.gate.poll(&mut context) {
            Poll::Ready(ToSwarm::GenerateEvent(unwelcome)) => Some(unwelcome),
            _ => None,
        })
        .collect()
    }
}

#[test]
fn an_identity_of_small_order_is_refused_though_libp2p_takes_it() {
    let everybody: Libp2pId =
        "12D3KooW9tGaPdJo5jmCpadQ971nfiq4kLcQjeBPYTfutBTtckPH".parse().unwrap();
    let mut bench = bench(LIMITS);
    bench.enters(1, everybody, "/ip4/10.0.0.1/tcp/1").unwrap_err();
    assert_eq!(bench.denial(), Denial::IdentityRefused);
}

#[test]
fn our_own_identity_is_refused_and_others_are_not() {
    let mut bench = bench(LIMITS);
    let own = bench.gate.own.to_libp2p();
    bench.enters(1, own, "/ip4/10.0.0.1/tcp/1").unwrap_err();
    assert_eq!(bench.denial(), Denial::OwnIdentity);
    bench.enters(2, peer(), "/ip4/10.0.0.1/tcp/1").unwrap();
}

#[test]
fn a_banned_address_is_refused_before_the_secure_channel() {
    let mut bench = bench(LIMITS);
    bench.rules.ban(&Ban { target: "10.0.0.0/8".parse().unwrap(), until: None }).unwrap();
    let denied = bench.knocks("/ip4/10.1.2.3/udp/1/quic-v1").unwrap_err();
    assert_eq!((code(denied), bench.denial()), (crate::ErrorCode::Banned, Denial::AddressBanned));
    bench.knocks("/ip4/11.1.2.3/tcp/1").unwrap();
}

#[test]
fn a_banned_peer_is_refused_from_everywhere_and_is_not_dialed() {
    let (mut bench, banned) = (bench(LIMITS), peer());
    let target = BanTarget::from(PeerId::from_libp2p(&banned).unwrap());
    bench.rules.ban(&Ban { target, until: None }).unwrap();
    bench.enters(1, banned, "/ip4/10.0.0.1/tcp/1").unwrap_err();
    assert_eq!(bench.denial(), Denial::PeerBanned);
    assert_eq!(code(bench.dials(banned).unwrap_err()), crate::ErrorCode::Banned);
    assert_eq!(bench.denial(), Denial::PeerBanned);
    bench.dials(peer()).unwrap();
}

#[test]
fn a_ban_or_rule_that_comes_later_finds_who_is_in_already() {
    let (mut bench, one, two) = (bench(LIMITS), peer(), peer());
    bench.enters(1, one, "/ip4/10.0.0.1/tcp/1").unwrap();
    bench.enters(2, two, "/ip6/fd00::1/tcp/1").unwrap();
    assert_eq!(bench.unwelcome().len(), 0);
    let until = SystemTime::now() + Duration::from_hours(1);
    let ban = Ban { target: "fd00::/16".parse().unwrap(), until: Some(until) };
    bench.rules.ban(&ban).unwrap();
    let found = bench.unwelcome();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].connection, ConnectionId::new_unchecked(2));
    assert_eq!(found[0].denial, Denial::AddressBanned);
    let only_two = AccessRules::default().allow(PeerId::from_libp2p(&two).unwrap());
    bench.rules.set_rules(&only_two).unwrap();
    let denials: Vec<_> = bench.unwelcome().iter().map(|found| found.denial).collect();
    assert!(denials.contains(&Denial::PeerNotAllowed) && denials.len() == 2, "{denials:?}");
}

#[test]
fn each_limit_refuses_the_newcomer_and_keeps_who_is_in() {
    let (mut bench, first) = (bench(LIMITS), peer());
    bench.enters(1, first, "/ip4/10.0.0.1/tcp/1").unwrap();
    bench.enters(2, first, "/ip4/10.0.0.2/tcp/1").unwrap();
    bench.enters(3, first, "/ip4/10.0.0.3/tcp/1").unwrap_err();
    assert_eq!(bench.denial(), Denial::PeerLimit);
    bench.enters(4, peer(), "/ip4/10.0.0.1/tcp/2").unwrap();
    let denied = bench.knocks("/ip4/10.0.0.9/tcp/1").unwrap_err();
    assert_eq!(code(denied), crate::ErrorCode::TooManyConnections);
    assert_eq!(bench.denial(), Denial::TotalLimit);
    bench.dials(peer()).unwrap_err();
    assert_eq!(bench.denial(), Denial::TotalLimit);
    assert_eq!(bench.gate.census.iter().count(), 3);
    bench.gate.census.forget(ConnectionId::new_unchecked(2));
    bench.knocks("/ip4/10.0.0.1/tcp/3").unwrap_err();
    assert_eq!(bench.denial(), Denial::AddressLimit);
    bench.knocks("/ip4/10.0.0.9/tcp/1").unwrap();
}

//! Who is connected, counted.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv6Net};
use libp2p::swarm::ConnectionId;

use crate::events::Denial;
use crate::{ConnectionLimits, PeerId};

/// The connections whose peers have proven who they are, and their limits. Each count is the size of
/// a set that the connections themselves make up, so that it cannot drift from them.
pub(super) struct Census {
    limits: ConnectionLimits,
    live: HashMap<ConnectionId, Who>,
    of_peer: HashMap<PeerId, usize>,
    inbound: usize,
    /// Inbound ones only.
    from_source: HashMap<Source, usize>,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    pub(super) peer: PeerId,
    pub(super) address: Option<IpAddr>,
    pub(super) inbound: bool,
}

/// What counts as one address: an IPv4 address, or an IPv6 network of 64 bits, which is what one
/// customer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::net) struct Source(IpNet);

impl Source {
    pub(in crate::net) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            four @ IpAddr::V4(_) => Self(four.into()),
            IpAddr::V6(six) => Self(IpNet::V6(network_of(six))),
        }
    }
}

fn network_of(six: Ipv6Addr) -> Ipv6Net {
    Ipv6Net::new(six, 64).expect("64 is a prefix length").trunc()
}

impl Census {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        let (live, of_peer, from_source) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { limits, live, of_peer, inbound: 0, from_source }
    }

    /// Why one more connection that this node dials has no place, whoever it is.
    pub(super) fn full(&self) -> Option<Denial> {
        (self.live.len() >= self.limits.total).then_some(Denial::TotalLimit)
    }

    /// Why one more inbound connection has no place, whoever it is. Strangers with new keys may take
    /// all places that there are for those: the rest is for our own dials.
    pub(super) fn full_for(&self, from: Option<IpAddr>) -> Option<Denial> {
        let most = self.limits.total - self.limits.total / KEPT_FOR_DIALS;
        if self.inbound >= most {
            return Some(Denial::TotalLimit);
        }
        self.full().or_else(|| self.source_full(from))
    }

    fn source_full(&self, from: Option<IpAddr>) -> Option<Denial> {
        let present = from.map_or(0, |from| count(&self.from_source, &Source::of(from)));
        (present >= self.limits.per_address).then_some(Denial::AddressLimit)
    }

    /// Counts a connection in.
    pub(super) fn admit(&mut self, id: ConnectionId, who: Who) -> Result<(), Denial> {
        let full = if who.inbound { self.full_for(who.address) } else { self.full() };
        if let Some(denial) = full {
            return Err(denial);
        }
        if count(&self.of_peer, &who.peer) >= self.limits.per_peer {
            return Err(Denial::PeerLimit);
        }
        self.forget(id);
        self.live.insert(id, who);
        *self.of_peer.entry(who.peer).or_default() += 1;
        self.inbound += usize::from(who.inbound);
        if let Some(address) = who.source_address() {
            *self.from_source.entry(Source::of(address)).or_default() += 1;
        }
        Ok(())
    }

    /// Counts a connection out, if it was counted in.
    pub(super) fn forget(&mut self, id: ConnectionId) {
        let Some(who) = self.live.remove(&id) else { return };
        one_less(&mut self.of_peer, who.peer);
        self.inbound -= usize::from(who.inbound);
        if let Some(address) = who.source_address() {
            one_less(&mut self.from_source, Source::of(address));
        }
    }

    /// Notes where a peer is that this node dialed. An inbound one is counted where it came from.
    pub(super) fn locate(&mut self, id: ConnectionId, address: IpAddr) -> Option<Who> {
        let who = self.live.get_mut(&id).filter(|who| !who.inbound)?;
        who.address = Some(address);
        Some(*who)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ConnectionId, &Who)> {
        self.live.iter().map(|(id, who)| (*id, who))
    }
}

impl Who {
    fn source_address(&self) -> Option<IpAddr> {
        self.address.filter(|_| self.inbound)
    }
}

fn count<K: Eq + Hash>(counts: &HashMap<K, usize>, key: &K) -> usize {
    counts.get(key).copied().unwrap_or(0)
}

fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Entry::Occupied(mut entry) = counts.entry(key) {
        *entry.get_mut() -= 1;
        if *entry.get() == 0 {
            entry.remove();
        }
    }
}

/// One of so many places is only for connections that this node dials.
const KEPT_FOR_DIALS: usize = 8;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::Identity;

    const LIMITS: ConnectionLimits =
        ConnectionLimits { pending: 1, total: 8, per_peer: 3, per_address: 4 };

    fn peers() -> Vec<PeerId> {
        (1..=4u8).map(|n| Identity::from_seed(&[n; 32]).unwrap().peer_id()).collect()
    }

    fn address(n: u8) -> IpAddr {
        match n % 3 {
            0 => IpAddr::from([10, 0, 0, n]),
            1 => IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0x0a00, u16::from(n)]),
            _ => IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, u16::from(n)]),
        }
    }

    #[test]
    fn addresses_of_one_network_of_64_bits_count_as_one() {
        let of = |text: &str| Source::of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:0:0:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn dials_of_this_node_do_not_count_against_an_address() {
        let mut census = Census::new(LIMITS);
        let peers = peers();
        let dialed = |n: usize| Who { peer: peers[n], address: Some(address(0)), inbound: false };
        for n in 0..4 {
            census.admit(ConnectionId::new_unchecked(n), dialed(n)).unwrap();
        }
        assert_eq!(census.full_for(Some(address(0))), None);
    }

    #[test]
    fn strangers_cannot_take_the_places_that_are_kept_for_dials_of_this_node() {
        let limits = ConnectionLimits { pending: 1, total: 16, per_peer: 16, per_address: 16 };
        let (mut census, peer) = (Census::new(limits), peers()[0]);
        let mut next = 0;
        let mut admit = |inbound| {
            next += 1;
            let who = Who { peer, address: Some(address(0)), inbound };
            census.admit(ConnectionId::new_unchecked(next), who)
        };
        let came = std::iter::repeat_with(|| admit(true)).take_while(Result::is_ok).count();
        assert_eq!(came, 14);
        assert_eq!(admit(true), Err(Denial::TotalLimit));
        let dialed = std::iter::repeat_with(|| admit(false)).take_while(Result::is_ok).count();
        assert_eq!(dialed, 2);
        assert_eq!(admit(false), Err(Denial::TotalLimit));
    }

    proptest! {
        #[test]
        fn no_limit_is_passed_and_no_count_outlives_its_connections(
            steps in prop::collection::vec((0..24usize, 0..4usize, 0..6u8, any::<(bool, bool)>()), 0..300),
        ) {
            let (mut census, peers) = (Census::new(LIMITS), peers());
            let mut living = HashSet::new();
            for (id, peer, from, (comes, inbound)) in steps {
                let id = ConnectionId::new_unchecked(id);
                let who = Who { peer: peers[peer], address: Some(address(from)), inbound };
                if !comes {
                    census.forget(id);
                    living.remove(&id);
                } else if !living.contains(&id) && census.admit(id, who).is_ok() {
                    living.insert(id);
                }
                prop_assert_eq!(census.live.len(), living.len());
                let inbound = census.live.values().filter(|who| who.inbound).count();
                prop_assert_eq!(census.inbound, inbound);
                prop_assert!(census.live.len() <= LIMITS.total && inbound < LIMITS.total);
                prop_assert!(census.of_peer.values().all(|count| *count <= LIMITS.per_peer));
                prop_assert!(census.from_source.values().all(|count| *count <= LIMITS.per_address));
                prop_assert_eq!(census.of_peer.values().sum::<usize>(), living.len());
            }
            for id in living {
                census.forget(id);
            }
            prop_assert!(census.live.is_empty());
            prop_assert!(census.of_peer.is_empty() && census.from_source.is_empty());
        }
    }
}

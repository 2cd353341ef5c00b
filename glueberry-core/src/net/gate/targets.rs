//! Peers and ranges of addresses, found quickly however many they are.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::{BanTarget, PeerId};

/// A value for each of some peers and ranges of addresses. Whoever fills it bounds it.
///
/// An address is looked up once for each prefix length in use, not once for each range.
#[derive(Clone, Debug)]
pub(super) struct Targets<V> {
    peers: HashMap<PeerId, V>,
    networks: HashMap<IpNet, V>,
    /// How many networks there are of each prefix length.
    of_four: BTreeMap<u8, usize>,
    of_six: BTreeMap<u8, usize>,
}

impl<V> Targets<V> {
    pub(super) fn insert(&mut self, target: BanTarget, value: V) {
        match canonical(target) {
            BanTarget::Peer(peer) => drop(self.peers.insert(peer, value)),
            BanTarget::Network(network) => {
                if self.networks.insert(network, value).is_none() {
                    *self.prefixes_mut(network).entry(network.prefix_len()).or_default() += 1;
                }
            }
        }
    }

    pub(super) fn remove(&mut self, target: &BanTarget) -> Option<V> {
        match canonical(*target) {
            BanTarget::Peer(peer) => self.peers.remove(&peer),
            BanTarget::Network(network) => {
                let value = self.networks.remove(&network)?;
                let prefixes = self.prefixes_mut(network);
                if let Some(count) = prefixes.get_mut(&network.prefix_len()) {
                    *count -= 1;
                }
                prefixes.retain(|_, count| *count > 0);
                Some(value)
            }
        }
    }

    pub(super) fn contains(&self, target: &BanTarget) -> bool {
        match canonical(*target) {
            BanTarget::Peer(peer) => self.peers.contains_key(&peer),
            BanTarget::Network(network) => self.networks.contains_key(&network),
        }
    }

    pub(super) fn of_peer(&self, peer: &PeerId) -> Option<&V> {
        self.peers.get(peer)
    }

    /// The values of all ranges that hold this address.
    pub(super) fn of_address(&self, address: IpAddr) -> impl Iterator<Item = &V> {
        let address = address.to_canonical();
        let prefixes = if address.is_ipv4() { &self.of_four } else { &self.of_six };
        prefixes.keys().filter_map(move |prefix| {
            let network = IpNet::new(address, *prefix).ok()?.trunc();
            self.networks.get(&network)
        })
    }

    pub(super) fn names_peers(&self) -> bool {
        !self.peers.is_empty()
    }

    pub(super) fn names_addresses(&self) -> bool {
        !self.networks.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.peers.len() + self.networks.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (BanTarget, &V)> {
        let peers = self.peers.iter().map(|(peer, value)| (BanTarget::Peer(*peer), value));
        let networks =
            self.networks.iter().map(|(network, value)| (BanTarget::Network(*network), value));
        peers.chain(networks)
    }

    fn prefixes_mut(&mut self, network: IpNet) -> &mut BTreeMap<u8, usize> {
        match network {
            IpNet::V4(_) => &mut self.of_four,
            IpNet::V6(_) => &mut self.of_six,
        }
    }
}

impl<V> Default for Targets<V> {
    fn default() -> Self {
        let (peers, networks) = (HashMap::new(), HashMap::new());
        Self { peers, networks, of_four: BTreeMap::new(), of_six: BTreeMap::new() }
    }
}

/// Without host bits, and IPv4 addresses as such.
fn canonical(target: BanTarget) -> BanTarget {
    match target {
        BanTarget::Network(network) => network.into(),
        peer @ BanTarget::Peer(_) => peer,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn network() -> impl Strategy<Value = IpNet> {
        // Few distinct ones, so that they meet.
        let four = (0..4u8, 0..=32u8).prop_map(|(host, prefix)| {
            IpNet::new(IpAddr::from([10, host, host, host]), prefix).unwrap()
        });
        let six = (0..4u16, 0..=128u8).prop_map(|(host, prefix)| {
            IpNet::new(IpAddr::from([0xfd00, host, 0, host, 0, 0, 0, host]), prefix).unwrap()
        });
        prop_oneof![four, six]
    }

    proptest! {
        #[test]
        fn an_address_is_found_exactly_if_a_range_that_stayed_holds_it(
            steps in prop::collection::vec((network(), any::<bool>()), 0..60),
            asked in network(),
        ) {
            let (mut targets, mut model) = (Targets::default(), std::collections::HashSet::new());
            for (network, adds) in steps {
                let target = BanTarget::from(network);
                if adds {
                    targets.insert(BanTarget::Network(network), ());
                    model.insert(target);
                } else {
                    prop_assert_eq!(targets.remove(&target).is_some(), model.remove(&target));
                }
            }
            let address = asked.addr();
            let expected = model.iter().filter(|target| target.covers(address)).count();
            prop_assert_eq!(targets.of_address(address).count(), expected);
            prop_assert_eq!(targets.len(), model.len());
            prop_assert_eq!(targets.iter().count(), model.len());
        }
    }
}

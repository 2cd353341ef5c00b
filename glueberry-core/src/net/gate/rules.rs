//! The rules by which the gate decides, and the handle to change them while the node runs.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Context;
use std::time::SystemTime;

use futures::task::AtomicWaker;
use parking_lot::RwLock;

use super::targets::Targets;
use crate::error::{Error, ErrorCode, Result};
use crate::events::Denial;
use crate::{AccessRules, Ban, BanTarget, PeerId};

/// Bans and access rules of a node. Cloned freely: all clones are one.
///
/// The gate asks it at every connection. After a change it looks at the connections that stand, and
/// reports those that would not be let in any more.
#[derive(Clone, Default)]
pub(crate) struct GateRules {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    rules: RwLock<Rules>,
    /// Counts changes that can refuse somebody.
    changes: AtomicU64,
    gate: AtomicWaker,
}

impl GateRules {
    /// Adds a ban, in place of one for the same target.
    ///
    /// # Errors
    /// [`ErrorCode::TooManyPeers`] when [`MOST_BANS`] hold already.
    pub(crate) fn ban(&self, ban: &Ban) -> Result<()> {
        self.shared.rules.write().ban(ban, SystemTime::now())?;
        self.changed();
        Ok(())
    }

    /// Lifts a ban; false if there is none for exactly this target.
    pub(crate) fn unban(&self, target: &BanTarget) -> bool {
        let ban = self.shared.rules.write().bans.remove(target);
        ban.is_some_and(|until| holds(until, SystemTime::now()))
    }

    /// The bans that hold now.
    pub(crate) fn bans(&self) -> Vec<Ban> {
        self.shared.rules.read().bans(SystemTime::now())
    }

    /// Puts these rules in the place of the present ones; bans stay.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfig`] when there are too many.
    pub(crate) fn set_rules(&self, rules: &AccessRules) -> Result<()> {
        rules.check()?;
        self.shared.rules.write().set_access(rules);
        self.changed();
        Ok(())
    }

    /// Why nobody from this address is let in, if so. `None`: an address that is no IP address.
    pub(crate) fn address_denial(&self, address: Option<IpAddr>) -> Option<Denial> {
        self.shared.rules.read().address_denial(address, SystemTime::now())
    }

    /// Why this peer is not let in from anywhere, if so.
    pub(crate) fn peer_denial(&self, peer: &PeerId) -> Option<Denial> {
        self.shared.rules.read().peer_denial(peer, SystemTime::now())
    }

    /// Grows with every change after which somebody who is in might have to go. The task is woken
    /// at the next one.
    pub(super) fn changes(&self, context: &Context<'_>) -> u64 {
        self.shared.gate.register(context.waker());
        self.shared.changes.load(Relaxed)
    }

    fn changed(&self) {
        self.shared.changes.fetch_add(1, Relaxed);
        self.shared.gate.wake();
    }
}

/// The decisions, without lock and clock.
#[derive(Default)]
struct Rules {
    /// With the time at which each ends.
    bans: Targets<Option<SystemTime>>,
    allow: Targets<()>,
    deny: Targets<()>,
}

impl Rules {
    fn ban(&mut self, ban: &Ban, now: SystemTime) -> Result<()> {
        if self.bans.len() >= MOST_BANS && !self.bans.contains(&ban.target) {
            self.forget_expired(now);
        }
        if self.bans.len() >= MOST_BANS && !self.bans.contains(&ban.target) {
            let message = format!("{MOST_BANS} bans hold already");
            return Err(Error::new(ErrorCode::TooManyPeers, message));
        }
        self.bans.insert(ban.target, ban.until);
        Ok(())
    }

    fn bans(&self, now: SystemTime) -> Vec<Ban> {
        let bans = self.bans.iter().map(|(target, until)| Ban { target, until: *until });
        bans.filter(|ban| ban.holds_at(now)).collect()
    }

    fn bans_peer(&self, peer: &PeerId, now: SystemTime) -> bool {
        self.bans.of_peer(peer).is_some_and(|until| holds(*until, now))
    }

    fn set_access(&mut self, rules: &AccessRules) {
        (self.allow, self.deny) = (collect(&rules.allow), collect(&rules.deny));
    }

    fn address_denial(&self, address: Option<IpAddr>, now: SystemTime) -> Option<Denial> {
        let Some(address) = address else {
            return self.allow.names_addresses().then_some(Denial::AddressNotAllowed);
        };
        if self.bans.of_address(address).any(|until| holds(*until, now)) {
            return Some(Denial::AddressBanned);
        }
        let denied = self.deny.of_address(address).next().is_some();
        let missing =
            self.allow.names_addresses() && self.allow.of_address(address).next().is_none();
        (denied || missing).then_some(Denial::AddressNotAllowed)
    }

    fn peer_denial(&self, peer: &PeerId, now: SystemTime) -> Option<Denial> {
        if self.bans_peer(peer, now) {
            return Some(Denial::PeerBanned);
        }
        let denied = self.deny.of_peer(peer).is_some();
        let missing = self.allow.names_peers() && self.allow.of_peer(peer).is_none();
        (denied || missing).then_some(Denial::PeerNotAllowed)
    }

    fn forget_expired(&mut self, now: SystemTime) {
        let over = self.bans.iter().filter(|(_, until)| !holds(**until, now));
        for target in over.map(|(target, _)| target).collect::<Vec<_>>() {
            self.bans.remove(&target);
        }
    }
}

fn holds(until: Option<SystemTime>, now: SystemTime) -> bool {
    until.is_none_or(|until| now < until)
}

fn collect(targets: &[BanTarget]) -> Targets<()> {
    let mut collected = Targets::default();
    for target in targets {
        collected.insert(*target, ());
    }
    collected
}

/// Some 6 MiB; longer lists belong into a firewall.
pub(crate) const MOST_BANS: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;
    use crate::Identity;

    fn peer() -> PeerId {
        Identity::generate().peer_id()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_ban_of_a_peer_nobody_knows_holds_until_it_expires() {
        let (now, stranger) = (SystemTime::now(), peer());
        let until = now + Duration::from_mins(1);
        let mut rules = Rules::default();
        rules.ban(&Ban { target: stranger.into(), until: Some(until) }, now).unwrap();
        assert_eq!(rules.peer_denial(&stranger, now), Some(Denial::PeerBanned));
        assert_eq!(rules.peer_denial(&peer(), now), None);
        assert_eq!(rules.peer_denial(&stranger, until), None);
        assert_eq!(rules.bans(until), []);
    }

    #[test]
    fn a_ban_of_a_range_holds_for_every_address_in_it_however_it_is_written() {
        let now = SystemTime::now();
        let mut rules = Rules::default();
        for text in ["192.0.2.0/24", "2001:db8::/32"] {
            rules.ban(&Ban { target: text.parse().unwrap(), until: None }, now).unwrap();
        }
        for banned in ["192.0.2.7", "::ffff:192.0.2.9", "2001:db8:1::1"] {
            assert_eq!(rules.address_denial(Some(ip(banned)), now), Some(Denial::AddressBanned));
        }
        for free in ["192.0.3.7", "::ffff:192.0.3.7", "2001:db9::1"] {
            assert_eq!(rules.address_denial(Some(ip(free)), now), None, "{free}");
        }
    }

    #[test]
    fn a_longer_ban_within_a_shorter_one_goes_on_when_that_one_expires() {
        let now = SystemTime::now();
        let soon = now + Duration::from_secs(1);
        let mut rules = Rules::default();
        rules.ban(&Ban { target: "10.0.0.0/8".parse().unwrap(), until: Some(soon) }, now).unwrap();
        rules.ban(&Ban { target: "10.1.0.0/16".parse().unwrap(), until: None }, now).unwrap();
        assert_eq!(rules.address_denial(Some(ip("10.2.0.1")), soon), None);
        assert_eq!(rules.address_denial(Some(ip("10.1.0.1")), soon), Some(Denial::AddressBanned));
    }

    #[test]
    fn an_allow_list_admits_only_what_it_names_and_a_denial_wins() {
        let (now, friend, foe) = (SystemTime::now(), peer(), peer());
        let mut rules = Rules::default();
        let range: BanTarget = "10.0.0.0/8".parse().unwrap();
        let within: BanTarget = "10.6.6.6".parse().unwrap();
        let access = AccessRules::default().allow(friend).allow(foe).allow(range);
        rules.set_access(&access.deny(foe).deny(within));
        assert_eq!(rules.peer_denial(&friend, now), None);
        assert_eq!(rules.peer_denial(&foe, now), Some(Denial::PeerNotAllowed));
        assert_eq!(rules.peer_denial(&peer(), now), Some(Denial::PeerNotAllowed));
        assert_eq!(rules.address_denial(Some(ip("10.1.1.1")), now), None);
        for other in ["10.6.6.6", "11.1.1.1", "fd00::1"].map(ip).map(Some).into_iter().chain([None])
        {
            let denial = rules.address_denial(other, now);
            assert_eq!(denial, Some(Denial::AddressNotAllowed), "{other:?}");
        }
    }

    #[test]
    fn a_list_of_peers_says_nothing_about_addresses() {
        let now = SystemTime::now();
        let mut rules = Rules::default();
        rules.set_access(&AccessRules::default().allow(peer()));
        assert_eq!(rules.address_denial(Some(ip("10.1.1.1")), now), None);
        assert_eq!(rules.address_denial(None, now), None);
    }

    #[test]
    fn bans_are_bounded_and_expired_ones_make_room() {
        let now = SystemTime::now();
        let soon = now + Duration::from_secs(1);
        let mut rules = Rules::default();
        let nth = |n: usize| {
            let address = Ipv4Addr::from(u32::try_from(n).unwrap());
            BanTarget::from(IpAddr::from(address))
        };
        for n in 0..MOST_BANS {
            let until = (n == 0).then_some(soon);
            rules.ban(&Ban { target: nth(n), until }, now).unwrap();
        }
        let one_more = Ban { target: nth(MOST_BANS), until: None };
        let refused = rules.ban(&one_more, now).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TooManyPeers);
        rules.ban(&Ban { target: nth(7), until: None }, now).expect("it is banned already");
        rules.ban(&one_more, soon).expect("one has expired");
        assert_eq!(rules.bans.len(), MOST_BANS);
    }

    #[test]
    fn a_ban_that_is_lifted_is_gone_and_lifting_it_again_says_so() {
        let (rules, target) = (GateRules::default(), BanTarget::from(peer()));
        let BanTarget::Peer(banned) = target else { unreachable!() };
        rules.ban(&Ban { target, until: None }).unwrap();
        assert!(rules.peer_denial(&banned).is_some());
        assert!(rules.unban(&target));
        assert!(rules.peer_denial(&banned).is_none());
        assert!(!rules.unban(&target));
    }
}

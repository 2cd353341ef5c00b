use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Identity;

fn peer(seed: u8) -> PeerId {
    Identity::from_seed(&[seed; 32]).unwrap().peer_id()
}

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn put(peer: PeerId) -> Change {
    let addresses = vec!["/ip4/192.0.2.7/tcp/9000".parse().unwrap()];
    Change::Put { peer, addresses, persistent: true, metadata: None }
}

fn ban(peer: PeerId, until: Option<u64>) -> Change {
    Change::Ban(Ban { target: peer.into(), until: until.map(time) })
}

/// Go's file, a Go program that writes it, and this library.
#[derive(Default)]
struct World {
    file: GoBook,
    go: GoBook,
    ours: State,
    now: u64,
}

impl World {
    fn change(&mut self, change: &Change) {
        self.now += 1;
        self.ours.go = self.file.clone();
        self.ours.reconcile(time(self.now)).unwrap();
        self.ours.apply(change, time(self.now)).unwrap();
        self.file = self.ours.go.clone();
    }

    fn go_starts(&mut self) {
        self.go = self.file.clone();
    }

    /// As every change of Go's book: the whole of what it knows is written.
    fn go_changes(&mut self, peer: PeerId, change: impl FnOnce(&mut Entry)) {
        self.now += 1;
        let id = peer.to_string();
        let entry = self.go.peers.entry(id.clone()).or_insert_with(|| Entry::new(&id));
        change(entry);
        entry.updated_at = Some(from_system(time(self.now)));
        self.file = self.go.clone();
    }

    fn go_removes(&mut self, peer: PeerId) {
        self.go.peers.remove(&peer.to_string());
        self.file = self.go.clone();
    }

    fn has(&self, peer: PeerId) -> bool {
        self.ours.go.peers.contains_key(&peer.to_string())
    }

    fn is_banned(&self, peer: PeerId) -> bool {
        self.ours.ban_of(&peer.to_string()).is_some()
    }

    fn is_blacklisted(&self, peer: PeerId) -> bool {
        self.file.peers.get(&peer.to_string()).is_some_and(|entry| entry.blacklisted)
    }
}

#[test]
fn a_peer_that_go_overwrites_is_restored() {
    let mut world = World::default();
    world.change(&put(peer(1)));
    world.go_changes(peer(2), |_| {});
    assert!(!world.file.peers.contains_key(&peer(1).to_string()));
    world.change(&Change::Refresh);
    assert!(world.has(peer(1)) && world.has(peer(2)));
}

#[test]
fn what_go_changes_of_a_peer_counts_and_what_it_removes_then_is_gone() {
    let mut world = World::default();
    world.change(&put(peer(1)));
    world.go_starts();
    world.go_changes(peer(1), |entry| entry.multiaddrs = vec!["/ip4/192.0.2.8/tcp/1".into()]);
    world.change(&Change::Refresh);
    let entry = &world.ours.go.peers[&peer(1).to_string()];
    assert_eq!(entry.multiaddrs, ["/ip4/192.0.2.8/tcp/1"]);
    assert!(world.ours.own.peers[&peer(1).to_string()].persistent);
    world.go_removes(peer(1));
    world.change(&Change::Refresh);
    assert!(!world.has(peer(1)) && world.ours.own.peers.is_empty());
}

#[test]
fn an_older_entry_does_not_overwrite_ours() {
    let mut world = World::default();
    world.change(&put(peer(1)));
    world.go_starts();
    let metadata = Some(BTreeMap::from([("role".to_owned(), "guest".to_owned())]));
    let Change::Put { peer: one, addresses, .. } = put(peer(1)) else { unreachable!() };
    world.change(&Change::Put { peer: one, addresses, persistent: false, metadata });
    world.go_changes(peer(2), |_| {});
    world.change(&Change::Refresh);
    assert_eq!(world.ours.go.peers[&one.to_string()].metadata["role"], "guest");
}

#[test]
fn addresses_that_we_cannot_use_survive_a_put() {
    let mut world = World::default();
    let unusable = ["/ip4/192.0.2.7/tcp/9000/ws", "/onion3/x"].map(str::to_owned);
    world.go_changes(peer(1), |entry| {
        entry.multiaddrs = unusable.to_vec();
        entry.multiaddrs.push("/ip4/192.0.2.9/tcp/1".to_owned());
    });
    world.change(&put(peer(1)));
    let written = &world.file.peers[&peer(1).to_string()].multiaddrs;
    assert_eq!(written[0], "/ip4/192.0.2.7/tcp/9000");
    assert_eq!(written[1..], unusable);
}

#[test]
fn metadata_is_left_alone_unless_some_is_given() {
    let mut world = World::default();
    world.go_changes(peer(1), |entry| {
        entry.metadata.insert("role".to_owned(), "x".repeat(10_000));
    });
    world.change(&put(peer(1)));
    assert_eq!(world.file.peers[&peer(1).to_string()].metadata["role"].len(), 10_000);
}

#[test]
fn a_ban_blacklists_for_go_and_its_end_clears_that() {
    let mut world = World::default();
    world.change(&put(peer(1)));
    world.change(&ban(peer(1), Some(100)));
    assert!(world.is_blacklisted(peer(1)) && world.is_banned(peer(1)));
    world.change(&put(peer(1)));
    assert!(world.is_blacklisted(peer(1)));
    world.now = 100;
    world.change(&Change::Refresh);
    assert!(!world.is_blacklisted(peer(1)) && !world.is_banned(peer(1)));
}

#[test]
fn a_ban_of_a_stranger_blacklists_it_once_it_is_added() {
    let mut world = World::default();
    world.change(&ban(peer(1), None));
    assert!(world.is_banned(peer(1)) && !world.has(peer(1)));
    world.change(&put(peer(1)));
    assert!(world.is_blacklisted(peer(1)));
    world.change(&Change::Remove(peer(1)));
    assert!(world.is_banned(peer(1)) && !world.has(peer(1)));
}

#[test]
fn what_go_blacklists_is_banned_until_go_or_we_lift_it() {
    let mut world = World::default();
    world.go_changes(peer(1), |entry| entry.blacklisted = true);
    world.change(&Change::Refresh);
    assert_eq!(world.ours.ban_of(&peer(1).to_string()), Some(StandingBan { until: None }));
    world.go_changes(peer(1), |entry| entry.blacklisted = false);
    world.change(&Change::Refresh);
    assert!(!world.is_banned(peer(1)));
    world.go_changes(peer(1), |entry| entry.blacklisted = true);
    world.change(&Change::Unban(peer(1).into()));
    assert!(!world.is_banned(peer(1)) && !world.is_blacklisted(peer(1)));
}

#[test]
fn our_ban_holds_when_go_lifts_it() {
    let mut world = World::default();
    world.change(&put(peer(1)));
    world.change(&ban(peer(1), None));
    world.go_starts();
    world.go_changes(peer(1), |entry| entry.blacklisted = false);
    world.change(&Change::Refresh);
    assert!(world.is_banned(peer(1)) && world.is_blacklisted(peer(1)));
}

#[test]
fn what_go_blacklists_while_our_ban_holds_stays() {
    let mut world = World::default();
    world.change(&put(peer(1)));
    world.change(&ban(peer(1), Some(100)));
    world.go_starts();
    world.go_changes(peer(1), |entry| entry.blacklisted = true);
    world.now = 100;
    world.change(&Change::Refresh);
    assert_eq!(world.ours.ban_of(&peer(1).to_string()), Some(StandingBan { until: None }));
    assert!(world.is_blacklisted(peer(1)));
}

#[test]
fn a_peer_that_go_blacklisted_stays_banned_when_it_is_removed() {
    let mut world = World::default();
    world.go_changes(peer(1), |entry| entry.blacklisted = true);
    world.change(&Change::Remove(peer(1)));
    assert!(world.is_banned(peer(1)) && !world.has(peer(1)));
}

#[test]
fn one_network_is_one_ban_however_it_is_written() {
    let mut world = World::default();
    let network = |text: &str| BanTarget::Network(text.parse().unwrap());
    let until = Some(time(1000));
    world.change(&Change::Ban(Ban { target: network("192.0.2.7/24"), until }));
    world.change(&Change::Ban(Ban { target: network("::ffff:192.0.2.0/120"), until: None }));
    assert_eq!(world.ours.own.banned_networks.len(), 1);
    world.change(&Change::Unban(network("192.0.2.9/24")));
    assert!(world.ours.own.banned_networks.is_empty());
}

#[test]
fn bans_are_bounded_and_those_that_stand_can_be_changed() {
    let mut state = State::default();
    for n in 0..MAX_BANS {
        let name = format!("10.{}.{}.0/24", n / 256, n % 256);
        state.own.banned_networks.insert(name, NetworkBan::default());
    }
    let refused = state.apply(&ban(peer(1), None), time(1)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TooManyPeers);
    let again = Ban { target: "10.0.0.0/24".parse().unwrap(), until: Some(time(9)) };
    state.apply(&Change::Ban(again), time(1)).unwrap();
}

#[test]
fn peers_are_bounded_and_those_in_the_book_can_be_changed() {
    let mut state = State::default();
    state.apply(&put(peer(1)), time(1)).unwrap();
    for n in 1..MAX_PEERS {
        state.go.peers.insert(n.to_string(), Entry::new("x"));
    }
    let refused = state.apply(&put(peer(2)), time(1)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TooManyPeers);
    state.apply(&put(peer(1)), time(1)).unwrap();
}

#[test]
fn a_change_is_newer_than_what_it_changes_whatever_the_clock_says() {
    let mut state = State::default();
    state.apply(&put(peer(1)), time(1000)).unwrap();
    let before = state.go.peers[&peer(1).to_string()].updated_at;
    state.apply(&put(peer(1)), time(5)).unwrap();
    assert!(state.go.peers[&peer(1).to_string()].updated_at > before);
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8),
    Remove(u8),
    Ban(u8, Option<u64>),
    Unban(u8),
    Seen(u8),
    Refresh,
    GoStarts,
    GoAdds(u8),
    GoSees(u8),
    GoBlacklists(u8),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let one = 1..5u8;
    prop_oneof![
        one.clone().prop_map(Step::Put),
        one.clone().prop_map(Step::Remove),
        (one.clone(), prop::option::of(1..20u64)).prop_map(|(n, time)| Step::Ban(n, time)),
        one.clone().prop_map(Step::Unban),
        one.clone().prop_map(Step::Seen),
        Just(Step::Refresh),
        Just(Step::GoStarts),
        one.clone().prop_map(Step::GoAdds),
        one.clone().prop_map(Step::GoSees),
        one.prop_map(Step::GoBlacklists),
        (1..30u64).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn whatever_go_writes_no_peer_and_no_ban_of_ours_is_lost(
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let mut world = World::default();
        let mut saved = std::collections::BTreeSet::new();
        let mut bans = BTreeMap::new();
        for step in steps {
            match step {
                Step::Put(n) => { world.change(&put(peer(n))); saved.insert(n); }
                Step::Remove(n) => { world.change(&Change::Remove(peer(n))); saved.remove(&n); }
                Step::Ban(n, time) => {
                    let until = time.map(|time| world.now + time);
                    world.change(&ban(peer(n), until));
                    bans.insert(n, until);
                }
                Step::Unban(n) => {
                    world.change(&Change::Unban(peer(n).into()));
                    bans.remove(&n);
                    prop_assert!(!world.is_banned(peer(n)));
                }
                Step::Seen(n) => {
                    let at = time(world.now);
                    world.change(&Change::Seen { peer: peer(n), at });
                }
                Step::Refresh => world.change(&Change::Refresh),
                Step::GoStarts => world.go_starts(),
                Step::GoAdds(n) => world.go_changes(peer(n), |_| {}),
                Step::GoSees(n) => {
                    if world.go.peers.contains_key(&peer(n).to_string()) {
                        world.go_changes(peer(n), |entry| entry.last_seen = entry.updated_at);
                    }
                }
                Step::GoBlacklists(n) => {
                    world.go_changes(peer(n), |entry| entry.blacklisted = true);
                }
                Step::Wait(time) => world.now += time,
            }
        }
        world.change(&Change::Refresh);
        for n in saved {
            prop_assert!(world.has(peer(n)), "peer {n} is lost");
        }
        for (n, until) in bans {
            let holds = until.is_none_or(|until| world.now < until);
            prop_assert!(!holds || world.is_banned(peer(n)), "the ban of {n} is lost");
            let marked = !holds || !world.has(peer(n)) || world.is_blacklisted(peer(n));
            prop_assert!(marked, "Go is not told of the ban of {n}");
        }
    }
}

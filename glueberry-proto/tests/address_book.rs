//! What is written of an address book is what is read of it.

use glueberry_proto::v1::address_book::{
    AddressBook, Companion, Entry, NetworkBan, OwnPeer, PeerBan, Timestamp,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,12}", any::<String>(), "[<>&\"\\\\\u{2028}\u{0}-\u{1f}]{0,6}"]
}

/// Never what stands for no time.
fn time() -> impl Strategy<Value = Timestamp> {
    (-1_000_000_000_000i64..1_000_000_000_000, 0..1_000_000_000u32)
        .prop_filter_map("years of four digits", |(s, n)| Timestamp::new(s, n))
        .prop_filter("set", |time| *time != Timestamp::UNSET)
}

prop_compose! {
    fn entry()(
        public_key in option::of("[A-Za-z0-9+/]{43}="),
        metadata in btree_map(text(), text(), 0..4),
        times in (option::of(time()), option::of(time()), option::of(time())),
        blacklisted: bool,
        multiaddrs in vec(text(), 0..4),
    ) -> Entry {
        let mut entry = Entry::new("somebody");
        entry.public_key = public_key;
        entry.metadata = metadata;
        (entry.last_seen, entry.created_at, entry.updated_at) = times;
        entry.blacklisted = blacklisted;
        entry.multiaddrs = multiaddrs;
        entry
    }
}

prop_compose! {
    fn own_peer()(persistent: bool, saved in option::of(entry())) -> OwnPeer {
        let mut peer = OwnPeer::default();
        peer.persistent = persistent;
        peer.saved = saved;
        peer
    }
}

prop_compose! {
    fn peer_ban()(until in option::of(time()), marked in option::of(time())) -> PeerBan {
        let mut ban = PeerBan::new(until);
        ban.marked = marked;
        ban
    }
}

proptest! {
    #[test]
    fn an_address_book_is_read_as_it_was_written(peers in btree_map(text(), entry(), 0..6)) {
        let mut book = AddressBook::default();
        book.peers = peers;
        let text = book.render();
        prop_assert_eq!(AddressBook::parse(text.as_bytes()), Ok(book));
        serde_json::from_str::<serde_json::Value>(&text).expect("others read it as JSON");
    }

    #[test]
    fn a_companion_is_read_as_it_was_written(
        peers in btree_map(text(), own_peer(), 0..6),
        banned_peers in btree_map(text(), peer_ban(), 0..6),
        networks in btree_map(text(), option::of(time()).prop_map(NetworkBan::new), 0..6),
    ) {
        let mut companion = Companion::default();
        companion.peers = peers.into_iter().map(|(id, mut peer)| {
            // An entry is named by the key it stands under.
            let saved = peer.saved.take().map(|saved| {
                let mut entry = Entry::new(&id);
                entry.multiaddrs = saved.multiaddrs;
                entry.metadata = saved.metadata;
                entry
            });
            peer.saved = saved;
            (id, peer)
        }).filter(|(id, _)| !id.is_empty()).collect();
        companion.banned_peers = banned_peers;
        companion.banned_networks = networks;
        prop_assert_eq!(Companion::parse(companion.render().as_bytes()), Ok(companion));
    }
}

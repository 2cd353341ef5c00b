//! One address book, for a Go program and for us: each reads what the other writes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use glueberry_core::{AddressBook, AddressBookEditor, Identity, PeerId};
use glueberry_tests::{GoBook, go, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

/// An id that this library cannot use: it has no key in it.
const RSA: &str = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
const PLACE: &str = "/ip4/192.0.2.7/tcp/9000";
const ODD: &str = "<a & \"b\">\n\t\u{1}\u{2028} é 🫐";

fn peer(seed: u8) -> PeerId {
    Identity::from_seed(&[seed; 32]).expect("32 bytes are a seed").peer_id()
}

fn book() -> (TempDir, GoBook) {
    let folder = TempDir::new().expect("a temporary directory");
    let go = GoBook::start(folder.path());
    (folder, go)
}

async fn edit(go: &GoBook) -> AddressBookEditor {
    AddressBook::edit(go.path()).await.expect("nobody else has it")
}

async fn add(editor: &AddressBookEditor, peer: PeerId, metadata: &[(&str, &str)]) {
    let addresses = vec![PLACE.parse().expect("an address")];
    let metadata = metadata.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    editor.add_peer(peer, addresses, true, Some(metadata)).await.expect("it is saved");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

#[tokio::test]
async fn go_reads_what_we_write() {
    if !go::is_here() {
        return;
    }
    let (_folder, go) = book();
    let editor = edit(&go).await;
    add(&editor, peer(1), &[("role", "guest"), ("odd", ODD), ("", "")]).await;
    add(&editor, peer(2), &[]).await;
    editor.ban(peer(2), Some(Duration::from_hours(1))).await.expect("it is saved");
    editor.ban(peer(3), None).await.expect("it is saved");

    let one = go.listed(&peer(1).to_string()).await;
    assert_eq!(one["addrs"], json!([PLACE]));
    assert_eq!(one["metadata"], json!({ "role": "guest", "odd": ODD, "": "" }));
    assert_eq!((&one["blacklisted"], &one["last_seen"]), (&json!(false), &json!("")));
    assert!(text(&one["created_at"]) <= text(&one["updated_at"]) && one["created_at"] != "");
    assert_eq!(go.listed(&peer(2).to_string()).await["blacklisted"], true);
    // Banned, but not in the book: Go could not hold it.
    assert_eq!(go.listed(&peer(3).to_string()).await, Value::Null);

    editor.unban(peer(2)).await.expect("it is saved");
    editor.remove_peer(peer(1)).await.expect("it is saved");
    go.read_again().await;
    assert_eq!(go.listed(&peer(2).to_string()).await["blacklisted"], false);
    assert_eq!(go.listed(&peer(1).to_string()).await, Value::Null);
}

#[tokio::test]
async fn we_read_what_go_writes_and_lose_nothing_of_it() {
    if !go::is_here() {
        return;
    }
    let (_folder, go) = book();
    let web_socket = "/ip4/192.0.2.7/tcp/9001/ws";
    let addrs = json!([PLACE, web_socket]);
    let metadata = json!({ "role": "guest", "odd": ODD, "large": "x".repeat(5000) });
    for id in [peer(1).to_string(), peer(2).to_string(), RSA.to_owned()] {
        go.run("book_add", json!({ "peer": id, "addrs": addrs, "metadata": metadata })).await;
    }
    let one = peer(1).to_string();
    let before = SystemTime::now();
    go.run("book_seen", json!({ "peer": one })).await;
    go.run("book_blacklist", json!({ "peer": peer(2).to_string() })).await;
    go.run("book_blacklist", json!({ "peer": RSA })).await;

    let read = AddressBook::read(go.path()).await.expect("Go writes valid books");
    let [entry, banned] = [peer(1), peer(2)]
        .map(|id| read.peers().iter().find(|entry| entry.peer == id).expect("it is in the book"));
    assert_eq!(read.peers().len(), 2, "whom we cannot use is not listed");
    assert_eq!(
        entry.addresses,
        [PLACE.parse::<glueberry_core::Address>().expect("an address").with_peer(peer(1))]
    );
    assert_eq!(json!(entry.metadata), metadata);
    assert!(entry.last_seen.expect("Go has seen it") >= before && entry.banned.is_none());
    assert!(banned.banned.as_ref().expect("Go bans it").until.is_none());
    assert_eq!(read.bans().len(), 1);

    // We write, and Go still finds all of it.
    let editor = edit(&go).await;
    add(&editor, peer(3), &[]).await;
    editor.ban(peer(1), None).await.expect("it is saved");
    editor.unban(peer(1)).await.expect("it is saved");
    let seen = go.listed(&one).await["last_seen"].clone();
    go.read_again().await;
    for (id, blacklisted) in [(one.as_str(), false), (&peer(2).to_string(), true), (RSA, true)] {
        let kept = go.listed(id).await;
        assert_eq!((&kept["addrs"], &kept["metadata"]), (&addrs, &metadata), "{id}");
        assert_eq!(kept["blacklisted"], blacklisted, "{id}");
    }
    assert_eq!(go.listed(&one).await["last_seen"], seen);
    assert_eq!(go.listed(&peer(3).to_string()).await["addrs"], json!([PLACE]));
}

/// Go reads the book when it starts, and then writes what it knew, whatever others have written.
#[tokio::test]
async fn what_go_overwrites_is_restored() {
    if !go::is_here() {
        return;
    }
    let (_folder, go) = book();
    go.run("book_list", json!({})).await;
    let editor = edit(&go).await;
    add(&editor, peer(1), &[("role", "guest")]).await;
    editor.ban(peer(1), None).await.expect("it is saved");
    go.run("book_fill", json!({ "count": 1 })).await;
    // Even before we write again, who reads through this library sees it.
    let read = AddressBook::read(go.path()).await.expect("both files are whole");
    assert_eq!((read.peers().len(), read.bans().len()), (2, 1));
    editor.refresh().await.expect("it is saved");
    go.read_again().await;
    let restored = go.listed(&peer(1).to_string()).await;
    assert_eq!(restored["blacklisted"], true);
    assert_eq!(restored["metadata"], json!({ "role": "guest" }));
}

#[tokio::test]
async fn a_ban_of_go_ends_when_go_lifts_it_and_one_of_ours_does_not() {
    if !go::is_here() {
        return;
    }
    let (_folder, go) = book();
    let editor = edit(&go).await;
    for id in [1, 2] {
        add(&editor, peer(id), &[]).await;
    }
    editor.ban(peer(1), None).await.expect("it is saved");
    go.run("book_blacklist", json!({ "peer": peer(2).to_string() })).await;
    editor.refresh().await.expect("it is saved");
    assert_eq!(editor.bans().len(), 2);
    for id in [1, 2] {
        go.run("book_unblacklist", json!({ "peer": peer(id).to_string() })).await;
    }
    editor.refresh().await.expect("it is saved");
    let banned: Vec<_> = editor.bans().iter().map(|ban| ban.target).collect();
    assert_eq!(banned, [peer(1).into()]);
    go.read_again().await;
    assert_eq!(go.listed(&peer(1).to_string()).await["blacklisted"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_write_at_once_and_no_entry_is_lost() {
    if !go::is_here() {
        return;
    }
    let (_folder, go) = book();
    let editor = edit(&go).await;
    let ours: Vec<PeerId> = (0..EACH).map(|seed| peer(u8::try_from(seed).expect("few"))).collect();
    let filling = go.run("book_fill", json!({ "count": EACH }));
    let adding = async {
        // Two at once, so that some are written together.
        for pair in ours.chunks(2) {
            futures::future::join_all(pair.iter().map(|id| add(&editor, *id, &[]))).await;
        }
    };
    let both = wait::within("both to write", async { tokio::join!(filling, adding) });
    let (mut filled, ()) = both.await;
    editor.refresh().await.expect("it is saved");

    let theirs: Vec<String> =
        serde_json::from_value(filled["peers"].take()).expect("a list of ids");
    let expected: BTreeSet<String> =
        ours.iter().map(ToString::to_string).chain(theirs.iter().cloned()).collect();
    assert_eq!(expected.len(), 2 * EACH);
    let read = AddressBook::read(go.path()).await.expect("both files are whole");
    let known: BTreeMap<String, _> =
        read.peers().iter().map(|entry| (entry.peer.to_string(), entry)).collect();
    assert!(known.keys().eq(expected.iter()), "{} of {} are left", known.len(), expected.len());
    assert_eq!(known[&theirs[7]].metadata["number"], "7");
    go.read_again().await;
    let listed = go.run("book_list", json!({})).await;
    let listed: BTreeSet<String> = listed["peers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| text(&one["peer"]).into())
        .collect();
    assert_eq!(listed, expected);
}

/// How many peers each side adds.
const EACH: usize = 150;

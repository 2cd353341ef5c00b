//! `peers`, `ban` and `unban`.

use std::fs;
use std::path::Path;

use glueberry_core::{AddressBook, AddressBookEditor, Identity, PeerId};
use tempfile::TempDir;

use super::signals::signal;
use super::support::{Finished, Listener, TCP, json, key_file, listen, plain};

struct Book {
    folder: TempDir,
    path: String,
}

fn book() -> Book {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peers.json").to_str().unwrap().to_owned();
    Book { folder, path }
}

impl Book {
    fn run(&self, command: &str, rest: &[&str]) -> Finished {
        json([command, "--address-book", &self.path].iter().chain(rest)).finish()
    }

    fn ban(&self, rest: &[&str]) -> Finished {
        let banned = self.run("ban", rest);
        banned.assert_done();
        banned
    }

    async fn edit(&self) -> AddressBookEditor {
        AddressBook::edit(&self.path).await.unwrap()
    }

    fn companion(&self) -> std::path::PathBuf {
        Path::new(&format!("{}.glueberry.json", self.path)).to_owned()
    }
}

fn peer(seed: u8) -> PeerId {
    Identity::from_seed(&[seed; 32]).unwrap().peer_id()
}

async fn add(editor: &AddressBookEditor, peer: PeerId, addresses: &[&str]) {
    let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
    let metadata = [("role".to_owned(), "guest".to_owned())].into();
    editor.add_peer(peer, addresses, true, Some(metadata)).await.unwrap();
}

const PLACES: [&str; 2] = ["/ip4/192.0.2.7/tcp/9000", "/dns4/example.org/udp/9000/quic-v1"];

#[tokio::test]
async fn an_address_book_is_listed_while_a_node_uses_it() {
    let book = book();
    let (editor, one, other) = (book.edit().await, peer(1), peer(2));
    add(&editor, one, &PLACES).await;
    editor.ban(other, None).await.unwrap();
    editor.ban(one, Some(std::time::Duration::from_hours(1))).await.unwrap();

    let listed = book.run("peers", &[]);
    listed.assert_done();
    let [entry] = &listed.events_named("peer")[..] else { panic!("{:?}", listed.stdout) };
    assert_eq!(entry["peer"], one.to_string());
    assert_eq!(entry["addresses"][0], format!("{}/p2p/{one}", PLACES[0]));
    assert_eq!((&entry["persistent"], &entry["banned"]), (&true.into(), &true.into()));
    assert_eq!(entry["metadata"]["role"], "guest");
    assert!(entry["banned_until"].as_str().unwrap().ends_with('Z') && entry["last_seen"].is_null());
    assert_eq!(listed.events_named("ban").len(), 2);

    let table = plain(["peers", "--address-book", &book.path]).finish();
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    let [header, first, second, bans, stranger] = &table.stdout[..] else {
        panic!("{:#?}", table.stdout)
    };
    let column = header.find("ADDRESSES").unwrap();
    assert!(header.starts_with("PEER ") && first.starts_with(&one.to_string()), "{first}");
    assert_eq!((&first[column..], &second[column..]), (PLACES[0], PLACES[1]));
    assert!(second[..column].trim().is_empty() && first.contains("  yes  "));
    assert!(bans.starts_with("ALSO BANNED ") && stranger.starts_with(&other.to_string()));
    assert!(stranger.ends_with("for ever"), "{stranger}");
}

#[tokio::test]
async fn a_ban_is_made_and_lifted() {
    let book = book();
    let id = peer(1).to_string();
    let banned = book.ban(&[&id]);
    assert_eq!(banned.events_named("banned")[0]["target"], id);
    assert_eq!(banned.events_named("banned")[0].get("until"), None);
    let for_a_while = book.ban(&["192.0.2.7/24", "--for", "2h"]);
    let event = &for_a_while.events_named("banned")[0];
    assert_eq!(event["target"], "192.0.2.0/24");
    assert!(event["until"].as_str().unwrap().ends_with('Z'));
    book.ban(&["2001:db8::1", "--for", "100000y"]);
    let bans = |book: &Book| -> Vec<String> {
        let bans = book.run("peers", &[]).events_named("ban");
        bans.iter().map(|ban| ban["target"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(bans(&book), [id.as_str(), "192.0.2.0/24", "2001:db8::1"]);

    let lifted = book.run("unban", &["192.0.2.0/24"]);
    lifted.assert_done();
    assert_eq!(lifted.events_named("unbanned")[0]["was_banned"], true);
    let nothing = book.run("unban", &["192.0.2.7"]);
    nothing.assert_done();
    assert_eq!(nothing.events_named("unbanned")[0]["was_banned"], false);
    assert_eq!(bans(&book), [id.as_str(), "2001:db8::1"]);
    let told = plain(["ban", "--address-book", &book.path, &id]).finish();
    assert_eq!(told.stdout, [format!("banned: peer {id} without end")]);
}

#[tokio::test]
async fn the_book_of_a_running_node_is_not_changed() {
    let book = book();
    let node = book.edit().await;
    for command in ["ban", "unban"] {
        let refused = book.run(command, &["192.0.2.7"]);
        refused.assert_failed(1, "AddressBookLocked");
        assert!(refused.error()["hint"].as_str().unwrap().contains("Another node"));
    }
    assert!(node.bans().is_empty());
    drop(node);
    book.ban(&["192.0.2.7"]);
}

#[test]
fn a_book_that_is_not_there_is_empty_and_is_not_made_by_reading() {
    let book = book();
    let listed = book.run("peers", &[]);
    listed.assert_done();
    assert_eq!(listed.stdout.len(), 0);
    assert_eq!(fs::read_dir(book.folder.path()).unwrap().count(), 0);
    let told = plain(["peers", "--address-book", &book.path]).finish();
    assert_eq!((told.code, &told.stdout[..]), (Some(0), &["no peers".to_owned()][..]));
}

#[test]
fn a_damaged_book_is_refused_by_every_command() {
    let book = book();
    book.ban(&["192.0.2.7"]);
    let whole = fs::read(book.companion()).unwrap();
    fs::write(book.companion(), &whole[1..]).unwrap();
    book.run("peers", &[]).assert_failed(1, "AddressBookCorrupt");
    for command in ["ban", "unban"] {
        book.run(command, &["192.0.2.8"]).assert_failed(1, "AddressBookCorrupt");
    }
    fs::write(book.companion(), &whole).unwrap();
    assert_eq!(book.run("peers", &[]).events_named("ban").len(), 1);
}

#[test]
fn what_is_no_target_is_wrong_usage() {
    let book = book();
    for command in ["ban", "unban"] {
        book.run(command, &["192.0.2.7/99"]).assert_failed(2, "InvalidPeerId");
    }
    let nowhere = book.folder.path().join("no/peers.json");
    let ban = ["ban", "--address-book", nowhere.to_str().unwrap(), "192.0.2.7"];
    json(ban).finish().assert_failed(1, "AddressBookUnwritable");
}

#[test]
fn connect_remembers_its_peer_and_is_told_its_id_alone_the_next_time() {
    let (book, mut listener) = (book(), listen(&TCP, &["chat"], &[]));
    let (_, id) = listener.addresses[0].split_once("/p2p/").unwrap();
    for (peer, said) in [(&listener.addresses[0][..], "one"), (id, "two")] {
        let args = ["connect", "--address-book", &book.path, "--peer", peer, "--stream", "chat"];
        let mut session = json(args);
        session.write(format!("{said}\n"));
        assert_eq!(listener.running.wait_for_messages(1), [said.as_bytes()]);
        session.finish().assert_done();
    }
    let listed = book.run("peers", &[]);
    assert_eq!(listed.events_named("peer")[0]["peer"], *id);
}

#[test]
fn a_ban_in_the_book_of_a_running_node_is_refused_and_obeyed_by_the_next() {
    let (book, key) = (book(), key_file());
    let options = ["--address-book", &book.path];
    let mut listener = listen(&TCP, &["chat"], &options);
    let dial = |listener: &Listener| {
        let peer = &listener.addresses[0];
        let send = ["send", "--key", key.arg(), "--peer", peer, "--stream", "chat", "--data", "x"];
        json(send.iter().chain(&["--timeout", "10s"])).finish()
    };
    dial(&listener).assert_done();
    listener.running.wait_for_messages(1);
    book.run("ban", &[&key.peer]).assert_failed(1, "AddressBookLocked");
    assert_eq!(book.run("peers", &[]).code, Some(0), "looking needs no lock");
    signal("-INT", &listener.running);
    listener.running.finish().assert_done();

    book.ban(&[&key.peer]);
    let mut listener = listen(&TCP, &["chat"], &options);
    assert_ne!(dial(&listener).code, Some(0));
    let denied = listener.running.wait_for("connection_denied");
    assert_eq!((&denied["denial"], &denied["peer"]), (&"peer_banned".into(), &key.peer[..].into()));
}

#[test]
fn a_listener_dials_the_peers_in_its_book() {
    let (book, mut friend) = (book(), listen(&TCP, &["chat"], &[]));
    let args = ["connect", "--address-book", &book.path, "--peer", &friend.addresses[0]];
    json(args.iter().chain(&["--stream", "chat"])).finish().assert_done();
    friend.running.wait_for("peer_disconnected");
    let listener = listen(&TCP, &["chat"], &["--address-book", &book.path]);
    friend.running.wait_for("peer_established");
    drop(listener);
}

use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::Identity;

fn peer(seed: u8) -> PeerId {
    Identity::from_seed(&[seed; 32]).unwrap().peer_id()
}

fn put(peer: PeerId) -> Change {
    let addresses = vec!["/ip4/192.0.2.7/tcp/9000".parse().unwrap()];
    Change::Put { peer, addresses, persistent: false, metadata: None }
}

fn ban(target: impl Into<BanTarget>) -> Change {
    Change::Ban(Ban { target: target.into(), until: None })
}

fn book_in(folder: &TempDir) -> PathBuf {
    folder.path().join("peers.json")
}

fn names_in(folder: &TempDir) -> Vec<String> {
    let found = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> =
        found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn refusal(path: PathBuf) -> Error {
    Book::open(path).await.err().expect("it is refused")
}

#[tokio::test]
async fn what_was_saved_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    let metadata = BTreeMap::from([("role".to_owned(), "guest".to_owned())]);
    let addresses = vec!["/ip4/192.0.2.7/tcp/9000".parse().unwrap()];
    let change = Change::Put {
        peer: peer(1),
        addresses: addresses.clone(),
        persistent: true,
        metadata: Some(metadata.clone()),
    };
    book.update(change).await.unwrap();
    let at = SystemTime::UNIX_EPOCH + Duration::new(1_764_012_723, 5);
    book.update(Change::Seen { peer: peer(1), at }).await.unwrap();
    book.update(ban(peer(2))).await.unwrap();
    let network: BanTarget = "192.0.2.0/24".parse().unwrap();
    book.update(ban(network)).await.unwrap();
    drop(book);

    let book = Book::open(book_in(&folder)).await.unwrap();
    let entry = book.entry(&peer(1)).unwrap();
    assert_eq!(entry.addresses, [addresses[0].clone().with_peer(peer(1))]);
    assert_eq!((entry.persistent, entry.metadata), (true, metadata));
    assert_eq!((entry.last_seen, entry.banned), (Some(at), None));
    assert!(book.ban_of(&peer(2)).is_some() && book.ban_of(&peer(1)).is_none());
    assert_eq!(book.bans().len(), 2);
    book.update(Change::Remove(peer(1))).await.unwrap();
    book.update(Change::Unban(network)).await.unwrap();
    drop(book);

    let book = AddressBook::read(book_in(&folder)).await.unwrap();
    assert!(book.peers().is_empty());
    assert_eq!(book.bans(), [Ban { target: peer(2).into(), until: None }]);
}

#[cfg(unix)]
#[tokio::test]
async fn its_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    book.update(put(peer(1))).await.unwrap();
    let expected = ["", ".glueberry.json", ".glueberry.lock", ".lock"];
    assert_eq!(names_in(&folder), expected.map(|end| format!("peers.json{end}")));
    for name in names_in(&folder) {
        let mode = fs::metadata(folder.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_second_node_is_refused_until_the_first_has_let_go() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 1..30 {
        let book = Book::open(book_in(&folder)).await.unwrap();
        let refused = refusal(book_in(&folder)).await;
        assert_eq!(refused.code(), ErrorCode::AddressBookLocked);
        let clone = book.clone();
        drop(book);
        clone.update(put(peer(seed))).await.unwrap();
    }
}

#[tokio::test]
async fn a_book_can_be_read_while_a_node_uses_it() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    book.update(put(peer(1))).await.unwrap();
    let read = AddressBook::read(book_in(&folder)).await.unwrap();
    assert_eq!(read.peers(), book.entries());
    let refused = AddressBook::edit(book_in(&folder)).await.err().unwrap();
    assert_eq!(refused.code(), ErrorCode::AddressBookLocked);
}

#[tokio::test]
async fn to_read_a_book_that_is_not_there_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let read = AddressBook::read(book_in(&folder)).await.unwrap();
    assert!(read.peers().is_empty() && read.bans().is_empty());
    assert_eq!(names_in(&folder), [""; 0]);
    let nowhere = AddressBook::read(folder.path().join("no/peers.json")).await.unwrap_err();
    assert_eq!(nowhere.code(), ErrorCode::AddressBookUnreadable);
}

#[tokio::test]
async fn damage_is_kept_aside_once_and_refused_until_somebody_acts() {
    for name in ["peers.json", "peers.json.glueberry.json"] {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        book.update(put(peer(1))).await.unwrap();
        book.update(ban(peer(2))).await.unwrap();
        drop(book);
        let path = folder.path().join(name);
        let whole = fs::read(&path).unwrap();
        let half = &whole[..whole.len() / 2];
        fs::write(&path, half).unwrap();

        for _ in 0..3 {
            let refused = refusal(book_in(&folder)).await;
            assert_eq!(refused.code(), ErrorCode::AddressBookCorrupt, "{refused}");
            let names = names_in(&folder);
            let copies: Vec<_> = names.iter().filter(|name| name.contains("corrupt")).collect();
            let [copy] = copies[..] else { panic!("{names:?}") };
            assert!(refused.message().contains(copy.as_str()), "{refused}");
            assert_eq!(fs::read(folder.path().join(copy)).unwrap(), half);
            assert_eq!(fs::read(&path).unwrap(), half);
        }
        fs::write(&path, &whole).unwrap();
        let book = Book::open(book_in(&folder)).await.unwrap();
        assert!(book.entry(&peer(1)).is_some() && book.ban_of(&peer(2)).is_some());
    }
}

#[tokio::test]
async fn a_ban_that_cannot_be_understood_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    for kind in [r#""banned_peers": {"12D3x": {}}"#, r#""banned_networks": {"x": {}}"#] {
        let text = format!("{{\"version\": 1, {kind}}}");
        fs::write(folder.path().join("peers.json.glueberry.json"), text).unwrap();
        let refused = refusal(book_in(&folder)).await;
        assert_eq!(refused.code(), ErrorCode::AddressBookCorrupt, "{refused}");
    }
}

#[tokio::test]
async fn a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(book_in(&folder), "{\"version\": 2, \"peers\": {}}").unwrap();
    let refused = refusal(book_in(&folder)).await;
    assert_eq!(refused.code(), ErrorCode::AddressBookUnreadable);
    assert!(!names_in(&folder).iter().any(|name| name.contains("corrupt")));
}

#[tokio::test]
async fn a_file_that_is_too_long_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(book_in(&folder)).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    assert_eq!(refusal(book_in(&folder)).await.code(), ErrorCode::TooManyPeers);
}

#[tokio::test]
async fn a_folder_in_its_place_and_a_folder_that_is_missing_are_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(book_in(&folder)).unwrap();
    assert_eq!(refusal(book_in(&folder)).await.code(), ErrorCode::AddressBookUnreadable);
    let nowhere = folder.path().join("no").join("peers.json");
    assert_eq!(refusal(nowhere).await.code(), ErrorCode::AddressBookUnwritable);
}

#[tokio::test]
async fn when_it_cannot_be_written_nothing_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    book.update(put(peer(1))).await.unwrap();
    let elsewhere = folder.path().with_extension("moved");
    fs::rename(folder.path(), &elsewhere).unwrap();
    let refused = book.update(put(peer(2))).await.unwrap_err();
    fs::rename(&elsewhere, folder.path()).unwrap();
    assert_eq!(refused.code(), ErrorCode::AddressBookUnwritable);
    assert!(book.entry(&peer(1)).is_some() && book.entry(&peer(2)).is_none());
    book.update(put(peer(3))).await.unwrap();
    assert!(book.entry(&peer(2)).is_none() && book.entry(&peer(3)).is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_stays_and_its_target_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("real")).unwrap();
    let link = book_in(&folder);
    std::os::unix::fs::symlink("real/book.json", &link).unwrap();
    for seed in [1, 2] {
        let book = Book::open(link.clone()).await.unwrap();
        book.update(put(peer(seed))).await.unwrap();
        let refused = refusal(folder.path().join("real/book.json")).await;
        assert_eq!(refused.code(), ErrorCode::AddressBookLocked);
    }
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(names_in(&folder), ["peers.json", "real"]);
    let read = AddressBook::read(folder.path().join("real/book.json")).await.unwrap();
    assert_eq!(read.peers().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_once_are_all_made() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    let changes = (0..=255).flat_map(|seed| [put(peer(seed)), ban(peer(seed))]);
    let made = changes.map(|change| {
        let book = book.clone();
        tokio::spawn(async move { book.update(change).await })
    });
    for outcome in made.collect::<Vec<_>>() {
        outcome.await.unwrap().unwrap();
    }
    let read = AddressBook::read(book_in(&folder)).await.unwrap();
    assert_eq!((read.peers().len(), read.bans().len()), (256, 256));
    assert_eq!(read.peers(), book.entries());
}

#[tokio::test]
async fn a_change_that_is_refused_does_not_hold_up_those_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    let big = BTreeMap::from([("key".to_owned(), "x".repeat(2000))]);
    let refused = Change::Put {
        peer: peer(2),
        addresses: Vec::new(),
        persistent: false,
        metadata: Some(big),
    };
    let together = [put(peer(1)), refused, put(peer(3))].map(|change| book.update(change));
    let outcomes = futures::future::join_all(together).await;
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    let refused = outcomes[1].as_ref().unwrap_err();
    assert_eq!(refused.code(), ErrorCode::MetadataTooLarge);
    assert_eq!(book.entries().len(), 2);
}

#[tokio::test]
async fn a_call_that_is_dropped_before_its_turn_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    let turn = Arc::clone(&book.inner.store).lock_owned().await;
    let mut dropped = Box::pin(book.update(put(peer(1))));
    assert!(futures::poll!(&mut dropped).is_pending());
    drop(dropped);
    drop(turn);
    book.update(put(peer(2))).await.unwrap();
    assert!(book.entry(&peer(1)).is_none() && book.entry(&peer(2)).is_some());
}

#[tokio::test]
async fn bans_that_are_over_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    let until = Some(SystemTime::now());
    let network: BanTarget = "192.0.2.7".parse().unwrap();
    for target in [peer(1).into(), network] {
        book.update(Change::Ban(Ban { target, until })).await.unwrap();
    }
    assert_eq!((book.bans(), book.ban_of(&peer(1))), (Vec::new(), None));
    drop(book);
    let _opened_again = Book::open(book_in(&folder)).await.unwrap();
    let companion = fs::read_to_string(folder.path().join("peers.json.glueberry.json")).unwrap();
    assert!(!companion.contains("until"), "{companion}");
}

#[tokio::test]
async fn a_program_that_holds_the_lock_of_go_cannot_hold_us_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    let go = fs::File::open(folder.path().join("peers.json.lock")).unwrap();
    go.lock().unwrap();
    let refused = book.update(put(peer(1))).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::AddressBookLocked);
    assert!(book.entry(&peer(1)).is_none());
    let waiting = book.update(put(peer(2)));
    go.unlock().unwrap();
    waiting.await.unwrap();
}

#[tokio::test]
async fn a_book_in_memory_needs_no_file() {
    let book = Book::in_memory();
    book.update(put(peer(1))).await.unwrap();
    book.update(ban(peer(1))).await.unwrap();
    let entry = book.clone().entry(&peer(1)).unwrap();
    assert!(entry.banned.is_some_and(|ban| ban.until.is_none()));
    book.update(Change::Unban(peer(1).into())).await.unwrap();
    assert!(book.ban_of(&peer(1)).is_none() && book.entries().len() == 1);
}

#[tokio::test]
async fn changes_beyond_those_that_may_wait_wait_for_their_turn() {
    let folder = tempfile::tempdir().unwrap();
    let book = Book::open(book_in(&folder)).await.unwrap();
    let turn = Arc::clone(&book.inner.store).lock_owned().await;
    let made: Vec<_> = (0..=MOST_WAITING)
        .map(|_| Box::pin(book.update(put(Identity::generate().peer_id()))))
        .collect();
    let mut made = futures::future::join_all(made);
    assert!(futures::poll!(&mut made).is_pending());
    assert_eq!(book.inner.queue.lock().len(), MOST_WAITING);
    drop(turn);
    assert!(made.await.iter().all(Result::is_ok));
    assert_eq!(book.entries().len(), MOST_WAITING + 1);
}

#[cfg(unix)]
#[tokio::test]
async fn links_without_end_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let link = |n: usize| folder.path().join(format!("{n}.json"));
    for n in 0..files::MOST_LINKS {
        std::os::unix::fs::symlink(link(n + 1), link(n)).unwrap();
    }
    Book::open(link(1)).await.expect("as many as are followed");
    assert_eq!(refusal(link(0)).await.code(), ErrorCode::AddressBookUnreadable);
    std::os::unix::fs::symlink(link(1000), link(1000)).unwrap();
    assert_eq!(refusal(link(1000)).await.code(), ErrorCode::AddressBookUnreadable);
}

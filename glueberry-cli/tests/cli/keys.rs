//! `keygen`, `id`, and key files that are not good enough.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::support::{json, key_file, plain};

#[test]
fn a_key_that_was_made_is_read_back() {
    let key = key_file();
    assert!(key.peer.starts_with("12D3KooW"), "{}", key.peer);
    let read = json(["id", "--key", key.arg()]).finish();
    read.assert_done();
    let [identity] = &read.events()[..] else { panic!("not one event: {:?}", read.stdout) };
    assert_eq!(identity["event"], "identity");
    assert_eq!(identity["peer"], key.peer);
    assert_eq!(identity.get("pem"), None, "the private key is shown");
    let plainly = plain(["id", "--key", key.arg()]).finish();
    assert_eq!(plainly.stdout, [key.peer]);
}

#[cfg(unix)]
#[test]
fn a_key_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let key = key_file();
    assert_eq!(fs::metadata(&key.path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn openssl_reads_the_key() {
    let key = key_file();
    let Ok(read) =
        Command::new("openssl").args(["pkey", "-noout", "-text", "-in", key.arg()]).output()
    else {
        println!("skipped: there is no openssl");
        return;
    };
    let text = String::from_utf8_lossy(&read.stdout);
    assert!(read.status.success() && text.contains("ED25519"), "{text}");
}

#[test]
fn without_a_file_the_key_itself_is_printed() {
    let made = json(["keygen"]).finish();
    made.assert_done();
    let identity = &made.events()[0];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copied.pem");
    write_private(&path, identity["pem"].as_str().unwrap());
    let read = json(["id", "--key", path.to_str().unwrap()]).finish();
    assert_eq!(read.events()[0]["peer"], identity["peer"]);

    let plainly = plain(["keygen"]).finish();
    assert!(plainly.stdout[0].starts_with("12D3KooW"));
    assert_eq!(plainly.stdout[1], "-----BEGIN PRIVATE KEY-----");
}

#[test]
fn a_key_is_overwritten_by_force_only() {
    let key = key_file();
    let before = fs::read(&key.path).unwrap();
    json(["keygen", "-o", key.arg()]).finish().assert_failed(1, "KeyFileExists");
    assert_eq!(fs::read(&key.path).unwrap(), before);
    json(["keygen", "-o", key.arg(), "--force"]).finish().assert_done();
    assert_ne!(fs::read(&key.path).unwrap(), before);
}

#[test]
fn a_key_that_cannot_be_read_or_written_says_why() {
    let key = key_file();
    let missing = key.folder.path().join("missing.pem");
    let garbage = key.folder.path().join("garbage.pem");
    write_private(&garbage, "hello");
    for (path, name) in [(&missing, "KeyFileUnreadable"), (&garbage, "InvalidKey")] {
        let path = path.to_str().unwrap();
        let addr = ["--addr", "/ip4/127.0.0.1/tcp/0", "--stream", "chat"];
        let peer = format!("/ip4/127.0.0.1/tcp/1/p2p/{}", key.peer);
        json(["id", "--key", path]).finish().assert_failed(1, name);
        json(["listen", "--key", path].into_iter().chain(addr)).finish().assert_failed(1, name);
        let send = ["send", "--key", path, "--peer", &peer, "--stream", "chat", "--data", "x"];
        json(send).finish().assert_failed(1, name);
    }
    let nowhere = missing.join("key.pem");
    json(["keygen", "-o", nowhere.to_str().unwrap()])
        .finish()
        .assert_failed(1, "KeyFileUnwritable");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let key = key_file();
    fs::set_permissions(&key.path, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = json(["id", "--key", key.arg()]).finish();
    refused.assert_failed(1, "KeyFileExposed");
    assert!(refused.error()["hint"].as_str().unwrap().contains("chmod 600"));
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

//! Every failure is one error event, and its kind is the exit status.

use std::net::TcpListener;

use super::support::{Finished, KeyFile, TCP, json, key_file, listen, plain};

/// The id of the key with which anybody can sign.
const EVERYBODY: &str = "12D3KooW9tGaPdJo5jmCpadQ971nfiq4kLcQjeBPYTfutBTtckPH";

fn send_to(address: &str, options: &[&str]) -> Finished {
    let send = ["send", "--peer", address, "--stream", "chat", "--data", "x"];
    json(send.iter().chain(options)).finish()
}

/// An address at which nobody listens.
fn nobody(key: &KeyFile) -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("/ip4/127.0.0.1/tcp/{port}/p2p/{}", key.peer)
}

#[test]
fn wrong_arguments_are_one_error_event_and_exit_2() {
    let wrong: &[&[&str]] = &[
        &[],
        &["lisden"],
        &["id"],
        &["id", "--kye", "k"],
        &["keygen", "--force"],
        &["listen", "--addr", "/ip4/127.0.0.1/tcp/0"],
        &["send", "--peer", "x", "--stream", "s", "--count", "0"],
        &["send", "--peer", "x", "--stream", "s", "--timeout", "soon"],
        &["send", "--peer", "x", "--stream", "s", "--data", "a", "--file", "b"],
        &["send", "--peer", "x", "--stream", "s", "--stream", "t"],
        &["peers"],
        &["ban", "--address-book", "b"],
        &["ban", "--address-book", "b", "192.0.2.7", "--for", "0s"],
        &["unban", "192.0.2.7"],
        &["--log", "a=b=c", "keygen"],
    ];
    for args in wrong {
        let refused = json(*args).finish();
        refused.assert_failed(2, "InvalidConfig");
        assert_eq!(refused.stdout.len(), 1, "{args:?}: {:?}", refused.stdout);
        assert_eq!(refused.stderr, "", "{args:?}");
    }
}

#[test]
fn wrong_arguments_are_explained_to_people_on_standard_error() {
    let refused = plain(["listen", "--adr", "x"]).finish();
    assert_eq!((refused.code, refused.stdout.len()), (Some(2), 0));
    assert!(refused.stderr.contains("--adr") && refused.stderr.contains("Usage"));

    let refused = plain(["send", "--peer", "127.0.0.1", "--stream", "s", "--data", "x"]).finish();
    assert_eq!((refused.code, refused.stdout.len()), (Some(2), 0));
    assert!(refused.stderr.starts_with("error: address"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: "), "{}", refused.stderr);
}

#[test]
fn help_is_no_failure_and_gives_examples() {
    for command in ["keygen", "id", "listen", "connect", "send", "peers", "ban", "unban"] {
        let help = json([command, "--help"]).finish();
        help.assert_done();
        assert!(help.stdout.iter().any(|line| line.starts_with("EXAMPLES")), "{command}");
    }
    let help = json(["--help"]).finish();
    help.assert_done();
    assert!(
        ["ADDRESSES", "KEYS", "STREAMS", "ADDRESS BOOKS", "EXIT STATUS"]
            .iter()
            .all(|topic| help.stdout.iter().any(|line| line.starts_with(topic)))
    );
    json(["--version"]).finish().assert_done();
}

#[test]
fn bad_stream_names_are_refused_by_every_command() {
    let peer = nobody(&key_file());
    for name in ["", "a/b", "handshake", "a b", &"x".repeat(65)] {
        let listen = ["listen", "--addr", "/ip4/127.0.0.1/tcp/0", "--stream", name];
        json(listen).finish().assert_failed(2, "InvalidStreamName");
        let connect = ["connect", "--peer", &peer, "--stream", name];
        json(connect).finish().assert_failed(2, "InvalidStreamName");
        let send = ["send", "--peer", &peer, "--stream", name, "--data", "x"];
        json(send).finish().assert_failed(2, "InvalidStreamName");
    }
}

#[test]
fn bad_addresses_are_refused_with_what_is_wrong() {
    let key = key_file();
    let with_id = |place: &str| format!("{place}/p2p/{}", key.peer);
    send_to("127.0.0.1:9000", &[]).assert_failed(2, "InvalidAddress");
    send_to("/ip4/127.0.0.1/tcp/9000", &[]).assert_failed(2, "InvalidAddress");
    send_to(&with_id("/ip4/300.0.0.1/tcp/9000"), &[]).assert_failed(2, "InvalidAddress");
    send_to(&with_id("/ip4/127.0.0.1/tcp/99999"), &[]).assert_failed(2, "InvalidAddress");
    send_to("/ip4/127.0.0.1/tcp/9000/p2p/12D3KooW0OIl", &[]).assert_failed(2, "InvalidPeerId");
    let everybody = format!("/ip4/127.0.0.1/tcp/9000/p2p/{EVERYBODY}");
    send_to(&everybody, &[]).assert_failed(3, "IdentityRefused");
    send_to(&with_id("/ip4/127.0.0.1/tcp/9000"), &["--key", key.arg()])
        .assert_failed(2, "DialedSelf");
    let foreign = with_id("/ip4/127.0.0.1/tcp/0");
    json(["listen", "--addr", &foreign, "--stream", "chat"])
        .finish()
        .assert_failed(2, "InvalidAddress");
}

#[test]
fn a_file_that_is_not_there_is_wrong_usage() {
    let peer = nobody(&key_file());
    let send = ["send", "--peer", &peer, "--stream", "chat", "--file", "no/such/file"];
    json(send).finish().assert_failed(2, "InvalidConfig");
}

#[test]
fn another_identity_at_the_address_is_told() {
    let (key, listener) = (key_file(), listen(&TCP, &["chat"], &[]));
    let (place, _) = listener.addresses[0].split_once("/p2p/").unwrap();
    let wrong = send_to(&format!("{place}/p2p/{}", key.peer), &[]);
    wrong.assert_failed(3, "WrongPeer");
    assert_eq!(wrong.error()["peer"], key.peer);
}

#[test]
fn nobody_at_the_address_is_told() {
    let key = key_file();
    let peer = nobody(&key);
    let alone = send_to(&peer, &[]);
    alone.assert_failed(3, "Unreachable");
    assert_eq!(alone.error()["peer"], key.peer);
    json(["connect", "--peer", &peer, "--stream", "chat"]).finish().assert_failed(3, "Unreachable");
}

#[test]
fn a_peer_that_says_nothing_is_given_up_in_time() {
    let (key, mute) = (key_file(), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = mute.local_addr().unwrap().port();
    let peer = format!("/ip4/127.0.0.1/tcp/{port}/p2p/{}", key.peer);
    send_to(&peer, &["--timeout", "300ms"]).assert_failed(4, "TimedOut");
}

#[test]
fn the_time_limit_holds_for_standard_input_too() {
    let listener = listen(&TCP, &["chat"], &[]);
    let send = ["send", "--peer", &listener.addresses[0], "--stream", "chat", "--timeout", "200ms"];
    let mut send = json(send);
    let kept_open = send.take_stdin();
    send.finish().assert_failed(4, "TimedOut");
    drop(kept_open);
}

#[test]
fn an_answer_that_does_not_come_is_a_timeout() {
    let listener = listen(&TCP, &["chat"], &[]);
    let waited = send_to(&listener.addresses[0], &["--wait-reply", "--timeout", "1s"]);
    waited.assert_failed(4, "TimedOut");
    assert_eq!(waited.events_named("sent").len(), 1);
}

#[test]
fn a_port_in_use_is_told_and_nothing_is_listened_at() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}", taken.local_addr().unwrap().port());
    let listen =
        ["listen", "--addr", "/ip4/127.0.0.1/tcp/0", "--addr", &address, "--stream", "chat"];
    let refused = json(listen).finish();
    refused.assert_failed(1, "AddressInUse");
    assert_eq!(refused.events_named("listening").len(), 0);
}

#[test]
fn a_stream_that_the_peer_does_not_have_is_told() {
    let listener = listen(&TCP, &["files"], &[]);
    send_to(&listener.addresses[0], &[]).assert_failed(3, "StreamRefused");
    let waited = send_to(&listener.addresses[0], &["--wait-reply"]);
    waited.assert_failed(3, "StreamRefused");
    assert_eq!(waited.error()["stream"], "chat");
}

#[test]
fn a_peer_that_leaves_before_it_answers_is_told() {
    let mut listener = listen(&TCP, &["chat"], &[]);
    let peer = listener.addresses[0].clone();
    let mut send =
        json(["send", "--peer", &peer, "--stream", "chat", "--data", "x", "--wait-reply"]);
    send.wait_for("sent");
    listener.running.wait_for("message");
    drop(listener);
    let left = send.finish();
    left.assert_failed(3, "ConnectionLost");
    let disconnected = left.events_named("peer_disconnected");
    assert_eq!(disconnected[0]["reason"], "connection_lost");
}

//! `listen` and `send`.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::support::{BOTH, TCP, command, json, key_file, listen, payload, plain};

#[test]
fn echoes_come_back_over_tcp_and_quic() {
    let mut listener = listen(&BOTH, &["chat"], &["--echo"]);
    for address in listener.addresses.clone() {
        let send = ["send", "--peer", &address, "--stream", "chat", "--data", "hello"];
        let sent = json(send.into_iter().chain(["--wait-reply", "--count", "3"])).finish();
        sent.assert_done();
        let names: Vec<_> = sent.events().iter().map(|event| event["event"].clone()).collect();
        assert_eq!(names[..3], ["identity", "peer_connected", "peer_established"]);
        assert_eq!(names.last().unwrap(), "peer_disconnected");
        let echoes = sent.events_named("message");
        assert_eq!(echoes.len(), 3);
        let peer = address.rsplit('/').next().unwrap();
        assert!(echoes.iter().all(|echo| echo["peer"] == peer && echo["stream"] == "chat"));
        assert!(echoes.iter().all(|echo| payload(echo) == b"hello"));
        let [told] = &sent.events_named("sent")[..] else { panic!("not one sent event") };
        assert_eq!((&told["count"], &told["len"]), (&3.into(), &5.into()));
        assert_eq!((&told["peer"], &told["stream"]), (&peer.into(), &"chat".into()));

        let sender = &sent.events_named("identity")[0]["peer"];
        let established = listener.running.wait_for("peer_established");
        assert_eq!(&established["peer"], sender);
        assert_eq!(listener.running.wait_for_messages(3), [b"hello"; 3]);
        let left = listener.running.wait_for("peer_disconnected");
        assert_eq!((&left["peer"], &left["reason"]), (sender, &"connection_lost".into()));
    }
}

#[test]
fn it_listens_at_all_its_addresses_under_its_key() {
    let key = key_file();
    let listener = listen(&BOTH, &["chat", "files", "chat"], &["--key", key.arg()]);
    assert_eq!(listener.addresses.len(), 2);
    let end = format!("/p2p/{}", key.peer);
    assert!(listener.addresses.iter().all(|address| address.ends_with(&end)));
    assert!(listener.addresses.iter().all(|address| !address.contains("/0/")));
}

#[test]
fn a_peer_is_known_by_its_key() {
    let (key, mut listener) = (key_file(), listen(&TCP, &["chat"], &["--echo"]));
    let send = ["send", "--key", key.arg(), "--peer", &listener.addresses[0], "--stream", "chat"];
    let sent = json(send.into_iter().chain(["--data", "x", "--wait-reply"])).finish();
    sent.assert_done();
    assert_eq!(sent.events_named("identity").len(), 0, "a given key is nothing to tell");
    assert_eq!(listener.running.wait_for("message")["peer"], key.peer);
}

#[test]
fn standard_input_and_files_are_one_message_each_byte_by_byte() {
    let listener = listen(&TCP, &["chat"], &["--echo"]);
    let send = ["send", "--peer", &listener.addresses[0], "--stream", "chat", "--wait-reply"];
    let bytes = b"one\ntwo\0\xff\r\n";
    let mut piped = json(send);
    piped.write(bytes);
    let piped = piped.finish();
    piped.assert_done();
    assert_eq!(payload(&piped.events_named("message")[0]), bytes);

    let empty = json(send).finish();
    empty.assert_done();
    assert_eq!(payload(&empty.events_named("message")[0]), b"");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("message.bin");
    fs::write(&path, bytes).unwrap();
    let filed = json(send.into_iter().chain(["--file", path.to_str().unwrap()])).finish();
    filed.assert_done();
    assert_eq!(payload(&filed.events_named("message")[0]), bytes);
}

#[test]
fn a_message_of_the_limit_passes_and_one_byte_more_is_refused() {
    const LIMIT: usize = 1 << 20;
    let listener = listen(&TCP, &["chat"], &["--echo"]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("message.bin");
    let send = ["send", "--peer", &listener.addresses[0], "--stream", "chat", "--wait-reply"];
    let file = send.into_iter().chain(["--file", path.to_str().unwrap()]);
    fs::write(&path, vec![b'x'; LIMIT]).unwrap();
    let passed = json(file.clone()).finish();
    passed.assert_done();
    assert_eq!(payload(&passed.events_named("message")[0]).len(), LIMIT);
    fs::write(&path, vec![b'x'; LIMIT + 1]).unwrap();
    json(file).finish().assert_failed(1, "MessageTooLarge");
}

#[test]
fn endless_input_is_refused_without_reading_it_all() {
    let key = key_file();
    let peer = format!("/ip4/127.0.0.1/tcp/1/p2p/{}", key.peer);
    let mut send = json(["send", "--peer", &peer, "--stream", "chat"]);
    let mut stdin = send.take_stdin();
    // Writes until the program has left.
    let endless = std::thread::spawn(move || while stdin.write_all(&[b'x'; 4096]).is_ok() {});
    send.finish().assert_failed(1, "MessageTooLarge");
    endless.join().unwrap();
}

#[test]
fn all_messages_arrive_when_the_sender_leaves_at_once() {
    let mut listener = listen(&BOTH, &["chat"], &[]);
    for address in listener.addresses.clone() {
        let send = ["send", "--peer", &address, "--stream", "chat", "--data", "hello"];
        let sent = json(send.into_iter().chain(["--count", "500"])).finish();
        sent.assert_done();
        assert_eq!(listener.running.wait_for_messages(500), vec![b"hello"; 500]);
    }
}

#[test]
fn people_read_messages_in_one_line_that_cannot_drive_their_terminal() {
    let listener = listen(&TCP, &["chat"], &["--echo"]);
    let send = ["send", "--peer", &listener.addresses[0], "--stream", "chat", "--wait-reply"];
    let sent = plain(send.into_iter().chain(["--data", "hi \x1b[2J\nthere"])).finish();
    sent.assert_done();
    assert!(sent.stderr.contains("fresh identity 12D3KooW"), "{}", sent.stderr);
    let shown = sent.stdout.iter().find(|line| line.contains("hi ")).unwrap();
    assert!(shown.ends_with("/chat: hi \\u{1b}[2J\\nthere"), "{shown}");
}

#[test]
fn a_peer_that_reads_no_echo_holds_up_no_other_stream_and_is_disconnected() {
    let mut listener = listen(&TCP, &["slow", "quick"], &["--echo"]);
    let address = listener.addresses[0].clone();
    let mut deaf = command();
    deaf.args(["connect", "--peer", &address, "--stream", "slow"]);
    // Nobody reads its output: when the pipe is full it prints no more, and then receives no more.
    let deaf = deaf.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut deaf = deaf.spawn().unwrap();
    let mut stdin = deaf.stdin.take().unwrap();
    let typing = std::thread::spawn(move || {
        let line = [vec![b'x'; 100_000], vec![b'\n']].concat();
        while stdin.write_all(&line).is_ok() {}
    });
    listener.running.wait_for_messages(40);
    let echoed = |stream| {
        let send = ["send", "--peer", &address, "--stream", stream, "--wait-reply"];
        json(send.into_iter().chain(["--data", "hello", "--count", "10"])).finish().assert_done();
    };
    echoed("quick");
    let warning = listener.running.wait_for("warning");
    assert_eq!((&warning["name"], &warning["stream"]), (&"TimedOut".into(), &"slow".into()));
    echoed("slow");
    deaf.kill().unwrap();
    deaf.wait().unwrap();
    typing.join().unwrap();
}

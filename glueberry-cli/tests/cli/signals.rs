//! Ctrl-C, SIGTERM, and readers that leave.

use std::process::{Command, Stdio};

use super::support::{Running, TCP, command, json, listen};

pub(crate) fn signal(name: &str, running: &Running) {
    assert!(Command::new("kill").args([name, &running.pid()]).status().unwrap().success());
}

#[test]
fn listen_and_connect_leave_with_0() {
    for name in ["-INT", "-TERM"] {
        let listener = listen(&TCP, &["chat"], &[]);
        let peer = listener.addresses[0].clone();
        let mut session = json(["connect", "--peer", &peer, "--stream", "chat"]);
        session.wait_for("peer_established");
        let kept_open = session.take_stdin();
        signal(name, &session);
        let left = session.finish();
        left.assert_done();
        assert_eq!(left.events_named("peer_disconnected")[0]["reason"], "shutdown");
        drop(kept_open);

        let mut listener = listener.running;
        listener.wait_for("peer_disconnected");
        signal(name, &listener);
        listener.finish().assert_done();
    }
}

#[test]
fn a_listener_that_leaves_says_goodbye_to_its_peers() {
    let listener = listen(&TCP, &["chat"], &[]);
    let mut session =
        json(["connect", "--no-reconnect", "--peer", &listener.addresses[0], "--stream", "chat"]);
    session.wait_for("peer_established");
    let kept_open = session.take_stdin();
    let mut listener = listener.running;
    listener.wait_for("peer_established");
    signal("-INT", &listener);
    let left = listener.finish();
    left.assert_done();
    assert_eq!(left.events_named("peer_disconnected")[0]["reason"], "shutdown");
    session.finish().assert_failed(3, "ConnectionLost");
    drop(kept_open);
}

#[test]
fn send_that_is_interrupted_leaves_with_130() {
    let listener = listen(&TCP, &["chat"], &[]);
    let peer = listener.addresses[0].clone();
    let mut send =
        json(["send", "--peer", &peer, "--stream", "chat", "--data", "x", "--wait-reply"]);
    send.wait_for("sent");
    signal("-INT", &send);
    let left = send.finish();
    assert_eq!(left.code, Some(130), "{:?}", left.stdout);
    assert_eq!(left.events_named("error").len(), 0, "to be interrupted is no failure");
}

#[test]
fn a_reader_that_leaves_ends_the_program_quietly() {
    let mut unread = command();
    unread.args(["--json", "listen", "--addr", TCP[0], "--stream", "chat"]);
    let unread = unread.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut unread = unread.spawn().unwrap();
    // It prints that it listens, and finds that nobody reads.
    drop(unread.stdout.take());
    let left = unread.wait_with_output().unwrap();
    assert_eq!((left.status.code(), String::from_utf8_lossy(&left.stderr)), (Some(0), "".into()));

    let mut unread = command();
    let unread = unread.arg("keygen").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut unread = unread.spawn().unwrap();
    drop(unread.stdout.take());
    let left = unread.wait_with_output().unwrap();
    assert_eq!((left.status.code(), String::from_utf8_lossy(&left.stderr)), (Some(1), "".into()));
}

#[test]
fn a_reader_that_stands_still_does_not_keep_ctrl_c_away() {
    let mut stuck = command();
    let listener = listen(&TCP, &["chat"], &["--echo"]);
    stuck.args(["--json", "connect", "--peer", &listener.addresses[0], "--stream", "chat"]);
    let stuck = stuck.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut stuck = stuck.spawn().unwrap();
    let mut stdin = stuck.stdin.take().unwrap();
    let typing = std::thread::spawn(move || {
        let line = [vec![b'x'; 500_000], vec![b'\n']].concat();
        while std::io::Write::write_all(&mut stdin, &line).is_ok() {}
    });
    let mut listener = listener.running;
    listener.wait_for_messages(5);
    assert!(
        Command::new("kill").args(["-INT", &stuck.id().to_string()]).status().unwrap().success()
    );
    assert_eq!(stuck.wait().unwrap().code(), Some(0));
    typing.join().unwrap();
}

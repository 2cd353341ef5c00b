//! `connect`: an interactive session.

use super::support::{BOTH, Listener, Running, TCP, json, key_file, listen, plain};

/// With streams, and other options, which begin with a dash.
fn connect(listener: &Listener, start: fn(Vec<String>) -> Running, rest: &[&str]) -> Running {
    let mut args = vec!["connect", "--peer", &listener.addresses[0]];
    for word in rest {
        args.extend((!word.starts_with('-')).then_some("--stream"));
        args.push(word);
    }
    start(args.into_iter().map(ToOwned::to_owned).collect())
}

#[test]
fn lines_go_to_the_current_stream_and_what_comes_is_shown() {
    let mut listener = listen(&TCP, &["chat", "files"], &["--echo"]);
    let mut session = connect(&listener, plain, &["chat", "files"]);
    session.wait_for_line("the session", |line| line.starts_with("established: 12D3KooW"));
    session.write("hello\n");
    session.wait_for_line("the echo", |line| line.ends_with("/chat: hello"));
    session.write("/stream files\n\n//slash\n\x1b]0;title\x07\n");
    session.wait_for_line("the change", |line| line == "current stream: files");
    session.wait_for_line("an empty line", |line| line.ends_with("/files: "));
    session.wait_for_line("the slash", |line| line.ends_with("/files: /slash"));
    session.wait_for_line("no command", |line| line.ends_with("/files: \\u{1b}]0;title\\u{7}"));
    let left = session.finish();
    left.assert_done();
    let said = listener.running.wait_for_messages(4);
    assert_eq!(said, [&b"hello"[..], b"", b"/slash", b"\x1b]0;title\x07"]);
}

#[test]
fn commands_are_explained_and_unknown_ones_named() {
    let listener = listen(&TCP, &["chat"], &[]);
    let mut session = connect(&listener, plain, &["chat"]);
    session.write("/help\n/stream\n/hlep\n/stream files\n/quit\nnever said\n");
    session.wait_for_line("help", |line| line.trim_start().starts_with("/stream NAME"));
    session.wait_for_line("the stream", |line| line == "current stream: chat");
    let left = session.finish();
    left.assert_done();
    assert!(left.stderr.contains("unknown command \"/hlep\""), "{}", left.stderr);
    assert!(left.stderr.contains("no stream \"files\" here; there are: chat"), "{}", left.stderr);
}

#[test]
fn in_json_everything_is_an_event() {
    let listener = listen(&TCP, &["chat"], &["--echo"]);
    let mut session = connect(&listener, json, &["chat"]);
    session.write("hello\n");
    let sent = session.wait_for("sent");
    assert_eq!((&sent["stream"], &sent["len"]), (&"chat".into(), &5.into()));
    assert_eq!(session.wait_for_messages(1), [b"hello"]);
    session.write("/hlep\n/help\n");
    assert_eq!(session.wait_for("error")["name"], "InvalidConfig");
    let left = session.finish();
    left.assert_done();
    assert_eq!(left.events().last().unwrap()["event"], "peer_disconnected");
    assert!(left.stderr.contains("/stream NAME"), "{}", left.stderr);
}

#[test]
fn all_that_was_typed_arrives_before_it_leaves() {
    for address in BOTH {
        let mut listener = listen(&[address], &["chat"], &[]);
        let mut session = connect(&listener, json, &["chat"]);
        let lines: Vec<String> = (0..500).map(|number| format!("line {number}")).collect();
        session.write(lines.join("\n"));
        session.finish().assert_done();
        let said = listener.running.wait_for_messages(lines.len());
        assert!(said.iter().zip(&lines).all(|(said, line)| said == line.as_bytes()));
    }
}

#[test]
fn a_line_above_the_limit_is_told_and_the_session_goes_on() {
    let mut listener = listen(&TCP, &["chat"], &[]);
    let mut session = connect(&listener, json, &["chat"]);
    session.write([vec![b'x'; (1 << 20) + 1], b"\nafter\n".to_vec()].concat());
    assert_eq!(session.wait_for("error")["name"], "MessageTooLarge");
    assert_eq!(session.finish().code, Some(1), "a line was not sent");
    assert_eq!(listener.running.wait_for_messages(1), [b"after"]);
}

#[test]
fn it_comes_back_with_the_peer_and_lines_typed_meanwhile_wait() {
    let key = key_file();
    let mut listener = listen(&TCP, &["chat"], &["--key", key.arg()]);
    let mut session = connect(&listener, plain, &["chat"]);
    session.write("before\n");
    assert_eq!(listener.running.wait_for_messages(1), [b"before"]);
    let (place, _) = listener.addresses[0].split_once("/p2p/").unwrap();
    let place = place.to_owned();
    drop(listener);
    session.wait_for_line("the loss", |line| line.ends_with("(connection lost)"));
    session.wait_for_line("a try", |line| line.starts_with("reconnecting: …"));
    session.write("meanwhile\n");
    let mut listener = listen(&[&place], &["chat"], &["--key", key.arg()]);
    session.wait_for_line("the return", |line| line.starts_with("established: "));
    assert_eq!(listener.running.wait_for_messages(1), [b"meanwhile"]);
    session.finish().assert_done();
}

#[test]
fn reconnecting_is_an_event_in_json() {
    let listener = listen(&TCP, &["chat"], &[]);
    let mut session = connect(&listener, json, &["chat"]);
    session.wait_for("peer_established");
    drop(listener);
    let reconnecting = session.wait_for("peer_reconnecting");
    assert_eq!(reconnecting["attempt"], 1);
    assert!(reconnecting["delay_ms"].as_u64().is_some_and(|delay| delay <= 1000));
    session.finish().assert_done();
}

#[test]
fn it_ends_with_the_peer_if_it_is_told_to() {
    let listener = listen(&TCP, &["chat"], &[]);
    let mut session = connect(&listener, json, &["chat", "--no-reconnect"]);
    session.wait_for("peer_established");
    let kept_open = session.take_stdin();
    drop(listener);
    let left = session.finish();
    left.assert_failed(3, "ConnectionLost");
    assert_eq!(left.events_named("peer_disconnected")[0]["reason"], "connection_lost");
    drop(kept_open);
}

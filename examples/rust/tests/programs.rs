//! Each example runs to its end and says what its source promises.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

#[test]
fn quick_start_exchanges_a_message_each_way() {
    let lines = output_of(env!("CARGO_BIN_EXE_quick_start"));
    assert!(lines[0].starts_with("Anna listens at /ip4/127.0.0.1/tcp/"), "{lines:#?}");
    assert!(lines[0].contains("/p2p/12D3KooW"), "{lines:#?}");
    let rest = ["Bruno is connected", "Anna reads: Hello Anna!", "Bruno reads: Hello Bruno!"];
    assert_eq!(lines[1..], rest);
}

#[test]
fn handshake_lets_in_who_knows_the_password_and_nobody_else() {
    let lines = output_of(env!("CARGO_BIN_EXE_handshake"));
    let at = |line: &str| {
        let found = lines.iter().position(|printed| printed == line);
        found.unwrap_or_else(|| panic!("no line {line:?} in {lines:#?}"))
    };
    // Lines of two tasks may change places; those of one follow each other.
    assert!(at("  Doorman: wrong password, goodbye") < at("Carla stays outside"));
    assert!(at("Carla stays outside") < at("Dario knocks and says \"glueberry\""));
    assert!(at("  Guest hears: welcome") < at("  Host reads: Dario is here"));
    assert!(at("  Host reads: Dario is here") < at("Dario reads: Good evening!"));
    assert!(!lines.iter().any(|line| line.contains("Carla is here")));
}

#[test]
fn stay_connected_finds_a_peer_again_that_restarts() {
    let lines = output_of(env!("CARGO_BIN_EXE_stay_connected"));
    assert_eq!(lines[0], "Anna is connected");
    assert!(lines[1].starts_with("Bruno is gone: attempt 1 follows in "), "{lines:#?}");
    assert_eq!(lines[2..], ["Bruno reads: welcome back"]);
}

#[test]
fn chat_lets_everybody_read_what_one_types() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let key = |name: &str| folder.path().join(name).display().to_string();
    let mut anna = Talker::start(&[&key("anna"), "Anna", "/ip4/127.0.0.1/tcp/0"]);
    let address = anna.reads().strip_prefix("listening ").expect("an address").to_owned();
    let mut bruno = Talker::start(&[&key("bruno"), "Bruno", "/ip4/127.0.0.1/tcp/0", &address]);
    assert!(bruno.reads().starts_with("listening "));
    bruno.types("I am here");
    assert_eq!(anna.reads(), "Bruno> I am here");
    anna.types("Welcome!");
    assert_eq!(bruno.reads(), "Anna> Welcome!");
    bruno.leaves();
    anna.leaves();
}

/// Somebody in a chat. Ended when this is dropped.
struct Talker {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Talker {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the example starts");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            // It ends when nobody listens any more, or the program has.
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { input: child.stdin.take(), child, lines }
    }

    fn reads(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line in time")
    }

    fn types(&mut self, line: &str) {
        writeln!(self.input.as_mut().expect("it is still here"), "{line}").expect("it listens");
    }

    fn leaves(&mut self) {
        self.input = None;
        let end = self.lines.recv_timeout(PATIENCE);
        assert_eq!(end, Err(RecvTimeoutError::Disconnected), "it says nothing more, and ends");
        assert!(self.child.wait().expect("a child that ended can be asked").success());
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn output_of(program: &str) -> Vec<String> {
    let mut child = Command::new(program)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example starts");
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().expect("a child can be asked").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("a child can be ended");
            let output = child.wait_with_output().expect("a child that ended can be read");
            panic!("{program} does not end: {output:?}");
        }
        std::thread::sleep(BETWEEN_QUESTIONS);
    }
    let output = child.wait_with_output().expect("a child that ended can be read");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complaint}", output.status);
    let text = String::from_utf8(output.stdout).expect("examples print UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// Each example takes a second; a machine that compiles meanwhile may need more.
const PATIENCE: Duration = Duration::from_mins(1);
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(20);

//! Each example runs to its end and says what its source promises.

use std::process::{Command, Stdio};
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

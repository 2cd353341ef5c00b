//! A program in another language, driven by lines: an order each, which a line of JSON answers.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use hdrhistogram::Histogram;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::dial;

/// A running program. It is killed when this is dropped.
pub(super) struct Program {
    name: &'static str,
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Program {
    pub(super) fn start(name: &'static str, command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|fault| panic!("{name} does not start: {fault}"));
        let orders = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self { name, child, orders, answers }
    }

    pub(super) fn order(&mut self, order: &str) {
        let written = writeln!(self.orders, "{order}");
        written.unwrap_or_else(|fault| panic!("{} takes no orders: {fault}", self.name));
    }

    /// The answer to the oldest order that has none yet.
    pub(super) fn answer<T: DeserializeOwned>(&mut self) -> T {
        let name = self.name;
        let line = self.answers.next().unwrap_or_else(|| panic!("{name} has ended"));
        let line = line.unwrap_or_else(|fault| panic!("{name} cannot be heard: {fault}"));
        serde_json::from_str(&line).unwrap_or_else(|fault| panic!("{name} says {line}: {fault}"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The answer of a program that asked and was answered.
#[derive(Deserialize)]
pub(super) struct RoundTrips {
    nanoseconds: Vec<u64>,
}

impl RoundTrips {
    pub(super) fn times(self) -> Histogram<u64> {
        let mut times = dial::times();
        for nanoseconds in self.nanoseconds {
            times.saturating_record(nanoseconds);
        }
        times
    }
}

//! Two processes of the Go implementation, driven by lines of JSON.

mod process;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use self::process::Process;
use crate::dial;
use crate::flow::Flow;

/// Builds the Go peer of the interoperation tests, or says why not.
pub(crate) fn build() -> Result<PathBuf, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/interop/go");
    // Beside this program, so that `cargo clean` takes it too.
    let program = std::env::current_exe().expect("a program knows where it is");
    let target = program.with_file_name("glueberry-benches-go-peer");
    let mut command = Command::new("go");
    command.args(["build", "-o"]).arg(&target).arg(".").current_dir(source);
    let output = command.output().map_err(|fault| format!("go cannot be started: {fault}"))?;
    if output.status.success() {
        return Ok(target);
    }
    Err(format!("its peer does not build: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Two connected Go nodes.
pub(crate) struct Pair {
    near: Process,
    far: Process,
    /// How long a message took in the last round, for each size: a burst is a number of messages.
    paces: HashMap<u32, Duration>,
}

impl Pair {
    pub(super) fn connect(program: &Path) -> Self {
        let (mut near, mut far) = (Process::start(program), Process::start(program));
        near.connect(&far);
        far.hear(|line| says_established(line, near.peer()));
        Self { near, far, paces: HashMap::new() }
    }

    pub(super) fn one_way(&mut self, payload: u32, time: Duration) -> Flow {
        let count = self.paces.get(&payload).map_or(FIRST_BURST, |pace| fits(time, *pace));
        self.far.ask("counts", json!({ "reset": true }));
        self.far.forget();
        self.near.ask(
            "burst",
            json!({ "peer": self.far.peer(), "stream": STREAM, "count": count, "size": payload }),
        );
        let flow = self.arrived(count);
        self.paces.insert(payload, flow.elapsed / u32::try_from(flow.messages).unwrap_or(u32::MAX));
        flow
    }

    /// Waits until all have arrived, or no more come.
    fn arrived(&mut self, count: u64) -> Flow {
        let (mut last, mut since) = (0, Instant::now());
        loop {
            self.far.ask("counts", json!({}));
            let counted = self.far.take(|line| line["event"] == "counted");
            let messages = counted.as_ref().map_or(0, |line| number(line, "count"));
            if messages > last {
                (last, since) = (messages, Instant::now());
            }
            if let Some(line) = counted.filter(|_| messages == count || since.elapsed() > SILENCE) {
                let elapsed = Duration::from_micros(number(&line, "elapsed_us"));
                return Flow { messages, lost: count - messages, elapsed };
            }
            assert!(since.elapsed() < SILENCE * 10, "nothing arrives at the Go peer");
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }
}

/// Each time a new node dials the same one. (One that was disconnected cannot dial again: the Go
/// listener does not notice the end, and fails the next handshake.)
pub(super) fn dial(dials: usize, program: &Path) -> Histogram<u64> {
    let mut far = Process::start(program);
    let mut times = dial::times();
    for _ in 0..dials {
        let mut near = Process::start(program);
        let began = Instant::now();
        near.connect(&far);
        times.saturating_record(dial::nanoseconds(began.elapsed()));
        far.hear(|line| says_established(line, near.peer()));
    }
    times
}

fn says_established(line: &Value, peer: &str) -> bool {
    line["event"] == "state" && line["state"] == "Established" && line["peer"] == peer
}

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().expect("a number")
}

fn fits(time: Duration, pace: Duration) -> u64 {
    let count = time.as_nanos() / pace.as_nanos().max(1);
    u64::try_from(count).unwrap_or(u64::MAX).max(FIRST_BURST)
}

const STREAM: &str = "bench";
/// Enough to see how fast it is.
const FIRST_BURST: u64 = 500;
/// When nothing came for so long, the rest was dropped.
const SILENCE: Duration = Duration::from_millis(500);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

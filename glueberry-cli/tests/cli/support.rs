//! Starting the program, and waiting for what it says.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const BOTH: [&str; 2] = ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"];
pub(crate) const TCP: [&str; 1] = ["/ip4/127.0.0.1/tcp/0"];

/// The program, running. Killed when dropped.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
    /// The lines that were waited for or passed over.
    seen: Vec<String>,
}

/// What is left of it.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: String,
}

/// The program with these arguments; `--json` is among them.
pub(crate) fn json<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Running {
    let mut command = command();
    command.arg("--json").args(args);
    Running::start(command)
}

/// The program as people use it.
pub(crate) fn plain<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Running {
    let mut command = command();
    command.args(args);
    Running::start(command)
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glueberry-cli"));
    command.env_remove("RUST_LOG").env("RUST_BACKTRACE", "0");
    command
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap();
        let stdin = child.stdin.take();
        let (sender, lines) = channel();
        if let Some(out) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(out).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let mut err = child.stderr.take().unwrap();
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            err.read_to_end(&mut text).unwrap();
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { child, stdin, stdout: lines, stderr: Some(stderr), seen: Vec::new() }
    }

    pub(crate) fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// Types something.
    pub(crate) fn write(&mut self, text: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(text.as_ref()).unwrap();
        stdin.flush().unwrap();
    }

    /// Its standard input, to be written to elsewhere.
    pub(crate) fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().unwrap()
    }

    /// The next line that fits; those before it are kept for [`Finished::stdout`].
    pub(crate) fn wait_for_line(&mut self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.stdout.recv_timeout(left) else {
                panic!("waited for {what} in vain; it said {:#?}", self.gist());
            };
            self.seen.push(line.clone());
            if fits(&line) {
                return line;
            }
        }
    }

    /// The next event of this name.
    pub(crate) fn wait_for(&mut self, event: &str) -> Value {
        let line = self.wait_for_line(event, |line| parse(line)["event"] == event);
        parse(&line)
    }

    /// The next `count` messages, decoded.
    pub(crate) fn wait_for_messages(&mut self, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| payload(&self.wait_for("message"))).collect()
    }

    /// The beginnings of the last lines.
    fn gist(&self) -> Vec<String> {
        let last = self.seen.iter().rev().take(20).rev();
        last.map(|line| line.chars().take(160).collect()).collect()
    }

    /// Ends its input, and waits until it has ended.
    pub(crate) fn finish(mut self) -> Finished {
        drop(self.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            assert!(Instant::now() < deadline, "it does not end; it said {:#?}", self.gist());
            std::thread::sleep(POLL);
        };
        let mut stdout = std::mem::take(&mut self.seen);
        // The pipe is closed now: this takes what is left.
        stdout.extend(self.stdout.iter());
        Finished { code, stdout, stderr: self.stderr.take().unwrap().join().unwrap() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}

impl Finished {
    /// Every line of standard output, which has to be an event each.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.stdout.iter().map(|line| parse(line)).collect()
    }

    pub(crate) fn events_named(&self, name: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["event"] == name).collect()
    }

    /// The one `error` event, which has to be the last, with its code, hint and message.
    pub(crate) fn error(&self) -> Value {
        let events = self.events();
        let errors: Vec<&Value> = events.iter().filter(|e| e["event"] == "error").collect();
        let [error] = errors[..] else { panic!("not one error event: {events:#?}") };
        assert_eq!(events.last(), Some(error), "the error is not the last event");
        for text in ["name", "hint", "message"] {
            assert!(error[text].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        }
        assert!(error["code"].as_u64().is_some_and(|code| code > 100), "{error}");
        error.clone()
    }

    #[track_caller]
    pub(crate) fn assert_failed(&self, code: i32, name: &str) {
        assert_eq!(self.error()["name"], name, "{:?}", self.stdout);
        assert_eq!(self.code, Some(code), "{:?}", self.stdout);
    }

    #[track_caller]
    pub(crate) fn assert_done(&self) {
        assert_eq!(self.code, Some(0), "{:?} {}", self.stdout, self.stderr);
    }
}

/// A listener of JSON events, and where it can be reached.
pub(crate) struct Listener {
    pub(crate) running: Running,
    pub(crate) addresses: Vec<String>,
}

pub(crate) fn listen(addresses: &[&str], streams: &[&str], options: &[&str]) -> Listener {
    let mut args = vec!["listen"];
    args.extend(options);
    args.extend(addresses.iter().flat_map(|address| ["--addr", address]));
    args.extend(streams.iter().flat_map(|stream| ["--stream", stream]));
    let mut running = json(args);
    let listening = running.wait_for("listening");
    let bound = listening["addresses"].as_array().unwrap();
    let addresses = bound.iter().map(|address| address.as_str().unwrap().to_owned()).collect();
    Listener { running, addresses }
}

/// A folder, and a key file in it.
pub(crate) struct KeyFile {
    pub(crate) folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) peer: String,
}

pub(crate) fn key_file() -> KeyFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let made = json(["keygen", "-o", path.to_str().unwrap()]).finish();
    made.assert_done();
    let peer = made.events_named("identity")[0]["peer"].as_str().unwrap().to_owned();
    KeyFile { folder, path, peer }
}

impl KeyFile {
    pub(crate) fn arg(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

pub(crate) fn payload(message: &Value) -> Vec<u8> {
    let data = STANDARD.decode(message["data"].as_str().unwrap()).unwrap();
    assert_eq!(message["len"], data.len());
    data
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|fault| panic!("{line:?} is no JSON: {fault}"))
}

/// Between looks at a process, which cannot be waited for with a deadline.
const POLL: Duration = Duration::from_millis(5);

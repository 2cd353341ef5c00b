//! A language that sends or receives, and a partner that keeps up with it, each in its own process.
//! `benches/languages` has the programs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use glueberry_core::{Node, PeerId};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::task::block_in_place;

use super::c::{package, run};
use super::ours::{self, Seat, Way};
use super::program::{Program, RoundTrips};
use crate::flow::Flow;
use crate::numbered::{Numbered, Receipt};
use crate::ping_pong;

/// A language, with the library that it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Language {
    /// Glueberry in Python, with asyncio.
    Python,
    /// Glueberry in Node.js.
    Node,
    /// Glueberry in Kotlin.
    Kotlin,
    /// Glueberry in Swift.
    Swift,
    /// pyzmq with asyncio, over CURVE.
    Pyzmq,
    /// zeromq.js, over CURVE.
    ZeromqJs,
}

/// What the language does; its partner does the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// It receives, or answers.
    Receives,
    /// It sends.
    Sends,
}

impl Language {
    pub(crate) const ALL: [Self; 6] =
        [Self::Python, Self::Node, Self::Kotlin, Self::Swift, Self::Pyzmq, Self::ZeromqJs];

    /// As results name it.
    pub(crate) fn implementation(self) -> &'static str {
        match self {
            Self::Python => "glueberry-python",
            Self::Node => "glueberry-node",
            Self::Kotlin => "glueberry-kotlin",
            Self::Swift => "glueberry-swift",
            Self::Pyzmq => "pyzmq",
            Self::ZeromqJs => "zeromq.js",
        }
    }

    pub(crate) fn security(self) -> &'static str {
        match self {
            Self::Python | Self::Node | Self::Kotlin | Self::Swift => "tls",
            Self::Pyzmq | Self::ZeromqJs => "curve",
        }
    }

    /// Makes ready what its program needs; the folder it is in, or why it cannot be.
    pub(crate) fn prepare(self) -> Result<PathBuf, String> {
        let here = std::env::current_exe().expect("a program knows where it is");
        let folder = here.parent().expect("a program is in a folder").join("glueberry-benches");
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        let mut command = Command::new(package().join("languages/prepare"));
        command.arg(self.implementation()).arg(&folder).arg(profile);
        run("languages/prepare", &mut command)?;
        Ok(folder)
    }

    fn party(self, folder: &Path) -> Program {
        let (scripts, here) = (package().join("languages"), folder.join(self.implementation()));
        let mut command = match self {
            Self::Python => script(here.join("bin/python"), scripts.join("party.py")),
            Self::Pyzmq => script(here.join("bin/python"), scripts.join("zmq_party.py")),
            // Node.js looks for packages beside the script.
            Self::Node => script("node", here.join("party.mjs")),
            Self::ZeromqJs => script("node", here.join("zeromq.mjs")),
            // `prepare` has written down how they are started.
            Self::Kotlin | Self::Swift => Command::new(here.join("party")),
        };
        Program::start(self.implementation(), &mut command)
    }
}

fn script(interpreter: impl AsRef<OsStr>, script: PathBuf) -> Command {
    let mut command = Command::new(interpreter);
    command.arg(script);
    command
}

/// A language and its partner, connected.
pub(crate) struct Pair {
    party: Program,
    partner: Partner,
    role: Role,
}

enum Partner {
    Node { node: Node, peer: PeerId },
    Zmq(Program),
}

#[derive(Deserialize)]
struct Listening {
    address: String,
}

#[derive(Deserialize)]
struct Count {
    messages: u64,
}

impl Pair {
    pub(super) async fn connect(language: Language, role: Role, folder: &Path) -> Self {
        let mut party = language.party(folder);
        let Listening { address } = block_in_place(|| party.answer());
        let partner = match language {
            Language::Python | Language::Node | Language::Kotlin | Language::Swift => {
                let node = Way::Tls.node().await;
                let connected = node.connect(address.as_str()).await;
                Partner::Node { node, peer: connected.expect("a node on this machine is reached") }
            }
            Language::Pyzmq | Language::ZeromqJs => {
                let mut command = Command::new(folder.join("pyzmq/bin/python"));
                command.arg(package().join("languages/zmq_partner.py")).args(address.split(' '));
                Partner::Zmq(Program::start("the partner with ZeroMQ", &mut command))
            }
        };
        Self { party, partner, role }
    }

    pub(super) async fn one_way(&mut self, payload: u32, time: Duration) -> Flow {
        let began = Instant::now();
        let messages = match self.role {
            Role::Receives => self.receives(payload, time).await,
            Role::Sends => self.sends(payload, time).await,
        };
        Flow { messages, lost: 0, elapsed: began.elapsed() }
    }

    async fn receives(&mut self, payload: u32, time: Duration) -> u64 {
        self.party.order(&format!("receive {payload}"));
        let sent = match &mut self.partner {
            Partner::Node { node, peer } => {
                ours::send(node.clone(), *peer, Numbered::new(payload, time)).await
            }
            Partner::Zmq(partner) => {
                partner.order(&format!("send {payload} {}", time.as_secs_f64()));
                count(partner)
            }
        };
        let received = count(&mut self.party);
        assert_eq!(received, sent, "messages were lost");
        received
    }

    async fn sends(&mut self, payload: u32, time: Duration) -> u64 {
        let order = format!("send {payload} {}", time.as_secs_f64());
        let received = match &mut self.partner {
            Partner::Node { node, .. } => {
                let mut inbox = ours::inbox(node);
                self.party.order(&order);
                ours::receive(&mut inbox, Receipt::new(payload)).await
            }
            Partner::Zmq(partner) => {
                partner.order(&format!("receive {payload}"));
                self.party.order(&order);
                count(partner)
            }
        };
        assert_eq!(count(&mut self.party), received, "messages were lost");
        received
    }

    /// The partner asks, the language answers.
    pub(super) async fn ping_pong(&mut self, time: Duration) -> Histogram<u64> {
        let payload = ping_pong::PAYLOAD;
        self.party.order(&format!("answer {payload}"));
        let times = match &mut self.partner {
            Partner::Node { node, peer } => ping_pong::ask(Seat::with(node, *peer), time).await,
            Partner::Zmq(partner) => {
                partner.order(&format!("ask {payload} {}", time.as_secs_f64()));
                block_in_place(|| partner.answer::<RoundTrips>()).times()
            }
        };
        count(&mut self.party);
        times
    }
}

fn count(program: &mut Program) -> u64 {
    block_in_place(|| program.answer::<Count>()).messages
}

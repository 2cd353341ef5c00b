//! What one process of a crowd does.

use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::crowd::Here;
use super::figures::Ends;
use super::memory::Held;
use super::remote::{self, There};
use super::script::{self, Story};
use super::{bare, ours};
use crate::options::Options;
use crate::subject::Subject;

/// What a process is started with, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(super) role: Role,
    pub(super) subject: Subject,
    pub(super) peers: u32,
    pub(super) cores: u8,
    /// How long is sent to all.
    pub(super) time: Duration,
    /// How long is waited for what goes on after a handshake, such as identify.
    pub(super) settle: Duration,
    /// How long nothing is sent before the memory of an idle peer is taken.
    pub(super) idle: Duration,
    /// End there without tidying up: what a heap profiler then calls leaked is what is held there.
    #[serde(default)]
    pub(super) halt: Option<Halt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Halt {
    /// Each peer has said one message.
    Idle,
    /// Idle again.
    AfterLoad,
}

impl Halt {
    pub(super) fn here(self, part: &Part) {
        if part.halt == Some(self) {
            eprintln!("{:?}", Held::look());
            std::process::exit(0);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// The hub, and all leaves.
    Together,
    /// The hub; the leaves are in a process that it starts.
    Hub,
    /// Those.
    Leaves,
}

impl Part {
    pub(super) fn new(
        role: Role,
        subject: Subject,
        peers: u32,
        cores: u8,
        options: &Options,
    ) -> Self {
        let time = options.time() / ROUNDS;
        let settle = if options.quick { QUICK_SETTLE } else { SETTLE };
        // The hub alone shows what idling does; once is enough.
        let idle = match role {
            Role::Together => settle,
            _ if options.quick => QUICK_IDLE,
            _ => IDLE,
        };
        Self { role, subject, peers, cores, time, settle, idle, halt: None }
    }

    /// Of the command line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|fault| fault.to_string())
    }

    pub(crate) fn cores(&self) -> u8 {
        self.cores
    }

    /// A process that plays it, on the cores of this one.
    pub(super) fn command(&self) -> Command {
        let program = std::env::current_exe().expect("a program knows where it is");
        let mut command = Command::new(program);
        command.arg("--part").arg(serde_json::to_string(self).expect("plain data becomes JSON"));
        command.stdout(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Plays it in a process of its own.
    pub(super) async fn run_apart(&self) -> Story {
        let child = self.command().spawn().expect("this program starts again");
        let output = child.wait_with_output().await.expect("it was started here");
        assert!(output.status.success(), "{self:?} failed");
        serde_json::from_slice(&output.stdout).expect("it prints what it found out")
    }

    /// Plays it here.
    pub(crate) async fn play(self) {
        match self.subject {
            Subject::Libp2p => self.play_as::<bare::Hub>().await,
            _ => self.play_as::<ours::Hub>().await,
        }
    }

    async fn play_as<H: script::Hub>(self) {
        let story = match self.role {
            Role::Together => script::tell::<H, Here<H::Leaf>>(&self, Ends::Both).await,
            Role::Hub => script::tell::<H, There>(&self, Ends::One).await,
            Role::Leaves => return remote::obey::<H::Leaf>(&self).await,
        };
        crate::report::print(&story);
    }
}

/// One for each size of message.
const ROUNDS: u32 = 2;
/// Longer than the interval of the keep-alive, so that each link has carried one.
const IDLE: Duration = Duration::from_millis(3500);
const QUICK_IDLE: Duration = Duration::from_millis(300);
/// Identify goes both ways within a few round trips, even of a thousand at once.
const SETTLE: Duration = Duration::from_millis(500);
const QUICK_SETTLE: Duration = Duration::from_millis(100);

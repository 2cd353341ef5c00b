//! What each command does.

mod book;
mod connect;
mod echo;
mod input;
mod keys;
mod listen;
mod prompt;
mod send;
mod session;

use std::path::Path;

use glueberry_core::{Identity, Node, StreamConfig};

use crate::args::Command;
use crate::event::{Event, Identified};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) async fn run(command: Command, output: Output) -> Result<Outcome, Failure> {
    match command {
        Command::Keygen(args) => keys::generate(&args, &output).await,
        Command::Id(args) => keys::identify(&args, &output).await,
        Command::Listen(args) => listen::run(args, output).await,
        Command::Connect(args) => connect::run(args, output).await,
        Command::Send(args) => send::run(args, output).await,
        Command::Peers(args) => book::peers(&args, &output).await,
        Command::Ban(args) => book::ban(&args, &output).await,
        Command::Unban(args) => book::unban(&args, &output).await,
    }
}

/// Who this run is.
struct Who {
    identity: Identity,
    fresh: bool,
}

impl Who {
    /// The identity in the key file, or a fresh one.
    fn from_key(key: Option<&Path>) -> Result<Self, Failure> {
        Ok(match key {
            Some(path) => Self { identity: Identity::load(path)?, fresh: false },
            None => Self { identity: Identity::generate(), fresh: true },
        })
    }

    /// Starts a node with these streams; then says so if the identity is a fresh one. It dials nobody
    /// by itself: whoever wants to hear of that has to subscribe first.
    async fn start(
        self,
        streams: &[String],
        book: Option<&Path>,
        output: &Output,
    ) -> Result<Node, Failure> {
        let mut builder = Node::builder(self.identity);
        if let Some(path) = book {
            builder = builder.address_book(path).auto_connect(false);
        }
        for name in streams {
            builder = builder.stream(name, StreamConfig::default())?;
        }
        let node = builder.start().await?;
        if self.fresh {
            let peer = node.peer_id().to_string();
            let told = Identified { peer, fresh: true, ..Identified::default() };
            output.print(Event::Identity(told)).await;
        }
        Ok(node)
    }
}

/// The largest message that the streams of this program carry.
fn largest_message() -> usize {
    StreamConfig::default().max_message_size
}

//! What the user types in an interactive session.

use std::time::Duration;

use glueberry_core::{ErrorCode, Node, PeerId, StreamName};
use tokio::time::timeout;

use super::input::{Line, lines, too_large};
use crate::event::Event;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::help;
use crate::output::Output;

/// Takes lines and carries them out. A line that fails is told, and the session goes on; the exit
/// status remembers the first message that could not be sent.
pub(super) struct Prompt {
    node: Node,
    peer: PeerId,
    output: Output,
    streams: Vec<StreamName>,
    current: StreamName,
    unsent: Option<ErrorCode>,
    /// Lines wait for a peer that is away.
    holds_lines: bool,
}

/// What a line means.
#[derive(Debug, PartialEq, Eq)]
enum Wish<'a> {
    Say(&'a [u8]),
    Switch(&'a str),
    WhichStream,
    Help,
    Quit,
    Unknown(String),
}

impl<'a> Wish<'a> {
    fn parse(line: &'a [u8]) -> Self {
        let Some(after_slash) = line.strip_prefix(b"/") else { return Self::Say(line) };
        if after_slash.starts_with(b"/") {
            return Self::Say(after_slash);
        }
        let Ok(command) = str::from_utf8(line) else {
            return Self::Unknown(String::from_utf8_lossy(line).into_owned());
        };
        let mut words = command.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("/stream"), Some(name), None) => Self::Switch(name),
            (Some("/stream"), None, None) => Self::WhichStream,
            (Some("/help"), None, None) => Self::Help,
            (Some("/quit"), None, None) => Self::Quit,
            _ => Self::Unknown(command.to_owned()),
        }
    }
}

impl Prompt {
    pub(super) fn new(
        node: Node,
        peer: PeerId,
        streams: &[String],
        output: Output,
    ) -> Result<Self, Failure> {
        let unnamed = |_| Failure::internal("a stream without a name");
        let streams: Vec<StreamName> =
            streams.iter().map(|name| name.parse()).collect::<Result<_, _>>().map_err(unnamed)?;
        let current = streams.first().ok_or_else(|| Failure::usage("no stream was named"))?.clone();
        Ok(Self { node, peer, output, streams, current, unsent: None, holds_lines: false })
    }

    /// Whether a line that is typed while the peer is away waits until it is back.
    pub(super) fn holding_lines(mut self, holds: bool) -> Self {
        self.holds_lines = holds;
        self
    }

    /// Runs until the input ends, and all that was typed has left; or until the session ends.
    pub(super) async fn run(mut self) -> Result<Outcome, Failure> {
        let mut lines = lines();
        while let Some(line) = lines.recv().await {
            match line {
                Ok(Line::Text(line)) => match Wish::parse(&line) {
                    Wish::Quit => break,
                    wish => self.carry_out(wish).await?,
                },
                Ok(Line::TooLong) => self.failed(too_large("the line")).await?,
                Err(fault) => {
                    let message = format!("cannot read standard input: {fault}");
                    return Err(Failure::usage(message));
                }
            }
        }
        self.flush().await?;
        Ok(self.unsent.map_or(Outcome::Done, Outcome::Failed))
    }

    async fn carry_out(&mut self, wish: Wish<'_>) -> Result<(), Failure> {
        match wish {
            Wish::Say(text) => self.say(text).await?,
            Wish::Switch(name) => self.switch(name).await,
            Wish::WhichStream => {
                self.output.note(format!("current stream: {}", self.current)).await;
            }
            Wish::Help => self.output.note(help::SESSION).await,
            Wish::Unknown(line) => {
                let message = format!("unknown command {line:?}; /help lists them");
                self.output.print(Event::error(&Failure::usage(message))).await;
            }
            Wish::Quit => {}
        }
        Ok(())
    }

    async fn say(&mut self, text: &[u8]) -> Result<(), Failure> {
        while let Err(error) = self.node.send(&self.peer, self.current.as_str(), text).await {
            if !(self.holds_lines && error.code() == ErrorCode::NotConnected) {
                return self.failed(error.into()).await;
            }
            self.output.note("the peer is away: the line waits until it is back".to_owned()).await;
            self.node.wait_established(&self.peer).await?;
        }
        let (peer, stream, len) = (self.peer, self.current.clone(), text.len());
        self.output.record(Event::Sent { peer, stream, len, count: 1 }).await;
        Ok(())
    }

    async fn switch(&mut self, name: &str) {
        if let Some(stream) = self.streams.iter().find(|stream| stream.as_str() == name) {
            self.current = stream.clone();
            return self.output.note(format!("current stream: {name}")).await;
        }
        let known: Vec<&str> = self.streams.iter().map(StreamName::as_str).collect();
        let message = format!("no stream {name:?} here; there are: {}", known.join(", "));
        let failure = Failure {
            hint: "Name the streams when starting, with --stream; `/stream NAME` then changes between them.",
            ..Failure::new(ErrorCode::UnknownStream, message)
        };
        self.output.print(Event::error(&failure)).await;
    }

    /// Waits until what was typed has left.
    async fn flush(&mut self) -> Result<(), Failure> {
        for stream in self.streams.clone() {
            let flushed = self.node.flush(&self.peer, stream.as_str());
            match timeout(FLUSH_BOUND, flushed).await {
                Ok(Ok(())) => {}
                // The end of its session has told what was not written.
                Ok(Err(error)) if self.holds_lines && error.code() == ErrorCode::NotConnected => {}
                Ok(Err(error)) => self.failed(error.into()).await?,
                Err(_) => {
                    let message = format!("the peer has not taken all within {FLUSH_BOUND:?}");
                    let failure = Failure::new(ErrorCode::TimedOut, message);
                    self.failed(failure.at_peer(self.peer).at_stream(stream)).await?;
                }
            }
        }
        Ok(())
    }

    /// Tells that a message was not sent. An error when no other will be either.
    async fn failed(&mut self, failure: Failure) -> Result<(), Failure> {
        if failure.code == ErrorCode::NotConnected {
            return Err(failure);
        }
        self.output.print(Event::error(&failure)).await;
        self.unsent.get_or_insert(failure.code);
        Ok(())
    }
}

/// How long a peer may take to read the last lines: as long as `send` gives it.
const FLUSH_BOUND: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_said_unless_it_begins_with_a_slash() {
        assert_eq!(Wish::parse(b"hello /help"), Wish::Say(b"hello /help"));
        assert_eq!(Wish::parse(b""), Wish::Say(b""));
        assert_eq!(Wish::parse(b"\xff\xfe"), Wish::Say(b"\xff\xfe"));
        assert_eq!(Wish::parse(b"//etc/hosts"), Wish::Say(b"/etc/hosts"));
    }

    #[test]
    fn commands_are_read_and_others_are_unknown() {
        assert_eq!(Wish::parse(b"/stream  files "), Wish::Switch("files"));
        assert_eq!(Wish::parse(b"/stream"), Wish::WhichStream);
        assert_eq!(Wish::parse(b"/help"), Wish::Help);
        assert_eq!(Wish::parse(b"/quit"), Wish::Quit);
        assert_eq!(Wish::parse(b"/hlep"), Wish::Unknown("/hlep".into()));
        assert_eq!(Wish::parse(b"/stream a b"), Wish::Unknown("/stream a b".into()));
        assert_eq!(Wish::parse(b"/\xff"), Wish::Unknown("/\u{fffd}".into()));
    }
}

//! The one way to standard output, which every command prints through.
//!
//! A thread does the writing, because a pipe that nobody reads blocks its writer, and a blocked
//! runtime would not hear Ctrl-C. The queue before it is bounded: a command that prints faster than
//! its reader reads has to wait, and with it, through back-pressure, the peers.

use std::io::{self, Write};
use std::sync::mpsc::{self as std_mpsc, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::event::Event;

/// Where commands print to. All clones are one.
#[derive(Clone)]
pub(crate) struct Output {
    json: bool,
    lines: mpsc::Sender<Line>,
    unheard: watch::Receiver<bool>,
}

/// Room for a line.
pub(crate) struct Slot<'a> {
    output: &'a Output,
    /// None once the reader has left.
    room: Option<mpsc::Permit<'a, Line>>,
}

/// The other end: the thread that writes.
pub(crate) struct Printer {
    result: std_mpsc::Receiver<io::Result<()>>,
}

/// What became of the lines.
#[derive(Debug)]
pub(crate) enum Printed {
    /// All are written, or there was no more time to wait for it.
    All,
    /// The reader of standard output left before the end.
    ReaderLeft,
    /// They cannot be written.
    Failed(io::Error),
}

/// A line, and where it goes.
enum Line {
    Out(String),
    Err(String),
}

impl Output {
    pub(crate) fn start(json: bool) -> (Self, Printer) {
        let (lines, queue) = mpsc::channel(QUEUE);
        let (tell, unheard) = watch::channel(false);
        let (report, result) = std_mpsc::channel();
        std::thread::spawn(move || {
            let result = write_all(queue);
            tell.send_replace(true);
            // Nobody waits for the result when the program has left in a hurry.
            report.send(result).unwrap_or_default();
        });
        (Self { json, lines, unheard }, Printer { result })
    }

    /// Prints an event: a line of JSON, or for people. Waits while the reader is behind; does
    /// nothing once it has left, for then the command is being stopped.
    pub(crate) async fn print(&self, event: Event) {
        if let Some(line) = self.line(&event) {
            drop(self.lines.send(line).await);
        }
    }

    /// Waits until there is room for a line. Whoever takes something from a queue in order to print
    /// it waits for this first: when the wait is cancelled, nothing has been taken.
    pub(crate) async fn slot(&self) -> Slot<'_> {
        Slot { output: self, room: self.lines.reserve().await.ok() }
    }

    /// As [`Output::print`], outside of the runtime.
    pub(crate) fn print_blocking(&self, event: &Event) {
        if let Some(line) = self.line(event) {
            drop(self.lines.blocking_send(line));
        }
    }

    /// Tells the user something that is no event: on standard output for people, on standard error
    /// beside JSON.
    pub(crate) async fn note(&self, text: impl Into<String>) {
        let line = if self.json { Line::Err(text.into()) } else { Line::Out(text.into()) };
        drop(self.lines.send(line).await);
    }

    /// Tells people how to go on; programs that read JSON know.
    pub(crate) async fn hint(&self, text: &str) {
        if !self.json {
            self.note(text).await;
        }
    }

    /// Prints an event in JSON only: people have seen what they did themselves.
    pub(crate) async fn record(&self, event: Event) {
        if self.json {
            self.print(event).await;
        }
    }

    /// Becomes true when nobody reads standard output any more.
    pub(crate) fn unheard(&self) -> watch::Receiver<bool> {
        self.unheard.clone()
    }

    fn line(&self, event: &Event) -> Option<Line> {
        if self.json {
            return Some(Line::Out(event.to_json()));
        }
        let text = event.to_text();
        match event.is_complaint() {
            _ if text.is_empty() => None,
            true => Some(Line::Err(text)),
            false => Some(Line::Out(text)),
        }
    }
}

impl Slot<'_> {
    /// Prints an event, without waiting.
    pub(crate) fn print(self, event: &Event) {
        if let (Some(room), Some(line)) = (self.room, self.output.line(event)) {
            room.send(line);
        }
    }
}

impl Printer {
    /// Waits until all is written; after a stop only for a moment, since the reader may be what
    /// stands still. Every [`Output`] must be dropped before.
    pub(crate) fn finish(self, hurried: bool) -> Printed {
        let result = if hurried {
            match self.result.recv_timeout(MOMENT) {
                Err(RecvTimeoutError::Timeout) => return Printed::All,
                result => result.ok(),
            }
        } else {
            self.result.recv().ok()
        };
        match result.unwrap_or_else(|| Err(io::Error::other("the printer panicked"))) {
            Ok(()) => Printed::All,
            Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Printed::ReaderLeft,
            Err(fault) => Printed::Failed(fault),
        }
    }
}

/// Each line is flushed, so that a reader sees it when it happens.
fn write_all(mut queue: mpsc::Receiver<Line>) -> io::Result<()> {
    while let Some(line) = queue.blocking_recv() {
        match line {
            Line::Out(text) => {
                let mut out = io::stdout().lock();
                writeln!(out, "{text}")?;
                out.flush()?;
            }
            // Without a standard error there is nobody to tell.
            Line::Err(text) => writeln!(io::stderr(), "{text}").unwrap_or_default(),
        }
    }
    Ok(())
}

/// Lines that wait to be written: enough to keep the writer busy, and at the message limit no more
/// than some 20 MiB.
const QUEUE: usize = 16;
/// A reader that reads at all has read the last lines by then.
const MOMENT: Duration = Duration::from_secs(1);

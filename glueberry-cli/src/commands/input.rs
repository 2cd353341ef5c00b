//! What comes in from the user: a message, or lines.
//!
//! Reading blocks, and a read of standard input cannot be cancelled: it is done by threads that end
//! with the process.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use glueberry_core::ErrorCode;
use tokio::sync::{mpsc, oneshot};

use super::largest_message;
use crate::args::Send;
use crate::failure::Failure;

/// Where the message of `send` comes from.
#[derive(Debug)]
pub(super) enum Source {
    Text(String),
    File(PathBuf),
    StandardInput,
}

impl Source {
    pub(super) fn of(args: &Send) -> Self {
        match (&args.data, &args.file) {
            (Some(text), _) => Self::Text(text.clone()),
            (None, Some(path)) => Self::File(path.clone()),
            (None, None) => Self::StandardInput,
        }
    }

    fn read(self, most: u64) -> io::Result<Vec<u8>> {
        let mut message = Vec::new();
        match self {
            Self::Text(text) => message = text.into_bytes(),
            Self::File(path) => drop(File::open(path)?.take(most).read_to_end(&mut message)?),
            Self::StandardInput => drop(io::stdin().take(most).read_to_end(&mut message)?),
        }
        Ok(message)
    }

    fn name(&self) -> String {
        match self {
            Self::Text(_) => "--data".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::StandardInput => "standard input".to_owned(),
        }
    }
}

/// Reads a whole message; no more of it than shows that it is too large.
pub(super) async fn read_message(source: Source) -> Result<Vec<u8>, Failure> {
    let (name, largest) = (source.name(), largest_message());
    let (reply, message) = oneshot::channel();
    std::thread::spawn(move || {
        // Nobody waits any more when the time is over.
        reply.send(source.read(largest as u64 + 1)).unwrap_or_default();
    });
    let message = message
        .await
        .map_err(|_| Failure::internal("the reader panicked"))?
        .map_err(|fault| Failure::usage(format!("cannot read {name}: {fault}")))?;
    if message.len() > largest {
        return Err(too_large(&name));
    }
    Ok(message)
}

/// A line of standard input, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Text(Vec<u8>),
    /// Longer than a message may be; it was skipped.
    TooLong,
}

/// The lines of standard input, until its end. Few wait at a time: who pipes a file in is held back
/// by the peer's speed.
pub(super) fn lines() -> mpsc::Receiver<io::Result<Line>> {
    let (sender, receiver) = mpsc::channel(LINES);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(line) = next_line(&mut input, largest_message()).transpose() {
            let failed = line.is_err();
            if sender.blocking_send(line).is_err() || failed {
                return;
            }
        }
    });
    receiver
}

fn next_line(input: &mut impl BufRead, most: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() && line.is_empty() && !too_long {
            return Ok(None);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let piece = &available[..end.unwrap_or(available.len())];
        // One byte more, for the '\r' of a line that ends in "\r\n".
        too_long |= line.len() + piece.len() > most + 1;
        if !too_long {
            line.extend_from_slice(piece);
        }
        let at_end = end.is_some() || available.is_empty();
        let consumed = piece.len() + usize::from(end.is_some());
        input.consume(consumed);
        if at_end {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    too_long |= line.len() > most;
    Ok(Some(if too_long { Line::TooLong } else { Line::Text(line) }))
}

pub(super) fn too_large(what: &str) -> Failure {
    let largest = largest_message();
    let message = format!("{what} is too large: a message has up to {largest} bytes");
    Failure::new(ErrorCode::MessageTooLarge, message)
}

/// Lines that wait to be sent; each has up to the message limit.
const LINES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(input: &[u8], most: usize) -> Vec<Line> {
        // A small buffer, so that lines come in pieces.
        let mut input = io::BufReader::with_capacity(3, input);
        std::iter::from_fn(|| next_line(&mut input, most).unwrap()).collect()
    }

    fn text(line: &str) -> Line {
        Line::Text(line.as_bytes().to_vec())
    }

    #[test]
    fn lines_come_without_their_ends() {
        let lines = lines_of(b"one\ntwo and more\r\n\nlast", 100);
        assert_eq!(lines, [text("one"), text("two and more"), text(""), text("last")]);
        assert_eq!(lines_of(b"", 100), []);
        assert_eq!(lines_of(b"\n", 100), [text("")]);
    }

    #[test]
    fn a_line_above_the_limit_is_skipped_and_the_next_is_whole() {
        let lines = lines_of(b"12345678\n12345\r\n123456\n12345", 5);
        assert_eq!(lines, [Line::TooLong, text("12345"), Line::TooLong, text("12345")]);
    }
}

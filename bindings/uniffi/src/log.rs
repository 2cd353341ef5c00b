//! The log of the process, for one function of the program.

use glueberry_core::ErrorCode;
use glueberry_core::embed::fault;
use glueberry_core::embed::logs::{self, Level, Record};

use crate::fault::{Told, guard};
use crate::records::milliseconds;

/// One line of the log.
#[derive(uniffi::Record)]
pub struct LogLine {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: String,
    /// The part of the library it comes from.
    pub target: String,
    /// What it says, with its fields behind it.
    pub text: String,
}

/// Where lines go. It is called on a thread of its own, one call at a time.
#[uniffi::export(callback_interface)]
pub trait LogSink: Send {
    /// Takes a line. What it throws goes nowhere: it has to catch.
    fn take(&self, line: LogLine);
}

/// Hands lines of this level and graver to `sink`, in the place of the one before.
#[uniffi::export]
pub fn start_log(level: String, sink: Box<dyn LogSink>) -> Told<()> {
    guard(|| {
        let level = level.parse::<Level>().map_err(|_| {
            let message = format!("level is {level:?}: use error, warn, info, debug or trace");
            fault(ErrorCode::InvalidArgument, message)
        })?;
        logs::collect(Some(level), move |record| sink.take(line(record)))
    })
}

/// Takes the sink back, once it has had the lines that were written by now, or after so long.
#[uniffi::export]
pub fn stop_log(within_ms: i64) -> Told<()> {
    guard(|| {
        logs::flush(std::time::Duration::from_millis(within_ms.try_into().unwrap_or(0)));
        logs::stop();
        Ok(())
    })
}

fn line(record: &Record) -> LogLine {
    LogLine {
        at_ms: milliseconds(record.at),
        level: record.level.as_str().to_owned(),
        target: record.target.clone(),
        text: record.message.clone(),
    }
}

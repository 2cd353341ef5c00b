//! The log, for a thread of Python that waits for it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use glueberry_core::embed::logs::{self, Level, Record};
use parking_lot::Mutex;
use pyo3::prelude::*;

use crate::guard::{detached_entry, entry};

/// A line: how grave it is by the numbers of `logging`, where it comes from, what it says, and when.
type Line = (u8, String, String, SystemTime);

/// Collects lines of this level and graver, by the numbers of `logging`, from now on.
#[pyfunction]
pub(crate) fn log_start(py: Python<'_>, level: u8) -> PyResult<()> {
    entry(py, || {
        let lines = sender();
        // A reader that is gone wants no more lines.
        logs::collect(level_of(level), move |record| drop(lines.send(line(record))))
    })
}

/// Blocks until the next line comes; None at the end. For one thread.
#[pyfunction]
pub(crate) fn log_next(py: Python<'_>) -> PyResult<Option<Line>> {
    detached_entry(py, || {
        let lines = RECEIVER.lock();
        Ok(lines.as_ref().and_then(|lines| lines.recv().ok()))
    })
}

/// Ends the log. Waits for so many seconds at most until the lines that were written are handed over.
#[pyfunction]
pub(crate) fn log_stop(py: Python<'_>, seconds: f64) -> PyResult<()> {
    detached_entry(py, || {
        logs::flush(Duration::try_from_secs_f64(seconds).unwrap_or_default());
        *SENDER.lock() = None;
        logs::stop();
        Ok(())
    })
}

fn sender() -> SyncSender<Line> {
    let mut sender = SENDER.lock();
    let known = sender.get_or_insert_with(|| {
        let (sender, receiver) = sync_channel(WAITING);
        *RECEIVER.lock() = Some(receiver);
        sender
    });
    known.clone()
}

static SENDER: Mutex<Option<SyncSender<Line>>> = Mutex::new(None);
/// Locked by the thread that reads the log, all the time.
static RECEIVER: Mutex<Option<Receiver<Line>>> = Mutex::new(None);

/// More wait, and are counted, in the library.
const WAITING: usize = 16;

fn line(record: &Record) -> Line {
    (number(record.level), record.target.clone(), record.message.clone(), record.at)
}

fn number(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => 30,
        Level::INFO => 20,
        Level::DEBUG => 10,
        Level::TRACE => 5,
    }
}

fn level_of(number: u8) -> Option<Level> {
    match number {
        0..=9 => Some(Level::TRACE),
        10..=19 => Some(Level::DEBUG),
        20..=29 => Some(Level::INFO),
        30..=39 => Some(Level::WARN),
        40..=49 => Some(Level::ERROR),
        _ => None,
    }
}

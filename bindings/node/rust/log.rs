//! The log of the process, for one function of JavaScript.

use std::collections::VecDeque;
use std::sync::Arc;

use glueberry_core::embed::fault;
use glueberry_core::embed::logs::{self, Level, Record};
use glueberry_core::{ErrorCode, Result};
use napi_derive::napi;
use parking_lot::{Condvar, Mutex};
use serde_json::{Value as Json, json};

use crate::guard::guard;
use crate::json::milliseconds;
use crate::tasks::{Bell, Tasks};

/// The lines of the log that wait for JavaScript, from one `start` until the next one in this
/// process.
#[napi]
pub struct NativeLog {
    lines: Arc<Lines>,
    generation: u64,
}

#[napi]
impl NativeLog {
    /// Begins to collect lines of this level and graver: `error`, `warn`, `info`, `debug` or
    /// `trace`. Whoever collected before does not any more.
    #[napi(factory)]
    pub fn start(tasks: &Tasks, level: String) -> napi::Result<Self> {
        guard(|| {
            let level = level_of(&level)?;
            let lines = Arc::new(Lines::default());
            let sink = Sink { lines: lines.clone(), bell: tasks.shared().bell().clone() };
            let mut generation = GENERATION.lock();
            logs::collect(Some(level), move |record| sink.put(record))?;
            *generation += 1;
            Ok(Self { lines, generation: *generation })
        })
    }

    /// What came since the last time, as JSON; nothing if there is none.
    #[napi]
    pub fn take(&self) -> napi::Result<Option<String>> {
        guard(|| {
            let records = self.lines.take();
            Ok((!records.is_empty())
                .then(|| records.iter().map(told).collect::<Json>().to_string()))
        })
    }

    /// Ends it, unless somebody else collects by now.
    #[napi]
    pub fn stop(&self) -> napi::Result<()> {
        guard(|| {
            self.end();
            Ok(())
        })
    }

    fn end(&self) {
        if self.lines.end() && *GENERATION.lock() == self.generation {
            logs::stop();
        }
    }
}

impl Drop for NativeLog {
    fn drop(&mut self) {
        self.end();
    }
}

/// Counts those that collected, so that one that was replaced does not end its successor.
static GENERATION: Mutex<u64> = Mutex::new(0);

/// A line goes no further than here until JavaScript takes it. Full, it keeps the thread of the
/// log, and the core counts what it has to drop.
#[derive(Default)]
struct Lines {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    records: VecDeque<Record>,
    is_over: bool,
}

impl Lines {
    fn take(&self) -> VecDeque<Record> {
        let records = std::mem::take(&mut self.state.lock().records);
        self.changed.notify_all();
        records
    }

    /// Whether it was not over before.
    fn end(&self) -> bool {
        let was_over = std::mem::replace(&mut self.state.lock().is_over, true);
        self.changed.notify_all();
        !was_over
    }
}

/// The end of the core. It is dropped when another one takes its place.
struct Sink {
    lines: Arc<Lines>,
    bell: Arc<Bell>,
}

impl Sink {
    fn put(&self, record: &Record) {
        let mut state = self.lines.state.lock();
        while state.records.len() >= MOST_WAITING && !state.is_over {
            self.lines.changed.wait(&mut state);
        }
        if !state.is_over {
            state.records.push_back(record.clone());
            drop(state);
            self.bell.ring();
        }
    }
}

fn told(record: &Record) -> Json {
    json!({
        "at": milliseconds(record.at),
        "level": record.level.as_str().to_lowercase(),
        "target": record.target,
        "message": record.message,
    })
}

fn level_of(name: &str) -> Result<Level> {
    name.parse().map_err(|_| {
        let message = format!("level is {name:?}: use error, warn, info, debug or trace");
        fault(ErrorCode::InvalidArgument, message)
    })
}

/// Some 50 KiB; the core holds 1,024 more.
const MOST_WAITING: usize = 256;

//! The log of a process, handed to one function on a thread of its own.
//!
//! Lines are written by threads that may hold locks, so they wait in a bounded queue: what the
//! function does cannot stop a node, and may use it.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::{Condvar, Mutex};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record as Values};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

use super::runtime::block_sigpipe;
use super::{dispatcher, fork};
use crate::error::{Error, ErrorCode, Result};

pub use tracing::Level;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// By the wall clock of this machine.
    pub at: SystemTime,
    /// How grave it is.
    pub level: Level,
    /// The part of the library it comes from.
    pub target: String,
    /// What it says, with its fields behind it.
    pub message: String,
}

type Sink = Box<dyn FnMut(&Record) + Send>;

/// Hands lines of this level and graver to `sink`, in the place of the one before; `None`: none. Of
/// other libraries only warnings and errors. The sink is called on a thread of its own, one call at
/// a time, and dropped there after its last call.
///
/// # Errors
/// [`ErrorCode::WrongState`] in a process whose log is collected already; [`ErrorCode::Internal`]
/// without a thread; [`ErrorCode::Forked`]. The sink is then dropped here.
pub fn collect(level: Option<Level>, sink: impl FnMut(&Record) + Send + 'static) -> Result<()> {
    fork::check()?;
    let log = install()?;
    log.replace(level.map_or(LevelFilter::OFF, LevelFilter::from_level), Box::new(sink))
}

/// Takes the sink back. Never waits: a call of it may still be under way.
pub fn stop() {
    if let Some(log) = LOG.get() {
        log.end();
    }
}

/// Waits until the sink has returned from all lines that were written by now, and not longer than
/// this. False: some are left.
pub fn flush(within: Duration) -> bool {
    LOG.get().is_none_or(|log| log.flush(within))
}

/// The one collector of this process, once it is asked for.
fn install() -> Result<&'static Arc<Log>> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING.lock();
    if let Some(log) = LOG.get() {
        return Ok(log);
    }
    let log = Arc::new(Log::default());
    tracing::subscriber::set_global_default(Collector(log.clone())).map_err(|fault| {
        Error::new(ErrorCode::WrongState, "this process collects its log already").caused_by(fault)
    })?;
    Ok(LOG.get_or_init(|| log))
}

static LOG: OnceLock<Arc<Log>> = OnceLock::new();

#[derive(Default)]
struct Log {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    level: Option<LevelFilter>,
    records: VecDeque<Record>,
    lost: u64,
    /// Counts the sinks: a thread ends when its own is not the present one.
    generation: u64,
    /// Whether the present sink has a line.
    is_busy: bool,
}

impl Log {
    fn replace(self: &Arc<Self>, level: LevelFilter, sink: Sink) -> Result<()> {
        let log = self.clone();
        let thread = std::thread::Builder::new().name("glueberry-log".to_owned());
        // Held until the state says that the new thread's turn has come.
        let start = self.state.lock();
        let generation = start.generation + 1;
        let spawned = thread.spawn(move || log.serve(generation, sink));
        spawned.map_err(|fault| {
            Error::new(ErrorCode::Internal, "no thread for the log").caused_by(fault)
        })?;
        self.begin(start, Some(level), generation);
        Ok(())
    }

    fn end(&self) {
        let state = self.state.lock();
        let next = state.generation + 1;
        self.begin(state, None, next);
    }

    fn begin(
        &self,
        mut state: parking_lot::MutexGuard<'_, State>,
        level: Option<LevelFilter>,
        generation: u64,
    ) {
        *state = State { level, generation, ..State::default() };
        drop(state);
        self.changed.notify_all();
        tracing::callsite::rebuild_interest_cache();
    }

    fn serve(&self, generation: u64, mut sink: Sink) {
        dispatcher::be_here();
        block_sigpipe();
        while let Some(record) = self.next(generation) {
            sink(&record);
        }
    }

    fn next(&self, generation: u64) -> Option<Record> {
        let mut state = self.state.lock();
        loop {
            if state.generation != generation {
                return None;
            }
            let next = state.next();
            state.is_busy = next.is_some();
            if next.is_some() {
                return next;
            }
            self.changed.notify_all();
            self.changed.wait(&mut state);
        }
    }

    fn flush(&self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        let mut state = self.state.lock();
        while state.has_more() {
            if self.changed.wait_until(&mut state, deadline).timed_out() {
                return !state.has_more();
            }
        }
        true
    }

    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let Some(level) = self.state.lock().level else { return false };
        let is_ours = metadata.target().starts_with("glueberry");
        let most = if is_ours { level } else { level.min(LevelFilter::WARN) };
        *metadata.level() <= most
    }

    fn push(&self, record: Record) {
        let mut state = self.state.lock();
        if state.records.len() == MOST_RECORDS {
            state.lost += 1;
        } else {
            state.records.push_back(record);
        }
        drop(state);
        self.changed.notify_all();
    }
}

impl State {
    fn next(&mut self) -> Option<Record> {
        let told = self.records.pop_front();
        told.or_else(|| (self.lost > 0).then(|| lost(std::mem::take(&mut self.lost))))
    }

    fn has_more(&self) -> bool {
        self.is_busy || self.lost > 0 || !self.records.is_empty()
    }
}

fn lost(count: u64) -> Record {
    Record {
        at: SystemTime::now(),
        level: Level::WARN,
        target: "glueberry_core::embed::logs".to_owned(),
        message: format!("{count} lines of the log were dropped: it is read too slowly"),
    }
}

/// Spans carry no lines, and are left out.
struct Collector(Arc<Log>);

impl Subscriber for Collector {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.0.wants(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.state.lock().level.or(Some(LevelFilter::OFF))
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Values<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        self.0.push(Record {
            at: SystemTime::now(),
            level: *event.metadata().level(),
            target: event.metadata().target().to_owned(),
            message: text.message + &text.fields,
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        written.expect("a string takes everything");
    }
}

/// Some 200 KiB; who is that far behind is told what was dropped.
pub(crate) const MOST_RECORDS: usize = 1024;

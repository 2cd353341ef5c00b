//! Which streams were opened by whom.
//!
//! The library hides on purpose that a stream's name may stand for two streams, one opened by each
//! side. A test of that case has to know that it happened; libp2p's log of its negotiations says so.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry;

/// How often this process has proposed and accepted each protocol so far.
#[derive(Debug, Default)]
pub struct Negotiations {
    proposed: Mutex<BTreeMap<String, usize>>,
    accepted: Mutex<BTreeMap<String, usize>>,
}

impl Negotiations {
    /// Watches this whole process from now on.
    ///
    /// # Panics
    /// If something else subscribed to all logs of this process.
    pub fn watch() -> &'static Self {
        static WATCHED: OnceLock<Negotiations> = OnceLock::new();
        static INSTALLED: OnceLock<()> = OnceLock::new();
        let watched = WATCHED.get_or_init(Self::default);
        INSTALLED.get_or_init(|| {
            let only = Targets::new().with_target("multistream_select", LevelFilter::DEBUG);
            let subscriber = registry().with(Watcher(watched).with_filter(only));
            tracing::subscriber::set_global_default(subscriber).expect("nobody else subscribes");
        });
        watched
    }

    /// Whether the named stream was both opened from here and accepted from the peer.
    #[must_use]
    pub fn both_opened(&self, stream: &str) -> bool {
        [&self.proposed, &self.accepted].into_iter().all(|counts| count(counts, stream) > 0)
    }

    /// How often somebody in this process began to open the named stream.
    #[must_use]
    pub fn proposals(&self, stream: &str) -> usize {
        count(&self.proposed, stream)
    }
}

fn count(counts: &Mutex<BTreeMap<String, usize>>, stream: &str) -> usize {
    let protocol = format!("/glueberry/stream/{stream}/1.0.0");
    let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    counts.get(&protocol).copied().unwrap_or_default()
}

struct Watcher(&'static Negotiations);

impl<S: Subscriber> Layer<S> for Watcher {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let counts = match fields.message.as_str() {
            "Dialer: Proposed protocol" => &self.0.proposed,
            "Listener: confirming protocol" => &self.0.accepted,
            _ => return,
        };
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(fields.protocol).or_default() += 1;
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    protocol: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let into = match field.name() {
            "message" => &mut self.message,
            "protocol" => &mut self.protocol,
            _ => return,
        };
        // Writing to a string cannot fail.
        let _ = write!(into, "{value:?}");
    }
}

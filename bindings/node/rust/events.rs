//! A subscriber's events.

use std::rc::Rc;

use glueberry_core::embed::{EventQueue, Notice, samples};
use glueberry_core::{Event, EventFilter, EventName, PeerId};
use napi_derive::napi;
use serde_json::Value as Json;

use crate::guard::guard;
use crate::json;
use crate::tasks::{Outcome, Pending};

/// The events of one subscriber.
#[napi]
pub struct NativeEvents {
    queue: EventQueue,
    tasks: Rc<Pending>,
}

#[napi]
impl NativeEvents {
    /// What is there now, up to so many, as JSON; nothing if there is none.
    #[napi]
    pub fn drain(&self, most: u32) -> napi::Result<Option<String>> {
        guard(|| {
            let notices = self.queue.drain(most as usize);
            Ok((!notices.is_empty()).then(|| listed(notices.into_iter().filter_map(event_of))))
        })
    }

    /// Begins to wait until there is something, or the end.
    #[napi]
    pub fn ready(&self) -> napi::Result<u32> {
        let queue = self.queue.clone();
        guard(|| Ok(self.tasks.begin(async move { Ok(queue.ready().await) }, Outcome::Flag)))
    }

    /// Ends the subscription.
    #[napi]
    pub fn close(&self) -> napi::Result<()> {
        guard(|| {
            self.queue.close();
            Ok(())
        })
    }
}

impl NativeEvents {
    pub(crate) fn new(queue: EventQueue, tasks: Rc<Pending>) -> Self {
        Self { queue, tasks }
    }
}

/// Which events are wanted: of these peers, of these kinds by number.
pub(crate) fn filter(peers: Option<Vec<PeerId>>, kinds: Option<Vec<u32>>) -> EventFilter {
    let mut filter = EventFilter::all();
    if let Some(peers) = peers {
        filter = filter.peers(peers);
    }
    if let Some(kinds) = kinds {
        let wanted = |name: &&EventName| kinds.contains(&name.number().into());
        filter = filter.kinds(EventName::ALL.iter().filter(wanted).copied());
    }
    filter
}

/// One event of each kind, for tests.
#[napi]
#[must_use]
pub fn event_samples() -> String {
    listed(samples().into_iter())
}

fn event_of(notice: Notice) -> Option<Event> {
    match notice {
        Notice::Event(event) => Some(event),
        // There are no operations.
        Notice::Done(_) => None,
    }
}

fn listed(events: impl Iterator<Item = Event>) -> String {
    events.map(|event| json::event(&event)).collect::<Json>().to_string()
}

//! A subscriber's events, as numbers and fields.

use std::sync::Arc;

use glueberry_core::embed::{self, EventQueue, Notice, fault, fields, samples};
use glueberry_core::{ErrorCode, Event, EventFilter, EventName, PeerId, Result};

use crate::fault::{Told, guard};
use crate::records::{UnwrittenRecord, milliseconds, number, size};

/// The events of one subscriber.
#[derive(uniffi::Object)]
pub struct NativeEvents {
    queue: EventQueue,
}

/// Something that happened.
#[derive(uniffi::Record)]
pub struct EventRecord {
    /// The number of its kind.
    pub kind: i32,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its fields, in the order of the vocabulary.
    pub fields: Vec<FieldValue>,
}

/// What a field of an event holds.
#[derive(uniffi::Enum)]
pub enum FieldValue {
    /// Nothing this time.
    Absent,
    /// Yes or no.
    Flag {
        /// Which.
        value: bool,
    },
    /// A number.
    Number {
        /// Which.
        value: i64,
    },
    /// Words, the name of a stream, an address or the id of a peer.
    Text {
        /// Which.
        value: String,
    },
    /// How long, in milliseconds.
    Duration {
        /// So long.
        ms: i64,
    },
    /// When, in milliseconds since 1970.
    Time {
        /// Then.
        ms: i64,
    },
    /// What was never written, by stream.
    Unwritten {
        /// All of it.
        all: Vec<UnwrittenRecord>,
    },
    /// A word of an enumeration, or the code of an error, by its number.
    Word {
        /// Which.
        number: i32,
    },
}

#[uniffi::export]
impl NativeEvents {
    /// What is there now, up to so many.
    pub fn drain(&self, most: i32) -> Told<Vec<EventRecord>> {
        guard(|| Ok(self.queue.drain(size(most)).into_iter().filter_map(event_of).collect()))
    }

    /// Waits until `drain` gives something: true; or until the end, or `cancel_ready`: false.
    pub async fn ready(&self) -> Told<bool> {
        Ok(self.queue.ready().await)
    }

    /// Ends the wait, or else the next one.
    pub fn cancel_ready(&self) -> Told<()> {
        guard(|| {
            self.queue.cancel_ready();
            Ok(())
        })
    }

    /// Whether it has ended, and all was taken.
    pub fn is_over(&self) -> Told<bool> {
        guard(|| Ok(self.queue.is_closed()))
    }

    /// Ends the subscription.
    pub fn end(&self) -> Told<()> {
        guard(|| {
            self.queue.close();
            Ok(())
        })
    }
}

impl NativeEvents {
    pub(crate) fn new(queue: EventQueue) -> Arc<Self> {
        Arc::new(Self { queue })
    }
}

/// Which events are wanted: of these peers, of these kinds by number.
pub(crate) fn filter(peers: Option<Vec<PeerId>>, kinds: Option<Vec<i32>>) -> Result<EventFilter> {
    let mut filter = EventFilter::all();
    if let Some(peers) = peers {
        filter = filter.peers(peers);
    }
    if let Some(kinds) = kinds {
        filter = filter.kinds(kinds.into_iter().map(kind).collect::<Result<Vec<_>>>()?);
    }
    Ok(filter)
}

fn kind(number: i32) -> Result<EventName> {
    let all = EventName::ALL.iter().copied();
    all.clone().find(|kind| i32::from(kind.number()) == number).ok_or_else(|| {
        fault(ErrorCode::InvalidArgument, format!("no kind of event has the number {number}"))
    })
}

/// One event of each kind, for tests.
#[uniffi::export]
pub fn event_samples() -> Told<Vec<EventRecord>> {
    guard(|| Ok(samples().iter().map(record).collect()))
}

fn event_of(notice: Notice) -> Option<EventRecord> {
    match notice {
        Notice::Event(event) => Some(record(&event)),
        // There are no operations.
        Notice::Done(_) => None,
    }
}

fn record(event: &Event) -> EventRecord {
    EventRecord {
        kind: event.name().number().into(),
        at_ms: milliseconds(event.at),
        fields: fields(&event.kind).into_iter().map(|(_, value)| field(value)).collect(),
    }
}

fn field(value: embed::Value) -> FieldValue {
    use embed::Value;
    match value {
        Value::Absent => FieldValue::Absent,
        Value::Flag(value) => FieldValue::Flag { value },
        Value::Number(value) => FieldValue::Number { value: number(value) },
        Value::Text(value) => FieldValue::Text { value },
        Value::Peer(peer) => FieldValue::Text { value: peer.to_string() },
        Value::Stream(stream) => FieldValue::Text { value: stream.to_string() },
        Value::Address(address) => FieldValue::Text { value: address.to_string() },
        Value::Duration(time) => FieldValue::Duration { ms: number(time.as_millis()) },
        Value::Time(time) => FieldValue::Time { ms: milliseconds(time) },
        Value::Unwritten(all) => {
            FieldValue::Unwritten { all: all.iter().map(UnwrittenRecord::from).collect() }
        }
        Value::Word { number, .. } => FieldValue::Word { number: number.into() },
        Value::Code(code) => FieldValue::Word { number: code.number().into() },
    }
}

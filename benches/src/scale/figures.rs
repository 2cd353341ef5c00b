//! What is found out about a crowd.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::memory::Held;
use crate::measurement::rounded;

/// From the first of all dials, which begin at once, to the last established session.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Connected {
    pub(crate) peers: u32,
    pub(crate) all_ms: f64,
    /// From its own call to its own session, for a peer in the middle of all others.
    pub(crate) mean_ms: f64,
}

impl Connected {
    pub(super) fn new(all: Duration, each: &[Duration]) -> Self {
        let peers = u32::try_from(each.len()).expect("there are thousands at most");
        let mean = each.iter().sum::<Duration>() / peers;
        Self { peers, all_ms: milliseconds(all), mean_ms: milliseconds(mean) }
    }
}

/// Messages from the hub to all at once, from the first send to the last arrival.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) peers: u32,
    pub(crate) payload_bytes: u32,
    pub(crate) seconds: f64,
    /// All of them arrived.
    pub(crate) messages: u64,
    pub(crate) messages_per_second: f64,
    pub(crate) megabytes_per_second: f64,
    /// How much the one that got least got, and the one that got most, over the mean.
    pub(crate) slowest_peer: f64,
    pub(crate) fastest_peer: f64,
}

impl Load {
    /// `arrived`: at each peer.
    pub(super) fn new(payload_bytes: u32, elapsed: Duration, arrived: &[u64]) -> Self {
        let peers = u32::try_from(arrived.len()).expect("there are thousands at most");
        let messages: u64 = arrived.iter().sum();
        let rate = count(messages) / elapsed.as_secs_f64();
        let mean = count(messages) / f64::from(peers);
        let share = |of: Option<&u64>| rounded(count(of.copied().unwrap_or(0)) / mean, 3);
        Self {
            peers,
            payload_bytes,
            seconds: rounded(elapsed.as_secs_f64(), 4),
            messages,
            messages_per_second: rounded(rate, 1),
            megabytes_per_second: rounded(rate * f64::from(payload_bytes) / 1e6, 2),
            slowest_peer: share(arrived.iter().min()),
            fastest_peer: share(arrived.iter().max()),
        }
    }
}

/// Of which ends of the links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ends {
    /// The hub's: the leaves live in another process.
    One,
    /// Both: a link, and with it the node of the leaf.
    Both,
}

/// What a peer adds to the resident memory of the process: the growth since before the first dial,
/// divided by the peers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) peers: u32,
    pub(crate) ends: Ends,
    /// A leaf that knows nobody; where leaves are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) node_bytes: Option<f64>,
    /// The handshakes are over.
    pub(crate) established_bytes: f64,
    /// One message went each way.
    pub(crate) spoken_bytes: f64,
    /// And then nothing for a while.
    pub(crate) idle_bytes: f64,
    /// At the worst moment, under load.
    pub(crate) peak_bytes: f64,
    /// After it, idle again.
    pub(crate) after_load_bytes: f64,
    /// Of the runtime.
    pub(crate) tasks: f64,
}

/// What the process held at each step.
pub(super) struct Steps {
    pub(super) before: Held,
    pub(super) gathered: Held,
    pub(super) established: Held,
    pub(super) spoken: Held,
    pub(super) idle: Held,
    pub(super) after_load: Held,
}

impl Memory {
    pub(super) fn new(peers: u32, ends: Ends, steps: &Steps) -> Self {
        let base = steps.gathered;
        let each =
            |figure: u64, from: u64| rounded((count(figure) - count(from)) / f64::from(peers), 0);
        let of = |held: &Held| each(held.resident, base.resident);
        let node = each(base.resident, steps.before.resident);
        let tasks = (count(steps.idle.tasks) - count(base.tasks)) / f64::from(peers);
        Self {
            peers,
            ends,
            node_bytes: (ends == Ends::Both).then_some(node),
            established_bytes: of(&steps.established),
            spoken_bytes: of(&steps.spoken),
            idle_bytes: of(&steps.idle),
            peak_bytes: each(steps.after_load.peak, base.resident),
            after_load_bytes: of(&steps.after_load),
            tasks: rounded(tasks, 2),
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    rounded(time.as_secs_f64() * 1e3, 2)
}

#[expect(clippy::cast_precision_loss, reason = "figures of a benchmark are below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(resident: u64, tasks: u64) -> Held {
        Held { resident, peak: 2 * resident, tasks }
    }

    fn is(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn memory_is_what_was_added_since_the_leaves_were_there() {
        let steps = Steps {
            before: held(1000, 3),
            gathered: held(2000, 13),
            established: held(3000, 43),
            spoken: held(4000, 53),
            idle: held(3500, 53),
            after_load: held(5000, 53),
        };
        let memory = Memory::new(10, Ends::Both, &steps);
        assert_eq!(memory.node_bytes, Some(100.0));
        assert!(is(memory.established_bytes, 100.0) && is(memory.idle_bytes, 150.0));
        assert!(is(memory.peak_bytes, 800.0) && is(memory.tasks, 4.0));
        assert_eq!(Memory::new(10, Ends::One, &steps).node_bytes, None);
    }

    #[test]
    fn a_starved_peer_shows_beside_the_mean() {
        let load = Load::new(64, Duration::from_secs(2), &[100, 200, 300]);
        assert!(is(load.messages_per_second, 300.0));
        assert!(is(load.slowest_peer, 0.5) && is(load.fastest_peer, 1.5));
    }
}

//! Whether a peer that does not read slows down the others.

use std::time::Duration;

use crate::flow::Flow;
use crate::measurement::{Outcome, rounded};
use crate::options::Options;
use crate::report::Report;
use crate::subject::{Crowd, Subject};

/// What `--only` knows it by.
pub(crate) const NAME: &str = "stalled";

/// All subjects, one after the other.
pub(crate) async fn run(options: &Options, report: &mut Report) {
    let mut outcomes = Vec::new();
    for subject in Subject::wanted(NAME, options) {
        let crowd = subject.crowd(PEERS).await;
        outcomes.push((subject, measure(&crowd, options.time(), report).await));
    }
    report.add(outcomes);
}

/// With and without the stalled peer in turns, in the order of ABBA: what drifts hits both alike.
async fn measure(crowd: &Crowd, time: Duration, report: &Report) -> Outcome {
    crowd.round(PAYLOAD, time / ROUNDS, false).await;
    let (mut free, mut stalled) = (Flow::default(), Flow::default());
    for round in 0..2 * ROUNDS {
        let is_stalled = matches!(round % 4, 1 | 2);
        let flow = crowd.round(PAYLOAD, time / ROUNDS, is_stalled).await;
        let sum = if is_stalled { &mut stalled } else { &mut free };
        sum.add(&flow);
        report.progress();
    }
    Outcome::Stalled {
        payload_bytes: PAYLOAD,
        peers: PEERS,
        stalled_peers: 1,
        messages: stalled.messages,
        messages_per_second: rounded(stalled.rate(), 1),
        without_stalled_peer: rounded(free.rate(), 1),
        ratio_to_without: rounded(stalled.rate() / free.rate(), 3),
    }
}

/// One of them stalls.
const PEERS: usize = 50;
const PAYLOAD: u32 = 1024;
/// Of each kind; even, so that both kinds have the same places in the order.
const ROUNDS: u32 = 8;

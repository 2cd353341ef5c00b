//! Messages one way, as fast as they go.

use std::time::Duration;

use crate::flow::Flow;
use crate::measurement::Outcome;
use crate::options::Options;
use crate::report::Report;
use crate::subject::{Pair, Subject};

/// What the names of these measurements begin with.
pub(crate) const PREFIX: &str = "throughput/";
/// Bytes of a message.
pub(crate) const PAYLOADS: [u32; 3] = [64, 1024, 64 * 1024];

/// One row of figures for each size, side by side.
pub(crate) async fn run(options: &Options, report: &mut Report) {
    for payload in PAYLOADS {
        let subjects = Subject::wanted(&bench_name(payload), options);
        if !subjects.is_empty() {
            report.add(side_by_side(&subjects, payload, options, report).await);
        }
    }
}

/// What `--only` knows it by.
pub(crate) fn bench_name(payload: u32) -> String {
    if payload < 1024 {
        return format!("{PREFIX}{payload}B");
    }
    format!("{PREFIX}{}KiB", payload / 1024)
}

/// In turns: when the machine is slow for a while, it is so for all of them.
async fn side_by_side(
    subjects: &[Subject],
    payload: u32,
    options: &Options,
    report: &Report,
) -> Vec<(Subject, Outcome)> {
    let time = options.time();
    let mut runners = Vec::new();
    for subject in subjects {
        let mut pair = subject.connect(options).await;
        for _ in 0..WARM_UPS {
            pair.one_way(payload, time / WARM_UP_PART).await;
        }
        runners.push(Runner { subject: *subject, pair, rounds: Vec::new() });
    }
    for _ in 0..ROUNDS {
        for runner in &mut runners {
            runner.round(payload, time / ROUNDS).await;
            report.progress();
        }
    }
    let outcome = |runner: Runner| (runner.subject, Outcome::of_flows(payload, &runner.rounds));
    runners.into_iter().map(outcome).collect()
}

struct Runner {
    subject: Subject,
    pair: Pair,
    rounds: Vec<Flow>,
}

impl Runner {
    async fn round(&mut self, payload: u32, time: Duration) {
        self.rounds.push(self.pair.one_way(payload, time).await);
    }
}

/// Enough to see how much they differ.
const ROUNDS: u32 = 4;
/// The second one already knows the pace, where one is needed.
const WARM_UPS: u32 = 2;
/// Windows open and buffers grow within some tens of milliseconds.
const WARM_UP_PART: u32 = 16;

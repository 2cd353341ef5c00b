//! One message there and back, then the next.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::dial::{nanoseconds, times};
use crate::measurement::{Outcome, Quantiles};
use crate::numbered::{self, Numbered};
use crate::options::Options;
use crate::report::Report;
use crate::subject::Subject;

/// What `--only` knows it by.
pub(crate) const NAME: &str = "ping-pong/64B";

/// All subjects, in turns.
pub(crate) async fn run(options: &Options, report: &mut Report) {
    let time = options.time();
    let mut players = Vec::new();
    for subject in Subject::wanted(NAME, options) {
        let mut pair = subject.connect(options).await;
        pair.ping_pong(time / WARM_UP_PART).await;
        players.push((subject, pair, times()));
    }
    for _ in 0..ROUNDS {
        for (_, pair, all) in &mut players {
            all.add(pair.ping_pong(time / ROUNDS).await).expect("histograms of one kind");
            report.progress();
        }
    }
    let outcome = |(subject, _, all): (_, _, Histogram<u64>)| (subject, outcome(&all));
    report.add(players.into_iter().map(outcome).collect());
}

fn outcome(all: &Histogram<u64>) -> Outcome {
    let times = Quantiles::of(all);
    Outcome::PingPong { payload_bytes: PAYLOAD, messages: all.len(), times }
}

/// Who sends and receives one message at a time.
pub(crate) trait End: Send + 'static {
    /// Sends a message so that it leaves at once.
    fn send(&mut self, message: &[u8]) -> impl Future<Output = ()> + Send;
    /// Receives a message of the length of `message`.
    fn receive(&mut self, message: &mut [u8]) -> impl Future<Output = ()> + Send;
}

/// Plays for this time, and returns how long each round trip took, in nanoseconds.
pub(crate) async fn between(near: impl End, far: impl End, time: Duration) -> Histogram<u64> {
    let answering = tokio::spawn(answer(far));
    let asking = tokio::spawn(ask(near, time));
    tokio::try_join!(asking, answering).expect("all goes well").0
}

/// Asks for this time, and returns how long each answer took, in nanoseconds.
pub(crate) async fn ask(mut end: impl End, time: Duration) -> Histogram<u64> {
    let mut numbered = Numbered::new(PAYLOAD, time);
    let mut times = times();
    let mut answer = [0; PAYLOAD as usize];
    while let Some(message) = numbered.next_message() {
        let began = Instant::now();
        end.send(message).await;
        end.receive(&mut answer).await;
        times.saturating_record(nanoseconds(began.elapsed()));
        assert_eq!(answer, message, "another message came back");
    }
    times
}

/// Sends back what comes, up to the last one.
pub(crate) async fn answer(mut end: impl End) {
    let mut message = [0; PAYLOAD as usize];
    while !numbered::is_last(&message) {
        end.receive(&mut message).await;
        end.send(&message).await;
    }
}

/// Bytes of a message.
pub(crate) const PAYLOAD: u32 = 64;
/// Enough that a disturbance of the machine meets all of them.
const ROUNDS: u32 = 4;
const WARM_UP_PART: u32 = 8;

//! One line of the output.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::flow::Flow;
use crate::scale::figures::{Connected, Load, Memory};
use crate::subject::{Role, Subject};

/// What one subject did in one measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measurement {
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    pub(crate) implementation: String,
    /// What a language did, where its partner in Rust or C++ did the rest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) role: Option<Role>,
    pub(crate) transport: String,
    pub(crate) security: String,
    pub(crate) cores: u8,
    /// This over bare libp2p, in the same run: of the rate, of the median time or that of
    /// all, or of the memory of an idle peer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) ratio_to_libp2p: Option<f64>,
    /// This over the Go implementation, likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) ratio_to_go: Option<f64>,
    /// C over Rust with a runtime for each node, likewise: what crossing into C costs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) ratio_to_rust: Option<f64>,
    version: String,
}

/// The figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "bench", rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Messages one way, as fast as they go.
    Throughput {
        payload_bytes: u32,
        /// Those that arrived.
        messages: u64,
        /// Those that did not: Go drops what its application does not take in time.
        #[serde(skip_serializing_if = "is_zero", default)]
        lost: u64,
        seconds: f64,
        messages_per_second: f64,
        megabytes_per_second: f64,
        /// Messages a second in the slowest and in the fastest round: how noisy the machine was.
        slowest_round: f64,
        fastest_round: f64,
    },
    /// One message there and back, then the next.
    PingPong {
        payload_bytes: u32,
        messages: u64,
        #[serde(flatten)]
        times: Quantiles,
    },
    /// Messages to all of many peers but those that do not read.
    Stalled {
        payload_bytes: u32,
        peers: usize,
        stalled_peers: usize,
        messages: u64,
        /// To all who read, together.
        messages_per_second: f64,
        /// The same while nobody is stalled, in turns with the other.
        without_stalled_peer: f64,
        ratio_to_without: f64,
    },
    /// From the call to the established session.
    Dial {
        dials: u64,
        #[serde(flatten)]
        times: Quantiles,
    },
    /// Many peers that connect at once.
    ScaleConnect(Connected),
    /// From one to many at once.
    ScaleThroughput(Load),
    /// What one of many peers costs.
    ScaleMemory(Memory),
}

/// Times in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    #[serde(rename = "p50_us")]
    pub(crate) p50: f64,
    #[serde(rename = "p90_us")]
    pub(crate) p90: f64,
    #[serde(rename = "p99_us")]
    pub(crate) p99: f64,
}

impl Measurement {
    pub(crate) fn new(subject: Subject, cores: u8, outcome: Outcome) -> Self {
        Self {
            outcome,
            implementation: subject.implementation().to_owned(),
            role: subject.role(),
            transport: subject.transport().to_owned(),
            security: subject.security().to_owned(),
            cores,
            ratio_to_libp2p: None,
            ratio_to_go: None,
            ratio_to_rust: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The figure that ratios are made of.
    pub(crate) fn key_figure(&self) -> f64 {
        match &self.outcome {
            Outcome::Throughput { messages_per_second, .. }
            | Outcome::Stalled { messages_per_second, .. } => *messages_per_second,
            Outcome::PingPong { times, .. } | Outcome::Dial { times, .. } => times.p50,
            Outcome::ScaleConnect(connected) => connected.all_ms,
            Outcome::ScaleThroughput(load) => load.messages_per_second,
            Outcome::ScaleMemory(memory) => memory.idle_bytes,
        }
    }
}

impl Outcome {
    /// Sums up rounds. The rate is that of all rounds together.
    pub(crate) fn of_flows(payload_bytes: u32, rounds: &[Flow]) -> Self {
        let mut whole = Flow::default();
        for round in rounds {
            whole.add(round);
        }
        let rates = rounds.iter().map(Flow::rate);
        Self::Throughput {
            payload_bytes,
            messages: whole.messages,
            lost: whole.lost,
            seconds: rounded(whole.elapsed.as_secs_f64(), 4),
            messages_per_second: rounded(whole.rate(), 1),
            megabytes_per_second: rounded(whole.rate() * f64::from(payload_bytes) / 1e6, 2),
            slowest_round: rounded(rates.clone().fold(f64::INFINITY, f64::min), 1),
            fastest_round: rounded(rates.fold(0.0, f64::max), 1),
        }
    }
}

impl Quantiles {
    /// Of a histogram of nanoseconds.
    pub(crate) fn of(times: &Histogram<u64>) -> Self {
        let at = |quantile| {
            let time = Duration::from_nanos(times.value_at_quantile(quantile));
            rounded(time.as_secs_f64() * 1e6, 2)
        };
        Self { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
    }
}

pub(crate) fn rounded(figure: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (figure * scale).round() / scale
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_survives_its_own_json() {
        let flow = Flow { messages: 500, lost: 3, elapsed: Duration::from_millis(250) };
        let outcome = Outcome::of_flows(64, &[flow, flow]);
        let measurement = Measurement::new(Subject::Quic, 2, outcome);
        let line = serde_json::to_string(&measurement).unwrap();
        assert_eq!(serde_json::from_str::<Measurement>(&line).unwrap(), measurement);
        assert!(line.starts_with(r#"{"bench":"throughput""#), "{line}");
        assert!((measurement.key_figure() - 2000.0).abs() < 0.1, "{line}");
    }
}

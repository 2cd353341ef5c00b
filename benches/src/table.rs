//! What was measured, for people.

use std::fmt::Write;

use crate::measurement::{Measurement, Outcome};
use crate::scale::figures::Ends;
use crate::subject::Role;

/// One line for each measurement, those of one bench together.
pub(crate) fn draw(measured: &[Measurement]) -> String {
    let mut table = String::new();
    for bench in benches(measured) {
        let rows: Vec<_> = measured.iter().filter(|row| heading(&row.outcome) == bench).collect();
        writeln!(table, "\n{bench:<72}{:>11}{:>8}{:>8}", "× libp2p", "× Go", "× Rust")
            .expect("text grows");
        for row in rows {
            writeln!(table, "{}", line(row)).expect("text grows");
        }
    }
    table
}

/// In the order of the first run.
fn benches(measured: &[Measurement]) -> Vec<String> {
    let mut headings: Vec<String> = Vec::new();
    for heading in measured.iter().map(|row| heading(&row.outcome)) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    headings
}

fn heading(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Throughput { payload_bytes, .. } => format!("one way, {payload_bytes} B"),
        Outcome::PingPong { payload_bytes, .. } => format!("ping-pong, {payload_bytes} B"),
        Outcome::Dial { .. } => "dial to established".to_owned(),
        Outcome::Stalled { payload_bytes, peers, .. } => {
            format!("1 of {peers} peers stalled, {payload_bytes} B")
        }
        Outcome::ScaleConnect(connected) => {
            format!("{} peers at once, all established (mean)", connected.peers)
        }
        Outcome::ScaleThroughput(load) => {
            format!("to {} peers at once, {} B", load.peers, load.payload_bytes)
        }
        Outcome::ScaleMemory(memory) => {
            let ends = if memory.ends == Ends::One { "one end" } else { "both ends" };
            format!("KiB for each of {} peers, {ends}: idle (peak)", memory.peers)
        }
    }
}

fn line(row: &Measurement) -> String {
    let cores = if row.cores == 1 { "1 core" } else { "2 cores" };
    let role = match row.role {
        Some(Role::Receives) => " receives",
        Some(Role::Sends) => " sends",
        None => "",
    };
    let who = format!("{}{role} {}/{}", row.implementation, row.transport, row.security);
    let ratio = |of: Option<f64>| of.map_or_else(|| "-".to_owned(), |of| format!("{of:.2}"));
    let (libp2p, go) = (ratio(row.ratio_to_libp2p), ratio(row.ratio_to_go));
    let rust = ratio(row.ratio_to_rust);
    format!("  {cores:<8} {who:<35}{:>26}{libp2p:>11}{go:>8}{rust:>8}", figures(&row.outcome))
}

fn figures(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Throughput { messages_per_second, megabytes_per_second, .. } => {
            format!("{messages_per_second:>10.0}/s {megabytes_per_second:>7.1} MB/s")
        }
        Outcome::Stalled { messages_per_second, ratio_to_without, .. } => {
            format!("{messages_per_second:>10.0}/s {:>7.1} %    ", ratio_to_without * 100.0)
        }
        Outcome::PingPong { times, .. } | Outcome::Dial { times, .. } => {
            format!("{:.1} / {:.1} / {:.1} µs", times.p50, times.p90, times.p99)
        }
        Outcome::ScaleConnect(connected) => {
            format!("{:.0} ms ({:.0} ms)", connected.all_ms, connected.mean_ms)
        }
        Outcome::ScaleThroughput(load) => {
            format!("{:>10.0}/s {:>7.1} MB/s", load.messages_per_second, load.megabytes_per_second)
        }
        Outcome::ScaleMemory(memory) => {
            format!("{:.1} ({:.1})", memory.idle_bytes / KIB, memory.peak_bytes / KIB)
        }
    }
}

const KIB: f64 = 1024.0;

//! The macro benchmark: how many messages a second, how long a round trip, how long from a dial to
//! an established session, whether a peer that does not read slows down others, and what many peers
//! cost; beside bare libp2p, the C library, other languages, `ZeroMQ` and the Go implementation, in one
//! run.
//!
//! JSON lines go to standard output, one for each measurement, and a table for people to standard
//! error. Absolute figures move with the machine: compare the ratios. Each setting of cores runs in
//! a process of its own, pinned to them, with both ends inside it.

mod catalog;
mod coordinator;
mod cores;
mod dial;
mod flow;
mod machine;
mod measurement;
mod numbered;
mod options;
mod ping_pong;
mod report;
mod scale;
mod stalled;
mod subject;
mod table;
mod throughput;
mod watchdog;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use options::Options;
use report::Report;

fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        return list();
    }
    if let Some(part) = options.part {
        return on_workers(part.cores(), part.play());
    }
    match options.setting() {
        None => coordinator::run(&options),
        Some(cores) => measure(options, cores),
    }
}

/// Prints the names that `--only` chooses from.
fn list() -> ExitCode {
    let mut out = std::io::stdout().lock();
    // Who reads only the first ones has closed the pipe.
    catalog::names().take_while(|name| writeln!(out, "{name}").is_ok()).for_each(drop);
    ExitCode::SUCCESS
}

/// Measures in this process, on the cores that it was given.
fn measure(options: Options, cores: u8) -> ExitCode {
    on_workers(cores, async move {
        let mut report = Report::new(cores);
        throughput::run(&options, &mut report).await;
        ping_pong::run(&options, &mut report).await;
        dial::run(&options, &mut report).await;
        stalled::run(&options, &mut report).await;
        scale::run(&options, &mut report).await;
    })
}

/// Runs on a worker: from the main thread every wake-up would cross threads.
fn on_workers(cores: u8, everything: impl Future<Output = ()> + Send + 'static) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.into())
        .enable_all()
        .build()
        .expect("a runtime starts");
    let outcome = runtime.block_on(async { tokio::spawn(everything).await });
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

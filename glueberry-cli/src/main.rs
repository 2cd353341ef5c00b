//! Glueberry at the command line: keys, a listener, an interactive session, one message.
//!
//! Standard output carries what was asked for, and with `--json` one JSON object a line; standard
//! error carries logs, and without `--json` the errors. Every failure is told once, here, and its
//! code decides the exit status.

mod args;
mod commands;
mod event;
mod exit;
mod failure;
mod help;
mod logs;
mod output;
mod stop;
mod table;
mod text;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::Parser;

use args::Args;
use event::Event;
use exit::Outcome;
use failure::Failure;
use output::{Output, Printed};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(refusal) => return refuse(&refusal),
    };
    let (output, printer) = Output::start(args.json);
    let (stopped, code) = match run(args, &output) {
        Ok(outcome) => (outcome.is_cut_short(), outcome.exit_code()),
        Err(failure) => {
            output.print_blocking(&Event::error(&failure));
            (false, exit::code_of(failure.code))
        }
    };
    drop(output);
    match printer.finish(stopped) {
        Printed::All => code,
        Printed::ReaderLeft if stopped => code,
        Printed::ReaderLeft => exit::OTHER.into(),
        Printed::Failed(fault) => {
            text::complain(&format!("cannot write to standard output: {fault}"));
            exit::OTHER.into()
        }
    }
}

fn run(args: Args, output: &Output) -> Result<Outcome, Failure> {
    logs::start(args.log.as_deref())?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|fault| Failure::internal(format!("cannot start the runtime: {fault}")))?;
    let outcome = runtime.block_on(commands::run(args.command, output.clone()));
    // A resolver or a read that still waits must not hold up the exit.
    runtime.shutdown_background();
    outcome
}

/// Answers arguments that are no command: with help if that was asked for, else with one error.
fn refuse(refusal: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|arg| arg == OsStr::new("--json"));
    if !refusal.use_stderr() || !wants_json {
        // Neither help nor a complaint has anywhere else to go when its stream is closed.
        drop(refusal.print());
    } else {
        let (output, printer) = Output::start(true);
        output.print_blocking(&Event::error(&Failure::from(refusal)));
        drop(output);
        printer.finish(false);
    }
    if refusal.use_stderr() { exit::USAGE.into() } else { ExitCode::SUCCESS }
}

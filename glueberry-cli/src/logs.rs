//! Logs go to standard error, so that standard output carries only what was asked for.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// `--log` wins over `RUST_LOG`, which wins over the default: warnings.
///
/// # Errors
/// When a filter cannot be read.
pub(crate) fn start(filter: Option<&str>) -> Result<(), Failure> {
    let (origin, directives) = match (filter, std::env::var("RUST_LOG")) {
        (Some(given), _) => ("--log", given.to_owned()),
        (None, Ok(given)) if !given.is_empty() => ("RUST_LOG", given),
        _ => ("the default", DEFAULT.to_owned()),
    };
    let filter = EnvFilter::try_new(&directives).map_err(|fault| {
        Failure::usage(format!("{origin} is {directives:?}, which is no filter: {fault}"))
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .log_internal_errors(false)
        .init();
    Ok(())
}

/// Warnings, but not those that are events too: the commands tell them themselves.
const DEFAULT: &str = "warn,glueberry_core::events=error";

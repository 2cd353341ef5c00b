//! What is measured, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::scale::Part;
use crate::subject::Language;

/// Measures throughput, round trips, connection time and what many peers cost. JSON lines go to
/// standard output, a table to standard error.
#[derive(Clone, Debug, Parser)]
#[command(name = "macro", version)]
pub(crate) struct Options {
    /// Measure only what has one of these in its name, such as `throughput/64B` or `quic`
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) only: Vec<String>,

    /// Short measurements, less steady: the whole run takes under half a minute
    #[arg(long)]
    pub(crate) quick: bool,

    /// How long each measurement takes [default: 2, with --quick 0.3]
    #[arg(long, value_name = "N", value_parser = parse_seconds)]
    seconds: Option<Duration>,

    /// Measure only on so many cores
    #[arg(long, value_name = "1|2", overrides_with = "cores",
        value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) cores: Option<u8>,

    /// List the names of all measurements
    #[arg(long)]
    pub(crate) list: bool,

    /// Measure in this process, on the cores that it was given
    #[arg(long, hide = true, requires = "cores")]
    pub(crate) here: bool,

    /// Where the Go peer is; without it, Go is left out
    #[arg(long, hide = true, value_name = "FILE", requires = "here")]
    pub(crate) go_peer: Option<PathBuf>,

    /// Where the C program is; without it, C is left out
    #[arg(long, hide = true, value_name = "FILE", requires = "here")]
    pub(crate) c_program: Option<PathBuf>,

    /// Where the programs of the languages find what they need; without it, languages are left out
    #[arg(long, hide = true, value_name = "FOLDER", requires = "here")]
    pub(crate) languages: Option<PathBuf>,

    /// A language that was made ready
    #[arg(long, hide = true, value_name = "NAME", requires = "languages")]
    with: Vec<String>,

    /// Be one process of a crowd
    #[arg(long, hide = true, value_name = "JSON", value_parser = Part::parse)]
    pub(crate) part: Option<Part>,
}

impl Options {
    /// The cores of this process, if it is the one that measures.
    pub(crate) fn setting(&self) -> Option<u8> {
        self.cores.filter(|_| self.here)
    }

    /// How long each measurement takes, its warm-up apart.
    pub(crate) fn time(&self) -> Duration {
        self.seconds.unwrap_or(if self.quick { QUICK } else { USUAL })
    }

    /// Whether the programs of this language can run.
    pub(crate) fn has(&self, language: Language) -> bool {
        self.with.iter().any(|name| name == language.implementation())
    }

    /// Whether `name` was asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|fault| fault.to_string())?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|fault| fault.to_string())?;
    if (SHORTEST..=LONGEST).contains(&time) {
        return Ok(time);
    }
    Err(format!("use {} to {} seconds", SHORTEST.as_secs_f64(), LONGEST.as_secs_f64()))
}

/// Long enough that two runs on a quiet machine differ by a few per cent, and short enough that the
/// whole takes under ten minutes, more than half of it for many peers.
const USUAL: Duration = Duration::from_secs(2);
/// A smoke test with figures.
const QUICK: Duration = Duration::from_millis(300);
/// Below it a round is over before the send buffer is full.
const SHORTEST: Duration = Duration::from_millis(50);
/// Well below the watchdog's patience.
const LONGEST: Duration = Duration::from_mins(1);

//! From a dial to an established session.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::measurement::{Outcome, Quantiles};
use crate::options::Options;
use crate::report::Report;
use crate::subject::Subject;

/// What `--only` knows it by.
pub(crate) const NAME: &str = "dial";

/// All subjects, one after the other.
pub(crate) async fn run(options: &Options, report: &mut Report) {
    let mut outcomes = Vec::new();
    for subject in Subject::wanted(NAME, options) {
        subject.dial(WARM_UP, options).await;
        let times = Quantiles::of(&subject.dial(DIALS, options).await);
        outcomes.push((subject, Outcome::Dial { dials: DIALS as u64, times }));
        report.progress();
    }
    report.add(outcomes);
}

/// A histogram of nanoseconds, to three digits.
pub(crate) fn times() -> Histogram<u64> {
    Histogram::new_with_max(LONGEST, 3).expect("bounds that histograms allow")
}

pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A minute, in nanoseconds: whatever takes longer counts as so long.
const LONGEST: u64 = 60_000_000_000;
/// Enough for a median and a 90th percentile; the 99th is the second-slowest.
const DIALS: usize = 100;
/// The first dials find everything cold.
const WARM_UP: usize = 5;

//! Everything that can be measured.

use crate::subject::Subject;
use crate::{dial, ping_pong, scale, stalled, throughput};

/// The names of all measurements.
pub(crate) fn names() -> impl Iterator<Item = String> {
    Subject::ALL.into_iter().flat_map(names_of)
}

/// The names of the measurements of one subject.
pub(crate) fn names_of(subject: Subject) -> impl Iterator<Item = String> {
    benches()
        .filter(move |bench| subject.takes_part(bench))
        .map(move |bench| subject.name_in(&bench))
}

fn benches() -> impl Iterator<Item = String> {
    let others = [ping_pong::NAME, dial::NAME, stalled::NAME].into_iter().map(str::to_owned);
    let crowds = scale::CROWDS.into_iter().map(scale::bench_name);
    throughput::PAYLOADS.into_iter().map(throughput::bench_name).chain(others).chain(crowds)
}

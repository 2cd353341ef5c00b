//! What was measured, as JSON lines.

use serde::Serialize;

use crate::measurement::{Measurement, Outcome, rounded};
use crate::subject::Subject;
use crate::watchdog::Watchdog;

/// Where measurements go.
pub(crate) struct Report {
    cores: u8,
    watchdog: Watchdog,
}

impl Report {
    pub(crate) fn new(cores: u8) -> Self {
        Self { cores, watchdog: Watchdog::start() }
    }

    pub(crate) fn cores(&self) -> u8 {
        self.cores
    }

    /// Prints what was measured side by side, with the ratios between them.
    pub(crate) fn add(&self, outcomes: Vec<(Subject, Outcome)>) {
        let mut measured: Vec<(Subject, Measurement)> = outcomes
            .into_iter()
            .map(|(subject, outcome)| (subject, Measurement::new(subject, self.cores, outcome)))
            .collect();
        let figure = |of| {
            let found = measured.iter().find(|(subject, _)| *subject == of);
            found.map(|(_, measurement)| measurement.key_figure())
        };
        let (libp2p, go) = (figure(Subject::Libp2p), figure(Subject::Go));
        let apart = figure(Subject::Apart);
        for (subject, measurement) in &mut measured {
            let own = measurement.key_figure();
            measurement.ratio_to_libp2p = libp2p.map(|other| rounded(own / other, 3));
            measurement.ratio_to_go = go.map(|other| rounded(own / other, 3));
            let rust = apart.filter(|_| *subject == Subject::C);
            measurement.ratio_to_rust = rust.map(|other| rounded(own / other, 3));
            print(measurement);
        }
        self.progress();
    }

    /// Something ended well: the watchdog waits anew.
    pub(crate) fn progress(&self) {
        self.watchdog.pat();
    }
}

/// Prints one line.
pub(crate) fn print(line: &impl Serialize) {
    println!("{}", serde_json::to_string(line).expect("plain data becomes JSON"));
}

/// Says, where nobody misses it, what was not measured.
pub(crate) fn leave_out(what: &str, why: &str) {
    #[derive(Serialize)]
    struct LeftOut<'a> {
        bench: &'static str,
        what: &'a str,
        why: &'a str,
    }
    print(&LeftOut { bench: "left_out", what, why });
    eprintln!("LEFT OUT: {what}: {why}");
}

//! Many peers in one process: one hub, and so many leaves that each have a link with it.
//!
//! Each figure comes from a process that has done nothing else: memory that an earlier measurement
//! gave back would be used again, and not be seen.

mod bare;
mod crowd;
pub(crate) mod figures;
mod memory;
mod ours;
mod part;
mod remote;
mod script;

use crate::measurement::Outcome;
use crate::options::Options;
use crate::report::{self, Report};
use crate::subject::Subject;
pub(crate) use part::Part;
use part::Role;
use script::Story;

/// How many leaves there are.
pub(crate) const CROWDS: [u32; 3] = [10, 100, 1000];

/// All sizes; with `--quick` only the smallest, on two cores.
pub(crate) async fn run(options: &Options, report: &mut Report) {
    for peers in CROWDS {
        let subjects = Subject::wanted(&bench_name(peers), options);
        if subjects.is_empty() {
            continue;
        }
        match hindrance(peers, report.cores(), options) {
            None => side_by_side(&subjects, peers, options, report).await,
            Some(why) => report::leave_out(&bench_name(peers), &why),
        }
    }
}

/// What `--only` knows it by.
pub(crate) fn bench_name(peers: u32) -> String {
    format!("scale/{peers}")
}

/// Whether a bench has too many peers for this subject: over QUIC a thousand links take minutes.
pub(crate) fn is_too_large(bench: &str, subject: Subject) -> bool {
    subject == Subject::Quic && bench == bench_name(CROWDS[2])
}

fn hindrance(peers: u32, cores: u8, options: &Options) -> Option<String> {
    if options.quick && (peers > CROWDS[0] || cores == 1) {
        return Some(format!("on {cores} of the cores it takes too long for --quick"));
    }
    memory::allow_files(u64::from(peers) * FILES_PER_PEER + OTHER_FILES).err()
}

async fn side_by_side(subjects: &[Subject], peers: u32, options: &Options, report: &Report) {
    let mut together = Vec::new();
    let mut apart = Vec::new();
    for subject in subjects {
        for (role, stories) in [(Role::Together, &mut together), (Role::Hub, &mut apart)] {
            let part = Part::new(role, *subject, peers, report.cores(), options);
            stories.push((*subject, part.run_apart().await));
            report.progress();
        }
    }
    add(report, &together, |story| Some(Outcome::ScaleConnect(story.connected)));
    for index in 0..together[0].1.loads.len() {
        add(report, &together, |story| Some(Outcome::ScaleThroughput(story.loads[index])));
    }
    add(report, &apart, |story| story.memory.map(Outcome::ScaleMemory));
    add(report, &together, |story| story.memory.map(Outcome::ScaleMemory));
}

fn add(report: &Report, stories: &[(Subject, Story)], outcome: impl Fn(&Story) -> Option<Outcome>) {
    let outcomes = stories.iter().filter_map(|(subject, story)| Some((*subject, outcome(story)?)));
    report.add(outcomes.collect());
}

/// The sockets of both ends, and that of a QUIC node which only dials.
const FILES_PER_PEER: u64 = 3;
/// Those of the runtime, the pipes, the libraries.
const OTHER_FILES: u64 = 256;

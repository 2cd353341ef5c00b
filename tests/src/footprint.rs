//! What this process holds: tasks, threads, file descriptors, memory.

use std::fs;

/// What a process holds at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Tasks that the current runtime has not finished.
    pub tasks: usize,
    /// Threads.
    pub threads: usize,
    /// Open files and sockets.
    pub files: usize,
}

impl Footprint {
    /// Of this process, now.
    ///
    /// # Panics
    /// Outside of a Tokio runtime, and where there is no `/proc`.
    #[must_use]
    pub fn now() -> Self {
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        Self { tasks, threads: entries("/proc/self/task"), files: entries("/proc/self/fd") }
    }
}

/// The memory in use by this process, in bytes, as the system sees it.
///
/// # Panics
/// Where there is no `/proc`.
#[must_use]
pub fn resident_bytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is there");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process");
    let kib = line.trim().trim_end_matches("kB").trim();
    kib.parse::<usize>().expect("a number of KiB") * 1024
}

fn entries(folder: &str) -> usize {
    fs::read_dir(folder).expect("/proc is there").count()
}

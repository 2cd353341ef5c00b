//! Which cores a setting runs on.

use std::path::Path;
use std::process::{Command, Stdio};

/// How a process is started so that it stays on its cores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// As `taskset -c` wants it; `None` leaves the process where the system puts it.
    cpus: Option<String>,
}

impl Placement {
    /// A place for `cores` cores, or why there is none.
    pub(crate) fn find(cores: u8) -> Result<Self, String> {
        let wanted = usize::from(cores);
        let here = std::thread::available_parallelism().map_or(1, usize::from);
        if here < wanted {
            return Err(format!("this machine gives {here} core"));
        }
        match (taskset_works(), allowed_cpus()) {
            (true, Some(cpus)) if cpus.len() >= wanted => {
                Ok(Self { cpus: Some(last(&cpus, wanted)) })
            }
            _ if here == wanted => Ok(Self { cpus: None }),
            _ => Err("taskset, which pins a process to a core, is not here".to_owned()),
        }
    }

    /// The command that starts `program` there.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let Some(cpus) = &self.cpus else { return Command::new(program) };
        let mut command = Command::new("taskset");
        command.arg("-c").arg(cpus).arg(program);
        command
    }
}

/// The last ones: the first core serves most interrupts.
fn last(cpus: &[u32], wanted: usize) -> String {
    let chosen = &cpus[cpus.len() - wanted..];
    chosen.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

fn taskset_works() -> bool {
    let mut command = Command::new("taskset");
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn allowed_cpus() -> Option<Vec<u32>> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    parse_list(status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?.trim())
}

/// Reads a list such as `0-3,8`.
fn parse_list(text: &str) -> Option<Vec<u32>> {
    let mut cpus = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        cpus.extend(first.parse::<u32>().ok()?..=last.parse().ok()?);
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_cpus_is_read_and_the_last_ones_are_taken() {
        let cpus = parse_list("0-3,8,10-11").unwrap();
        assert_eq!(cpus, [0, 1, 2, 3, 8, 10, 11]);
        assert_eq!(last(&cpus, 2), "10,11");
        assert_eq!(parse_list("0-x"), None);
    }
}

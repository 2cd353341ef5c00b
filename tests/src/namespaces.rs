//! Two hosts that a test makes on this machine, with a cable that it can unplug.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::child::Program;
use crate::go::shout;

/// Two network namespaces with a veth pair between them. Removed when this is dropped, so drop the
/// processes in them first.
pub struct Namespaces {
    names: [String; 2],
}

/// A process in one of them, which prints lines.
pub struct Process {
    program: Program<String>,
}

impl Namespaces {
    /// None where they cannot be made, which takes root and `ip`; that is said on standard error.
    ///
    /// # Panics
    /// If they cannot be made by root on a machine that runs continuous integration (`CI=true`):
    /// there nobody would read that a test was left out.
    #[must_use]
    pub fn make() -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let of = |side| format!("glueberry-{}-{number}-{side}", std::process::id());
        let made = Self { names: [of(0), of(1)] };
        match made.set_up() {
            Ok(()) => Some(made),
            Err(fault) => {
                assert!(!must_be_made(), "no network namespaces can be made here ({fault})");
                shout(&format!("LEFT OUT: no network namespaces can be made here ({fault})"));
                None
            }
        }
    }

    /// The address of a side's end of the cable.
    #[must_use]
    pub fn host(side: usize) -> &'static str {
        HOSTS[side]
    }

    /// Starts a program on a side.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(&self, side: usize, program: &Path, args: &[&str]) -> Process {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.names[side]]).arg(program).args(args);
        let program = Program::start("a peer", &mut command, |line| Some(line.to_owned()));
        Process { program }
    }

    /// Unplugs the cable at a side. The other side sees no carrier.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn unplug(&self, side: usize) {
        ip(&["-n", &self.names[side], "link", "set", DEVICE, "down"]).expect("the link is there");
    }

    fn set_up(&self) -> Result<(), String> {
        let [one, two] = &self.names;
        ip(&["netns", "add", one])?;
        ip(&["netns", "add", two])?;
        let pair = ["type", "veth", "peer", "name", DEVICE, "netns", two];
        ip(&[&["link", "add", DEVICE, "netns", one][..], &pair].concat())?;
        for (name, host) in self.names.iter().zip(HOSTS) {
            ip(&["-n", name, "address", "add", &format!("{host}/24"), "dev", DEVICE])?;
            ip(&["-n", name, "link", "set", DEVICE, "up"])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
        }
        Ok(())
    }
}

fn must_be_made() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true") && is_root()
}

/// Whether this process may do everything, as far as the system tells.
fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    // Real, effective, saved, and that for files.
    uid.and_then(|uid| uid.split_whitespace().nth(1)) == Some("0")
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for name in &self.names {
            // One that was never made cannot be removed.
            drop(ip(&["netns", "delete", name]));
        }
    }
}

impl Process {
    /// Takes the rest of the first line, past or coming, that starts so.
    ///
    /// # Panics
    /// If none comes.
    pub async fn line(&self, start: &str) -> String {
        let line = self.program.take(start, |line| line.starts_with(start)).await;
        line[start.len()..].trim().to_owned()
    }
}

fn ip(args: &[&str]) -> Result<(), String> {
    let output = Command::new("ip").args(args).output().map_err(|fault| fault.to_string())?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(complaint.trim().to_owned()) }
}

/// Private addresses, which nothing outside of the namespaces sees.
const HOSTS: [&str; 2] = ["10.77.0.1", "10.77.0.2"];
const DEVICE: &str = "cable";

//! What the process holds, and may hold.

use tokio::runtime::Handle;

/// What this process held at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// Bytes of memory in use, those of the program included; not the kernel's socket buffers.
    pub(super) resident: u64,
    /// The most that ever was in use.
    pub(super) peak: u64,
    /// Of the runtime.
    pub(super) tasks: u64,
}

impl Held {
    /// `None` where the system does not tell it in `/proc`.
    pub(super) fn look() -> Option<Self> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let tasks = Handle::current().metrics().num_alive_tasks();
        Some(Self {
            resident: bytes(&status, "VmRSS:")?,
            peak: bytes(&status, "VmHWM:")?,
            tasks: u64::try_from(tasks).ok()?,
        })
    }
}

fn bytes(status: &str, field: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: u64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Raises the limit of open files, which the processes started from here inherit, or says why that
/// many cannot be.
pub(super) fn allow_files(needed: u64) -> Result<(), String> {
    match rlimit::increase_nofile_limit(needed) {
        Ok(limit) if limit >= needed => Ok(()),
        Ok(limit) => Err(format!("it needs {needed} open files, and {limit} are allowed")),
        Err(fault) => Err(format!("the limit of open files cannot be raised: {fault}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_process_is_read() {
        let status = "Name:\tmacro\nVmHWM:\t    9000 kB\nVmRSS:\t    8192 kB\n";
        assert_eq!(bytes(status, "VmRSS:"), Some(8192 * 1024));
        assert_eq!(bytes(status, "VmSwap:"), None);
    }
}

//! How many files, sockets among them, this process may have open.

use tracing::warn;

use crate::ConnectionLimits;
pub(crate) use system::reachable;

/// Raises the limit of open files as far as it goes, and warns if these connections will not fit.
pub(crate) fn check(limits: &ConnectionLimits) {
    let open = system::raise();
    let (total, pending) = (limits.total, limits.pending);
    if u64::try_from(total + pending).is_ok_and(|wanted| wanted > open) {
        warn!(open, total, pending, "more connections are allowed than this process may open");
    }
}

#[cfg(unix)]
mod system {
    use std::sync::OnceLock;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use tracing::{info, warn};

    /// Raises the soft limit of open files as far as the hard one, once in a process, and returns
    /// what holds then. The usual soft limit of 1,024 is for programs that use `select`.
    pub(super) fn raise() -> u64 {
        static RAISED: OnceLock<u64> = OnceLock::new();
        *RAISED.get_or_init(|| raise_to(reachable()))
    }

    /// What [`raise`] can reach.
    pub(crate) fn reachable() -> u64 {
        getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX).min(MOST)
    }

    fn raise_to(wanted: u64) -> u64 {
        let before = getrlimit(Resource::Nofile);
        let soft = before.current.unwrap_or(u64::MAX);
        if soft >= wanted {
            return soft;
        }
        let raised = Rlimit { current: Some(wanted), maximum: before.maximum };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => info!(from = soft, to = wanted, "raised the limit of open files"),
            Err(fault) => {
                warn!(%fault, soft, wanted, "the limit of open files stays as it is");
                return soft;
            }
        }
        wanted
    }

    /// macOS calls its hard limit infinite and grants no process more than `OPEN_MAX`.
    #[cfg(target_vendor = "apple")]
    const MOST: u64 = 10_240;
    /// What Linux grants by default (`fs.nr_open`).
    #[cfg(not(target_vendor = "apple"))]
    const MOST: u64 = 1 << 20;

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_soft_limit_becomes_what_was_reachable() {
            let reachable = reachable();
            assert!(raise() >= reachable);
            let soft = getrlimit(Resource::Nofile).current;
            assert!(soft.is_none_or(|soft| soft >= reachable), "{soft:?} of {reachable}");
        }
    }
}

#[cfg(not(unix))]
mod system {
    /// Nothing has to be raised: sockets are handles here, bounded by memory.
    pub(super) fn raise() -> u64 {
        reachable()
    }

    /// Enough for the largest default limits.
    pub(crate) fn reachable() -> u64 {
        1 << 20
    }
}

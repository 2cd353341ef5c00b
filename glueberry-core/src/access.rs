//! Who may connect, and how many.

use crate::error::{Error, ErrorCode, Result};
use crate::{BanTarget, open_files};

/// Who may connect at all, in both directions.
///
/// `deny` wins over `allow`. An `allow` list that names peers admits only those peers; one that
/// names addresses admits only those addresses; with both, a peer must be in the list *and* come
/// from a listed address. Without any rule everybody may connect who is not banned.
///
/// ```
/// use glueberry_core::{AccessRules, BanTarget, Identity, Node};
///
/// let (office, printer): (BanTarget, BanTarget) = ("10.0.0.0/8".parse()?, "10.6.6.6".parse()?);
/// let rules = AccessRules::default().allow(office).deny(printer);
/// let builder = Node::builder(Identity::generate()).access(rules);
/// # Ok::<(), glueberry_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessRules {
    /// Whom this node has to do with; empty: with everybody. Up to 65,536.
    pub allow: Vec<BanTarget>,
    /// Whom this node has nothing to do with. Up to 65,536.
    pub deny: Vec<BanTarget>,
}

impl AccessRules {
    /// Allows one more peer, address or range: from now on nobody else of its kind.
    #[must_use]
    pub fn allow(mut self, target: impl Into<BanTarget>) -> Self {
        self.allow.push(target.into());
        self
    }

    /// Denies one more peer, address or range.
    #[must_use]
    pub fn deny(mut self, target: impl Into<BanTarget>) -> Self {
        self.deny.push(target.into());
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        for (list, targets) in [("allow", &self.allow), ("deny", &self.deny)] {
            if targets.len() > MOST_RULES {
                let count = targets.len();
                return Err(invalid(format!("{list} has {count} rules; use up to {MOST_RULES}")));
            }
        }
        Ok(())
    }
}

/// How many connections this node has at once. When a limit is reached the newcomer is refused with
/// [`crate::EventKind::ConnectionDenied`]; nobody who is connected makes room for it.
///
/// The defaults follow the number of files that this process may open, which a node raises as far
/// as the system lets it when it starts: see [`ConnectionLimits::for_open_files`].
///
/// ```
/// use glueberry_core::{ConnectionLimits, Identity, Node};
///
/// let limits = ConnectionLimits { total: 200, ..ConnectionLimits::default() };
/// let builder = Node::builder(Identity::generate()).connection_limits(limits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Inbound connections that have not proven an identity yet; 1 to 65,536. One more, and the
    /// oldest from the IPv4 address, or IPv6 network of 64 bits, that has the most of them is
    /// dropped: whoever means it has long proven who it is. Each holds at most
    /// 256 KiB and 10 s. By default an eighth of `total`, from 32 to 1,024.
    pub pending: usize,
    /// Connections of peers that have proven who they are, in both directions; 1 to 65,536. An
    /// eighth of them is only for those that this node dials: others cannot take these places. By
    /// default as many as the open files allow, from 64 to 8,192.
    pub total: usize,
    /// Connections of one peer, in both directions; 2 to 65,536, by default 4. Two that dial each
    /// other at once have two for a moment, and a peer that comes back has its old one still.
    pub per_peer: usize,
    /// Inbound connections from one IPv4 address, or from one IPv6 network of 64 bits, of peers
    /// that have proven who they are; 1 to 65,536. By default a quarter of `total`: many peers may
    /// share an address behind a router, but none may take all there is.
    pub per_address: usize,
}

impl ConnectionLimits {
    /// The defaults for a process that may have this many files open at once. Half of them, but for
    /// those that the program itself needs, go to connections: the rest is for connections that are
    /// pending, dialed or closing, and for the application.
    #[must_use]
    pub fn for_open_files(files: u64) -> Self {
        let spare = usize::try_from(files.saturating_sub(RESERVED_FILES)).unwrap_or(usize::MAX);
        let total = (spare / 2).clamp(LEAST_TOTAL, MOST_TOTAL);
        let pending = (total / 8).clamp(LEAST_PENDING, MOST_PENDING);
        Self { pending, total, per_peer: PER_PEER, per_address: total / 4 }
    }

    pub(crate) fn check(&self) -> Result<()> {
        for (name, least, value) in [
            ("pending", 1, self.pending),
            ("total", 1, self.total),
            ("per_peer", LEAST_PER_PEER, self.per_peer),
            ("per_address", 1, self.per_address),
        ] {
            if !(least..=MOST_CONNECTIONS).contains(&value) {
                let range = format!("use {least} to {MOST_CONNECTIONS}");
                return Err(invalid(format!("connection limit {name} is {value}; {range}")));
            }
        }
        Ok(())
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self::for_open_files(open_files::reachable())
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorCode::InvalidConfig, message)
}

/// Some 6 MiB; longer lists belong into a firewall.
pub(crate) const MOST_RULES: usize = 1 << 16;
/// One machine's ports.
pub(crate) const MOST_CONNECTIONS: usize = 1 << 16;
/// Standard streams, libraries, listeners, the address book and a few files of the application.
const RESERVED_FILES: u64 = 128;
/// A node that cannot hold this many is of no use; few systems allow less than 256 files.
const LEAST_TOTAL: usize = 64;
/// At 160 KiB and more for each busy connection, 8,192 are over 1 GiB: who wants that says so.
const MOST_TOTAL: usize = 8192;
/// A few strangers at once, also on the smallest system.
const LEAST_PENDING: usize = 32;
/// 256 MiB, if all of them send as much as they may, which takes them all at once.
const MOST_PENDING: usize = 1024;
/// Two that dial each other at once have two for a moment.
pub(crate) const LEAST_PER_PEER: usize = 2;
/// Two or three live ones, and one that is closing.
const PER_PEER: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_follow_the_open_files_and_leave_half_of_them() {
        for files in [0, 256, 1024, 4096, 20_000, 1 << 20, u64::MAX] {
            let limits = ConnectionLimits::for_open_files(files);
            limits.check().unwrap();
            assert!((LEAST_TOTAL..=MOST_TOTAL).contains(&limits.total), "{limits:?}");
            if files >= 512 {
                let used = u64::try_from(limits.total + limits.pending).unwrap();
                assert!(used <= files / 8 * 5, "{limits:?} of {files}");
            }
        }
    }

    #[test]
    fn a_limit_out_of_bounds_is_refused_by_its_name() {
        let broken = ConnectionLimits { per_peer: 1, ..ConnectionLimits::default() };
        let refused = broken.check().unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidConfig);
        assert!(refused.message().contains("per_peer"));
        let rule: BanTarget = "192.0.2.7".parse().unwrap();
        let rules = AccessRules { deny: vec![rule; MOST_RULES + 1], ..AccessRules::default() };
        assert!(rules.check().unwrap_err().message().contains("deny"));
    }
}

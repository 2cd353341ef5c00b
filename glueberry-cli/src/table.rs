//! Address books, as people read them.

use std::time::SystemTime;

use glueberry_core::{Ban, BanTarget, PeerEntry};

use crate::text::printable;

pub(crate) fn peers_header() -> String {
    peer_line("PEER", "LAST SEEN", "PERSISTENT", "BANNED UNTIL", "ADDRESSES")
}

/// A line, and one more for each further address.
pub(crate) fn peer(entry: &PeerEntry) -> String {
    let end = format!("/p2p/{}", entry.peer);
    let mut addresses = entry.addresses.iter().map(|address| {
        let whole = address.to_string();
        printable(whole.strip_suffix(&end).unwrap_or(&whole).as_bytes(), usize::MAX)
    });
    let id = entry.peer.to_string();
    let seen = entry.last_seen.map_or_else(|| NONE.to_owned(), time);
    let persistent = if entry.persistent { "yes" } else { "no" };
    let banned = entry.banned.as_ref().map_or_else(|| NONE.to_owned(), until);
    let first = addresses.next();
    let mut lines = peer_line(&id, &seen, persistent, &banned, first.as_deref().unwrap_or(NONE));
    for address in addresses {
        lines.push('\n');
        lines.push_str(&peer_line("", "", "", "", &address));
    }
    lines
}

pub(crate) fn bans_header() -> String {
    ban_line("ALSO BANNED", "UNTIL")
}

pub(crate) fn ban(ban: &Ban) -> String {
    ban_line(&ban.target.to_string(), &until(ban))
}

/// What has become of a target, as a sentence.
pub(crate) fn banned(ban: &Ban) -> String {
    match ban.until {
        Some(end) => format!("banned: {} until {}", kind(ban.target), time(end)),
        None => format!("banned: {} without end", kind(ban.target)),
    }
}

pub(crate) fn unbanned(target: BanTarget, was_banned: bool) -> String {
    let what = kind(target);
    if was_banned { format!("unbanned: {what}") } else { format!("{what} was not banned") }
}

/// As in RFC 3339, to the second. Dates that it cannot show are not told in full.
pub(crate) fn time(time: SystemTime) -> String {
    if time < SystemTime::UNIX_EPOCH {
        return "before 1970".to_owned();
    }
    if time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since.as_secs() > LAST_SECOND)
    {
        return "after 9999".to_owned();
    }
    humantime::format_rfc3339_seconds(time).to_string()
}

fn until(ban: &Ban) -> String {
    ban.until.map_or_else(|| "for ever".to_owned(), time)
}

fn kind(target: BanTarget) -> String {
    match target {
        BanTarget::Peer(peer) => format!("peer {peer}"),
        other => other.to_string(),
    }
}

/// Peer ids have 52 letters, times 20.
fn peer_line(id: &str, seen: &str, persistent: &str, banned: &str, address: &str) -> String {
    format!("{id:<52}  {seen:<20}  {persistent:<10}  {banned:<20}  {address}")
}

fn ban_line(target: &str, until: &str) -> String {
    format!("{target:<52}  {until}")
}

/// Where there is nothing to show.
const NONE: &str = "-";
/// 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_time_can_be_told() {
        assert_eq!(time(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00Z");
        assert_eq!(time(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "before 1970");
        let last = SystemTime::UNIX_EPOCH + Duration::from_secs(LAST_SECOND);
        assert_eq!(time(last), "9999-12-31T23:59:59Z");
        assert_eq!(time(last + Duration::from_secs(1)), "after 9999");
    }

    #[test]
    fn a_ban_is_told_as_a_sentence() {
        let target: BanTarget = "192.0.2.0/24".parse().unwrap();
        assert_eq!(banned(&Ban { target, until: None }), "banned: 192.0.2.0/24 without end");
        assert_eq!(unbanned(target, true), "unbanned: 192.0.2.0/24");
        assert_eq!(unbanned(target, false), "192.0.2.0/24 was not banned");
    }
}

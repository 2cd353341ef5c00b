//! The second file: what a Go program would drop from the first.

use std::collections::BTreeMap;

use super::json::{Reader, Unknown, Writer};
use super::{BookError, Entry, Timestamp, VERSION};

/// The file beside Go's. Its format is our own, and has a version of its own.
///
/// ```
/// use glueberry_proto::v1::address_book::{Companion, NetworkBan};
///
/// let mut companion = Companion::default();
/// companion.banned_networks.insert("192.0.2.0/24".to_owned(), NetworkBan::default());
/// assert_eq!(Companion::parse(companion.render().as_bytes())?, companion);
/// # Ok::<(), glueberry_proto::v1::address_book::BookError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Companion {
    /// What is known of peers beyond Go's file.
    pub peers: BTreeMap<String, OwnPeer>,
    /// Bans of peers, whether Go's file has them or not.
    pub banned_peers: BTreeMap<String, PeerBan>,
    /// Bans of IP addresses and ranges, as text.
    pub banned_networks: BTreeMap<String, NetworkBan>,
    unknown: Unknown,
}

/// What is known of a peer beyond Go's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnPeer {
    /// Whether it is to be reached for ever.
    pub persistent: bool,
    /// The entry as we saved it, until somebody else has changed it: a Go program that never read
    /// it writes the file without it.
    pub saved: Option<Entry>,
    unknown: Unknown,
}

/// A ban of a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerBan {
    /// When it ends; `None`: never.
    pub until: Option<Timestamp>,
    /// Set when the ban has blacklisted the peer in Go's file: the entry's `updated_at` since. An
    /// entry with another one was changed by somebody else, whose ban does not end with ours.
    pub marked: Option<Timestamp>,
    unknown: Unknown,
}

/// A ban of an IP address or a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkBan {
    /// When it ends; `None`: never.
    pub until: Option<Timestamp>,
    unknown: Unknown,
}

impl Companion {
    /// Reads a file.
    ///
    /// # Errors
    /// [`BookError`] when it is damaged, of another version, or has too many entries of one kind.
    pub fn parse(bytes: &[u8]) -> Result<Self, BookError> {
        let reader = Reader::new(bytes)?;
        let mut companion = Self::default();
        for (name, part) in reader.top()? {
            match name.as_str() {
                "version" => reader.version(part)?,
                "peers" => companion.peers = each(&reader, part, OwnPeer::read)?,
                "banned_peers" => companion.banned_peers = each(&reader, part, PeerBan::read)?,
                "banned_networks" => {
                    companion.banned_networks = each(&reader, part, NetworkBan::read)?;
                }
                _ => companion.unknown.push((name, part.to_owned())),
            }
        }
        Ok(companion)
    }

    /// The file's text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut json = Writer::default();
        json.object(|json| {
            json.raw_field("version", &VERSION.to_string());
            write_each(json, "peers", &self.peers, OwnPeer::write);
            write_each(json, "banned_peers", &self.banned_peers, PeerBan::write);
            write_each(json, "banned_networks", &self.banned_networks, NetworkBan::write);
            json.unknown(&self.unknown);
        });
        json.into_text()
    }
}

impl OwnPeer {
    fn read<'a>(id: &str, reader: &Reader<'a>, part: &'a str) -> Result<Self, BookError> {
        let mut peer = Self::default();
        for (name, part) in reader.fields(part, "an object about a peer")? {
            match name.as_str() {
                "persistent" => peer.persistent = reader.value(part, "true or false")?,
                "saved" => peer.saved = Some(Entry::read(id, reader, part)?),
                _ => peer.unknown.push((name, part.to_owned())),
            }
        }
        Ok(peer)
    }

    fn write(&self, json: &mut Writer) {
        if self.persistent {
            json.raw_field("persistent", "true");
        }
        if let Some(entry) = &self.saved {
            json.object_field("saved", |json| entry.write(json));
        }
        json.unknown(&self.unknown);
    }
}

impl PeerBan {
    /// A ban that has not marked Go's file yet.
    #[must_use]
    pub fn new(until: Option<Timestamp>) -> Self {
        Self { until, ..Self::default() }
    }

    fn read<'a>(_: &str, reader: &Reader<'a>, part: &'a str) -> Result<Self, BookError> {
        let mut ban = Self::default();
        for (name, part) in reader.fields(part, "an object about a ban")? {
            match name.as_str() {
                "until" => ban.until = reader.time(part)?,
                "marked" => ban.marked = reader.time(part)?,
                _ => ban.unknown.push((name, part.to_owned())),
            }
        }
        Ok(ban)
    }

    fn write(&self, json: &mut Writer) {
        write_time(json, "until", self.until);
        write_time(json, "marked", self.marked);
        json.unknown(&self.unknown);
    }
}

impl NetworkBan {
    /// A ban until then; `None`: without end.
    #[must_use]
    pub fn new(until: Option<Timestamp>) -> Self {
        Self { until, ..Self::default() }
    }

    fn read<'a>(_: &str, reader: &Reader<'a>, part: &'a str) -> Result<Self, BookError> {
        let mut ban = Self::default();
        for (name, part) in reader.fields(part, "an object about a ban")? {
            match name.as_str() {
                "until" => ban.until = reader.time(part)?,
                _ => ban.unknown.push((name, part.to_owned())),
            }
        }
        Ok(ban)
    }

    fn write(&self, json: &mut Writer) {
        write_time(json, "until", self.until);
        json.unknown(&self.unknown);
    }
}

fn each<'a, T>(
    reader: &Reader<'a>,
    part: &'a str,
    read: impl Fn(&str, &Reader<'a>, &'a str) -> Result<T, BookError>,
) -> Result<BTreeMap<String, T>, BookError> {
    let fields = reader.fields(part, "an object")?;
    fields.into_iter().map(|(name, part)| Ok((name.clone(), read(&name, reader, part)?))).collect()
}

fn write_each<T>(
    json: &mut Writer,
    name: &str,
    all: &BTreeMap<String, T>,
    write: impl Fn(&T, &mut Writer),
) {
    json.object_field(name, |json| {
        for (name, one) in all {
            json.object_field(name, |json| write(one, json));
        }
    });
}

fn write_time(json: &mut Writer, name: &str, time: Option<Timestamp>) {
    if let Some(time) = time {
        json.string_field(name, &time.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_version_adds_survives() {
        let text = r#"{"version": 1, "peers": {"a": {"persistent": true, "score": [7]}},
            "banned_peers": {"b": {"until": "2030-01-01T00:00:00Z", "why": "spam"}},
            "banned_networks": {"192.0.2.0/24": {"why": "noise"}}, "groups": {}}"#;
        let companion = Companion::parse(text.as_bytes()).unwrap();
        let written = companion.render();
        for kept in ["\"score\": [7]", "\"why\": \"spam\"", "\"why\": \"noise\"", "\"groups\": {}"]
        {
            assert!(written.contains(kept), "{kept} is missing in {written}");
        }
        assert_eq!(Companion::parse(written.as_bytes()), Ok(companion));
    }

    #[test]
    fn an_empty_file_is_damage_because_nobody_writes_one() {
        assert!(matches!(Companion::parse(b""), Err(BookError::NotJson { .. })));
    }
}

//! The address book: the file of Glueberry for Go, and the one beside it.
//!
//! [`AddressBook`] is Go's file: it is read as Go reads it, and written so that Go reads it back.
//! A Go program drops what it does not know when it writes the file, and writes what it knew when
//! it started, whatever others have written since. What must not be lost stands in a
//! [`Companion`], a second file, of our own.
//!
//! Both keep what they do not understand: fields of later versions, peers whose ids and addresses
//! nobody here can use.

mod companion;
mod error;
mod json;
mod time;

use std::collections::BTreeMap;

use self::json::{Reader, Unknown, Writer};

pub use self::companion::{Companion, NetworkBan, OwnPeer, PeerBan};
pub use self::error::{BookError, Position};
pub use self::time::Timestamp;

/// The most peers that are read, and the most fields of any object.
pub const MAX_PEERS: usize = 65_536;

/// The version of both formats.
const VERSION: i64 = 1;

/// Go's file: peers by their ids, as text.
///
/// ```
/// use glueberry_proto::v1::address_book::{AddressBook, Entry};
///
/// let mut book = AddressBook::parse(br#"{"version": 1, "peers": {}, "note": "mine"}"#)?;
/// let id = "12D3KooWHdiAxVd8uMQR1hGWXccidmfCwLqcMpGwR6QcTP6QRMuD";
/// let mut entry = Entry::new(id);
/// entry.multiaddrs.push("/ip4/192.0.2.7/tcp/9000".to_owned());
/// book.peers.insert(id.to_owned(), entry);
///
/// let read = AddressBook::parse(book.render().as_bytes())?;
/// assert_eq!(read, book);
/// assert!(book.render().contains(r#""note": "mine""#));
/// # Ok::<(), glueberry_proto::v1::address_book::BookError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressBook {
    /// The peers, by the key that Go finds them by: the peer id as libp2p writes it.
    pub peers: BTreeMap<String, Entry>,
    unknown: Unknown,
}

/// What Go's file says of one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    peer_id: String,
    /// Base64. For an Ed25519 peer it says what the id says; Go adds it after a handshake.
    pub public_key: Option<String>,
    /// Facts that the application keeps with the peer.
    pub metadata: BTreeMap<String, String>,
    /// When it was last connected.
    pub last_seen: Option<Timestamp>,
    /// Whether Go refuses it.
    pub blacklisted: bool,
    /// When it was added.
    pub created_at: Option<Timestamp>,
    /// When the entry was last changed, by whomever.
    pub updated_at: Option<Timestamp>,
    /// Where it may be found, as text: also addresses that nobody here can use.
    pub multiaddrs: Vec<String>,
    unknown: Unknown,
}

impl AddressBook {
    /// Reads a file. One without any bytes is an empty book, as for Go.
    ///
    /// # Errors
    /// [`BookError`] when it is damaged, of a later version, or has more than [`MAX_PEERS`] peers.
    pub fn parse(bytes: &[u8]) -> Result<Self, BookError> {
        let mut book = Self::default();
        if bytes.is_empty() {
            return Ok(book);
        }
        let reader = Reader::new(bytes)?;
        for (name, part) in reader.top()? {
            match name.to_ascii_lowercase().as_str() {
                "version" => reader.version(part)?,
                "peers" => book.read_peers(&reader, part)?,
                _ => book.unknown.push((name, part.to_owned())),
            }
        }
        Ok(book)
    }

    /// The file's text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut json = Writer::default();
        json.object(|json| {
            json.raw_field("version", &VERSION.to_string());
            json.object_field("peers", |json| {
                for (id, entry) in &self.peers {
                    json.object_field(id, |json| entry.write(json));
                }
            });
            json.unknown(&self.unknown);
        });
        json.into_text()
    }

    fn read_peers<'a>(&mut self, reader: &Reader<'a>, part: &'a str) -> Result<(), BookError> {
        for (id, part) in reader.fields(part, "an object of peers")? {
            let entry = Entry::read(&id, reader, part)?;
            self.peers.insert(id, entry);
        }
        Ok(())
    }
}

impl Entry {
    /// A peer of which nothing is known but its id.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            peer_id: id.to_owned(),
            public_key: None,
            metadata: BTreeMap::new(),
            last_seen: None,
            blacklisted: false,
            created_at: None,
            updated_at: None,
            multiaddrs: Vec::new(),
            unknown: Unknown::new(),
        }
    }

    /// Names are matched without regard to case, as Go does: a ban in capitals is a ban.
    fn read<'a>(id: &str, reader: &Reader<'a>, part: &'a str) -> Result<Self, BookError> {
        let mut entry = Self::new(id);
        for (name, part) in reader.fields(part, "an object that describes a peer")? {
            match name.to_ascii_lowercase().as_str() {
                "peer_id" => entry.read_peer_id(reader, part)?,
                "public_key" => entry.public_key = reader.value(part, "a key in base64")?,
                "metadata" => entry.read_metadata(reader, part)?,
                "last_seen" => entry.last_seen = reader.time(part)?,
                "blacklisted" => entry.blacklisted = reader.value(part, "true or false")?,
                "created_at" => entry.created_at = reader.time(part)?,
                "updated_at" => entry.updated_at = reader.time(part)?,
                "multiaddrs" => entry.read_addresses(reader, part)?,
                _ => entry.unknown.push((name, part.to_owned())),
            }
        }
        Ok(entry)
    }

    /// Go finds peers by the key, so that this is carried along only.
    fn read_peer_id<'a>(&mut self, reader: &Reader<'a>, part: &'a str) -> Result<(), BookError> {
        let id: String = reader.value(part, "a peer id")?;
        if !id.is_empty() {
            self.peer_id = id;
        }
        Ok(())
    }

    fn read_metadata<'a>(&mut self, reader: &Reader<'a>, part: &'a str) -> Result<(), BookError> {
        for (key, part) in reader.fields(part, "an object of texts")? {
            self.metadata.insert(key, reader.value(part, "a text")?);
        }
        Ok(())
    }

    fn read_addresses<'a>(&mut self, reader: &Reader<'a>, part: &'a str) -> Result<(), BookError> {
        let addresses: Vec<Option<String>> = reader.value(part, "a list of addresses")?;
        self.multiaddrs = addresses.into_iter().flatten().collect();
        Ok(())
    }

    /// In Go's order: it writes the addresses last.
    fn write(&self, json: &mut Writer) {
        json.string_field("peer_id", &self.peer_id);
        if let Some(key) = self.public_key.as_deref().filter(|key| !key.is_empty()) {
            json.string_field("public_key", key);
        }
        if !self.metadata.is_empty() {
            json.object_field("metadata", |json| {
                for (key, value) in &self.metadata {
                    json.string_field(key, value);
                }
            });
        }
        json.time_field("last_seen", self.last_seen);
        json.raw_field("blacklisted", if self.blacklisted { "true" } else { "false" });
        json.time_field("created_at", self.created_at);
        json.time_field("updated_at", self.updated_at);
        json.list_field("multiaddrs", &self.multiaddrs);
        json.unknown(&self.unknown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        AddressBook::parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_file_is_an_empty_book() {
        assert_eq!(AddressBook::parse(b""), Ok(AddressBook::default()));
        assert_eq!(AddressBook::default().render(), "{\n  \"version\": 1,\n  \"peers\": {}\n}");
    }

    #[test]
    fn damage_is_told_with_its_place() {
        assert_eq!(
            refusal("{\n  \"peers\": {"),
            "at line 2, column 12: EOF while parsing an object"
        );
        assert_eq!(refusal("[]"), "at line 1, column 1: expected an object");
        assert_eq!(refusal("{\"peers\": {}} x"), "at line 1, column 15: trailing characters");
        assert_eq!(
            refusal("{\n\"peers\": 7}"),
            "at line 2, column 10: expected an object of peers"
        );
        let wrong = "{\"peers\": {\"a\":\n {\"blacklisted\": \"yes\"}}}";
        assert_eq!(refusal(wrong), "at line 2, column 18: expected true or false");
        let wrong = "{\"peers\": {\"a\": {\"last_seen\": \"yesterday\"}}}";
        assert_eq!(refusal(wrong), "at line 1, column 31: expected a time as in RFC 3339");
        let not_text = AddressBook::parse(b"{\"peers\": \"\xff\"}").unwrap_err();
        assert_eq!(not_text, BookError::NotText(Position { line: 1, column: 12 }));
    }

    #[test]
    fn no_complaint_repeats_what_the_file_holds() {
        let secret = "{\"peers\": {\"a\": {\"metadata\": {\"k\": [\"s3cret\"], \"l\": {}}}}}";
        assert!(!refusal(secret).contains("s3cret"));
    }

    #[test]
    fn a_later_version_is_left_alone() {
        let later = AddressBook::parse(b"{\"version\": 2, \"peers\": {}}");
        assert_eq!(later, Err(BookError::Version(2)));
    }

    #[test]
    fn null_is_what_it_is_for_go() {
        let text = br#"{"peers": {"a": {"metadata": null, "multiaddrs": null, "last_seen": null,
            "blacklisted": null, "public_key": null, "peer_id": null}, "b": null}}"#;
        let book = AddressBook::parse(text).unwrap();
        assert_eq!(book.peers["a"], Entry::new("a"));
        assert_eq!(book.peers["b"], Entry::new("b"));
        assert_eq!(AddressBook::parse(b"{\"peers\": null}"), Ok(AddressBook::default()));
    }

    #[test]
    fn a_ban_is_seen_however_its_name_is_written() {
        let book = AddressBook::parse(br#"{"PEERS": {"a": {"Blacklisted": true}}}"#).unwrap();
        assert!(book.peers["a"].blacklisted);
    }

    #[test]
    fn what_nobody_here_knows_survives() {
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        let text = format!(
            r#"{{"peers": {{"Qm": {{"score": 1e400, "multiaddrs": ["/x", "/ip4/1.2.3.4/tcp/1/ws"]}}}},
            "deep": {deep}}}"#
        );
        let written = AddressBook::parse(text.as_bytes()).unwrap().render();
        assert!(written.contains("\"score\": 1e400"));
        assert!(written.contains("\"/x\",") && written.contains("/ws\""));
        assert!(written.contains(&deep));
    }

    #[test]
    fn more_peers_than_are_read_are_refused() {
        let peers = |count: usize| {
            let list: Vec<String> = (0..count).map(|n| format!("\"{n}\":null")).collect();
            format!("{{\"peers\":{{{}}}}}", list.join(","))
        };
        assert!(AddressBook::parse(peers(MAX_PEERS).as_bytes()).is_ok());
        let more = AddressBook::parse(peers(MAX_PEERS + 1).as_bytes());
        assert_eq!(more, Err(BookError::TooMany { position: Position { line: 1, column: 10 } }));
    }

    #[test]
    fn go_reads_and_writes_the_same_bytes() {
        // Written by Glueberry for Go 1.2.10, in UTC.
        let text = include_str!("../../../tests/vectors/go_address_book.json");
        assert_eq!(AddressBook::parse(text.as_bytes()).unwrap().render(), text);
    }
}

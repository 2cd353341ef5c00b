//! Which stream names are acceptable.
//!
//! The rules are those of Glueberry for Go, so that every name works between both; ours reserve
//! one more, `handshake`, which names the stream that peers shake hands on.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

use crate::error::Fault;

/// The longest name, in bytes of UTF-8. The Go side refuses longer ones.
pub const MAX_LEN: usize = 64;

/// The name of a stream: 1 to [`MAX_LEN`] bytes of letters (Unicode L\*), decimal digits (Nd), `-`
/// and `_`.
///
/// Compared byte by byte and never normalised: `é` as one character and as `e` with an accent are
/// two names. Cloning is cheap.
///
/// ```
/// use glueberry_proto::name::StreamName;
///
/// let chat = StreamName::parse("chat-2")?;
/// assert_eq!(chat.protocol(), "/glueberry/stream/chat-2/1.0.0");
/// assert!(StreamName::parse("handshake").is_err());
/// # Ok::<(), glueberry_proto::name::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// Parses a name that an application chose.
    ///
    /// # Errors
    /// [`NameError`] when the name breaks a rule or is reserved.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        if name == HANDSHAKE {
            return Err(NameError::Reserved);
        }
        check(name)?;
        Ok(Self(name.into()))
    }

    /// The name of the handshake stream. For the library itself: applications cannot name it.
    #[must_use]
    pub fn handshake() -> Self {
        Self(HANDSHAKE.into())
    }

    /// Whether this is the handshake stream, which carries no encryption of its own.
    #[must_use]
    pub fn is_handshake(&self) -> bool {
        &*self.0 == HANDSHAKE
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The libp2p protocol id of this stream on wire v1.
    #[must_use]
    pub fn protocol(&self) -> String {
        format!("{PROTOCOL_START}{self}{PROTOCOL_END}")
    }

    /// The stream that a libp2p protocol id of wire v1 names, the handshake stream included.
    /// `None` for everything else, to be refused in negotiation.
    #[must_use]
    pub fn from_protocol(protocol: &str) -> Option<Self> {
        let name = protocol.strip_prefix(PROTOCOL_START)?.strip_suffix(PROTOCOL_END)?;
        check(name).ok()?;
        Some(Self(name.into()))
    }
}

impl AsRef<str> for StreamName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for StreamName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StreamName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::parse(name)
    }
}

/// Why a name is not acceptable. The application's mistake; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No character at all.
    #[error("a stream name must not be empty; use letters, digits, '-' and '_'")]
    Empty,
    /// Longer than [`MAX_LEN`] bytes.
    #[error("a stream name has at most {MAX_LEN} bytes of UTF-8, this one has {len}; shorten it")]
    TooLong {
        /// Bytes of the name.
        len: usize,
    },
    /// A character outside the rules.
    #[error(
        "a stream name must not contain {character:?} (byte {at}); \
         use letters, decimal digits, '-' and '_'"
    )]
    Forbidden {
        /// The first such character.
        character: char,
        /// Where it begins, in bytes.
        at: usize,
    },
    /// The handshake stream's own name.
    #[error("the stream name \"handshake\" is the library's own; choose another")]
    Reserved,
}

impl NameError {
    /// Always ours: names are chosen by applications.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::Ours
    }
}

fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_LEN {
        return Err(NameError::TooLong { len: name.len() });
    }
    match name.char_indices().find(|&(_, character)| !is_allowed(character)) {
        Some((at, character)) => Err(NameError::Forbidden { character, at }),
        None => Ok(()),
    }
}

/// Go's `unicode.IsLetter || unicode.IsDigit`. Rust's `char::is_alphanumeric` takes more: `²`, `Ⅷ`.
fn is_allowed(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    category == GeneralCategory::DecimalNumber || GeneralCategoryGroup::Letter.contains(category)
}

const HANDSHAKE: &str = "handshake";
const PROTOCOL_START: &str = "/glueberry/stream/";
/// The version rule is "same major, minor not above ours"; Go only ever sends 1.0.0.
const PROTOCOL_END: &str = "/1.0.0";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_every_script_and_decimal_digits_are_accepted() {
        for name in ["a", "Chat_2", "block-sync", "straße", "チャット", "канал٣", "ǅ", "ʰ", "ª"]
        {
            assert_eq!(StreamName::parse(name).map(|name| name.to_string()), Ok(name.into()));
        }
    }

    #[test]
    fn what_rust_calls_alphanumeric_and_go_does_not_is_refused() {
        for (name, character) in [("x²", '²'), ("xⅧ", 'Ⅷ'), ("x½", '½'), ("x৴", '৴')] {
            let refused = Err(NameError::Forbidden { character, at: 1 });
            assert_eq!(StreamName::parse(name), refused);
        }
    }

    #[test]
    fn separators_marks_and_symbols_are_refused_at_their_byte() {
        for (name, character, at) in
            [("a b", ' ', 1), ("ä/b", '/', 2), ("e\u{301}", '\u{301}', 1), ("a.b", '.', 1)]
        {
            assert_eq!(StreamName::parse(name), Err(NameError::Forbidden { character, at }));
        }
    }

    #[test]
    fn the_length_is_counted_in_bytes() {
        assert_eq!(StreamName::parse(""), Err(NameError::Empty));
        assert!(StreamName::parse(&"ä".repeat(32)).is_ok());
        assert_eq!(StreamName::parse(&"ä".repeat(33)), Err(NameError::TooLong { len: 66 }));
    }

    #[test]
    fn the_handshake_stream_cannot_be_named_but_is_recognised() {
        assert_eq!(StreamName::parse("handshake"), Err(NameError::Reserved));
        assert!(StreamName::parse("handshake2").is_ok());
        let handshake = StreamName::from_protocol("/glueberry/stream/handshake/1.0.0").unwrap();
        assert!(handshake.is_handshake());
        assert_eq!(handshake, StreamName::handshake());
    }

    #[test]
    fn a_protocol_of_another_kind_or_version_names_no_stream() {
        for protocol in [
            "/glueberry/handshake/1.0.0",
            "/glueberry/stream/chat/2.0.0",
            "/glueberry/stream//1.0.0",
            "/glueberry/stream/1.0.0",
            "/glueberry/stream/a/b/1.0.0",
            "glueberry/stream/chat/1.0.0",
        ] {
            assert_eq!(StreamName::from_protocol(protocol), None, "{protocol}");
        }
    }

    #[test]
    fn every_error_says_what_to_do() {
        assert_eq!(
            StreamName::parse("a b").unwrap_err().to_string(),
            "a stream name must not contain ' ' (byte 1); use letters, decimal digits, '-' and '_'",
        );
    }
}

//! Reading and writing JSON so that what is not understood survives, and what Go writes is written
//! the same way.

use std::cell::Cell;
use std::fmt::{self, Write as _};
use std::mem;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::error::{BookError, Position};
use super::{MAX_PEERS, Timestamp};

/// Fields that nobody here knows: names, and values as they stood in the file, in their order.
pub(super) type Unknown = Vec<(String, String)>;

/// A whole file, of which parts are read.
pub(super) struct Reader<'a> {
    whole: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, BookError> {
        let whole = std::str::from_utf8(bytes)
            .map_err(|fault| BookError::NotText(Position::of(bytes, fault.valid_up_to())))?;
        Ok(Self { whole })
    }

    /// The fields of the object that is the whole file.
    pub(super) fn top(&self) -> Result<Vec<(String, &'a str)>, BookError> {
        self.fields(self.whole, "an object")
    }

    /// The fields of the object that `part` is; none when it is `null`.
    pub(super) fn fields(
        &self,
        part: &'a str,
        expected: &'static str,
    ) -> Result<Vec<(String, &'a str)>, BookError> {
        if part == "null" {
            return Ok(Vec::new());
        }
        let too_many = Cell::new(false);
        let mut json = serde_json::Deserializer::from_str(part);
        let fields = Fields { too_many: &too_many }.deserialize(&mut json);
        match fields.and_then(|fields| json.end().map(|()| fields)) {
            Ok(fields) => Ok(fields),
            Err(_) if too_many.get() => Err(BookError::TooMany { position: self.position(part) }),
            Err(fault) => Err(self.complaint(part, expected, &fault)),
        }
    }

    /// The value that `part` is; `null` stands for the default, as in Go.
    pub(super) fn value<T: Deserialize<'a> + Default>(
        &self,
        part: &'a str,
        expected: &'static str,
    ) -> Result<T, BookError> {
        match serde_json::from_str::<Option<T>>(part) {
            Ok(value) => Ok(value.unwrap_or_default()),
            Err(fault) => Err(self.complaint(part, expected, &fault)),
        }
    }

    /// The time that `part` is; `None` for `null` and for what Go writes when none is set.
    pub(super) fn time(&self, part: &'a str) -> Result<Option<Timestamp>, BookError> {
        const EXPECTED: &str = "a time as in RFC 3339";
        let Some(text) = self.value::<Option<String>>(part, EXPECTED)? else { return Ok(None) };
        match Timestamp::parse(&text) {
            None => {
                Err(BookError::Unexpected { position: self.position(part), expected: EXPECTED })
            }
            time => Ok(time.filter(|time| *time != Timestamp::UNSET)),
        }
    }

    /// Whether the file's version is ours; Go takes a file without one, too.
    pub(super) fn version(&self, part: &'a str) -> Result<(), BookError> {
        match self.value(part, "a version number")? {
            0 | super::VERSION => Ok(()),
            other => Err(BookError::Version(other)),
        }
    }

    fn complaint(
        &self,
        part: &str,
        expected: &'static str,
        fault: &serde_json::Error,
    ) -> BookError {
        if fault.classify() == Category::Data {
            return BookError::Unexpected { position: self.position(part), expected };
        }
        // Only the whole file can be no JSON: its parts were read once, as parts of it.
        let position = Position { line: fault.line(), column: fault.column() };
        let text = fault.to_string();
        let complaint = text.split(" at line ").next().unwrap_or_default().to_owned();
        BookError::NotJson { position, complaint }
    }

    fn position(&self, part: &str) -> Position {
        let offset = part.as_ptr().addr().saturating_sub(self.whole.as_ptr().addr());
        Position::of(self.whole.as_bytes(), offset)
    }
}

/// Takes an object apart without reading its values.
struct Fields<'t> {
    too_many: &'t Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = Vec<(String, &'de str)>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Vec<(String, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            if fields.len() == MAX_PEERS {
                self.too_many.set(true);
                return Err(A::Error::custom("too many fields"));
            }
            fields.push((name, value.get()));
        }
        Ok(fields)
    }
}

/// JSON as Go's `MarshalIndent` writes it, with two spaces.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
    depth: usize,
    /// Whether the object or list that is being written has something in it.
    filled: bool,
}

impl Writer {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn object(&mut self, fill: impl FnOnce(&mut Self)) {
        self.enclose('{', '}', fill);
    }

    /// A field that is an object.
    pub(super) fn object_field(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.name(name);
        self.object(fill);
    }

    pub(super) fn string_field(&mut self, name: &str, value: &str) {
        self.name(name);
        self.string(value);
    }

    /// A field whose value is JSON already.
    pub(super) fn raw_field(&mut self, name: &str, json: &str) {
        self.name(name);
        self.text.push_str(json);
    }

    pub(super) fn time_field(&mut self, name: &str, time: Option<Timestamp>) {
        self.string_field(name, &time.unwrap_or(Timestamp::UNSET).to_string());
    }

    pub(super) fn list_field(&mut self, name: &str, values: &[String]) {
        self.name(name);
        self.enclose('[', ']', |list| {
            for value in values {
                list.item();
                list.string(value);
            }
        });
    }

    pub(super) fn unknown(&mut self, fields: &Unknown) {
        for (name, json) in fields {
            self.raw_field(name, json);
        }
    }

    fn enclose(&mut self, open: char, close: char, fill: impl FnOnce(&mut Self)) {
        self.text.push(open);
        self.depth += 1;
        let around = mem::take(&mut self.filled);
        fill(self);
        self.depth -= 1;
        if mem::replace(&mut self.filled, around) {
            self.line();
        }
        self.text.push(close);
    }

    fn name(&mut self, name: &str) {
        self.item();
        self.string(name);
        self.text.push_str(": ");
    }

    fn item(&mut self) {
        if mem::replace(&mut self.filled, true) {
            self.text.push(',');
        }
        self.line();
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    /// Go escapes what HTML and JavaScript would trip over, too.
    fn string(&mut self, value: &str) {
        self.text.push('"');
        for letter in value.chars() {
            match letter {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    // Writing into a String cannot fail.
                    write!(self.text, "\\u{:04x}", u32::from(letter)).unwrap_or_default();
                }
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }
}

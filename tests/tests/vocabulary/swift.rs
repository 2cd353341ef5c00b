//! The words as Swift writes them.

use std::fmt::Write as _;

use glueberry_core::embed::{Enumeration, vocabulary};
use glueberry_core::{ErrorClass, ErrorCode};

use crate::{ORIGIN, lower_camel, meaning};

pub(crate) const PATH: &str = "bindings/uniffi/swift/Glueberry/Sources/Glueberry/Vocabulary.swift";

pub(crate) fn text() -> String {
    let mut text =
        format!("// {ORIGIN}\n// swift-format-ignore-file\n\n/// The version of the library.\n");
    writeln!(text, "public let glueberryVersion = {:?}", env!("CARGO_PKG_VERSION")).unwrap();
    for enumeration in vocabulary() {
        text += &enumeration_text(&enumeration);
    }
    text + &errors()
}

fn enumeration_text((enumeration, words): &Enumeration) -> String {
    let name = type_name(enumeration);
    let mut text = format!("\n/// {}\n", meaning(enumeration));
    writeln!(text, "public enum {name}: Int, Sendable, CaseIterable {{").unwrap();
    for (word, number) in words {
        writeln!(text, "    case {} = {number}", escaped(&case(word))).unwrap();
    }
    text += "\n    /// Its name in the documentation, the same in every language.\n";
    text += "    public var name: String {\n        switch self {\n";
    for (word, _) in words {
        writeln!(text, "        case .{}: {word:?}", case(word)).unwrap();
    }
    text + "        }\n    }\n}\n"
}

fn errors() -> String {
    let mut text = String::from("\nextension ErrorCode {\n");
    text += "    /// Where the remedy lies.\n    public var errorClass: ErrorClass {\n        switch self {\n";
    for class in ErrorClass::ALL {
        let of_class = |code: &&ErrorCode| code.class() == *class;
        write!(text, "        case {}:\n            ", cases(of_class)).unwrap();
        writeln!(text, ".{}", lower_camel(class.name())).unwrap();
    }
    text += "        }\n    }\n\n";
    text += "    /// Whether the same call may succeed later without any change.\n";
    text += "    public var isRetriable: Bool {\n        switch self {\n";
    let again = cases(|code| code.is_retriable());
    write!(text, "        case {again}:\n            true\n").unwrap();
    text += "        default:\n            false\n        }\n    }\n\n";
    text += "    /// What to do about it.\n    public var hint: String {\n        switch self {\n";
    for code in ErrorCode::ALL {
        let (case, hint) = (case(code.name()), code.hint());
        writeln!(text, "        case .{case}:\n            {hint:?}").unwrap();
    }
    text + "        }\n    }\n}\n"
}

/// The errors that are so, as one pattern.
fn cases(is_so: impl Fn(&&ErrorCode) -> bool) -> String {
    let all: Vec<_> = ErrorCode::ALL.iter().filter(is_so).collect();
    let names: Vec<_> = all.iter().map(|code| format!(".{}", case(code.name()))).collect();
    names.join(",\n            ")
}

/// `State` is a property wrapper of `SwiftUI`, and what an event has is a kind.
fn type_name(enumeration: &str) -> &str {
    match enumeration {
        "State" => "ConnectionState",
        "EventName" => "EventKind",
        other => other,
    }
}

/// As Swift spells abbreviations: `InvalidPeerId` is `invalidPeerID`.
fn case(word: &str) -> String {
    match lower_camel(word).strip_suffix("Id") {
        Some(stem) => format!("{stem}ID"),
        None => lower_camel(word),
    }
}

fn escaped(case: &str) -> String {
    if case == "internal" { format!("`{case}`") } else { case.to_owned() }
}

//! The words of other languages are those of the core. `make vocabulary` writes the files.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use glueberry_core::embed::{Enumeration, vocabulary};
use glueberry_core::{ErrorClass, ErrorCode};

#[path = "vocabulary/kotlin.rs"]
mod kotlin;
#[path = "vocabulary/swift.rs"]
mod swift;

const PYTHON: &str = "bindings/python/python/glueberry/_vocabulary.py";
const TYPESCRIPT: &str = "bindings/node/ts/vocabulary.ts";
const ORIGIN: &str = "Written by `make vocabulary`, from the tables of glueberry-core.";

#[test]
fn the_vocabulary_of_python_is_the_core_s() {
    check(PYTHON, &python());
}

#[test]
fn the_vocabulary_of_node_is_the_core_s() {
    check(TYPESCRIPT, &typescript());
}

#[test]
fn the_vocabulary_of_kotlin_is_the_core_s() {
    check(kotlin::PATH, &kotlin::text());
}

#[test]
fn the_vocabulary_of_swift_is_the_core_s() {
    check(swift::PATH, &swift::text());
}

/// Compares, or writes if asked to.
fn check(path: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("GLUEBERRY_WRITE_VOCABULARY").is_some() {
        fs::write(&path, wanted).expect("the file can be written");
    }
    let found = fs::read_to_string(&path).expect("the file is there");
    assert_eq!(found, wanted, "{} is stale: run `make vocabulary`", path.display());
}

fn python() -> String {
    let mut text = format!("\"\"\"{ORIGIN}\"\"\"\n\nfrom __future__ import annotations\n\n");
    text += "from enum import IntEnum\n\nfrom ._base import GlueberryError\n";
    for (enumeration, words) in vocabulary() {
        write!(text, "\n\nclass {enumeration}(IntEnum):\n").unwrap();
        writeln!(text, "    \"\"\"{}\"\"\"\n", meaning(enumeration)).unwrap();
        for (word, number) in words {
            writeln!(text, "    {} = {number}", upper_snake(word)).unwrap();
        }
    }
    for class in ErrorClass::ALL {
        let name = upper_camel(class.name());
        write!(text, "\n\nclass {name}Error(GlueberryError):\n").unwrap();
        writeln!(text, "    \"\"\"{}\"\"\"\n", meaning_of_class(*class)).unwrap();
        writeln!(text, "    error_class = ErrorClass.{}", upper_snake(&name)).unwrap();
    }
    for code in ErrorCode::ALL {
        text += &python_error(*code);
    }
    text += "\n\nCLASSES: dict[int, type[GlueberryError]] = {\n";
    for code in ErrorCode::ALL {
        writeln!(text, "    {}: {},", code.number(), python_name(*code)).unwrap();
    }
    text += "}\n\"\"\"The class of each error, by its number.\"\"\"\n";
    text
}

fn python_error(code: ErrorCode) -> String {
    let class = upper_camel(code.class().name());
    // Whoever catches Python's own error for it catches this one too.
    let also = if code == ErrorCode::TimedOut { ", TimeoutError" } else { "" };
    let again = if code.is_retriable() { "True" } else { "False" };
    format!(
        "\n\nclass {}({class}Error{also}):\n    \"\"\"{}\"\"\"\n\n    code = ErrorCode.{}\n    \
         retriable = {again}\n    hint = (\n        {:?}\n    )\n",
        python_name(code),
        spoken(code.name()),
        upper_snake(code.name()),
        code.hint(),
    )
}

/// What the classes of errors are called in Python, where `Internal` alone would say little.
fn python_name(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Internal => "InternalFault",
        other => other.name(),
    }
}

fn typescript() -> String {
    let mut text = format!("// {ORIGIN}\n");
    for (enumeration, words) in vocabulary() {
        text += &typescript_enumeration(&(enumeration, words));
    }
    text += "\n/** What is known of each error. */\nexport const errors = {\n";
    for code in ErrorCode::ALL {
        let (name, number, class) = (code.name(), code.number(), code.class().name());
        let (again, hint) = (code.is_retriable(), code.hint());
        writeln!(
            text,
            "  {name}: {{\n    number: {number},\n    errorClass: '{class}',\n    retriable: {again},\n    \
             hint: {hint:?},\n  }},"
        )
        .unwrap();
    }
    text += "} as const satisfies Record<\n  ErrorCode,\n  { number: number; errorClass: ErrorClass; \
             retriable: boolean; hint: string }\n>\n";
    text
}

fn typescript_enumeration((enumeration, words): &Enumeration) -> String {
    // Errors keep their names: an error's `code` is looked up in logs and in the documentation.
    let spell = |word: &str| match *enumeration {
        "ErrorCode" => word.to_owned(),
        _ => lower_camel(word),
    };
    let name = if *enumeration == "EventName" { "EventType" } else { enumeration };
    let table = plural(&lower_camel(name));
    let mut text = format!("\n/** {} */\nexport const {table} = {{\n", meaning(enumeration));
    for (word, number) in words {
        writeln!(text, "  {}: {number},", spell(word)).unwrap();
    }
    writeln!(text, "}} as const\n/** {} */", meaning(enumeration)).unwrap();
    writeln!(text, "export type {name} = keyof typeof {table}").unwrap();
    text
}

fn meaning(enumeration: &str) -> &'static str {
    match enumeration {
        "State" => "The state of the link with a peer.",
        "DisconnectReason" => "Why a session, or an attempt to begin one, ended.",
        "Denial" => "Why a connection was refused.",
        "StreamCloseReason" => "Why a stream ended.",
        "Direction" => "Which way: from here to the peer, or from the peer to here.",
        "PressureLevel" => "Which watermark a buffer has crossed.",
        "HandshakeMode" => "Who shakes hands: the library, or the application.",
        "Security" => "Which secure channels are offered over TCP.",
        "ErrorClass" => "Where the remedy of an error lies.",
        "ErrorCode" => "Every error, with its number.",
        "EventName" => "The kinds of events.",
        "StreamState" => "Whether a stream carries messages.",
        other => panic!("say here what {other} means"),
    }
}

fn meaning_of_class(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Configuration => "What was configured cannot work.",
        ErrorClass::Usage => "The program asked for what it must not, or in the wrong order.",
        ErrorClass::Network => "The network, or the path to the peer.",
        ErrorClass::Peer => "The peer did what it must not.",
        ErrorClass::Limit => "A bound was reached.",
        ErrorClass::Internal => "A fault of Glueberry.",
        other => panic!("say here what {other:?} means"),
    }
}

/// `WrongState` as `Wrong state.`
fn spoken(name: &str) -> String {
    let words = upper_snake(name).to_lowercase().replace('_', " ");
    let (first, rest) = words.split_at(1);
    format!("{}{rest}.", first.to_uppercase())
}

fn upper_snake(word: &str) -> String {
    let mut text = String::new();
    for (at, letter) in word.char_indices() {
        if at > 0 && letter.is_uppercase() {
            text.push('_');
        }
        text.extend(letter.to_uppercase());
    }
    text
}

fn lower_camel(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_lowercase() + rest
}

fn upper_camel(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

fn plural(word: &str) -> String {
    match word {
        "security" => "securities".to_owned(),
        word if word.ends_with('s') => format!("{word}es"),
        word => format!("{word}s"),
    }
}

//! What the documents say is what the code does.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use glueberry_core::{Denial, ErrorCode, EventName, StreamConfig};

#[test]
fn the_quick_start_in_the_readme_is_the_example_that_runs() {
    let example = include_str!("../src/bin/quick_start.rs");
    let (_, code) = example.split_once("\n\n").expect("a line of documentation, then code");
    let block = format!("```rust\n{code}```\n");
    let advice = "copy examples/rust/src/bin/quick_start.rs into README.md, without its first line";
    assert!(readme().contains(&block), "{advice}");
}

#[test]
fn the_readme_has_the_defaults_of_a_stream() {
    let stream = StreamConfig::default();
    for (setting, bytes) in [
        ("max_message_size", stream.max_message_size),
        ("send_buffer", stream.send_buffer),
        ("receive_buffer", stream.receive_buffer),
    ] {
        let row = format!("| `{setting}` | {} KiB |", bytes / 1024);
        assert!(readme().contains(&row), "README.md lacks the row {row}");
    }
}

#[test]
fn the_table_of_errors_is_the_one_in_the_code() {
    let mut table = String::from(ERRORS_HEAD);
    for code in ErrorCode::ALL {
        let (number, name, class) = (code.number(), code.name(), code.class().name());
        let again = if code.is_retriable() { "yes" } else { "no" };
        // Writing into a String cannot fail.
        writeln!(table, "| {number} | `{name}` | {class} | {again} | {} |", code.hint()).unwrap();
    }
    check("docs/errors.md", &table);
}

#[test]
fn every_event_is_in_the_table_of_events() {
    let table = fs::read_to_string(root().join("docs/events.md")).expect("docs/events.md is there");
    for name in EventName::ALL {
        let row = format!("| `{name}` |");
        assert!(table.contains(&row), "docs/events.md lacks a row that begins with {row}");
    }
}

#[test]
fn every_denial_is_in_the_table_with_its_error() {
    let table = fs::read_to_string(root().join("docs/events.md")).expect("docs/events.md is there");
    for denial in Denial::ALL {
        let begin = format!("| `{denial:?}` |");
        let row = table.lines().find(|line| line.starts_with(&begin));
        let row = row.unwrap_or_else(|| panic!("docs/events.md lacks a row for {denial:?}"));
        let end = format!("| `{}` |", denial.code().name());
        assert!(row.ends_with(&end), "{row} should end in {end}");
    }
}

/// Compares a generated document, or writes it where the environment asks for that.
fn check(path: &str, expected: &str) {
    let file = root().join(path);
    if std::env::var_os("GLUEBERRY_WRITE_DOCS").is_some_and(|value| value == "1") {
        fs::write(&file, expected).expect("the document can be written");
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "{path} is out of date: run `make docs-tables`");
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("README.md is there")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const ERRORS_HEAD: &str = "\
# Errors

Written from `glueberry-core/src/error/table.rs` by `make docs-tables`; a test compares the two.

Numbers are never reused. *Again* says whether the same call may succeed later without any change.

| number | name | class | again | what to do |
|---|---|---|---|---|
";

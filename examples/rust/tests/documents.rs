//! What the documents say is what the code does.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use glueberry_core::{Denial, ErrorCode, EventName, Limit, Scope, limits};

#[test]
fn the_quick_start_in_the_readme_is_the_example_that_runs() {
    let example = include_str!("../src/bin/quick_start.rs");
    let (_, code) = example.split_once("\n\n").expect("a line of documentation, then code");
    let block = format!("```rust\n{code}```\n");
    let advice = "copy examples/rust/src/bin/quick_start.rs into README.md, without its first line";
    assert!(readme().contains(&block), "{advice}");
}

#[test]
fn the_c_quick_start_in_the_readme_is_the_example_that_is_compiled() {
    let example = include_str!("../../c/quick_start.c");
    let (_, code) = example.split_once("\n\n").expect("a line of documentation, then code");
    let block = format!("```c program\n{code}```\n");
    let advice = "copy examples/c/quick_start.c into README.md, without its first line";
    assert!(readme().contains(&block), "{advice}");
}

#[test]
fn the_python_quick_start_in_the_readme_is_the_example_that_runs() {
    let block = format!("```python\n{}```\n", include_str!("../../python/quick_start.py"));
    assert!(readme().contains(&block), "copy examples/python/quick_start.py into README.md");
}

#[test]
fn the_node_quick_start_in_the_readme_is_the_example_that_runs() {
    let block = format!("```js\n{}```\n", include_str!("../../node/quick-start.mjs"));
    assert!(readme().contains(&block), "copy examples/node/quick-start.mjs into README.md");
}

#[test]
fn the_kotlin_quick_start_in_the_readme_is_the_example_that_runs() {
    let example = include_str!("../../kotlin/src/main/kotlin/QuickStart.kt");
    let block = format!("```kotlin\n{example}```\n");
    assert!(readme().contains(&block), "copy QuickStart.kt of examples/kotlin into README.md");
}

#[test]
fn the_swift_quick_start_in_the_readme_is_the_example_that_runs() {
    let example = include_str!("../../swift/Sources/QuickStart/main.swift");
    let block = format!("```swift\n{example}```\n");
    assert!(readme().contains(&block), "copy QuickStart of examples/swift into README.md");
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
fn the_table_of_limits_is_the_one_in_the_code() {
    let text = fs::read_to_string(root().join("SECURITY.md")).expect("SECURITY.md is there");
    let (before, rest) = text.split_once(LIMITS_BEGIN).expect("the mark before the limits");
    let (_, after) = rest.split_once(LIMITS_END).expect("the mark after the limits");
    let tables: String = Scope::ALL.iter().map(|scope| table_of(*scope)).collect();
    check("SECURITY.md", &format!("{before}{LIMITS_BEGIN}\n{tables}\n{LIMITS_END}{after}"));
}

fn table_of(scope: Scope) -> String {
    let mut table = format!("\n### For each {}\n\n{LIMITS_HEAD}", scope.name());
    for limit in limits().iter().filter(|limit| limit.scope == scope) {
        let Limit { name, default, reason, at_limit, test, .. } = limit;
        let (name, range) = match &limit.range {
            Some((least, most)) => (format!("`{name}`"), format!("{least} to {most}")),
            None => ((*name).to_owned(), "fixed".to_owned()),
        };
        // Writing into a String cannot fail.
        writeln!(table, "| {name} | {default} | {range} | {at_limit} | {reason} | `{test}` |")
            .unwrap();
    }
    table
}

#[test]
fn every_limit_has_a_test_that_reaches_it() {
    let sources = sources();
    for limit in limits() {
        let is_there = sources.iter().any(|text| has_test(text, limit.test));
        assert!(is_there, "no source has the test {} of {}", limit.test, limit.name);
    }
}

/// Whether the text of a source has a test of this name.
fn has_test(text: &str, name: &str) -> bool {
    let signature = format!("fn {name}(");
    text.match_indices(&signature).any(|(at, _)| {
        let line = text[..at].rfind('\n').unwrap_or(0);
        let before = text[..line].lines().rev().map(str::trim_start);
        before.take_while(|line| line.starts_with("#[")).any(|line| line.contains("test"))
    })
}

/// The texts of all sources in which a test of a limit may be.
fn sources() -> Vec<String> {
    let mut folders: Vec<PathBuf> =
        ["glueberry-core", "glueberry-proto", "tests"].map(|name| root().join(name)).into();
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                texts.push(fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    texts
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

const LIMITS_BEGIN: &str = "<!-- limits -->";
const LIMITS_END: &str = "<!-- /limits -->";
const LIMITS_HEAD: &str = "\
| what | bound | can be set | when it is reached | why | test |
|---|---|---|---|---|---|
";

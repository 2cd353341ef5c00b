//! Keeps this crate free of IO, clocks and global randomness.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Beginnings of the names of crates that do IO, run tasks, or read clocks.
const FORBIDDEN_CRATES: [&str; 16] = [
    "async-io",
    "async-std",
    "chrono",
    "futures",
    "hyper",
    "libp2p",
    "mio",
    "multistream-select",
    "polling",
    "quinn",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "time",
    "tokio",
];

/// What the source must not name, each with what to do instead.
const FORBIDDEN_WORDS: [(&str, &str); 14] = [
    ("std::net", "addresses and sockets belong into glueberry-core"),
    ("std::fs", "hand the contents in"),
    ("std::io", "hand the bytes in"),
    ("std::env", "hand the value in"),
    ("std::process", "return an error"),
    ("std::thread", "return an action"),
    ("Instant::now", "take `now` as an argument"),
    ("SystemTime", "take the time as an argument"),
    ("rand::rng()", "take `rng` as an argument"),
    ("rand::random", "take `rng` as an argument"),
    ("thread_rng", "take `rng` as an argument"),
    ("OsRng", "take `rng` as an argument"),
    ("SysRng", "take `rng` as an argument"),
    ("SystemRandom", "take `rng` as an argument"),
];

#[test]
fn no_dependency_does_io() {
    let closure = normal_dependencies("glueberry-proto");
    assert!(closure.len() > 5, "only {closure:?}: the test has gone blind");
    assert!(closure.contains("ring") && closure.contains("curve25519-dalek"), "{closure:?}");
    for name in &closure {
        let forbidden = FORBIDDEN_CRATES
            .iter()
            .find(|start| name == *start || name.starts_with(&format!("{start}-")));
        assert_eq!(forbidden, None, "{name} is a dependency");
    }
}

#[test]
fn no_source_file_reaches_outside() {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 10, "only {} files: the test has gone blind", files.len());
    for file in files.iter().filter(|file| !holds_tests_only(file)) {
        for (number, line) in code_of(&fs::read_to_string(file).unwrap()) {
            for (word, instead) in FORBIDDEN_WORDS {
                assert!(!line.contains(word), "{}:{number}: {word}: {instead}", file.display());
            }
        }
    }
}

/// The names of all crates that `package` is built with on this platform.
fn normal_dependencies(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The tests of a long file `name.rs` stand beside it, in `name/tests.rs`.
fn holds_tests_only(file: &Path) -> bool {
    let tested = file.parent().map(|folder| folder.with_extension("rs"));
    let declares = |source: String| source.ends_with("#[cfg(test)]\nmod tests;\n");
    file.ends_with("tests.rs")
        && tested.and_then(|it| fs::read_to_string(it).ok()).is_some_and(declares)
}

/// The numbered lines of a file that are neither comments nor tests, which come last.
fn code_of(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

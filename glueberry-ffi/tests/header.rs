//! `include/glueberry.h` is what the code says, documented, and all that the library exports.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn the_header_is_the_one_in_the_code() {
    let written = generated();
    if std::env::var_os("GLUEBERRY_WRITE_HEADER").is_some() {
        std::fs::write(header_path(), &written).unwrap();
    }
    let committed = std::fs::read_to_string(header_path()).unwrap();
    assert!(committed == written, "run `make header`: {}", first_difference(&committed, &written));
}

#[test]
fn the_header_has_the_version_of_the_package() {
    let version = concat!("#define GLUEBERRY_VERSION \"", env!("CARGO_PKG_VERSION"), "\"\n");
    assert!(generated().contains(version), "change it in cbindgen.toml");
}

#[test]
fn every_function_is_documented_with_all_its_pointers() {
    let header = generated();
    let documented: Vec<(&str, String)> = declarations(&header).collect();
    assert!(documented.len() > 130, "only {} functions were found", documented.len());
    for (declaration, doc) in documented {
        assert!(doc.len() > 20, "without a word: {declaration}");
        for parameter in pointers(declaration) {
            assert!(doc.contains(&format!("`{parameter}`")), "{parameter} of: {declaration}");
        }
        let makes_handle = pointers(declaration).any(|parameter| parameter == "err");
        assert!(!makes_handle || doc.contains("[out, owned]"), "no owner: {declaration}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    let header = generated();
    let declared: BTreeSet<String> =
        declarations(&header).map(|(declaration, _)| name(declaration).to_owned()).collect();
    let listed = Command::new("nm").args(["-D", "--defined-only"]).arg(library()).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).unwrap();
    let exported: BTreeSet<String> = listed
        .lines()
        .filter_map(|line| Some(line.split_whitespace().nth(2)?.to_owned()))
        .collect();
    assert_eq!(exported, declared);
}

fn generated() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::generate_with_config(folder, config).unwrap();
    let mut written = Vec::new();
    bindings.write(&mut written);
    String::from_utf8(written).unwrap()
}

fn header_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/glueberry.h")
}

/// Beside this test: cargo builds the library before the tests of its package.
#[cfg(target_os = "linux")]
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let library = test.parent().unwrap().join("libglueberry.so");
    assert!(library.exists(), "{} is not there", library.display());
    library
}

/// Each function's declaration, and the comment above it.
fn declarations(header: &str) -> impl Iterator<Item = (&str, String)> {
    let mut doc = String::new();
    header.split("\n\n").filter_map(move |block| {
        let (comment, code) = match block.rsplit_once("*/") {
            Some((comment, code)) => (comment, code.trim()),
            None => ("", block.trim()),
        };
        doc.clear();
        doc.push_str(comment);
        let is_function = code.contains("glueberry_")
            && code.ends_with(");")
            && !code.starts_with("typedef")
            && !code.contains('{');
        is_function.then(|| (code, doc.clone()))
    })
}

fn name(declaration: &str) -> &str {
    let before = declaration.split_once('(').unwrap().0;
    before.rsplit([' ', '*', '\n']).next().unwrap()
}

/// The names of the parameters that are pointers.
fn pointers(declaration: &str) -> impl Iterator<Item = &str> {
    let list = declaration.split_once('(').unwrap().1.trim_end_matches(");");
    let all = list.split(',').filter(|parameter| parameter.contains('*'));
    all.map(|parameter| parameter.rsplit([' ', '*']).next().unwrap())
}

fn first_difference(one: &str, other: &str) -> String {
    let differs = one.lines().zip(other.lines()).enumerate().find(|(_, (one, other))| one != other);
    match differs {
        Some((at, (one, other))) => format!("line {} is {one:?}, and should be {other:?}", at + 1),
        None => "one is longer".to_owned(),
    }
}

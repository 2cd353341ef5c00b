//! `include/glueberry.h` is what the code says, documented, and what the library exports.

mod generate;
mod read;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use generate::{FILES, crate_root, header, source};
use read::{Function, defined, functions};

#[test]
fn the_header_is_that_of_the_code() {
    let made = header();
    if std::env::var_os("GLUEBERRY_WRITE_HEADER").is_some() {
        fs::write(path(), &made).unwrap();
    }
    let kept = fs::read_to_string(path()).unwrap();
    let differs = made.lines().zip(kept.lines()).find(|(made, kept)| made != kept);
    assert!(made == kept, "`make header` writes it; the first line that differs: {differs:#?}");
}

#[test]
fn every_file_that_exports_something_is_in_the_header() {
    let known: BTreeSet<PathBuf> = FILES.iter().map(|(file, _)| source(file)).collect();
    for file in fs::read_dir(crate_root().join("src")).unwrap() {
        let file = file.unwrap().path();
        let exports = file.is_file() && {
            let code = fs::read_to_string(&file).unwrap();
            ["no_mangle", "repr(C)\n#[derive", "pub const GLUEBERRY_"]
                .iter()
                .any(|it| code.contains(it))
        };
        let is_test = file.ends_with("miri.rs");
        assert!(!exports || is_test || known.contains(&file), "FILES lacks {}", file.display());
    }
}

#[test]
fn every_function_and_each_of_its_pointers_is_documented() {
    let functions = functions(&header());
    assert!(functions.len() > 120, "only {}", functions.len());
    let faults: Vec<String> = functions.iter().flat_map(Function::undocumented).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_version_of_the_header_is_that_of_the_package() {
    let header = header();
    let parts =
        ["MAJOR", "MINOR", "PATCH"].map(|part| defined(&header, &format!("VERSION_{part}")));
    assert_eq!(parts.join("."), env!("CARGO_PKG_VERSION"));
    assert_eq!(defined(&header, "VERSION").trim_matches('"'), env!("CARGO_PKG_VERSION"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_library_exports_what_the_header_declares_and_nothing_else() {
    let declared: BTreeSet<String> =
        functions(&header()).into_iter().map(|function| function.name).collect();
    let exported = read::exported(&library());
    assert_eq!(exported.difference(&declared).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(declared.difference(&exported).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn path() -> PathBuf {
    crate_root().join("../include/glueberry.h")
}

/// Cargo builds it together with this test, and puts it into the same folder.
#[cfg(target_os = "linux")]
fn library() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().join("libglueberry.so")
}

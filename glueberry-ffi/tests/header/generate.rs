//! Makes the header of this crate's code.

use std::fs;
use std::path::{Path, PathBuf};

/// The files that declare something, in the order of the header, each with the title of its
/// functions, or of its constants if it has none.
pub(crate) const FILES: [(&str, &str); 21] = [
    ("version", "The library"),
    ("arguments", ""),
    ("status", "Statuses"),
    ("vocabulary", "Numbers that stand for words"),
    ("names", "Names of numbers"),
    ("error", "Errors"),
    ("log", "The log"),
    ("identity", "Identities"),
    ("peer_id", "Peer ids"),
    ("config", "Configuration"),
    ("node", "Nodes"),
    ("calls", "Calls that wait"),
    ("operations", "Operations: the same calls, which return at once"),
    ("events", "Queues of events"),
    ("event", "Events"),
    ("messages", "Queues of messages"),
    ("message", "Messages"),
    ("strings", "Lists of texts"),
    ("peers", "Peers"),
    ("bans", "Bans"),
    ("streams", "Streams"),
];

pub(crate) fn header() -> String {
    let config = cbindgen::Config::from_file(crate_root().join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for (file, _) in FILES {
        builder = builder.with_src(source(file));
    }
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    let text = without_struct(&String::from_utf8(text).unwrap());
    with_titles(with_gaps(compact(&text)))
}

pub(crate) fn source(file: &str) -> PathBuf {
    crate_root().join("src").join(file).with_extension("rs")
}

pub(crate) fn crate_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every struct has a typedef of its name.
fn without_struct(text: &str) -> String {
    let shorten = |line: &str| {
        if line.starts_with("typedef struct") {
            return line.to_owned();
        }
        line.replace("struct glueberry_", "glueberry_")
    };
    joined(text.lines().map(shorten))
}

/// Short comments on one line, and no blank line after another, or between documented constants.
fn compact(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.trim() == "*/" && out.len() >= 2 && out[out.len() - 2].trim() == "/**" {
            fold(&mut out);
        } else if !(line.is_empty() && out.last().is_none_or(|last| needs_no_gap(last))) {
            out.push(line.trim_end().to_owned());
        }
    }
    out
}

fn needs_no_gap(line: &str) -> bool {
    line.is_empty() || line.starts_with("#define GLUEBERRY_") && line.contains(' ')
}

/// The comment of one line that ends here.
fn fold(out: &mut Vec<String>) {
    let (Some(text), Some(begin)) = (out.pop(), out.pop()) else { return };
    let whole = format!("{begin} {} */", text.trim().trim_start_matches("* "));
    if whole.len() <= LONGEST_LINE {
        out.push(whole);
    } else {
        let indent = begin.trim_end_matches("/**").to_owned();
        out.extend([begin, text, format!("{indent} */")]);
    }
}

/// Groups of constants are apart here where they are in the code.
fn with_gaps(mut lines: Vec<String>) -> Vec<String> {
    for (file, _) in FILES {
        let code = fs::read_to_string(source(file)).unwrap();
        for group in code.split("\n\n").filter_map(first_constant) {
            if let Some(begin) = comment_of(&lines, &format!("#define {group} ")) {
                lines.insert(begin, String::new());
            }
        }
    }
    lines
}

/// Puts the title of each file before the comment of what it declares first.
fn with_titles(mut lines: Vec<String>) -> String {
    for (file, title) in FILES.iter().filter(|(_, title)| !title.is_empty()) {
        let declaration = first_declaration(file);
        let begin = comment_of(&lines, &declaration);
        let begin = begin.unwrap_or_else(|| panic!("the header lacks {declaration:?}"));
        lines.insert(begin, format!("/* ---- {title} ---- */\n"));
    }
    joined(lines)
}

fn first_declaration(file: &str) -> String {
    let code = fs::read_to_string(source(file)).unwrap();
    if let Some((_, function)) = code.split_once("extern \"C\" fn ") {
        return function.split_inclusive('(').next().unwrap().to_owned();
    }
    format!("#define {} ", first_constant(&code).expect("a function or a constant"))
}

fn first_constant(code: &str) -> Option<&str> {
    let (_, after) = code.split_once("pub const GLUEBERRY_")?;
    let len = after.find(':')?;
    let begin = code.len() - after.len() - "GLUEBERRY_".len();
    code.get(begin..begin + "GLUEBERRY_".len() + len)
}

/// Where the comment begins of a declaration that has this in its first line.
fn comment_of(lines: &[String], declaration: &str) -> Option<usize> {
    let declares = |line: &String| {
        line.starts_with(|first: char| first.is_alphabetic() || first == '#')
            && line.contains(declaration)
    };
    let place = lines.iter().position(declares)?;
    lines[..place].iter().rposition(|line| line.starts_with("/**"))
}

fn joined(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Columns of C in this repository.
const LONGEST_LINE: usize = 100;

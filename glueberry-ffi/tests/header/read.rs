//! Reads the header: it is made by a program, so its form is known.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A function as the header declares it.
pub(crate) struct Function {
    pub(crate) name: String,
    comment: String,
    arguments: Vec<String>,
}

impl Function {
    /// What its comment lacks.
    pub(crate) fn undocumented(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.comment.trim().len() < SHORTEST {
            faults.push(format!("{} is not documented", self.name));
        }
        for argument in self.pointers() {
            let tagged = |line: &str| TAGS.iter().any(|tag| line.contains(tag));
            let named = |line: &&str| line.contains(&format!("`{argument}`"));
            if !self.comment.lines().filter(named).any(tagged) {
                faults.push(format!("{}: `{argument}` has no tag such as `[in]`", self.name));
            }
        }
        faults
    }

    fn pointers(&self) -> impl Iterator<Item = &str> {
        let pointers = self.arguments.iter().filter(|argument| argument.contains('*'));
        pointers.filter_map(|argument| argument.rsplit(['*', ' ']).next())
    }
}

/// All that are declared, in their order.
pub(crate) fn functions(header: &str) -> Vec<Function> {
    header.split("\n\n").filter_map(function).collect()
}

fn function(block: &str) -> Option<Function> {
    let (comment, declaration) = block.rsplit_once("*/\n").unwrap_or(("", block));
    let (before, after) = declaration.split_once('(')?;
    let name = before.rsplit([' ', '*']).next()?;
    if !name.starts_with("glueberry_") || !declaration.ends_with(");") {
        return None;
    }
    let arguments = after.trim_end_matches(");").split(',');
    let arguments = arguments.map(|argument| argument.trim().to_owned()).collect();
    Some(Function { name: name.to_owned(), comment: comment.to_owned(), arguments })
}

/// What `GLUEBERRY_…` stands for.
pub(crate) fn defined(header: &str, name: &str) -> String {
    let begin = format!("#define GLUEBERRY_{name} ");
    let found = header.lines().find_map(|line| line.strip_prefix(&begin));
    found.unwrap_or_else(|| panic!("{name} is not defined")).to_owned()
}

/// The functions and data that a shared library has for others.
pub(crate) fn exported(library: &Path) -> BTreeSet<String> {
    let nm = Command::new("nm").args(["-D", "--defined-only"]).arg(library).output();
    let nm = nm.expect("nm, of binutils");
    assert!(nm.status.success(), "{}", String::from_utf8_lossy(&nm.stderr));
    let listed = String::from_utf8(nm.stdout).unwrap();
    listed.lines().filter_map(|line| Some(line.split_whitespace().nth(2)?.to_owned())).collect()
}

const TAGS: [&str; 4] = ["`[in]`", "`[out]`", "`[out, owned]`", "`[borrowed"];
/// Characters that say anything at all.
const SHORTEST: usize = 20;

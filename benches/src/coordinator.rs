//! Runs each setting of cores in a process of its own, and shows all at the end.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::cores::Placement;
use crate::machine::Machine;
use crate::measurement::Measurement;
use crate::options::Options;
use crate::report;
use crate::subject::{Language, Role, Subject, c, go};
use crate::{catalog, table};

/// All settings that were asked for, and the table.
pub(crate) fn run(options: &Options) -> ExitCode {
    if !catalog::names().any(|name| options.wants(&name)) {
        eprintln!("no measurement has {:?} in its name: --list shows all names", options.only);
        return ExitCode::from(MISUSED);
    }
    report::print(&Machine::look(options.time().as_secs_f64()));
    let others = Others::find(options);
    let mut measured = Vec::new();
    let mut all_well = true;
    for cores in [2, 1].into_iter().filter(|cores| options.cores.is_none_or(|only| only == *cores))
    {
        match Placement::find(cores) {
            Ok(placement) => {
                let command = command(&placement, cores, &others);
                all_well &= run_one(command, &mut measured);
            }
            Err(why) => report::leave_out(&format!("{cores} of the machine's cores"), &why),
        }
    }
    eprintln!("{}", table::draw(&measured));
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Programs in other languages, built where anything of them was asked for.
struct Others {
    go_peer: Option<PathBuf>,
    c_program: Option<PathBuf>,
    /// The languages that are ready, and their folder.
    languages: Vec<(Language, PathBuf)>,
}

impl Others {
    fn find(options: &Options) -> Self {
        let go_peer = find(Subject::Go, "the Go implementation", go::build, options);
        let c_program = find(Subject::C, "the C library", c::build, options);
        let languages = Language::ALL
            .into_iter()
            .filter_map(|language| Some((language, find_language(language, options)?)));
        Self { go_peer, c_program, languages: languages.collect() }
    }
}

fn find_language(language: Language, options: &Options) -> Option<PathBuf> {
    let roles = [Role::Receives, Role::Sends].map(|role| Subject::Language(language, role));
    if !roles.into_iter().flat_map(catalog::names_of).any(|name| options.wants(&name)) {
        return None;
    }
    let what = language.implementation();
    language.prepare().inspect_err(|why| report::leave_out(what, why)).ok()
}

fn find(
    subject: Subject,
    what: &str,
    build: fn() -> Result<PathBuf, String>,
    options: &Options,
) -> Option<PathBuf> {
    if !catalog::names_of(subject).any(|name| options.wants(&name)) {
        return None;
    }
    build().inspect_err(|why| report::leave_out(what, why)).ok()
}

fn command(placement: &Placement, cores: u8, others: &Others) -> Command {
    let program = std::env::current_exe().expect("a program knows where it is");
    let mut command = placement.command(&program);
    command.args(std::env::args_os().skip(1));
    command.arg("--here").arg("--cores").arg(cores.to_string());
    let programs = [("--go-peer", &others.go_peer), ("--c-program", &others.c_program)];
    for (option, program) in programs {
        command.args(program.iter().flat_map(|program| [option.as_ref(), program.as_os_str()]));
    }
    if let Some((_, folder)) = others.languages.first() {
        command.arg("--languages").arg(folder);
    }
    for (language, _) in &others.languages {
        command.arg("--with").arg(language.implementation());
    }
    command
}

/// Passes the lines of one setting on. False if it failed.
fn run_one(mut command: Command, measured: &mut Vec<Measurement>) -> bool {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("this program starts again");
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    for line in lines.map_while(Result::ok) {
        println!("{line}");
        // What is no measurement says what was left out.
        measured.extend(serde_json::from_str(&line).ok());
    }
    child.wait().expect("it was started here").success()
}

/// What clap exits with, too.
const MISUSED: u8 = 2;

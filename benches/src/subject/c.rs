//! A program in C with both nodes in it, driven by lines. `benches/c/rates.c` describes them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use std::{fs, io};

use hdrhistogram::Histogram;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::program::{Program, RoundTrips};
use crate::flow::Flow;
use crate::ping_pong;

/// Builds the library as this program was built, and the C program against it; or says why not.
pub(crate) fn build() -> Result<PathBuf, String> {
    let here = std::env::current_exe().expect("a program knows where it is");
    let profile = here.parent().expect("a program is in a folder");
    build_library(profile)?;
    // Beside this program, so that `cargo clean` takes it too.
    let folder = profile.join("glueberry-benches-c");
    let library = install_library(profile, &folder)
        .map_err(|fault| format!("the library cannot be copied: {fault}"))?;
    build_program(&folder, &library)
}

/// Into the same folder, with the same optimizations.
fn build_library(profile: &Path) -> Result<(), String> {
    let target = profile.parent().expect("profiles are in the target folder");
    let mut command = Command::new("cargo");
    command.args(["build", "--package", "glueberry-ffi", "--target-dir"]).arg(target);
    command.current_dir(package().join(".."));
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    run("cargo", &mut command)
}

/// A copy under the name that programs look for: the SONAME, which has the version's first parts.
fn install_library(profile: &Path, folder: &Path) -> io::Result<PathBuf> {
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    let name = format!("libglueberry.so.{major}.{minor}");
    fs::create_dir_all(folder)?;
    fs::copy(profile.join("libglueberry.so"), folder.join(&name))?;
    Ok(folder.join(name))
}

fn build_program(folder: &Path, library: &Path) -> Result<PathBuf, String> {
    let program = folder.join("rates");
    let mut command = Command::new("cc");
    command.args(["-std=c99", "-O2", "-pthread", "-I"]).arg(package().join("../include"));
    command.arg("-o").arg(&program).arg(package().join("c/rates.c")).arg(library);
    command.arg("-Wl,-rpath,$ORIGIN");
    run("cc", &mut command)?;
    Ok(program)
}

pub(super) fn run(name: &str, command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|fault| format!("{name} cannot be started: {fault}"))?;
    let Output { status, stderr, .. } = &output;
    if status.success() {
        return Ok(());
    }
    Err(format!("{name} fails ({status}): {}", String::from_utf8_lossy(stderr)))
}

pub(super) fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A running program, whose two nodes are connected.
pub(crate) struct Pair {
    program: Program,
}

impl Pair {
    pub(super) fn start(program: &Path) -> Self {
        Self { program: Program::start("the C program", &mut Command::new(program)) }
    }

    pub(super) fn one_way(&mut self, payload: u32, time: Duration) -> Flow {
        let OneWay { messages, seconds } = self.ask("one_way", payload, time);
        Flow { messages, lost: 0, elapsed: Duration::from_secs_f64(seconds) }
    }

    pub(super) fn ping_pong(&mut self, time: Duration) -> Histogram<u64> {
        self.ask::<RoundTrips>("ping_pong", ping_pong::PAYLOAD, time).times()
    }

    fn ask<T: DeserializeOwned>(&mut self, what: &str, payload: u32, time: Duration) -> T {
        self.program.order(&format!("{what} {payload} {}", time.as_millis()));
        self.program.answer()
    }
}

#[derive(Deserialize)]
struct OneWay {
    messages: u64,
    seconds: f64,
}

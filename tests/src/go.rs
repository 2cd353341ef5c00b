//! The Go programs: whether Go is here, and where they are built.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Which Go program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// The peer that is driven by lines of JSON: `tests/interop/go`.
    Peer,
    /// The library's own `examples/rpc`.
    Rpc,
    /// The library's own `examples/file-transfer`.
    FileTransfer,
}

impl Program {
    const ALL: [Self; 3] = [Self::Peer, Self::Rpc, Self::FileTransfer];

    /// The name of the binary.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Peer => "glueberry-go-peer",
            Self::Rpc => "go-example-rpc",
            Self::FileTransfer => "go-example-file-transfer",
        }
    }

    /// Where the binary is. The first call of a process builds all of them.
    ///
    /// # Panics
    /// If they cannot be built.
    #[must_use]
    pub fn path(self) -> PathBuf {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        BUILT.get_or_init(build_all).join(self.name())
    }

    fn package(self) -> &'static str {
        match self {
            Self::Peer => ".",
            Self::Rpc => "github.com/blockberries/glueberry/examples/rpc",
            Self::FileTransfer => "github.com/blockberries/glueberry/examples/file-transfer",
        }
    }
}

/// Whether the tests with Go can run. False only where `GLUEBERRY_WITHOUT_GO=1` allows it.
///
/// # Panics
/// If Go is not installed and nobody said that this is meant: a missing peer is no passed test.
#[must_use]
pub fn is_here() -> bool {
    if std::env::var_os("GLUEBERRY_WITHOUT_GO").is_some_and(|value| value == "1") {
        shout("SKIPPED: not tested against Go, because GLUEBERRY_WITHOUT_GO=1");
        return false;
    }
    let version = Command::new("go").arg("version").output();
    assert!(
        version.is_ok_and(|output| output.status.success()),
        "Go is not installed, and without it nothing is known about interoperation: install Go \
         1.25.6 or later (https://go.dev/dl), or set GLUEBERRY_WITHOUT_GO=1 to skip these tests"
    );
    true
}

/// Prints past the test harness, which hides what a passing test prints.
pub fn shout(text: &str) {
    // Without a standard error there is nobody to tell.
    drop(writeln!(std::io::stderr(), "{text}"));
}

fn build_all() -> PathBuf {
    let target = target_dir();
    std::fs::create_dir_all(&target).expect("the target directory is writable");
    for program in Program::ALL {
        build(program, &target);
    }
    target
}

fn build(program: Program, target: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/go");
    let output = Command::new("go")
        .args(["build", "-o"])
        .arg(target.join(program.name()))
        .arg(program.package())
        .current_dir(source)
        .output()
        .expect("go can be started");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} does not build:\n{complaint}", program.name());
}

/// Beside the test that runs, so that `cargo clean` takes it too.
fn target_dir() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.parent().expect("a file is in a directory").join("interop-go")
}

"""A Swift package with the generated sources, and native halves for Linux beside it."""

import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from .common import DIST, ROOT, VERSION, WORK, build_native, copy_licences, fresh, run, say

HOME = ROOT / "bindings/uniffi/swift"
NAME = f"glueberry-swift-{VERSION}"
ARCHIVE = DIST / f"{NAME}.tar.gz"
SWIFT = ROOT / "scripts/swift-env"
NATIVES = WORK / "swift-natives"
# What swift-env ends with where no Swift can be had.
IMPOSSIBLE = 77


def build(targets):
    # None of an earlier build may get into the package.
    fresh(NATIVES)
    for target in targets:
        if target.libc != "glibc":  # There is no Swift for musl but the static one.
            continue
        say(f"native half of the Swift package for {target.name}")
        folder = NATIVES / target.triple.split("-")[0]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(build_native("glueberry-uniffi", target), folder)
    say("Swift package")
    run([HOME / "generate"])
    folder = fresh(WORK / NAME)
    shutil.copytree(HOME / "Glueberry", folder / "Glueberry", ignore=shutil.ignore_patterns(".build", ".gitignore"))
    for natives in sorted(NATIVES.iterdir()):
        shutil.copytree(natives, folder / "native" / natives.name)
        shutil.copy(HOME / "Glueberry/.build/native/glueberry_uniffi.pc", folder / "native" / natives.name)
    copy_licences(folder)
    with tarfile.open(ARCHIVE, "w:gz") as archive:
        archive.add(folder, NAME)


def check():
    """The package, as the dependency of a program that has nothing else."""
    if subprocess.run([SWIFT]).returncode == IMPOSSIBLE:
        return say(f"NOT TRIED: {ARCHIVE.name}, for there is no Swift here")
    say(f"trying {ARCHIVE.name}")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(folder, filter="data")
        program = Path(folder, "program/Sources/program")
        program.mkdir(parents=True)
        shutil.copy(ROOT / "examples/swift/Sources/QuickStart/main.swift", program)
        Path(folder, "program/Package.swift").write_text(MANIFEST)
        native = Path(folder, NAME, "native", platform.machine())
        where = {**os.environ, "PKG_CONFIG_PATH": str(native), "LD_LIBRARY_PATH": str(native)}
        run([SWIFT, "swift", "run", "--quiet", "--package-path", Path(folder, "program")], cwd=folder, env=where)


MANIFEST = f"""\
// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "program",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../{NAME}/Glueberry")],
    targets: [.executableTarget(name: "program", dependencies: [.product(name: "Glueberry", package: "Glueberry")])]
)
"""

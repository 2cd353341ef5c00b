"""Where things are, the tools, and native halves."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DIST = ROOT / "dist"
WORK = ROOT / "target/packages"
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
# npm takes along by itself only what is called LICENSE.
LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"]
# Versions that work together.
TOOLS = ["maturin==1.16.0", "cargo-zigbuild==0.24.1", "ziglang==0.17.1"]


def install_tools(triples):
    say("tools")
    if not (WORK / "tools/bin/python").exists():
        run([sys.executable, "-m", "venv", WORK / "tools"])
    run([WORK / "tools/bin/python", "-m", "pip", "install", "--quiet",
         "--disable-pip-version-check", *TOOLS])
    run(["rustup", "target", "add", *triples])


def build_native(crate, target):
    """The library of a crate for a kind of machine, without symbols."""
    run([tool("cargo-zigbuild"), "zigbuild", "--release", "--locked", "--package", crate,
         "--target", target.zig_triple], env=environment(target))
    return ROOT / "target" / target.triple / f"release/lib{crate.replace('-', '_')}.so"


def environment(target=None):
    return {
        **os.environ,
        "PATH": f"{WORK / 'tools/bin'}:{os.environ['PATH']}",
        "RUSTFLAGS": target.flags if target else "",
        # Nobody debugs a package; the same for all languages, which share what is compiled.
        "CARGO_PROFILE_RELEASE_DEBUG": "0",
        "CARGO_PROFILE_RELEASE_STRIP": "symbols",
    }


def tool(name):
    return WORK / "tools/bin" / name


def copy_licences(folder):
    for name in LICENCES:
        shutil.copy(ROOT / name, folder)


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def only(found):
    found = list(found)
    if len(found) != 1:
        sys.exit(f"one package for this machine is looked for in dist/, and {len(found)} are there")
    return found[0]


def run(command, cwd=ROOT, env=None):
    words = [str(word) for word in command]
    if subprocess.run(words, cwd=cwd, env=env).returncode:
        sys.exit(f"failed: {' '.join(words)}")


def say(text):
    print(f"== {text}", flush=True)

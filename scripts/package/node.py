"""npm packages: what programs import, and a native half for each kind of machine."""

import json
import platform
import shutil
import tempfile
from pathlib import Path

from .common import DIST, LICENCES, ROOT, WORK, build_native, copy_licences, fresh, only, run, say
from .targets import TARGETS

HOME = ROOT / "bindings/node"


def build(targets):
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"], cwd=HOME)
    run(["npm", "run", "--silent", "build:js"], cwd=HOME)
    manifest = json.loads((HOME / "package.json").read_text())
    for target in targets:
        say(f"npm package for {target.name}")
        pack(platform_package(target, manifest, build_native("glueberry-node", target)))
    say("npm package")
    pack(main_package(manifest))


def platform_package(target, manifest, library):
    """The native half for one kind of machine; npm installs it only there."""
    folder = fresh(WORK / "npm" / target.npm)
    file = f"glueberry.{target.npm}.node"
    shutil.copy(library, folder / file)
    copy_licences(folder)
    described = {key: manifest[key] for key in ("version", "license", "repository", "engines")}
    write_manifest(folder, {
        "name": f"@glueberry/{target.npm}",
        "description": f"The native half of glueberry, for {target.name}",
        **described, "main": file, "files": [file, *LICENCES], "os": ["linux"], "cpu": [target.cpu],
        "libc": [target.libc],
    })
    return folder


def main_package(manifest):
    """What programs import. It names a native half for every kind of machine, of the same version."""
    folder = fresh(WORK / "npm/glueberry")
    shutil.copytree(HOME / "dist", folder / "dist")
    shutil.copy(HOME / "README.md", folder)
    copy_licences(folder)
    for key in ("scripts", "devDependencies", "napi"):
        manifest.pop(key, None)
    natives = {f"@glueberry/{target.npm}": manifest["version"] for target in TARGETS}
    files = [*manifest["files"], *LICENCES]
    write_manifest(folder, {**manifest, "files": files, "optionalDependencies": natives})
    return folder


def pack(folder):
    run(["npm", "pack", "--silent", "--pack-destination", DIST], cwd=folder)


def check():
    """The packages for this machine, in an empty project."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    packages = [only(DIST.glob(f"glueberry-linux-{machine}-gnu-*.tgz")), only(DIST.glob("glueberry-[0-9]*.tgz"))]
    say(f"trying {' and '.join(package.name for package in packages)}")
    with tempfile.TemporaryDirectory() as folder:
        write_manifest(Path(folder), {"private": True, "type": "module"})
        # The other kinds' packages are not published yet: npm leaves out what is optional.
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--omit=optional", *packages], cwd=folder)
        program = shutil.copy(ROOT / "examples/node/quick-start.mjs", folder)
        run(["node", program], cwd=folder)
        common = "const { Node } = require('glueberry'); Node.start().then((node) => node.close())"
        run(["node", "--input-type=commonjs", "-e", common], cwd=folder)


def write_manifest(folder, manifest):
    (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")

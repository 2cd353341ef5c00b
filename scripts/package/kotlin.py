"""A jar for the JVM, with the native halves of all machines that the JVM tells apart."""

import shutil
import tempfile

from .common import DIST, ROOT, VERSION, WORK, build_native, fresh, run, say

HOME = ROOT / "bindings/uniffi/kotlin"
OUT = WORK / "kotlin"
# Not the user's repository: nothing that is there already can take the place of the jar.
REPOSITORY = WORK / "maven"
JAR, POM = DIST / f"glueberry-{VERSION}.jar", DIST / f"glueberry-{VERSION}.pom"


def build(targets):
    # None of an earlier build may get into the jar.
    fresh(OUT)
    for target in targets:
        if not target.jna:
            continue
        say(f"native half of the jar for {target.name}")
        folder = OUT / "natives" / target.jna
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(build_native("glueberry-uniffi", target), folder)
    say("jar")
    # Generated from the library of this machine: the same for all.
    run([HOME / "build", "--generate", OUT / "generated"])
    maven("--file", HOME / "pom.xml", f"-Dglueberry.out={OUT}", "-Dmaven.test.skip=true", "package")
    shutil.copy(OUT / "maven" / JAR.name, JAR)
    shutil.copy(HOME / "pom.xml", POM)


def check():
    """The jar, in a project that has only it, with a repository of its own."""
    say(f"trying {JAR.name}")
    shutil.rmtree(REPOSITORY / "io/github/blockberries", ignore_errors=True)
    maven("org.apache.maven.plugins:maven-install-plugin:3.1.4:install-file", f"-Dfile={JAR}", f"-DpomFile={POM}")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples/kotlin", folder, dirs_exist_ok=True)
        out = f"-Dproject.build.directory={folder}/out"
        maven("compile", "exec:java", "-Dexec.mainClass=QuickStartKt", out, cwd=folder)


def maven(*words, cwd=ROOT):
    command = ["mvn", "--batch-mode", "--quiet", "-Dstyle.color=never", f"-Dmaven.repo.local={REPOSITORY}"]
    run([*command, *words], cwd=cwd)

"""All pairs, and what is printed of them."""

import argparse
import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from . import support
from .driver import Driver
from .failure import Failure
from .languages import HERE, languages
from .places import Places
from .play import Play
from .tables import Tables

# A pair takes 5 to 10 s on an idle machine.
PAIR_S = 180
DRIVERS, SCENARIO = HERE / "drivers.json", HERE / "scenario.json"


@dataclass
class Result:
    """What became of a pair."""

    a: str
    b: str
    seconds: float
    failure: str | None
    # The scenes that were played to their end.
    played: list[str]


def main(arguments=None):
    options = parser().parse_args(arguments)
    scenes = json.loads(options.scenario.read_text())["scenes"]
    known = languages(options.drivers)
    for language in known:
        if language.is_left_out:
            print(f"SKIPPED: {language.name}, because {language.left_out_by}", flush=True)
    taking_part = [language for language in known if not language.is_left_out]
    pairs = [(a, b) for a in taking_part for b in taking_part if chosen(options.only, a, b)]
    if options.list:
        return listed(pairs, scenes)
    if not pairs:
        print(f"there is no such pair: {', '.join(options.only)}")
        return 1
    for language in {language.name: language for pair in pairs for language in pair}.values():
        print(f"building {language.name}", flush=True)
        language.build()
    results = played(pairs, scenes, options.jobs)
    print_matrix([language.name for language in taking_part], results)
    passed = sum(result.failure is None for result in results)
    print(f"conformance: {passed} of {len(results)} pairs", flush=True)
    if passed < len(results):
        return 1
    is_whole = len(taking_part) == len(known) and not options.only
    is_ours = options.drivers == DRIVERS and options.scenario == SCENARIO
    if not (is_whole and is_ours):
        return 0
    return told(support.table([language.name for language in known], scenes, results), options.write_table)


def told(table, is_to_write):
    """Sees to it that docs/languages.md tells what was shown."""
    if is_to_write:
        support.write(table)
    elif not support.is_true(table):
        print(f"docs/languages.md has another table: tests/conformance/run --write-table\n{table}")
        return 1
    return 0


def parser():
    parser = argparse.ArgumentParser(prog="tests/conformance/run", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="A-B",
        help="this pair, side a first; A alone is every pair with A; may be given several times",
    )
    parser.add_argument("--list", action="store_true", help="print the pairs and the scenes")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="pairs at once; by default one a core"
    )
    parser.add_argument("--drivers", type=Path, default=DRIVERS, help="other drivers")
    parser.add_argument("--scenario", type=Path, default=SCENARIO, help="another scenario")
    parser.add_argument(
        "--write-table", action="store_true", help="write the table in docs/languages.md, after all pairs"
    )
    return parser


def chosen(only, a, b):
    names = {a.name, b.name, f"{a.name}-{b.name}"}
    return not only or any(wanted in names for wanted in only)


def listed(pairs, scenes):
    for a, b in pairs:
        print(f"{a.name}-{b.name}")
    for scene in scenes:
        print(f"scene: {scene['name']}{' (v1)' if scene.get('v1') else ''}, {len(scene['steps'])} steps")
    return 0


def played(pairs, scenes, jobs):
    tables = Tables()
    results = {}
    with ThreadPoolExecutor(max(jobs, 1)) as pool:
        running = {pool.submit(pair, a, b, scenes, tables): number for number, (a, b) in enumerate(pairs)}
        try:
            for done in as_completed(running):
                results[running[done]] = done.result()
                print_result(done.result())
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    return [results[number] for number in range(len(pairs))]


def print_result(result):
    state = "FAILED" if result.failure else "ok"
    print(f"{result.a} → {result.b}: {state}, {result.seconds:.1f} s", flush=True)
    if result.failure:
        print(f"{result.failure}\n", flush=True)


def pair(a, b, scenes, tables):
    """Plays the scenario with these two. Whatever they do, it returns."""
    began = time.monotonic()
    drivers, played = {}, []
    failure = None
    prefix = f"conformance-{a.name}-{b.name}-"
    with tempfile.TemporaryDirectory(prefix=prefix) as directory, Places() as places:
        ending = Timer(PAIR_S, lambda: [driver.kill() for driver in list(drivers.values())])
        ending.start()
        try:
            for side, language in (("a", a), ("b", b)):
                drivers[side] = started(side, language, Path(directory))
            v1 = {"a": a.v1, "b": b.v1}
            play = Play(drivers, tables, places.known(), v1, f"{a.name} {b.name}")
            played = play.played
            play.all(scenes)
        except Failure as problem:
            failure = report(a, b, problem, drivers)
        except Exception as problem:  # a driver that answers nonsense must not end the runner
            failure = report(a, b, Failure(f"the runner stumbled: {problem!r}"), drivers)
        finally:
            ending.cancel()
            for driver in drivers.values():
                driver.kill()
    return Result(a.name, b.name, time.monotonic() - began, failure, played)


def started(side, language, directory):
    own = directory / side
    own.mkdir()
    try:
        return Driver(language.name, language.command(), own, language.environment())
    except Failure as failure:
        raise failure.at(side) from None


def report(a, b, failure, drivers):
    """What failed, with what both sides said last."""
    names = {"a": a.name, "b": b.name}
    lines = [f"FAILED: {a.name} (a) with {b.name} (b)"]
    lines += [f"  {place}" for place in failure.where]
    culprit = f"side {failure.side} ({names[failure.side]}) " if failure.side else ""
    lines.append(f"  {culprit}{failure}")
    for side, driver in drivers.items():
        lines.append(f"  the last of side {side} ({driver.language}):")
        lines += [f"    {line}" for line in driver.said()]
    return "\n".join(lines)


def print_matrix(names, results):
    """A row for each side a, a column for each side b, seconds or FAILED in the cells."""
    cells = {(result.a, result.b): cell(result) for result in results}
    rows = [name for name in names if any(name == a for a, _ in cells)]
    columns = [name for name in names if any(name == b for _, b in cells)]
    width = max(map(len, [*columns, *rows, *cells.values()])) + 2
    lines = [["a \\ b", *columns]]
    lines += [[row, *(cells.get((row, column), "") for column in columns)] for row in rows]
    print()
    for line in lines:
        print("".join(text.ljust(width) for text in line).rstrip())
    print()


def cell(result):
    return f"{'FAILED' if result.failure else 'ok'} {result.seconds:.1f} s"

"""The table in docs/languages.md: which language has which feature, as the pairs have shown it."""

from .tables import ROOT

PAGE = ROOT / "docs/languages.md"
BEGIN, END = "<!-- written by tests/conformance/run --write-table -->\n", "<!-- end -->\n"


def table(names, scenes, results):
    """A row for each scene. All pairs have passed: a language has what one of its pairs has played."""
    played = {(name, scene) for result in results for name in (result.a, result.b) for scene in result.played}
    lines = [["", *names], ["---", *(":-:" for _ in names)]]
    for scene in scenes:
        cells = ("yes" if (name, scene["name"]) in played else "–" for name in names)
        lines.append([scene["name"], *cells])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def is_true(written, page=PAGE):
    """Whether the page has this table."""
    return parts(page)[1] == written


def write(written, page=PAGE):
    before, _, after = parts(page)
    page.write_text(before + BEGIN + written + END + after)


def parts(page):
    before, _, rest = page.read_text().partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside, after

"""What core says of errors and events, from the documents that its tests keep true."""

import re
from pathlib import Path

from .failure import Failure
from .match import differs

ROOT = Path(__file__).resolve().parents[3]
ERROR = re.compile(r"^\| (\d+) \| `(\w+)` \| (\w+) \| (yes|no) \| (.*) \|$", re.MULTILINE)
EVENT = re.compile(r"^\| `(\w+)` \| ([^|]*) \| [^|]* \| [^|]* \|$", re.MULTILINE)


class Tables:
    """Every error with its members, every kind of event with its fields."""

    def __init__(self):
        self.version = version()
        self._errors = {
            name: {
                "code": int(number),
                "name": name,
                "class": kind,
                "retriable": again == "yes",
                "hint": hint,
            }
            for number, name, kind, again, hint in ERROR.findall(document("errors.md"))
        }
        self._events = {
            kind: {field for field in re.findall(r"[a-z_]+", re.sub(r"\([^)]*\)", "", fields))}
            for kind, fields in EVENT.findall(document("events.md"))
        }
        assert len(self._errors) > 40 and len(self._events) > 15, "the documents have other tables now"

    def check_error(self, error):
        """An error has to have all its members, with core's words."""
        known = self._errors.get(error.get("name"))
        if known is None:
            raise Failure(f"tells of an error that core does not have: {error}")
        if difference := differs(known, error):
            raise Failure(f"tells of the error {error['name']} wrongly: {difference}")
        if not error.get("message"):
            raise Failure(f"tells of the error {error['name']} without a message")

    def check_event(self, event):
        """An event has to have exactly the fields of its kind."""
        fields = self._events.get(event.get("kind"))
        if fields is None:
            raise Failure(f"tells of an event that core does not have: {event}")
        has = set(event) - {"kind", "at"}
        if has != fields:
            raise Failure(f"tells of {event['kind']} with {sorted(has)}, its fields are {sorted(fields)}")
        if not isinstance(event.get("at"), int) or event["at"] < 1_500_000_000_000:
            raise Failure(f"tells of {event['kind']} at {event.get('at')}, which is no time in milliseconds")


def version():
    manifest = (ROOT / "Cargo.toml").read_text()
    return re.search(r'^version = "([^"]+)"$', manifest, re.MULTILINE)[1]


def document(name):
    return (ROOT / "docs" / name).read_text()

"""Takes two drivers through the scenario."""

import hashlib
import re
import time

from .failure import Failure
from .match import differs
from .payload import expanded

# How much longer than its deadline an answer may take, and how long one without a deadline.
GRACE_S = 20
# How long a program may take to end when its input has ended.
LEAVING_S = 10
# The queue of events that the runner takes of every node.
EVENTS = "all events"
REFERENCE = re.compile(r"\$([a-z]+)((?:\.[a-z0-9_]+)+)")


class Play:
    """One pair on its way through the scenario."""

    def __init__(self, drivers, tables, places, v1, seed):
        self.drivers = drivers
        self.tables = tables
        self.v1 = v1
        self.seeds = {side: hashlib.sha256(f"{seed} {side}".encode()).hexdigest() for side in drivers}
        self.places = places
        self.saved = {}
        self.seen = {}
        self.roles = {}
        self.played = []

    def all(self, scenes):
        for side in self.drivers:
            self.greet(side)
        for scene in scenes:
            if not self.takes(scene.get("v1", False)):
                continue
            ways = [("a", "b"), ("b", "a")] if scene.get("both_ways") else [("a", "b")]
            for x, y in ways:
                self.scene(scene, {"a": "a", "b": "b", "x": x, "y": y})
            self.played.append(scene["name"])

    def takes(self, v1):
        """Whether these drivers take what is for peers of v1: always, never, on one side, or alone."""
        only = [side for side, is_v1 in self.v1.items() if is_v1]
        return v1 is True or not only or (len(only) == 1 and v1 in ("one", *only))

    def greet(self, side):
        answer = self.ask(side, "hello", {}, GRACE_S)
        expected = {"language": self.drivers[side].language}
        if not self.v1[side]:
            expected["version"] = self.tables.version
        if difference := differs(expected, answer):
            raise Failure(difference).at(side).inside("hello")

    def scene(self, scene, roles):
        place = f"scene {scene['name']!r}"
        if scene.get("both_ways"):
            place += f" with x = {roles['x']}"
        self.roles = roles
        self.seen = {}
        self.saved = {"seeds": self.seeds, **self.places}
        try:
            for side, settings in scene.get("nodes", {}).items():
                start = {"seed": self.seeds[side], "settings": settings}
                self.step({"on": side, "do": "start", "with": start})
            for number, step in enumerate(scene["steps"], 1):
                if self.takes(step.get("v1", True)):
                    self.numbered(number, step)
            self.leave() if scene.get("leave") else self.close()
        except Failure as failure:
            raise failure.inside(place) from None

    def numbered(self, number, step):
        try:
            self.step(step)
        except Failure as failure:
            what = {name: value for name, value in step.items() if name != "expect"}
            raise failure.at(self.roles[step["on"]]).inside(f"step {number}: {what}") from None

    def close(self):
        for side in self.drivers:
            self.ask(side, "close", {}, GRACE_S)

    def leave(self):
        for side, driver in self.drivers.items():
            try:
                driver.leave(LEAVING_S)
            except Failure as failure:
                raise failure.at(side) from None

    def step(self, step):
        side = self.roles[step["on"]]
        if "event" in step:
            self.event(side, step["event"], self.resolved(step.get("where", {})))
        elif "gather" in step:
            self.gather(side, step)
        else:
            self.call(side, step)

    def call(self, side, step):
        arguments = self.resolved(step.get("with", {}))
        seconds = GRACE_S + arguments.get("within_ms", 0) / 1000
        answer = self.ask(side, step["do"], arguments, seconds)
        self.outcome(side, step, answer)
        if "ok" in answer and step["do"] == "start":
            self.started(side, answer)
        if "save" in step:
            self.saved[step["save"]] = answer

    def outcome(self, side, step, answer):
        if "error" in step:
            self.failed(side, self.resolved(step["error"]), answer)
        elif step.get("timed_out"):
            if answer.get("timed_out") is not True:
                raise Failure(f"was not to be done in time, but answered {answer}")
        elif answer.get("ok") is not True or "error" in answer or "timed_out" in answer:
            raise Failure(f"answered {answer}")
        self.expect(step, answer)

    def failed(self, side, expected, answer):
        if "error" not in answer:
            raise Failure(f"was to fail with {expected}, but answered {answer}")
        error = answer["error"]
        if self.v1[side]:
            return
        self.tables.check_error(error)
        wanted = {"name": expected} if isinstance(expected, str) else expected
        if difference := differs(wanted, error):
            raise Failure(f"failed with {error}: {difference}")

    def expect(self, step, answer):
        expected = self.resolved(step.get("expect", {}))
        messages = expected.get("messages")
        if isinstance(messages, list):
            expected["messages"] = expanded(messages)
        if difference := differs(expected, answer):
            raise Failure(difference)

    def started(self, side, answer):
        address = next(iter(answer["addresses"]), None)
        place = address and address.split("/p2p/")[0]
        self.saved[side] = {**answer, "address": address, "place": place}
        self.seen[side] = []
        self.ask(side, "events", {"queue": EVENTS}, GRACE_S)

    def event(self, side, kind, where):
        if self.v1[side]:  # it tells no other fields
            where = {name: value for name, value in where.items() if name == "peer"}
        others = self.seen[side]
        for number, event in enumerate(others):
            if event["kind"] == kind and differs(where, event) is None:
                del others[number]
                return
        deadline = time.monotonic() + GRACE_S
        while (event := self.next_event(side, deadline)) is not None:
            if event["kind"] == kind and differs(where, event) is None:
                return
            others.append(event)
        told = "\n".join(f"    {event}" for event in others)
        raise Failure(f"saw no {kind} with {where} within {GRACE_S} s, but\n{told or '    nothing'}")

    def next_event(self, side, deadline):
        left = max(int((deadline - time.monotonic()) * 1000), 0)
        answer = self.ask(side, "event", {"queue": EVENTS, "within_ms": left}, GRACE_S + left / 1000)
        event = answer.get("event")
        if event is not None and not self.v1[side]:
            self.tables.check_event(event)
        return event

    def gather(self, side, step):
        wanted = expanded(self.resolved(step["expect"]["messages"]))
        deadline = time.monotonic() + GRACE_S
        came = []
        while len(came) < len(wanted) and time.monotonic() < deadline:
            limits = {"count": len(wanted) - len(came), "within_ms": step["each_ms"]}
            answer = self.ask(side, "receive", {"queue": step["gather"], **limits}, GRACE_S)
            came += answer["messages"]
        if difference := differs(wanted, came, "the messages"):
            raise Failure(difference)

    def ask(self, side, do, arguments, seconds):
        try:
            return self.drivers[side].ask(do, arguments, seconds)
        except Failure as failure:
            raise failure.at(side) from None

    def resolved(self, value):
        """With what was saved in the place of references to it."""
        if isinstance(value, dict):
            return {name: self.resolved(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.resolved(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if whole := REFERENCE.fullmatch(value):
            return self.referred(whole)
        return REFERENCE.sub(lambda found: str(self.referred(found)), value)

    def referred(self, found):
        names = [found[1], *found[2].split(".")[1:]]
        names = [self.roles.get(names[0], names[0]), *names[1:]]
        if names[0] == "seeds":
            names[1] = self.roles.get(names[1], names[1])
        value = self.saved
        try:
            for name in names:
                value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError):
            raise Failure(f"the scenario names {found[0]}, which nothing was saved as") from None
        return value

#!/usr/bin/env python3
"""The runner finds what is wrong with a driver, tells it, and goes on. `tests/conformance/test_run.py`."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness import languages, matrix, play, support  # noqa: E402
from harness.match import differs  # noqa: E402
from harness.payload import crc_of_generated, expanded, generated  # noqa: E402
from harness.tables import Tables  # noqa: E402

PAYLOAD = {"stream": "chat", "size": 100, "seed": 7}
SCENARIO = {"scenes": [{
    "name": "a conversation", "leave": True,
    "nodes": {"a": {}, "b": {}},
    "steps": [
        {"on": "a", "do": "connect", "with": {"address": "$b.address"}, "error": "NotConnected"},
        {"on": "a", "event": "Lagged", "where": {"missed": {"at_least": 1}}},
        {"on": "a", "do": "send", "with": {"peer": "$b.peer", **PAYLOAD}, "expect": {"sent": 1}},
        {"on": "b", "do": "receive", "with": {"queue": "inbox"},
         "expect": {"messages": [{"peer": "$a.peer", **PAYLOAD}]}},
    ],
}]}


class TheRunner(unittest.TestCase):
    def play(self, *wrongs, only=(), patience=2, pair=60):
        """Every pair of drivers that are wrong so: the status, and what was printed."""
        command = [sys.executable, str(HERE / "wrong_driver.py")]
        environment = {"VERSION": Tables().version}
        drivers = {wrong: {"run": [*command, wrong], "env": environment} for wrong in wrongs}
        said = io.StringIO()
        with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(said):
            paths = [Path(directory, name) for name in ("drivers.json", "scenario.json")]
            for path, content in zip(paths, (drivers, SCENARIO)):
                path.write_text(json.dumps(content))
            arguments = ["--drivers", str(paths[0]), "--scenario", str(paths[1])]
            for wanted in only:
                arguments += ["--only", wanted]
            with mock.patch.multiple(play, GRACE_S=patience, LEAVING_S=patience), \
                    mock.patch.object(matrix, "PAIR_S", pair):
                status = matrix.main(arguments)
        return status, said.getvalue()

    def fails(self, wrong, *words, **options):
        status, said = self.play(wrong, **options)
        self.assertEqual(status, 1, said)
        for word in words:
            self.assertIn(word, said)
        self.assertIn(f"FAILED: {wrong} (a) with {wrong} (b)", said)
        self.assertEqual(said.splitlines()[-1], "conformance: 0 of 1 pairs")

    def test_a_pair_that_does_all_passes(self):
        status, said = self.play("right")
        self.assertEqual(status, 0, said)
        self.assertEqual(said.splitlines()[-1], "conformance: 1 of 1 pairs")

    def test_a_damaged_message_fails_the_pair(self):
        self.fails("damages", "scene 'a conversation'", "step 4", "side b (damages) messages[0].crc is")

    def test_a_command_that_is_lacking_fails_the_pair(self):
        self.fails("receive", "step 4", "side b (receive) lacks the command 'receive'")

    def test_a_driver_that_hangs_fails_the_pair(self):
        self.fails("hangs", "step 3", "side a (hangs) gave no answer to 'send' within 2 s")

    def test_a_driver_that_hangs_for_long_is_ended_with_its_pair(self):
        self.fails("hangs", "step 3", "ended in the middle, with signal SIGKILL", patience=60, pair=2)

    def test_a_driver_that_dies_fails_the_pair_and_its_last_words_are_shown(self):
        self.fails("dies", "side a (dies) ended in the middle, with signal SIGABRT", "! something is rotten")

    def test_a_line_that_is_no_answer_fails_the_pair(self):
        self.fails("babbles", "side a (babbles) wrote a line that is no JSON: hello there")

    def test_a_wrong_number_of_an_error_fails_the_pair(self):
        self.fails("misnumbers", "step 1", "the error NotConnected wrongly: code is 302, expected was 301")

    def test_an_event_with_other_fields_fails_the_pair(self):
        told = "tells of Lagged with ['missed', 'peer'], its fields are ['missed']"
        self.fails("adds a field", "step 2", told)

    def test_a_driver_that_ends_with_another_status_fails_the_pair(self):
        self.fails("ends badly", "side a (ends badly) ended with status 3")

    def test_a_driver_that_stays_fails_the_pair(self):
        self.fails("stays", "side a (stays) still runs 2 s after the end of its input")

    def test_other_pairs_go_on_beside_one_that_fails(self):
        status, said = self.play("right", "dies")
        self.assertEqual(status, 1)
        self.assertEqual(said.splitlines()[-1], "conformance: 2 of 4 pairs", said)
        self.assertIn("right → right: ok", said)
        self.assertIn("right → dies: ok", said, "it dies only when it sends")

    def test_a_pair_can_be_chosen(self):
        status, said = self.play("right", "dies", only=["right-dies"])
        self.assertEqual(status, 0, said)
        self.assertEqual(said.splitlines()[-1], "conformance: 1 of 1 pairs")

    def test_a_choice_of_no_pair_is_a_failure(self):
        status, said = self.play("right", only=["right-perl"])
        self.assertEqual(status, 1)
        self.assertIn("there is no such pair: right-perl", said)

    def test_a_driver_that_does_not_build_fails_its_pairs(self):
        build = [["sh", "-c", "echo no compiler; exit 1"]]
        language = languages.Language("broken", {"run": ["true"], "build": build})
        language.build()
        result = matrix.pair(language, language, SCENARIO["scenes"], Tables())
        self.assertIn("does not build", result.failure)
        self.assertIn("no compiler", result.failure)

    def test_a_driver_that_cannot_be_started_fails_its_pairs(self):
        language = languages.Language("missing", {"run": ["/nowhere/driver"]})
        result = matrix.pair(language, language, SCENARIO["scenes"], Tables())
        self.assertIn("cannot be started", result.failure)

    def test_a_language_is_left_out_only_where_that_is_said(self):
        language = languages.Language("go", {"run": ["true"], "without": "GLUEBERRY_WITHOUT_GO"})
        for value, left_out in (("1", True), ("0", False), ("", False)):
            with mock.patch.dict(os.environ, {"GLUEBERRY_WITHOUT_GO": value}):
                self.assertEqual(language.is_left_out, left_out)


class TheTable(unittest.TestCase):
    PLAYED = [
        matrix.Result("rust", "go", 1.0, None, ["talking"]),
        matrix.Result("rust", "rust", 1.0, None, ["talking", "banning"]),
    ]
    TABLE = "|  | rust | go |\n| --- | :-: | :-: |\n| talking | yes | yes |\n| banning | yes | – |\n"

    def test_says_yes_where_a_pair_of_the_language_played_the_scene(self):
        scenes = [{"name": "talking"}, {"name": "banning"}]
        self.assertEqual(support.table(["rust", "go"], scenes, self.PLAYED), self.TABLE)

    def test_a_page_with_another_table_is_noticed_and_written_anew(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "languages.md")
            page.write_text(f"Before.\n{support.BEGIN}old\n{support.END}After.\n")
            self.assertFalse(support.is_true(self.TABLE, page))
            support.write(self.TABLE, page)
            self.assertTrue(support.is_true(self.TABLE, page))
            self.assertTrue(page.read_text().startswith("Before.\n"))
            self.assertTrue(page.read_text().endswith("After.\n"))


class TheComparison(unittest.TestCase):
    def test_tells_where_something_differs(self):
        self.assertIsNone(differs({"a": [1, {"b": None}]}, {"a": [1, {"b": None, "c": 2}], "d": 1}))
        self.assertEqual(differs({"a": [1, 2]}, {"a": [1, 3]}), "a[1] is 3, expected was 2")
        self.assertEqual(differs({"a": [1, 2]}, {"a": [1]}), "a has 1 elements, expected were 2")
        self.assertEqual(differs({"a": True}, {"a": 1}), "a is 1, expected was true")
        self.assertEqual(differs({"a": 1}, {}), "a is null, expected was 1")

    def test_knows_its_matchers(self):
        for matcher, good, bad in (
            ({"at_least": 2}, 2, 1),
            ({"at_most": 2}, 2, 3),
            ({"one_of": ["x", "y"]}, "y", "z"),
            ({"any": True}, 0, None),
            ({"contains": {"n": {"at_least": 1}}}, [{"n": 0}, {"n": 1}], [{"n": 0}]),
        ):
            self.assertIsNone(differs(matcher, good))
            self.assertIsNotNone(differs(matcher, bad))


class ThePayload(unittest.TestCase):
    def test_is_that_of_the_readme(self):
        self.assertEqual(generated(10, 1).hex(" "), "01 00 00 00 b2 79 37 9e 63 f3")
        self.assertEqual(crc_of_generated(10, 1), 1604189608)

    def test_a_count_is_so_many_messages_with_growing_seeds(self):
        rows = expanded([{"size": 4, "seed": (1 << 32) - 1, "count": 2}])
        self.assertEqual(rows, [{"size": 4, "crc": crc_of_generated(4, seed)} for seed in ((1 << 32) - 1, 0)])


if __name__ == "__main__":
    unittest.main()

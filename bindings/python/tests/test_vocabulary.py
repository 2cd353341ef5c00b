"""What this package names is what the library names: word by word, number by number."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from enum import IntEnum

import pytest

import glueberry
from glueberry import ErrorClass, Event, EventName, GlueberryError, errors, events
from glueberry._glueberry import error_table, event_samples, vocabulary

ENUMERATIONS = vocabulary()
ERRORS = error_table()
SAMPLES = event_samples()


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


@pytest.mark.parametrize(("name", "words"), ENUMERATIONS, ids=[name for name, _ in ENUMERATIONS])
def test_an_enumeration_has_the_words_of_the_library(
    name: str, words: list[tuple[str, int]]
) -> None:
    enumeration = getattr(glueberry, name)
    assert issubclass(enumeration, IntEnum)
    assert {word.name: word.value for word in enumeration} == {
        snake(word): number for word, number in words
    }


def test_no_enumeration_is_made_up() -> None:
    ours = {
        name
        for name in glueberry.__all__
        if isinstance(kind := getattr(glueberry, name), type) and issubclass(kind, IntEnum)
    }
    assert ours == {name for name, _ in ENUMERATIONS}


@pytest.mark.parametrize("row", ERRORS, ids=[row[1] for row in ERRORS])
def test_an_error_has_the_class_that_the_library_describes(
    row: tuple[int, str, str, bool, str],
) -> None:
    number, name, class_name, retriable, _ = row
    error = errors.CLASSES[number]
    assert issubclass(error, GlueberryError)
    assert error.code == number
    assert error.code.name == snake(name)
    assert error.retriable is retriable
    assert error.hint.endswith((".", "?"))
    assert error.__name__ == {"Internal": "InternalFault"}.get(name, name)
    parent = getattr(errors, f"{class_name.title()}Error")
    assert issubclass(error, parent)
    assert ErrorClass(number // 100).name == class_name.upper()


def test_no_error_is_made_up() -> None:
    assert set(errors.CLASSES) == {row[0] for row in ERRORS}


def test_every_error_can_be_caught_by_name() -> None:
    for error in errors.CLASSES.values():
        assert getattr(errors, error.__name__) is error
        assert error.__name__ in errors.__all__
        if not hasattr(events, error.__name__):
            assert getattr(glueberry, error.__name__) is error


def test_an_error_says_what_who_and_what_to_do() -> None:
    error = errors.NotConnected("no session", stream="chat")
    assert str(error) == error.message == "no session"
    assert (error.peer, error.stream) == (None, "chat")
    assert error.__notes__ == [f"hint: {errors.NotConnected.hint}"]
    assert issubclass(errors.TimedOut, TimeoutError)
    assert str(errors.TimedOut("too slow", message="slow")) == "too slow"


@pytest.mark.parametrize(("event", "name", "fields"), SAMPLES, ids=[name for _, name, _ in SAMPLES])
def test_an_event_has_the_fields_that_the_library_gives(
    event: Event, name: str, fields: list[str]
) -> None:
    kind = type(event)
    assert kind.__name__ == name
    assert kind.kind is EventName[snake(name)]
    ours = [field.name for field in dataclasses.fields(event) if field.name != "at"]
    assert ours == fields
    assert list(kind.__match_args__) == fields
    assert event.at.tzinfo is not None
    assert event.at == datetime.fromisoformat("2023-11-14T22:13:20.250+00:00")
    assert not hasattr(event, "__dict__")


def test_the_values_of_events_have_the_types_they_are_declared_with() -> None:
    shown = {type(event).__name__: event for event, _, _ in SAMPLES}
    lost = shown["PeerDisconnected"]
    assert isinstance(lost, events.PeerDisconnected)
    assert lost == events.PeerDisconnected(
        lost.peer,
        session=None,
        reason=glueberry.DisconnectReason.DIAL_FAILED,
        unwritten=(),
        at=lost.at,
    )
    with_unwritten = SAMPLES[4][0]
    assert isinstance(with_unwritten, events.PeerDisconnected)
    assert with_unwritten.unwritten == (events.Unwritten("chat", 3, 4096),)
    assert with_unwritten.reason is glueberry.DisconnectReason.CONNECTION_LOST
    tried = shown["PeerReconnecting"]
    assert isinstance(tried, events.PeerReconnecting)
    assert tried.delay.total_seconds() == 1.5
    cooled = shown["PeerCooldown"]
    assert isinstance(cooled, events.PeerCooldown)
    assert (cooled.until - cooled.at).total_seconds() == 60
    warned = shown["Warning"]
    assert isinstance(warned, events.Warning)
    assert (warned.code, warned.peer, warned.stream) == (
        glueberry.ErrorCode.OVERSIZE_SKIPPED,
        None,
        None,
    )


def test_every_kind_of_event_has_a_class_with_a_sample() -> None:
    assert {type(event).kind for event, _, _ in SAMPLES} == set(EventName)
    for event, name, _ in SAMPLES:
        assert getattr(events, name) is type(event)
        assert name in events.__all__
        if not hasattr(errors, name) and name != "Warning":
            assert getattr(glueberry, name) is type(event)


def test_an_event_is_matched_by_its_fields_and_others_are_ignored() -> None:
    seen: list[str] = []
    for event, _, _ in SAMPLES:
        match event:
            case events.PeerConnected(peer=peer, session=session):
                seen.append(f"{peer} {session}")
            case events.PeerReconnecting(_, attempt):
                seen.append(f"again {attempt}")
            case _:
                pass
    assert len(seen) == 2
    assert seen[1] == "again 2"

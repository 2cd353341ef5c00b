"""Compares what came with what was expected."""

import json

MATCHERS = {
    "at_least": lambda bound, value: is_number(value) and value >= bound,
    "at_most": lambda bound, value: is_number(value) and value <= bound,
    "one_of": lambda choices, value: any(differs(choice, value) is None for choice in choices),
    "any": lambda _, value: value is not None,
    "contains": lambda wanted, value: isinstance(value, list)
    and any(differs(wanted, element) is None for element in value),
}


def differs(expected, value, at=""):
    """Where `value` is not as expected, in words; None if it is."""
    if is_matcher(expected):
        ((matcher, bound),) = expected.items()
        return None if MATCHERS[matcher](bound, value) else unlike(expected, value, at)
    if isinstance(expected, dict) and isinstance(value, dict):
        return first(differs(wanted, value.get(name), f"{at}.{name}") for name, wanted in expected.items())
    if isinstance(expected, list) and isinstance(value, list):
        elements = enumerate(zip(expected, value))
        found = first(differs(wanted, got, f"{at}[{i}]") for i, (wanted, got) in elements)
        if found is None and len(expected) != len(value):
            found = f"{named(at)} has {len(value)} elements, expected were {len(expected)}"
        return found
    same = expected == value and isinstance(expected, bool) == isinstance(value, bool)
    return None if same else unlike(expected, value, at)


def is_matcher(expected):
    return isinstance(expected, dict) and len(expected) == 1 and next(iter(expected)) in MATCHERS


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def first(differences):
    return next((difference for difference in differences if difference), None)


def unlike(expected, value, at):
    return f"{named(at)} is {shown(value)}, expected was {shown(expected)}"


def named(at):
    return at.lstrip(".") or "it"


def shown(value):
    return json.dumps(value, ensure_ascii=False)

"""The examples in docstrings and documents run, and say what they print."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import doctest
import importlib
import inspect
import io
import logging
import re
import sys
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from support import LOCAL, PATIENCE, run, soon

import glueberry
from glueberry import Config, Node, errors, events

ROOT = Path(__file__).parents[3]
MODULES = ["glueberry", "glueberry.errors", "glueberry.events"]
UNDOCUMENTED = {"__init__", "__new__"}


def documented() -> Iterator[tuple[str, str]]:
    """Every docstring that users may see, by the name of its object."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        yield module_name, module.__doc__ or ""
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing):
                yield name, thing.__doc__ or ""
                for method, value in vars(thing).items():
                    if not method.startswith("_") and isinstance(
                        value, FunctionType | property | classmethod
                    ):
                        yield f"{name}.{method}", inspect.getdoc(getattr(thing, method)) or ""
            elif isinstance(thing, FunctionType):
                yield name, thing.__doc__ or ""


DOCSTRINGS = dict(documented())
EXAMPLES = {
    name: examples
    for name, text in DOCSTRINGS.items()
    if (examples := doctest.DocTestParser().get_examples(text))
}


def test_everything_public_is_documented() -> None:
    bare = [name for name, text in DOCSTRINGS.items() if len(text) < 5]
    assert bare == []


def test_the_calls_of_a_node_have_examples() -> None:
    without = {name for name in DOCSTRINGS if name.startswith("Node.") and name not in EXAMPLES}
    # Said with complete_handshake, with start, or by themselves.
    assert without <= {
        "Node.prepare_streams",
        "Node.finalize_handshake",
        "Node.close",
        "Node.peer_id",
    }


@contextlib.asynccontextmanager
async def scene(folder: Path) -> AsyncGenerator[dict[str, Any]]:
    """What examples take for granted: a node with a peer that sends it what it got, and more."""
    config = Config(listen=[LOCAL], streams=["chat"])
    async with Node(config) as node, Node(config) as other:
        address = other.listen_addresses[0]
        peer = await soon(node.connect(address))
        await soon(other.wait_established(node.peer_id))
        for _ in range(3):
            await other.send(node.peer_id, "chat", b"hello")
        await other.flush(node.peer_id, "chat")
        yield {
            **{name: getattr(glueberry, name) for name in glueberry.__all__},
            "asyncio": asyncio,
            "logging": logging,
            "errors": errors,
            "events": events,
            "node": node,
            "peer": peer,
            "address": address,
            "folder": folder,
            "now": datetime.now(UTC),
        }


async def said_by(example: doctest.Example, scope: dict[str, Any]) -> str:
    code: CodeType = compile(
        example.source, "<example>", "single", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
    )
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        coming = eval(code, scope)
        if inspect.iscoroutine(coming):
            await soon(coming)
    return said.getvalue()


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_example_of(name: str, tmp_path: Path) -> None:
    hook, sys.displayhook = sys.displayhook, sys.__displayhook__
    level = logging.getLogger("glueberry").level
    try:
        async with scene(tmp_path) as scope:
            for example in EXAMPLES[name]:
                said = await said_by(example, scope)
                checker = doctest.OutputChecker()
                assert checker.check_output(example.want, said, doctest.ELLIPSIS), (
                    example.source,
                    said,
                )
    finally:
        sys.displayhook = hook
        logging.getLogger("glueberry").setLevel(level)


def programs(path: Path) -> list[str]:
    """The blocks of Python in a document that are whole programs."""
    text = path.read_text(encoding="utf-8")
    return [
        block
        for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        if "asyncio.run(" in block
    ]


def fragments(path: Path) -> list[str]:
    """Those that are a part of one, inside of `async def`."""
    text = path.read_text(encoding="utf-8")
    return [
        block
        for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        if "asyncio.run(" not in block
    ]


DOCUMENTS = [ROOT / "docs/python.md", ROOT / "bindings/python/README.md", ROOT / "README.md"]
PROGRAMS = [program for path in DOCUMENTS for program in programs(path)]
FRAGMENTS = fragments(ROOT / "docs/python.md")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_documents_runs(program: str) -> None:
    assert run("-c", program).stdout


@pytest.mark.parametrize("fragment", FRAGMENTS)
async def test_a_fragment_of_the_guide_runs(
    fragment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = compile(
        fragment, "docs/python.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
    )
    async with scene(tmp_path) as scope, asyncio.timeout(PATIENCE):
        with contextlib.redirect_stdout(io.StringIO()):
            coming = eval(code, scope)
            if inspect.iscoroutine(coming):
                await coming


def test_the_quick_start_of_the_guide_is_the_example() -> None:
    assert (ROOT / "examples/python/quick_start.py").read_text() in programs(
        ROOT / "docs/python.md"
    )


def test_the_guide_has_programs_and_fragments() -> None:
    assert len(programs(ROOT / "docs/python.md")) >= 2
    assert len(FRAGMENTS) >= 8

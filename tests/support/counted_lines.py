"""Which lines of map4 the tests run: with COUNT_LINES in the environment each statement notes that it was reached.

A tracer makes all of Python half as slow again, also what is not map4. Here a note is a part of the module: a statement
`__reached__[17] = 1` before that of line 17, in threads too, at a few hundredths of the time. What coverage then reads
from the sources is as ever. Told a little too low: an `except` or a `case` whose block is not entered.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import importlib.machinery
import io
import marshal
import os
import pkgutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import coverage
import pytest

WANTED = os.environ.get("COUNT_LINES")
NOTES = "__reached__"
FOLDER = Path(__file__).resolve().parent.parent.parent / "map4"
# What does its work when it is imported, in a process that is there for it.
DO_AS_IMPORTED = ("map4.__main__", "map4.scan.workers.preload")
VERSION = Path(__file__).read_bytes()
TOLD = pytest.StashKey[str]()
reached: dict[str, list[int]] = {}
of_others: dict[str, set[int]] = {}


class CountingLoader(importlib.machinery.SourceFileLoader):
    """Loads a module whose statements note that they were reached."""

    def exec_module(self, module: ModuleType) -> None:
        lines = len(self.get_data(self.path).splitlines())
        vars(module)[NOTES] = reached.setdefault(self.path, [0] * (lines + 1))
        super().exec_module(module)

    def get_code(self, fullname: str) -> CodeType:
        """Compiled once for all processes of tests, as Python does it with its own."""
        source = self.get_data(self.path)
        key = hashlib.sha256(source + VERSION).digest()
        kept = cache_from_source(self.path, optimization="counted")
        with suppress(OSError, ValueError, EOFError), open(kept, "rb") as file:
            if file.read(len(key)) == key:
                return marshal.loads(file.read())  # type: ignore[no-any-return]
        code = compile(noting(source), self.path, "exec", dont_inherit=True)
        with suppress(OSError):
            os.makedirs(os.path.dirname(kept), exist_ok=True)
            unfinished = f"{kept}.{os.getpid()}"
            Path(unfinished).write_bytes(key + marshal.dumps(code))
            os.replace(unfinished, kept)
        return code


class CountingFinder(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        if fullname.partition(".")[0] != "map4":
            return None
        spec = super().find_spec(fullname, path, target)
        if spec and type(spec.loader) is importlib.machinery.SourceFileLoader:
            spec.loader = CountingLoader(fullname, spec.loader.path)
        return spec


def noting(source: bytes) -> ast.Module:
    """The module with a note before each statement: of its line, those of its decorators and of the case it is in."""
    tree = ast.parse(source)
    for node in list(ast.walk(tree)):
        for member in ("body", "orelse", "finalbody"):
            if isinstance(block := getattr(node, member, None), list):
                setattr(node, member, list(_noting(block, node if member == "body" else None)))
    return tree


def _noting(block: list[ast.stmt], around: ast.AST | None) -> Iterator[ast.stmt]:
    lines = []
    if isinstance(around, ast.ExceptHandler):
        lines.append(around.lineno)
    elif isinstance(around, ast.match_case):
        lines.append(around.pattern.lineno)
    may_be_words = isinstance(around, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    for at, statement in enumerate(block):
        decorators = getattr(statement, "decorator_list", [])
        lines += [node.lineno for node in (*decorators, statement)]
        is_docstring = at == 0 and may_be_words and isinstance(statement, ast.Expr) and _is_text(statement.value)
        if is_docstring or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            yield statement  # nothing may stand before it
            continue
        for line in lines:
            yield _note(line)
        lines = []
        yield statement
    for line in lines:
        yield _note(line)


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _note(line: int) -> ast.stmt:
    place = {"lineno": line, "col_offset": 0, "end_lineno": line, "end_col_offset": 0}
    notes = ast.Name(id=NOTES, ctx=ast.Load(), **place)
    target = ast.Subscript(value=notes, slice=ast.Constant(line, **place), ctx=ast.Store(), **place)
    return ast.Assign(targets=[target], value=ast.Constant(1, **place), **place)


def shared_out(parts: Sequence[str], config: pytest.Config) -> list[str]:
    """All of them, each worker's own share first: what it compiles is there when the others come to it."""
    worker = getattr(config, "workerinput", None)
    start = len(parts) * int(worker["workerid"][2:]) // worker["workercount"] if worker else 0
    return [*parts[start:], *parts[:start]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Count what runs when it is imported, of what no test imports too."""
    if not session.config.getoption("numprocesses", None):  # a process that gives out tests imports nothing
        modules = [module.name for module in pkgutil.walk_packages([str(FOLDER)], "map4.")]
        for name in shared_out(modules, session.config):
            if name not in DO_AS_IMPORTED:
                importlib.import_module(name)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["reached"] = _reached_lines()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for path, lines in getattr(node, "workeroutput", {}).get("reached", {}).items():
        of_others.setdefault(path, set()).update(lines)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[object]:
    """Tell what was not reached, once all have ended; too little fails the run."""
    if hasattr(session.config, "workeroutput"):
        return (yield)
    counter = coverage.Coverage(data_file=None)
    lines = counter.get_data()
    counter._get_file_reporter = functools.cache(counter._get_file_reporter)
    reading = threading.Thread(target=_read_sources, args=[counter], daemon=True)
    if session.config.getoption("numprocesses", None):  # else it would take the time of the tests
        reading.start()
    done = yield
    if reading.ident:
        reading.join()
    lines.add_lines(of_others or _reached_lines())
    told = io.StringIO()
    percent = counter.report(file=told)
    if WANTED == "html":
        counter.html_report()
    session.config.stash[TOLD] = told.getvalue()
    session.testsfailed += percent < counter.get_option("report:fail_under")
    return done


def _read_sources(counter: coverage.Coverage) -> None:
    """What could be reached: seconds, for which one core would have nothing to do when the tests have ended."""
    for path in FOLDER.rglob("*.py"):
        counter._get_file_reporter(str(path)).lines()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write(config.stash.get(TOLD, ""))


def _reached_lines() -> dict[str, list[int]]:
    return {path: [line for line, is_reached in enumerate(lines) if is_reached] for path, lines in reached.items()}


if WANTED:
    if any(name.partition(".")[0] == "map4" for name in sys.modules):
        raise ImportError("lines are counted in what is imported after counted_lines alone")
    sys.meta_path.insert(0, CountingFinder())

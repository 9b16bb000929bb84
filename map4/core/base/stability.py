"""What versions promise: commands, kinds of documents, routes and calls are stable or a beta; some are deprecated.

A name is in one of the two lists of its sort in stability.txt; tests/test_stability.py compares them with what exists.
A sub-command or option without an entry is what its command is. Only the calls in `CALLS` are stable; every other is a
beta.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from importlib import import_module
from typing import Any, NamedTuple, TypeVar, cast

NOTE = "Beta: a minor version may change it."


with open(f"{os.path.splitext(__file__)[0]}.txt", encoding="utf-8") as _file:
    _NAMES = [
        frozenset(name.strip() for name in part.partition(":")[2].split(",")) for part in _file.read().split("\n\n")
    ]
STABLE_COMMANDS, BETA_COMMANDS, STABLE_KINDS, BETA_KINDS, STABLE_ROUTES, BETA_ROUTES, CALLS = _NAMES
"""`CALLS`: methods of `Library` and of its parts."""


def head_of(kind: str) -> dict[str, Any]:
    """The first members of a document: its `schema`, and `"beta": true` for a beta."""
    return {"schema": f"map4/{kind}/1", **({"beta": True} if kind in BETA_KINDS else {})}


def is_beta_command(path: str) -> bool:
    """Return whether the longest entry that a command line such as "export undo" begins with is a beta."""
    words = path.split()
    entries = (" ".join(words[:end]) for end in range(len(words), 0, -1))
    known = next((entry for entry in entries if entry in STABLE_COMMANDS or entry in BETA_COMMANDS), "")
    return known in BETA_COMMANDS


F = TypeVar("F", bound=Callable[..., Any])


class Deprecation(NamedTuple):
    """What still works until the next major version.

    since: the first version that warns, such as "1.2"
    instead: what to use, as a clause
    """

    since: str
    instead: str

    def text(self, name: str) -> str:
        ends = int(self.since.partition(".")[0]) + 1
        return f"{name} is deprecated since map4 {self.since} and will be removed in {ends}.0; {self.instead}"


Reporter = Callable[[Deprecation, str, str], object]
"""Called with the deprecation, and the name in Python or JSON and as a flag of a command."""
_REPORTER: ContextVar[Reporter | None] = ContextVar("reporter_of_deprecations", default=None)


@contextmanager
def reported_to(report: Reporter) -> Iterator[None]:
    """Pass each deprecation in the block to `report`, with its name in Python or JSON and its flag of a command."""
    token = _REPORTER.set(report)
    try:
        yield
    finally:
        _REPORTER.reset(token)


def warn(deprecation: Deprecation, name: str, flag: str = "") -> None:
    if (report := _REPORTER.get()) is not None:
        report(deprecation, name, flag or name)
        return
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("map4."):
        frame, level = frame.f_back, level + 1
    warnings.warn(deprecation.text(name), DeprecationWarning, stacklevel=level)


def deprecated(since: str, instead: str, *, name: str = "") -> Callable[[F], F]:
    """Make a call of Python, or the function of a command, warn.

    name: the default is that of the function, with its class
    """
    deprecation = Deprecation(since, instead)

    def decorate(function: F) -> F:
        @wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            warn(deprecation, name or function.__qualname__)
            return function(*arguments, **keywords)

        return cast("F", call)

    return decorate


def moved(old: str, new: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module whose names extras import from `map4.plugins` now: it warns.

    new: the module that has the names
    """
    deprecation = Deprecation("1.1", "import it from map4.plugins")

    def attribute(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {old!r} has no attribute {name!r}", name=name)
        value = getattr(import_module(new), name)
        warn(deprecation, f"{old}.{name}")
        return value

    return attribute

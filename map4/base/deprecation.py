"""The warning of deprecated options, members, calls and routes: all surfaces declare it with a `Deprecation`."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, NamedTuple, TypeVar, cast

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

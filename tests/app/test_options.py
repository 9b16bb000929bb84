"""Options of a call come as a record or as keywords, and both know the same names."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any, get_type_hints, is_typeddict

import pytest

import map4.app
import map4.domain.playlist
from map4.app.options import given
from map4.app.user_values import ValueKeywords, Wish
from map4.errors import UsageError


def keyword_types() -> Iterator[type]:
    """Every `…Keywords` of the modules in which options are defined."""
    for package in (map4.app, map4.domain.playlist):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for name, one in inspect.getmembers(importlib.import_module(module.name), is_typeddict):
                if name.endswith("Keywords") and one.__module__ == module.name:
                    yield one


def record_of(keywords: type) -> type:
    """The record that the docstring names."""
    module, _, name = (keywords.__doc__ or "").strip("`.").rpartition(".")
    record = getattr(importlib.import_module(module), name)
    assert isinstance(record, type)
    return record


def types_of(keywords: type) -> dict[str, str]:
    """The types as they are written."""
    return {name: getattr(kind, "__forward_arg__", kind) for name, kind in keywords.__annotations__.items()}


KEYWORDS = sorted(keyword_types(), key=lambda one: one.__name__)


def test_the_calls_with_options_are_found() -> None:
    assert {"ScanKeywords", "SimilarKeywords", "FillKeywords"} <= {one.__name__ for one in KEYWORDS}


@pytest.mark.parametrize(
    "keywords", [one for one in KEYWORDS if one is not ValueKeywords], ids=lambda one: one.__name__
)
def test_keywords_are_the_fields_of_their_record(keywords: type) -> None:
    fields = dataclasses.fields(record_of(keywords))
    assert types_of(keywords) == {field.name: field.type for field in fields}


def test_keywords_of_values_are_what_a_wish_is_made_of() -> None:
    assert record_of(ValueKeywords) is Wish
    assert set(get_type_hints(ValueKeywords)) == {field.name for field in dataclasses.fields(Wish)}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A record to ask for."""

    minutes: float | None = None
    force: bool = False

    def __post_init__(self) -> None:
        if self.minutes is not None and self.minutes < 0:
            raise UsageError("a length is not negative")


@pytest.mark.parametrize(
    ("record", "keywords", "expected"),
    [
        (None, {}, Options()),
        (None, {"force": True}, Options(force=True)),
        (Options(minutes=3.0), {}, Options(minutes=3.0)),
        (Options(minutes=3.0, force=True), {"minutes": 4.0}, Options(minutes=4.0, force=True)),
        (Options(minutes=3.0), {"minutes": None}, Options()),
    ],
)
def test_keywords_change_a_record(record: Options | None, keywords: dict[str, Any], expected: Options) -> None:
    assert given(Options, record, keywords) == expected


def test_a_record_without_keywords_is_taken_as_it_is() -> None:
    options = Options(minutes=3.0)
    assert given(Options, options, {}) is options


@pytest.mark.parametrize("record", [None, Options()])
@pytest.mark.parametrize(
    ("name", "hint"), [("minute", "did you mean minutes"), ("xyz", "there are minutes, force")], ids=["near", "far"]
)
def test_an_unknown_option_is_refused_with_a_hint(record: Options | None, name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no option '{name}'; {hint}"):
        given(Options, record, {name: 1})


@pytest.mark.parametrize("record", [None, Options()])
def test_what_keywords_make_is_checked(record: Options | None) -> None:
    with pytest.raises(UsageError, match="not negative"):
        given(Options, record, {"minutes": -1.0})

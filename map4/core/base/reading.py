"""Records from stored JSON, by the annotations of their fields, as `core/base/records.py` writes them."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from map4.core.base.call_options import types_of

T = TypeVar("T")


def read(kind: type[T], data: Mapping[str, Any]) -> T:
    """A record from the JSON of its fields; missing fields get their defaults."""
    known: Any = kind
    record: T = _reader_of(known)(data)
    return record


@cache
def _reader_of(kind: Any) -> Callable[[Any], Any]:
    hints = types_of(kind)
    readers = [(name, reader) for name, hint in hints.items() if (reader := _reader(hint)) is not None]

    if not readers and "path" not in hints:
        return lambda data: kind(**data)

    def make(data: Mapping[str, Any]) -> Any:
        given = dict(data)
        if "path_bytes" in given:
            given["path"] = os.fsdecode(b64decode(given.pop("path_bytes")))
        for name, reader in readers:
            if given.get(name) is not None:
                given[name] = reader(given[name])
        return kind(**given)

    return make


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """What makes a value of this type from JSON; None if JSON has it already."""
    if get_origin(hint) is Annotated:
        return _reader(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not NoneType]
        return _reader(kinds[0]) if len(kinds) == 1 else None
    if get_origin(hint) is tuple:
        of_each = _reader(get_args(hint)[0]) if get_args(hint)[1:] == (...,) else None
        return tuple if of_each is None else lambda values: tuple(map(of_each, values))
    if get_origin(hint) is frozenset:
        return frozenset
    if get_origin(hint) is Mapping:
        of_value = _reader(get_args(hint)[1])
        return of_value and (lambda values: {name: of_value(value) for name, value in values.items()})
    if (own := getattr(hint, "of_json", None)) is not None:
        return own  # type: ignore[no-any-return]
    if hint is timedelta:
        return lambda seconds: timedelta(seconds=seconds)
    known: Any = hint  # `is_dataclass` narrows it to what `cache` refuses
    return known.fromisoformat if hint in (datetime, date) else _reader_of(known) if is_dataclass(hint) else None

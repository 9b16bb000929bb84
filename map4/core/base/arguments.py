"""Arguments of a call that do not fit its hints."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, BinaryIO, Literal, Union, get_args, get_origin

from map4.core.base import paths
from map4.core.base.call_options import NamesOf
from map4.errors import UsageError

_MOST_ITEMS = 1000  # more would take longer than some calls


def mistaken(method: Callable[..., Any], given: Sequence[Any], keywords: Mapping[str, Any]) -> UsageError | None:
    """The error for the first argument that does not fit its hint; None if all fit, or their number is wrong."""
    try:
        arguments = inspect.signature(method).bind(None, *given, **keywords).arguments
    except TypeError:
        return None
    hints, written = _hints(method), inspect.get_annotations(method)
    for name, value in [*arguments.items()][1:]:  # not the library or part
        if name in hints and not _fits(value, hints[name]):
            return UsageError(f"{method.__name__}: {name} must be {written[name]}, not {value!r:.60}")
    return None


@cache
def _hints(method: Callable[..., Any]) -> Mapping[str, Any]:
    names = NamesOf(method.__module__)
    names.update(vars(paths))
    texts = inspect.get_annotations(method).items()
    return {name: eval(text, {}, names) for name, text in texts if name not in ("return", "keywords")}


def _fits(value: Any, hint: Any) -> bool:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is Literal:
        return isinstance(value, tuple(map(type, parts)))
    if origin is Annotated:
        return _fits(value, parts[0])
    if origin is not None:
        items = value[:_MOST_ITEMS] if isinstance(value, list | tuple | str) and len(parts) == 1 else ()
        return isinstance(value, origin) and all(_fits(item, parts[0]) for item in items)
    if hint is None or hint is NoneType:
        return value is None
    if hint in (int, float):
        return isinstance(value, (int, float) if hint is float else int)
    if hint is BinaryIO:
        return hasattr(value, "read") or hasattr(value, "write")
    if hint is Any or not isinstance(hint, type) or getattr(hint, "_is_protocol", False):
        return True
    is_only_a_name = hint.__module__ == NamesOf.__module__  # imported for type checkers only
    return (
        any(kind.__name__ == hint.__name__ for kind in type(value).__mro__)
        if is_only_a_name
        else isinstance(value, hint)
    )

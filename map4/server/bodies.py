"""Converts JSON and query parameters to options records, shared with commands and the Python API."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from map4.core.base.call_options import Option, declared_options
from map4.core.base.text import has_piled_marks
from map4.errors import UsageError

_PLAIN = (str, int, float, bool, type(None), date, datetime)
_JSON_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
"""Plain words for msgspec's type names."""
# Values written as text: keys, queries, curves, gaps and paths.
_TEXT = str


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyShape:
    """The shape of a body or of query parameters.

    name: name of its schema
    struct: its members and their types
    make: makes the record from the given members
    """

    name: str
    struct: type[msgspec.Struct]
    make: Callable[..., Any]

    @staticmethod
    def of(
        record: Callable[..., Any],
        name: str,
        *,
        more: Mapping[str, tuple[Any, Any]] | None = None,
        make: Callable[..., Any] | None = None,
        without: Collection[str] = (),
    ) -> BodyShape:
        """The shape of an options record.

        record: the dataclass; each of its options declares whether requests have it
        name: name of the schema
        more: further members with type and default; `...` means required
        make: called with the members instead of the record
        without: options to leave out
        """
        own = {
            option.name: (_described(option), _default(option.default))
            for option in declared_options(record).values()
            if option.is_remote and option.name not in without
        }
        return BodyShape.plain(name, make or record, **{**own, **(more or {})})

    @staticmethod
    def plain(name: str, make: Callable[..., Any] = types.SimpleNamespace, /, **members: tuple[Any, Any]) -> BodyShape:
        """A shape from its members, each with type and default; `...` means required."""
        listed = [
            (name, hint) if default is ... else (name, hint, default) for name, (hint, default) in members.items()
        ]
        given = {name: default for name, (_, default) in members.items() if default is not ...}
        struct = msgspec.defstruct(name, listed, kw_only=True, forbid_unknown_fields=True)
        is_plain = make is types.SimpleNamespace
        return BodyShape(name=name, struct=struct, make=(lambda **values: make(**given | values)) if is_plain else make)

    def of_json(self, data: bytes) -> Any:
        try:
            raw = msgspec.json.decode(data or b"{}")
        except RecursionError:
            raise UsageError("the body is nested too deeply") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"the body is not valid JSON: {error}") from None
        if not isinstance(raw, dict):
            raise UsageError('the body must be a JSON object: {"name": value, …}')
        return self._read(raw, strict=True)

    def of_texts(self, items: Iterable[tuple[str, str]]) -> Any:
        """The record from names and values of an address or form; the name of a list may be repeated."""
        lists = {name for name, hint in get_type_hints(self.struct).items() if _takes_list(hint)}
        raw: dict[str, Any] = {}
        for name, value in items:
            if name in lists:
                raw.setdefault(name, []).append(value)
            elif name in raw:
                raise UsageError(f"'{name}' is given twice")
            else:
                raw[name] = value
        return self._read(raw, strict=False)

    def switches(self) -> list[str]:
        """The boolean members."""
        return [name for name, hint in get_type_hints(self.struct).items() if hint in (bool, bool | None)]

    def _read(self, raw: Mapping[str, Any], *, strict: bool) -> Any:
        known = self.struct.__struct_fields__
        unknown = next((name for name in raw if name not in known), None)
        if unknown is not None:
            hint = UsageError.did_you_mean(unknown, known) if known else "this route has none"
            raise UsageError(f"there is no option '{unknown}'; {hint}")
        try:
            converted = msgspec.convert(raw, self.struct, strict=strict)
        except msgspec.ValidationError as error:
            raise UsageError(_sentence(str(error), self.struct)) from None
        given = {name: getattr(converted, name) for name in known if name in raw}
        for name, value in given.items():
            BodyShape.require_bounded(name, value)
        return self.make(**given)

    @staticmethod
    def require_bounded(name: str, value: Any) -> None:
        """Refuse numbers too large to store and texts too slow to compare, anywhere in a value."""
        if isinstance(value, int) and abs(value) >= Option.NUMBERS_END:
            raise UsageError(f"{name}: the number is too large")
        if isinstance(value, float) and not isfinite(value):  # query parameters may be inf or nan
            raise UsageError(f"{name} is not a finite number")
        if isinstance(value, str) and has_piled_marks(value):
            raise UsageError(f"{name}: a character has too many accents; remove them")
        if isinstance(value, (list, dict)):
            for item in (*value, *value.values()) if isinstance(value, dict) else value:
                BodyShape.require_bounded(name, item)


def _described(declaration: Option) -> Any:
    """The annotated type of a member, with its range; the record checks the range."""
    least = {"exclusiveMinimum" if declaration.above else "minimum": declaration.least}
    words = {**least, "maximum": declaration.most, "deprecated": declaration.deprecated and True}
    bounds = {word: bound for word, bound in words.items() if bound is not None}
    return Annotated[json_type(declaration.hint), Meta(description=declaration.description, extra_json_schema=bounds)]


def json_type(hint: Any) -> Any:
    """The JSON type of a field; Python-only types such as `Path` and `Query` become text."""
    if hint in _PLAIN or get_origin(hint) is Literal:
        return hint
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return Union[tuple(dict.fromkeys(json_type(part) for part in get_args(hint)))]  # noqa: UP007
    if origin in (dict, Mapping):
        return dict[str, json_type(get_args(hint)[1])]  # type: ignore[misc]
    if origin in Option.LISTS:
        return list[json_type(get_args(hint)[0])]  # type: ignore[misc]
    return _TEXT


def _takes_list(hint: Any) -> bool:
    return get_origin(hint) is list or any(get_origin(part) is list for part in get_args(hint))


def _default(value: Any) -> Any:
    if isinstance(value, (tuple, frozenset)):
        return []
    if isinstance(value, dict):
        return {}
    return value if isinstance(value, _PLAIN) else None


def _sentence(problem: str, struct: Any) -> str:
    """Turn msgspec's `Expected int, got str - at $.n` into a sentence that begins with the name."""
    text, _, place = problem.partition(" - at ")
    where = place.strip("`").removeprefix("$").removeprefix(".")
    text = text[:1].lower() + text[1:].replace("`", "")
    if text.startswith("expected "):
        text = re.sub(r"\w+", lambda match: _JSON_WORDS.get(match[0], match[0]), text).replace(" | ", " or ")
    text = re.sub("^object missing required field (.*)", r"'\1' is missing", text)
    if "RFC3339" in text or "timezone" in text:
        text += "; write a day as 2026-11-21, a time as 2026-11-21T22:00:00Z"
    if match := re.fullmatch("invalid enum value '(.*)'", text, re.DOTALL):
        choices = map(str, _choices(struct, re.findall("[.]([a-z_]+)", place)))
        text = f"there is no '{match[1]}'; {UsageError.did_you_mean(match[1], choices)}"
    return f"{where}: {text}" if where else text


def _choices(hint: Any, place: Sequence[str]) -> Sequence[Any]:
    """The allowed values of a type at a path."""
    if get_origin(hint) is Literal:
        return [part for part in get_args(hint) if part is not None]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _choices(get_type_hints(hint).get(place[0]), place[1:]) if place else ()
    return [choice for part in get_args(hint) for choice in _choices(part, place)]


Q: dict[str, tuple[Any, Any]] = {"q": (str, "")}
"""The query parameter of routes that work on matching tracks."""

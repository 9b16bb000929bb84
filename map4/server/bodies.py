"""Between JSON and the options records of map4: one record says what a command, a program and a request may ask."""

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

from map4.base.call_options import LISTS, NUMBERS_END, Option, declared_options
from map4.base.near_names import did_you_mean
from map4.base.text import has_piled_marks
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
"""What msgspec calls types, in words that need no Python."""
# What a text stands for: keys, queries, curves, gaps and paths have one for each value.
_TEXT = str


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyShape:
    """What a body or the end of an address may hold.

    name: of its schema
    struct: its members, and their types
    make: the record, from the members that were given
    """

    name: str
    struct: type[msgspec.Struct]
    make: Callable[..., Any]

    def of_json(self, data: bytes) -> Any:
        try:
            raw = msgspec.json.decode(data or b"{}")
        except RecursionError:
            raise UsageError("the body is nested too deeply") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"the body is no JSON: {error}") from None
        if not isinstance(raw, dict):
            raise UsageError('the body must be a JSON object: {"name": value, …}')
        return self._read(raw, strict=True)

    def of_texts(self, items: Iterable[tuple[str, str]]) -> Any:
        """The record of names and values as they stand in an address or a form; a list's name comes several times."""
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
        """The members that are true or false."""
        return [name for name, hint in get_type_hints(self.struct).items() if hint in (bool, bool | None)]

    def _read(self, raw: Mapping[str, Any], *, strict: bool) -> Any:
        known = self.struct.__struct_fields__
        unknown = next((name for name in raw if name not in known), None)
        if unknown is not None:
            raise UsageError(
                f"there is no option '{unknown}'; {did_you_mean(unknown, known) if known else 'none here'}"
            )
        try:
            found = msgspec.convert(raw, self.struct, strict=strict)
        except msgspec.ValidationError as error:
            raise UsageError(_in_words(str(error), self.struct)) from None
        given = {name: getattr(found, name) for name in known if name in raw}
        for name, value in given.items():
            _require_bounded(name, value)
        return self.make(**given)


def _require_bounded(name: str, value: Any) -> None:
    """Refuse numbers that no library keeps, and texts that take hours to compare, wherever they stand in a value."""
    if isinstance(value, int) and abs(value) >= NUMBERS_END:
        raise UsageError(f"{name}: the number is too large")
    if isinstance(value, float) and not isfinite(value):  # an address may say inf or nan
        raise UsageError(f"{name} is no finite number")
    if isinstance(value, str) and has_piled_marks(value):
        raise UsageError(f"{name}: a letter has too many accents; leave them out")
    if isinstance(value, (list, dict)):
        for one in (*value, *value.values()) if isinstance(value, dict) else value:
            _require_bounded(name, one)


def shape(
    record: Callable[..., Any],
    name: str,
    *,
    more: Mapping[str, tuple[Any, Any]] | None = None,
    make: Callable[..., Any] | None = None,
    without: Collection[str] = (),
) -> BodyShape:
    """The shape of an options record.

    record: the dataclass, whose options say themselves whether a request has them
    name: of its schema
    more: further members, each with its type and what it is by default; `...` where it must be given
    make: takes the members in place of the record
    without: options that it leaves out
    """
    own = {
        one.name: (_described(one), _default(one.default))
        for one in declared_options(record).values()
        if one.is_remote and one.name not in without
    }
    return plain_shape(name, make or record, **{**own, **(more or {})})


def _described(one: Option) -> Any:
    """The type of a member with what is said of it; its range is told here, and checked by the record."""
    least = {"exclusiveMinimum" if one.above else "minimum": one.least}
    bounds = {word: bound for word, bound in {**least, "maximum": one.most}.items() if bound is not None}
    return Annotated[json_type(one.hint), Meta(description=one.said, extra_json_schema=bounds)]


def plain_shape(
    name: str, make: Callable[..., Any] = types.SimpleNamespace, /, **members: tuple[Any, Any]
) -> BodyShape:
    """A shape from its members, each with its type and what it is by default; `...` where it must be given."""
    listed = [(one, hint) if default is ... else (one, hint, default) for one, (hint, default) in members.items()]
    given = {one: default for one, (_, default) in members.items() if default is not ...}
    struct = msgspec.defstruct(name, listed, kw_only=True, forbid_unknown_fields=True)
    is_plain = make is types.SimpleNamespace
    return BodyShape(name=name, struct=struct, make=(lambda **values: make(**given | values)) if is_plain else make)


def json_type(hint: Any) -> Any:
    """The type that a field's value has in JSON: what only Python has, such as a `Path` or a `Query`, is its text."""
    if hint in _PLAIN or get_origin(hint) is Literal:
        return hint
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return Union[tuple(dict.fromkeys(json_type(one) for one in get_args(hint)))]  # noqa: UP007
    if origin in (dict, Mapping):
        return dict[str, json_type(get_args(hint)[1])]  # type: ignore[misc]
    if origin in LISTS:
        return list[json_type(get_args(hint)[0])]  # type: ignore[misc]
    return _TEXT


def _takes_list(hint: Any) -> bool:
    return get_origin(hint) is list or any(get_origin(one) is list for one in get_args(hint))


def _default(value: Any) -> Any:
    if isinstance(value, (tuple, frozenset)):
        return []
    if isinstance(value, dict):
        return {}
    return value if isinstance(value, _PLAIN) else None


def whole_number(text: str) -> int | None:
    """A number from 0 as it stands in an address; None where it is none, or has more than 18 digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _in_words(problem: str, struct: Any) -> str:
    """msgspec's `Expected int, got str - at $.n` as a sentence that begins with the name."""
    said, _, place = problem.partition(" - at ")
    where = place.strip("`").removeprefix("$").removeprefix(".")
    said = said[:1].lower() + said[1:].replace("`", "")
    if said.startswith("expected "):
        said = re.sub(r"\w+", lambda one: _JSON_WORDS.get(one[0], one[0]), said).replace(" | ", " or ")
    said = re.sub("^object missing required field (.*)", r"'\1' is missing", said)
    if "RFC3339" in said or "timezone" in said:
        said += "; write a day as 2026-11-21, a time as 2026-11-21T22:00:00Z"
    if found := re.fullmatch("invalid enum value '(.*)'", said, re.DOTALL):
        choices = map(str, _choices(struct, re.findall("[.]([a-z_]+)", place)))
        said = f"there is no '{found[1]}'; {did_you_mean(found[1], choices)}"
    return f"{where}: {said}" if where else said


def _choices(hint: Any, place: Sequence[str]) -> Sequence[Any]:
    """The values that a type knows at a place."""
    if get_origin(hint) is Literal:
        return [one for one in get_args(hint) if one is not None]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _choices(get_type_hints(hint).get(place[0]), place[1:]) if place else ()
    return [choice for one in get_args(hint) for choice in _choices(one, place)]


Q: dict[str, tuple[Any, Any]] = {"q": (str, "")}
"""The query of every route that is about the tracks it finds."""
OF_QUERY = plain_shape("OfQuery", **Q)

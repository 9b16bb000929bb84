"""Records as JSON: each declares its members once, which define its JSON and its schema.

A member's type is the annotation of its field or property, in which `Json` adds what types can't express: decimals,
bounds, patterns. Its description is its line `name: text` in the docstring of the class, or the docstring of the
property. `tools/shapes.py` makes the schemas.
"""

from __future__ import annotations

import inspect
import os
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from operator import add, attrgetter, methodcaller
from types import EllipsisType, NoneType, UnionType
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin

from map4.core.base.call_options import NamesOf, default_of, types_of
from map4.core.base.paths import display_path, path_fields
from map4.core.base.shown import short_repr
from map4.core.base.stability import head_of


class Json:
    """The form of a value in JSON, for `Annotated`.

    digits: decimals
    each: for counts by name: written as a list, in which this is the member of the name
    like: the class with the schema of values that are JSON already
    names, maybe: for values by name: names that are always present, and optional names
    words: further keywords of its schema, such as `minimum`
    """

    __slots__ = ("digits", "each", "like", "maybe", "names", "words")

    def __init__(
        self,
        digits: int | None = None,
        *,
        each: str = "",
        like: Any = None,
        names: Iterable[object] = (),
        maybe: Iterable[object] = (),
        **words: Any,
    ) -> None:
        self.digits, self.each, self.like, self.words = digits, each, like, words
        self.names, self.maybe = tuple(map(str, names)), tuple(map(str, maybe))


Count = Annotated[int, Json(minimum=0)]
Ordinal = Annotated[int, Json(minimum=1)]
Fraction = Annotated[float, Json(minimum=0, maximum=1)]
Fraction3 = Annotated[Fraction, Json(3)]
Fraction4 = Annotated[Fraction, Json(4)]
Seconds = Annotated[float, Json(3, minimum=0)]
Bpm = Annotated[float, Json(exclusiveMinimum=0)]
Color = Annotated[str, Json(pattern="^#[0-9a-fA-F]{6}$")]
Moment = Annotated[str, Json(format="date-time")]
IF_GIVEN = Json()  # a member that is omitted if it has the default of its field
_SHOWN = Json()
ShownPath = Annotated[str, _SHOWN]  # a path for display, as text: bytes that are not UTF-8 are replaced
Absent = EllipsisType  # a member with the value `...` is omitted


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonForm:
    """The JSON form of a class of records.

    kind: of the document, whose `schema` is `map4/KIND/1`; "" for records that are only part of others
    is_bare: whether it has no `schema` as part of another record
    members: names in order; `*` for all fields that no other word names; `-name` leaves a field out;
        `name=attribute` if the attribute has another name: `key.camelot` and `track.artist()` follow attributes, and
        are null if any is; `place+1` counts from 1. `swap.beat=beat` is a member of an object `swap`. A `path` is
        followed by `path_bytes` if text can't represent it
    words: further keywords of its schema
    """

    kind: str = ""
    is_bare: bool = False
    members: str = "*"
    words: Mapping[str, Any] = field(default_factory=dict)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Record:
    """A record with a JSON form: subclasses are frozen dataclasses, whose class keywords are fields of `JsonForm`."""

    json_form: ClassVar[JsonForm] = JsonForm()

    def __init_subclass__(cls, *, kw_only: bool = True, eq: bool = True, order: bool = False, **form: Any) -> None:
        super().__init_subclass__()
        if form:
            cls.json_form = JsonForm(**form)
        if "__repr__" not in vars(cls):  # the dataclass default would show everything
            cls.__repr__ = short_repr  # type: ignore[method-assign]
        dataclass(frozen=True, kw_only=kw_only, eq=eq, order=order)(cls)

    def to_record(self) -> dict[str, Any]:
        """JSON values only, null for unknown values."""
        kind: Any = self.__class__
        record: dict[str, Any] = _writer(kind)(self)
        return record

    def document(self) -> dict[str, Any]:
        """The record with its `schema`."""
        return {**head_of(self.json_form.kind), **self.to_record()}

    @staticmethod
    def require_fraction(name: str, value: float | None) -> None:
        """Raise ValueError if a known number is outside 0 to 1."""
        if value is not None and not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} must be within [0, 1], got {value}")


Step = Callable[[Any], Any]
Fill = Callable[[Any, dict[str, Any]], object]


@cache
def _writer(cls: Any) -> Callable[[Any], dict[str, Any]]:
    """The function that makes the JSON of a class's records; made once, as there are many records of each class."""
    form, members = cls.json_form, [(name, path, *typed(cls, path)) for name, path in members_of(cls)]
    names = [name for name, *_ in members]
    fill = _filler([(name, path.split("."), _conversion(hint)) for name, path, _, hint in members])
    absent: dict[str, Any] = {name: ... for name, *_, hint in members if Absent in get_args(hint)}
    for name, path, owner, hint in members:
        if IF_GIVEN in get_args(hint):
            absent[name] = in_json({member.name: default_of(member) for member in fields(owner)}[path.split(".")[-1]])
    has_parts, has_path = any("." in name for name in names), "path" in names
    start: dict[str, Any] = head_of(form.kind) if form.kind and not form.is_bare else {}

    def write(record: Any) -> dict[str, Any]:
        values = start.copy()
        fill(record, values)
        for name, absent_value in absent.items():
            if values[name] == absent_value:
                del values[name]
        if has_parts:
            nested: dict[str, Any] = {}  # members `swap.beat` are in an object `swap`
            for name, value in values.items():
                first, _, rest = name.partition(".")
                if rest:
                    nested.setdefault(first, {})[rest] = value
                else:
                    nested[first] = value
            values = nested
        return _with_path_bytes(values) if has_path and values["path"] is not None else values

    return write


def _filler(members: Sequence[tuple[str, Sequence[str], Step | None]]) -> Fill:
    """The function that adds members to a JSON object, each by its path from a record and its conversion."""
    # All attributes are got in one call, and only those that are not JSON yet are converted.
    names, words = [name for name, _, _ in members], [path[0].partition("+")[0] for _, path, _ in members]
    get = _all_of([word.removesuffix("()") for word in words])
    steps, parts = list[tuple[str, Step]](), dict[str, tuple[str, list[Any]]]()
    for (name, (first, *rest), convert), word in zip(members, words, strict=True):
        if first != word:
            steps.append((name, partial(add, int(first.partition("+")[2]))))
        elif word.endswith("()"):
            steps.append((name, methodcaller("__call__")))
        if rest:
            parts.setdefault(word, (name, []))[1].append((name, rest, convert))
        elif convert is not None:
            steps.append((name, convert))
    # A part takes the place of its first member until `fill_part` overwrites it with the member's own value.
    inner = [(first_name, _filler(part_members)) for first_name, part_members in parts.values()]

    def fill(source: Any, values: dict[str, Any]) -> None:
        values.update(zip(names, get(source)))  # noqa: B905 -- equal lengths
        for name, convert in steps:
            if values[name] is not None:
                values[name] = convert(values[name])
        for name, fill_part in inner:  # its members are all None if the part is
            if values[name] is not None:
                fill_part(values[name], values)

    return fill


def _all_of(attributes: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    if len(attributes) > 1:
        return attrgetter(*attributes)
    return lambda record: [getattr(record, name) for name in attributes]


def _conversion(hint: Any) -> Step | None:
    """The function that makes JSON of a known value; None if it is JSON already."""
    if _is_plain(hint):
        return None
    if _SHOWN in _leaves(hint):
        return (lambda paths: list(map(display_path, paths))) if get_origin(hint) is tuple else display_path
    if each := next((argument.each for argument in get_args(hint) if isinstance(argument, Json) and argument.each), ""):
        return lambda counts: [{each: name, "count": count} for name, count in counts.items()]
    kinds, digits = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,), digits_of(hint)
    [kind, *others] = [kind for kind in kinds if kind not in (NoneType, Absent)]
    convert = None if others else _kind_conversion(_bare(kind), digits)
    if convert is None or Absent in kinds:
        return in_json if digits is None else lambda value: in_json(value, digits)
    return convert


def _kind_conversion(kind: Any, digits: int | None) -> Step | None:
    """The conversion of values of this type that is faster than `in_json`; None without one."""
    if kind is float:
        return lambda number: round(number, digits)
    if isinstance(kind, type) and issubclass(kind, Record):
        return methodcaller("to_record")
    if get_origin(kind) is tuple and get_args(kind)[1:] == (...,):
        [part, _] = get_args(kind)
        if isinstance(part, type) and issubclass(part, Record):
            return lambda parts: [part.to_record() for part in parts]
        if _is_plain(part) and digits is None:
            return list
        if set(map(_bare, get_args(part))) == {float, NoneType}:
            return lambda numbers: [None if number is None else round(number, digits) for number in numbers]
    if get_origin(kind) is Mapping and digits is None and _is_plain(get_args(kind)[1]):
        return lambda values: {str(name): value for name, value in values.items()}
    return None


def _bare(hint: Any) -> Any:
    """A type without what `Annotated` adds."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _is_plain(hint: Any) -> bool:
    """Whether values of a type are JSON without conversion."""
    if get_origin(hint) is Annotated:
        return digits_of(hint) is None and _SHOWN not in get_args(hint) and _is_plain(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return all(map(_is_plain, get_args(hint)))
    is_list = get_origin(hint) is list and all(map(_is_plain, get_args(hint)))
    return is_list or get_origin(hint) is Literal or hint in (str, int, float, bool, NoneType)


def _with_path_bytes(record: dict[str, Any]) -> dict[str, Any]:
    path = path_fields(record["path"])
    if len(path) == 1:
        record["path"] = path["path"]
        return record
    return {
        name: value for key, old in record.items() for name, value in (path if key == "path" else {key: old}).items()
    }


def members_of(cls: Any) -> Iterator[tuple[str, str]]:
    """The members of a class, each with its attribute."""
    words = [word.partition("=") for word in cls.json_form.members.split()]
    named = {part.lstrip("-") for name, _, attribute in words for part in (name, attribute.partition(".")[0])}
    for name, _, attribute in words:
        if name == "*":
            yield from ((member.name, member.name) for member in fields(cls) if member.name not in named)
        elif not name.startswith("-"):
            yield name, attribute or name


def typed(cls: Any, attribute: str) -> tuple[Any, Any]:
    """The class that has a member, and the member's type; types that only type checkers import are unknown."""
    first, _, rest = attribute.partition(".")
    if "+" in first:
        return cls, Annotated[int, Json(minimum=int(first.partition("+")[2]))]
    hint = _hint_of(cls, first)
    if not rest:
        return cls, hint
    is_optional = NoneType in get_args(hint)
    [known] = [argument for argument in get_args(hint) if argument is not NoneType] if is_optional else [hint]
    owner, member_type = typed(known, rest)
    return owner, member_type | None if is_optional else member_type


def _hint_of(cls: type, attribute: str) -> Any:
    member = getattr(cls, attribute.removesuffix("()"), None)
    given = member.fget if isinstance(member, property) else member
    if inspect.isfunction(given):
        return inspect.get_annotations(given, locals=NamesOf(given.__module__), eval_str=True)["return"]
    return types_of(cls).get(attribute, Any)


def digits_of(hint: Any) -> int | None:
    """The number of decimals of its numbers; None for full precision."""
    return next((leaf.digits for leaf in _leaves(hint) if isinstance(leaf, Json) and leaf.digits is not None), None)


def _leaves(hint: Any) -> list[Any]:
    return [leaf for argument in get_args(hint) for leaf in _leaves(argument)] or [hint]


def in_json(value: Any, digits: int | None = None) -> Any:
    """A value as JSON."""
    if value is None or value is ...:
        return value
    if isinstance(value, Record):
        return value.to_record()
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if digits is None else round(value, digits)
    if isinstance(value, Mapping):
        return {str(name): in_json(item, digits) for name, item in value.items()}
    return [in_json(item, digits) for item in value]


T = TypeVar("T")


class Requery(Iterable[T], Generic[T]):
    """Results of a query that runs again for each iteration: there may be more than fits into memory."""

    def __init__(self, ask: Callable[[], Iterator[T]]) -> None:
        self._ask = ask

    def __iter__(self) -> Iterator[T]:
        return self._ask()


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

"""Records as JSON: each declares its members once, and its JSON and its schema are made of that.

A member's type is the annotation of its field or property, in which `Json` says what types can't: decimals, bounds,
patterns. What is said of it is its line `name: text` in the docstring of the class, or the docstring of the property.
`tools/shapes.py` makes the schemas.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from types import EllipsisType, NoneType, UnionType
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, Union, get_args, get_origin

from map4.base.call_options import NamesOf, types_of
from map4.base.paths import display_path, path_fields
from map4.base.shown import short_repr


class Json:
    """How a value stands in JSON, for `Annotated`.

    digits: behind the point
    each: of counts by name: they are a list, in which this is what the names are called
    like: the class that tells the schema of values that are JSON already
    names, maybe: of values by name: the names that are always there, and those that may be
    words: further words of its schema, such as `minimum`
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
_SHOWN = Json()
ShownPath = Annotated[str, _SHOWN]
"""A path that is only told, as text: what is not UTF-8 is replaced."""
Absent = EllipsisType
"""A member whose value is `...` is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonForm:
    """The form of a class of records.

    kind: of the document, whose `schema` is `map4/KIND/1`; "" of what is only part of others
    is_bare: whether it has no `schema` where it is part of another
    members: names in their order, by default those of the fields; `name=attribute` where the class calls it otherwise:
        `key.camelot` and `track.artist()` lead on, and are null where one on the way is; `place+1` counts from 1.
        `swap.beat=beat` stands in an object `swap`. A `path` is followed by `path_bytes` where text can't say it
    words: further words of its schema
    """

    kind: str = ""
    is_bare: bool = False
    members: str = ""
    words: Mapping[str, Any] = field(default_factory=dict)


class Record:
    """A record that JSON can hold; its class says how by what it gives with its name, the parts of `JsonForm`."""

    __slots__ = ()
    json_form: ClassVar[JsonForm] = JsonForm()

    def __init_subclass__(cls, **form: Any) -> None:
        super().__init_subclass__()
        if form:  # a class with slots is made a second time, without these
            cls.json_form = JsonForm(**form)
        if "__repr__" not in vars(cls):  # a dataclass would make one that shows all that it holds
            cls.__repr__ = short_repr  # type: ignore[method-assign]

    def to_record(self) -> dict[str, Any]:
        """JSON values only, null where a thing is not known."""
        kind: Any = self.__class__
        record: dict[str, Any] = _writer(kind)(self)
        return record

    def document(self) -> dict[str, Any]:
        """The same with its `schema`."""
        return {"schema": f"map4/{self.json_form.kind}/1", **self.to_record()}


@cache
def _writer(cls: Any) -> Callable[[Any], dict[str, Any]]:
    """What makes the JSON of a class's records: a function as one would write it, as there are many of each."""
    form, members = cls.json_form, [(name, path, typed(cls, path)[1]) for name, path in members_of(cls)]
    schema = [("schema", f"'map4/{form.kind}/1'")] if form.kind and not form.is_bare else []
    written = _object([*schema, *((name, _expression(_read(path), hint)) for name, path, hint in members)])
    make: Any = eval(f"lambda r: {written}", {"in_json": in_json, "shown": _shown, "counted": _counted})
    absent = [name for name, _, hint in members if Absent in get_args(hint)]
    has_path = any(name == "path" for name, _, _ in members)
    if not absent and not has_path:
        return make  # type: ignore[no-any-return]

    def write(record: Any) -> dict[str, Any]:
        made: dict[str, Any] = make(record)
        for name in absent:
            if made[name] is ...:
                del made[name]
        return _with_path_bytes(made) if has_path and made["path"] is not None else made

    return write


def _object(members: Iterable[tuple[str, str]]) -> str:
    """The expression for an object."""
    parts: dict[str, list[tuple[str, str]]] = {}
    for name, code in members:
        first, _, rest = name.partition(".")
        parts.setdefault(first, []).append((rest, code))
    own = (f"{name!r}: {_object(part) if part[0][0] else part[0][1]}" for name, part in parts.items())
    return f"{{{', '.join(own)}}}"


def _read(path: str) -> str:
    """The expression for a member of `r`, which is None where one on the way is."""
    first, *rest = path.split(".")
    code = f"r.{first}"
    for step in rest:
        code = f"(None if (x := {code}) is None else x.{step})"
    return code


def _expression(code: str, hint: Any) -> str:
    """The expression for what JSON holds of a value."""
    if _is_plain(hint):
        return code
    if _SHOWN in _leaves(hint):
        return f"[shown(one) for one in {code}]" if get_origin(hint) is tuple else f"shown({code})"
    if each := next((one.each for one in get_args(hint) if isinstance(one, Json) and one.each), ""):
        return f"counted({code}, {each!r})"
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    [kind, *others] = [one for one in kinds if one not in (NoneType, Absent)]
    if not others and get_origin(kind) is Annotated and get_args(kind)[0] is float:
        return f"(None if (x := {code}) is None else round(x, {digits_of(hint)}))"
    return f"in_json({code}, {digits_of(hint)})"


def _is_plain(hint: Any) -> bool:
    """Whether JSON holds the values of a type as they are."""
    if get_origin(hint) is Annotated:
        return digits_of(hint) is None and _SHOWN not in get_args(hint) and _is_plain(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return all(map(_is_plain, get_args(hint)))
    return get_origin(hint) is Literal or hint in (str, int, float, bool, NoneType)


def _shown(path: str | None) -> str | None:
    return None if path is None else display_path(path)


def _counted(counts: Mapping[Any, int], each: str) -> list[dict[str, Any]]:
    return [{each: name, "count": count} for name, count in counts.items()]


def _with_path_bytes(record: dict[str, Any]) -> dict[str, Any]:
    path = path_fields(record["path"])
    if len(path) == 1:
        record["path"] = path["path"]
        return record
    return {name: one for key, old in record.items() for name, one in (path if key == "path" else {key: old}).items()}


def members_of(cls: Any) -> Iterator[tuple[str, str]]:
    """The members of a class, each with what it is called there."""
    for word in cls.json_form.members.split() or (one.name for one in fields(cls)):
        name, _, attribute = word.partition("=")
        yield name, attribute or name


def typed(cls: Any, attribute: str) -> tuple[Any, Any]:
    """The class that has a member, and the member's type; one that only type checkers import says nothing of it."""
    first, _, rest = attribute.partition(".")
    if "+" in first:
        return cls, Annotated[int, Json(minimum=int(first.partition("+")[2]))]
    hint = _hint_of(cls, first)
    if not rest:
        return cls, hint
    is_optional = NoneType in get_args(hint)
    [known] = [one for one in get_args(hint) if one is not NoneType] if is_optional else [hint]
    owner, found = typed(known, rest)
    return owner, found | None if is_optional else found


def _hint_of(cls: type, attribute: str) -> Any:
    found = getattr(cls, attribute.removesuffix("()"), None)
    given = found.fget if isinstance(found, property) else found
    if inspect.isfunction(given):
        return inspect.get_annotations(given, locals=NamesOf(given.__module__), eval_str=True)["return"]
    return types_of(cls).get(attribute, Any)


def digits_of(hint: Any) -> int | None:
    """With how many digits its numbers are written; None as they are."""
    return next((one.digits for one in _leaves(hint) if isinstance(one, Json) and one.digits is not None), None)


def _leaves(hint: Any) -> list[Any]:
    return [leaf for one in get_args(hint) for leaf in _leaves(one)] or [hint]


def in_json(value: Any, digits: int | None = None) -> Any:
    """A value as JSON holds it."""
    if value is None or value is ...:
        return value
    if isinstance(value, Record):
        return value.to_record()
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if digits is None else round(value, digits)
    if isinstance(value, Mapping):
        return {str(name): in_json(one, digits) for name, one in value.items()}
    return [in_json(one, digits) for one in value]


T = TypeVar("T")


class Asked(Iterable[T], Generic[T]):
    """Results of a query that runs again for each iteration: there may be more than fits into memory."""

    def __init__(self, ask: Callable[[], Iterator[T]]) -> None:
        self._ask = ask

    def __iter__(self) -> Iterator[T]:
        return self._ask()

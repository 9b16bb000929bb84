"""Options of a call, each declared once as a field of the frozen record that the call takes.

The declaration generates the option of a command (`cli/options.py`), the keyword in Python
(`core/base/options.py`), the member of a request's body (`server/bodies.py`), their descriptions, and the check of
the value.
"""

from __future__ import annotations

import builtins
import inspect
import operator
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields, replace
from functools import cache, partial, wraps
from inspect import Parameter, Signature
from os import PathLike
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, TypeVar, Union, cast, dataclass_transform, get_args, get_origin

from map4.core.base.declaration import load
from map4.core.base.stability import Deprecation, warn
from map4.errors import UsageError

_UNIONS = (Union, UnionType)
_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """How an option is given, and its allowed values.

    flags: on the command line, as "-n --count"; "" if a command does not have it
    help: description in a command
    about: description elsewhere, if different
    label: its name in a form; "" derives it from the field's name
    what: its name in errors; "" means the field's name
    least, most: bounds of a number; with `above`, the minimum is excluded
    metavar, heading: in the help of a command
    setting: the `map4 config` setting used on the command line if the option is not given
    shows_default: whether the help shows the default
    is_remote: whether requests to a server have it too
    deprecated: a value other than the default warns; commands hide the option
    reads: converts text to the value
    name, hint, default: of the field; a hint that only type checkers import is a class of that name
    """

    LISTS: ClassVar = (list, tuple, set, frozenset, Iterable, Collection, Sequence, AbstractSet)  # for several values
    NUMBERS_END: ClassVar = 2**63  # upper bound of whole numbers in a library

    flags: str = ""
    help: str = ""
    about: str = ""
    label: str = ""
    what: str = ""
    least: float | None = None
    most: float | None = None
    above: bool = False
    metavar: str | None = None
    heading: str | None = None
    setting: str | None = None
    shows_default: bool = False
    is_remote: bool = True
    deprecated: Deprecation | None = None
    reads: Callable[[str], Any] | None = None
    name: str = ""
    hint: Any = str
    default: Any = None

    @property
    def description(self) -> str:
        """The description outside the command line, where options are not repeatable."""
        return self.about or self.help.replace("; repeatable", "")

    @property
    def members(self) -> tuple[Any, ...]:
        """The alternative types of the value."""
        return get_args(self.hint) if get_origin(self.hint) in _UNIONS else (self.hint,)

    @property
    def is_list(self) -> bool:
        """Whether it may have several values."""
        return any(get_origin(member) in Option.LISTS for member in self.members)

    @property
    def is_table(self) -> bool:
        """Whether its values are by name."""
        return get_origin(self.hint) in (dict, Mapping)

    @property
    def kinds(self) -> frozenset[Any]:
        """The classes of its values, or of each of several; a choice of names has none."""
        return frozenset(kind for kind in _leaves(self.hint) if get_origin(kind) is not Literal)

    @property
    def choices(self) -> tuple[Any, ...]:
        """The allowed names, if it is a choice."""
        return tuple(name for kind in _leaves(self.hint) if get_origin(kind) is Literal for name in get_args(kind))

    def checked(self, value: Any) -> Any:
        """The value as stored in the record, checked."""
        value = plain_value(value)
        if isinstance(value, str):
            if self.is_list and str not in self.members:
                raise UsageError(f"{self.name} are several names: ['{value}']")
            value = value if self.reads is None else self.reads(value)
        elif self.is_list and value is not None and not isinstance(value, (Collection, PathLike)):
            value = tuple(value)
        self._check_kind(value)
        if self.choices and value is not None:
            for item in value if self.is_list else (value,):
                if item not in self.choices:
                    raise UsageError.no_such(self.what or self.name, item, self.choices)
        least, most = self.least, self.most
        for number in value if self.is_list and isinstance(value, Collection) else (value,):
            if isinstance(number, int) and abs(number) >= Option.NUMBERS_END:
                raise UsageError(f"{self.what or self.name}: the number is too large")
            if not isinstance(number, (int, float)):
                continue
            is_least = least is None or (number > least if self.above else number >= least)  # NaN is in no range
            if not is_least or not (most is None or number <= most):
                low = [] if least is None else [f"more than {least:g}" if self.above else f"{least:g} or more"]
                high = [] if most is None else [f"at most {most:g}"]
                bounds = ", ".join(low + high) if self.above or not (low and high) else f"from {least:g} to {most:g}"
                raise UsageError(f"{self.what or self.name} is {bounds}, not {number:g}")
        return value

    def _check_kind(self, value: Any) -> None:
        """Refuse a value that is not a number or boolean if the option requires that."""
        kinds = self.kinds - {NoneType}
        if value is None or not kinds or not kinds <= {bool, int, float}:
            return
        if self.is_list:
            value = next((item for item in value if isinstance(item, bool) or not isinstance(item, int | float)), 0)
        if bool in kinds:
            if not isinstance(value, bool):
                raise UsageError(f"{value!r} is neither true nor false")
        elif isinstance(value, bool) or not isinstance(value, int | float if float in kinds else int):
            raise UsageError(f"{value!r} is no {'' if float in kinds else 'whole '}number")


def plain_value(value: Any) -> Any:
    """Anything with `__index__` or `__float__` as an int or float, arrays as lists, also inside lists; others stay."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in (list, tuple):
        return value if all(type(item) in _PLAIN for item in value) else kind(plain_values(value))
    if hasattr(value, "tolist") and hasattr(value, "dtype"):  # an `array` stays, as it is large
        return value.tolist()
    if hasattr(kind, "__index__") and not isinstance(value, int):
        return operator.index(value)
    return float(value) if hasattr(kind, "__float__") and not isinstance(value, float) else value


def plain_values(values: Iterable[Any]) -> tuple[Any, ...]:
    """The values, each as `plain_value`."""
    return tuple(map(plain_value, values))


def option(default: Any, flags: str = "", help: str = "", **declared: Any) -> Any:  # noqa: A002
    """A field of a record of options; `declared` is the rest of `Option`."""
    declaration = Option(flags=flags, help=help, **declared)
    if isinstance(default, dict):
        return field(default_factory=dict, metadata={"option": declaration})
    return field(default=default, metadata={"option": declaration})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class CallOptions:
    """A frozen record of options, which are checked on creation; its docstring lists them."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Generating dataclass methods for each record would take longer than the rest of a command's `--help`.
        dataclass(kw_only=True, init=False, eq=False, repr=False)(cls)
        lines = [f"{name}: {declaration.description}" for name, declaration in _declarations(cls)]
        cls.__doc__ = "\n    ".join([(cls.__doc__ or "").rstrip() + "\n", *lines])

    def __init__(self, **given: Any) -> None:
        record: Any = self.__class__
        declared, plain = declared_options(record), _plain_fields(record)
        for name in given:
            if name not in declared and name not in plain:
                raise TypeError(f"{type(self).__name__} has no option '{name}'")
        for name, declaration in declared.items():
            value = declaration.checked(given.get(name, declaration.default))
            if declaration.deprecated is not None and value != declaration.default:
                warn(declaration.deprecated, name, declaration.flags.rpartition(" ")[2])
            object.__setattr__(self, name, value)
        for name, plain_field in plain.items():
            object.__setattr__(self, name, given[name] if name in given else default_of(plain_field))
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    def __setattr__(self, name: str, value: object = None) -> None:
        raise FrozenInstanceError(f"{type(self).__name__}.{name} can't be changed")

    __delattr__ = __setattr__

    def _values(self) -> dict[str, Any]:
        record: Any = self.__class__
        return {field.name: getattr(self, field.name) for field in fields(record)}

    def __eq__(self, other: object) -> bool:
        return self._values() == other._values() if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self) -> int:
        record: Any = self.__class__
        return hash(tuple(getattr(self, name) for name in declared_options(record)))

    def __repr__(self) -> str:
        record: Any = self.__class__
        options = (f"{name}={getattr(self, name)!r}" for name in declared_options(record))
        return f"{type(self).__name__}({', '.join(options)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(self.__class__, **self._values()), ()


@cache
def declared_options(record: Any) -> Mapping[str, Option]:
    """The options declared by the fields of a record, by name."""
    hints, defaults = types_of(record), {field.name: default_of(field) for field in fields(record)}
    return {
        name: replace(declaration, name=name, hint=hints[name], default=defaults[name])
        for name, declaration in _declarations(record)
    }


@cache
def _plain_fields(record: Any) -> Mapping[str, Field[Any]]:
    """The fields that are not options: a caller can't set them; code that handles the record fills them."""
    return {field.name: field for field in fields(record) if "option" not in field.metadata}


def default_of(plain_field: Field[Any]) -> Any:
    """The default of a field, made now if it has a factory."""
    return plain_field.default if plain_field.default_factory is MISSING else plain_field.default_factory()


def worded(record: Any, name: str, **words: Any) -> Any:
    """A field declared by another record of options, with other texts or bounds."""
    known = {field.name: field for field in fields(record)}[name]
    return field(default=known.default, metadata={"option": replace(known.metadata["option"], **words)})


def types_of(record: type) -> dict[str, Any]:
    """The types of a record's fields; a type that only type checkers import is a class of that name."""
    owners: Iterable[Any] = reversed(record.__mro__)
    return {name: hint for owner in owners for name, hint in _own_types(owner).items()}


@cache
def _own_types(owner: Any) -> Mapping[str, Any]:
    return inspect.get_annotations(owner, locals=NamesOf(owner.__module__), eval_str=True)


class NamesOf(dict[str, Any]):
    """The names of a module, with placeholder classes for missing ones."""

    def __init__(self, module: str) -> None:
        super().__init__({**vars(builtins), **vars(sys.modules[module])})

    def __missing__(self, name: str) -> type:
        return type(name, (), {"__class_getitem__": classmethod(lambda cls, parts: cls)})


def _declarations(record: Any) -> Iterator[tuple[str, Option]]:
    return ((field.name, field.metadata["option"]) for field in fields(record) if "option" in field.metadata)


def _leaves(hint: Any) -> Iterator[Any]:
    """The types in a hint; `Literal`s as a whole."""
    if get_origin(hint) in (None, Literal):
        yield hint
    elif get_origin(hint) in (*_UNIONS, *Option.LISTS):
        for part in get_args(hint):
            yield from _leaves(part)
    else:  # such as `PathLike[str]`
        yield get_origin(hint)


USUAL: Any = None  # means the default options
Options = TypeVar("Options")
F = TypeVar("F", bound=Callable[..., Any])


class WorkerOptions(CallOptions):
    """How to analyse files that are not in the library."""

    jobs: int | None = option(
        None, "-j --jobs", "Process N files in parallel (default: one per core).",
        least=1, metavar="N", heading="Speed", setting="scan.jobs", is_remote=False,
    )  # fmt: skip
    timeout_s: float | None = option(
        None, "--timeout", "Give up on a file after S seconds (default: by its size).",
        least=0, above=True, most=604_800, metavar="S", heading="Speed", setting="scan.timeout", is_remote=False,
    )  # fmt: skip


_WORKERS = tuple(field.name for field in fields(WorkerOptions))


def given(
    record: type[Options], options: Options | None, keywords: Mapping[str, Any], *, first: str | None = None
) -> Options:
    """The options of a call: a record, keywords, or a record with some fields changed by keywords.

    first: name of the call's first argument, to suggest it
    """
    known = list(declared_options(record))  # type: ignore[arg-type]
    unknown = next((name for name in keywords if name not in known), None)
    if unknown is not None:
        hint = UsageError.did_you_mean(unknown, known)
        if first is not None and UsageError.near(unknown, [first, *known]) == [first]:
            hint = f"did you mean {first}, the first argument?"
        raise UsageError(f"there is no option '{unknown}'; {hint}")
    if options is None:
        return record(**keywords)
    if not isinstance(options, record):
        raise UsageError(f"options are keywords or a {record.__name__}, not {options!r}; give several values as a list")
    return replace(options, **keywords) if keywords else options  # type: ignore[type-var]


def takes(record: str) -> Callable[[F], F]:
    """Build the `options` of a call, its last positional argument, from what the caller gives.

    The call shows their names instead of `**keywords` in `help()`, `inspect.signature` and completion, and its
    docstring names the record.

    record: its class, as `module:name`, which documents the options; imported on the first call or inspection
    """

    def decorate(function: F) -> F:
        written = inspect.signature(function)
        names = [
            name for name, parameter in written.parameters.items() if parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
        ]
        own = {name for name, parameter in written.parameters.items() if parameter.kind is not Parameter.VAR_KEYWORD}
        place, first = len(names) - 1, names[1] if len(names) > 2 else None

        @wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            by_name = {name: keywords.pop(name) for name in own.intersection(keywords)}
            options = arguments[place] if len(arguments) > place else by_name.pop("options", None)
            built = given(load(record), options, keywords, first=first)
            return function(*arguments[:place], *arguments[place + 1 :], **by_name, options=built)

        call.__signature__ = _Signature(written, record)  # type: ignore[attr-defined]
        paragraph = f"options: the same as the keywords, as a `{record.replace(':', '.')}`"
        call.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\n{paragraph}"
        return cast("F", call)

    return decorate


class _Signature(Signature):
    """A signature that is completed on demand."""

    __slots__ = ("_record", "_written")

    def __init__(self, written: Signature, record: str) -> None:
        super().__init__(return_annotation=written.return_annotation)
        self._written = written
        self._record = record

    @property
    def parameters(self) -> Any:
        named = [
            parameter for parameter in self._written.parameters.values() if parameter.kind is not Parameter.VAR_KEYWORD
        ]
        more = [
            Parameter(field.name, Parameter.KEYWORD_ONLY, default=default_of(field), annotation=field.type)
            # Options of the task come before those of its workers.
            for field in sorted(fields(load(self._record)), key=lambda field: field.name in _WORKERS)
            if "option" in field.metadata
        ]
        return Signature([*named, *more]).parameters

    def replace(self, **changes: Any) -> Signature:  # type: ignore[override]
        parameters: Mapping[str, Parameter] = self.parameters
        whole = Signature([*parameters.values()], return_annotation=self.return_annotation)
        return whole.replace(**changes)

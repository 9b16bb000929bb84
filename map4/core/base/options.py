"""Options of a call: a frozen record, or its fields as keywords."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import wraps
from inspect import Parameter, Signature
from typing import Any, TypeVar, cast

from map4.core.base.call_options import CallOptions, declared_options, default_of, option
from map4.core.base.declaration import load
from map4.core.base.near_names import did_you_mean, near_names
from map4.errors import UsageError

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
        hint = did_you_mean(unknown, known)
        if first is not None and near_names(unknown, [first, *known]) == [first]:
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

"""The keywords of a call, for `help()`, `inspect.signature` and completion: those of its options record."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from importlib import import_module
from inspect import Parameter, Signature
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def takes(record: str) -> Callable[[F], F]:
    """Show the fields of a record in place of a call's `**keywords`.

    Parameters
    ----------
    record : its class, as `module:name`; imported when somebody looks, since with most comes numpy
    """

    def decorate(function: F) -> F:
        function.__signature__ = _Signature(inspect.signature(function), record)  # type: ignore[attr-defined]
        return function

    return decorate


class _Signature(Signature):
    """A signature that is completed when it is looked at."""

    __slots__ = ("_record", "_written")

    def __init__(self, written: Signature, record: str) -> None:
        super().__init__(return_annotation=written.return_annotation)
        self._written = written
        self._record = record

    @property
    def parameters(self) -> Any:
        module, _, name = self._record.partition(":")
        named = [one for one in self._written.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
        more = [
            Parameter(field.name, Parameter.KEYWORD_ONLY, default=_default(field), annotation=field.type)
            for field in fields(getattr(import_module(module), name))
        ]
        return Signature([*named, *more]).parameters

    def replace(self, **changes: Any) -> Signature:  # type: ignore[override]
        parameters: Mapping[str, Parameter] = self.parameters
        whole = Signature([*parameters.values()], return_annotation=self.return_annotation)
        return whole.replace(**changes)


def _default(field: Field[Any]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()

"""JSON Schemas of what a call takes, made of its options record and of what its docstring says."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

OF_WORKERS = ("jobs", "timeout_s")
"""Options that are the server's to decide."""
_PLAIN = {bool: "boolean", int: "integer", float: "number", type(None): "null"}
_NAMED = re.compile(r"(\w+(?:, \w+)*) : (.*)")


def call_schema(
    call: Callable[..., Any],
    record: type[Any] | None = None,
    *,
    first: Mapping[str, Mapping[str, Any]] | None = None,
    required: Collection[str] = (),
    without: Collection[str] = OF_WORKERS,
) -> dict[str, Any]:
    """The schema of what a call takes, as one object.

    Parameters
    ----------
    call : its docstring says what the fields mean
    record : its options; texts stand for keys, queries, curves and presets
    first : schemas of what stands before the options, or in the place of one of them
    required : fields that must be given
    without : fields of the record that are left out
    """
    told = _descriptions(call)
    properties: dict[str, Any] = {name: dict(schema) for name, schema in (first or {}).items()}
    hints = get_type_hints(record) if record is not None else {}
    for field in fields(record) if record is not None else ():
        if field.name not in (*properties, *without):
            properties[field.name] = _schema(hints[field.name])
            if field.default is not MISSING and isinstance(field.default, bool | int | float | str):
                properties[field.name]["default"] = field.default
    for name, schema in properties.items():
        if name in told:
            schema.setdefault("description", told[name])
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def _schema(hint: Any) -> dict[str, Any]:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _either([_schema(one) for one in get_args(hint)])
    if origin is Literal:
        return {"enum": [*get_args(hint)]}
    if origin is not None and issubclass(origin, Iterable):
        return {"type": "array", "items": _schema(get_args(hint)[0])}
    return {"type": _PLAIN.get(hint, "string")}


def _either(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Any of some schemas, as one: kinds of values by name, in the order of JSON's usual ones."""
    kinds = list(dict.fromkeys(schema["type"] for schema in schemas if "type" in schema))
    values = next((schema["enum"] for schema in schemas if "enum" in schema), None)
    if values is not None:
        return {"enum": [*values, *([None] if "null" in kinds else [])]}
    items = [{"items": schema["items"]} for schema in schemas if "items" in schema]
    return {"type": kinds[0] if len(kinds) == 1 else kinds, **(items[0] if items else {})}


def _descriptions(call: Callable[..., Any]) -> dict[str, str]:
    """What a docstring says of each parameter and keyword, the text of several lines joined."""
    told: dict[str, str] = {}
    names: list[str] = []
    for line in (inspect.getdoc(call) or "").splitlines():
        if found := _NAMED.fullmatch(line):
            names = found[1].split(", ")
            told |= dict.fromkeys(names, found[2])
        elif line.startswith("    ") and names:
            told |= {name: f"{told[name]} {line.strip()}" for name in names}
        else:
            names = []
    return told

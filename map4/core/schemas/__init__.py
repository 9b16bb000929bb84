"""JSON Schemas (draft 2020-12) of every document and line that map4 prints.

`tools/shapes.py` generates `shapes.json` from the records; `export` is written by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _shapes() -> dict[str, dict[str, Any]]:
    """Return the documents by kind, and their shared parts; references are `#/$defs/NAME`."""
    shapes: dict[str, dict[str, Any]] = json.loads(_text("shapes"))
    return shapes


def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")


def kinds() -> list[str]:
    """Return every kind that has a schema, such as "track"."""
    return sorted([*_shapes()["documents"], *_written()])


def shapes_of(*kinds: str) -> dict[str, Any]:
    """Return the schemas of some kinds of documents, and of all parts that they reference, by name."""
    known = {**_shapes()["shapes"], **_shapes()["documents"]}
    shapes: dict[str, Any] = {}

    def take(name: str) -> None:
        if name not in shapes:
            shapes[name] = known[name]
            for named in _named(known[name]):
                take(named)

    for kind in kinds:
        take(kind)
    return shapes


def _written() -> list[str]:
    """Return kinds that are written piece by piece, not from records: their schemas are written by hand."""
    names = (entry.name.removesuffix(".json") for entry in files(__name__).iterdir() if entry.name.endswith(".json"))
    return [name for name in names if name != "shapes"]


def _named(schema: dict[str, Any]) -> Iterator[str]:
    return iter(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(schema)))


def schema_text(kind: str) -> str:
    """Return the JSON Schema of a kind of document."""
    if kind in _written():
        return _text(kind)
    schema, parts = _shapes()["documents"][kind], shapes_of(kind)
    if kind not in [name for part in parts.values() for name in _named(part)]:
        del parts[kind]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"map4/{kind}/1"}
    document = {**head, **schema, **({"$defs": parts} if parts else {})}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

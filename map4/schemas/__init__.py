"""JSON Schemas (draft 2020-12) of every document and line that map4 prints."""

from __future__ import annotations

from importlib import resources


def kinds() -> list[str]:
    """Every kind that has a schema, such as "track"."""
    names = (entry.name for entry in resources.files(__name__).iterdir())
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def schema_text(kind: str) -> str:
    """The JSON Schema of a kind, as text."""
    return resources.files(__name__).joinpath(f"{kind}.json").read_text(encoding="utf-8")

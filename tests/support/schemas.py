"""Whether documents are what their schema says."""

import json
from functools import cache
from typing import Any

import jsonschema

from map4.core.schemas import schema_text


@cache
def _validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema_text(kind)))


def validate(document: dict[str, Any]) -> dict[str, Any]:
    """Check a document against the schema that it names, and give it."""
    _, kind, _ = str(document["schema"]).split("/")
    _validator(kind).validate(document)
    return document


def validated(text: str, kind: str | None = None) -> dict[str, Any]:
    """The document of a text, checked against the schema that it names, which is this one where it is given."""
    document: dict[str, Any] = json.loads(text)
    assert kind is None or document["schema"] == f"map4/{kind}/1"
    return validate(document)

"""OpenAPI 3.1 of the table of routes: answers are the schemas of `map4 schema`, bodies the options records."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from typing import Any, cast

import msgspec

from map4.schemas import shapes_of
from map4.server.bodies import BodyShape
from map4.server.guards import JSON, MULTIPART
from map4.server.problems import MEDIA_TYPE
from map4.server.route import Route
from map4.server.settings import API
from map4.version import __version__

_SCHEMAS = "#/components/schemas/"
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "hint"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "integer", "description": "the exit code that a command would have"},
        "detail": {"type": "string"},
        "hint": {"type": ["string", "null"]},
    },
}
BYTES = "application/octet-stream"
# `format` for generators that know OpenAPI 3.0 better.
_BYTES = {"type": "string", "contentMediaType": BYTES, "format": "binary"}
_PROBLEM_ANSWER = {"description": "a problem", "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}problem"}}}}
_PARTS = {
    "id": "the audio id, that of a file (`f-…`) which has none, or another name of a track",
    "a": "the id of a track",
    "b": "the id of another",
    "name": "the name of a stored list",
}


@functools.cache
def openapi(routes: tuple[Route, ...]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    shapes: dict[str, BodyShape] = {}
    used: set[str] = set()
    for route in routes:
        if route.method == "WS" or route.is_hidden:
            continue
        operation = _operation(route)
        if route.body is not None:
            shapes[route.body.name] = route.body
        used |= {route.answer} if route.answer else set()
        path = re.sub(r":\w+}", "}", route.path if route.is_root else API + route.path)
        paths.setdefault(path, {})[route.method.lower()] = operation
    structs = [shape.struct for shape in shapes.values()]
    _, bodies = msgspec.json.schema_components(structs, ref_template=_SCHEMAS + "{name}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "map4",
            "version": __version__,
            "description": "What map4 knows of a folder of music, over HTTP. docs/serve.md describes it for people.",
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": {"problem": _PROBLEM, **_answers(sorted(used)), **bodies}},
    }


def _answers(kinds: Iterable[str]) -> dict[str, Any]:
    """The schemas of some kinds of documents, and of what they hold, as parts of ours."""
    text = json.dumps(shapes_of(*kinds)).replace('"#/$defs/', f'"{_SCHEMAS}')
    # Generators call a part by its title where it has one.
    return {name: {"description": one.pop("title", ""), **one} for name, one in json.loads(text).items()}


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "parameters": [*_parts_of(route.path), *_queries(route.query)],
        "responses": {str(route.status): _answer(route), "default": _PROBLEM_ANSWER},
    }
    content = dict(_contents(route))
    if content:
        # Also where nothing in it is: clients that are made of this send a Content-Type with a body alone.
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def operation_id(route: Route) -> str:
    """A name for programs that are made of the document: `get_tracks_id_audio`."""
    return "_".join([route.method.lower(), *re.findall(r"[a-z0-9]+", re.sub(r":\w+}", "}", route.path))])


def _parts_of(path: str) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"{(\w+)", path):
        said = {"description": _PARTS[name]} if name in _PARTS else {}
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}, **said}


def _queries(query: BodyShape | None) -> Iterable[dict[str, Any]]:
    found = {} if query is None else _schema(query)
    for name, schema in found.get("properties", {}).items():
        yield {"name": name, "in": "query", "required": name in found["required"], "schema": schema}


def _schema(shape: BodyShape) -> dict[str, Any]:
    _, found = msgspec.json.schema_components([shape.struct], ref_template=_SCHEMAS + "{name}")
    return cast(dict[str, Any], found[shape.name])


def _contents(route: Route) -> Iterable[tuple[str, Any]]:
    if route.body is not None and route.upload != "must":
        yield JSON, {"schema": {"$ref": _SCHEMAS + route.body.name}}
    if route.upload is not None:
        options = {} if route.body is None else _schema(route.body)["properties"]
        yield MULTIPART, {"schema": {"type": "object", "required": ["file"], "properties": {**options, "file": _BYTES}}}


def _answer(route: Route) -> dict[str, Any]:
    if route.status == 204:
        return {"description": "done"}
    is_text = route.media_type.startswith("text/")
    plain = {} if route.media_type == JSON else {"type": "string"} if is_text else _BYTES
    schema = {"$ref": _SCHEMAS + route.answer} if route.answer else plain
    media_types = [route.media_type, *([BYTES] if route.media_type == "audio/*" else ())]
    return {"description": route.summary, "content": {one: {"schema": schema} for one in media_types}}

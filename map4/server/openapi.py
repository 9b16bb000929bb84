"""The OpenAPI 3.1 document of the routes: responses use the schemas of `map4 schema`, bodies the options records."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from map4.core.base.stability import BETA_ROUTES, NOTE
from map4.core.schemas import shapes_of
from map4.server.admission import KEY_HEADER
from map4.server.bodies import BodyShape
from map4.server.connections.guards import JSON, MULTIPART
from map4.server.problems import MEDIA_TYPE, PROBLEM
from map4.server.route import Route, filled
from map4.server.settings import API
from map4.version import __version__

_SCHEMAS = "#/components/schemas/"
_STATUS = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
BYTES = "application/octet-stream"
# `format` is for generators that only know OpenAPI 3.0.
_BYTES = {"type": "string", "contentMediaType": BYTES, "format": "binary"}
_PROBLEM_ANSWER = {"description": "a problem", "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}problem"}}}}
_PROBLEMS = {"4XX": _PROBLEM_ANSWER, "5XX": _PROBLEM_ANSWER}
_REFUSALS = {"401": "unknown caller", "403": "missing rights", "429": "too many requests"}
_TOKEN = "a token, or the access token of a log-in; most routes with another scope need `read`, too"
_COOKIE = "the session cookie of the page, named after the library; changes also need `X-CSRF-Token`"
_LOG_INS = {
    "token": {"type": "http", "scheme": "bearer", "description": _TOKEN},
    "session": {"type": "apiKey", "in": "cookie", "name": "map4_LIBRARY", "description": _COOKIE},
}
_PARTS = {
    "id": "the audio id, or `f-…` for a file without one, or another name of a track",
    "a": "the id of a track",
    "b": "the id of another track",
    "list": "the id of a stored list",
}
_EXAMPLES = {"a": f"a1-{1:032x}", "b": f"a1-{2:032x}", "job": "job-1", "music": "/music"}
_KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "the key that `map4 serve` shows on a terminal, needed if there are no accounts",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "the `ETag` of the resource to change; 412 if it has changed",
}


Answer = tuple[str, tuple[str, ...]]
"""A kind of document, and the members that a response adds to it."""


@functools.cache
def openapi(routes: tuple[Route, ...], base_path: str = "") -> dict[str, Any]:
    shown = [route for route in routes if route.method != "WS" and not route.is_hidden]
    paths: dict[str, dict[str, Any]] = {}
    names, answers = _answers(shown)
    for route in shown:
        path = re.sub(r":\w+}", "}", route.path if route.is_root else API + route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, names)
    bodies = _schemas(route.body for route in shown if route.body is not None and not route.takes_file)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "map4",
            "version": __version__,
            "description": "The map4 music library over HTTP. See docs/serve.md.",
            "contact": {"name": "The map4 project"},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_path or "/"}],
        "tags": [{"name": one.name, "description": one.about} for one in dict.fromkeys(each.subject for each in shown)],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": {"problem": PROBLEM, **answers, **bodies}, "securitySchemes": _LOG_INS},
    }


def _answers(routes: Iterable[Route]) -> tuple[dict[Answer, str], dict[str, Any]]:
    """The response documents of routes: their schema names, and the schemas.

    Members added by all responses of a kind are required in its schema; responses that add more have a separate schema,
    named after the last added member, since generators ignore `required` beside a reference.
    """
    added: dict[str, set[tuple[str, ...]]] = {}
    for route in routes:
        if route.answer:
            added.setdefault(route.answer, set()).add(route.adds)
    shapes = json.loads(json.dumps(shapes_of(*sorted(added))).replace('"#/$defs/', f'"{_SCHEMAS}'))
    names: dict[Answer, str] = {}
    for kind, several in added.items():
        always = set.intersection(*({*members} for members in several))
        shapes[kind]["required"] += sorted(always)
        for members in sorted(several):
            more = [name for name in members if name not in always]
            name = names[kind, members] = f"{kind}-with-{more[-1].replace('_', '-')}" if more else kind
            schema = {**shapes[kind], "required": [*shapes[kind]["required"], *more]}
            assert shapes.setdefault(name, schema) == schema, f"two answers make the schema {name}"
    # Generators would name a part after its title.
    return names, {name: {"description": schema.pop("title", ""), **schema} for name, schema in shapes.items()}


def _operation(route: Route, names: Mapping[Answer, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "tags": [route.subject.name],
        "summary": route.summary,
        "description": _description(route),
        "parameters": [*_parts_of(route.path), *_queries(route), *_headers(route)],
        "responses": {str(route.status): _answer(route, names), **_empty(route), **_refusals(route), **_PROBLEMS},
        # `{}`: without accounts no log-in is needed; the server is then only reachable locally.
        "security": [{"token": [route.needs]}, {"session": [route.needs]}, {}] if route.needs else [],
    }
    if route.deprecated is not None:
        operation["deprecated"] = True
    if route.path in BETA_ROUTES:
        operation |= {"x-beta": True, "description": f"{NOTE} {operation['description']}"}
    if route.body is not None:
        operation["requestBody"] = _body(route, route.body)
    return operation


def _headers(route: Route) -> Iterable[dict[str, Any]]:
    if route.heeds_match:
        yield _IF_MATCH
    if route.needs_key:
        yield _KEY


def _empty(route: Route) -> dict[str, Any]:
    return {"204": {"description": "there is none"}} if route.may_be_empty else {}


def _refusals(route: Route) -> dict[str, Any]:
    refusals = _REFUSALS if route.needs or route.body else {}
    return {status: {**_PROBLEM_ANSWER, "description": about} for status, about in refusals.items()}


def _description(route: Route) -> str:
    needs = f"Needs `{route.needs}`" if route.needs else "Needs nothing"
    gives = f"; gives a `map4/{route.answer}/1`" if route.answer else ""
    has_etag = route.answer and route.method == "GET" and route.media_type == JSON
    return f"{needs}{gives}{', with an `ETag`' if has_etag else ''}."


def operation_id(route: Route) -> str:
    """The operation name for generated clients: `get_tracks_id_audio`."""
    return "_".join([route.method.lower(), *re.findall(r"[a-z0-9]+", re.sub(r":\w+}", "}", route.path))])


def _parts_of(path: str) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"{(\w+)", path):
        described = {"description": _PARTS[name]} if name in _PARTS else {}
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}, **described}


def _queries(route: Route) -> Iterable[dict[str, Any]]:
    if route.query is None:
        return
    schemas = _schemas([route.query])[route.query.name]
    examples = filled(route.example or {}, _EXAMPLES)
    for name, schema in schemas.get("properties", {}).items():
        shown = {"example": examples[name]} if name in examples else {}
        yield {"name": name, "in": "query", "required": name in schemas["required"], "schema": schema, **shown}


def _schemas(shapes: Iterable[BodyShape]) -> dict[str, Any]:
    """The schemas of bodies and their parts, by name."""
    structs = {shape.name: shape.struct for shape in shapes}.values()
    _, schemas = msgspec.json.schema_components(structs, ref_template=_SCHEMAS + "{name}")
    return {name: _without_defaults(schema) for name, schema in schemas.items()}


def _without_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """Move defaults into descriptions: generators treat members with defaults as required."""
    members = {name: dict(member) for name, member in schema.get("properties", {}).items()}
    for member in members.values():
        default, description = member.pop("default", None), member.get("description", "")
        if default not in (None, False, "", [], {}) and "default" not in description:
            default_text = f"default {json.dumps(default)}"
            member["description"] = f"{description.rstrip('.')} ({default_text})." if description else default_text
    return {**schema, "properties": members}


def _body(route: Route, shape: BodyShape) -> dict[str, Any]:
    schema = _schemas([shape])[shape.name]
    if not route.takes_file:
        shown = {} if route.example is None else {"example": filled(route.example, _EXAMPLES)}
        content = {JSON: {"schema": {"$ref": _SCHEMAS + shape.name}, **shown}}
        # Required even if all members are optional: generated clients only send a Content-Type with a body.
        return {"required": True, "content": content}
    # Only the form, which has all members of JSON: generators support one type and would pick JSON.
    form = {**schema, "properties": {"file": _BYTES, **schema["properties"]}}
    about = "The file as `file`; without a file, the members can also be sent as JSON."
    return {"description": about, "required": True, "content": {MULTIPART: {"schema": form}}}


def _answer(route: Route, names: Mapping[Answer, str]) -> dict[str, Any]:
    if route.status == 204:
        return {"description": "done"}
    is_text = route.media_type.startswith("text/")
    plain = _STATUS if route.media_type == JSON else {"type": "string"} if is_text else _BYTES
    schema: dict[str, Any] = {"$ref": _SCHEMAS + names[route.answer, route.adds]} if route.answer else plain
    if is_text and route.answer:  # a stream of records
        schema = {**plain, "contentMediaType": JSON, "contentSchema": schema}
    is_media = route.media_type.startswith(("audio/", "image/"))
    media_types = [route.media_type, *([BYTES] if is_media else ())]
    about = shapes_of(route.answer)[route.answer]["title"] if route.answer else route.summary
    return {"description": about, "content": {media_type: {"schema": schema} for media_type in media_types}}

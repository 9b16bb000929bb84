"""Every route answers its own example as its description promises."""

from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from route_examples import NOT_FOUND, Call, calls
from servers import client_of
from starlette.testclient import TestClient

from map4.server.connections.guards import JSON
from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi, operation_id
from map4.server.settings import API


def test_every_route_answers_its_example(sound_library: Path, scanned_music: Path) -> None:
    document = openapi(ROUTES)
    names = {"music": str(scanned_music)}
    with client_of(sound_library, scanned_music) as client:
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
        for name, file in (("a", "two"), ("b", "one")):
            [names[name]] = client.get(f"{API}/search", params={"q": file, "limit": 1}).json()["ids"]
        wrong = []
        for call in calls():
            answer = _answer(client, call, names)
            if answer.status_code != call.status:
                wrong.append((operation_id(call.route), call.status, answer.status_code, answer.text))
            if answer.headers.get("content-type") == JSON and answer.is_success:
                _require_promised(document, call, answer.json())
            if call.makes:
                names[call.makes] = answer.json()["id"]
    assert wrong == []
    assert {*NOT_FOUND} <= {(route.method, route.path) for route in ROUTES}


def _answer(client: TestClient, call: Call, names: dict[str, str]) -> Any:
    parts, query, body = call.named(names)
    path = call.route.path.format(**parts)
    address = path if call.route.is_root else API + path
    return client.request(call.route.method, address, params=query, json=body)


def _require_promised(document: dict[str, Any], call: Call, answer: Any) -> None:
    path = call.route.path if call.route.is_root else API + call.route.path
    described = document["paths"][path][call.route.method.lower()]["responses"][str(call.route.status)]
    schema = {**described["content"][JSON]["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(answer)

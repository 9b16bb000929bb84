"""What the server says of itself: OpenAPI that validates, answers that keep to it, and a page of its own."""

import re
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from libraries import file_id
from live_server import listening
from servers import settings_of
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from map4.server.app import make_app
from map4.server.changes import changes_of
from map4.server.declared_routes import ROUTES
from map4.server.route import Route


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return found


@pytest.mark.world
def test_openapi_document_is_valid(document: dict[str, Any]) -> None:
    from openapi_spec_validator import validate  # slow

    validate(document)


def test_openapi_document_has_all_routes_and_schemas_for_generators(document: dict[str, Any]) -> None:
    documented = {(method.upper(), path) for path, found in document["paths"].items() for method in found}
    assert {(route.method, route.path.replace(":path", "")) for route in ROUTES if not route.is_hidden} == {
        (method, path.removeprefix("/api/v1")) for method, path in documented
    }
    templates = [re.sub(r"{\w+}", "{}", path) for path in document["paths"]]
    assert len(templates) == len(set(templates))  # "identical" by the specification
    names = [operation["operationId"] for found in document["paths"].values() for operation in found.values()]
    assert len(names) == len(set(names))
    guarded = {
        operation["operationId"]
        for found in document["paths"].values()
        for operation in found.values()
        if "If-Match" in {parameter["name"] for parameter in operation["parameters"]}
    }
    assert guarded == {"put_tracks_id", "patch_lists_list", "delete_lists_list", "post_lists_list_ops"}
    names = [name.replace("-", "").lower() for name in document["components"]["schemas"]]  # a class is a `LiveList`
    assert sorted(names) == sorted({*names})
    schemas = list(_schemas_in(document["components"]["schemas"]))
    assert len(schemas) > 500
    for schema in schemas:
        of = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        assert "array" not in of or "items" in schema, schema
        assert "object" not in of or {"properties", "additionalProperties"} & {*schema}, schema
        assert {*schema.get("required", ())} <= {*schema.get("properties", ())}, schema
    assert document["components"]["schemas"]["tags"]["properties"]["fields"]["properties"]["bpm"] == {
        "$ref": "#/components/schemas/field-value"
    }
    bodies = [
        operation["requestBody"]
        for found in document["paths"].values()
        for operation in found.values()
        if "requestBody" in operation
    ]
    for body in bodies:
        [(media_type, content)] = body["content"].items()  # some generators take JSON where there is a choice
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        schema = document["components"]["schemas"].get(name, content["schema"])
        assert not [member for member in schema["properties"].values() if "default" in member], name
        assert (media_type == "multipart/form-data") == ("file" in schema["properties"])
    assert "(default 20)" in document["components"]["schemas"]["Generate"]["properties"]["n"]["description"]


def _schemas_in(part: Any) -> Iterator[dict[str, Any]]:
    """Every schema of a part of the document; `if` and `then` narrow those that they stand in."""
    if isinstance(part, dict):
        if "type" in part and not isinstance(part["type"], dict):
            yield part
        yield from (schema for name, inner in part.items() if name != "allOf" for schema in _schemas_in(inner))
    elif isinstance(part, list):
        yield from (schema for inner in part for schema in _schemas_in(inner))


def test_operations_have_a_subject_a_scope_and_authentication(document: dict[str, Any]) -> None:
    subjects = {tag["name"]: tag["description"] for tag in document["tags"]}
    operations = [operation for found in document["paths"].values() for operation in found.values()]
    assert {tag for operation in operations for tag in operation["tags"]} == {*subjects}
    assert all(subjects.values())
    search = document["paths"]["/api/v1/search"]["get"]
    assert search["tags"] == ["search"]
    assert document["paths"]["/api/v1/events"]["get"]["description"] == "Needs `read`; gives a `map4/event/1`."
    assert search["description"] == "Needs `read`; gives a `map4/tracks/1`, with an `ETag`."
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    operations = {
        operation["operationId"]: operation for found in document["paths"].values() for operation in found.values()
    }
    refusals = {"401", "403", "429"}
    for name, operation in operations.items():
        needs = re.findall("Needs `(.*?)`", operation["description"])
        assert operation["security"] == ([{"token": needs}, {"session": needs}, {}] if needs else []), name
        assert not needs or refusals <= set(operation["responses"]), name
    assert operations["get_metrics"]["security"][0] == {"token": ["metrics"]}
    assert refusals <= set(operations["post_auth_login"]["responses"])


def test_page_shows_every_route_and_addresses_redirect_to_a_version(
    client: TestClient, document: dict[str, Any]
) -> None:
    answer = client.get("/api/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path in document["paths"]:
        assert path in answer.text
    assert "<code>map4 search</code>" in answer.text
    assert not re.search(r"(src|href)=.?https?:|<script|@import|url\(", answer.text)
    answer = client.get("/api/search?q=a%20b&limit=2", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/api/v1/search?q=a%20b&limit=2")
    assert client.get("/api/v1/nothing").status_code == 404
    assert client.get("/api/v2").status_code == 404


def test_ready_fails_if_the_library_is_unreadable(client: TestClient, made: Path) -> None:
    assert client.get("/ready").status_code == 200
    made.write_bytes(b"no library at all" * 999)
    assert client.get("/ready").status_code == 503
    assert client.get("/health").status_code == 200


def test_removed_library_is_reported_and_not_recreated(client: TestClient, made: Path) -> None:
    assert client.get("/api/v1/tracks").status_code == 200
    for part in made.parent.glob("made.map4*"):
        part.unlink()
    answers = [client.get("/api/v1/search?q=one"), client.put(f"/api/v1/tracks/{file_id(1)}", json={"bpm": 99})]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert "is its drive connected?" in answers[1].json()["hint"]
    assert not made.exists()


def test_internal_error_reveals_no_details(made: Path, caplog: pytest.LogCaptureFixture) -> None:
    route = Route(
        method="GET",
        path="/broken",
        needs="read",
        summary="Breaks.",
        handler=Mock(side_effect=ZeroDivisionError("/secret/place")),
    )
    app = make_app(settings_of(made), routes=[route])
    with caplog.at_level("INFO", logger="map4"), TestClient(app, base_url="http://localhost") as client:
        answer = client.get("/api/v1/broken")
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["type"] == "urn:map4:problem:internal"


@pytest.mark.contract
def test_interrupted_answer_logs_no_private_data(made: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def begun(request: Request) -> StreamingResponse:
        def pieces() -> Iterator[bytes]:
            yield b"one"
            raise ZeroDivisionError("/secret/place")

        return StreamingResponse(pieces())

    route = Route("GET", "/begun", None, "Breaks off.", endpoint=begun)
    app = make_app(settings_of(made), routes=[route], services=(changes_of,))
    with caplog.at_level("INFO"), listening(app) as port, socket.create_connection(("localhost", port)) as client:
        client.sendall(b"GET /api/v1/begun HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(partial(client.recv, 65536), b""))
    assert b"one" in answer
    assert not answer.endswith(b"0\r\n\r\n")  # not taken for a whole one
    assert "a response was cut off by ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text

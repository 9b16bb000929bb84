"""A client that a generator of others makes of openapi.json, with which each route is called."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from live_server import listening
from route_examples import calls
from servers import settings_of
from starlette.applications import Starlette

from map4.library import Library
from map4.server.app import make_app
from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi, operation_id

# What a program relies on.
PROGRAM = """
from map4_client import AuthenticatedClient
from map4_client.api.search import get_search
from map4_client.models import Problem

def found(client: AuthenticatedClient) -> tuple[list[float | None], list[str], str | None]:
    page = get_search.sync(client=client, q="is:ok", limit=2)
    if page is None or isinstance(page, Problem):
        raise SystemExit(page.hint if page else "no answer")
    return [track.tempo.bpm if track.tempo else None for track in page.tracks], page.ids, page.next_
"""

Send = Callable[..., Any]
RENAMED = ("all", "list", "format")
"""Members that the generator names otherwise, after names of Python."""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The package that the generator made."""
    folder = tmp_path_factory.mktemp("generated")
    _generate(folder, openapi(ROUTES))
    sys.path.insert(0, str(folder))
    yield "map4_client"
    sys.path.remove(str(folder))


def _generate(folder: Path, document: dict[str, Any]) -> None:
    """Make a client, without a word of complaint."""
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "config.yml").write_text("post_hooks: []\nliteral_enums: true\n")
    given = ["--path", "openapi.json", "--config", "config.yml", "--meta", "none", "--output-path", "map4_client"]
    command = [sys.executable, "-m", "openapi_python_client", "generate", *given]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert "WARNING" not in done.stdout + done.stderr


@pytest.fixture
def server(sound_library: Path, scanned_music: Path) -> Iterator[tuple[Starlette, int]]:
    app = make_app(settings_of(sound_library, scanned_music))
    with listening(app) as port:
        yield app, port


def _body_of(send: Send, content: Any) -> Any:
    hint = get_type_hints(send)["body"]
    model = next(one for one in [hint, *get_args(hint)] if hasattr(one, "from_dict"))
    return model.from_dict(content)


def _operations() -> Iterator[dict[str, Any]]:
    return (one for found in openapi(ROUTES)["paths"].values() for one in found.values())


@pytest.mark.world
def test_a_program_is_sure_of_its_types_as_far_as_the_document_says_them(tmp_path: Path) -> None:
    document = openapi(ROUTES)
    complaints = []
    for name in ("typed", "untyped"):
        folder = tmp_path / name
        folder.mkdir()
        _generate(folder, document)
        (folder / "program.py").write_text(PROGRAM)
        command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "program.py"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        complaints.append(re.findall("error: (.*?)  \\[", done.stdout))
        document = json.loads(json.dumps(document))
        document["components"]["schemas"]["tracks"]["properties"]["tracks"]["items"] = {"type": "object"}
    assert complaints[0] == []
    assert complaints[1] == ['"TracksTracksItem" has no attribute "tempo"']


@pytest.mark.world
def test_each_route_is_called_by_a_client_that_was_generated(
    generated: str, server: tuple[Starlette, int], sound_library: Path, scanned_music: Path
) -> None:
    app, port = server
    with Library.open(sound_library) as library:
        names = {name: _id(library, scanned_music / f"{file}.wav") for name, file in (("a", "two"), ("b", "one"))}
    names |= {"music": str(scanned_music)}
    client = importlib.import_module(generated).Client(base_url=f"http://localhost:{port}", timeout=30)
    subjects = {one["operationId"]: one["tags"][0] for one in _operations()}
    with ThreadPoolExecutor(1) as pool:
        for call in calls():
            operation = operation_id(call.route)
            api = f"{generated}.api.{subjects[operation]}"
            send: Send = importlib.import_module(f"{api}.{operation}").sync_detailed
            parts, query, content = call.named(names)
            body = {} if content is None else {"body": _body_of(send, content)}
            given = {f"{name}_" if name in RENAMED else name: value for name, value in (parts | query).items()}
            answering = pool.submit(send, client=client, **given, **body)
            if operation == "get_events":  # they end with the server
                app.state.changes.end()
            answer = answering.result(30)
            status = 403 if call.route.needs_key else call.status  # without the key
            if operation == "get_exports_job_file":
                status = 200  # jobs are done here
            assert answer.status_code == status, (operation, answer.content)
            assert (answer.parsed is None) == (status == 204), operation
            if call.makes:
                names[call.makes] = answer.parsed.id
            if operation == "post_exports":
                _wait_for(client, generated, answer.parsed.id)


def _id(library: Library, path: Path) -> str:
    track = library.track(path)
    assert track is not None
    assert track.audio_id is not None
    return track.audio_id


def _wait_for(client: Any, generated: str, job: str) -> None:
    call = importlib.import_module(f"{generated}.api.jobs.get_jobs_job").sync
    until = time.monotonic() + 60
    while call(job, client=client, wait=10.0).status != "completed":
        assert time.monotonic() < until

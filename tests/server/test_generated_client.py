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
from extra_cases import rows_of_extras
from live_server import listening
from servers import settings_of
from starlette.applications import Starlette

from map4.library import Library
from map4.server.app import make_app
from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi

A, B, JOB = "{a}", "{b}", "{job}"
PLAN = f"p-{0:032x}"
# What each operation is called with: parts of the address and what follows it, its body, and the status that it gives.
CALLS: dict[str, tuple[dict[str, Any], Any, int]] = {
    "get_health": ({}, None, 200),
    "get_ready": ({}, None, 200),
    "post_auth_login": ({}, {"username": "nobody", "password": "wrong"}, 401),  # there are no accounts
    "post_auth_session": ({}, {"username": "nobody", "password": "wrong"}, 401),
    "post_auth_refresh": ({}, {"refresh_token": "map4r_"}, 401),
    "get_auth_session": ({}, None, 200),
    "delete_auth_session": ({}, None, 404),
    "get_tracks": ({"limit": 2}, None, 200),
    "get_tracks_id": ({"id": A, "beats": True}, None, 200),
    "put_tracks_id": ({"id": A}, {"bpm": 87.0, "genre": "Deep House"}, 200),
    "put_tracks": ({}, {"tracks": [A, B], "genre": "House", "dry_run": True}, 200),
    "get_map": ({}, None, 404),  # too few for one
    "get_map_values": ({"name": ["key"]}, None, 404),
    "get_tracks_id_cover": ({"id": A, "size": 64}, None, 204),
    "get_marks": ({}, None, 200),
    "patch_marks": ({}, {"mark": "peak", "name": "late"}, 404),
    "delete_marks": ({"mark": "peak"}, None, 404),
    "post_plays": ({}, {"track": A, "heard_s": 100.0}, 200),
    "get_plays": ({"limit": 2}, None, 200),
    "get_changes": ({"track": [A], "limit": 5}, None, 200),
    "post_changes_step_undo": ({"step": "1"}, {"dry_run": True}, 200),
    "get_tracks_id_audio": ({"id": A}, None, 200),
    "get_tracks_id_overview": ({"id": A}, None, 200),
    "get_tracks_id_strip": ({"id": A, "points": 40}, None, 200),
    "post_tracks_analyze": ({}, {"path": "{music}/three.wav", "store": False}, 200),
    "get_search": ({"q": "is:ok", "total": True}, None, 200),
    "get_columns": ({"q": "bpm:50..", "sort": "bpm-", "fields": "title,bpm,strip", "to": 2}, None, 200),
    "post_columns": ({}, {"ids": [A, B], "fields": ["id"]}, 200),
    "get_columns_place": ({"sort": "title", "text": "t"}, None, 200),
    "get_facets": ({"q": "bpm:50..", "fields": "genre,folder"}, None, 200),
    "get_completions": ({"text": "gen", "at": 3}, None, 200),
    "get_about": ({}, None, 200),
    "post_search_advanced": ({}, {"filters": {"bpm": {"operator": "range", "min": 50}}, "sort": ["bpm-"]}, 200),
    "post_audio_find_similar": ({}, {"files": [A], "by": "mix", "n": 2}, 200),
    "post_compare": ({}, {"files": [A, B]}, 200),
    "get_compatibility_a_b": ({"a": A, "b": B}, None, 200),
    "get_mix_a_b": ({"a": A, "b": B}, None, 200),
    "get_stats_library": ({"q": "is:ok"}, None, 200),
    "get_stats_accuracy": ({"imported": True}, None, 200),
    "get_stats_genres": ({}, None, 200),
    "get_stats_timeline": ({}, None, 200),
    "get_stats_plays": ({"since": "30d"}, None, 200),
    "get_stats_mixes": ({"since": "30d"}, None, 404),  # nobody has played a set
    "get_doctor": ({"only": ["tags"]}, None, 200),
    "get_duplicates": ({}, None, 200),
    "get_imports": ({}, None, 200),
    "get_tracks_id_tags": ({"id": A}, None, 200),
    "get_sources": ({}, None, 200),
    "get_sources_field": ({"field": "label"}, None, 200),
    "put_sources_field": ({"field": "label"}, {"first": None}, 403),  # without the key
    "get_library": ({}, None, 200),
    "get_playlists_choices": ({}, None, 200),
    "post_playlists_generate": ({}, {"seeds": [A], "n": 2, "relax": True}, 200),
    "post_playlists_check": ({}, {"tracks": [A, B], "suggest": False}, 200),
    "post_playlists_order": ({}, {"tracks": [A, B]}, 200),
    "post_lists": ({}, {"name": "Friday", "tracks": [A, B]}, 201),
    "post_playlists_refresh": ({}, {"list": "Friday"}, 200),
    "post_playlists_fill": ({}, {"list": "Friday", "n": 3, "relax": True}, 200),
    "get_lists": ({}, None, 200),
    "get_lists_live": ({"query": "bpm:100..", "per_artist": 2}, None, 200),
    "get_lists_list": ({"list_": "{list}"}, None, 200),
    "patch_lists_list": ({"list_": "{list}"}, {"description": "late"}, 200),
    "post_lists_list_ops": ({"list_": "{list}"}, {"op": "move", "from": 1, "to": 2}, 200),
    "get_lists_list_slots": ({"list_": "{list}", "after": 1}, None, 200),
    "get_lists_list_file": ({"list_": "{list}"}, None, 200),
    "get_lists_list_versions": ({"list_": "{list}"}, None, 200),
    "delete_lists_list": ({"list_": "{list}"}, None, 204),
    "post_scan": ({}, {}, 202),
    "post_batch_analyze": ({}, {"files": ["{music}"]}, 202),
    "post_audio_batch_analyze": ({}, {"files": ["{music}"]}, 202),
    "get_batch_job": ({"job": "job-2"}, None, 200),
    "delete_batch_job": ({"job": "job-3"}, None, 200),
    "post_duplicates": ({}, {"kinds": ["same_audio"]}, 202),
    "post_exports": ({}, {"to": "csv", "columns": ["title", "bpm"]}, 202),
    "get_jobs": ({"kind": ["export"], "limit": 5}, None, 200),
    "get_jobs_job": ({"job": JOB, "wait": 0.0}, None, 200),
    "get_exports_job": ({"job": JOB}, None, 200),
    "get_exports_job_file": ({"job": JOB}, None, 200),
    "get_exports": ({}, None, 200),
    "post_jobs_job_cancel": ({"job": JOB}, {}, 200),
    "post_jobs_job_retry": ({"job": "job-3"}, {}, 200),
    "get_events": ({"job": JOB, "after": "0"}, None, 200),
    "delete_tracks_id": ({"id": B, "ignore": True}, None, 204),
    "get_ignored": ({}, None, 200),
    "delete_ignored": ({"path": ["{music}/one.wav", "{music}/again.wav"]}, None, 200),
    "post_plans_tags": ({}, {"query": "is:ok", "fields": ["bpm"]}, 403),  # without the key
    "post_plans_tags_undo": ({}, {"journal": None}, 403),
    "post_plans_quarantine": ({}, {"kinds": ["same_audio"]}, 403),
    "post_plans_return": ({}, {"journal": None}, 403),
    "get_duplicates_journals": ({}, None, 200),
    "post_plans_import": ({}, {"format_name": "rekordbox"}, 403),
    "post_plans_classify": ({}, {"provider": "keywords"}, 403),
    "post_plans_forget": ({}, {"tracks": [A]}, 403),
    "post_plans_restore": ({}, {"file": b"no backup"}, 403),
    "get_plans_plan": ({"plan": PLAN}, None, 403),
    "post_plans_plan": ({"plan": PLAN}, {}, 403),
    "get_tags_journals": ({}, None, 200),
    "get_backup": ({}, None, 200),
    "post_backup": ({}, {}, 400),  # without a folder for backups
    "get_folders": ({"path": "{music}"}, None, 200),
    "get_users": ({}, None, 200),
    "get_users_user": ({"user": "me"}, None, 404),
    "patch_users_user": ({"user": "me"}, {"role": "user"}, 404),
    "put_users_user_password": ({"user": "me"}, {"password": "long enough"}, 404),
    "delete_users_user": ({"user": "me"}, None, 404),
    "get_users_user_export": ({"user": "me"}, None, 404),
    "get_audit": ({}, None, 200),
    "get_tokens": ({"all_": True}, None, 200),
    "post_tokens": ({}, {"name": "cron"}, 400),  # it belongs to an account
    "post_tokens_token_rotate": ({"token": "t-0123456789abcdef"}, {}, 404),
    "delete_tokens_token": ({"token": "t-0123456789abcdef"}, None, 404),
    **rows_of_extras("CALLS"),
    "post_users": ({}, {"name": "Ann"}, 201),  # from now on nobody is let in
}  # fmt: skip

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

Call = Callable[..., Any]


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


def _filled(value: Any, names: dict[str, str]) -> Any:
    """The same with the names of this library's tracks in their places."""
    if isinstance(value, str):
        for name, known in names.items():
            value = value.replace(f"{{{name}}}", known)
        return value
    if isinstance(value, dict):
        return {name: _filled(one, names) for name, one in value.items()}
    return [_filled(one, names) for one in value] if isinstance(value, list) else value


def _body_of(call: Call, content: Any) -> Any:
    hint = get_type_hints(call)["body"]
    model = next(one for one in [hint, *get_args(hint)] if hasattr(one, "from_dict"))
    return model.from_dict(content)


def _operations() -> Iterator[dict[str, Any]]:
    return (one for found in openapi(ROUTES)["paths"].values() for one in found.values())


def test_there_is_a_call_of_each_route() -> None:
    assert {*CALLS} == {one["operationId"] for one in _operations()}


@pytest.mark.slow
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


@pytest.mark.slow
def test_each_route_is_called_by_a_client_that_was_generated(
    generated: str, server: tuple[Starlette, int], sound_library: Path, scanned_music: Path
) -> None:
    app, port = server
    with Library.open(sound_library) as library:
        names = {name: _id(library, scanned_music / f"{file}.wav") for name, file in (("a", "two"), ("b", "one"))}
    names |= {"music": str(scanned_music), "job": "job-5"}
    client = importlib.import_module(generated).Client(base_url=f"http://localhost:{port}", timeout=30)
    subjects = {one["operationId"]: one["tags"][0] for one in _operations()}
    with ThreadPoolExecutor(1) as pool:
        for operation, (given, content, status) in CALLS.items():
            api = f"{generated}.api.{subjects[operation]}"
            call: Call = importlib.import_module(f"{api}.{operation}").sync_detailed
            body = {} if content is None else {"body": _body_of(call, _filled(content, names))}
            answering = pool.submit(call, client=client, **_filled(given, names), **body)
            if operation == "get_events":  # they end with the server
                app.state.changes.end()
            answer = answering.result(30)
            assert answer.status_code == status, (operation, answer.content)
            assert (answer.parsed is None) == (status == 204), operation
            if operation == "post_lists":
                names["list"] = answer.parsed.id
            if operation == "post_exports":
                _wait_for(client, generated, "job-5")


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

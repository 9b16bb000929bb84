"""Look-ups as jobs: what they tell, whom they may ask, and that one sleeps while a service is silent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import service_faults
from extras.lookup.lookup_runs import ALBUM, opened
from extras.lookup.musicbrainz_server import polar
from schemas import validate
from service_double import Server, serving

from map4.errors import NothingFoundError, ProviderSilentError, UsageError
from map4.extras.lookup.options import LookupRequest
from map4.jobs.process import run_job
from map4.jobs.requests import JobRequest
from map4.library import Library

pytestmark = pytest.mark.contract


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with serving(polar()) as found:
        yield found


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with opened(tmp_path, ALBUM) as found:
        yield found


def settings(server: Server, *, enabled: bool = True) -> dict[str, Any]:
    return {"musicbrainz": {"url": server.url, "contact": "me@example.org", "interval_s": 0.0, "enabled": enabled}}


def run(
    library: Library, providers: dict[str, Any], request: LookupRequest | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    messages: list[dict[str, Any]] = []
    stored = json.loads(json.dumps(JobRequest(kind="lookup", options=request).stored()))
    task = {
        "open_arguments": library.care.open_arguments,
        "settings": {"providers": providers},
        "kind": "lookup",
        "options": stored,
    }
    return run_job(task, lambda what, value: messages.append({what: value})), messages


def test_job_reports_the_records_of_the_command(library: Library, server: Server) -> None:
    result, messages = run(library, settings(server))
    assert (result["schema"], result["accepted"]) == ("map4/lookup-summary/1", 4)
    lines = [message["line"] for message in messages if "line" in message]
    assert [validate(line)["schema"] for line in lines] == ["map4/lookup/1"] * 4 + ["map4/lookup-summary/1"]
    assert library.track("/music/1.mp3").label() == "Warp"
    assert run(library, settings(server))[0]["known"] == 4
    summary = run(
        library, settings(server), LookupRequest(query="title:copper", force=True, providers=("musicbrainz",))
    )[0]
    assert summary["accepted"] == 1


def test_jobs_need_a_provider_and_consent(library: Library, server: Server) -> None:
    with pytest.raises(UsageError, match="name a provider"):
        run(library, settings(server, enabled=False))
    with pytest.raises(UsageError, match=r"sending data to 127.0.0.1:\d+ needs consent"):
        run(library, settings(server, enabled=False), LookupRequest(providers=("musicbrainz",)))
    with pytest.raises(NothingFoundError, match="no track matches 'title:nothing'"):
        run(library, settings(server), LookupRequest(query="title:nothing"))
    assert server.turns == []


def test_stored_lookup_request_is_restored_unchanged() -> None:
    request = LookupRequest(query="bpm:120", providers=("musicbrainz", "listenbrainz"), max_requests=7, max_wait_s=1.0)
    stored = json.loads(json.dumps(JobRequest(kind="lookup", options=request).stored()))
    assert JobRequest.restored("lookup", stored) == ([], request)
    with pytest.raises(UsageError, match="max_requests"):
        LookupRequest(max_requests=0)


def test_silent_service_is_reported_with_the_time_to_retry(library: Library, server: Server) -> None:
    server.act = service_faults.FAULTS["429 for days"]
    with pytest.raises(ProviderSilentError, match="musicbrainz does not answer") as silent:
        run(library, settings(server), LookupRequest(max_wait_s=5.0))
    assert silent.value.retry_after_s == 259200.0
    [failure] = silent.value.failures
    assert (failure["error_type"], failure["provider"]) == ("rate_limit", "musicbrainz")
    server.act = service_faults.FAULTS["403"]
    with pytest.raises(NothingFoundError, match=r"nothing was looked up: .*403"):
        run(library, settings(server))

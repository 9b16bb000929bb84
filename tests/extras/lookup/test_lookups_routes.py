"""Look-ups in doubt over HTTP: seen, decided and taken back, with a double of MusicBrainz."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from extras.lookup.lookup_runs import in_doubt
from lanes import sampled
from libraries import audio_id
from schemas import validate
from servers import client_of

from map4.extras.lookup import part as lookups
from map4.library import Library
from map4.server.settings import API

ONE = f"{API}/tracks/{audio_id(1)}/lookups/musicbrainz"


@pytest.fixture
def doubtful(tmp_path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    with in_doubt(tmp_path) as found:
        yield found


@pytest.mark.contract
def test_doubtful_lookup_is_decided_and_undone(doubtful: tuple[Path, dict[str, Any]]) -> None:
    path, providers = doubtful
    with client_of(path, config={"providers": providers}) as client:
        seen = client.get(f"{API}/lookups").json()
        [doubt] = seen["lookups"]
        assert (seen["count"], doubt["status"], doubt["audio_id"]) == (1, "review", audio_id(1))
        best = doubt["candidates"][0]
        assert best["reasons"]
        done = client.put(ONE, json={"recording": best["id"]}).json()
        assert (done["status"], done["error"], done["values"]["label"]) == ("accepted", None, "Warp")
        assert client.get(f"{API}/lookups").json()["count"] == 0
        assert client.get(f"{API}/search", params={"q": "label:warp"}).json()["ids"] == [audio_id(1)]
        assert client.delete(ONE).status_code == 204
        assert client.get(f"{API}/search", params={"q": "label:warp"}).json()["ids"] == []
        assert client.get(f"{API}/lookups", params={"limit": 0}).json() == {**seen, "lookups": []}
        assert client.put(ONE, json={"recording": None}).json()["status"] == "rejected"
        assert client.put(ONE, json={"recording": None}).status_code == 404  # it is in doubt no more
        assert client.delete(ONE).status_code == 204
        assert client.delete(ONE).status_code == 404
        assert client.put(ONE, json={"recording": "another"}).status_code == 404


@pytest.mark.contract
def test_unknown_provider_is_refused(doubtful: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "DECIDE_WITHIN_S", 0.1)
    path, providers = doubtful
    with Library.open(path) as library:
        found = library.lookups.in_doubt(limit=1)
    [doubt] = found.to_record()["lookups"]
    recording = {"recording": doubt["candidates"][0]["id"]}
    with client_of(path) as client:
        assert client.put(ONE, json=recording).status_code == 400
        assert client.put(ONE, json={"recording": None}).json()["status"] == "rejected"  # which asks nobody
    silent = {"musicbrainz": {**providers["musicbrainz"], "url": "http://127.0.0.1:1"}}
    with client_of(path, config={"providers": silent}) as client:
        client.delete(ONE)
        failed = client.put(ONE, json=recording).json()
        assert (failed["status"], failed["error"]["error_type"]) == ("failed", "network")
        assert client.get(f"{API}/lookups").json()["count"] == 1


def test_tracks_are_looked_up_at_the_providers_of_the_settings(bare: Path) -> None:
    providers = {"musicbrainz": {"contact": "me@example.org", "enabled": True}}
    with client_of(bare, config={"providers": providers}) as client:
        answer = client.post(API + "/lookup", json={"query": "missing:label", "max_requests": 9, "priority": 2})
    assert answer.status_code == 202, answer.text
    job = validate(answer.json())
    assert (job["kind"], job["priority"]) == ("lookup", 2)
    assert job["options"] == {"query": "missing:label", "max_requests": 9}


@pytest.mark.parametrize(
    "body",
    sampled(
        [
            {},  # no provider is enabled
            {"providers": ["spotify"]},
            {"providers": ["musicbrainz"]},  # it is not set up
            {"providers": ["musicbrainz"], "url": "http://127.0.0.1"},
            {"query": "bpm:fast", "providers": ["musicbrainz"]},
        ],
        every=2,
    ),
)
def test_wrong_requests_are_refused_before_there_is_a_job(bare: Path, body: dict[str, Any]) -> None:
    with client_of(bare) as client:
        assert client.post(f"{API}/lookup", json=body).status_code == 400
        assert client.get(f"{API}/jobs").json()["jobs"] == []

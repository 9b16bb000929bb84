"""Tracks over HTTP."""

from pathlib import Path

import pytest
from made_library import TRACKS
from starlette.testclient import TestClient

from map4.library import Library


def test_copies_are_one_track_and_failed_files_have_an_id(
    listener: TestClient, sound_library: Path, scanned_music: Path
) -> None:
    found = listener.get("/api/v1/search", params={"q": "is:failed"}).json()
    [address] = found["ids"]
    assert address.startswith("f-")
    track = listener.get(f"/api/v1/tracks/{address}").json()
    assert (track["state"], track["id"], track["audio_id"]) == ("failed", address, None)
    refused = listener.put(f"/api/v1/tracks/{address}", json={"bpm": 120})
    assert (refused.status_code, "could not be identified" in refused.json()["detail"]) == (422, True)
    page = listener.get("/api/v1/tracks").json()
    assert len(page["tracks"]) == 4
    [copied] = [track for track in page["tracks"] if len(track["paths"]) == 2]
    assert copied["paths"] == [str(scanned_music / name) for name in ("again.wav", "one.wav")]
    alone = listener.get(f"/api/v1/tracks/{copied['id']}").json()
    assert alone == copied
    with Library.open(sound_library) as library:
        track = library.track(copied["paths"][0])
        assert {**track.to_record(), "id": track.audio_id, "paths": copied["paths"]} == alone


@pytest.mark.parametrize("route", ["/tracks?limit=3", "/jobs", "/openapi.json", "/lists"])
def test_unchanged_answer_is_not_sent_again(client: TestClient, route: str) -> None:
    first = client.get(f"/api/v1{route}")
    again = client.get(f"/api/v1{route}", headers={"If-None-Match": f'"x", {first.headers["etag"]}'})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_unchanged_tags_are_not_sent_again(listener: TestClient) -> None:
    [address] = listener.get("/api/v1/search", params={"q": "three"}).json()["ids"]
    etag = listener.get(f"/api/v1/tracks/{address}/tags").headers["etag"]
    known = {"If-None-Match": etag}
    assert listener.get(f"/api/v1/tracks/{address}/tags", headers=known).status_code == 304
    listener.put(f"/api/v1/tracks/{address}", json={"genre": "New"})
    assert listener.get(f"/api/v1/tracks/{address}/tags", headers=known).status_code == 200


def test_pages_give_every_track_once_and_heads_no_body(client: TestClient, made: Path) -> None:
    answer = client.head("/api/v1/tracks")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == client.get("/api/v1/tracks").headers["etag"]
    ids: list[str] = []
    after = ""
    while after is not None:
        page = client.get("/api/v1/tracks", params={"limit": 7, "after": after}).json()
        ids += page["ids"]
        after = page["next"]
    with Library.open(made) as library:
        assert ids == [track.audio_id for track in library.tracks.all()]
    assert len(ids) == TRACKS


def test_page_after_a_removed_track_is_refused(client: TestClient, made: Path) -> None:
    first = client.get("/api/v1/tracks", params={"limit": 5}).json()
    assert first["next"] == first["ids"][-1]
    with Library.open(made) as library:
        library.files.forget([library.tracks.addressed(first["next"]).track])
    refused = client.get("/api/v1/tracks", params={"limit": 5, "after": first["next"]})
    assert (refused.status_code, "the previous page" in refused.json()["detail"]) == (400, True)


def test_relative_names_are_not_resolved_in_the_server_folder(
    listener: TestClient, scanned_music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compared(name: str) -> tuple[int, str]:
        answer = listener.post("/api/v1/compare", json={"files": [name, str(scanned_music / "one.wav")]})
        return answer.status_code, answer.text

    monkeypatch.chdir(scanned_music)
    for path in ("two.wav", "./two.wav", "~/two.wav"):
        assert compared(path)[0] == 400
        assert "is not an absolute path" in compared(path)[1]
    assert compared(str(scanned_music / "two.wav"))[0] == 200
    words = compared("nobody")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nobody").mkdir()
    assert compared("nobody") == words  # they are words wherever it runs

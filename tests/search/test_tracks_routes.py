"""Tracks over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_library import TRACKS
from starlette.testclient import TestClient

from map4.library import Library


def test_pages_give_every_track_once_in_order(client: TestClient, made: Path) -> None:
    ids: list[str] = []
    after = ""
    while after is not None:
        page = client.get("/api/v1/tracks", params={"limit": 7, "after": after}).json()
        ids += page["ids"]
        after = page["next"]
    with Library.open(made) as library:
        assert ids == [track.audio_id for track in library.tracks.all()]
    assert len(ids) == TRACKS


def test_copies_are_one_track_with_all_paths(listener: TestClient, sound_library: Path, scanned_music: Path) -> None:
    page = listener.get("/api/v1/tracks").json()
    assert len(page["tracks"]) == 4
    [copied] = [track for track in page["tracks"] if len(track["paths"]) == 2]
    assert copied["paths"] == [str(scanned_music / name) for name in ("again.wav", "one.wav")]
    alone = listener.get(f"/api/v1/tracks/{copied['id']}").json()
    assert alone == copied
    with Library.open(sound_library) as library:
        track = library.track(copied["paths"][0])
        assert track is not None
        assert {**track.to_record(), "id": track.audio_id, "paths": copied["paths"]} == alone


def test_a_failed_file_has_a_number(listener: TestClient) -> None:
    found = listener.get("/api/v1/search", params={"q": "is:failed"}).json()
    [address] = found["ids"]
    assert address.startswith("f-")
    track = listener.get(f"/api/v1/tracks/{address}").json()
    assert (track["state"], track["id"], track["audio_id"]) == ("failed", address, None)


def test_put_sets_values(client: TestClient) -> None:
    [address] = client.get("/api/v1/search", params={"q": "bpm:104"}).json()["ids"]
    before = client.get(f"/api/v1/tracks/{address}").headers["etag"]
    answer = client.put(f"/api/v1/tracks/{address}", json={"bpm": 87, "key": "Am"})
    assert answer.json()["schema"] == "map4/set/1"
    assert [(one["name"], one["new"]) for one in answer.json()["changes"]] == [("bpm", 87), ("key", "8A")]
    now = client.get(f"/api/v1/tracks/{address}", headers={"If-None-Match": before})
    assert now.status_code == 200
    assert now.json()["user"]["bpm"] == 87
    assert now.headers["etag"] == answer.headers["etag"]


def test_cue_points_and_the_grid_are_set_and_undone_as_values_are(client: TestClient) -> None:
    [address] = client.get("/api/v1/search", params={"q": "bpm:104"}).json()["ids"]
    route = f"/api/v1/tracks/{address}"
    cue = {"position_s": 8.5, "number": 2, "name": "Drop", "color": "#28e214"}
    set_by = client.put(route, json={"cues": [cue], "bpm": 52, "grid": [{"position_s": 0.5, "bpm": 52}]}).json()
    assert [one["name"] for one in set_by["changes"]] == ["bpm", "cues", "grid"]
    now = client.get(route, params={"cues": True}).json()
    assert now["cues"][0] | {"source": "user", "kind": "cue", **cue} == now["cues"][0]
    assert [(one["position_s"], one["bpm"]) for one in now["user"]["grid"]] == [(0.5, 52)]
    undone = client.post(f"/api/v1/changes/{set_by['step']}/undo", json={}).json()
    assert [one["name"] for one in undone["changes"]] == ["bpm", "cues", "grid"]
    assert client.get(route).json()["user"] is None
    refused = client.put(route, json={"cues": [{"position_s": 1, "number": "one"}]})
    assert (refused.status_code, "number is a number" in refused.json()["detail"]) == (400, True)


def test_who_saw_another_track_may_not_set_its_values(client: TestClient, made: Path) -> None:
    [address] = client.get("/api/v1/search", params={"q": "bpm:104"}).json()["ids"]
    track = f"/api/v1/tracks/{address}"
    seen = client.get(f"{track}?cues=true").headers["etag"]
    changed = client.put(track, json={"bpm": 87}, headers={"If-Match": seen})
    assert changed.status_code == 200
    with Library.open(made) as library:
        library.set([library.tracks.addressed(address).track], title="By another")
    for etag in (seen, changed.headers["etag"]):
        refused = client.put(track, json={"bpm": 90}, headers={"If-Match": etag})
        assert (refused.status_code, refused.json()["title"]) == (412, "It has changed since")
    assert client.get(track).json()["user"]["bpm"] == 87
    now = client.get(track).headers["etag"]
    assert client.put(track, json={"bpm": 90}, headers={"If-Match": f'"x", {now}'}).status_code == 200
    assert client.put(track, json={"bpm": 91}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("route", ["/tracks?limit=3", "/jobs", "/openapi.json", "/lists"])
def test_an_unchanged_answer_is_not_sent_again(client: TestClient, route: str) -> None:
    first = client.get(f"/api/v1{route}")
    again = client.get(f"/api/v1{route}", headers={"If-None-Match": f'"x", {first.headers["etag"]}'})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_tags_that_are_as_they_were_are_not_sent_again(listener: TestClient) -> None:
    [address] = listener.get("/api/v1/search", params={"q": "three"}).json()["ids"]
    etag = listener.get(f"/api/v1/tracks/{address}/tags").headers["etag"]
    known = {"If-None-Match": etag}
    assert listener.get(f"/api/v1/tracks/{address}/tags", headers=known).status_code == 304
    listener.put(f"/api/v1/tracks/{address}", json={"genre": "New"})
    assert listener.get(f"/api/v1/tracks/{address}/tags", headers=known).status_code == 200


def test_head_tells_of_an_answer_without_it(client: TestClient) -> None:
    told = client.head("/api/v1/tracks")
    assert (told.status_code, told.content) == (200, b"")
    assert told.headers["etag"] == client.get("/api/v1/tracks").headers["etag"]


def test_delete_takes_all_files_of_a_track_out_and_leaves_them_on_the_disk(
    listener: TestClient, scanned_music: Path
) -> None:
    [address] = [track["id"] for track in listener.get("/api/v1/tracks").json()["tracks"] if len(track["paths"]) == 2]
    answer = listener.delete(f"/api/v1/tracks/{address}", params={"ignore": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert listener.get(f"/api/v1/tracks/{address}").status_code == 404
    assert (scanned_music / "one.wav").exists()
    ignored = listener.get("/api/v1/ignored").json()
    paths = [str(scanned_music / name) for name in ("again.wav", "one.wav")]
    assert [one["path"] for one in ignored["files"]] == paths
    assert listener.delete("/api/v1/ignored", params={"path": paths}).json()["files"] == []


def test_a_page_after_a_track_that_has_gone_is_refused(client: TestClient, made: Path) -> None:
    first = client.get("/api/v1/tracks", params={"limit": 5}).json()
    assert first["next"] == first["ids"][-1]
    with Library.open(made) as library:
        library.files.forget([library.tracks.addressed(first["next"]).track])
    refused = client.get("/api/v1/tracks", params={"limit": 5, "after": first["next"]})
    assert (refused.status_code, "the previous page" in refused.json()["detail"]) == (400, True)


def test_no_name_is_looked_for_where_the_server_runs(
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

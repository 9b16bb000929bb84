"""Values and marks over HTTP."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from map4.library import Library
from map4.server.settings import API
from map4.values import routes


def marks(client: TestClient) -> dict[str, tuple[Any, ...]]:
    return {mark["name"]: (mark["key"], mark["tracks"]) for mark in client.get(f"{API}/marks").json()["marks"]}


def test_marks_of_many_are_found_renamed_deleted_or_refused(client: TestClient) -> None:
    for body in ({"mark": "peak"}, {"mark": "peak", "name": "a", "key": 1}):
        assert client.patch(f"{API}/marks", json=body).status_code == 400
    assert client.delete(f"{API}/marks", params={"mark": "peak"}).status_code == 404
    first, second, *_ = client.get(f"{API}/tracks?limit=3").json()["ids"]
    set_ = client.put(f"{API}/tracks", json={"tracks": [first, second], "mark": ["Peak", "R&B/Soul"]}).json()
    assert [(change["name"], change["old"], change["new"]) for change in set_["changes"]] == 2 * [
        ("mark", None, "Peak"), ("mark", None, "R&B/Soul")
    ]  # fmt: skip
    document = client.put(f"{API}/tracks/{first}", json={"unmark": ["peak"]}).json()
    assert [(change["old"], change["new"]) for change in document["changes"]] == [("Peak", None)]
    assert marks(client) == {"Peak": (1, 1), "R&B/Soul": (2, 2)}
    found = client.get(f"{API}/search", params={"q": "mark:=peak"}).json()["tracks"]
    assert [track["user"]["marks"] for track in found] == [["Peak", "R&B/Soul"]]
    facets = client.get(f"{API}/facets", params={"q": "has:mark", "fields": "mark"}).json()["facets"]["mark"]
    assert [(facet["value"], facet["query"], facet["count"]) for facet in facets] == [
        ("R&B/Soul", 'mark:="R&B/Soul"', 2), ("Peak", 'mark:="Peak"', 1)
    ]  # fmt: skip
    typed = client.get(f"{API}/completions", params={"text": "mark:pe", "at": 7}).json()["completions"]
    assert [completion["text"] for completion in typed] == ['mark:="Peak"']
    renamed = client.patch(f"{API}/marks", json={"mark": "R&B/Soul", "name": "soul"}).json()
    assert [mark["name"] for mark in renamed["marks"]] == ["Peak", "soul"]
    client.patch(f"{API}/marks", json={"mark": "soul", "key": 9, "color": "#123456"})
    assert client.get(f"{API}/marks").json()["marks"][1] == {
        "name": "soul", "color": "#123456", "key": 9, "tracks": 2, "lists": 0
    }  # fmt: skip
    left = client.delete(f"{API}/marks", params={"mark": "soul"}).json()
    assert [mark["name"] for mark in left["marks"]] == ["Peak"]
    [step] = client.get(f"{API}/changes?limit=1").json()["steps"]
    client.post(f"{API}/changes/{step['step']}/undo", json={})
    assert marks(client) == {"Peak": (1, 1), "soul": (9, 2)}


def test_put_refuses_more_tracks_than_its_maximum(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST_SET", 2)
    ids = client.get(f"{API}/tracks?limit=3").json()["ids"]
    answer = client.put(f"{API}/tracks", json={"tracks": ids, "rating": 4})
    assert answer.json()["detail"] == "3 tracks are too many to set at once; the maximum is 2"
    assert client.put(f"{API}/tracks", json={"tracks": ids[:2], "rating": 4}).status_code == 200


def test_marks_of_lists_are_set_and_searched(client: TestClient) -> None:
    first, *_ = client.get(f"{API}/tracks?limit=1").json()["ids"]
    made = client.post(f"{API}/lists", json={"name": "Friday", "tracks": [first]}).json()
    assert made["marks"] == []
    changed = client.patch(f"{API}/lists/{made['id']}", json={"mark": ["Club", "late"]}).json()
    assert changed["marks"] == ["Club", "late"]
    assert client.patch(f"{API}/lists/{made['id']}", json={"unmark": ["club"]}).json()["marks"] == ["late"]
    [playlist] = [playlist for playlist in client.get(f"{API}/lists").json()["lists"] if playlist["id"] == made["id"]]
    assert playlist["marks"] == ["late"]
    assert [(mark["name"], mark["tracks"], mark["lists"]) for mark in client.get(f"{API}/marks").json()["marks"]] == [
        ("late", 0, 1)
    ]  # fmt: skip
    assert client.get(f"{API}/completions", params={"text": "mark:la", "at": 7}).json()["completions"] == []
    assert client.patch(f"{API}/lists/{made['id']}", json={"mark": ["a / b"]}).status_code == 400


def test_put_sets_values(client: TestClient) -> None:
    [address] = client.get(f"{API}/search", params={"q": "bpm:104"}).json()["ids"]
    before = client.get(f"{API}/tracks/{address}").headers["etag"]
    answer = client.put(f"{API}/tracks/{address}", json={"bpm": 87, "key": "Am", "comment": "C" * 1000})
    assert answer.json()["schema"] == "map4/set/1"
    changes = [(change["name"], change["new"]) for change in answer.json()["changes"]]
    assert changes == [("bpm", 87), ("key", "8A"), ("comment", "C" * 1000)]
    now = client.get(f"{API}/tracks/{address}", headers={"If-None-Match": before})
    assert now.json()["user"]["bpm"] == 87  # and no 304, nor the compressed answer to the change
    assert now.headers["etag"] == answer.headers["etag"]


def test_cue_points_and_the_grid_are_set_and_undone_as_values_are(client: TestClient) -> None:
    [address] = client.get(f"{API}/search", params={"q": "bpm:104"}).json()["ids"]
    route = f"{API}/tracks/{address}"
    cue = {"position_s": 8.5, "number": 2, "name": "Drop", "color": "#28e214"}
    set_by = client.put(route, json={"cues": [cue], "bpm": 52, "grid": [{"position_s": 0.5, "bpm": 52}]}).json()
    assert [change["name"] for change in set_by["changes"]] == ["bpm", "cues", "grid"]
    now = client.get(route, params={"cues": True}).json()
    assert now["cues"][0] | {"source": "user", "kind": "cue", **cue} == now["cues"][0]
    assert [(mark["position_s"], mark["bpm"]) for mark in now["user"]["grid"]] == [(0.5, 52)]
    undone = client.post(f"{API}/changes/{set_by['step']}/undo", json={}).json()
    assert [change["name"] for change in undone["changes"]] == ["bpm", "cues", "grid"]
    assert client.get(route).json()["user"] is None
    refused = client.put(route, json={"cues": [{"position_s": 1, "number": "one"}]})
    assert (refused.status_code, "number is a number" in refused.json()["detail"]) == (400, True)


def test_put_refuses_the_etag_of_an_older_track(client: TestClient, made: Path) -> None:
    [address] = client.get(f"{API}/search", params={"q": "bpm:104"}).json()["ids"]
    track = f"{API}/tracks/{address}"
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


def test_tempo_range_is_set_listed_undone_and_removed(client: TestClient) -> None:
    path = f"{API}/tempo-ranges"
    body = {"range": "30..59", "query": "path:/"}
    planned = client.post(path, json={**body, "dry_run": True}).json()
    assert (planned["range"], planned["before"], planned["outside"] > 0) == ("30..59", None, True)
    assert client.get(path).json()["ranges"] == []
    assert client.post(path, json=body).json() == {**planned, "dry_run": False}
    [listed] = client.get(path).json()["ranges"]
    assert (listed["query"], listed["range"]) == ('path:"/"', "30..59")
    assert client.post(f"{path}/undo", json={}).json()["range"] is None
    client.post(path, json=body)
    assert client.post(path, json={**body, "range": None}).json()["before"] == "30..59"
    assert client.post(path, json={**body, "range": None}).status_code == 404
    assert client.post(path, json={"range": "80..140"}).status_code == 400

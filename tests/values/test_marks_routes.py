"""Marks over HTTP: of one track and of many, renamed, deleted, and found."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

API = "/api/v1"


def marks(client: TestClient) -> dict[str, tuple[Any, ...]]:
    return {one["name"]: (one["key"], one["tracks"]) for one in client.get(f"{API}/marks").json()["marks"]}


def test_marks_of_many_are_found_renamed_and_deleted(client: TestClient) -> None:
    first, second, *_ = client.get(f"{API}/tracks?limit=3").json()["ids"]
    set_ = client.put(f"{API}/tracks", json={"tracks": [first, second], "mark": ["Peak", "R&B/Soul"]}).json()
    assert [(one["name"], one["old"], one["new"]) for one in set_["changes"]] == 2 * [
        ("mark", None, "Peak"), ("mark", None, "R&B/Soul")
    ]  # fmt: skip
    one = client.put(f"{API}/tracks/{first}", json={"unmark": ["peak"]}).json()
    assert [(change["old"], change["new"]) for change in one["changes"]] == [("Peak", None)]
    assert marks(client) == {"Peak": (1, 1), "R&B/Soul": (2, 2)}
    found = client.get(f"{API}/search", params={"q": "mark:=peak"}).json()["tracks"]
    assert [track["user"]["marks"] for track in found] == [["Peak", "R&B/Soul"]]
    facets = client.get(f"{API}/facets", params={"q": "has:mark", "fields": "mark"}).json()["facets"]["mark"]
    assert [(one["value"], one["query"], one["count"]) for one in facets] == [
        ("R&B/Soul", 'mark:="R&B/Soul"', 2), ("Peak", 'mark:="Peak"', 1)
    ]  # fmt: skip
    typed = client.get(f"{API}/completions", params={"text": "mark:pe", "at": 7}).json()["completions"]
    assert [one["text"] for one in typed] == ['mark:="Peak"']
    renamed = client.patch(f"{API}/marks", json={"mark": "R&B/Soul", "name": "soul"}).json()
    assert [one["name"] for one in renamed["marks"]] == ["Peak", "soul"]
    client.patch(f"{API}/marks", json={"mark": "soul", "key": 9, "color": "#123456"})
    assert client.get(f"{API}/marks").json()["marks"][1] == {
        "name": "soul", "color": "#123456", "key": 9, "tracks": 2, "lists": 0
    }  # fmt: skip
    left = client.delete(f"{API}/marks", params={"mark": "soul"}).json()
    assert [one["name"] for one in left["marks"]] == ["Peak"]
    [step] = client.get(f"{API}/changes?limit=1").json()["steps"]
    client.post(f"{API}/changes/{step['step']}/undo", json={})
    assert marks(client) == {"Peak": (1, 1), "soul": (9, 2)}


def test_what_is_wrong_is_told(client: TestClient) -> None:
    for body in ({"mark": "peak"}, {"mark": "peak", "name": "a", "key": 1}):
        assert client.patch(f"{API}/marks", json=body).status_code == 400
    assert client.delete(f"{API}/marks", params={"mark": "peak"}).status_code == 404


def test_marks_of_lists(client: TestClient) -> None:
    first, *_ = client.get(f"{API}/tracks?limit=1").json()["ids"]
    made = client.post(f"{API}/lists", json={"name": "Friday", "tracks": [first]}).json()
    assert made["marks"] == []
    changed = client.patch(f"{API}/lists/{made['id']}", json={"mark": ["Club", "late"]}).json()
    assert changed["marks"] == ["Club", "late"]
    assert client.patch(f"{API}/lists/{made['id']}", json={"unmark": ["club"]}).json()["marks"] == ["late"]
    [one] = [one for one in client.get(f"{API}/lists").json()["lists"] if one["id"] == made["id"]]
    assert one["marks"] == ["late"]
    assert [(one["name"], one["tracks"], one["lists"]) for one in client.get(f"{API}/marks").json()["marks"]] == [
        ("late", 0, 1)
    ]  # fmt: skip
    assert client.get(f"{API}/completions", params={"text": "mark:la", "at": 7}).json()["completions"] == []
    assert client.patch(f"{API}/lists/{made['id']}", json={"mark": ["a / b"]}).status_code == 400

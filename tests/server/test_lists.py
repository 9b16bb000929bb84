"""Stored lists over HTTP: made, copied, renamed, put in another order, and forgotten."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from libraries import execute
from made_library import path_of
from starlette.testclient import TestClient

from map4.app.playlists.playlists import Playlists
from map4.library import Library

API = "/api/v1"
A, B, C = (f"a1-{number:032x}" for number in (4, 7, 10))


@pytest.fixture
def friday(client: TestClient) -> dict[str, Any]:
    """A list of three tracks."""
    answer = client.post(f"{API}/lists", json={"name": "Friday ♪", "tracks": [A, B, C], "description": "late"})
    assert (answer.status_code, answer.headers["location"]) == (201, f"{API}/lists/Friday%20%E2%99%AA")
    found: dict[str, Any] = answer.json()
    return found


def test_a_list_is_stored_with_its_transitions(client: TestClient, friday: dict[str, Any]) -> None:
    assert (friday["name"], friday["description"], friday["ids"]) == ("Friday ♪", "late", [A, B, C])
    assert [pick["transition"] is None for pick in friday["picks"]] == [True, False, False]
    assert client.get(f"{API}/lists/friday ♪").json() == friday
    [listed] = client.get(f"{API}/lists").json()["lists"]
    assert (listed["name"], listed["tracks"]) == ("Friday ♪", 3)


def test_it_is_renamed_described_and_put_in_order(client: TestClient, friday: dict[str, Any]) -> None:
    changed = client.patch(
        f"{API}/lists/Friday ♪", json={"name": "Saturday", "description": None, "tracks": [C, A, B, path_of(5)]}
    )
    assert changed.status_code == 200, changed.text
    record = changed.json()
    assert (record["name"], record["description"]) == ("Saturday", None)
    assert record["ids"] == [C, A, B, f"a1-{5:032x}"]
    assert client.get(f"{API}/lists/Friday ♪").status_code == 404


def test_a_list_is_named_by_its_id_too(client: TestClient, friday: dict[str, Any]) -> None:
    [listed] = client.get(f"{API}/lists").json()["lists"]
    address = f"{API}/lists/{listed['id']}"
    assert client.get(address).json() == friday
    assert client.patch(address, json={"name": "Saturday"}).json()["name"] == "Saturday"
    assert client.get(address).json()["ids"] == friday["ids"]
    assert client.delete(address).status_code == 204
    assert client.get(f"{API}/lists").json()["lists"] == []


def test_a_change_that_is_refused_changes_nothing(client: TestClient, friday: dict[str, Any]) -> None:
    answer = client.patch(f"{API}/lists/Friday ♪", json={"name": "a/b", "description": "x", "tracks": [C]})
    assert answer.status_code == 400
    assert client.get(f"{API}/lists/Friday ♪").json() == friday


def test_a_missing_track_keeps_its_place(client: TestClient, made: Path, friday: dict[str, Any]) -> None:
    with Library.open(made) as library:
        track = library.track(path_of(7))
        assert track is not None
        library.files.forget([track])
    shown = client.get(f"{API}/lists/Friday ♪").json()
    assert [(one["status"], one["id"]) for one in shown["entries"]] == [("found", A), ("gone", B), ("found", C)]
    moved = client.patch(f"{API}/lists/Friday ♪", json={"tracks": [B, C, A]}).json()
    assert [one["id"] for one in moved["entries"]] == [B, C, A]
    assert moved["ids"] == [C, A]


def test_it_is_copied_and_no_other_is_replaced_unasked(client: TestClient, friday: dict[str, Any]) -> None:
    copy = client.post(f"{API}/lists", json={"name": "Copy", "copy_of": "friday ♪"})
    assert (copy.status_code, copy.json()["ids"]) == (201, [A, B, C])
    again = client.post(f"{API}/lists", json={"name": "copy", "tracks": [A]})
    assert (again.status_code, again.json()["type"]) == (409, "urn:map4:problem:stored-list-exists")
    taken = client.patch(f"{API}/lists/Copy", json={"name": "FRIDAY ♪"})
    assert taken.status_code == 409
    assert client.patch(f"{API}/lists/Copy", json={"name": "COPY"}).json()["name"] == "COPY"
    forced = client.post(f"{API}/lists", json={"name": "copy", "tracks": [A], "force": True})
    assert forced.json()["ids"] == [A]


def test_it_is_forgotten_and_an_empty_one_can_be(client: TestClient, friday: dict[str, Any]) -> None:
    assert client.delete(f"{API}/lists/Friday ♪").status_code == 204
    assert client.delete(f"{API}/lists/Friday ♪").status_code == 404
    [deleted] = client.get(f"{API}/lists", params={"deleted": True}).json()["lists"]
    assert (deleted["name"], deleted["tracks"]) == ("Friday ♪", 3)
    both = client.post(f"{API}/lists", json={"name": "Friday", "restore": deleted["id"], "copy_of": "Copy"})
    assert both.status_code == 400
    back = client.post(f"{API}/lists", json={"name": "Friday", "restore": "friday ♪"})
    assert (back.status_code, back.json()["name"], back.json()["ids"]) == (201, "Friday", [A, B, C])
    assert client.post(f"{API}/lists", json={"name": "Friday 2", "restore": "friday ♪"}).status_code == 404
    empty = client.post(f"{API}/lists", json={"name": "Empty", "tracks": []})
    assert (empty.status_code, empty.json()["picks"]) == (201, [])


@pytest.mark.parametrize("route", ["generate", "order", "refresh"])
def test_what_is_made_can_be_saved_by_the_thread_that_writes(
    client: TestClient, friday: dict[str, Any], route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, threads = Playlists.save, []

    def noted(self: Playlists, *given: Any, **options: Any) -> Any:
        threads.append(threading.current_thread().name)
        return save(self, *given, **options)

    monkeypatch.setattr(Playlists, "save", noted)
    body = {"seeds": [A], "n": 4} if route == "generate" else {"list": "Friday ♪"}
    made = client.post(f"{API}/playlists/{route}", json={**body, "save": "Made"})
    assert made.status_code == 200, made.text
    assert client.get(f"{API}/lists/Made").json()["ids"] == made.json()["ids"]
    refused = client.post(f"{API}/playlists/{route}", json={**body, "save": "Made"})
    assert refused.status_code == 409
    assert threads == ["map4-write-0"]


def test_a_name_of_an_older_library_may_hold_a_slash(client: TestClient, friday: dict[str, Any], made: Path) -> None:
    execute(made, "UPDATE playlists SET name = 'House/Techno', name_key = 'house/techno'")
    address = f"{API}/lists/House%2FTechno"
    assert client.get(address).json()["ids"] == [A, B, C]
    assert client.patch(address, json={"description": "both"}).json()["description"] == "both"
    assert client.delete(address).status_code == 204
    assert client.get(address).json()["detail"].startswith("there is no stored list 'House/Techno'")


def test_tracks_that_are_no_list_yet_are_judged_and_put_in_order(client: TestClient) -> None:
    judged = client.post(f"{API}/playlists/check", json={"tracks": [C, A, B], "suggest": False}).json()
    assert judged["counts"]["found"] == 3
    ordered = client.post(f"{API}/playlists/order", json={"tracks": [C, A, B], "pin_first": True}).json()
    assert ordered["ids"][0] == C
    assert sorted(ordered["ids"]) == sorted([A, B, C])
    assert client.post(f"{API}/playlists/order", json={"tracks": [A], "list": "x"}).status_code == 400


def test_a_name_that_means_several_tracks_offers_them(client: TestClient) -> None:
    problem = client.post(f"{API}/playlists/check", json={"tracks": ["track"]}).json()
    assert (problem["status"], problem["type"]) == (409, "urn:map4:problem:ambiguous-name")
    assert problem["choices"][0] == {"name": "Track 0", "path": path_of(0)}

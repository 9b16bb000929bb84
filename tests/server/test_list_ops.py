"""Stored lists worked on over HTTP, place by place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_library import path_of
from starlette.testclient import TestClient

from map4.library import Library

API = "/api/v1"
A, B, C, D = (f"a1-{number:032x}" for number in (4, 7, 10, 13))


@pytest.fixture
def address(client: TestClient) -> str:
    """Of a list of three tracks."""
    made = client.post(f"{API}/lists", json={"name": "Friday", "tracks": [A, B, C]})
    assert made.status_code == 201, made.text
    return f"{API}/lists/{made.json()['id']}"


def done(client: TestClient, address: str, op: str, **given: Any) -> dict[str, Any]:
    answer = client.post(f"{address}/ops", json={"op": op, **given})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_empty_list_is_stored_and_filled(client: TestClient) -> None:
    made = client.post(f"{API}/lists", json={"name": "Friday", "tracks": []})
    assert made.status_code == 201, made.text
    empty = made.json()
    assert (empty["entries"], empty["picks"], empty["rows"], empty["locked"]) == ([], [], [], [])
    address = f"{API}/lists/{empty['id']}"
    assert done(client, address, "insert", tracks=[A])["ids"] == [A]
    assert done(client, address, "remove", places=[1])["entries"] == []
    assert client.get(address).json()["ids"] == []


@pytest.mark.parametrize(
    ("op", "given", "wanted"),
    [
        ("insert", {"tracks": [D]}, [A, B, C, D]),
        ("insert", {"tracks": [D, path_of(5)], "at": 1}, [D, f"a1-{5:032x}", A, B, C]),
        ("move", {"from": 1, "to": 3}, [B, C, A]),
        ("move", {"from": 2, "to": 1, "count": 2}, [B, C, A]),
        ("remove", {"places": [1, 3]}, [B]),
        ("replace", {"at": 2, "track": D}, [A, D, C]),
    ],
)
def test_an_op_changes_the_list_and_answers_it_whole(
    client: TestClient, address: str, op: str, given: dict[str, Any], wanted: list[str]
) -> None:
    before = client.get(address).json()
    tried = done(client, address, op, **given, dry_run=True)
    assert tried["ids"] == wanted
    assert client.get(address).json() == before
    after = done(client, address, op, **given)
    assert after["ids"] == wanted
    assert [pick["transition"] is None for pick in after["picks"]] == [True] + [False] * (len(wanted) - 1)
    assert client.get(address).json() == after


def test_each_entry_has_the_row_of_its_file(client: TestClient, made: Path, address: str) -> None:
    with Library.open(made) as library:
        rows = {track.audio_id: row for row, track in enumerate(library.tracks.all(), start=1)}
        [row] = library.tracks.ids_at([path_of(4)])[0]
    assert rows[A] == row
    shown = client.get(address).json()
    assert shown["rows"] == [one["row"] for one in shown["entries"]] == [rows[A], rows[B], rows[C]]


def test_a_missing_entry_keeps_its_place(client: TestClient, made: Path, address: str) -> None:
    with Library.open(made) as library:
        track = library.track(path_of(7))
        assert track is not None
        library.files.forget([track])
    moved = done(client, address, "move", **{"from": 2, "to": 1})
    assert [(one["id"], one["status"], one["row"] is None) for one in moved["entries"]] == [
        (B, "gone", True), (A, "found", False), (C, "found", False)]  # fmt: skip
    assert done(client, address, "insert", tracks=[D], at=2)["ids"] == [D, A, C]


def test_locked_places_go_with_their_tracks(client: TestClient, address: str) -> None:
    assert done(client, address, "lock", places=[2])["locked"] == [2]
    assert done(client, address, "insert", tracks=[D], at=1)["locked"] == [3]
    assert done(client, address, "replace", at=3, track=path_of(5))["locked"] == [3]
    assert done(client, address, "lock", places=[3], locked=False)["locked"] == []


def test_who_saw_another_list_may_not_change_a_place(client: TestClient, address: str) -> None:
    seen = client.get(address).headers["etag"]
    body = {"op": "remove", "places": [1]}
    first = client.post(f"{address}/ops", json=body, headers={"If-Match": seen})
    assert first.status_code == 200
    again = client.post(f"{address}/ops", json=body, headers={"If-Match": seen})
    assert (again.status_code, again.json()["type"]) == (412, "urn:map4:problem:changed-meanwhile")
    third = client.post(f"{address}/ops", json=body, headers={"If-Match": first.headers["etag"]})
    assert (third.status_code, third.json()["ids"]) == (200, [C])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"op": "insert"}, "to insert needs 'tracks'"),
        ({"op": "insert", "tracks": []}, "name the tracks to put in"),
        ({"op": "insert", "tracks": [D], "at": 5}, "there is no place 5 in this list; its last is 4"),
        ({"op": "move", "from": 1, "to": 0}, "there is no place 0 in this list; its last is 3"),
        ({"op": "move", "from": 3, "to": 1, "count": 2}, "there is no place 4 in this list; its last is 3"),
        ({"op": "move", "from": 3, "to": 1, "count": 0}, "one track at least can be moved"),
        ({"op": "remove", "places": []}, "name the places to take out"),
        ({"op": "remove", "places": [4]}, "there is no place 4 in this list; its last is 3"),
        ({"op": "lock", "places": [0]}, "places are counted from 1; there is no place 0"),
        ({"op": "lock", "places": [1], "at": 1}, "to lock takes no 'at', but places, locked"),
        ({"op": "shuffle"}, "op: there is no 'shuffle'"),
    ],
)
def test_an_op_that_makes_no_sense_is_refused_in_words(
    client: TestClient, address: str, body: dict[str, Any], said: str
) -> None:
    answer = client.post(f"{address}/ops", json=body)
    assert (answer.status_code, answer.json()["detail"].startswith(said)) == (400, True), answer.text


def test_each_state_can_be_brought_back_and_that_is_a_state_too(client: TestClient, address: str) -> None:
    assert client.get(address).json()["version"] == 1
    assert done(client, address, "remove", places=[1])["version"] == 2
    assert done(client, address, "lock", places=[2])["version"] == 3
    assert done(client, address, "lock", places=[2])["version"] == 3  # it was
    tried = done(client, address, "restore", version=1, dry_run=True)
    assert (tried["ids"], client.get(address).json()["ids"]) == ([A, B, C], [B, C])
    back = done(client, address, "restore", version=1)
    assert (back["ids"], back["locked"], back["version"]) == ([A, B, C], [], 4)
    redone = done(client, address, "restore", version=3)
    assert (redone["ids"], redone["locked"], redone["version"]) == ([B, C], [2], 5)
    told = client.get(f"{address}/versions").json()
    assert [(one["version"], one["count"], one["what"]) for one in told["versions"]] == [
        (5, 2, "version 3 brought back"), (4, 3, "version 1 brought back"), (3, 2, "1 place locked"),
        (2, 2, "1 track taken out"), (1, 3, "as it was stored")]  # fmt: skip
    assert {one["by"]["name"] for one in told["versions"]} == {"local"}
    refused = client.post(f"{address}/ops", json={"op": "restore", "version": 9})
    assert (refused.status_code, refused.json()["detail"].partition(";")[0]) == (
        404, "version 9 of 'Friday' is not kept")  # fmt: skip


def test_an_edit_fills_no_bin_of_deleted_lists(client: TestClient, address: str) -> None:
    done(client, address, "remove", places=[1, 2, 3])
    assert client.get(f"{API}/lists?deleted=true").json()["lists"] == []

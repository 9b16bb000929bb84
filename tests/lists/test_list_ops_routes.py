"""Stored lists worked on over HTTP, place by place."""

import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lanes import sampled
from libraries import execute
from made_library import path_of
from starlette.testclient import TestClient

from map4.cli.main import cli
from map4.library import Library
from map4.lists.choices import command_of
from map4.lists.options import GenerateOptions

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
def test_operation_changes_the_list_and_returns_it(
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


def test_entries_contain_rows_and_ids_of_their_files(client: TestClient, made: Path, address: str) -> None:
    with Library.open(made) as library:
        rows = {track.audio_id: row for row, track in enumerate(library.tracks.all(), start=1)}
        [row] = library.tracks.ids_at([path_of(4)])[0]
    assert rows[A] == row
    shown = client.get(address).json()
    assert shown["rows"] == [entry["row"] for entry in shown["entries"]] == [rows[A], rows[B], rows[C]]
    given = {"n": 4, "include": [path_of(7)], "to": path_of(13), "relax": True}
    with Library.open(made) as library:
        edit = library.lists.remade("Friday", [library.tracks.addressed(A).track], GenerateOptions(**given))
    assert edit.content.header.made_with == {"seeds": [A], **given, "include": [B], "to": D}


def test_locked_places_move_with_their_tracks(client: TestClient, address: str) -> None:
    assert done(client, address, "lock", places=[2])["locked"] == [2]
    assert done(client, address, "insert", tracks=[D], at=1)["locked"] == [3]
    assert done(client, address, "replace", at=3, track=path_of(5))["locked"] == [3]
    assert done(client, address, "lock", places=[3], locked=False)["locked"] == []


def test_operation_on_an_outdated_list_is_refused(client: TestClient, address: str) -> None:
    seen = client.get(address).headers["etag"]
    body = {"op": "remove", "places": [1]}
    first = client.post(f"{address}/ops", json=body, headers={"If-Match": seen})
    assert first.status_code == 200
    again = client.post(f"{address}/ops", json=body, headers={"If-Match": seen})
    assert (again.status_code, again.json()["type"]) == (412, "urn:map4:problem:changed-meanwhile")
    third = client.post(f"{address}/ops", json=body, headers={"If-Match": first.headers["etag"]})
    assert (third.status_code, third.json()["ids"]) == (200, [C])


@pytest.mark.parametrize(
    ("body", "message"),
    sampled(
        [
            ({"op": "insert"}, "to insert needs 'tracks'"),
            ({"op": "insert", "tracks": []}, "name the tracks to insert"),
            ({"op": "insert", "tracks": [D], "at": 5}, "there is no place 5 in this list; its last place is 4"),
            ({"op": "move", "from": 1, "to": 0}, "there is no place 0 in this list; its last place is 3"),
            ({"op": "move", "from": 3, "to": 1, "count": 2}, "there is no place 4 in this list; its last place is 3"),
            ({"op": "move", "from": 3, "to": 1, "count": 0}, "move at least one track"),
            ({"op": "remove", "places": []}, "name the places to take out"),
            ({"op": "remove", "places": [4]}, "there is no place 4 in this list; its last place is 3"),
            ({"op": "lock", "places": [0]}, "places count from 1; there is no place 0"),
            ({"op": "lock", "places": [1], "at": 1}, "to lock takes no 'at', but places, locked"),
            ({"op": "shuffle"}, "op: there is no 'shuffle'"),
            ({"op": "make"}, "say how to make the list"),
            ({"op": "make", "n": 8, "to": 3}, "'to' is the id of the last track"),
            ({"op": "make", "n": 8, "curve": "flat"}, "there is no energy curve 'flat'"),
            ({"op": "make", "n": 8, "at": 3}, "to make takes no 'at'"),
        ],
        every=4,
    ),
)
def test_bad_op_is_refused_in_words(client: TestClient, address: str, body: dict[str, Any], message: str) -> None:
    answer = client.post(f"{address}/ops", json=body)
    assert (answer.status_code, answer.json()["detail"].startswith(message)) == (400, True), answer.text


def test_restoring_a_version_makes_a_new_version(client: TestClient, address: str) -> None:
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
    document = client.get(f"{address}/versions").json()
    assert [(version["version"], version["count"], version["what"]) for version in document["versions"]] == [
        (5, 2, "version 3 restored"), (4, 3, "version 1 restored"), (3, 2, "1 track locked"),
        (2, 2, "1 track removed"), (1, 3, "as it was stored")]  # fmt: skip
    assert {version["by"]["name"] for version in document["versions"]} == {"local"}
    refused = client.post(f"{address}/ops", json={"op": "restore", "version": 9})
    assert (refused.status_code, refused.json()["detail"].partition(";")[0]) == (
        404, "version 9 of 'Friday' is not kept")  # fmt: skip


# ---- make ----------------------------------------------------------------------------------------

FIVE = "0:.2,25:.6,50:.9,75:.7,100:.3"


def test_remaking_a_list_gives_the_result_of_the_generate_route(client: TestClient, address: str) -> None:
    given = {"seeds": [A], "n": 8, "curve": FIVE, "tempo_curve": "0:104,30:112", "relax": True}
    wanted = client.post(f"{API}/playlists/generate", json=given).json()
    tried = done(client, address, "make", **given, dry_run=True)
    assert (tried["ids"], client.get(address).json()["ids"]) == (wanted["ids"], [A, B, C])
    made = done(client, address, "make", **given)
    assert made["ids"] == wanted["ids"]
    assert [pick["energy_target"] for pick in made["picks"]] == [pick["energy_target"] for pick in wanted["picks"]]
    assert (made["quality"], made["options"], made["made_with"]) == (wanted["quality"], wanted["options"], given)
    [seed] = made["made_with"]["seeds"]
    curves = ["--curve", FIVE, "--tempo-curve", "0:104,30:112"]
    assert made["command"] == shlex.join(["map4", "playlist", "--seed", seed, "-n", "8", *curves, "--relax"])
    assert made["options"]["tempo_curve"] == "0:104,30:112"
    assert (made["name"], made["version"]) == ("Friday", 2)
    assert done(client, address, "make")["ids"] == made["ids"]  # as it was made
    assert not {"made_with", "command"} & set(done(client, address, "restore", version=1))


def test_command_line_of_a_list_contains_its_options() -> None:
    made_with = {
        "seeds": ["it's.mp3", A],
        "n": 3,
        "query": "genre:house",
        "relax": False,
        "with_seed": False,
        "plan": False,
        "include": ["a b", B],
    }
    assert shlex.split(command_of(made_with))[2:] == [
        *("--seed", "it's.mp3", "--seed", A, "--query", "genre:house", "-n", "3", "--no-relax", "--no-seed"),
        *("--include", "a b", "--include", B),
    ]
    assert command_of({"with_seed": True, "plan": True}) == "map4 playlist --plan"


def test_command_line_of_a_list_reproduces_it(client: TestClient, made: Path, address: str) -> None:
    heard_at = datetime.now(UTC) - timedelta(days=3)
    with Library.open(made) as library:
        assert library.plays.add(library.tracks.addressed(C).track, at=heard_at, source="page")
    of_plays = done(client, address, "make", from_plays="30d", n=4)
    assert of_plays["seeds"] == [path_of(10)]  # found by the plays, not given
    assert of_plays["command"] == "map4 playlist -n 4 --from-plays 30d"

    done(client, address, "make", seeds=[A], to=B, include=[C], n=5)
    execute(made, "UPDATE files SET path = ? WHERE path = ?", (b"/music/moved.mp3", path_of(4).encode()))
    made_again = client.get(address).json()
    words = shlex.split(made_again["command"])[1:]
    printed = CliRunner().invoke(cli, ["--library", str(made), *words, "--json"])
    picks = json.loads(printed.stdout)["picks"]
    assert [pick["track"]["path"] for pick in picks] == [pick["track"]["path"] for pick in made_again["picks"]]


def test_locked_places_are_kept_when_a_list_is_remade(client: TestClient, address: str) -> None:
    done(client, address, "make", seeds=[A], n=8, relax=True)
    done(client, address, "replace", at=5, track=B)
    done(client, address, "replace", at=8, track=D)
    before = done(client, address, "lock", places=[1, 5, 8])
    for given in ({"seeds": [A], "n": 8}, {"n": 10, "curve": FIVE}, {"minutes": 30, "seeds": [C]}):
        made = done(client, address, "make", **given, relax=True)
        assert [made["ids"][place - 1] for place in (1, 5, 8)] == [before["ids"][0], B, D]
        assert made["locked"] == [1, 5, 8]
        assert len(set(made["ids"])) == len(made["ids"]) == given.get("n", len(made["ids"]))
    assert abs(made["duration_s"] - 1800) <= 200
    short = client.post(f"{address}/ops", json={"op": "make", "n": 7})
    assert (short.status_code, short.json()["detail"].partition(";")[0]) == (
        400, "place 8 is locked, but the list is to have 7 tracks")  # fmt: skip


def test_a_locked_entry_that_is_missing_keeps_its_place(client: TestClient, made: Path, address: str) -> None:
    done(client, address, "lock", places=[2, 3])
    with Library.open(made) as library:
        track = library.track(path_of(7))
        assert track is not None
        library.files.forget([track])
    remade = done(client, address, "make", n=6, relax=True)
    assert [(entry["id"], entry["status"]) for entry in remade["entries"]][1:3] == [(B, "gone"), (C, "found")]
    assert (len(remade["entries"]), remade["locked"]) == (6, [2, 3])


def test_locked_places_stay_in_another_order(client: TestClient, made: Path, address: str) -> None:
    done(client, address, "insert", tracks=[D, path_of(16), path_of(1)])
    done(client, address, "lock", places=[2, 5])
    list_id = address.rpartition("/")[2]
    with Library.open(made) as library:
        library.lists.change(list_id, library.lists.order(library.lists.read_stored(list_id)).content)
    after = client.get(address).json()
    assert (after["ids"][1], after["ids"][4], after["locked"]) == (B, f"a1-{16:032x}", [2, 5])
    assert after["ids"] != [A, B, C, D, f"a1-{16:032x}", f"a1-{1:032x}"]


def test_suggested_track_can_replace_a_place(client: TestClient, address: str) -> None:
    found = client.get(f"{address}/slots?replace=2&n=3").json()
    assert (found["schema"], found["place"], len(found["slots"])) == ("map4/list-slots/1", 2, 3)
    first = found["slots"][0]
    assert first["row"] is not None
    after = done(client, address, "replace", at=2, track=first["id"])
    assert after["ids"] == [A, first["id"], C]
    transition = {name: after["picks"][1]["transition"][name] for name in first["before"]}
    assert transition == first["before"]


@pytest.mark.parametrize(
    ("name", "begins", "called"),
    [
        ("m3u8", b"#EXTM3U", "Fr%C3%AFday.m3u8"),
        ("json", b'{"schema": "map4/playlist/1"', "Fr%C3%AFday.json"),
        ("rekordbox", b"<?xml", "Fr%C3%AFday.xml"),
        ("html", b"<!doctype html", "Fr%C3%AFday.html"),
    ],
)
def test_a_list_is_a_download(client: TestClient, address: str, name: str, begins: bytes, called: str) -> None:
    client.patch(address, json={"name": "Frïday"})
    answer = client.get(f"{address}/file?format={name}")
    assert answer.status_code == 200, answer.text
    assert answer.content[: len(begins)].lower() == begins.lower()
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{called}"
    assert b"07.mp3" in answer.content or b"Track 7" in answer.content


def test_export_formats_are_listed_with_their_options(client: TestClient) -> None:
    formats = client.get(f"{API}/exports/formats").json()["formats"]
    options = {
        file_format["name"]: {option["name"]: option for option in file_format["options"]} for file_format in formats
    }
    grid = {name: option["with_grid"]["value"] for name, option in options.items() if "with_grid" in option}
    assert grid == {"rekordbox": True, "traktor": None}  # rekordbox analyses tracks without a grid again
    assert [name for name, option in options.items() if "path_map" not in option] == ["html", "pdf"]
    assert options["csv"].keys() == {"columns", "raw", "path_map"}
    assert options["pdf"]["template"]["choices"][0] == "standard"
    assert options["traktor"]["more.volume"]["kind"] == "text"


@pytest.mark.world
def test_offered_formats_can_be_downloaded(client: TestClient, address: str) -> None:
    formats = client.get(f"{API}/exports/formats").json()["formats"]
    assert [file_format["name"] for file_format in formats if file_format["live"]] == [
        "navidrome"
    ]  # none of these tracks
    offered = [file_format["name"] for file_format in formats if not file_format["live"]]
    assert [client.get(f"{address}/file?format={name}").status_code for name in offered] == [200] * len(offered)
    refused = client.get(f"{address}/file?format=m3u9")
    assert (refused.status_code, "no format of one file 'm3u9'" in refused.text) == (400, True)

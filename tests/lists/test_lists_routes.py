"""Stored lists over HTTP: made, copied, renamed, put in another order, and forgotten."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from made_library import path_of
from schemas import validate
from servers import client_of
from starlette.testclient import TestClient

from map4.errors import UsageError
from map4.library import Library
from map4.lists.live import LiveAnswers
from map4.lists.playlists import Playlists

API = "/api/v1"
A, B, C = (f"a1-{number:032x}" for number in (4, 7, 10))


@pytest.fixture
def friday(client: TestClient) -> dict[str, Any]:
    """A list of three tracks."""
    answer = client.post(f"{API}/lists", json={"name": "Friday ♪", "tracks": [A, B, C], "description": "late"})
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, _address(found))
    return found


def _address(found: dict[str, Any]) -> str:
    return f"{API}/lists/{found['id']}"


def test_list_is_stored_with_its_transitions_and_sent_on_the_clock(client: TestClient, friday: dict[str, Any]) -> None:
    assert (friday["name"], friday["description"], friday["ids"]) == ("Friday ♪", "late", [A, B, C])
    assert [pick["transition"] is None for pick in friday["picks"]] == [True, False, False]
    [found] = client.get(f"{API}/lists", params={"name": " friday ♪"}).json()["lists"]
    assert client.get(_address(found)).json() == friday
    [listed] = client.get(f"{API}/lists").json()["lists"]
    assert (listed["name"], listed["tracks"]) == ("Friday ♪", 3)
    picks = client.get(_address(friday), params={"starts": "2026-11-02T14:00"}).json()["picks"]
    assert [pick["starts_at"][:19] for pick in picks] == [f"2026-11-02T14:0{at}" for at in ("0:00", "3:20", "6:40")]
    file = client.get(f"{_address(friday)}/file", params={"starts": "2026-11-02T14:00"}).text
    assert file.count("starts_at") == 3
    assert client.get(_address(friday), params={"starts": "later"}).status_code == 400


def test_list_is_renamed_described_and_reordered(client: TestClient, friday: dict[str, Any]) -> None:
    changed = client.patch(
        _address(friday), json={"name": "Saturday", "description": None, "tracks": [C, A, B, path_of(5)]}
    )
    assert changed.status_code == 200, changed.text
    record = changed.json()
    assert (record["name"], record["description"]) == ("Saturday", None)
    assert record["ids"] == [C, A, B, f"a1-{5:032x}"]
    assert client.get(_address(friday)).json() == record
    assert client.get(f"{API}/lists?name=Friday ♪").json()["lists"] == []


def test_unknown_and_refused_lists_get_a_hint(client: TestClient, friday: dict[str, Any]) -> None:
    missing = client.get(f"{API}/lists/Friday ♪").json()
    assert (missing["status"], missing["hint"]) == (
        404, f"find it by name with 'GET {API}/lists?name=Friday%20%E2%99%AA'")  # fmt: skip
    answer = client.post(f"{API}/lists", json={"name": "Long", "tracks": [A], "description": "x" * 4001})
    assert (answer.status_code, answer.json()["detail"].partition(",")[0]) == (400, "a description has at most 4")
    assert [playlist["name"] for playlist in client.get(f"{API}/lists").json()["lists"]] == [friday["name"]]
    answer = client.post(f"{API}/lists", json={"name": "Friday", "restore": "nope"})
    assert answer.status_code == 404
    assert answer.json()["hint"].startswith(f"'GET {API}/lists?deleted=true' shows")


def test_change_of_an_outdated_list_is_refused(client: TestClient, made: Path, friday: dict[str, Any]) -> None:
    address = _address(friday)
    first = client.get(address).headers["etag"]
    assert client.get(address, headers={"If-None-Match": first}).status_code == 304
    with Library.open(made) as library:  # of a track: the answer is another, and the list the same
        library.set([library.tracks.addressed(A).track], title="New")
    second = client.get(address).headers["etag"]
    assert second != first
    changed = client.patch(address, json={"description": "early"}, headers={"If-Match": first})
    assert (changed.status_code, changed.json()["description"]) == (200, "early")
    for seen in (first, second, '"x", "y"', f"W/{changed.headers['etag']}"):
        for method, body in (("PATCH", {"name": "Mine", "tracks": [A]}), ("DELETE", None)):
            refused = client.request(method, address, json=body, headers={"If-Match": seen})
            assert (refused.status_code, refused.json()["type"]) == (412, "urn:map4:problem:changed-meanwhile")
    assert client.get(address).headers["etag"] == changed.headers["etag"]
    with Library.open(made) as library:
        library.lists.rename(friday["id"], "Monday")
    assert client.delete(address, headers={"If-Match": changed.headers["etag"]}).status_code == 412
    assert client.delete(address, headers={"If-Match": "*"}).status_code == 204
    assert client.delete(address, headers={"If-Match": "*"}).status_code == 404


def test_change_is_atomic(client: TestClient, friday: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Playlists, "describe", Mock(side_effect=UsageError("not so")))
    body = {"name": "Saturday", "tracks": [C], "description": "x"}
    assert client.patch(_address(friday), json=body).status_code == 400
    assert client.get(_address(friday)).json() == friday


def test_a_missing_track_keeps_its_place(client: TestClient, made: Path, friday: dict[str, Any]) -> None:
    with Library.open(made) as library:
        track = library.track(path_of(7))
        assert track is not None
        library.files.forget([track])
    shown = client.get(_address(friday)).json()
    assert [(entry["status"], entry["id"]) for entry in shown["entries"]] == [("found", A), ("gone", B), ("found", C)]
    moved = client.patch(_address(friday), json={"tracks": [B, C, A]}).json()
    assert [entry["id"] for entry in moved["entries"]] == [B, C, A]
    assert moved["ids"] == [C, A]


def test_copy_replaces_another_list_only_with_force(client: TestClient, friday: dict[str, Any]) -> None:
    copy = client.post(f"{API}/lists", json={"name": "Copy", "copy_of": "friday ♪"})
    assert (copy.status_code, copy.json()["ids"]) == (201, [A, B, C])
    again = client.post(f"{API}/lists", json={"name": "copy", "tracks": [A]})
    assert (again.status_code, again.json()["type"]) == (409, "urn:map4:problem:stored-list-exists")
    taken = client.patch(_address(copy.json()), json={"name": "FRIDAY ♪"})
    assert taken.status_code == 409
    assert client.patch(_address(copy.json()), json={"name": "COPY"}).json()["name"] == "COPY"
    forced = client.post(f"{API}/lists", json={"name": "copy", "tracks": [A], "force": True})
    assert forced.json()["ids"] == [A]


def test_list_is_deleted_and_restored_and_may_be_empty(client: TestClient, friday: dict[str, Any]) -> None:
    assert client.delete(_address(friday)).status_code == 204
    assert client.delete(_address(friday)).status_code == 404
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
def test_made_list_is_saved_by_the_writing_thread(
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
    assert client.get(_address(made.json())).json()["ids"] == made.json()["ids"]
    refused = client.post(f"{API}/playlists/{route}", json={**body, "save": "Made"})
    assert refused.status_code == 409
    assert threads == ["map4-write-0"]


def test_unsaved_tracks_are_checked_and_ordered_and_ambiguous_names_get_choices(client: TestClient) -> None:
    judged = client.post(f"{API}/playlists/check", json={"tracks": [C, A, B], "suggest": False}).json()
    assert judged["counts"]["found"] == 3
    ordered = client.post(f"{API}/playlists/order", json={"tracks": [C, A, B], "pin": [1]}).json()
    assert ordered["ids"][0] == C
    assert sorted(ordered["ids"]) == sorted([A, B, C])
    assert client.post(f"{API}/playlists/order", json={"tracks": [A], "list": "x"}).status_code == 400
    problem = client.post(f"{API}/playlists/check", json={"tracks": ["track"]}).json()
    assert (problem["status"], problem["type"]) == (409, "urn:map4:problem:ambiguous-name")
    assert problem["choices"][0] == {"name": "Track 0", "path": path_of(0)}


def test_choices_of_a_playlist_include_presets_of_the_settings(made: Path) -> None:
    with client_of(made, config={"playlist.presets": {"late": {"n": 4}}}) as client:
        found = client.get(f"{API}/playlists/choices").json()
        assert len(client.post(f"{API}/playlists/generate", json={"preset": "late"}).json()["picks"]) == 4
    options = {option["name"]: option for option in found["options"]}
    assert (options["harmonic"]["kind"], options["harmonic"]["choices"]) == (
        "choice", ["strict", "flexible", "creative", "off"])  # fmt: skip
    assert [options[name]["kind"] for name in ("n", "minutes", "relax", "query", "include")] == [
        "whole_number", "number", "switch", "text", "texts"]  # fmt: skip
    assert options["relax"]["flags"] == "--relax/--no-relax"
    assert {"name": "ascending", "points": [[0, 0.3], [100, 0.9]]} in found["curves"]
    assert [preset["name"] for preset in found["presets"]] == options["preset"]["choices"]
    assert "late" in options["preset"]["choices"]
    assert {name for preset in found["presets"] for name in preset["options"]} <= {*options}  # forms send them back


LIVE = {"query": "bpm:105..", "sort": "bpm-", "n": 3}


def test_live_list_is_created_edited_and_made_normal(client: TestClient) -> None:
    made = client.post(f"{API}/lists", json={"name": "Fast", "live": LIVE})
    assert made.status_code == 201, made.text
    fast = made.json()
    found = client.get(f"{API}/search", params={"q": "bpm:105.. sort:bpm- limit:3"}).json()["ids"]
    assert (fast["ids"], fast["live"]["sort"], len(fast["rows"])) == (found, "bpm-", 3)
    would = client.get(f"{API}/lists/live", params=LIVE).json()
    assert (would["tracks"], would["live"]) == (3, fast["live"])
    [listed] = client.get(f"{API}/lists").json()["lists"]
    assert (listed["tracks"], listed["live"]["query"], listed["problem"]) == (3, "bpm:105..", None)
    refused = client.post(f"{_address(fast)}/ops", json={"op": "remove", "places": [1]})
    assert (refused.status_code, "is a live list" in refused.json()["detail"]) == (400, True)
    assert client.patch(_address(fast), json={"tracks": [A]}).status_code == 400
    other = client.patch(_address(fast), json={"live": {"query": "bpm:..102"}, "description": "slow"}).json()
    assert (other["id"], other["description"], other["live"]["n"]) == (fast["id"], "slow", 10_000)
    back = client.post(f"{_address(fast)}/ops", json={"op": "restore", "version": 1}).json()
    assert back["ids"] == found
    stands = client.post(f"{_address(fast)}/ops", json={"op": "stand"}).json()
    assert (stands["ids"], "live" in stands) == (found, False)
    assert client.post(f"{_address(fast)}/ops", json={"op": "remove", "places": [1]}).json()["ids"] == found[1:]


def test_live_list_along_a_tempo_curve_stores_and_judges_it(client: TestClient) -> None:
    live = {"query": "bpm:100..120", "tempo_curve": "0:104,20:114"}
    made = client.post(f"{API}/lists", json={"name": "Rise", "live": live}).json()
    assert (made["live"]["tempo_curve"], made["tempo_misses"]) == ("0:104,20:114", [])
    assert client.get(f"{API}/lists/live", params=live).json()["tracks"] == len(made["ids"])
    checked = client.post(f"{API}/playlists/check", json={"list": "Rise", "tempo_curve": "0:160"}).json()
    assert len(checked["tempo_misses"]) == 10


def test_entries_of_a_live_list_on_the_clock_match_its_start(client: TestClient) -> None:
    live = {"query": "daypart:14..15 bpm:..104"}
    noon = client.post(f"{API}/lists", json={"name": "Noon", "live": live}).json()
    for starts, hears in (("2026-11-02T14:00", True), ("2026-11-02T16:00", False)):
        at_time = client.get(_address(noon), params={"starts": starts}).json()
        assert [entry["id"] for entry in at_time["entries"]] == at_time["ids"]
        assert bool(at_time["rows"]) is hears


def test_lists_without_counts_run_no_query_of_live_lists(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answer = LiveAnswers.answer
    monkeypatch.setattr(LiveAnswers, "answer", lambda self, live: asked.append(live.query) or answer(self, live))
    ids = [client.post(f"{API}/lists", json={"name": name, "live": {"query": f"bpm:{bpm}.."}}).json()["id"]
           for name, bpm in (("A", 105), ("B", 110))]  # fmt: skip
    client.post(f"{API}/lists", json={"name": "C", "tracks": [A]})
    asked.clear()
    document = client.get(f"{API}/lists?counted=false").json()
    assert asked == []
    lists = validate(document)["lists"]
    assert [(playlist["name"], playlist["tracks"], playlist.get("counted")) for playlist in lists] == [
        ("A", 0, False), ("B", 0, False), ("C", 1, None)
    ]  # fmt: skip
    [playlist] = client.get(f"{API}/lists", params={"id": ids[1]}).json()["lists"]
    assert (asked, playlist["name"], playlist["tracks"] > 0, "counted" in playlist) == (["bpm:110.."], "B", True, False)
    asked.clear()
    [playlist] = client.get(f"{API}/lists?name=a").json()["lists"]
    assert (asked, playlist["id"]) == (["bpm:105.."], ids[0])
    assert client.get(f"{API}/lists?id=l-0000000000000000").json()["lists"] == []


def test_live_list_changes_with_time(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = client.post(f"{API}/lists", json={"name": "Fresh", "live": {"query": "added:-2y"}}).json()
    assert fresh["ids"]
    now = time.time()
    later = datetime.fromtimestamp(now, UTC) + timedelta(days=900)
    monkeypatch.setattr("map4.core.music.query.context.datetime", SimpleNamespace(now=lambda zone: later))
    monkeypatch.setattr("map4.server.app.time.time", lambda: now + 900 * 86_400)
    assert client.get(_address(fresh)).json()["ids"] == []

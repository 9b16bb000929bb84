"""Lists over HTTP with a copy of a file that is away: what is shown, and what is stored."""

from pathlib import Path
from typing import Any

import pytest
from away_files import leave, stored_ids
from made_library import path_of
from schemas import validate
from starlette.testclient import TestClient

from map4 import Library

API = "/api/v1"
A, B, C, D = (f"a1-{number:032x}" for number in (4, 7, 10, 13))
COPY = f"a1-{20:032x}"
OWN, COPY_PATH = path_of(7), path_of(20)


@pytest.fixture
def address(client: TestClient, made: Path) -> str:
    """Of a list of three tracks, of which the file of B is away."""
    answer = client.post(f"{API}/lists", json={"name": "Friday", "tracks": [A, B, C]}).json()
    leave(made, OWN, COPY_PATH)
    return f"{API}/lists/{answer['id']}"


def test_entry_names_the_file_that_is_away(client: TestClient, address: str) -> None:
    shown = client.get(address).json()
    validate(shown)
    assert shown["ids"] == [A, COPY, C]
    [_, entry, _] = shown["entries"]
    assert (entry["status"], entry["location"], entry["id"], entry["track"]["path"]) == ("found", OWN, COPY, COPY_PATH)
    assert entry["stands_in_for"] == shown["picks"][1]["stands_in_for"] == {"path": OWN, "audio_id": B}
    assert "stands_in_for" not in shown["picks"][0]


@pytest.mark.parametrize(
    ("method", "where", "body", "wanted"),
    [
        ("PATCH", "", {"tracks": [C, COPY, A]}, [C, B, A]),
        ("PATCH", "", {"tracks": [C, B, A]}, [C, B, A]),
        ("PATCH", "", {"tracks": [COPY, A, COPY]}, [B, A, COPY]),
        ("POST", "/ops", {"op": "move", "from": 1, "to": 3}, [B, C, A]),
        ("POST", "/ops", {"op": "insert", "tracks": [D]}, [A, B, C, D]),
        ("POST", "/ops", {"op": "lock", "places": [2]}, [A, B, C]),
    ],
)
def test_edits_store_the_entry(
    client: TestClient, made: Path, address: str, method: str, where: str, body: dict[str, Any], wanted: list[str]
) -> None:
    answer = client.request(method, address + where, json=body)
    assert answer.status_code == 200, answer.text
    assert stored_ids(made, "Friday") == wanted


@pytest.mark.parametrize(
    ("route", "body"), [("playlists/order", {}), ("playlists/refresh", {}), ("playlists/fill", {"n": 4, "relax": True})]
)
def test_lists_made_from_it_store_the_entry(
    client: TestClient, made: Path, address: str, route: str, body: dict[str, Any]
) -> None:
    client.post(f"{address}/ops", json={"op": "lock", "places": [2]})
    answer = client.post(f"{API}/{route}", json={"list": "Friday", "save": "Other", **body})
    assert answer.status_code == 200, answer.text
    assert {B, COPY} & {*stored_ids(made, "Other")} == {B}


def test_list_stored_again_by_its_ids_has_the_entry(client: TestClient, made: Path, address: str) -> None:
    for name, more in (("Friday", {"force": True}), ("Saturday", {})):
        body = {"name": name, "tracks": [COPY, A], **more}
        assert client.post(f"{API}/lists", json=body).status_code == 201
        assert stored_ids(made, name) == [B, A]
    client.post(f"{API}/lists", json={"name": "Sunday", "tracks": [COPY, A, COPY]})
    assert stored_ids(made, "Sunday") == [B, A, COPY]
    with Library.open(made) as library:
        for stored in library.lists.stored():
            library.lists.delete(stored.id)
    client.post(f"{API}/lists", json={"name": "Monday", "tracks": [COPY]})
    assert stored_ids(made, "Monday") == [COPY]  # no list shows it for another file

"""The picker of folders: where who asks may look, and have what is there scanned."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import write_clicks
from schemas import validate
from servers import client_of
from starlette.testclient import TestClient

from map4.library import Library
from map4.server.admission import KEY_HEADER

API = "/api/v1"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with music, and a library without tracks beside it."""
    home = tmp_path / "home"
    for name in ("Music/House", "Music/.hidden", "Pictures"):
        (home / name).mkdir(parents=True)
    write_clicks(home / "Music" / "House" / "one.wav", 120)
    (tmp_path / "secret").mkdir()
    (home / "out").symlink_to(tmp_path / "secret")
    (home / "way").symlink_to(home / "Music")
    (home / "there").symlink_to(home / "nowhere")
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def opened(home: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A client of a server of an empty library that was told of no music."""
    with Library.open(tmp_path / "bare.map4"):
        pass
    with client_of(tmp_path / "bare.map4") as client:
        yield client


def _listed(client: TestClient, path: object = None, **headers: str) -> Any:
    answer = client.get(f"{API}/folders", params={} if path is None else {"path": str(path)}, headers=headers)
    return validate(answer.json()) if answer.status_code == 200 else answer.json()


def _names(found: Any) -> list[str]:
    return [folder["name"] for folder in found["folders"]]


WAYS = (
    "", "Music", "~", "/", "/etc", "/proc/self/root", "{home}/..", "{home}/out", "{home}\0", "{home}/nowhere",
    "{home}/Music/../../secret", "file:///etc", "{home}/\ufffd", "{home}/Music/House/one.wav",
)  # fmt: skip


def test_odd_names_can_be_opened_but_no_paths_outside_the_home(opened: TestClient, home: Path) -> None:
    for path in WAYS:
        document = _listed(opened, path.replace("{home}", str(home)))
        assert document["status"] in (400, 403, 404), document
        assert "secret" not in str(document.get("folders"))
    odd = os.fsencode(home / "Music") + b"/caf\xe9"
    os.makedirs(odd + b"/in\xff")
    shown = next(folder for folder in _listed(opened, home / "Music")["folders"] if folder["name"] == "caf\ufffd")
    assert "path_bytes" in shown
    below = _listed(opened, shown["path"])
    assert _names(below) == ["in\ufffd"]
    asked = opened.post(f"{API}/scan", json={"files": [below["folders"][0]["path"]]})
    assert asked.status_code == 202
    with Library.open(home.parent / "bare.map4") as library:
        assert library.jobs.get(asked.json()["id"]).options == {"files": [os.fsdecode(odd + b"/in\xff")]}


def test_only_the_given_music_folders_are_shown(sound_library: Path, scanned_music: Path, home: Path) -> None:
    with client_of(sound_library, scanned_music) as client:
        for key in ({}, {KEY_HEADER: "wrong"}):
            [music] = _listed(client, **key)["folders"]
            assert (music["path"], music["tracks"], music["is_there"]) == (str(scanned_music), 5, True)
            assert music["scanned_at"] is not None
            assert _listed(client, scanned_music, **key)["folders"] == []
            assert _listed(client, home, **key)["type"] == "urn:map4:problem:outside-music"
    with client_of(sound_library) as client:  # which takes the folders that were scanned, and the home folder
        assert [folder["path"] for folder in _listed(client)["folders"]] == [str(scanned_music), str(home)]


def test_accounts_see_only_scanned_folders(sound_library: Path, scanned_music: Path, home: Path) -> None:
    with Library.open(sound_library) as library:
        ann = library.accounts.add("Ann", "admin", password="correct horse battery")

        async def ask_ann(connection: object) -> Any:
            return ann.actor()

        with client_of(sound_library, actor_of=ask_ann) as client:
            assert [folder["path"] for folder in _listed(client)["folders"]] == [str(scanned_music)]
            assert _listed(client, home)["type"] == "urn:map4:problem:outside-music"


def test_home_folder_is_browsed_only_with_the_key_and_cut(
    opened: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = _listed(opened)
    assert [(folder["path"], folder["tracks"], folder["scanned_at"]) for folder in begun["folders"]] == [
        (str(home), 0, None)
    ]
    inside = _listed(opened, home)
    assert (_names(inside), inside["parent"], inside["needs_key"]) == (["Music", "Pictures", "way"], None, False)
    below = _listed(opened, home / "way")
    assert (_names(below), below["folder"], below["parent"]) == (["House"], str(home / "Music"), str(home))
    for wrong in ("", "0" * 32):
        without = _listed(opened, **{KEY_HEADER: wrong})
        assert (without["folders"], without["needs_key"]) == ([], True)
        refused = _listed(opened, home, **{KEY_HEADER: wrong})
        assert (refused["status"], refused["type"]) == (403, "urn:map4:problem:key-needed")
        assert "map4 serve --open" in refused["hint"]
        body = {"files": [str(home / "Music")]}
        assert opened.post(f"{API}/scan", json=body, headers={KEY_HEADER: wrong}).status_code == 403
    assert opened.get(f"{API}/jobs").json()["jobs"] == []
    sound_library = opened.post(f"{API}/scan", json={"files": [str(home / "Music")]})
    assert (sound_library.status_code, sound_library.json()["options"]) == (202, {"files": [str(home / "Music")]})
    monkeypatch.setattr("map4.scan.folders.MOST_LISTED", 1)
    found = _listed(opened, home)
    assert (_names(found), found["is_cut"]) == (["Music"], True)


def test_delete_forgets_all_files_of_a_track_and_keeps_them_on_disk(listener: TestClient, scanned_music: Path) -> None:
    [address] = [track["id"] for track in listener.get(f"{API}/tracks").json()["tracks"] if len(track["paths"]) == 2]
    answer = listener.delete(f"{API}/tracks/{address}", params={"ignore": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert listener.get(f"{API}/tracks/{address}").status_code == 404
    assert (scanned_music / "one.wav").exists()
    ignored = listener.get(f"{API}/ignored").json()
    paths = [str(scanned_music / name) for name in ("again.wav", "one.wav")]
    assert [file["path"] for file in ignored["files"]] == paths
    assert listener.delete(f"{API}/ignored", params={"path": paths}).json()["files"] == []

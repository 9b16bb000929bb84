"""`map4 stick`, and the job of the page."""

import os
from pathlib import Path

import pytest
from conftest import Run
from extras.stick.stick_music import StickWorld
from people import bearer
from plan_jobs import API
from quarantines import opened
from schemas import validate, validated
from servers import client_of

pytest.importorskip("pyrekordbox", reason="needs pyrekordbox, the extra 'rekordbox'")


def test_command_plans_writes_and_checks(inside: Run, tmp_path: Path) -> None:
    world = StickWorld(tmp_path)
    lists, to = (world.folder / "Friday.m3u8", world.folder / "Late.m3u8"), ("--to", world.stick, "--folder")
    assert inside("stick", *lists).returncode == 2
    assert inside("stick", *to).returncode == 2
    assert inside("stick", *lists, "--to", world.stick).returncode == 2
    planned = inside("stick", *lists, *to, "-n", "--player", "CDJ-2000NXS")
    assert planned.stdout.split() == ["list", "tracks", "Friday", "2", "new", "Late", "2", "new"]
    assert "0 tracks on the stick, 3 to copy, 1 of them converted for CDJ-2000NXS" in planned.stderr
    refused = inside("stick", *lists, *to)
    assert (refused.returncode, "--yes" in refused.stderr, world.tree()) == (2, True, {})
    assert "did you mean cdj-3000" in inside("stick", *lists, *to, "--player", "cdj-3000y").stderr
    done = inside("stick", *lists, *to, "-y")
    assert (done.returncode, "is written and read back; you can pull it" in done.stderr) == (0, True)
    again = inside("stick", *lists, "--query", "title:one", *to, "-y", "--json")
    document = validated(again.stdout, "stick-write")
    assert [(each["name"], each["state"]) for each in document["lists"]] == [
        ("Friday", "same"), ("Late", "same"), ("title:one", "new")
    ]  # fmt: skip
    shown = inside("stick", "show", world.stick)
    assert [line.split() for line in shown.stdout.splitlines()[1:]] == [
        ["Friday", "2", "stays"], ["Late", "2", "stays"], ["title:one", "1", "stays"]
    ]  # fmt: skip
    assert validated(inside("stick", "show", world.stick, "--json").stdout, "stick-write")["others"] == 3
    assert inside("stick", "check", world.stick).returncode == 0
    (world.stick / "Contents/Ann/First/one.wav").unlink()
    faulty = inside("stick", "check", world.stick, "--json")
    assert (faulty.returncode, len(validated(faulty.stdout, "stick-check")["findings"])) == (3, 1)
    assert inside("stick", "show", world.folder / "music").returncode == 4


def test_server_writes_only_to_its_sticks(tmp_path: Path) -> None:
    world = StickWorld(tmp_path)
    with client_of(world.library, config={"serve.sticks": (str(world.stick),)}) as client:
        assert validate(client.get(f"{API}/sticks").json())["sticks"] == [str(world.stick)]
        for to, status in ((tmp_path, 403), (world.stick, 404)):
            assert client.post(f"{API}/sticks", json={"playlist": "Friday", "to": str(to)}).status_code == status
        with opened(world.library) as library:
            token = library.credentials.add("t", scopes={"read", "own"}, account=library.accounts.add("Ann").number)
        for wanted, scope in (("import_first", "scan"), ("prune", "files")):
            body = {"playlist": "Friday", "to": str(world.stick), wanted: True}
            refused = client.post(f"{API}/sticks", json=body, headers=bearer(token.secret))
            assert (refused.status_code, f"scope '{scope}'" in refused.json()["detail"]) == (403, True)


def test_folders_of_sticks_are_stored_whole(inside: Run, tmp_path: Path) -> None:
    (file := tmp_path / "map4.toml").touch()
    assert inside("config", "set", "serve.sticks", f"USB,{tmp_path}", "--config", file).returncode == 0
    assert f'sticks = ["{os.path.abspath("USB")}", "{tmp_path}"]' in file.read_text()

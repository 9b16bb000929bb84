"""Plans to move copies away and to put them back: shown, then carried out as shown."""

import shutil
from pathlib import Path

import pytest
from plan_jobs import API, Killed, KilledAfter, begun, carried_out, planned, refused
from schemas import validate
from servers import client_of

from map4.library import Library
from map4.plugins import inline_lanes


def test_copies_are_moved_as_planned_and_restored(sound_once: Path, tmp_path: Path) -> None:
    music, path = tmp_path / "music", tmp_path / "library.map4"
    shutil.copytree(sound_once / "music", music)
    with Library.open(path, lanes=inline_lanes) as library:
        library.scan([music], jobs=1)
    held = sorted(path.name for path in music.iterdir())
    with client_of(path) as client:
        plan = planned(client, "quarantine", {})
        [change] = plan["changes"]
        place, kept = ({name: field[name] for name in ("before", "after")} for field in change["fields"])
        assert place == {
            "before": change["path"],
            "after": str(tmp_path / "map4 quarantine" / "music" / Path(change["path"]).name),
        }
        assert {change["path"], kept["after"]} == {str(music / name) for name in ("one.wav", "again.wav")}
        assert "1 copy" in plan["summary"]
        assert sorted(path.name for path in music.iterdir()) == held
        begun(client, plan)
        shutil.copy(music / "one.wav", music / "third.wav")  # which was in no plan
        with Library.open(path, lanes=inline_lanes) as library:
            library.scan([music], jobs=1)
        result = carried_out(path, plan)
        assert (music / "third.wav").exists()
        (music / "third.wav").unlink()
        assert (result["done"], Path(place["after"]).exists(), Path(change["path"]).exists()) == (1, True, False)
        [journal] = validate(client.get(f"{API}/undo?kind=copies").json())["steps"]
        assert result["undo"] == {"plan": "undo", "body": {"kind": "copies", "name": journal["name"]}}
        back = planned(client, result["undo"]["plan"], result["undo"]["body"])
        begun(client, back)
        assert carried_out(path, back)["done"] == 1
        assert sorted(path.name for path in music.iterdir()) == held
        replacing = {"files": [change["path"]], "keep": [kept["after"]], "replaces": True, "values": "old"}
        better = planned(client, "quarantine", replacing)
        begun(client, better)
        assert carried_out(path, better)["done"] == 1
        assert not Path(change["path"]).exists()
        with Library.open(path) as library:
            library.undo("copies")
        assert sorted(path.name for path in music.iterdir()) == held
        aside = Path(change["path"]).rename(tmp_path / "aside.wav")
        with Library.open(path, lanes=inline_lanes) as library:
            library.scan([music], jobs=1)
        gone = planned(client, "quarantine", replacing)
        assert (gone["summary"], len(gone["changes"][0]["fields"])) == ("1 gone file would be handed over", 1)
        begun(client, gone)
        assert carried_out(path, gone)["done"] == 1
        begun(client, planned(client, "undo", {"kind": "copies"}))
        aside.rename(change["path"])
        with Library.open(path, lanes=inline_lanes) as library:
            assert library.track(change["path"]) is None
            library.undo("copies")
            assert library.track(change["path"]).state == "ok"
        # What is no copy any more stays.
        again = planned(client, "quarantine", {"query": "is:ok", "keep": [change["path"]]})
        assert again["changes"][0]["path"] == kept["after"]
        begun(client, again)
        with Library.open(path) as library:
            library.files.forget([kept["after"]])
        assert "make a new plan" in refused(path, again)
        assert sorted(path.name for path in music.iterdir()) == held


@pytest.mark.world
@pytest.mark.parametrize("lines", [1, 2])
def test_copies_moved_before_a_kill_are_counted_and_restored(sound_once: Path, tmp_path: Path, lines: int) -> None:
    music, path = tmp_path / "music", tmp_path / "library.map4"
    shutil.copytree(sound_once / "music", music)
    shutil.copy(music / "one.wav", music / "third.wav")
    with Library.open(path, lanes=inline_lanes) as library:
        library.scan([music], jobs=1)
    held = {path.name: path.read_bytes() for path in music.iterdir()}
    with client_of(path) as client:
        plan = planned(client, "quarantine", {})
        begun(client, plan)
        with pytest.raises(Killed):
            carried_out(path, plan, KilledAfter(lines))
        [kept] = tmp_path.rglob("*.jsonl")
        kept.write_bytes(b"".join(kept.read_bytes().splitlines(keepends=True)[:-1]))  # the file moved, and no more
        again = carried_out(path, plan)
        [journal] = client.get(f"{API}/undo?kind=copies").json()["steps"]
        assert (again["done"], again["left_alone"], journal["count"]) == (2, 0, 2)
        assert again["undo"] == {"plan": "undo", "body": {"kind": "copies", "name": journal["name"]}}
        back = planned(client, "undo", again["undo"]["body"])
        begun(client, back)
        with pytest.raises(Killed):
            carried_out(path, back, KilledAfter(lines))
        assert carried_out(path, back)["done"] == 2
    assert {path.name: path.read_bytes() for path in music.iterdir()} == held

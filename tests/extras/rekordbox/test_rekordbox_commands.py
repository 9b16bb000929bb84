"""`map4 export --to rekordbox-db` and `map4 export undo rekordbox`."""

import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread

import pytest
from conftest import Run
from list_libraries import put_songs, song
from rekordbox_database import all_rows, make_database
from schemas import validated

from map4.extras.rekordbox.journal import WriteJournal
from map4.extras.rekordbox.pending import settle_pending

pytestmark = pytest.mark.skipif(find_spec("pyrekordbox") is None, reason="needs pyrekordbox, the extra 'rekordbox'")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    put_songs(tmp_path / "library.map4", [song(f"/m/{n}.mp3", "A", f"T{n}", 120.0, "8A", 0.5) for n in (1, 2, 99)])
    (tmp_path / "Friday.m3u8").write_text("/m/2.mp3\n/m/1.mp3\n/m/99.mp3\n")
    (tmp_path / "rekordbox").mkdir()
    return make_database(tmp_path / "rekordbox")


def test_write_and_undo_a_list(inside: Run, tmp_path: Path, database: Path) -> None:
    before, named = all_rows(database), (tmp_path / "Friday.m3u8", "--database", database, "--path-map", "/m=/music")
    planned = inside("export", "--to=rekordbox-db", *named)
    assert (planned.returncode, planned.stdout.split()) == (3, ["list", "tracks", "Friday", "2", "new"])
    for words in ("/m/99.mp3", "never opened", "would write 1 list", "--yes writes"):
        assert words in planned.stderr
    refused = inside("export", "rekordbox-db", *named, "--yes")
    assert (refused.returncode, "'map4 config set rekordbox.write true' allows it" in refused.stderr) == (2, True)
    assert all_rows(database) == before
    assert inside("config", "set", "rekordbox.write", "maybe").returncode != 0
    allowed = {"MAP4_REKORDBOX_WRITE": "true"}
    done = inside("export", "rekordbox-db", *named, "--yes", "--json", env=allowed)
    document = validated(done.stdout, "rekordbox-write")
    assert (done.returncode, document["dry_run"], len(all_rows(database)) - len(before)) == (3, False, 3)
    for words in (("--list",), ("--dry-run", "--yes")):
        assert inside("export", "undo", "rekordbox", *words).returncode == 0
    [step] = validated(inside("undo", "--json").stdout, "undo-steps")["steps"]
    assert (step["kind"], step["what"]) == ("rekordbox-db", f"1 new list in {database}")
    assert len(all_rows(database)) - len(before) == 3
    assert json.loads(inside("export", "undo", "rekordbox", "--json").stdout)["copies"] == document["copies"]
    assert all_rows(database) == before
    for name in ("Saturday", "Sunday"):
        inside("export", "rekordbox-db", *named, "--yes", env=allowed)
        named = (named[0].rename(tmp_path / f"{name}.m3u8"), *named[1:])
    record = max((tmp_path / "map4/rekordbox").glob("*/write.json"))  # as if its undo was interrupted
    record.write_text(record.read_text().replace('"written"', '"undoing"'))
    (tmp_path / "map4/rekordbox/pending").write_text(record.parent.name)
    assert "an interrupted undo" in inside("export", "undo", "rekordbox").stderr
    assert len(all_rows(database)) - len(before) == 3  # the older write stays
    assert inside("export", "undo", "rekordbox").returncode == 0
    assert all_rows(database) == before
    assert inside("export", "undo", "rekordbox").returncode == 4
    assert inside("export", "--to", "rekordbox-db", named[0], "--values", "bpm").returncode == 2


def test_undo_reports_a_damaged_record_of_a_write(inside: Run, tmp_path: Path, database: Path) -> None:
    record = tmp_path / "map4/rekordbox/20260131-221500-123456/write.json"
    record.parent.mkdir(parents=True)
    record.write_text("{")
    [problem] = validated(inside("undo", "--json").stdout, "undo-steps")["problems"]
    assert problem.startswith(f"{record} is damaged")
    undone = inside("export", "undo", "rekordbox")
    assert (undone.returncode, f"{record} is damaged" in undone.stderr) == (1, True)


def test_missing_packages_are_named(inside: Run, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    done = inside("export", "undo", "rekordbox")
    assert (done.returncode, "needs more packages (import of psutil " in done.stderr) == (2, True)
    assert "): pip install '.[rekordbox]'" in done.stderr


def test_names_interrupted_write(inside: Run, tmp_path: Path, database: Path) -> None:
    (tmp_path / "map4/rekordbox").mkdir(parents=True)
    (tmp_path / "map4/rekordbox/pending").write_text("20260131-120000-000000")
    done = inside("library", "info")
    assert (done.returncode, "was interrupted and can't be completed yet" in done.stderr) == (0, True)


def test_a_write_of_another_process_is_not_called_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    pending, messages, is_begun = tmp_path / "map4/rekordbox/pending", list[str](), Event()

    def write() -> None:
        with WriteJournal().locked():
            pending.write_text("20260131-120000-000000")
            is_begun.set()
            time.sleep(0.1)
            pending.unlink()

    other = Thread(target=write)
    other.start()
    is_begun.wait()
    settle_pending(messages.append)
    other.join()
    assert messages == []

"""Lists in rekordbox's own database: what is added, what stays, what is refused, and the way back."""

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from dj_tracks import stored
from libraries import execute
from rekordbox_database import TRACKS, XML, all_rows, make_database, rekordbox_track

from map4.core.base.unfinished import SafeFile
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.imported import ImportedValues
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.extras.rekordbox.database import DatabaseRows, RekordboxDatabaseError
from map4.extras.rekordbox.journal import WriteJournal, settle, undo_steps
from map4.extras.rekordbox.part import DatabaseWriter, WantedLists
from map4.formats.importer import ReadNotes
from map4.formats.rekordbox.database import read_rekordbox_db

pytestmark = pytest.mark.skipif(find_spec("pyrekordbox") is None, reason="needs pyrekordbox, the extra 'rekordbox'")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return make_database(tmp_path)


@pytest.fixture
def writer(tmp_path: Path) -> DatabaseWriter:
    return DatabaseWriter(WriteJournal(str(tmp_path / "journal")), running=lambda: None)


def named(name: str, *numbers: int, folders: tuple[str, ...] = ()) -> Tracklist:
    return stored(name, [rekordbox_track(number) for number in numbers], folders=folders)


def both(database: Path) -> tuple[bytes, bytes]:
    return database.read_bytes(), (database.parent / "masterPlaylists6.xml").read_bytes()


def lists_of(database: Path) -> dict[tuple[tuple[str, ...], str], list[str]]:
    """Lists as map4's own importer reads them."""
    items = list(read_rekordbox_db(str(database), ReadNotes()))
    return {(item.folders, item.name): list(item.keys) for item in items if hasattr(item, "keys")}  # type: ignore[union-attr]


def test_entries_of_absent_files_are_written_and_cloud_lists_left_out(database: Path, writer: DatabaseWriter) -> None:
    first, unknown, copy = (rekordbox_track(number) for number in (1, 99, 3))
    lists = [stored("Fri", [replace(unknown, represents=first), replace(copy, represents=unknown)], folders=())]
    done = writer.write(str(database), WantedLists(lists))
    assert done.lists[0].missing == ()
    assert lists_of(database)[(), "Fri"] == ["1", "3"]
    before = both(database)
    lists = [named("Fri", 1, folders=("Cloud",)), named("Sat", 99), named("Sun", 1, folders=("Sets", "Old"))]
    done = writer.write(str(database), WantedLists(lists))
    assert [listed.state for listed in done.lists] == ["synchronised", "empty", "exists"]
    assert (both(database), done.copies) == (before, None)
    other = database.with_name("other.db")
    other.write_bytes(b"no database" * 50)
    with pytest.raises(RekordboxDatabaseError, match="can't be read: file is not a database"):
        writer.plan(str(other), WantedLists([named("A", 1)]))


@pytest.mark.parametrize("is_wal", [False, True])
def test_writing_adds_only_lists_and_folders(tmp_path: Path, writer: DatabaseWriter, is_wal: bool) -> None:
    database = make_database(tmp_path, is_wal=is_wal)
    before = all_rows(database)
    lists = [named("Fri", 3, 1, 3, 99, folders=("sets", "New")), named("Old", 2)]
    planned = writer.plan(str(database), WantedLists(lists))
    assert (planned.is_dry_run, both(database)[1]) == (True, XML)
    assert before == all_rows(database)
    done = writer.write(str(database), WantedLists(lists))
    assert [(listed.state, listed.tracks, listed.missing) for listed in done.lists] == [
        ("write", 3, ("/music/99.mp3",)), ("write", 1, ()),
    ]  # fmt: skip
    assert "never opened" in done.remarks[0]
    after = all_rows(database)
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert {table for table, _ in changed & set(before)} == {"agentRegistry"}  # the counter is the only old row
    assert len(after) - len(before) == 3 + 4  # a folder, two lists, their tracks
    assert lists_of(database) == {
        (("Sets",), "Old"): ["1"], (("Sets", "New"), "Fri"): ["3", "1", "3"], ((), "Old"): ["2"],
    }  # fmt: skip

    import pyrekordbox  # slow

    # It reads them, with a gapless row of numbers of changes up to the counter
    theirs = pyrekordbox.MasterDatabase(database, unlock=False)
    [friday] = theirs.get_playlist(Name="Fri")
    assert [song.ContentID for song in sorted(friday.Songs, key=lambda song: song.TrackNo)] == ["3", "1", "3"]
    assert (friday.Parent.Name, friday.Parent.Parent.Name, friday.Seq) == ("New", "Sets", 1)
    [other] = theirs.get_playlist(Name="Old", ParentID="root")
    numbers = [friday.Parent, friday, *sorted(friday.Songs, key=lambda song: song.TrackNo), other, *other.Songs]
    assert [row.rb_local_usn for row in numbers] == [251, 253, 254, 255, 256, 258, 259]
    assert theirs.registry.get_local_update_count() == 259
    nodes = {node["Id"]: node for node in theirs.playlist_xml.get_playlists()}
    for row in (friday.Parent, friday, other):
        node = theirs.playlist_xml.get(row.ID)
        assert (node["Attribute"], abs((node["Timestamp"] - row.updated_at).total_seconds()) % 3600 < 0.01) == (
            row.Attribute, True,
        )  # fmt: skip
    assert nodes[f"{int(friday.ID):X}"]["ParentId"] == f"{int(friday.Parent.ID):X}"
    theirs.close()
    assert both(database)[1].startswith(XML[: XML.index(b"\n  </PLAYLISTS>")])

    assert {listed.state for listed in writer.write(str(database), WantedLists(lists)).lists} == {"same"}
    assert writer.write(str(database), WantedLists([named("old ", 5)])).lists[0].state == "exists"
    undone = writer.undo()
    assert (all_rows(database), both(database)[1]) == (before, XML)
    assert Path(undone.copies, "master.db").exists()  # kept


def test_values_of_tracks_change_except_in_the_cloud(database: Path, writer: DatabaseWriter) -> None:
    execute(database, "UPDATE djmdContent SET usn = 7 WHERE ID = '2'")
    values = ImportedValues(rating=3.5, comment="good", color="#ff0000")
    tracks = [rekordbox_track(number, imported=values) for number in (1, 2)]
    before = all_rows(database)
    lists = [stored("V", tracks), stored("W", tracks)]
    done = writer.write(str(database), WantedLists(lists, ("rating", "color")))
    assert (done.values, done.left_values) == (2, 1)
    after = all_rows(database)
    names = [row[1] for row in _columns(database)]
    row = dict(zip(names, after["djmdContent", "1"], strict=True))
    assert (row["Rating"], row["ColorID"], row["Commnt"]) == (4, "2", "")
    assert after["djmdContent", "2"] == before["djmdContent", "2"]
    old = dict(zip(names, before["djmdContent", "1"], strict=True))
    assert {name for name in names if row[name] != old[name]} == {"Rating", "ColorID", "rb_local_usn", "updated_at"}


def _columns(database: Path) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("PRAGMA table_info(djmdContent)").fetchall()


def _sql(text: str) -> Callable[[Path], None]:
    return lambda database: execute(database, text)


def _xml(old: bytes, new: bytes) -> Callable[[Path], None]:
    return lambda database: (database.parent / "masterPlaylists6.xml").write_bytes(XML.replace(old, new)) and None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_sql("UPDATE djmdProperty SET DBVersion = '7000'"), "does not know this version"),
        (_sql("ALTER TABLE djmdPlaylist ADD COLUMN Shade INTEGER"), "does not know this version"),
        (_sql("CREATE TRIGGER t AFTER INSERT ON djmdPlaylist BEGIN SELECT 1; END"), "does not know this version"),
        (_sql("UPDATE agentRegistry SET int_1 = 3"), "counter of changes is 3, but a row has 248"),
        (_xml(XML[200:], b""), "damaged"),
        (_xml(b'Version="6.6.2"', b'Version="8.0.0"'), "is of rekordbox 8.0.0"),
        (_xml(b'Version="3.0.0"', b'Version="4.0.0"'), "6.x to 7.2 only"),
        (_xml(b'AutomaticSync="0"', b'AutomaticSync="1"'), "synchronises all its lists"),
        (lambda database: (database.parent / "masterPlaylists6.xml").unlink(), "start rekordbox once"),
    ],
)
def test_unknown_database_version_is_refused_and_left_unchanged(
    tmp_path: Path, database: Path, writer: DatabaseWriter, change: Callable[[Path], None], message: str
) -> None:
    change(database)
    before = database.read_bytes()
    for attempt in (writer.plan, writer.write):
        with pytest.raises(Map4Error, match=message):
            attempt(str(database), WantedLists([named("Fri", 1)]))
    assert database.read_bytes() == before
    assert not list((tmp_path / "journal").glob("*/*"))


def test_a_running_rekordbox_and_other_programs_with_the_database_are_refused(
    tmp_path: Path, database: Path, writer: DatabaseWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = DatabaseWriter(WriteJournal(str(tmp_path / "journal")), running=lambda: "rekordboxAgent")
    with pytest.raises(UsageError, match="rekordboxAgent is running"):
        busy.write(str(database), WantedLists([named("Fri", 1)]))
    before = both(database)
    monkeypatch.setattr("map4.extras.rekordbox.database.BUSY_MS", 10)
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RekordboxDatabaseError, match="another program uses it"):
            writer.write(str(database), WantedLists([named("Fri", 1)]))
    assert (both(database), SafeFile(str(database)).files()) == (before, [str(database)])
    with pytest.raises(NothingFoundError):
        writer.undo()


def test_failed_check_rolls_back(database: Path, writer: DatabaseWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    insert, before = DatabaseRows._insert, both(database)

    def other(self: DatabaseRows, table: str, **values: Any) -> dict[str, Any]:
        insert(self, table, **{**values, "UUID": "another"})
        return values

    monkeypatch.setattr(DatabaseRows, "_insert", other)
    with pytest.raises(RekordboxDatabaseError, match="reads back differently"):
        writer.write(str(database), WantedLists([named("Fri", 1)]))
    assert both(database) == before


def test_an_undo_stops_once_rekordbox_has_changed_its_files(database: Path, writer: DatabaseWriter) -> None:
    writer.write(str(database), WantedLists([named("Fri", 1)]))
    execute(database, "UPDATE djmdContent SET Rating = 5 WHERE ID = '1'")
    with pytest.raises(UsageError, match="was changed after map4 wrote it"):
        writer.undo()
    assert "Fri" in {name for _, name in lists_of(database)}


@pytest.mark.parametrize(
    ("left", "message", "is_written"),
    [
        (XML, "is completed", True),  # killed between the two files
        (XML[:150], "is completed", True),  # another program's half-written file
        (XML.replace(b'Id="66"', b'Id="77"'), "has changed its files since", None),
    ],
)
def test_the_next_command_completes_a_write_that_stopped_between_the_two_files(
    tmp_path: Path,
    database: Path,
    writer: DatabaseWriter,
    monkeypatch: pytest.MonkeyPatch,
    left: bytes,
    message: str,
    is_written: bool | None,
) -> None:
    really = os.replace

    def replace_other(source: str, target: str) -> None:
        if Path(target) == database.parent / "masterPlaylists6.xml":
            raise KeyboardInterrupt
        really(source, target)

    journal = WriteJournal(str(tmp_path / "journal"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", replace_other)
        with pytest.raises(KeyboardInterrupt):
            writer.write(str(database), WantedLists([named("Fri", 1)]))
    (tmp_path / "masterPlaylists6.xml").write_bytes(left)
    reported = settle(journal, lambda: "rekordbox")
    assert reported is not None
    assert "close rekordbox, and any map4 command completes it" in reported
    reported = settle(journal, lambda: None)
    assert reported is not None
    assert message in reported
    assert settle(journal, lambda: None) is None
    assert "Fri" in {name for _, name in lists_of(database)}
    if is_written:
        assert both(database)[1].count(b"<NODE") == 4
        assert writer.undo().database == str(database)
        assert both(database)[1] == XML
    else:
        assert both(database)[1] == left


def test_an_interrupted_undo_is_completed_and_no_older_write_undone(
    tmp_path: Path, database: Path, writer: DatabaseWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.write(str(database), WantedLists([named("A", 1)]))
    after = both(database)
    writer.write(str(database), WantedLists([named("B", 1)]))

    with monkeypatch.context() as patched:
        patched.setattr("map4.extras.rekordbox.journal._remove_unfinished", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            writer.undo()
    writer.undo()
    assert both(database) == after
    writer.undo()
    assert not {name for _, name in lists_of(database)} & {"A", "B"}


@pytest.mark.parametrize("state", ["written", "writing", "undoing"])
def test_journal_of_1_0_0rc1_is_completed_listed_and_undone(
    tmp_path: Path, database: Path, writer: DatabaseWriter, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    journal, before, xml = WriteJournal(str(tmp_path / "journal")), both(database), tmp_path / "masterPlaylists6.xml"
    copies = Path(writer.write(str(database), WantedLists([named("Fri", 1)])).copies or "")
    [new] = {key[1] for key in all_rows(database) if key[0] == "djmdPlaylist"} - {"100000", "101", "102"}
    digests = [blake2b(data, digest_size=16).hexdigest() for data in both(database)]
    after = "null" if state == "writing" else f'["{digests[0]}", "{digests[1]}"]'
    (copies / "write.json").write_text(
        f'{{\n "database": "{database}",\n "playlists": "{xml}",\n "count_before": 249,\n "count_after": 252,\n'
        f' "new": ["{new}"],\n "state": "{state}",\n "after": {after},\n "is_locked": true\n}}'
    )
    copies = copies.rename(copies.with_name("20260131-221500-123456"))
    if state == "writing":  # killed between the two files
        xml.write_bytes(before[1])
    if state != "written":
        (tmp_path / "journal/pending").write_text(copies.name)
        xml.with_name(f"{xml.name}.map4-0a1b2c3d").write_bytes(b"half")
    message = {
        "written": "None", "writing": f"a write into {database} was interrupted; it is completed",
        "undoing": f"an interrupted undo of {database} is completed",
    }[state]  # fmt: skip
    assert str(settle(journal, lambda: None)).startswith(message)
    monkeypatch.setattr("map4.extras.rekordbox.journal.user_file", lambda *names: journal.folder)
    steps = [(step.name, step.at, step.what, step.command) for step in undo_steps(Mock())]
    step = ("rekordbox", "2026-01-31T22:15:00Z", f"1 new list in {database}", ("export", "undo", "rekordbox"))
    assert steps == [step] * (state != "undoing")
    for _ in steps:
        assert writer.undo().copies == str(copies)
    assert (both(database), [*undo_steps(Mock())]) == (before, [])
    assert {path.name for path in tmp_path.iterdir()} == {"journal", "master.db", xml.name}
    assert {path.name for path in (tmp_path / "journal").iterdir()} == {copies.name, "lock"}


def _compared(lists: dict[tuple[tuple[str, ...], str], list[str]]) -> dict[Any, list[str]]:
    return {(tuple(map(str.casefold, folders)), name): keys for (folders, name), keys in lists.items()}


@pytest.mark.parametrize(
    "seeds",
    [range(2), *(pytest.param(range(at, at + 10), marks=pytest.mark.world) for at in range(100, 300, 10))],
    ids=str,
)
def test_drawn_changes_equal_a_model_and_can_be_undone(tmp_path: Path, seeds: range) -> None:
    database = make_database(tmp_path, is_wal=seeds.start // 10 % 2 == 1)
    for seed in seeds:
        draw_changes(random.Random(seed), database)


def draw_changes(draw: random.Random, database: Path) -> None:
    """Write drawn lists and values, compare with a simple model of rekordbox's rows, and undo half of them."""
    writer = DatabaseWriter(WriteJournal(str(database.parent / "journal")), running=lambda: None)
    names = ["Fri", "Sat ø", "Old", "fri", "😀" * draw.randint(1, 3), "a/b & <c>"]
    folders = [(), ("Sets",), ("Sets", "Deep"), ("N",), ("Cloud",), ("Old",)]
    before, lists, wanted = all_rows(database), list[Tracklist](), lists_of(database)
    xml = both(database)[1]
    for _ in range(draw.randint(1, 4)):
        numbers = [draw.randint(1, TRACKS + 5) for _ in range(draw.randint(1, 12))]
        values = ImportedValues(rating=draw.randint(1, 5), comment=draw.choice(["", "x", "ü"]), color="#00ff00")
        tracks = [rekordbox_track(number, imported=values) for number in numbers]
        lists.append(stored(draw.choice(names), tracks, folders=draw.choice(folders)))
    chosen = tuple(name for name in ("rating", "comment", "color") if draw.random() < 0.4)
    done = writer.write(str(database), WantedLists(lists, chosen))
    for listed, given in zip(done.lists, lists, strict=True):
        if listed.state == "write":
            known = [track.path[7:-4] for track in given.tracks if int(track.path[7:-4]) <= TRACKS]
            wanted[listed.folders, listed.name] = known
    read, after = lists_of(database), all_rows(database)
    assert _compared(read) == _compared(wanted)
    old = {key for key in before if before[key] != after.get(key)}
    assert {table for table, _ in old} <= {"agentRegistry", "djmdContent"}
    assert sum(table == "djmdContent" for table, _ in old) <= done.values
    assert both(database)[1].startswith(xml[: xml.index(b"\n  </PLAYLISTS>")])
    new = {key[1] for key in set(after) - set(before) if key[0] == "djmdPlaylist"}
    assert both(database)[1].count(b"<NODE") - xml.count(b"<NODE") == len(new)
    if done.copies is not None and draw.random() < 0.5:
        writer.undo()
        assert (all_rows(database), both(database)[1]) == (before, xml)


def test_copies_stay_if_change_fails(database: Path, writer: DatabaseWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    xml = database.parent / "masterPlaylists6.xml"
    before, replaced, failures = both(database), os.replace, [OSError(13, "Permission denied")]
    for path in (database, xml):
        path.chmod(0o600)

    def replace_later(source: str, target: str) -> None:
        if target == str(xml) and failures:
            raise failures.pop()
        replaced(source, target)

    monkeypatch.setattr(os, "replace", replace_later)
    done = writer.write(str(database), WantedLists([named("New", 1)]))
    assert (lists_of(database)[(), "New"], done.lists[0].state, failures) == (["1"], "write", [])
    assert (done.copies is not None, xml.stat().st_mode & 0o777) == (True, 0o600)
    writer.undo()
    assert both(database) == before
    assert {path.stat().st_mode & 0o777 for path in (database, xml)} == {0o600}


def test_rekordbox_may_start_while_a_large_database_is_copied(tmp_path: Path, database: Path) -> None:
    seen, before = iter([None, "rekordbox", None]), both(database)
    writer = DatabaseWriter(WriteJournal(str(tmp_path / "journal")), running=lambda: next(seen))
    with pytest.raises(UsageError, match="rekordbox is running"):
        writer.write(str(database), WantedLists([named("Fri", 1)]))
    assert (both(database), list((tmp_path / "journal").glob("*/*"))) == (before, [])

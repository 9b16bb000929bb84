"""What other programs say: found in the library, kept, merged, joined later, and carried over to better copies."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from made_library import WORDS, analysis_of, path_of, put

from map4.domain.analysis import Analysis, as_stored
from map4.domain.foreign import ForeignItem, ForeignList, ForeignTrack
from map4.domain.imported import CuePoint, GridMark, ImportedValues
from map4.domain.key import parse_key
from map4.domain.places import PathMap, Places
from map4.domain.query import parse_query
from map4.domain.sound import FINGERPRINT_RATE_HZ
from map4.domain.tags import Tags
from map4.domain.tracklist import ListEntry, TrackList
from map4.errors import NothingFoundError
from map4.infra import imports as imports_module
from map4.infra.database import Database
from map4.infra.facts import facts_are_in_step
from map4.infra.importers.registry import Importer, ImportReadError, ReadNotes
from map4.infra.imports import Imports
from map4.infra.list_store import ListStore
from map4.infra.query_sql import Context
from map4.infra.search import Search
from map4.infra.store import Store

CUES = (CuePoint(position_s=1.5, number=0, name="in"), CuePoint(position_s=30.0, kind="loop", length_s=4.0))
GRID = (GridMark(position_s=0.025, bpm=128.0, metre=4, beat=1),)
Books = dict[str, list[ForeignItem]]


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    """What the files of another program hold, by their names."""
    held: Books = {}

    def read(path: str, notes: ReadNotes) -> Iterator[ForeignItem]:
        notes.version = "7"
        notes.left_out["smart lists"] += 2
        yield from held[os.path.basename(path)]

    def recognise(path: str, name: str | None) -> Importer:
        if os.path.basename(path) not in held:
            raise ImportReadError("this is no library that map4 can read")
        return Importer(
            name=name or "deck",
            title="Deck",
            program=None,
            suffixes=("deck",),
            recognises=lambda path, head: True,
            read=read,
        )

    monkeypatch.setattr(imports_module, "importer_for", recognise)
    return held


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        for number in range(4):
            put(Store(database), number, analysis_of(number), tags=Tags(artist="A", title=f"Track {number}"))
        yield database


@pytest.fixture
def imports(database: Database) -> Callable[[], Imports]:
    return lambda: Imports(database, Store(database))


def entry(number: int, *, path: str | None = None) -> ListEntry:
    return ListEntry(position=number + 1, location=path or path_of(number), title=f"Track {number}")


def track(number: int, values: ImportedValues | None = None, *, path: str | None = None) -> ForeignTrack:
    return ForeignTrack(key=str(number), entry=entry(number, path=path), values=values or ImportedValues())


def imported(database: Database, number: int) -> ImportedValues | None:
    found = Store(database).track(path_of(number))
    assert found is not None
    return found.imported


def names(database: Database) -> list[str]:
    return [stored.name for stored in ListStore(database, Store(database)).all()]


def found(database: Database, query: str) -> list[str]:
    search = Search(database, Store(database))
    return [one.path for one in search.select(parse_query(query), Context(now=datetime.now(UTC)))]


def everything(database: Database) -> list[object]:
    tables = ("imports", "imported_tracks", "imported", "playlists", "playlist_tracks", "facts")
    with database.reading() as connection:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]


def test_takes_values_and_lists_over(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    values = ImportedValues(bpm=127.5, key=parse_key("9A"), rating=4.0, play_count=3, cues=CUES, grid=GRID)
    books["a.deck"] = [track(1, values), track(2), ForeignList(name="Warm", folders=("Sets",), keys=("2", "1"))]

    done = imports().run("a.deck")

    assert (done.tracks, done.matched, done.changed, done.cues, done.grids) == (2, 2, 2, 2, 1)
    assert done.lists == ("Warm",)
    assert done.version == "7"
    assert done.remarks == ("2 smart lists were left out",)
    assert imported(database, 1) == values
    assert imported(database, 2) == ImportedValues()
    assert imported(database, 3) is None
    stored = ListStore(database, Store(database)).get("Warm")
    assert stored is not None
    assert [one.path for one in stored.tracks] == [path_of(2), path_of(1)]
    assert stored.header["imported"] == {"format": "deck", "folders": ["Sets"], "name": "Warm"}


def test_counts_as_its_own_source(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    books["a.deck"] = [track(1, ImportedValues(bpm=90.0, key=parse_key("5B"), rating=5.0, play_count=2, cues=CUES))]

    imports().run("a.deck")

    known = Store(database).track(path_of(1))
    assert known is not None
    assert known.bpm() == 101.0
    assert known.bpm(("imported", "measured", "tag")) == 90.0
    assert known.bpm_sources() == {"measured": 101.0, "imported": 90.0}
    assert known.key(("tag", "imported", "measured")) == parse_key("5B")
    assert found(database, "rating:5") == [path_of(1)]
    with database.reading() as connection:
        assert facts_are_in_step(connection)


def test_twice_changes_nothing(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    books["a.deck"] = [
        track(1, ImportedValues(rating=4.0, cues=CUES)),
        track(9, path="/gone/9.mp3"),
        ForeignList(name="Warm", keys=("1", "9")),
    ]
    imports().run("a.deck")
    before = everything(database)

    again = imports().run("a.deck")

    assert (again.changed, again.changed_lists) == (0, 0)
    assert again.lists == ("Warm",)
    assert everything(database) == before


def test_what_a_file_says_no_more_is_gone(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    books["a.deck"] = [track(1, ImportedValues(rating=4.0)), track(2, ImportedValues(rating=3.0))]
    imports().run("a.deck")
    books["a.deck"] = [track(1, ImportedValues(play_count=7))]

    assert imports().run("a.deck").changed == 2

    assert imported(database, 1) == ImportedValues(play_count=7)
    assert imported(database, 2) is None
    assert found(database, "rating:1..") == []


def test_the_newest_import_counts_most_value_by_value(
    database: Database, imports: Callable[[], Imports], books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    books["a.deck"] = [track(1, ImportedValues(rating=4.0, cues=CUES))]
    books["b.deck"] = [track(1, ImportedValues(rating=2.0, comment="loud"))]
    at_hour = _hours(monkeypatch)

    at_hour(1)
    imports().run("a.deck")
    at_hour(2)
    imports().run("b.deck")

    assert imported(database, 1) == ImportedValues(rating=2.0, comment="loud", cues=CUES)
    at_hour(3)
    imports().run("a.deck")  # says nothing new, and so counts no more than before
    assert imported(database, 1) == ImportedValues(rating=2.0, comment="loud", cues=CUES)
    books["a.deck"] = [track(1, ImportedValues(rating=5.0, cues=CUES))]
    imports().run("a.deck")
    assert imported(database, 1) == ImportedValues(rating=5.0, comment="loud", cues=CUES)


def _hours(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    class Clock(datetime):
        hour_now = 0

        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=cls.hour_now)

    monkeypatch.setattr(imports_module, "datetime", Clock)
    return lambda hour: setattr(Clock, "hour_now", hour)


def test_forgets_a_file_but_keeps_its_lists(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    books["a.deck"] = [track(1, ImportedValues(rating=4.0)), ForeignList(name="Warm", keys=("1",))]
    imports().run("a.deck")

    imports().forget("a.deck")

    assert imported(database, 1) is None
    assert imports().history() == []
    assert names(database) == ["Warm"]
    with pytest.raises(NothingFoundError, match="nothing was imported from"):
        imports().forget("a.deck")


def test_a_dry_run_changes_nothing(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    books["a.deck"] = [track(1, ImportedValues(rating=4.0)), ForeignList(name="Warm", keys=("1",))]

    done = imports().run("a.deck", dry_run=True)

    assert (done.changed, done.changed_lists, done.is_dry_run) == (1, 1, True)
    assert imported(database, 1) is None
    assert names(database) == []
    assert imports().history() == []


# ---- entries that wait ---------------------------------------------------------------------------


def test_entries_wait_until_their_file_is_known(
    database: Database, imports: Callable[[], Imports], books: Books
) -> None:
    books["a.deck"] = [
        track(1),
        track(7, ImportedValues(rating=4.0)),
        ForeignList(name="Warm", keys=("7", "1")),
    ]
    done = imports().run("a.deck")
    assert [waiting.label() for waiting in done.waiting] == ["Track 7"]
    assert imports().history()[0].matched == 1
    put(Store(database), 7, analysis_of(7))

    joined = imports().join()

    assert joined.sentences() == ["1 imported entry found its file"]
    assert imported(database, 7) == ImportedValues(rating=4.0)
    assert imports().waiting() == []
    stored = ListStore(database, Store(database)).get("Warm")
    assert stored is not None
    assert [(one.path, one.state) for one in stored.tracks] == [(path_of(7), "ok"), (path_of(1), "ok")]
    assert imports().run("a.deck").changed_lists == 0


def test_entries_of_another_machine_are_found_by_mapping_folders(
    database: Database, imports: Callable[[], Imports], books: Books
) -> None:
    # Neither name nor title tells them.
    other = ForeignTrack(
        key="1", entry=ListEntry(position=1, location="D:/Sets/01.mp3"), values=ImportedValues(rating=3.0)
    )
    put(Store(database), 8, analysis_of(8), name="/other/01.mp3", tags=Tags())
    books["a.deck"] = [other]
    assert imports().run("a.deck").matched == 0

    joined = imports().join(Places(maps=(PathMap.parse("D:/Sets=/music"),)))

    assert joined.tracks == 1
    assert imported(database, 1) == ImportedValues(rating=3.0)
    again = imports().run("a.deck", places=Places(maps=(PathMap.parse("D:/Sets=/music"),)))
    assert (again.matched, again.changed) == (1, 0)


def test_entries_whose_audio_was_pruned_wait_again(
    database: Database, imports: Callable[[], Imports], books: Books
) -> None:
    books["a.deck"] = [track(1, ImportedValues(rating=4.0, cues=CUES))]
    imports().run("a.deck")
    with database.transaction() as connection:
        connection.execute("DELETE FROM files WHERE display = ?", (path_of(1),))
        connection.execute("DELETE FROM analyses WHERE audio_id NOT IN (SELECT audio_id FROM files)")
    assert [waiting.label() for waiting in imports().waiting()] == ["Track 1"]
    put(Store(database), 21, analysis_of(1), name=path_of(1))

    assert imports().join().tracks == 1
    assert imported(database, 1) == ImportedValues(rating=4.0, cues=CUES)
    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM imported").fetchone() == (1,)


def test_bytes_that_are_no_utf8_are_kept(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    raw = os.fsdecode(b"/music/caf\xe9.mp3")
    books["a.deck"] = [
        ForeignTrack(key=raw, entry=ListEntry(position=1, location=raw), values=ImportedValues(rating=1.0)),
        ForeignList(name="Raw", keys=(raw,)),
    ]
    imports().run("a.deck")
    put(Store(database), 5, analysis_of(5), name=raw)

    assert imports().join().tracks == 1
    stored = ListStore(database, Store(database)).get("Raw")
    assert stored is not None
    assert [one.path for one in stored.tracks] == [raw]


# ---- lists ---------------------------------------------------------------------------------------


def test_lists_get_names_that_are_free(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    lists = ListStore(database, Store(database))
    lists.put("Warm", TrackList(tracks=[]), now=datetime.now(UTC))
    books["a.deck"] = [
        ForeignList(name="warm", folders=("Friday",)),
        ForeignList(name="Warm"),
        ForeignList(name="Warm", folders=("Saturday", "Friday")),
        ForeignList(name="Drum/Bass\n"),
        ForeignList(name=""),
        ForeignList(name="-"),
        ForeignList(name="x" * 500),
    ]

    done = imports().run("a.deck")

    assert done.lists[:6] == ("warm (Friday)", "Warm (Deck)", "Warm (Deck 2)", "Drum-Bass", "list", "list (Deck)")
    assert len(done.lists[6]) == 160
    assert "another name" in done.remarks[-1]
    assert imports().run("a.deck").lists == done.lists


def test_a_list_that_was_edited_is_the_users(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    from map4.infra.list_files import ListFiles

    books["a.deck"] = [track(1), track(2), ForeignList(name="Warm", folders=("Sets",), keys=("1", "2"))]
    imports().run("a.deck")
    lists = ListFiles(database, Store(database))
    kept = ListStore(database, Store(database)).get("Warm")
    assert kept is not None
    lists.save("Warm", TrackList(tracks=kept.tracks[::-1], header=kept.header))

    assert imports().run("a.deck").lists == ("Warm (Sets)",)

    edited = ListStore(database, Store(database)).get("Warm")
    assert edited is not None
    assert [one.path for one in edited.tracks] == [path_of(2), path_of(1)]


# ---- better copies -------------------------------------------------------------------------------


def copy_of(number: int, *, later_s: float, jitter_s: float = 0.0) -> tuple[Analysis, Analysis]:
    """Analyses of a recording and of a copy that begins later, with beats where they are asked for."""
    words = WORDS[number]
    shift = round(later_s * FINGERPRINT_RATE_HZ)
    beats = np.arange(0.5, 78.0, 0.5)
    rng = np.random.default_rng(5)
    there = beats + later_s + rng.normal(0, jitter_s, beats.size)
    old = _with(analysis_of(number), words, beats)
    return old, _with(analysis_of(number), np.concatenate([np.zeros(shift, words.dtype), words]), there)


def _with(analysis: Analysis, words: np.ndarray, beats: np.ndarray) -> Analysis:
    from dataclasses import replace

    return as_stored(replace(analysis, fingerprint=words.tobytes(), beats_s=tuple(beats.tolist())))


def replaced(database: Database, number: int, new: Analysis, *, path: str) -> None:
    """The file of a track goes, and a copy comes."""
    store = Store(database)
    put(store, 100 + number, new, name=path, tags=Tags(artist="A", title=f"Track {number}"))
    if path != path_of(number):
        store.mark_missing([path_of(number)], now=datetime.now(UTC))


@pytest.mark.parametrize("path", [path_of(3), "/music/better/03.flac"], ids=["in its place", "elsewhere"])
def test_values_follow_to_a_better_copy(
    database: Database, imports: Callable[[], Imports], books: Books, path: str
) -> None:
    old, new = copy_of(3, later_s=0.43, jitter_s=0.004)
    put(Store(database), 3, old, tags=Tags(artist="A", title="Track 3"))
    first = ForeignTrack(
        key="3",
        entry=ListEntry(position=1, location=path_of(3), artist="A", title="Track 3"),
        values=ImportedValues(rating=4.0, cues=CUES, grid=GRID),
    )
    books["a.deck"] = [first, ForeignList(name="Warm", keys=("3",))]
    imports().run("a.deck")
    replaced(database, 3, new, path=path)

    joined = imports().join()

    assert (joined.replaced, joined.by_hand) == (1, 0)
    copy = Store(database).track(path)
    assert copy is not None
    assert copy.imported is not None
    assert copy.imported.rating == 4.0
    assert [cue.position_s for cue in copy.imported.cues] == pytest.approx([1.93, 30.43], abs=0.002)
    assert copy.imported.grid[0].position_s == pytest.approx(0.455, abs=0.002)
    stored = ListStore(database, Store(database)).get("Warm")
    assert stored is not None
    assert [(one.path, one.state) for one in stored.tracks] == [(path, "ok")]
    # The other program still names the old file; what was carried over stays where it is.
    before = everything(database)
    assert imports().run("a.deck").changed == 0
    assert imports().join().replaced == 0
    assert everything(database) == before


def test_a_copy_without_beats_says_so(database: Database, imports: Callable[[], Imports], books: Books) -> None:
    old, new = copy_of(3, later_s=0.4, jitter_s=0.2)
    put(Store(database), 3, old, tags=Tags(artist="A", title="Track 3"))
    books["a.deck"] = [track(3, ImportedValues(cues=CUES))]
    imports().run("a.deck")
    replaced(database, 3, new, path=path_of(3))

    joined = imports().join()

    assert (joined.replaced, joined.by_hand) == (1, 1)
    assert "only known to .1 s" in joined.sentences()[-1]


def test_another_song_in_its_place_gets_nothing(
    database: Database, imports: Callable[[], Imports], books: Books
) -> None:
    old, _ = copy_of(3, later_s=0.0)
    put(Store(database), 3, old)
    books["a.deck"] = [track(3, ImportedValues(cues=CUES))]
    imports().run("a.deck")
    replaced(database, 3, analysis_of(9), path=path_of(3))

    assert imports().join().replaced == 0
    assert imported(database, 3) is None


def test_a_file_that_can_not_be_read_says_which(imports: Callable[[], Imports], books: Books) -> None:
    with pytest.raises(ImportReadError, match=r"x\.deck: this is no library"):
        imports().run("x.deck")


def test_two_lists_of_one_name_in_one_folder_stay_two(
    database: Database, imports: Callable[[], Imports], books: Books
) -> None:
    lists = [ForeignList(name="Warm", folders=("Sets",), keys=(key,)) for key in ("1", "2")]
    books["a.deck"] = [track(1), track(2), *lists]
    first = imports().run("a.deck")
    stored = everything(database)

    again = imports().run("a.deck")

    assert first.lists == again.lists == ("Warm", "Warm (Sets)")
    assert (again.changed_lists, everything(database)) == (0, stored)
    kept = [ListStore(database, Store(database)).get(name) for name in again.lists]
    assert [[one.path for one in content.tracks] for content in kept if content is not None] == [
        [path_of(1)],
        [path_of(2)],
    ]


def test_others_can_write_while_a_file_is_read(
    database: Database, books: Books, imports: Callable[[], Imports], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: str, notes: ReadNotes) -> Iterator[ForeignItem]:
        yield track(1)
        # Without a write-ahead log, a lock for reading would keep this from being written.
        with closing(sqlite3.connect(database.path, timeout=0)) as other, other:
            other.execute("UPDATE files SET artist = 'B' WHERE id = 2")
        yield track(2)

    with database.reading() as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    importer = Importer(
        name="deck", title="Deck", program=None, suffixes=(), recognises=lambda path, head: True, read=read
    )
    monkeypatch.setattr(imports_module, "importer_for", lambda path, name: importer)

    assert imports().run("a.deck").matched == 2
    assert found(database, "artist:=B") == [path_of(1)]


def test_a_file_that_ends_too_soon_leaves_everything_as_it_was(
    database: Database, imports: Callable[[], Imports], books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(database)

    def read(path: str, notes: ReadNotes) -> Iterator[ForeignItem]:
        yield track(1, ImportedValues(rating=4.0))
        raise ImportReadError("it ends too soon")

    importer = Importer(
        name="deck", title="Deck", program=None, suffixes=(), recognises=lambda path, head: True, read=read
    )
    with monkeypatch.context() as patched:
        patched.setattr(imports_module, "importer_for", lambda path, name: importer)
        with pytest.raises(ImportReadError, match="ends too soon"):
            imports().run("a.deck")

    assert everything(database) == before
    books["a.deck"] = [track(1)]
    assert imports().run("a.deck").matched == 1  # nothing of it is left in the way

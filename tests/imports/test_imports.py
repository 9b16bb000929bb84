"""What other programs say: found in the library, kept, merged, matched later, and lent to copies."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from made_library import WORDS, analysis_of, path_of, put

from map4.accounts.store.accounts import SqlAccounts
from map4.core.base.actor import Actor
from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.analysis.analysis import Analysis
from map4.core.music.analysis.key import Key
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListHeader
from map4.core.music.lists.tracklist import PlaylistEntry, Tracklist
from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.sound.fingerprints import Fingerprint
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.store.query.facts import facts_are_in_step
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import LibraryWriteError, NothingFoundError
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.imports import reading
from map4.imports.options import ImportOptions
from map4.imports.records import ImportedPlays, ImportSummary
from map4.imports.use import Imports, undo_steps
from map4.lists.files import LibraryLists
from map4.lists.store.playlists import SqlPlaylists
from map4.plays.part.plays import Plays
from map4.plays.store.plays import SqlPlays

CUES = (CuePoint(position_s=1.5, number=0, name="in"), CuePoint(position_s=30.0, kind="loop", length_s=4.0))
GRID = (GridMark(position_s=0.025, bpm=128.0, metre=4, beat=1),)
Books = dict[str, list[DjItem]]


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> Books:
    """What the files of another program hold, by their names."""
    held: Books = {}

    def read(path: str, notes: ReadNotes) -> Iterator[DjItem]:
        notes.version = "7"
        notes.left_out["smart lists"] += 2
        yield from held[os.path.basename(path)]

    def recognise(path: str, name: str | None) -> Importer:
        if os.path.basename(path) not in held:
            raise ImportReadError("this is not a library that map4 can read")
        return Importer(
            name=name or "deck",
            title="Deck",
            suffixes=("deck",),
            recognises=lambda path, head: True,
            read=read,
            is_one_list=name == "lists",
        )

    monkeypatch.setattr(reading.Importer, "of", recognise)
    return held


class Deck:
    """A library of four tracks, and another program whose files are `books`."""

    def __init__(self, store: SqliteStore, books: Books) -> None:
        self.store, self.books = store, books

    @property
    def imports(self) -> Imports:
        return Imports(self.store)

    def read(self, name: str = "a.deck", **options: Any) -> ImportSummary:
        """Import a file; a dry run before it counts the same changes."""
        tried = self.imports.read(name, replace(ImportOptions(**options), dry_run=True))
        done = self.imports.read(name, ImportOptions(**options))
        assert tried.changed == done.changed or done.histories  # whose plays count, too
        return done

    def imported(self, number: int) -> ImportedValues | None:
        return _imported(self.store, number)

    def put(self, number: int, analysis: Analysis | None = None, **more: Any) -> None:
        put(self.store.tracks, number, analysis or analysis_of(number), **more)

    def paths(self, name: str) -> list[str]:
        """The files of a stored list."""
        stored = self.store.part(SqlPlaylists).get(name)
        return [track.path for track in stored.tracks]


@pytest.fixture
def deck(tmp_path: Path, books: Books) -> Iterator[Deck]:
    with closing(SqliteStore(str(tmp_path / "library.map4"))) as store:
        for number in range(4):
            put(store.tracks, number, analysis_of(number), tags=Tags(artist="A", title=f"Track {number}"))
        yield Deck(store, books)


def entry(number: int, *, path: str | None = None) -> PlaylistEntry:
    return PlaylistEntry(position=number + 1, location=path or path_of(number), title=f"Track {number}")


def track(number: int, values: ImportedValues | None = None, *, path: str | None = None) -> DjTrack:
    return DjTrack(key=str(number), entry=entry(number, path=path), values=values or ImportedValues())


def at(location: str, key: str = "1", **values: Any) -> DjTrack:
    """A track that neither name nor title tells."""
    where = PlaylistEntry(position=1, location=location)
    return DjTrack(key=key, entry=where, values=ImportedValues(**values))


def maps(text: str) -> PathMaps:
    return PathMaps(maps=(PathMap.parse(text),))


def _imported(store: SqliteStore, number: int) -> ImportedValues | None:
    found = store.tracks.track(path_of(number))
    return found.imported


def names(store: SqliteStore) -> list[str]:
    return [stored.name for stored in store.part(SqlPlaylists).all()]


def found(store: SqliteStore, query: str) -> list[str]:
    return [track.path for track in store.search.select(Query.parse(query), QueryContext(now=datetime.now(UTC)))]


def everything(store: SqliteStore) -> list[object]:
    tables = ("imports", "imported_tracks", "imported", "playlists", "playlist_tracks", "facts")
    with store.database.reading() as connection:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]


def test_import_stores_values_and_lists(deck: Deck) -> None:
    values = ImportedValues(bpm=127.5, key=Key.parse("9A"), rating=4.0, play_count=3, cues=CUES, grid=GRID)
    deck.books["a.deck"] = [track(1, values), track(2), DjPlaylist(name="Warm", folders=("Sets",), keys=("2", "1"))]

    done = deck.read()

    assert (done.tracks, done.matched, done.changed, done.cues, done.grids) == (2, 2, 2, 2, 1)
    assert done.lists == ("Warm",)
    assert done.version == "7"
    assert done.remarks == ("left out: smart lists (2)",)
    assert deck.imported(1) == values
    assert deck.imported(2) == ImportedValues()
    assert deck.imported(3) is None
    stored = deck.store.part(SqlPlaylists).get("Warm")
    assert [track.path for track in stored.tracks] == [path_of(2), path_of(1)]
    file = os.path.realpath("a.deck")
    place = ImportedPlace(folders=("Sets",), name="Warm", file=file)
    assert stored.header == ListHeader(imported=ImportedList(format="deck", place=place))


def test_imports_of_an_account_are_shared(deck: Deck) -> None:
    deck.books["a.deck"] = [track(1, ImportedValues(rating=4.0)), DjPlaylist(name="Warm", keys=("1",))]
    ann, bob = (deck.store.acting_as(Actor(id=number, name="x", scopes=frozenset({"scan"}))) for number in (1, 2))
    for who in (ann, bob, ann):
        Imports(who).read("a.deck", ImportOptions())
    assert [names(who) for who in (deck.store, ann, bob)] == [["Warm"]] * 3
    assert [_imported(who, 1) for who in (deck.store, ann, bob)] == [ImportedValues(rating=4.0)] * 3
    assert deck.store.database.connection.execute("SELECT imported_by FROM imports").fetchall() == [(1,)]


def test_imported_values_are_a_separate_source(deck: Deck) -> None:
    deck.books["a.deck"] = [
        track(1, ImportedValues(bpm=90.0, key=Key.parse("5B"), rating=5.0, play_count=2, cues=CUES))
    ]

    deck.read()

    known = deck.store.tracks.track(path_of(1))
    assert known.bpm() == 101.0
    assert replace(known, prefer=("imported", "measured", "tag")).bpm() == 90.0
    assert known.bpm_sources() == {"measured": 101.0, "imported": 90.0}
    assert replace(known, prefer=("tag", "imported", "measured")).key() == Key.parse("5B")
    assert found(deck.store, "rating:5") == [path_of(1)]
    with deck.store.database.reading() as connection:
        assert facts_are_in_step(connection)


def test_importing_a_file_again_changes_nothing(deck: Deck) -> None:
    deck.books["a.deck"] = [
        track(1, ImportedValues(rating=4.0, cues=CUES)),
        track(9, path="/gone/9.mp3"),
        DjPlaylist(name="Warm", keys=("1", "9")),
    ]
    deck.read()
    before = everything(deck.store)

    again = deck.read()

    assert (again.changed, again.changed_lists) == (0, 0)
    assert again.lists == ("Warm",)
    assert everything(deck.store) == before


def test_values_missing_from_a_newer_import_are_removed(deck: Deck) -> None:
    deck.books["a.deck"] = [track(1, ImportedValues(rating=4.0)), track(2, ImportedValues(rating=3.0))]
    deck.read()
    deck.books["a.deck"] = [track(1, ImportedValues(play_count=7))]

    assert deck.read().changed == 2

    assert deck.imported(1) == ImportedValues(play_count=7)
    assert deck.imported(2) is None
    assert found(deck.store, "rating:1..") == []


def test_newest_import_of_several_programs_wins_per_value(deck: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    deck.books["a.deck"] = [track(1, ImportedValues(rating=4.0, cues=CUES))]
    deck.books["b.deck"] = [track(1, ImportedValues(rating=2.0, comment="loud"))]
    at_hour = _hours(monkeypatch)

    at_hour(1)
    deck.read()
    at_hour(2)
    deck.read("b.deck", format_name="other")

    assert deck.imported(1) == ImportedValues(rating=2.0, comment="loud", cues=CUES)
    at_hour(3)
    deck.read()  # says nothing new, and so counts no more than before
    assert deck.imported(1) == ImportedValues(rating=2.0, comment="loud", cues=CUES)
    deck.books["a.deck"] = [track(1, ImportedValues(rating=5.0, cues=CUES))]
    deck.read()
    assert deck.imported(1) == ImportedValues(rating=5.0, comment="loud", cues=CUES)


def test_newest_file_of_a_program_wins(deck: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    deck.books["october.deck"] = [track(1, ImportedValues(rating=4.0, cues=CUES)), track(2, ImportedValues(rating=3.0))]
    deck.books["november.deck"] = [track(1, ImportedValues(rating=2.0))]
    deck.books["list.deck"] = [track(1)]
    at_hour = _hours(monkeypatch)

    for hour, name in enumerate(("october.deck", "november.deck", "list.deck")):
        at_hour(hour)
        deck.read(name)

    # The cues were taken away there; a file that only names the track says nothing of it.
    assert deck.imported(1) == ImportedValues(rating=2.0)
    assert deck.imported(2) == ImportedValues(rating=3.0)
    deck.imports.forget("november.deck")
    assert deck.imported(1) == ImportedValues(rating=4.0, cues=CUES)


def _hours(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    class Clock(datetime):
        hour_now = 0

        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=cls.hour_now)

    monkeypatch.setattr(reading, "datetime", Clock)
    return lambda hour: setattr(Clock, "hour_now", hour)


@pytest.mark.parametrize("lists", [False, True])
def test_forget_deletes_lists_of_the_file_only_by_option(deck: Deck, lists: bool) -> None:
    deck.books["a.deck"] = [track(1, ImportedValues(rating=4.0)), DjPlaylist(name="Warm", keys=("1",))]
    deck.books["b.deck"] = [DjPlaylist(name="Cold", keys=("1",))]
    deck.read("b.deck")
    deck.read()

    assert deck.imports.forget("a.deck", lists=lists) == ["Warm"] * lists

    assert deck.imported(1) is None
    assert [entry.path[-6:] for entry in deck.imports.history()] == ["b.deck"]
    assert sorted(names(deck.store)) == ["Cold", *["Warm"] * (not lists)]
    with pytest.raises(NothingFoundError, match="nothing was imported from"):
        deck.imports.forget("a.deck")


def test_a_dry_run_changes_nothing(deck: Deck) -> None:
    deck.books["a.deck"] = [track(1, ImportedValues(rating=4.0)), DjPlaylist(name="Warm", keys=("1",))]

    done = deck.read(dry_run=True)

    assert (done.changed, done.changed_lists, done.is_dry_run) == (1, 1, True)
    assert deck.imported(1) is None
    assert names(deck.store) == []
    assert deck.imports.history() == []


# ---- entries that wait ---------------------------------------------------------------------------


def test_entries_wait_until_their_file_is_known(deck: Deck) -> None:
    deck.books["a.deck"] = [track(1), track(7, ImportedValues(rating=4.0)), DjPlaylist(name="Warm", keys=("7", "1"))]
    done = deck.read()
    assert [waiting.label() for waiting in done.waiting] == ["Track 7"]
    assert deck.imports.history()[0].matched == 1
    deck.put(7)

    matched = deck.imports.match()

    assert matched.sentences() == ["1 imported entry found its file"]
    assert deck.imported(7) == ImportedValues(rating=4.0)
    assert deck.imports.pending() == []
    stored = deck.store.part(SqlPlaylists).get("Warm")
    assert [(track.path, track.state) for track in stored.tracks] == [(path_of(7), "ok"), (path_of(1), "ok")]
    assert deck.read().changed_lists == 0


def test_entries_of_another_machine_are_found_by_mapping_folders(deck: Deck) -> None:
    # Neither name nor title tells them.
    other = at("D:/Sets/01.mp3", rating=3.0)
    deck.put(8, name="/other/01.mp3", tags=Tags())
    deck.books["a.deck"] = [other]
    assert deck.read().matched == 0

    matched = deck.imports.match(maps("D:/Sets=/music"))

    assert matched.tracks == 1
    assert deck.imported(1) == ImportedValues(rating=3.0)
    again = deck.read(path_maps=maps("D:/Sets=/music"))
    assert (again.matched, again.changed) == (1, 0)
    # Nor does it have to be told each time.
    again = deck.read()
    assert (again.matched, again.changed, again.waiting) == (1, 0, ())
    assert deck.imported(1) == ImportedValues(rating=3.0)


def test_match_by_path_is_repeated_if_entry_or_file_changed(deck: Deck) -> None:
    mapped = maps("D:/Sets=/music")
    places = {"1": "D:/Sets/01.mp3", "2": "D:/Sets/02.mp3"}
    deck.books["a.deck"] = [at(place, key, rating=3.0) for key, place in places.items()]
    for number in (1, 2):
        put(deck.store.tracks, 10 + number, analysis_of(10 + number), name=f"/other/0{number}.mp3", tags=Tags())
    assert deck.read(path_maps=mapped).matched == 2

    # One entry means another place now, and where the other one was is another recording.
    deck.books["a.deck"][0] = at("D:/Else/01.mp3", rating=3.0)
    deck.put(15, name=path_of(2), tags=Tags())

    assert deck.read(path_maps=PathMaps()).matched == 0
    assert deck.imported(1) is None


def test_entries_whose_audio_was_pruned_wait_again(deck: Deck) -> None:
    deck.books["a.deck"] = [track(1, ImportedValues(rating=4.0, cues=CUES))]
    deck.read()
    with deck.store.database.transaction() as connection:
        connection.execute("DELETE FROM files WHERE display = ?", (path_of(1),))
        connection.execute("DELETE FROM analyses WHERE audio_id NOT IN (SELECT audio_id FROM files)")
    assert [waiting.label() for waiting in deck.imports.pending()] == ["Track 1"]
    deck.put(21, analysis_of(1), name=path_of(1))

    assert deck.imports.match().tracks == 1
    assert deck.imported(1) == ImportedValues(rating=4.0, cues=CUES)
    with deck.store.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM imported").fetchone() == (1,)


# ---- lists ---------------------------------------------------------------------------------------


def test_imported_lists_get_unused_names(deck: Deck) -> None:
    lists = deck.store.part(SqlPlaylists)
    lists.put("Warm", Tracklist(tracks=[]), now=datetime.now(UTC))
    deck.books["a.deck"] = [
        DjPlaylist(name="warm", folders=("Friday",)),
        DjPlaylist(name="Warm"),
        DjPlaylist(name="Warm", folders=("Saturday", "Friday")),
        DjPlaylist(name="Drum/Bass\n"),
        DjPlaylist(name=""),
        DjPlaylist(name="-"),
        DjPlaylist(name="x" * 500),
    ]

    done = deck.read()

    assert done.lists[:6] == ("warm (Friday)", "Warm (Deck)", "Warm (Deck 2)", "Drum-Bass", "list", "list (Deck)")
    assert len(done.lists[6]) == 160
    assert done.remarks[-1] == (
        "7 lists have another name here: 'warm' is 'warm (Friday)', 'Warm' is 'Warm (Deck)', "
        "'Warm' is 'Warm (Deck 2)', 'Drum/Bass' is 'Drum-Bass', and 3 more"
    )
    assert deck.read().lists == done.lists


def test_edited_list_is_not_changed_by_another_import(deck: Deck) -> None:
    from map4.lists.files import LibraryLists

    deck.books["a.deck"] = [track(1), track(2), DjPlaylist(name="Warm", folders=("Sets",), keys=("1", "2"))]
    deck.read()
    lists = LibraryLists(deck.store)
    kept = deck.store.part(SqlPlaylists).get("Warm")
    lists.save("Warm", Tracklist(tracks=kept.tracks[::-1], header=kept.header), force=True)

    assert deck.read().lists == ("Warm (Sets)",)

    edited = deck.store.part(SqlPlaylists).get("Warm")
    assert [track.path for track in edited.tracks] == [path_of(2), path_of(1)]


# ---- copies of files that are away -------------------------------------------------------------------------------


def copy_of(number: int, *, later_s: float, jitter_s: float = 0.0) -> tuple[Analysis, Analysis]:
    """Analyses of a recording and of a copy that begins later, with beats where they are asked for."""
    words = WORDS[number]
    shift = round(later_s * Fingerprint.RATE_HZ)
    beats = np.arange(0.5, 78.0, 0.5)
    rng = np.random.default_rng(5)
    there = beats + later_s + rng.normal(0, jitter_s, beats.size)
    old = _with(analysis_of(number), words, beats)
    return old, _with(analysis_of(number), np.concatenate([np.zeros(shift, words.dtype), words]), there)


def _with(analysis: Analysis, words: np.ndarray, beats: np.ndarray) -> Analysis:
    from dataclasses import replace

    return replace(analysis, fingerprint=words.tobytes(), beats_s=tuple(beats.tolist())).as_stored()


def replaced(store: SqliteStore, number: int, new: Analysis, *, path: str, tags: Tags | None = None) -> None:
    """The file of a track goes, and a copy comes."""
    store = store.tracks
    put(store, 100 + number, new, name=path, tags=tags or Tags(artist="A", title=f"Track {number}"))
    if path != path_of(number):
        store.mark_missing([path_of(number)], now=datetime.now(UTC))


@pytest.mark.parametrize("path", [path_of(3), "/music/better/03.flac"], ids=["in its place", "elsewhere"])
def test_imported_values_are_lent_to_a_copy_until_the_file_is_back(deck: Deck, path: str) -> None:
    old, new = copy_of(3, later_s=0.43, jitter_s=0.004)
    deck.put(3, old, tags=Tags(artist="A", title="Track 3"))
    first = DjTrack(
        key="3",
        entry=PlaylistEntry(position=1, location=path_of(3), artist="A", title="Track 3"),
        values=ImportedValues(rating=4.0, cues=CUES, grid=GRID),
    )
    deck.books["a.deck"] = [first, DjPlaylist(name="Warm", keys=("3",))]
    deck.read()
    replaced(deck.store, 3, new, path=path)

    matched = deck.imports.match()

    assert (matched.replaced, matched.by_hand) == (1, 0)
    copy = deck.store.tracks.track(path)
    assert copy.imported.rating == 4.0
    assert [cue.position_s for cue in copy.imported.cues] == pytest.approx([1.93, 30.43], abs=0.002)
    assert copy.imported.grid[0].position_s == pytest.approx(0.455, abs=0.002)
    [listed] = deck.store.part(SqlPlaylists).get("Warm").tracks
    assert (listed.path, listed.state, listed.as_listed.path) == (path, "ok", path_of(3))
    # The other program still names the old file: the entry stays, and nothing waits.
    before = everything(deck.store)
    again = deck.read()
    assert (again.matched, again.changed, again.waiting) == (1, 0, ())
    assert deck.imports.match().replaced == 0
    assert everything(deck.store) == before
    # Also where it is told of other folders than before.
    assert deck.read(path_maps=maps("/music=/volumes")).changed == 0
    assert deck.imports.match().replaced == 0

    deck.put(3, old, tags=Tags(artist="A", title="Track 3"))
    deck.imports.match()

    assert deck.imported(3).cues == CUES
    assert path == path_of(3) or deck.store.tracks.track(path).imported is None
    assert deck.paths("Warm") == [path_of(3)]


def test_copy_added_before_the_import_is_lent_the_values_at_once(deck: Deck) -> None:
    old, new = copy_of(3, later_s=0.43, jitter_s=0.004)
    deck.put(3, old, tags=Tags(artist="A", title="Track 3"))
    replaced(deck.store, 3, new, path="/music/better/03.flac")
    deck.books["a.deck"] = [
        DjTrack(
            key="3",
            entry=PlaylistEntry(position=1, location=path_of(3), artist="A", title="Track 3"),
            values=ImportedValues(cues=CUES),
        )
    ]
    assert "another copy" not in deck.read(dry_run=True).remarks[-1]

    assert "represents 1 file that is away" in deck.read().remarks[-1]

    copy = deck.store.tracks.track("/music/better/03.flac")
    assert copy.imported.cues[0].position_s == pytest.approx(1.93, abs=0.002)
    assert deck.read().changed == 0


@pytest.mark.parametrize(
    ("path", "tags"),
    [(os.path.splitext(path_of(3))[0] + ".flac", Tags()), ("/music/better/x.flac", Tags(artist="A", title="Track 3"))],
    ids=["beside it, without tags", "elsewhere, by the tags of both"],
)
def test_copy_is_matched_without_names_in_the_import(deck: Deck, path: str, tags: Tags) -> None:
    old, new = copy_of(3, later_s=0.4)
    deck.put(3, old, tags=Tags(artist="A", title="Track 3"))
    deck.books["a.deck"] = [at(path_of(3), "3", rating=4.0, cues=CUES)]
    deck.read()
    replaced(deck.store, 3, new, path=path, tags=tags)

    assert deck.imports.match().replaced == 1
    # Neither folders that are mapped otherwise now nor another look change it.
    deck.read(path_maps=maps("/music=/else"))
    copy = deck.store.tracks.track(path)
    assert [cue.position_s for cue in copy.imported.cues] == pytest.approx([1.9, 30.4], abs=0.002)


def test_cues_lent_to_a_copy_without_beats_are_reported(deck: Deck) -> None:
    old, new = copy_of(3, later_s=0.4, jitter_s=0.2)
    deck.put(3, old, tags=Tags(artist="A", title="Track 3"))
    deck.books["a.deck"] = [track(3, ImportedValues(cues=CUES))]
    deck.read()
    replaced(deck.store, 3, new, path=path_of(3))

    matched = deck.imports.match()

    assert (matched.replaced, matched.by_hand) == (1, 1)
    assert "only known to .1 s" in matched.sentences()[-1]


def test_another_song_at_the_same_path_gets_no_values(deck: Deck) -> None:
    old, _ = copy_of(3, later_s=0.0)
    deck.put(3, old)
    deck.books["a.deck"] = [track(3, ImportedValues(cues=CUES))]
    deck.read()
    replaced(deck.store, 3, analysis_of(9), path=path_of(3))

    assert deck.imports.match().replaced == 0
    assert deck.imported(3) is None


def test_unreadable_files_added_dates_and_late_cues_are_reported(deck: Deck) -> None:
    with pytest.raises(ImportReadError, match=r"x\.deck: this is not a library"):
        deck.read("x.deck")
    deck.books["a.deck"] = [track(number, ImportedValues(date_added="2019-08-23")) for number in (1, 2)]
    message = "dates added now come from Deck (2), also in 'added:' of lists"
    assert message in deck.read(dry_run=True).remarks
    assert message in deck.read().remarks
    assert message not in deck.read().remarks  # nothing new
    cues = tuple(CuePoint(position_s=time_s) for time_s in (10.0, 200.5, 201.5, 3000.0))  # of 200 s
    deck.books["a.deck"] = [track(1, ImportedValues(cues=cues)), track(9, ImportedValues(cues=cues), path="/gone.mp3")]
    assert deck.read().remarks[0] == (
        "cue points are after the end of their file (2), and are kept; is it another version of the track?"
    )
    found_values = deck.imported(1)
    assert found_values.cues == cues
    deck.books["a.deck"] = [track(1, ImportedValues(cues=cues[:2]))]
    assert deck.read().remarks == ("left out: smart lists (2)",)


def test_impossible_values_are_not_imported(deck: Deck) -> None:
    wrong = ImportedValues(bpm=1e-320, rating=4.0, cues=(CuePoint(position_s=1.0, kind="loop", length_s=float("inf")),))
    short = ImportedValues(cues=(CuePoint(position_s=1.0, kind="loop", length_s=1e-9),))
    deck.books["a.deck"] = [track(1, wrong), track(2, short)]

    done = deck.read()

    lost = ("tempi", "cue points")
    assert (done.cues, done.remarks[1:]) == (1, tuple(f"left out: {what} that no track can have (1)" for what in lost))
    assert deck.imported(1) == ImportedValues(rating=4.0)
    assert deck.imported(2) == ImportedValues(cues=(CuePoint(position_s=1.0),))


def test_lists_of_one_name_in_one_folder_stay_apart(deck: Deck) -> None:
    first = DjPlaylist(name="Friday", folders=("Sets",), keys=("1",))
    second = DjPlaylist(name="Friday", folders=("Sets",), keys=("2",))
    deck.books["a.deck"] = [track(1), track(2), first, second]

    assert deck.read().lists == ("Friday", "Friday (Sets)")
    before = everything(deck.store)
    again = deck.read()

    assert (again.lists, again.changed_lists) == (("Friday", "Friday (Sets)"), 0)
    assert everything(deck.store) == before
    lists = deck.store.part(SqlPlaylists)
    assert [[track.path for track in lists.get(name).tracks] for name in again.lists] == [[path_of(1)], [path_of(2)]]  # type: ignore[union-attr]


def test_list_returning_through_another_program_is_not_duplicated(deck: Deck) -> None:
    own = Tracklist(tracks=[found for number in (1, 2) if (found := deck.store.tracks.track(path_of(number)))])
    deck.store.part(SqlPlaylists).put("Own", own, now=datetime.now(UTC))
    deck.books["a.deck"] = [track(1), track(2), DjPlaylist(name="Friday/1", folders=("Sets",), keys=("2", "1"))]
    assert deck.read().lists == ("Friday-1",)

    back = [DjPlaylist(name="Own", keys=("1", "2")), DjPlaylist(name="Friday/1", folders=("Sets",), keys=("2", "1"))]
    deck.books["b.deck"] = [track(1), track(2), *back]
    done = deck.read("b.deck", format_name="other")
    assert (done.lists, done.changed_lists) == (("Own", "Friday-1"), 0)
    assert names(deck.store) == ["Friday-1", "Own"]

    # In another order, or another folder, it is a list of that program.
    deck.books["b.deck"] = [
        track(1),
        track(2),
        DjPlaylist(name="Own", keys=("2", "1")),
        DjPlaylist(name="Friday/1", keys=("2", "1")),
    ]
    assert deck.read("b.deck", format_name="other").lists == ("Own (Deck)", "Friday-1 (Deck)")


def test_two_files_of_one_name_are_two_lists(deck: Deck, tmp_path: Path) -> None:
    def run(folder: str, number: int) -> tuple[str, ...]:
        deck.books["set.m3u"] = [track(number), DjPlaylist(name="set", keys=(str(number),))]
        return deck.read(str(tmp_path / folder / "set.m3u"), format_name="lists").lists

    assert [run("may", 1), run("june", 2), run("may", 1)] == [("set",), ("set (june)",), ("set",)]
    # Those of a program are not there twice where its library is exported to another place, and is as it was.
    deck.books["set.deck"] = [track(1), DjPlaylist(name="Own", keys=("1",))]
    for folder in ("may", "june"):
        deck.read(str(tmp_path / folder / "set.deck"))
    assert names(deck.store) == ["Own", "set", "set (june)"]


def test_lists_of_the_same_name_in_two_collections_are_both_kept(deck: Deck, tmp_path: Path) -> None:
    def run(name: str, *keys: str) -> ImportSummary:
        deck.books[os.path.basename(name)] = [*map(track, range(4)), DjPlaylist(name="Friday", keys=keys)]
        return deck.read(str(tmp_path / name))

    run("home.deck", "1")
    stick = run("stick.deck", "2")
    assert stick.lists == ("Friday (stick)",)
    assert stick.remarks[1:] == (
        "1 list has another name here: 'Friday' is 'Friday (stick)'",
        (
            "lists of these names from another file of Deck stay (1); if this file replaces it, "
            "forget the other file first ('map4 import forget')"
        ),
    )
    assert (deck.paths("Friday"), deck.paths("Friday (stick)")) == ([path_of(1)], [path_of(2)])

    # Each goes on with its own.
    assert run("home.deck", "1", "3").lists == ("Friday",)
    again = run("stick.deck", "2", "0")
    assert (again.lists, again.changed_lists, again.remarks[1:]) == (("Friday (stick)",), 1, ())
    assert (deck.paths("Friday"), deck.paths("Friday (stick)")) == ([path_of(1), path_of(3)], [path_of(2), path_of(0)])
    assert run("stick.deck", "2", "0").changed_lists == 0
    assert names(deck.store) == ["Friday", "Friday (stick)"]

    # Of files of one name the folder tells which it is.
    assert run("gig/home.deck", "0").lists == ("Friday (gig)",)


def test_moved_collection_keeps_its_lists(deck: Deck) -> None:
    deck.books["a.deck"] = [track(1), DjPlaylist(name="Friday", keys=("1",))]
    deck.books["b.deck"] = [track(1), track(2), DjPlaylist(name="Friday", keys=("1", "2"))]
    deck.read()
    deck.imports.forget("a.deck")

    assert deck.read("b.deck").lists == ("Friday",)
    assert names(deck.store) == ["Friday"]


def test_lists_without_a_stored_file_belong_to_the_next_import(deck: Deck) -> None:
    imported = ImportedList(format="deck", place=ImportedPlace(folders=(), name="Friday"))
    content = Tracklist(tracks=[], header=ListHeader(imported=imported))
    deck.store.part(SqlPlaylists).put("Friday", content, now=datetime.now(UTC))
    deck.books["a.deck"] = [track(1), DjPlaylist(name="Friday", keys=("1",))]

    assert deck.read().lists == ("Friday",)
    assert deck.read().changed_lists == 0


def test_path_maps_are_remembered_with_their_file(deck: Deck) -> None:
    def far(number: int) -> DjTrack:
        return at(f"D:/Far/{number:02}.mp3", str(number))

    here, there = (maps(f"D:/Far=/{folder}") for folder in ("here", "there"))
    deck.books["a.deck"] = [far(1), far(2), DjPlaylist(name="All", keys=("1", "2"))]
    deck.books["b.deck"] = [far(1)]
    assert deck.read(path_maps=here, dry_run=True).path_maps == here.maps
    assert deck.read().path_maps == ()  # a dry run remembers nothing
    first = deck.read(path_maps=here)
    assert (first.path_maps, first.remembers_maps) == (here.maps, False)
    before = everything(deck.store)

    nightly = deck.read()
    assert (nightly.path_maps, nightly.remembers_maps) == (here.maps, True)
    assert (nightly.changed, nightly.changed_lists, everything(deck.store)) == (0, 0, before)
    assert deck.read("b.deck").path_maps == ()  # another file has none

    # What waits finds its file without being told again, and so does what comes later.
    deck.put(11, name="/here/01.mp3", tags=Tags())
    deck.put(13, name="/here/03.mp3", tags=Tags())
    deck.books["a.deck"].append(far(3))
    assert deck.imports.match().tracks == 1
    assert deck.read().matched == 2

    # Others take their place, and none of them is left where none are wanted.
    assert deck.read(path_maps=there).path_maps == there.maps
    assert [entry.path_maps for entry in deck.imports.history() if entry.path.endswith("a.deck")] == [there.maps]
    assert deck.read(path_maps=PathMaps()).path_maps == ()
    assert deck.read().path_maps == ()


def test_alternating_imports_with_and_without_a_map_change_nothing(deck: Deck) -> None:
    """Once without the map and once with it rewrote every list, for ever."""
    mapped = maps("D:/Far=/here")
    deck.books["a.deck"] = [
        *(at(f"D:/Far/{n}.mp3", str(n)) for n in range(6)),
        *(DjPlaylist(name=f"List {n}", keys=("0", str(n))) for n in range(1, 6)),
    ]
    asked = [ImportOptions(path_maps=mapped), *(ImportOptions(), ImportOptions(path_maps=mapped)) * 2]
    assert [deck.imports.read("a.deck", options).changed_lists for options in asked] == [5, 0, 0, 0, 0]


def test_paths_and_maps_outside_utf8_are_kept(deck: Deck) -> None:
    several = PathMaps(maps=(PathMap.parse("/a\udce9=/b=c"), PathMap.parse("/=/mnt"), PathMap.parse("D:\\=/x")))
    deck.books["a.deck"] = [track(1)]
    deck.read(path_maps=several)
    done = deck.read()
    assert done.path_maps == several.maps
    assert done.to_record()["path_maps"][1:] == [{"from": "/", "to": "/mnt"}, {"from": "D:", "to": "/x"}]
    raw = os.fsdecode(b"/music/caf\xe9.mp3")
    deck.books["a.deck"] = [at(raw, raw, rating=1.0), DjPlaylist(name="Raw", keys=(raw,))]
    deck.read()
    deck.put(5, name=raw)

    assert deck.imports.match().tracks == 1
    assert deck.paths("Raw") == [raw]


# ---- histories -----------------------------------------------------------------------------------


def plays_of(store: SqliteStore, number: int) -> tuple[int | None, str | None]:
    """How often, and when last."""
    found = store.tracks.track(path_of(number))
    return found.play_count(), found.last_played()


def history(name: str, *played: tuple[int, str | None]) -> DjPlaylist:
    keys, times = tuple(str(number) for number, _ in played), tuple(time for _, time in played)
    return DjPlaylist(name=name, kind="history", keys=keys, times=times)


def test_histories_without_plays_and_impossible_plays_are_left_out(deck: Deck) -> None:
    deck.books["a.deck"] = [track(0), history("Friday"), history("Saturday", (0, None)), DjPlaylist(name="To fill")]
    done = deck.read()
    assert (names(deck.store), done.histories) == (["Saturday", "To fill"], 1)
    assert "left out: histories without a track (1)" in done.remarks
    times = [(0, "1970-01-21T00:43:31Z"), (1, "2100-01-01T00:00:00"), (2, "2026-01-30T23:20:00Z")]
    deck.books["a.deck"] = [*(track(number) for number in range(3)), history("Friday", *times)]
    done = deck.read()
    assert played_at(deck.store) == ["2026-01-30T23:20:00Z"]
    assert "left out: times of plays before 1990 or in the future (2)" in done.remarks


def test_history_is_stored_as_a_list_and_plays(deck: Deck) -> None:
    played = history("Friday", (1, "2026-01-30T23:10:00"), (9, "2026-01-30T23:15:00"), (2, None), (0, "tomorrow"))
    deck.books["a.deck"] = [*(track(number) for number in range(3)), track(9, path="/gone/9.mp3"), played]

    done = deck.read()

    assert (done.lists, done.histories, done.values["plays"]) == (("Friday",), 1, 3)
    lists = deck.store.part(SqlPlaylists)
    stored = lists.get("Friday")
    assert stored.header.imported.is_history
    assert [pick.played_at for pick in stored.picks] == ["2026-01-30T23:10:00Z", "2026-01-30T23:15:00Z", None, None]
    [playlist] = lists.all()
    assert (playlist.is_history, playlist.played_at) == (True, "2026-01-30T23:10:00Z")
    assert plays_of(deck.store, 1) == (1, "2026-01-30T23:10:00Z")
    assert deck.imported(2) == ImportedValues(play_count=1)  # nobody knows when
    [waiting, known] = deck.store.part(SqlPlays).page(limit=9).plays
    assert (waiting.audio_id, waiting.title, known.source) == (None, "Track 9", "lists")
    assert found(deck.store, "played:2026-01-30") == [path_of(1)]
    with deck.store.database.reading() as connection:
        assert facts_are_in_step(connection)
    before = everything(deck.store)
    assert deck.read().changed_lists == 0
    assert everything(deck.store) == before


def played_at(store: SqliteStore) -> list[str]:
    return [play.at for play in store.part(SqlPlays).each()]


@pytest.mark.parametrize(
    ("name", "clock", "utc"),
    [
        ("America/New_York", ("01:30", "01:45", "01:15", "01:30"), ("05:30", "05:45", "06:15", "06:30")),
        ("America/New_York", ("00:50", "01:10", "01:59", "02:10"), ("04:50", "05:10", "05:59", "07:10")),
        ("Asia/Tokyo", ("09:30", "09:45", "10:15", "10:30"), ("00:30", "00:45", "01:15", "01:30")),
    ],
)
def test_order_of_a_set_resolves_times_in_the_repeated_hour(
    deck: Deck, zone: Callable[[str], None], name: str, clock: tuple[str, ...], utc: tuple[str, ...]
) -> None:
    zone(name)
    times = [(number % 3, f"2024-11-03T{time}:00") for number, time in enumerate(clock)]
    deck.books["a.deck"] = [*(track(number) for number in range(3)), history("Friday", *times)]
    deck.read()
    assert played_at(deck.store) == [f"2024-11-03T{time}:00Z" for time in utc]


@pytest.mark.parametrize("there", ["Asia/Tokyo", "Asia/Kolkata", "America/New_York", "Pacific/Kiritimati"])
def test_a_history_read_again_in_another_zone_is_the_same(deck: Deck, zone: Callable[[str], None], there: str) -> None:
    tracks = [track(number) for number in range(3)]
    evening = [(0, "2026-01-30T23:10:00"), (1, "2026-01-30T23:15:00")]
    deck.books["a.deck"] = [*tracks, history("Friday", *evening)]
    deck.read()
    zone(there)
    assert deck.read().changed_lists == 0
    deck.books["a.deck"] = [*tracks, history("Friday", *evening, (2, "2026-01-30T23:20:00"))]
    deck.read()
    assert names(deck.store) == ["Friday"]
    assert played_at(deck.store) == [f"2026-01-30T23:{minute}:00Z" for minute in (10, 15, 20)]


def test_history_is_recognised_by_its_time_not_by_its_local_name(deck: Deck) -> None:
    for name in ("2026-01-30 23.10", "2026-01-31 08.10"):
        listed = replace(history(name, (0, "2026-01-30T23:10:00Z")), identity="2026-01-30T23:10:00Z")
        deck.books["a.deck"] = [track(0), listed]
        deck.read()
    assert names(deck.store) == ["2026-01-30 23.10"]
    assert played_at(deck.store) == ["2026-01-30T23:10:00Z"]


def test_play_count_is_that_of_the_program_and_last_play_the_latest(deck: Deck) -> None:
    own = ImportedValues(play_count=7, last_played="2026-01-30")
    deck.books["a.deck"] = [track(1, own), track(2, ImportedValues(last_played="2026-06-01T08:00:00"))]
    deck.read()
    evening = [(1, "2026-01-30T23:10:00"), (2, "2026-01-30T23:14:00"), (1, "2026-01-30T23:50:00")]
    deck.books["late.m3u"] = [track(1), track(2), history("Late", *evening)]
    deck.books["early.m3u"] = [track(1), track(2), history("Early", (1, "2025-05-05T22:00:00"), evening[1])]

    for name in ("late.m3u", "early.m3u"):
        deck.read(name, format_name="lists")

    assert plays_of(deck.store, 1) == (7, "2026-01-30T23:50:00Z")
    # What two files tell of one moment is one play.
    assert plays_of(deck.store, 2) == (1, "2026-06-01T08:00:00Z")


def test_timed_plays_survive_the_removal_of_their_history(deck: Deck) -> None:
    playlist = history("One", (1, "2026-01-30T23:10:00"), (2, None))
    deck.books["a.deck"] = [track(1), track(2), playlist, history("Two", (1, "2026-01-29T23:10:00"))]
    for _ in range(2):
        deck.read()
        LibraryLists(deck.store).delete("One")
    assert plays_of(deck.store, 1) == (2, "2026-01-30T23:10:00Z")
    assert [deck.imported(number) for number in (1, 2)] == [ImportedValues()] * 2
    LibraryLists(deck.store).restore("One")
    assert plays_of(deck.store, 2) == (1, None)


def test_plays_of_an_import_belong_to_its_account(deck: Deck) -> None:
    deck.books["a.deck"] = [track(1), history("One", (1, "2026-01-30T23:10:00"))]
    deck.read(dry_run=True)
    assert deck.store.part(SqlPlays).page(limit=9).plays == ()
    ann = deck.store.acting_as(deck.store.part(SqlAccounts).add("Ann", "admin", None, datetime.now(UTC)).actor())
    Imports(ann).read("a.deck", ImportOptions())
    assert [len(side.part(SqlPlays).page(limit=9).plays) for side in (ann, deck.store)] == [1, 0]


def test_forgotten_file_keeps_its_plays_unless_they_go_too(deck: Deck) -> None:
    played = history("One", (1, "2026-01-30T23:10:00"), (2, "2026-01-30T23:15:00"))
    deck.books["a.deck"] = [track(1, ImportedValues(rating=4.0)), track(2), played]
    deck.books["b.deck"] = [track(2), replace(played, keys=("2",), times=played.times[1:])]
    for name in ("a.deck", "b.deck"):
        deck.read(name, format_name="traktor")
    gone = deck.imports.forget("a.deck")
    assert (gone, gone.plays) == ([], ImportedPlays(own=1, shared=1, older=0))
    assert len(played_at(deck.store)) == 2
    steps = {os.path.basename(step.name): step.what.partition(": ")[2] for step in undo_steps(deck.store)}
    assert steps == {"b.deck": "1 of 1 track, 1 play (its lists stay)", "a.deck": "forgotten, 2 plays (its lists stay)"}
    assert all(step.command[:4] == ("import", "forget", "--yes", "--plays") for step in undo_steps(deck.store))

    gone = deck.imports.forget("a.deck", lists=True, plays=True)
    assert (gone, gone.plays.own, played_at(deck.store)) == ([], 1, ["2026-01-30T23:15:00Z"])
    assert plays_of(deck.store, 1)[0] is None
    with pytest.raises(NothingFoundError, match="nothing was imported from"):
        deck.imports.forget("a.deck", plays=True)
    copy = deck.store.tracks.track(path_of(2))
    assert not Plays(deck.store).add(copy, at=datetime(2026, 1, 30, 23, 15, 9, tzinfo=UTC))
    for _ in range(2):  # first the values, then the plays
        assert deck.imports.forget("b.deck", plays=deck.imports.history() == []).plays.shared == 1
    assert ([*undo_steps(deck.store)], len(played_at(deck.store))) == ([], 1)


def test_plays_imported_before_their_source_was_recorded_stay_and_are_counted(deck: Deck) -> None:
    listed = [(number, f"2026-01-30T23:{number}0:00") for number in (1, 2, 5)]
    deck.books["a.deck"] = [track(1), track(2), track(5, path="/gone/5.mp3"), history("One", *listed)]
    deck.books["other.deck"] = [track(3), history("Two", (3, "2026-01-30T22:00:00"))]
    for name in ("a.deck", "other.deck"):
        deck.read(name, format_name="traktor")
    with deck.store.database.transaction() as connection:
        for table in ("play_reports", "play_steps"):  # as an older map4 left it
            connection.execute(f"DELETE FROM {table}")
    deck.books["a.deck"][-1] = history("One", *listed, (1, "2026-01-31T20:00:00"))
    deck.read(format_name="traktor")
    gone = deck.imports.forget("a.deck", plays=True)
    assert gone.plays == ImportedPlays(own=1, shared=0, older=3)
    assert gone.plays.sentences("deleted") == [
        "1 play deleted",
        "3 older plays of its tracks stay: map4 did not record yet which import added them",
    ]
    assert len(played_at(deck.store)) == 4


def test_play_of_a_waiting_track_counts_once_its_file_is_scanned(deck: Deck) -> None:
    deck.books["a.deck"] = [track(5), history("One", (5, "2026-01-30T23:10:00"))]
    deck.read()
    deck.put(5, tags=Tags(artist="A", title="Track 5"))

    assert [play.audio_id for play in deck.store.part(SqlPlays).page(limit=9).plays] == [None]
    deck.imports.match()
    assert plays_of(deck.store, 5) == (1, "2026-01-30T23:10:00Z")
    deck.read()

    assert plays_of(deck.store, 5) == (1, "2026-01-30T23:10:00Z")


@pytest.mark.parametrize("place", ["map4.plays.store.plays:SqlPlays.add", "map4.imports.store.imports:SqlImports._put",
                                   "map4.values.store.values:SqlValues.add_marks"])  # fmt: skip
def test_failing_import_stores_nothing(deck: Deck, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    tagged = replace(track(1, ImportedValues(rating=4.0)), my_tags=("Peak",))
    deck.books["a.deck"] = [tagged, history("One", (1, "2026-01-30T23:10:00"))]

    def stored() -> tuple[int, int, int]:
        return len(names(deck.store)), len(deck.store.part(SqlPlays).page(limit=9).plays), len(deck.imports.history())

    with monkeypatch.context() as broken:
        broken.setattr(place.replace(":", "."), Mock(side_effect=LibraryWriteError("the disk is full")))
        with pytest.raises(LibraryWriteError):
            deck.read(marks=["my-tag"])
    assert stored() == (0, 0, 0)
    deck.read(marks=["my-tag"])
    assert stored() == (1, 1, 1)


def test_list_equal_to_a_history_is_also_stored(deck: Deck) -> None:
    deck.books["a.deck"] = [track(1), history("Friday", (1, None))]
    deck.read()
    deck.books["b.deck"] = [track(1), DjPlaylist(name="Friday", keys=("1",)), history("Friday", (1, None))]

    done = deck.read("b.deck", format_name="other")

    assert done.lists == ("Friday (Deck)", "Friday (Deck 2)")
    assert len(names(deck.store)) == 3

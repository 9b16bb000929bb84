"""The Python library: events, tracks, values of one's own, versions and full disks, without processes."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import write_clicks

from map4 import Library
from map4.core.audio import jobs
from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.audio.jobs import Lane
from map4.core.base.paths import user_file
from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.core.music.query.context import Preferences
from map4.core.music.track.track import Source
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import ConfigError, LibraryWriteError, NothingFoundError, UsageError
from map4.library.part import LibraryServices
from map4.scan import outcomes
from map4.scan.options import FileDone, ScanFinished, ScanStarted
from map4.scan.workers.lanes import ExecutorLane, inline_lanes


@pytest.fixture
def library_path(tmp_path: Path) -> Path:
    return tmp_path / "library.map4"


def open_inline(path: Path, **options: object) -> Library:
    return Library.open(path, lanes=inline_lanes, **options)  # type: ignore[arg-type]


def test_events_are_ordered_and_follow_the_storing_of_their_file(library_path: Path, music: Path) -> None:
    with open_inline(library_path) as library:
        events, stored = [], []
        for event in library.scan_events([music]):
            events.append(event)
            stored += [library.track(event.path)] if isinstance(event, FileDone) else []
        assert [track and track.state for track in stored] == ["ok"] * 4
        assert isinstance(events[0], ScanStarted)
        assert isinstance(events[-1], ScanFinished)
        assert events[-1].summary.analysed == 4
        assert {Path(track.path).name for track in library.tracks.all()} == {
            "one.wav",
            "two.wav",
            "three.wav",
            "four.wav",
        }


def test_analyze_returns_tracks_and_stores_them(library_path: Path, music: Path) -> None:
    with open_inline(library_path) as library:
        (first,) = library.analyze([music / "one.wav"])
        (again,) = library.analyze([music / "one.wav"], beats=True)
        assert (first.cached, again.cached) == (False, True)
        assert again.analysis.beats_s == pytest.approx(first.analysis.beats_s, abs=1e-4)
        assert replace(again.analysis, beats_s=()).duration_s == pytest.approx(2.0)
        (unstored,) = library.analyze([music / "two.wav"], store=False)
        assert unstored.state == "ok"
        assert library.track(music / "two.wav") is None


def test_missing_libraries_decoders_and_wrong_constructors_are_reported(library_path: Path) -> None:
    with pytest.raises(NothingFoundError, match="map4 scan"):
        Library.open(library_path, create=False)
    with pytest.raises(NothingFoundError):
        Library.care.verify(library_path)
    with open_inline(library_path) as library, pytest.raises(UsageError, match="map4 scan"):
        library.scan()
    with pytest.raises(ConfigError, match="module:callable"):
        Library.open(library_path, decoder="map4.nowhere:open_audio")
    with pytest.raises(UsageError, match=r"write Library\.open\('music\.map4'\)"):
        Library("music.map4")  # type: ignore[arg-type]


TAGS_FIRST = ("tag", "measured", "imported", "provider")


def set_by_variable(folder: Path, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAP4_LIBRARY", library)
    monkeypatch.setenv("MAP4_PREFER", ",".join(TAGS_FIRST))
    monkeypatch.setenv("MAP4_DECODER", "doubles:open_audio")
    monkeypatch.setenv("MAP4_SHARED", str(folder))


def set_by_file(folder: Path, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Path(user_file("config", "map4.toml"))
    settings.parent.mkdir(parents=True)
    settings.write_text(
        f'library = "{library}"\nshared = "{folder}"\n[analysis]\n'
        f'prefer = {json.dumps(TAGS_FIRST)}\ndecoder = "doubles:open_audio"\n'
    )


def set_by_both(folder: Path, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_by_file(folder, f"{folder / 'of the file.map4'}", monkeypatch)
    monkeypatch.setenv("MAP4_LIBRARY", library)


@pytest.mark.parametrize("set_library", [set_by_variable, set_by_file, set_by_both])
def test_without_a_path_the_library_of_the_settings_is_opened(
    tmp_path: Path, library_path: Path, monkeypatch: pytest.MonkeyPatch, set_library: Callable[..., None]
) -> None:
    set_library(tmp_path, str(library_path), monkeypatch)
    with Library.open() as library:
        assert library.path == str(library_path)
        ways = library._services.open_arguments
        assert (ways["decoder"], ways["preferences"].sources) == ("doubles:open_audio", TAGS_FIRST)
    preferences = Preferences(sources=("measured",))
    with Library.open(decoder=DEFAULT_DECODER, preferences=preferences) as library:  # what is given counts first
        assert library.path == str(library_path)
        ways = library._services.open_arguments
        assert (ways["decoder"], ways["preferences"]) == (DEFAULT_DECODER, preferences)
    assert [path.name for path in tmp_path.glob("*.map4")] == ["library.map4"]
    assert not os.path.exists(user_file("data", "library.map4"))


def test_path_overrides_settings_and_without_both_a_default_counts(
    tmp_path: Path, library_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open() as library:
        assert library.path == user_file("data", "library.map4")
    set_by_variable(tmp_path, str(tmp_path / "other.map4"), monkeypatch)
    monkeypatch.setenv("MAP4_CONFIG", str(tmp_path / "missing.toml"))
    with Library.open(library_path) as library:
        assert library.path == str(library_path)
        assert (library._services.open_arguments["preferences"], library.preferences) == (None, Preferences())
    with pytest.raises(ConfigError, match="missing"):
        Library.open()
    assert not (tmp_path / "other.map4").exists()


def test_any_executor_can_run_the_analysis(library_path: Path, music: Path) -> None:
    with ThreadPoolExecutor(2) as executor:

        def lanes(count: int) -> Sequence[Lane]:
            return [ExecutorLane(executor) for _ in range(count)]

        with Library.open(library_path, lanes=lanes) as library:
            assert library.scan([music], jobs=2).analysed == 4


def test_copy_is_tried_if_first_file_fails(library_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(music / "one.wav", music / "zz copy.wav")
    monkeypatch.setenv("DOUBLES_VANISH", "one.wav")
    with open_inline(library_path, decoder="doubles:open_audio") as library:
        found = library.scan([music])
        assert (found.failed, found.analysed) == (1, 4)
        assert library.track(music / "zz copy.wav").state == "ok"
        again = library.scan([music], force=True)
        assert (again.failed, again.analysed) == (1, 4)


def test_tracks_have_the_preferred_sources_of_the_library(library_path: Path, music: Path) -> None:
    first: tuple[Source, ...] = ("tag", "measured")
    with open_inline(library_path, preferences=Preferences(sources=first)) as library:
        for options in ({"store": False}, {}, {}):  # read for this answer alone, analysed and stored, known
            (track,) = library.analyze([music / "one.wav"], **options)
            assert track.prefer == first
        (gone,) = library.analyze([music / "none.wav"], store=False)
        assert (gone.state, gone.prefer) == ("failed", first)


def test_closing_the_event_stream_early_keeps_finished_files(library_path: Path, music: Path) -> None:
    with open_inline(library_path) as library:
        events = library.scan_events([music])
        done = next(event for event in events if isinstance(event, FileDone))
        events.close()  # type: ignore[attr-defined]
        assert library.track(done.path) is not None
        assert library.scan([music]).unchanged == 1


def test_new_version_reanalyses_and_keeps_user_values(
    library_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_inline(library_path) as library:
        library.scan([music])
        library.set([music / "one.wav"], bpm=91.0, grid=[{"position_s": 0.25, "bpm": 91.0}])
        for module in (jobs, outcomes):
            monkeypatch.setattr(module, "ANALYSIS_VERSION", ANALYSIS_VERSION + 1)
        assert library.scan([music], dry_run=True).planned == 4
        track = library.track(music / "one.wav")
        assert (track.state, track.analysis is not None, track.bpm()) == ("ok", True, 91.0)
        assert library.scan([music]).analysed == 4
        again = library.track(music / "one.wav")
        assert (again.bpm(), again.user.grid) == (91.0, track.user.grid)
        assert again.user.grid[0].position_s == 0.25


def test_failed_reanalysis_keeps_the_old_analysis(library_path: Path, tmp_path: Path) -> None:
    write_clicks(tmp_path / "raise.wav")
    with open_inline(library_path) as library:
        library.scan([tmp_path])
    with open_inline(library_path, decoder="doubles:open_audio") as library:
        assert library.scan([tmp_path], force=True).failed == 1
        track = library.track(tmp_path / "raise.wav")
        assert (track.state, track.flags) == ("ok", ("reanalysis_failed",))
        again = library.scan([tmp_path])
        assert (again.unchanged, again.known_failed) == (0, 1)


def test_full_disk_is_reported_and_finished_files_are_kept(library_path: Path, music: Path) -> None:
    store = SqliteStore(str(library_path))
    with Library(LibraryServices(store, lanes=inline_lanes, decoder=DEFAULT_DECODER)) as library:
        library.scan([music / "one.wav"])
        connection = store.database.connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        for index in range(40):  # enough rows that no free corner of a page is left
            write_clicks(music / f"more {index}.wav", 60 + index, seconds=0.5)
        with pytest.raises(LibraryWriteError, match="no space left"):
            library.scan([music])
        connection.execute("PRAGMA max_page_count = 1000000")
        assert library.scan([music]).failed == 0
    assert Library.care.verify(library_path).is_sound


def test_full_text_folds_diacritics_and_follows_changes(library_path: Path, music: Path) -> None:
    (music / "one.wav").rename(music / "Björk – Jóga.wav")
    with open_inline(library_path) as library:
        library.scan([music])

        def found(text: str) -> list[str]:
            with closing(sqlite3.connect(library_path)) as connection:
                rows = connection.execute(
                    "SELECT f.display FROM files_fts JOIN files AS f ON f.id = files_fts.rowid WHERE files_fts MATCH ?",
                    (text,),
                )
                return [Path(row[0]).name for row in rows]

        assert found("bjork") == ["Björk – Jóga.wav"]
        (music / "Björk – Jóga.wav").rename(music / "Sigur Rós.wav")
        library.scan([music])
        assert (found("bjork"), found("ros")) == ([], ["Sigur Rós.wav"])


def test_compare_accepts_files_and_tracks_and_reports_progress(library_path: Path, music: Path) -> None:
    with open_inline(library_path) as library:
        library.scan([music / "sub"])
        (known,) = library.tracks.all()
        seen: list[str] = []
        found = library.compare(
            [music / "one.wav", known, str(music / "two.wav")], on_track=lambda track: seen.append(track.path)
        )
        assert [Path(track.path).name for track in found.tracks] == ["one.wav", "four.wav", "two.wav"]
        assert sorted(Path(path).name for path in seen) == ["one.wav", "two.wav"]
        assert len(list(library.tracks.all())) == 1
        assert len(library.compare(str(music)).tracks) == 4

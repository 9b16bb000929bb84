"""`Library.export`: what is selected, what is written, and what stays as it was."""

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from unittest import mock

import pytest
from away_files import leave
from list_libraries import HOUSE, put_songs, song
from made_library import database_of
from schemas import validate, validated

from map4 import Library
from map4.core.base.path_maps import PathMaps
from map4.core.music.analysis.analysis import Grid
from map4.core.music.query.context import Preferences
from map4.core.store.output import OutputFileError
from map4.core.store.tracks import SqlTracks
from map4.errors import NothingFoundError, UsageError
from map4.exports.use import StoredTracks
from map4.formats import registry
from map4.formats.export import ExportContent, ExportOptions, ExportSummary
from map4.formats.format import Format, WriteNotes


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    put_songs(tmp_path / "library.map4", HOUSE)
    with Library.open(tmp_path / "library.map4") as library:
        yield library


def exported(library: Library, to: str, **options: object) -> bytes:
    out = io.BytesIO()
    library.export(out, to=to, **options)  # type: ignore[arg-type]
    return out.getvalue()


def test_exports_count_copies_of_files_that_are_away(library: Library, tmp_path: Path) -> None:
    tracks = [library.track(f"/music/{name}.mp3") for name in ("Ann/Sky", "Bob/Fire")]
    library.lists.save("Friday", library.lists.in_order(None, tracks))
    leave(tmp_path / "library.map4", "/music/Bob/Fire.mp3", "/music/Gus/Fog.mp3")
    counted = "1 entry is a copy of a file that is away"
    for selection in ({"playlist": "Friday"}, {}):
        done = library.export(io.BytesIO(), to="rekordbox", **selection)
        assert counted in done.remarks
    assert b"Gus/Fog.mp3" in exported(library, "rekordbox", playlist="Friday")
    notes = library.lists.write(library.lists.content("Friday"), str(tmp_path / "friday.m3u8"))
    assert counted in notes.sentences()


def document(library: Library, **selection: object) -> dict[str, Any]:
    found = validated(exported(library, "json", **selection).decode(), "export")
    for track in found["tracks"]:
        validate(track)
    return found


def paths(found: dict[str, Any]) -> list[str]:
    return [track["path"].removeprefix("/music/") for track in found["tracks"]]


# ---- what is selected ----------------------------------------------------------------------------


def test_export_without_a_selection_has_all_sound_tracks_and_statistics(library: Library) -> None:
    found = document(library)
    assert sorted(paths(found)) == sorted(
        row["path"].removeprefix("/music/") for row in HOUSE if "is_missing" not in row
    )
    assert (found["origin"], found["query"], found["playlist"]) == ("library", None, None)
    counts = found["statistics"]
    assert counts["by_genre"] == {"House": 6, "Folk": 1}
    assert counts["by_key"]["8A"] == 3
    assert counts["by_state"] == {"ok": 7, "failed": 0, "missing": 0, "pending": 0}
    assert found["analysis_config"]["prefer"] == ["user", "measured", "imported", "tag", "provider"]


def test_a_query_selects_in_its_order_with_columns_and_relative_paths(library: Library) -> None:
    found = document(library, query="genre:house sort:bpm- limit:2")
    assert paths(found) == ["Eve/Snow.mp3", "Dan/Wind.mp3"]
    assert (found["origin"], found["query"]) == ("query", "genre:house sort:bpm- limit:2")
    assert found["statistics"]["tracks"] == 2
    table = exported(library, "csv", query="artist:ann", columns=("title", "bpm", "year"))
    assert table == b"title,bpm,year\r\nSky,122.0,\r\n"
    record = json.loads(exported(library, "jsonl", query="artist:ann", path_maps=PathMaps(relative_to="/music")))
    assert (record["path"], record["location"]) == ("/music/Ann/Sky.mp3", "Ann/Sky.mp3")


def test_csv_of_a_list_has_columns_of_its_places_and_others_refuse_them(library: Library, tmp_path: Path) -> None:
    (tmp_path / "x.m3u8").write_text("#EXTM3U\n/music/Bob/Fire.mp3\n/music/Ann/Sky.mp3\n")
    night = str(tmp_path / "x.m3u8")
    columns = ("position", "start", "starts_at", "title")
    table = exported(library, "csv", playlist=night, columns=columns).decode().splitlines()
    assert (table[:2], len(table)) == (["position,start,starts_at,title", "1,0:00,,Fire"], 3)
    assert table[2].startswith("2,4:00,,Sky")
    for request in ({"to": "csv"}, {"to": "xlsx", "playlist": night}):
        with pytest.raises(UsageError, match="no column 'position'"):
            library.export(io.BytesIO(), columns=columns, **request)


def test_files_are_exported_in_order_and_unknown_files_reported(library: Library) -> None:
    out = io.BytesIO()
    files = ["/music/Cat/Rain.mp3", "/nowhere.mp3", "/music/Ann", "/music/Hal/Gone.mp3"]
    done = library.export(out, to="jsonl", files=files)
    lines = [json.loads(line)["path"] for line in out.getvalue().splitlines()]
    assert lines == ["/music/Cat/Rain.mp3", "/music/Ann/Sky.mp3"]
    assert done.unknown == ("/nowhere.mp3",)
    assert done.remarks == ("left out, as gone or not analysed: 1 of the named files; --query is:any includes them",)
    every = document(library, files=files[0:1] + files[3:], query="is:any")
    assert (paths(every), every["origin"]) == (["Cat/Rain.mp3", "Hal/Gone.mp3"], "tracks")


def test_a_list_keeps_its_order_and_is_selected_by_its_name(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "x.m3u8"
    file.write_text("#EXTM3U\n#PLAYLIST:Night\n/music/Bob/Fire.mp3\n/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3\n")
    found = document(library, playlist=str(file))
    assert paths(found) == ["Bob/Fire.mp3", "Ann/Sky.mp3", "Bob/Fire.mp3"]
    assert (found["origin"], found["name"]) == ("playlist", "Night")
    picks = found["playlist"]["picks"]
    assert [pick["position"] for pick in picks] == [1, 2, 3]
    assert [pick["transition"] and pick["transition"]["key"]["relation"] for pick in picks] == [None, "same", "same"]
    assert found["playlist"]["quality"]["tempo"] == 100.0
    assert found["statistics"]["tracks"] == 2
    read = library.lists.read("-", data=b"/music/Cat/Rain.mp3\n/music/Dan/Wind.mp3")
    library.lists.save("Friday", library.lists.content(read))
    assert exported(library, "m3u8", playlist="Friday").splitlines()[0:2] == [b"#EXTM3U", b"#PLAYLIST:Friday"]
    with pytest.raises(UsageError, match="choose one"):
        library.export(io.BytesIO(), to="csv", playlist="Friday", query="")


def test_name_of_an_export_is_that_of_its_list(library: Library) -> None:
    library.lists.save("Friday", library.lists.content(library.lists.read("-", data=b"/music/Cat/Rain.mp3")))
    for to, text in (("m3u8", b"#PLAYLIST:Late\n"), ("rekordbox", b'Name="Late"'), ("json", b'"name":"Late"')):
        found = exported(library, to, playlist="Friday", name="Late").replace(b'"name": "', b'"name":"')
        assert text in found
        assert b"Friday" not in found


@pytest.mark.parametrize(
    ("selection", "why"),
    [
        ({"query": "genre:polka"}, "no track matches"),
        ({"files": ["/nowhere"]}, "none of the files named is in the library"),
        ({"files": ["/music/Hal/Gone.mp3"]}, "gone or not analysed; --query is:any"),
        ({"files": []}, "no track matches"),
    ],
)
def test_empty_export_writes_no_file(library: Library, tmp_path: Path, selection: dict[str, object], why: str) -> None:
    with pytest.raises(NothingFoundError, match=f"nothing to export: .*{why}"):
        library.export(tmp_path / "x.csv", **selection)  # type: ignore[arg-type]
    assert not (tmp_path / "x.csv").exists()


# ---- what is written -----------------------------------------------------------------------------


def test_raw_option_exports_formulas_unquoted(tmp_path: Path) -> None:
    rows = [song("/music/a.mp3", "=1+1", "-1", 120.0, None, 0.5)]
    with Library.open(put_songs(tmp_path / "library.map4", rows)) as library:
        columns = ("artist", "title")
        assert exported(library, "csv", columns=columns).splitlines()[1] == b"'=1+1,'-1"
        assert exported(library, "csv", columns=columns, raw=True).splitlines()[1] == b"=1+1,-1"


def test_path_outside_utf_8_is_also_exported_as_bytes(tmp_path: Path) -> None:
    path = os.fsdecode(b"/music/caf\xe9.mp3")
    with Library.open(put_songs(tmp_path / "library.map4", [song(path, "A", "B", 120.0, None, 0.5)])) as library:
        [row] = csv.DictReader(io.StringIO(exported(library, "csv").decode(), newline=""))
    assert (row["path"], row["path_bytes"]) == ("/music/caf\ufffd.mp3", "L211c2ljL2NhZukubXAz")


@pytest.mark.parametrize("selection", [{}, {"query": "off"}, {"files": ["/m/off.mp3"]}, {"playlist": "all"}])
def test_grids_off_their_beats_are_counted_for_each_selection(tmp_path: Path, selection: dict[str, Any]) -> None:
    analysis = {"grid": Grid(first_beat_s=0.5, bpm=120.0, metre=4, downbeat=1)}
    beats_s = tuple(0.7 + 0.5 * number for number in range(200))
    rows = [
        song("/m/off.mp3", "Ann", "Off", 120.0, None, 0.5, analysis={**analysis, "beats_s": beats_s}),
        *(song(f"/m/{number}.mp3", "Ann", "On", 120.0, None, 0.5, analysis=analysis) for number in range(3)),
    ]
    put_songs(tmp_path / "library.map4", rows)
    message = "1 grid doesn't follow its beats; check by ear"
    with (
        mock.patch("map4.exports.use.MOST_DETAILED", 0),
        mock.patch("map4.exports.use.Tracklist.MOST_DRAWN", 0),
        Library.open(tmp_path / "library.map4") as library,
    ):
        data = "\n".join(row["path"] for row in rows).encode()
        library.lists.save("all", library.lists.content(library.lists.read("-", data=data)))
        done = library.export(tmp_path / "r.xml", with_grid=True, **selection)
        assert done.remarks == (message,)
        base = library.export(tmp_path / "new.xml", with_grid=True, into=tmp_path / "r.xml", **selection)
        assert base.remarks[-1] == message


# ---- writing safely ------------------------------------------------------------------------------


def test_written_files_are_recorded_unless_dry(library: Library, tmp_path: Path) -> None:
    done = library.export(tmp_path / "x.xlsx", dry_run=True)
    assert (done.tracks, done.size_bytes, done.is_dry_run) == (7, None, True)
    assert os.listdir(tmp_path).count("x.xlsx") == 0
    assert library.files.written() == []
    validate(done.to_record())
    done = library.export(tmp_path / "x.csv")
    size = (tmp_path / "x.csv").stat().st_size
    assert done == ExportSummary(path=str(tmp_path / "x.csv"), format="csv", tracks=7, size_bytes=size)
    library.export(tmp_path / "y.m3u8", query="artist:ann")
    last, first = library.files.written()
    assert (last.path, last.format, last.tracks) == (str(tmp_path / "y.m3u8"), "m3u8", 1)
    assert (first.path, first.format, first.tracks, first.size_bytes) == (str(tmp_path / "x.csv"), "csv", 7, size)
    assert first.written_at.endswith("Z")


def test_foreign_file_is_replaced_only_with_force(library: Library, tmp_path: Path) -> None:
    mine = tmp_path / "x.csv"
    mine.write_text("mine")
    for dry_run in (False, True):
        with pytest.raises(OutputFileError, match="not written from this library"):
            library.export(mine, dry_run=dry_run)
    assert mine.read_text() == "mine"
    library.export(mine, force=True)
    assert mine.read_bytes().startswith(b"path,")
    library.export(mine, query="artist:ann")  # its own
    assert mine.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("name", ["x.mp3", "library.map4"])
def test_music_and_the_library_are_not_overwritten(library: Library, tmp_path: Path, name: str) -> None:
    for dry_run in (False, True):
        with pytest.raises(UsageError):
            library.export(tmp_path / name, to="csv", force=True, dry_run=dry_run)


def test_failed_export_keeps_the_old_file(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
        out.write(b"half")
        raise OSError(28, "No space left on device")

    library.export(tmp_path / "x.csv")
    before = (tmp_path / "x.csv").read_bytes()
    broken = {"csv": Format(name="csv", suffixes=("csv",), summary="", exporter=fail)}
    monkeypatch.setattr(registry.ListFormats, "all", lambda: broken)
    monkeypatch.setattr("map4.formats.plugins.Exporters.all", lambda: broken)
    with pytest.raises(OutputFileError, match=r"x.csv can't be written: No space left"):
        library.export(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == before
    assert [name for name in os.listdir(tmp_path) if "partial" in name] == []
    assert len(library.files.written()) == 1


def test_stored_tracks_can_be_indexed_with_progress_for_each(library: Library, tmp_path: Path) -> None:
    with database_of(library) as database:
        tracks = StoredTracks(SqlTracks(database), [3, 1, 2])
        assert [track.path for track in tracks] == [track.path for track in tracks]
        assert [tracks[0].path, tracks[-1].path] == ["/music/Cat/Rain.mp3", "/music/Bob/Fire.mp3"]
        assert [track.path for track in tracks[1:]] == ["/music/Ann/Sky.mp3", "/music/Bob/Fire.mp3"]
    progress: list[tuple[int, int]] = []
    library.export(tmp_path / "x.xlsx", on_track=lambda done, total: progress.append((done, total)))
    assert progress == [(number, 7) for number in range(1, 8)]
    read = library.lists.read("-", data=b"/music/Cat/Rain.mp3\n/music/Dan/Wind.mp3")
    progress.clear()
    library.export(tmp_path / "x.xlsx", playlist=read, on_track=lambda done, total: progress.append((done, total)))
    assert progress == [(1, 2), (2, 2)]


def test_export_states_the_preferred_sources_of_the_library(tmp_path: Path) -> None:
    path = put_songs(tmp_path / "library.map4", [song("/music/a.mp3", "A", "B", 120.0, None, 0.5)])
    with Library.open(path, preferences=Preferences(sources=("tag", "measured"))) as library:
        assert json.loads(exported(library, "json"))["analysis_config"]["prefer"] == ["user", "tag", "measured"]

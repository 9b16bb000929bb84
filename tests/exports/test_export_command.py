"""`map4 export`, most of it in this process; a few runs are real ones."""

import errno
import json
import os
import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from xml.etree import ElementTree

import click
import openpyxl
import pytest
from conftest import Run
from list_libraries import HOUSE, put_songs, song
from schemas import validated

from map4.core.base.declaration import load
from map4.exports.commands import command
from map4.exports.use import Exports
from map4.formats import plugins
from map4.formats.importer import Importer
from map4.formats.plugins import Exporters


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> Path:
    return put_songs(tmp_path / "library.map4", HOUSE)


def test_exports_leave_stdout_empty_take_paths_or_report_a_stop(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = inside("export", "-o", tmp_path / "x.xlsx", env={"TMPDIR": str(tmp_path)})
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr.startswith(f"{tmp_path}/x.xlsx: 7 tracks (xlsx, ")
    assert openpyxl.load_workbook(tmp_path / "x.xlsx")["Tracks"].max_row == 8
    assert sorted(path.name for path in tmp_path.iterdir() if "map4" not in path.name) == ["x.xlsx"]
    result = inside(
        "export", "--playlist", "-", "--to", "csv", "--columns", "title,bpm", "-o", "-", input="/music/Ann/Sky.mp3\n"
    )
    assert (result.returncode, result.stdout) == (0, "title,bpm\nSky,122.0\n")
    monkeypatch.setattr(Exports, "_written", Mock(side_effect=KeyboardInterrupt))
    stopped = inside("export", "-o", tmp_path / "x.csv")
    assert (stopped.returncode, stopped.stderr) == (130, "map4: stopped; nothing is written\n\n")


@pytest.mark.contract
def test_export_to_stdout_is_only_data_and_a_full_disk_is_reported(map4: Run, inside: Run, tmp_path: Path) -> None:
    result = map4("export", "--to", "jsonl", "-o", "-", "--query", "genre:house")
    assert (result.returncode, result.stderr) == (0, "")
    assert {json.loads(line)["schema"] for line in result.stdout.splitlines()} == {"map4/track/1"}
    closed = inside("export", "--to", "xlsx", "-o", "/dev/full")
    assert (closed.returncode, "No space left" in closed.stderr, "Traceback" in closed.stderr) == (1, True, False)


def test_history_lists_exports_and_json_describes_one(inside: Run, tmp_path: Path) -> None:
    assert inside("export", "history").returncode == 4
    inside("export", "-o", tmp_path / "x.csv")
    inside("export", "-o", tmp_path / "y.m3u8", "--query", "artist:ann")
    shown = inside("export", "history").stdout.splitlines()
    assert [line.split()[2:4] for line in shown[1:]] == [["m3u8", "1"], ["csv", "7"]]
    document = validated(inside("export", "history", "--json").stdout, "export-history")
    assert [entry["format"] for entry in document["exports"]] == ["m3u8", "csv"]  # type: ignore[attr-defined]
    assert inside("export", "history", "-o", "x.csv").returncode == 2
    assert inside("export", "history", "--raw").returncode == 2
    found = inside("export", "-o", tmp_path / "x.csv", "--json", "-q")
    document = validated(found.stdout, "export-summary")
    assert (document["format"], document["tracks"], document["dry_run"]) == ("csv", 7, False)
    assert document["size_bytes"] == (tmp_path / "x.csv").stat().st_size
    dry = inside("export", "-o", tmp_path / "y.csv", "--json", "--dry-run")
    assert validated(dry.stdout, "export-summary")["dry_run"] is True
    assert dry.stderr == f"would write 7 tracks to {tmp_path}/y.csv (csv)\n"
    assert inside("export", "--to", "csv", "-o", "-", "--dry-run").stderr == "would write 7 tracks to stdout (csv)\n"


def test_missing_tracks_are_reported_and_the_others_written(inside: Run, tmp_path: Path) -> None:
    found = inside("export", "/music/Ann/Sky.mp3", "/music/\x1b[2Jno.mp3", "-o", tmp_path / "x.m3u8")
    assert found.returncode == 3
    assert "does not exist and is not in the library" in found.stderr
    assert "\x1b" not in found.stderr
    assert (tmp_path / "x.m3u8").read_text().count("\n/music/") == 1
    listed = tmp_path / "list.m3u8"
    listed.write_text("/music/Bob/Fire.mp3\n/nowhere/x.mp3\n")
    found = inside("export", "--playlist", listed, "-o", tmp_path / "y.json")
    assert (found.returncode, "entry 2" in found.stderr) == (3, True)
    assert validated((tmp_path / "y.json").read_text(), "export")["origin"] == "playlist"


def test_exported_paths_follow_path_maps_and_relative_folders(inside: Run, tmp_path: Path) -> None:
    query = ("--query", "artist:ann")
    inside("export", *query, "-o", tmp_path / "x.m3u8", "--path-map", "/music=D:\\Music")
    assert (tmp_path / "x.m3u8").read_text().splitlines()[-1] == "D:\\Music\\Ann\\Sky.mp3"
    inside("export", *query, "-o", tmp_path / "y.m3u8", "--relative-to", "/music", "--name", "Ann's")
    assert (tmp_path / "y.m3u8").read_text().splitlines()[1::2] == ["#PLAYLIST:Ann's", "Ann/Sky.mp3"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "-o library.csv"),
        (("-o", "-"), 2, "--to"),
        (("-o", "-", "--to", "csv", "--json"), 2, "both go to stdout"),
        (("-o", "x.csv", "--columns", " , "), 2, "names no column"),
        (("-o", "x.csv", "--option", "x"), 2, "NAME=VALUE"),
        (("-o", "x.csv", "--query", "artist:nobody"), 4, "nothing to export"),
        (("-o", "x.csv", "--playlist", "Nothing"), 4, "Nothing"),
        (("-o", "/nowhere/x.csv"), 1, "does not exist"),
        (("-o", "x.csv", "--into", "base.xml"), 2, "--into has no effect on csv"),
        (("-o", "x.csv", "--name", "N"), 2, "--name has no effect on csv"),
        (("-o", "x.jsonl", "--name", "N"), 2, "--name has no effect on jsonl"),
        (("-o", "x.xml", "--name", "N"), 2, "--name is the name of a new list in rekordbox; add --playlist"),
        (("-o", "x.xml", "--name", "N", "--into", "base.xml"), 2, "--name is the name of a new list"),
        (("-o", "x.html", "--relative-to", "."), 2, "--relative-to has no effect on html"),
        (("-o", "x.pdf", "--path-map", "/a=/b"), 2, "--path-map has no effect on pdf"),
        (("-o", "x.csv", "--path-map", "none"), 2, "--path-map none has no effect on csv"),
        (("--copies", "x", "--path-map", "/a=/b"), 2, "--path-map does not change copies"),
        (("-o", "x.xml", "--replace", "bpm"), 2, "--replace needs --into"),
        (("-o", "x.xml", "--into", "base.xml", "--replace", "kay"), 2, "did you mean key"),
        (("-o", "x.xml", "--into", "base.xml"), 1, "base.xml can't be read: No such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_invalid_exports_are_refused_with_a_reason(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = inside("export", *arguments)
    assert (found.returncode, found.stdout) == (code, "")
    assert words in found.stderr
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".csv"] == []


def test_export_into_a_collection_leaves_the_original_unchanged(inside: Run, tmp_path: Path) -> None:
    base, new = tmp_path / "base.xml", tmp_path / "new.xml"
    head = '<DJ_PLAYLISTS><COLLECTION><TRACK Location="file://localhost/music/Ann/Sky.mp3"'
    base.write_text(head + ' Tonality="C"/></COLLECTION></DJ_PLAYLISTS>')
    into = ("export", "--into", base, "--replace", "bpm", "--force")
    for same in (base, tmp_path / "." / "base.xml"):
        refused = inside(*into, "-o", same)
        assert (refused.returncode, "is the file of --into" in refused.stderr) == (2, True)
    dry = inside(*into, "-o", new, "--dry-run")
    assert (dry.returncode, "1 of its 1 tracks changed: AverageBpm 1" in dry.stderr, new.exists()) == (0, True, False)
    done = inside(*into, "-o", new)
    assert (done.returncode, "6 tracks of the library are not in" in done.stderr) == (0, True)
    assert new.read_text() == base.read_text().replace('"C"/>', '"C" AverageBpm="122.00"/>')


def test_formats_are_completed_and_named_in_the_topic_of_exchange() -> None:
    assert [name for name in Exporters.all() if name not in load("map4.imports:exchange.txt")] == []
    assert [name for name in Importer.all() if f"\n  {name} " not in load("map4.imports:exchange.txt")] == []
    [option] = [parameter for parameter in command.params if parameter.name == "to"]
    words = option.shell_complete(click.Context(command), "m3")
    assert [word.value for word in words] == ["m3u8", "m3u"]


def test_broken_exporter_gives_one_warning(inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        EntryPoint(name="titles", value="titles_exporter:TITLES", group=plugins.GROUP),
        EntryPoint(name="gone", value="no.such:X\x1b", group=plugins.GROUP),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found)
    done = inside("export", "--query", "artist:ann", "-o", tmp_path / "x.titles", "--template", "loud")
    assert (tmp_path / "x.titles").read_text() == "SKY\n"
    first, second = done.stderr.splitlines()
    assert first.startswith("map4: the exporter gone (no.such:X\ufffd) can't be loaded: ")
    assert second == f"{tmp_path}/x.titles: 1 track (titles, 4 bytes)"
    assert "can't be loaded" not in inside("export", "-o", tmp_path / "x.csv").stderr


@pytest.mark.contract
@pytest.mark.skipif(os.name == "nt", reason="Windows has no pty")
def test_workbook_is_not_printed_to_a_terminal(tmp_path: Path) -> None:
    import pty

    parent, child = pty.openpty()
    result = subprocess.run(
        [sys.executable, "-m", "map4", "--library", tmp_path / "library.map4", "export", "--to", "xlsx", "-o", "-"],
        stdout=child, stderr=subprocess.PIPE, timeout=60, check=False,
    )  # fmt: skip
    os.close(child)
    os.close(parent)
    assert (result.returncode, b"is no text for a terminal" in result.stderr) == (2, True)


@pytest.fixture
def two_intros(tmp_path: Path, library: Path) -> list[Path]:
    files = [tmp_path / "A" / "01 Intro.mp3", tmp_path / "B" / "01 Intro.mp3"]
    for file in files:
        file.parent.mkdir()
        file.write_bytes(file.parent.name.encode() * 1000)
    put_songs(library, [song(str(file), "Ann/Bo", "Intro", 120.0, "8A", 0.5) for file in files])
    return files


def test_copies_get_unique_names_and_a_list(inside: Run, tmp_path: Path, two_intros: list[Path]) -> None:
    stick = tmp_path / "stick"
    command = ("export", *two_intros, "--name", "Friday", "--copies", stick)
    done = inside(*command)
    assert (done.returncode, done.stderr) == (0, f"{stick}/Friday.m3u8: 2 tracks (m3u8, 2.0 kB)\n")
    names = ["01 Ann_Bo - Intro.mp3", "02 Ann_Bo - Intro.mp3"]
    assert [(stick / name).read_bytes() for name in names] == [file.read_bytes() for file in two_intros]
    listed = (stick / "Friday.m3u8").read_text().splitlines()
    assert [line for line in listed if not line.startswith("#")] == names
    assert sorted(file.name for file in stick.iterdir()) == [*names, "Friday.m3u8"]

    (stick / names[0]).write_bytes(b"mine")
    two_intros[1].unlink()
    again = inside(*command)
    assert again.returncode == 3
    assert f"{names[0]} exists and was kept; --force replaces it" in again.stderr
    assert f"{two_intros[1]} can't be read: No such file or directory" in again.stderr
    assert (stick / names[0]).read_bytes() == b"mine"
    assert inside(*command, "--force").returncode == 3
    assert (stick / names[0]).read_bytes() == two_intros[0].read_bytes()
    assert inside(*command, "--raw").returncode == inside(*command, "--to", "csv").returncode == 2


@pytest.mark.parametrize(
    ("fault", "code"), [(OSError(errno.ENOSPC, "No space left on device"), 1), (KeyboardInterrupt, 130)]
)
def test_stopped_copies_leave_no_half_file(
    inside: Run,
    tmp_path: Path,
    two_intros: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    fault: BaseException,
    code: int,
) -> None:
    def copyfileobj(source: Any, out: Any) -> None:
        out.write(source.read(10))
        if "/02 " in out.name:
            raise fault
        out.write(source.read())

    stick = tmp_path / "stick"
    with monkeypatch.context() as patched:
        patched.setattr("map4.exports.copies.shutil.copyfileobj", copyfileobj)
        stopped = inside("export", *two_intros, "--copies", stick)
    assert stopped.returncode == code
    assert re.search("1 (of 2 tracks are|file) copied", stopped.stderr)
    assert [file.name for file in stick.iterdir()] == ["01 Ann_Bo - Intro.mp3"]
    assert inside("export", *two_intros, "--copies", stick).returncode == 0
    assert len(list(stick.iterdir())) == 3


# ---- names of folders on other machines ------------------------------------------------------------


def test_formats_use_the_path_map_of_the_last_import(inside: Run, tmp_path: Path) -> None:
    database = tmp_path / "database.xml"
    database.write_text(
        '<VirtualDJ_Database Version="8.5"><Song FilePath="D:\\DJ\\Ann\\Sky.mp3"/></VirtualDJ_Database>'
    )
    assert inside("import", database, "--path-map", "D:\\DJ=/music").returncode == 0
    for name in ("virtualdj", "virtualdj-database"):
        assert 'ath="D:\\DJ\\Ann\\Sky.mp3"' in inside("export", "--to", name, "-o", "-").stdout
    assert "D:" not in inside("export", "--to", "traktor", "-o", "-").stdout


def collection(path: Path, *tracks: tuple[str, str, str]) -> Path:
    """A collection of rekordbox with tracks of Ann's and others: artist, title, and where it lies."""
    lines = (
        f'<TRACK TrackID="{number}" Name="{title}" Artist="{artist}" TotalTime="240" AverageBpm="99.00" '
        f'Location="file://localhost/{place}"/>'
        for number, (artist, title, place) in enumerate(tracks, start=1)
    )
    text = f'<COLLECTION Entries="{len(tracks)}">{"".join(lines)}</COLLECTION><PLAYLISTS/>'
    path.write_text(f'<DJ_PLAYLISTS Version="1.0.0">{text}</DJ_PLAYLISTS>')
    return path


def test_path_maps_of_the_last_import_are_reversed_on_export(inside: Run, tmp_path: Path) -> None:
    base = collection(tmp_path / "rb.xml", ("Ann", "Sky", "D:/DJ/Ann/Sky.mp3"))
    assert inside("import", base, "--path-map", "D:/DJ=/music").returncode == 0
    into = inside("export", "--into", base, "-o", tmp_path / "new.xml")
    assert (into.returncode, "1 of its 1 tracks changed" in into.stderr) == (0, True), into.stderr
    message = "--path-map of the import of rb.xml, reversed: /music=D:/DJ (--path-map none leaves it out)"
    assert message in into.stderr

    def places(*options: str) -> set[str]:
        assert inside("export", "-o", tmp_path / "all.xml", *options).returncode == 0
        tracks = ElementTree.parse(tmp_path / "all.xml").findall("COLLECTION/TRACK")
        return {(track.get("Location") or "").removeprefix("file://localhost")[:6] for track in tracks}

    found = [places(), places("--path-map", "none"), places("--path-map", "/music=E:/Mp3")]
    assert found == [{"/D:/DJ"}, {"/music"}, {"/E:/Mp"}]
    assert inside("export", "-o", "x.xml", "--path-map", "none", "--path-map", "/a=/b").returncode == 2
    assert "D:/DJ" not in inside("export", "-o", "-", "--to", "m3u8").stdout
    # The import of the file itself counts before a later one.
    assert inside("import", collection(tmp_path / "later.xml", ("Bob", "Fire", "music/Bob/Fire.mp3"))).returncode == 0
    assert places() == {"/music"}
    assert inside("export", "--into", base, "-o", tmp_path / "new.xml").returncode == 0


def test_import_suggests_path_maps_for_matching_names(inside: Run, tmp_path: Path) -> None:
    base = collection(
        tmp_path / "rb.xml", ("Ann", "Sky", "D:/DJ/Ann/Sky.mp3"), ("Bob", "Fire", "D:/DJ/Bob/Fire.mp3"),
        ("Zed", "Off", "E:/Old/Off.mp3"), ("Zoe", "Lost", "Volumes/USB/Lost.mp3"),
    )  # fmt: skip
    errors = inside("import", base).stderr
    maps = "--path-map 'D:/DJ=/music' --path-map 'E:/Old=FOLDER' --path-map '/Volumes/USB=FOLDER'"
    assert errors.splitlines()[2].endswith(f"; if their folder has another name here: map4 import {base} {maps}"), (
        errors
    )
    base = collection(base, ("Ann", "Sky", "D:/DJ/Ann/Sky.mp3"), ("Bob", "Fire", "D:/DJ/Bob/Fire.mp3"))
    assert "with the folders of the file: map4" in inside("import", base, "-v").stderr
    assert inside("import", base, "--path-map", "D:/DJ=/music").stderr.count("--path-map") == 0


@pytest.mark.parametrize(
    ("maps", "places"),
    [
        (("D:/DJ/Old=/music", "D:/DJ/Club=/music"), ("D:/DJ/Old/Ann/Sky.mp3", "D:/dj/Club/Bob/Fire.mp3")),
        (("D:/DJ=/music", "D:/DJ/Old=/music/Bob"), ("D:/DJ/Ann/Sky.mp3", "D:/DJ/Bob/Fire.mp3")),
    ],
)
def test_merged_folders_are_split(inside: Run, tmp_path: Path, maps: tuple[str, str], places: tuple[str, str]) -> None:
    base = collection(tmp_path / "rb.xml", ("Ann", "Sky", places[0]), ("Bob", "Fire", places[1]))
    assert inside("import", base, *(f"--path-map={path_map}" for path_map in maps)).returncode == 0
    into = inside("export", "--into", base, "-o", tmp_path / "new.xml")
    assert (into.returncode, "2 of its 2 tracks changed" in into.stderr) == (0, True), into.stderr
    assert inside("export", "-o", tmp_path / "all.xml").returncode == 0
    written = [element.get("Location") or "" for element in ElementTree.parse(tmp_path / "all.xml").iter("TRACK")]
    for place in places:
        assert f"file://localhost/{place}".lower() in map(str.lower, written)

"""What an older map4 stored otherwise: matches, histories as lists, queries of lists, and names of files."""

import json
import os
from pathlib import Path

from libraries import WHEN, audio_id, put_file

from map4 import Library
from map4.doctor.checks.finding import Finding
from map4.lists.store.doubts import meant_by


def put(library: Library, number: int, title: str, path: str | None = None, **values: object) -> str:
    path = path or f"/music/{number}.flac"
    with library._store.database.transaction() as connection:
        put_file(connection, path, audio_id=audio_id(number), title=title, artist="Duo", **values)
    return path


def put_entry(library: Library, source: str, number: int, title: str, method: str = "tags") -> None:
    """An imported entry that was matched to a file."""
    with library._store.database.transaction() as connection:
        sql = "INSERT OR IGNORE INTO imports (format, path, display, imported_at) VALUES ('csv', ?, ?, ?)"
        connection.execute(sql, (source.encode(), source, WHEN))
        values = (
            title,
            json.dumps({"artist": "Duo", "title": title}),
            audio_id(number),
            f"/music/{number}.flac".encode(),
        )
        connection.execute(
            "INSERT INTO imported_tracks (import_id, key, entry, data, audio_id, path, method, offset_s) "
            "SELECT id, ?, ?, '{}', ?, ?, ?, 0 FROM imports WHERE path = ?",
            (*values, method, source.encode()),
        )  # fmt: skip


def put_list(library: Library, name: str, owner: int = 0, **header: object) -> None:
    """A list of the first track."""
    with library._store.database.transaction() as connection:
        columns = "name, name_key, header, owner, sharing, created_at, updated_at"
        sql = f"INSERT INTO playlists ({columns}) VALUES (?1, ?1, ?2, ?3, 'private', ?4, ?4) RETURNING id"
        [(number,)] = connection.execute(sql, (name, json.dumps(header), owner, WHEN)).fetchall()
        sql = "INSERT INTO playlist_tracks (playlist_id, position, path, display, audio_id, detail) "
        connection.execute(f"{sql} VALUES (?, 1, x'2f', '/', ?, '{{}}')", (number, audio_id(0)))


def found(library: Library, check: str, query: str = "is:any") -> list[Finding]:
    return [*library.doctor.findings(query, only=[check])]


def commands(finding: Finding) -> list[str]:
    return [choice.command for choice in finding.choices]


def test_matches_with_another_number_are_named_by_import() -> None:
    titles = ("Intro Pt. 2", "Symphony No. 6", "Untitled #4", "Tide", "Two Hearts", "Wave", "Part Two")
    wanted = ("Intro Pt. 1", "Symphony No. 5", "Untitled #3", "Tide (Remastered 2011)", "2 Hearts", "Wave", "Part One")
    with Library.open(Library.IN_MEMORY) as library:
        for number, title in enumerate(titles):
            put(library, number, title)
            method = "path" if number == 2 else "tags"  # the file itself was named
            put_entry(library, "/old.csv" if number < 4 else "/right.csv", number, wanted[number], method)
        library.set("/music/6.flac", title="Part One")
        [finding] = found(library, "import_numbers")
        assert (finding.about, finding.count) == ("/old.csv", 2)
        assert finding.detail == '"Intro Pt. 1" at "Intro Pt. 2", "Symphony No. 5" at "Symphony No. 6"'
        assert commands(finding) == ["map4 import /old.csv", "map4 import forget /old.csv"]
        assert found(library, "imports", "is:any title:wave") == []
        assert len(found(library, "imports", "is:any title:intro")) == 1


def test_lists_that_are_histories_are_named(tmp_path: Path) -> None:
    history, songs = tmp_path / "StreamingHistory0.json", tmp_path / "songs.csv"
    plays = {"endTime": "2023-03-01 21:44", "artistName": "Duo", "trackName": "Tide", "msPlayed": 200_000}
    history.write_text(json.dumps([plays]))
    songs.write_text("Title,Artist\nTide,Duo\n")
    with Library.open(Library.IN_MEMORY) as library:
        put(library, 0, "Tide")
        for name, file in (("history", history), ("songs", songs), ("gone", tmp_path / "gone.json")):
            put_list(library, name, imported={"format": "lists", "name": name, "file": str(file)})
        put_list(library, "own")
        [finding] = found(library, "history_lists")
        assert finding.about == "history"
        assert commands(finding) == [f"map4 import {history}", "map4 playlist delete history"]


def test_lists_whose_query_ends_like_short_options_are_doubted() -> None:
    text = "genre:house or genre:techno bpm:120..128"
    with Library.open(Library.IN_MEMORY) as library:
        put(library, 0, "Tide")
        put_list(library, "narrow", options={"query": text})
        put_list(library, "plain", options={"query": "genre:house or genre:techno"})
        put_list(library, "of another", owner=7, options={"query": text})
        [finding] = found(library, "lists")
        assert (finding.check.name, finding.about) == ("list_queries", "narrow")
        assert f"'{text}'" in finding.detail
        assert "'genre:house bpm:120..128 or genre:techno bpm:120..128'" in finding.detail
        assert commands(finding) == ["map4 playlist show narrow"]
    assert meant_by("a or b key:~8A year:1990") == "a key:~8A year:1990 or b key:~8A year:1990"
    assert meant_by('a or b or c genre:"x y"') == 'a genre:"x y" or b genre:"x y" or c genre:"x y"'
    others = (
        "a or key:8A",
        "bpm:120 or a or key:8A",
        "a bpm:120",
        "a or b",
        "(a or b) bpm:120",
        "a or b bpm:1 rating:4",
    )
    assert [*map(meant_by, (*others, 'a "b or c" bpm:120'))] == [None] * 7


def test_file_stored_under_two_names_is_named(tmp_path: Path) -> None:
    first, other, copy = (tmp_path / name for name in ("a.flac", "b.flac", "copy.flac"))
    first.write_bytes(b"music")
    os.link(first, other)
    copy.write_bytes(b"music")
    status = os.stat(first)
    with Library.open(Library.IN_MEMORY) as library:
        for path in (first, other, copy):  # an inode of another drive may be the same number
            put(library, 1, "Tide", str(path), inode=status.st_ino, mtime_ns=status.st_mtime_ns, size_bytes=5)
        [finding] = found(library, "second_names")
        assert (finding.about, finding.detail, finding.count) == (str(first), f"also stored as {other}", 2)
        assert commands(finding) == [f"map4 library forget {other}", f"map4 library forget {first}"]
        other.unlink()
        assert found(library, "second_names") == []

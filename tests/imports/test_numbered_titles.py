"""Another number in the title: lists, listens and DJ libraries of other programs never use the other piece."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from libraries import audio_id
from made_library import analysis_of, put

from map4 import Library
from map4.core.music.track.tags import Tags

HAVE = (("Duo", "Intro Pt. 2"), ("Orchestra", "Symphony No. 5"), ("Siri", "Untitled"), ("Order", "Blue Monday '88"))
OTHERS = ("Intro (Part One)", "Symphony No. 6", "Untitled #4", "Blue Monday")
SPELT = ("Intro (Part Two)", "Symphony Nr. 5", "03 Untitled", "Blue Monday 1988")
XML = """<?xml version="1.0" encoding="UTF-8"?>
<DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="6.7.7"/><COLLECTION Entries="4">{}</COLLECTION>
<PLAYLISTS><NODE Type="0" Name="ROOT" Count="0"/></PLAYLISTS></DJ_PLAYLISTS>"""
TRACK = (
    '<TRACK TrackID="{0}" Name="{1}" Artist="{2}" TotalTime="{3:.0f}" Rating="255"'
    ' Location="file://localhost/C:/else/{0}.mp3"><POSITION_MARK Name="x" Type="0" Num="0" Start="1.500"/></TRACK>'
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.map4") as library:
        for number, (artist, title) in enumerate(HAVE):
            put(library, number, analysis_of(number), tags=Tags(artist=artist, title=title))
        yield library


def as_list(titles: tuple[str, ...]) -> str:
    rows = [f'"{artist}","{title}"\n' for (artist, _), title in zip(HAVE, titles, strict=True)]
    return "Artist Name(s),Track Name\n" + "".join(rows)


def as_listens(titles: tuple[str, ...]) -> str:
    listens = [
        {"listened_at": 1614556800 + 900 * at, "track_metadata": {"artist_name": artist, "track_name": title}}
        for at, ((artist, _), title) in enumerate(zip(HAVE, titles, strict=True))
    ]
    return "".join(json.dumps(listen) + "\n" for listen in listens)


def as_collection(titles: tuple[str, ...]) -> str:
    tracks = [
        TRACK.format(at, title, artist, analysis_of(at).duration_s)
        for at, ((artist, _), title) in enumerate(zip(HAVE, titles, strict=True))
    ]
    return XML.format("".join(tracks))


def listed(library: Library) -> set[str | None]:
    return {track.audio_id for track in library.lists.read_stored("wanted").tracks()}


def played(library: Library) -> set[str | None]:
    # A play of a track that the library lacks waits, without audio.
    return {play.audio_id for play in library.plays.page().plays if play.audio_id is not None}


def rated(library: Library) -> set[str | None]:
    return {track.audio_id for track in library.search() if track.imported and track.imported.rating}


@pytest.mark.parametrize(
    ("name", "written", "used"),
    [("wanted.csv", as_list, listed), ("listens.jsonl", as_listens, played), ("other.xml", as_collection, rated)],
)
def test_titles_with_another_number_are_not_used(library: Library, tmp_path: Path, name, written, used) -> None:
    (tmp_path / name).write_text(written(OTHERS), encoding="utf-8")
    library.imports.read(tmp_path / name)
    assert used(library) == set()
    (tmp_path / name).write_text(written(SPELT), encoding="utf-8")
    library.imports.read(tmp_path / name)
    assert used(library) == {audio_id(number) for number in range(len(HAVE))}

"""Names, numbers, dates and colours go to each program and come back, also of a track without any tags."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from dj_tracks import dj_track, exported, read

from map4.core.music.palette import Colour
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.formats.export import ExportOptions
from map4.formats.values import leading_number, utc_moment, year_in

SAID: dict[str, Any] = {
    "title": " Velvet Undertöw (Dub Mix)", "artist": "Nadia & <Vellum>", "album": "Basement", "genre": "Deep House",
    "label": "Lantern", "composer": "Bea", "remixer": "Cid", "mix": "Dub Mix", "year": 1998, "track_number": 3,
    "comment": "promo  ",
}  # fmt: skip
# What else each of them has, or keeps in its own form.
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "rekordbox": (
        "rekordbox", {"grouping": "opener", "disc_number": 2, "date_added": "2019-08-23", "color": "#ff0000"},
    ),
    "traktor": ("traktor", {"date_added": "2019-08-23", "color": "#fa4b35"}),
    "virtualdj-database": (
        "virtualdj", {"grouping": "opener", "date_added": "2019-08-23T10:15:00Z", "color": "#123456"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_imported_fields_survive_a_round_trip(tmp_path: Path, name: str) -> None:
    reader, more = FORMATS[name]
    values = ImportedValues(**SAID, **more)
    track = replace(dj_track("a.flac", codec="flac", imported=values), tags=Tags())
    data, _ = exported(name, [track])
    [found], _, notes = read(reader, tmp_path / "database.xml", data)
    wanted = {"bpm": found.values.bpm, "key": found.values.key}  # measured
    assert found.values == replace(values, **wanted)
    again, _ = exported(name, [replace(track, imported=found.values)])
    assert (again, dict(notes.left_out)) == (data, {})


@pytest.mark.parametrize("name", FORMATS)
def test_tags_precede_imported_values_and_unset_fields_stay_unset(tmp_path: Path, name: str) -> None:
    reader, more = FORMATS[name]
    tags = {"title": "Song", "artist": "Ann", "album": "LP", "genre": "House", "label": "Own", "year": 2020, "track": 9}
    track = dj_track("a.flac", codec="flac", imported=ImportedValues(**SAID, **more), **tags)
    [found], _, _ = read(reader, tmp_path / "database.xml", exported(name, [track])[0])
    values = found.values
    assert (values.artist, values.album, values.genre, values.label, values.year) == ("Ann", "LP", "House", "Own", 2020)
    assert (values.track_number, values.composer, values.remixer) == (9, "Bea", "Cid")
    assert (values.title or "").startswith("Song")
    data, _ = exported(name, [dj_track("a.flac", codec="flac", title="T")])
    [found], _, _ = read(FORMATS[name][0], tmp_path / "database.xml", data)
    known = {field.name for field in fields(ImportedValues) if getattr(found.values, field.name) not in (None, ())}
    assert known == {"title", "bpm", "key"}


@pytest.mark.parametrize("name", FORMATS)
def test_export_keeps_line_breaks_and_marks_of_an_import(tmp_path: Path, name: str) -> None:
    reader, _ = FORMATS[name]
    came = {"title": "It\u2019s \u200eon", "artist": "O\u2019Brien \u2068x\u2069", "comment": "one\ntwo\tthree"}
    values = ImportedValues(**came | {"title": "It\x92s \u200eon", "genre": "a\x00b"}).plausible()[0]
    assert (values.title, values.artist, values.comment) == ("It\u2019s on", "O\u2019Brien x", "one two three")
    assert values == ImportedValues.from_data(json.loads(json.dumps(values.to_data())))
    [found], _, _ = read(reader, tmp_path / "database.xml", exported(name, [untagged(values)])[0])
    assert {key: getattr(found.values, key) for key in came} == came
    assert found.values.genre == "ab"
    other = replace(untagged(values), tags=Tags(title="It\u2019s on", artist="other"))
    [found], _, _ = read(reader, tmp_path / "database.xml", exported(name, [other])[0])
    assert (found.values.title, found.values.artist) == (came["title"], "other")


def test_years_numbers_and_moments_of_texts_are_read_and_never_left_out() -> None:
    never = ("1899-12-30", "1900-01-01", "1904-01-01T00:00:00Z", "1970-01-01T00:00:00", "0001-01-01", "2099-01-01",
             "2026-02-31")  # fmt: skip
    for time in never:
        values = ImportedValues(play_count=0, last_played=time, date_added=time)
        assert values.plausible() == (ImportedValues(play_count=0), 2)
    stored = ImportedValues(last_played="1970-01-01T00:00:00Z", date_added="2026-01-31T21:15:00Z")
    assert ImportedValues.from_data(stored.to_data()) == stored
    assert stored.plausible() == (replace(stored, last_played=None), 1)
    cases = [("1998", 1998, 1998), ("1998-05-01", 1998, 1998), (" 3/12", None, 3), ("0", None, None),
             ("99999999", None, None), ("20160621", 2016, None), ("20160600", None, None), ("20161301", None, None),
    ("0998", None, 998), ("05.12.2023", 2023, 5), ("May 6, 2013", 2013, None), ("(P) 1999", 1999, None),
    (None, None, None), ("x", None, None), ("²", None, None), (7, None, 7)]  # fmt: skip
    for text, year, number in cases:
        assert (year_in(text), leading_number(text)) == (year, number)
    for seconds in (None, 0, 1e300, float("nan")):
        assert utc_moment(seconds) is None


def untagged(values: ImportedValues) -> Track:
    return replace(dj_track("a.flac", codec="flac", imported=values), tags=Tags())


DAMAGED = ["0", "-1", "99999999", "0000-00-00", "0000/0/0", "2026-13-45", "x" * 100_000, " ", "\u202e\ufffd", "1e999"]
BROKEN: dict[str, str] = {
    "rekordbox": '<DJ_PLAYLISTS><COLLECTION><TRACK TrackID="1" Location="file://localhost/a.mp3" Name="?" Artist="?" '
    'Composer="?" Grouping="?" DiscNumber="?" TrackNumber="?" Year="?" DateAdded="?" Mix="?" Colour="?"/></COLLECTION>'
    "</DJ_PLAYLISTS>",
    "traktor": '<NML VERSION="19"><COLLECTION><ENTRY TITLE="?"><LOCATION DIR="/:" FILE="a" VOLUME=""/>'
    '<ALBUM TRACK="?"/>'
    '<INFO REMIXER="?" PRODUCER="?" MIX="?" IMPORT_DATE="?" RELEASE_DATE="?" COLOR="?"/></ENTRY></COLLECTION></NML>',
    "virtualdj": '<VirtualDJ_Database Version="8"><Song FilePath="/a.mp3"><Tags Title="?" Remix="?" Year="?" '
    'TrackNumber="?" Composer="?"/><Infos FirstSeen="?" UserColor="?"/></Song></VirtualDJ_Database>',
}


@pytest.mark.parametrize("text", DAMAGED, ids=lambda text: ascii(text[:12]))
@pytest.mark.parametrize("reader", BROKEN)
def test_readers_accept_any_field_value(tmp_path: Path, reader: str, text: str) -> None:
    [found], _, _ = read(reader, tmp_path / "database.xml", BROKEN[reader].replace("?", text).encode())
    sound, _ = found.values.plausible()
    assert sound.plausible() == (sound, 0)
    assert sound.year is None or text.startswith("2026")
    assert len(sound.title or "") <= 4000


def test_colours_map_to_the_nearest_of_eight() -> None:
    assert [Colour.nearest_of_eight(color) for color in Colour.EIGHT.values()] == list(Colour.EIGHT)
    # Traktor's seven, VirtualDJ's and Serato's usual ones, and a grey.
    traktors = ["#fa4b35", "#ff8402", "#fff700", "#00f329", "#0187ff", "#a669ff", "#fe55ea"]
    colors = [*traktors, "#ff00ff", "#00ffff", "#888888"]
    assert [Colour.nearest_of_eight(color) for color in colors] == [
        "red", "orange", "yellow", "green", "blue", "purple", "pink", "purple", "aqua", None
    ]  # fmt: skip
    data, _ = exported("rekordbox", [dj_track(imported=ImportedValues(color="#fa4b35"))])
    assert b'Colour="0xFF0000"' in data
    data, _ = exported("rekordbox", [dj_track(imported=ImportedValues(color="#888888"))])
    assert b"Colour=" not in data


@pytest.mark.parametrize("name", ["AutoGrid", "Beat Marker"])
def test_a_cue_point_called_as_a_marker_keeps_its_name(tmp_path: Path, name: str) -> None:
    cues = (CuePoint(position_s=1.0, number=0, name=name),)
    data, _ = exported("traktor", [dj_track("a.flac", codec="flac", imported=ImportedValues(cues=cues))])
    [found], _, _ = read("traktor", tmp_path / "c.nml", data)
    assert found.values.cues == cues


def test_grid_markers_of_traktor_keep_their_names(tmp_path: Path) -> None:
    names = ("AutoGrid", "Beat Marker", "n.n.", "Where it drags")
    markers = "".join(
        f'<CUE_V2 NAME="{name}" TYPE="4" START="{60_000 * number}" HOTCUE="{0 if number == 1 else -1}"/>'
        for number, name in enumerate(names)
    )
    entry = f'<ENTRY><LOCATION DIR="/:" FILE="a.flac" VOLUME=""/><TEMPO BPM="120"/>{markers}</ENTRY>'
    nml = f'<NML VERSION="19"><COLLECTION>{entry}</COLLECTION></NML>'
    [found], _, _ = read("traktor", tmp_path / "c.nml", nml.encode())
    track = dj_track("a.flac", codec="flac", imported=found.values)
    data, _ = exported("traktor", [track], options=ExportOptions(with_grid=True))
    assert [mark.get("NAME") for mark in fromstring(data).iter("CUE_V2")] == list(names)
    [again], _, _ = read("traktor", tmp_path / "d.nml", data)
    assert (again.values.grid, again.values.cues) == (found.values.grid, ())

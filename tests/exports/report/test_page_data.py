"""The document of a page: a value a track in each column, and nothing that the page should not know."""

import base64
import json
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
from report_tracks import failed_track, report_track, report_tracks

from map4.exports.report.blocks import Row
from map4.exports.report.page_data import STRIP_BYTES, PageData
from map4.music.analysis.analysis import Loudness
from map4.music.analysis.inside import Overview
from map4.music.track.fields import FIELDS as TRACK_FIELDS
from map4.music.track.imported import ImportedValues
from map4.music.track.track import Track
from map4.schemas import schema_text


def document(*tracks: Track, note: str | None = None, **options: Any) -> dict[str, Any]:
    data = PageData("camelot", **options)
    for track in tracks:
        data.add(Row(cells=(), note=note, track=track))
    written = "".join(data.pieces())
    assert "<" not in written  # nothing can end the element it stands in
    written.encode("utf-8")
    found: dict[str, Any] = json.loads(written)
    jsonschema.validate(found, json.loads(schema_text("report-data")))
    return found


def test_numbers_are_integers_and_unknown_values_null() -> None:
    loud = report_track("a.mp3", 127.998, "8A", 0.55, loudness=Loudness(integrated_lufs=-9.43, true_peak_dbtp=0.2))
    found = document(loud, report_track("b.mp3", None, None, None, loudness=Loudness()))
    columns = found["columns"]
    assert columns["bpm"] == {"parts": 1000, "different": [127998, None], "at": [0, 1]}
    assert columns["loudness"] == {"parts": 100, "different": [-943, None], "at": [0, 1]}
    assert columns["key"]["different"] == [found["keys"].index("8A"), None]
    many = document(*(report_track(f"{bpm}.mp3", float(bpm)) for bpm in range(100, 120)))["columns"]["bpm"]
    assert many == {"parts": 1000, "values": [1000 * bpm for bpm in range(100, 120)]}
    assert columns["artist"] == {"texts": ["Ann"], "at": [0, 0]}
    assert columns["title"] == ["a", "b"]


def test_columns_without_values_are_left_out() -> None:
    found = document(*report_tracks(3))
    assert not {"mood", "plays", "path", "label"} & set(found["columns"])
    assert "/music/" not in json.dumps(found["columns"])  # folders stay private
    assert document(*report_tracks(1), with_paths=True)["columns"]["path"] == ["/music/Song 0.mp3"]


def test_marks_flag_doubtful_imported_and_failed_tracks() -> None:
    tracks = report_track(), replace(report_track(), imported=ImportedValues(rating=4.0, play_count=3)), failed_track()
    found = document(*tracks, note="because")
    imported, marks = 1 << found["marks"].index("imported"), found["columns"]["is"]
    assert [marks["different"][at] & imported for at in marks["at"]] == [0, imported, 0]
    assert found["columns"]["rating"] == {"parts": 10, "different": [None, 40], "at": [0, 1, 0]}
    assert found["columns"]["state"] == {"texts": ["ok", "failed"], "at": [0, 0, 1]}
    assert found["columns"]["note"] == ["because"] * 3


def test_imported_values_fill_missing_tags() -> None:
    said = ImportedValues(album="Night", label="Blue", track_number=3)
    columns = document(replace(report_track(tags={"title": "A"}), imported=said))["columns"]
    assert columns["album"] == {"texts": ["Night"], "at": [0]}
    assert columns["label"] == {"texts": ["Blue"], "at": [0]}
    assert columns["track"] == {"parts": 1, "different": [3], "at": [0]}


def test_a_strip_has_48_columns_of_4_bits_a_band() -> None:
    rising = bytes(round(255 * point / 399) for point in range(400))
    overview = Overview(low=rising, mid=bytes(400), high=bytes([255]) * 400, energy=bytes(200))
    found = document(report_track(), report_track(overview=overview))
    strips = base64.b64decode(found["strips"])
    assert len(strips) == 2 * STRIP_BYTES == 144
    assert not any(strips[:STRIP_BYTES])
    levels = [level for byte in strips[STRIP_BYTES:] for level in (byte >> 4, byte & 15)]
    assert levels[:48] == sorted(levels[:48])
    assert (levels[0], levels[47]) == (0, 15)
    assert levels[48:] == [0] * 48 + [15] * 48


def test_map_has_a_position_for_each_track_with_a_sound_vector() -> None:
    sounds = [report_track(f"{i}.mp3", sound=tuple(np.full(128, float(i)).tolist())) for i in range(3)]
    places = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]])
    found = document(sounds[0], report_track(), *sounds[1:], place=lambda vectors: (places, 0.25))
    assert found["map"] == {"kept": 0.25, "x": [0, None, 2048, 4095], "y": [4095, None, 2048, 0], "regions": []}
    assert "map" not in document(*sounds, place=lambda vectors: None)
    assert "map" not in document(report_track(), place=lambda vectors: (places, 0.25))


def test_every_field_that_a_page_shows_has_a_column() -> None:
    table = {column.pop("name"): column for column in document(*report_tracks(1))["table"]}
    shown = {field.query_name: field.on_page for field in TRACK_FIELDS.values() if field.on_page}
    assert len(shown) > 8
    assert shown.items() <= {name: column["title"] for name, column in table.items()}.items()
    assert sorted(column["rank"] for column in table.values()) == list(range(1, len(table) + 1))

"""Workbooks, as openpyxl reads them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest
from injections import Flow, content_of, living_track
from made_tracks import made_track
from openpyxl.workbook import Workbook

from map4.domain.tracklist import Tracklist
from map4.errors import UsageError
from map4.formats.format import WriteNotes
from map4.formats.workbook import export_workbook
from map4.formats.workbook.sheet import MOST_CELL_UNITS, cell_text
from map4.ports.export import ExportContent, ExportOptions

TRACKS = [
    replace(made_track("a.mp3", 120.0, "8A", 0.52, artist="Ann", title="Sky", year=1999), size_bytes=9_000_000),
    made_track("b.mp3", 121.5, "9A", 0.61, artist="Bob", title="Fire"),
    made_track("c.mp3", None, None, None, title="Hum"),
]


def read(content: ExportContent, options: ExportOptions | None = None) -> Workbook:
    out = io.BytesIO()
    export_workbook(content, out, options or ExportOptions())
    return openpyxl.load_workbook(out)


def test_tracks_are_a_table_with_a_head_that_stays_and_filters() -> None:
    sheet = read(content_of(TRACKS))["Tracks"]
    head = [cell.value for cell in sheet[1]]
    assert head[:4] == ["artist", "title", "album", "genre"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, len(head)).column_letter}4"
    first = dict(zip(head, sheet[2], strict=True))
    assert (first["year"].value, first["bpm"].value, first["key_camelot"].value) == (1999, 120.0, "8A")
    assert first["time"].value == timedelta(seconds=184)
    formats = {name: first[name].number_format for name in ("bpm", "time", "tempo_confidence", "integrated_lufs")}
    assert formats == {"bpm": "0.00", "time": "[m]:ss", "tempo_confidence": "0%", "integrated_lufs": "0.0"}


def test_what_is_not_known_is_empty() -> None:
    sheet = read(content_of(TRACKS))["Tracks"]
    row = dict(zip((cell.value for cell in sheet[1]), (cell.value for cell in sheet[4]), strict=True))
    assert [row[name] for name in ("artist", "bpm", "key_camelot", "energy", "energy_level", "year")] == [None] * 6
    assert row["title"] == "Hum"


def test_columns_are_those_asked_for_in_order() -> None:
    options = ExportOptions(columns=("title", "hamms_energy", "bpm", "path"))
    tracks = [made_track("a.mp3", 120.0, hamms=0.25, title="Sky"), made_track("b.mp3", title="No")]
    rows = list(read(content_of(tracks), options)["Tracks"].iter_rows(values_only=True))
    assert rows == [
        ("title", "hamms_energy", "bpm", "path"),
        ("Sky", 0.25, 120, "/music/a.mp3"),
        ("No", None, None, "/music/b.mp3"),
    ]


def test_keys_and_energy_are_coloured() -> None:
    sheet = read(content_of(TRACKS))["Tracks"]
    rules = {str(found.sqref): [rule.type for rule in found.rules] for found in sheet.conditional_formatting}
    assert rules == {"G2:G4": ["cellIs"] * 24, "I2:I4": ["dataBar"], "N2:N4": ["colorScale"]}
    keys = next(found for found in sheet.conditional_formatting if str(found.sqref) == "G2:G4").rules
    fills = {rule.formula[0]: rule.dxf.fill.bgColor.rgb for rule in keys}
    assert len(set(fills.values())) == 24
    assert set(fills) == {f'"{number}{letter}"' for number in range(1, 13) for letter in "AB"}


def test_no_colours_where_the_columns_are_not_there() -> None:
    sheet = read(content_of(TRACKS), ExportOptions(columns=("title",)))["Tracks"]
    assert list(sheet.conditional_formatting) == []


def test_a_list_has_its_transitions() -> None:
    step = {
        "compatibility": 0.952,
        "type": "blend",
        "tempo": {"change_percent": 1.25},
        "key": {"relation": "neighbour"},
    }
    details = [
        {"reasons": [], "transition": None},
        {"transition": step, "energy_target": 0.6, "reasons": ["+1.2 % tempo", "8A → 9A"]},
    ]
    playlist = Tracklist(tracks=TRACKS[:2], name="Fri\0day\ud800", details=details)
    workbook = read(content_of(TRACKS[:2], playlist=playlist, name=playlist.name))
    head, one, two = workbook["Playlist"].iter_rows(values_only=True)
    assert dict(zip(head, one, strict=True)) | {"time": 0} == {
        "position": 1, "artist": "Ann", "title": "Sky", "bpm": 120, "key_camelot": "8A", "energy_level": 5, "time": 0,
        "compatibility": None, "type": None, "tempo_change_percent": None, "key_relation": None,
        "energy_target": None, "reasons": None,
    }  # fmt: skip
    assert two[7:] == (0.952, "blend", 1.25, "neighbour", 0.6, "+1.2 % tempo; 8A → 9A")
    assert workbook.properties.title == "Fri day?"


def test_statistics_have_counts_and_charts() -> None:
    sheet = read(content_of(TRACKS))["Statistics"]
    rows = [row[:3] for row in sheet.iter_rows(values_only=True)]
    assert ("tracks", None, 3) in rows
    assert ("BPM", "120–125", 2) in rows
    assert ("key", "8A", 3) in rows
    assert len(sheet._charts) == 3
    series = sheet._charts[0].series[0]
    first = rows.index(("BPM", "120–125", 2)) + 1
    assert series.val.numRef.f == f"'Statistics'!$C${first}"


def test_compatibility_is_there_both_ways_for_up_to_a_hundred() -> None:
    sheet = read(content_of(TRACKS))["Compatibility"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][1:] == ("track", "1", "2", "3")
    assert rows[1] == (1, "Ann - Sky", None, 0.952, 0.5)
    assert rows[2] == (2, "Bob - Fire", 0.952, None, 0.5)
    assert [str(found.sqref) for found in sheet.conditional_formatting] == ["C2:E4"]
    many = [made_track(f"{number}.mp3", 120.0, "8A", 0.5) for number in range(101)]
    assert read(content_of(many[:100])).sheetnames == ["Tracks", "Statistics", "Compatibility"]
    assert read(content_of(many)).sheetnames == ["Tracks", "Statistics"]


def test_tracks_without_analysis_are_not_compared() -> None:
    assert read(content_of([living_track(0), living_track(1)])).sheetnames == ["Tracks", "Statistics"]


def test_more_tracks_than_a_sheet_holds_are_refused_at_once() -> None:
    content = ExportContent(tracks=Flow(1_048_576, living_track), statistics=content_of(TRACKS).statistics)
    out = io.BytesIO()
    with pytest.raises(UsageError, match=r"a sheet holds 1,048,575 tracks.*csv"):
        export_workbook(content, out, ExportOptions())
    assert out.getvalue() == b""


@pytest.mark.parametrize(
    ("text", "kept", "dropped", "cut"),
    [
        ("a\0b\x1f\x7f", "ab\x7f", 2, 0),
        ("a\r\nb\rc", "a\nb\nc", 0, 0),
        ("x" * 32_767, "x" * 32_767, 0, 0),
        ("x" * 32_768, "x" * 32_767, 0, 1),
        ("x" + "\U0001f3b5" * 16_383, "x" + "\U0001f3b5" * 16_383, 0, 0),
        ("\U0001f3b5" * 16_384, "\U0001f3b5" * 16_383, 0, 1),
    ],
)
def test_texts_are_made_to_fit_a_cell(text: str, kept: str, dropped: int, cut: int) -> None:
    notes = WriteNotes()
    assert cell_text(text, notes) == kept
    assert (notes.replaced_characters, notes.shortened_texts) == (dropped, cut)
    assert len(kept.encode("utf-16-le")) // 2 <= MOST_CELL_UNITS

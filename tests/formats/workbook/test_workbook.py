"""Workbooks, as openpyxl reads them."""

import io
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest
from injections import Flow, content_of, living_track
from made_tracks import made_track
from openpyxl.workbook import Workbook
from report_tracks import transition_of

from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.track_columns import TrackColumn
from map4.errors import UsageError
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import WriteNotes
from map4.formats.workbook.workbook import MOST_CELL_UNITS, cell_text, column
from map4.formats.workbook.writer import export_workbook

TRACKS = [
    replace(made_track("a.mp3", 120.0, "8A", 0.52, artist="Ann", title="Sky", year=1999), size_bytes=9_000_000),
    made_track("b.mp3", 121.5, "9A", 0.61, artist="Bob", title="Fire"),
    made_track("c.mp3", None, None, None, title="Hum"),
]

COUNTED = ["Summary", "Tempo", "Keys", "Energy", "Loudness", "Genres", "Years", "Codecs"]


def read(content: ExportContent, options: ExportOptions | None = None) -> Workbook:
    out = io.BytesIO()
    export_workbook(content, out, options or ExportOptions())
    return openpyxl.load_workbook(out)


def test_tracks_sheet_has_a_frozen_head_and_filters() -> None:
    sheet = read(content_of(TRACKS))["Tracks"]
    head = [cell.value for cell in sheet[1]]
    assert head[:4] == ["Artist", "Title", "Year", "BPM"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, len(head)).column_letter}4"
    first = dict(zip(head, sheet[2], strict=True))
    assert (first["Year"].value, first["BPM"].value, first["Key (Camelot)"].value) == (1999, 120.0, "8A")
    assert first["Length"].value == timedelta(seconds=184)
    formats = {name: first[name].number_format for name in ("BPM", "Length", "BPM sure", "Loudness (LUFS)")}
    assert formats == {"BPM": "0.00", "Length": "[m]:ss", "BPM sure": "0%", "Loudness (LUFS)": "0.0"}


def test_columns_are_left_out_if_empty_and_written_in_the_requested_order() -> None:
    usual = [cell.value for cell in read(content_of(TRACKS))["Tracks"][1]]
    assert not {"Album", "Genre", "Mood (labels)", "Plays"} & set(usual)
    tracks = [*TRACKS, made_track("d.mp3", 120.0, genre="House")]
    assert "Genre" in [cell.value for cell in read(content_of(tracks))["Tracks"][1]]
    asked = read(content_of(TRACKS), ExportOptions(columns=("mood", "title")))["Tracks"]
    assert [cell.value for cell in asked[1]] == ["Mood (labels)", "Title"]
    options = ExportOptions(columns=("title", "hamms_energy", "bpm", "path"))
    tracks = [made_track("a.mp3", 120.0, hamms=0.25, title="Sky"), made_track("b.mp3", title="No")]
    rows = list(read(content_of(tracks), options)["Tracks"].iter_rows(values_only=True))
    assert rows == [
        ("Title", "HAMMS: energy", "BPM", "Path"),
        ("Sky", 0.25, 120, "/music/a.mp3"),
        ("No", None, None, "/music/b.mp3"),
    ]


def test_headings_and_reasons_fit_and_unknown_values_are_empty() -> None:
    for name in TrackColumn.exported():
        found = column(name)
        assert str(found.head)[0].isupper()
        assert "_" not in str(found.head)
        assert found.shown_width > max(map(len, str(found.head).split())) + 2
    picks = [ListedPick(), ListedPick(reasons=("sounds unlike the first",) * 9)]
    sheet = read(content_of(TRACKS[:2], playlist=Tracklist(tracks=TRACKS[:2], picks=picks)))["Playlist"]
    assert (sheet.row_dimensions[2].height, sheet.row_dimensions[3].height) == (None, 90.0)  # 223 letters, 6 lines
    assert sheet.cell(3, sheet.max_column - 1).alignment.wrap_text is True
    sheet = read(content_of(TRACKS))["Tracks"]
    row = dict(zip((cell.value for cell in sheet[1]), (cell.value for cell in sheet[4]), strict=True))
    assert [row[name] for name in ("Artist", "BPM", "Key (Camelot)", "Energy (1–10)", "Year")] == [None] * 5
    assert row["Title"] == "Hum"


def test_sheets_print_readable_columns_with_the_head_on_each_page() -> None:
    for sheet in read(content_of(TRACKS)):
        assert sheet.page_setup.orientation == "landscape"
        assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
        assert sheet.print_title_rows == "$1:$1"
        assert sheet["A1"].font.name == sheet["A2"].font.name
    sheet = read(content_of(TRACKS))["Tracks"]
    letters = [cell.column_letter for cell in sheet[1]]
    last = sheet.print_area.rsplit("$", 2)[1]
    assert sheet.print_area == f"'Tracks'!$A$1:${last}$4"
    printed = letters[: letters.index(last) + 1]
    assert 150 < sum(sheet.column_dimensions[letter].width for letter in printed) <= 220
    assert sheet[f"{last}1"].value != sheet[f"{letters[-1]}1"].value == "Path"


def test_keys_and_energy_are_coloured_if_they_are_columns() -> None:
    sheet = read(content_of(TRACKS), ExportOptions(columns=("title", "key_camelot", "energy_level", "energy")))[
        "Tracks"
    ]
    rules = {str(found.sqref): [rule.type for rule in found.rules] for found in sheet.conditional_formatting}
    assert rules == {"B2:B4": ["cellIs"] * 24, "C2:C4": ["dataBar"], "D2:D4": ["colorScale"]}
    keys = next(found for found in sheet.conditional_formatting if str(found.sqref) == "B2:B4").rules
    fills = {rule.formula[0]: rule.dxf.fill.bgColor.rgb for rule in keys}
    assert len(set(fills.values())) == 24
    assert set(fills) == {f'"{number}{letter}"' for number in range(1, 13) for letter in "AB"}
    sheet = read(content_of(TRACKS), ExportOptions(columns=("title",)))["Tracks"]
    assert list(sheet.conditional_formatting) == []


def test_workbook_of_a_list_has_transitions_of_analysed_tracks() -> None:
    step = transition_of(0.952, "neighbour", 1.2508)
    picks = [ListedPick(), ListedPick(transition=step, energy_target=0.6, reasons=("+1.2 % tempo", "8A → 9A"))]
    playlist = Tracklist(tracks=TRACKS[:2], name="Fri\0day\ud800", picks=picks)
    workbook = read(content_of(TRACKS[:2], playlist=playlist, name=playlist.name))
    head, first, second = workbook["Playlist"].iter_rows(values_only=True)
    assert dict(zip(head, first, strict=True)) | {"Length": 0} == {
        "#": 1, "Artist": "Ann", "Title": "Sky", "BPM": 120, "Key (Camelot)": "8A", "Energy (1–10)": 5, "Length": 0,
        "Mix (0–1)": None, "Transition": None, "Tempo change (%)": None, "Keys": None,
        "Wanted energy (0–1)": None, "Why": None, "Fader (%)": None,
    }  # fmt: skip
    assert second[7:] == (0.952, "blend", 1.25, "neighbour", 0.6, "+1.2 % tempo; 8A → 9A", -1.23)
    assert workbook.properties.title == "Fri day?"
    assert read(content_of([living_track(0), living_track(1)])).sheetnames == [
        "Tracks", *(name for name in COUNTED if name != "Tempo")
    ]  # fmt: skip


def test_statistics_have_a_sheet_with_a_chart() -> None:
    workbook = read(content_of(TRACKS))
    assert workbook.sheetnames == ["Tracks", *COUNTED, "Compatibility"]
    tempo = workbook["Tempo"]
    assert list(tempo.iter_rows(values_only=True)) == [("BPM", "Tracks"), ("120–125", 2)]
    assert list(workbook["Keys"].iter_rows(values_only=True))[:2] == [("Key", "Tracks"), ("8A", 3)]
    assert ("Tracks", 3) in list(workbook["Summary"].iter_rows(values_only=True))
    assert {name: len(workbook[name]._charts) for name in COUNTED} == {
        name: int(name not in ("Summary", "Codecs")) for name in COUNTED
    }
    series = tempo._charts[0].series[0]
    assert (series.cat.numRef.f, series.val.numRef.f) == ("'Tempo'!$A$2", "'Tempo'!$B$2")


@pytest.mark.world
def test_compatibility_sheet_has_both_directions_for_up_to_100_tracks() -> None:
    sheet = read(content_of(TRACKS))["Compatibility"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("#", "Mixes into", 1, 2, 3)
    assert rows[1] == (1, "Ann - Sky", None, 0.952, 0.5)
    assert rows[2] == (2, "Bob - Fire", 0.952, None, 0.5)
    assert [str(found.sqref) for found in sheet.conditional_formatting] == ["C2:E4"]
    many = [made_track(f"{number}.mp3", 120.0, "8A", 0.5) for number in range(101)]
    assert read(content_of(many[:100])).sheetnames == ["Tracks", *COUNTED, "Compatibility"]
    assert read(content_of(many)).sheetnames == ["Tracks", *COUNTED]


def test_too_many_tracks_for_a_sheet_are_refused_at_once() -> None:
    content = ExportContent(tracks=Flow(1_048_576, living_track), statistics=content_of(TRACKS).statistics)
    out = io.BytesIO()
    with pytest.raises(UsageError, match=r"a sheet holds 1,048,575 tracks.*csv"):
        export_workbook(content, out, ExportOptions())
    assert out.getvalue() == b""


def test_texts_are_cleaned_and_cut_for_cells() -> None:
    cases = [
        ("a\0b\x1f\x7f", "ab\x7f", 2, 0),
        ("a\r\nb\rc", "a\nb\nc", 0, 0),
        ("x" * 32_767, "x" * 32_767, 0, 0),
        ("x" * 32_768, "x" * 32_767, 0, 1),
        ("x" + "\U0001f3b5" * 16_383, "x" + "\U0001f3b5" * 16_383, 0, 0),
        ("\U0001f3b5" * 16_384, "\U0001f3b5" * 16_383, 0, 1),
    ]
    for text, kept, dropped, cut in cases:
        notes = WriteNotes()
        assert cell_text(text, notes) == kept
        assert (notes.replaced_characters, notes.shortened_texts) == (dropped, cut)
        assert len(kept.encode("utf-16-le")) // 2 <= MOST_CELL_UNITS

"""The sheets of a workbook: Tracks, Playlist, Statistics with charts, and Compatibility."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, DataBarRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter

from map4.domain.compatibility import compare_mix, mix_traits
from map4.domain.key import ALL_KEYS
from map4.domain.statistics import Statistics
from map4.domain.track import Track
from map4.domain.track_columns import TIME, Cell, column_cells, record_with_mapped_path, value_at
from map4.domain.tracklist import Tracklist
from map4.errors import UsageError
from map4.formats.format import WriteNotes
from map4.formats.text import caption, one_line
from map4.formats.workbook.sheet import MOST_ROWS, Column, Sheet, cell_text
from map4.ports.export import ExportContent, ExportOptions
from map4.reports.palette import key_colour

MOST_COMPARED = 100
"""Tracks in the table of all pairs; `map4 compare` has the same limit."""

_SECONDS_A_DAY = 86_400.0  # times of sheets are parts of a day

USUAL_SHEET_COLUMNS = (
    "artist", "title", "album", "genre", "year", "bpm", "key_camelot", "key_musical", "energy_level", TIME,
    "integrated_lufs", "range_lu", "true_peak_dbtp", "energy", "tempo_confidence", "key_confidence", "label_genre",
    "subgenre", "mood", "era", "rating", "plays", "played", "cues", "codec", "bit_rate_bps", "state", "audio_id",
    "path",
)  # fmt: skip
"""Columns of the sheet Tracks when none are named: what a person looks at first stands first."""

_WIDTHS = {"artist": 26, "title": 34, "album": 26, "genre": 16, "comment": 30, "audio_id": 38, "path": 70}
_NUMBER_FORMATS = {
    "bpm": "0.00", "energy": "0.00", "integrated_lufs": "0.0", "range_lu": "0.0", "true_peak_dbtp": "0.0",
    "duration_s": "0.0", "cue_in_s": "0.0", "cue_out_s": "0.0", "bit_rate_bps": "#,##0", "size_bytes": "#,##0",
    "tempo_confidence": "0%", "key_confidence": "0%", "label_confidence": "0%", "hamms_confidence": "0%",
    "compatibility": "0.00", "tempo_change_percent": "+0.0;-0.0;0.0", "energy_target": "0.00", TIME: "[m]:ss",
    "year": "0", "energy_level": "0",
}  # fmt: skip
_LIST_COLUMNS = (
    "position", "artist", "title", "bpm", "key_camelot", "energy_level", TIME, "compatibility", "type",
    "tempo_change_percent", "key_relation", "energy_target", "reasons",
)  # fmt: skip
_CHARTS = {"BPM": ("Tempo", "E2"), "key": ("Keys", "E20"), "energy level": ("Energy", "E38")}
"""By what is counted: title and place of its chart."""


def write_workbook(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write the workbook; the tracks pass through, and are not held."""
    if len(content.tracks) >= MOST_ROWS:
        raise UsageError(f"a sheet holds {MOST_ROWS - 1:,} tracks, and these are more; export them as csv or jsonl")
    notes = WriteNotes()
    workbook = Workbook(write_only=True)
    try:
        _fill(workbook, content, options, notes)
    except BaseException:
        # A sheet that is left open is closed when it is collected, then complains on stderr that its file is gone.
        for sheet in workbook.worksheets:
            with contextlib.suppress(Exception):
                sheet.close()
        raise
    # Into a file first: an archive goes back to write sizes, and fails loudly a second time where its stream did.
    with tempfile.TemporaryFile() as archive:
        workbook.save(archive)
        archive.seek(0)
        shutil.copyfileobj(archive, out)
    return notes


def _fill(workbook: Workbook, content: ExportContent, options: ExportOptions, notes: WriteNotes) -> None:
    workbook.properties.creator = "map4"
    if content.name:
        workbook.properties.title = cell_text(one_line(content.name) or "", notes)
    _add_tracks(workbook, content, options, notes)
    if content.playlist is not None:
        _add_list(workbook, content.playlist, notes)
    _add_statistics(workbook, content.statistics(), notes)
    if 2 <= len(content.tracks) <= MOST_COMPARED:
        _add_compatibility(workbook, content, notes)


def _column(name: str) -> Column:
    return Column(name=name, width=_WIDTHS.get(name, 11), number_format=_NUMBER_FORMATS.get(name))


def _add_tracks(workbook: Workbook, content: ExportContent, options: ExportOptions, notes: WriteNotes) -> None:
    cells = [(name, _day_part if name == TIME else take) for name, take in _chosen(options)]
    sheet = Sheet(workbook, "Tracks", [_column(name) for name, _ in cells], notes)
    for track in content.tracks:
        record = record_with_mapped_path(track, options.path_maps)
        sheet.row(take(record) for _, take in cells)
        notes.tracks += 1
    sheet.add_filter()
    _colour(sheet)


def _chosen(options: ExportOptions) -> list[tuple[str, Cell]]:
    return column_cells(options.columns or USUAL_SHEET_COLUMNS)


def _day_part(record: Mapping[str, Any]) -> float | None:
    seconds = value_at(record, ("file", "duration_s"))
    return None if seconds is None else seconds / _SECONDS_A_DAY


def _add_list(workbook: Workbook, playlist: Tracklist, notes: WriteNotes) -> None:
    sheet = Sheet(workbook, "Playlist", [_column(name) for name in _LIST_COLUMNS], notes)
    for index, track in enumerate(playlist.tracks):
        sheet.row(_list_row(playlist, index, track))
    sheet.add_filter()
    _colour(sheet)


def _list_row(playlist: Tracklist, index: int, track: Track) -> list[Any]:
    record, detail = track.to_record(), playlist.detail(index)
    step = detail["transition"]
    return [
        index + 1,
        track.artist(),
        track.title(),
        value_at(record, ("tempo", "bpm")),
        value_at(record, ("key", "camelot")),
        value_at(record, ("energy", "level")),
        _day_part(record),
        *(value_at(step, where) for where in _STEP_VALUES),
        detail["energy_target"],
        "; ".join(map(str, detail["reasons"])) or None,
    ]


_STEP_VALUES = (("compatibility",), ("type",), ("tempo", "change_percent"), ("key", "relation"))


def _colour(sheet: Sheet) -> None:
    """Keys in the colours of their places on the Camelot wheel, energy as bars and shades."""
    rules = sheet.raw.conditional_formatting
    letter = sheet.letter("key_camelot")
    if letter is not None:
        for key in ALL_KEYS:
            fill = PatternFill(bgColor=f"FF{key_colour(key)[1:].upper()}")
            rules.add(sheet.below(letter), CellIsRule(operator="equal", formula=[f'"{key.camelot}"'], fill=fill))
    letter = sheet.letter("energy_level")
    if letter is not None:
        bar = DataBarRule(start_type="num", start_value=0, end_type="num", end_value=10, color="FFE0834F")
        rules.add(sheet.below(letter), bar)
    letter = sheet.letter("energy")
    if letter is not None:
        rules.add(sheet.below(letter), _scale(("FF8FB8DE", 0), ("FFFFF3D6", 0.5), ("FFE8703A", 1)))


def _scale(low: tuple[str, float], middle: tuple[str, float], high: tuple[str, float]) -> Any:
    (low_color, low_value), (mid_color, mid_value), (high_color, high_value) = low, middle, high
    return ColorScaleRule(
        start_type="num", start_value=low_value, start_color=low_color,
        mid_type="num", mid_value=mid_value, mid_color=mid_color,
        end_type="num", end_value=high_value, end_color=high_color,
    )  # fmt: skip


def _add_statistics(workbook: Workbook, found: Statistics, notes: WriteNotes) -> None:
    """Add the sheet: a row for each count, and a chart of some."""
    columns = [
        Column(name="what", width=16),
        Column(name="value", width=24),
        Column(name="count", number_format="#,##0.##"),
    ]
    sheet = Sheet(workbook, "Statistics", columns, notes)
    rows: dict[str, list[int]] = {}
    for row in _counts(found):
        sheet.row(row)
        rows.setdefault(row[0], []).append(sheet.rows)
    sheet.add_filter()
    for what, (title, place) in _CHARTS.items():
        if what in rows:
            sheet.raw.add_chart(_chart(sheet.raw, title, rows[what]), place)


def _counts(found: Statistics) -> Iterator[tuple[str, str | None, Any]]:
    yield "tracks", None, found.tracks
    yield "hours", None, round(found.hours, 2)
    for value in found.tempo.bins:
        yield "BPM", f"{value.low:g}–{value.high:g}", value.count
    for name, counts in (
        ("key", found.keys),
        ("energy level", {str(level): count for level, count in found.energy.items()}),
        ("genre", found.genres),
        ("year", {str(year): count for year, count in found.years.items()}),
        ("codec", found.codecs),
        ("quality", found.qualities),
        ("state", {state: count for state, count in found.states.items() if count}),
    ):
        for value_name, count in counts.items():
            yield name, value_name, count
    for bin_ in found.loudness.bins:
        yield "LUFS", f"{bin_.low:g}–{bin_.high:g}", bin_.count
    yield "doubtful tempo", None, found.doubtful_tempo
    yield "doubtful key", None, found.doubtful_key


def _chart(sheet: Any, title: str, rows: list[int]) -> BarChart:
    chart = BarChart()
    chart.title, chart.legend = title, None
    chart.width, chart.height, chart.gapWidth = 20, 8, 30  # cm, cm, percent
    chart.x_axis.delete = chart.y_axis.delete = False  # or newer programs hide them
    chart.add_data(Reference(sheet, min_col=3, min_row=rows[0], max_row=rows[-1]))
    chart.set_categories(Reference(sheet, min_col=2, min_row=rows[0], max_row=rows[-1]))
    return chart


def _add_compatibility(workbook: Workbook, content: ExportContent, notes: WriteNotes) -> None:
    """How well each track mixes into each other; their numbers stand for those of the rows."""
    tracks = [track for track in content.tracks if track.analysis is not None]
    if len(tracks) < 2:
        return
    traits = [mix_traits(track) for track in tracks]
    totals = {
        (a, b): round(compare_mix(traits[a], traits[b]).total, 3)
        for a, b in itertools.combinations(range(len(tracks)), 2)
    }
    numbers = [Column(name=str(number + 1), width=5.5, number_format="0.00") for number in range(len(tracks))]
    sheet = Sheet(
        workbook, "Compatibility", [Column(name="", width=5), Column(name="track", width=44), *numbers], notes
    )
    for a, track in enumerate(tracks):
        row = [totals.get((min(a, b), max(a, b))) for b in range(len(tracks))]
        sheet.row([a + 1, caption(track), *row])
    last = get_column_letter(len(tracks) + 2)
    scale = _scale(("FFF08A7A", 0.2), ("FFFFF3D6", 0.6), ("FF74C69D", 1))
    sheet.raw.conditional_formatting.add(f"C2:{last}{sheet.rows}", scale)

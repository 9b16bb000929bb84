"""The sheets of a workbook: Tracks, Playlist, statistics with charts, and Compatibility."""

from __future__ import annotations

import contextlib
import itertools
import math
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import CellIsRule, ColorScaleRule, DataBarRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from map4.core.base.text import is_formula, visible
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.palette import Colour
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import TrackCells, TrackColumn
from map4.errors import UsageError
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import WriteNotes
from map4.formats.values import caption, one_line
from map4.stats import Bin, Statistics

MOST_CELL_UNITS = 32_767  # maximum UTF-16 code units of a cell (Excel specifications and limits)

MOST_ROWS = 1_048_576  # rows of a sheet including its header (Excel specifications and limits)

# Named like the font of the cells: some programs show a head without a font name in another font.
_HEAD_FONT = Font(name="Calibri", size=11, family=2, scheme="minor", bold=True, color="FFFFFFFF")
_LINE_POINTS = 15.0
_HEAD_POINTS = 2 * _LINE_POINTS
_MOST_PRINTED = 220.0  # letters that fit on a line of paper and are still legible; further columns are not printed
_HEAD_FILL = PatternFill("solid", fgColor="FF30343F")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumn:
    """A column.

    head: a number stays a number
    width: in letters; at least the longest word of the head plus the filter arrow
    number_format: of its numbers; None is the default
    wraps: long texts take several lines
    """

    name: str
    head: str | int
    width: float = 10.0
    number_format: str | None = None
    wraps: bool = False

    @property
    def shown_width(self) -> float:
        """Return the width in letters."""
        return max(self.width, *(len(word) + 3.5 for word in str(self.head).split() or [""]))


class Sheet:
    """A sheet with a fixed header; printed in landscape at the width of the paper, with the header on each page.

    notes: counts what the sheet could not contain
    """

    def __init__(self, workbook: Workbook, title: str, columns: Sequence[SheetColumn], notes: WriteNotes) -> None:
        self.raw = workbook.create_sheet(title)
        self.rows = 1
        self._columns = columns
        self._notes = notes
        # The file has this before the rows, so it must be set before the first row is written.
        self.raw.freeze_panes = "A2"
        for index, column in enumerate(columns, start=1):
            self.raw.column_dimensions[get_column_letter(index)].width = column.shown_width
        self.raw.row_dimensions[1].height = _HEAD_POINTS
        self.raw.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        self.raw.page_setup.orientation, self.raw.page_setup.fitToHeight = "landscape", 0
        self.raw.print_title_rows = "1:1"
        # A row is written as soon as it is appended, so its cells can be reused for the next row.
        self._plain = [self._cell(column) for column in columns]
        self._quoted = [self._cell(column) for column in columns]
        for cell in self._quoted:
            cell.quotePrefix = True  # stays text when edited
        self.raw.append([self._head(column.head) for column in columns])

    def row(self, values: Iterable[Any]) -> None:
        """Write a row; None leaves its cell empty."""
        taken = list(values)
        self.rows += 1
        # Some programs don't adjust the row height; wrapped words leave some of each line empty.
        lines = [
            len(str(v)) / (0.9 * c.shown_width) for v, c in zip(taken, self._columns, strict=True) if c.wraps and v
        ]
        if lines:
            self.raw.row_dimensions[self.rows].height = _LINE_POINTS * math.ceil(max(lines))
        self.raw.append([None if value is None else self._filled(i, value) for i, value in enumerate(taken)])

    def letter(self, name: str) -> str | None:
        """Return the letter of a column, or None if there is none of this name."""
        names = [column.name for column in self._columns]
        return get_column_letter(names.index(name) + 1) if name in names else None

    def below(self, letter: str) -> str:
        """Return the cells of a column without its head."""
        return f"{letter}2:{letter}{max(2, self.rows)}"

    def add_filter(self) -> None:
        """Add filters to all columns and set the printed columns; call after the last row."""
        self.raw.auto_filter.ref = f"A1:{get_column_letter(len(self._columns))}{self.rows}"
        reach = itertools.accumulate(column.shown_width for column in self._columns)
        printed = max(1, sum(end <= _MOST_PRINTED for end in reach))
        self.raw.print_area = f"A1:{get_column_letter(printed)}{self.rows}"

    def _filled(self, index: int, value: Any) -> Any:
        if not isinstance(value, str):
            cell = self._plain[index]
            cell.value = value
            return cell
        text = cell_text(value, self._notes)
        cell = (self._quoted if is_formula(text) else self._plain)[index]
        cell.value = text
        cell.data_type = "s"  # never a formula, number or date
        return cell

    def _cell(self, column: SheetColumn) -> Any:
        cell = WriteOnlyCell(self.raw)
        if column.number_format is not None:
            cell.number_format = column.number_format
        cell.alignment = Alignment(vertical="top", wrap_text=column.wraps)
        return cell

    def _head(self, head: str | int) -> Any:
        cell = WriteOnlyCell(self.raw, value=head)
        cell.font, cell.fill = _HEAD_FONT, _HEAD_FILL
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        return cell


def cell_text(text: str, notes: WriteNotes) -> str:
    """Return a text for a cell: without illegal or invisible characters, with plain line ends, and not too long."""
    clean = visible(notes.xml_text(text)).replace("\r\n", "\n").replace("\r", "\n")
    if 2 * len(clean) > MOST_CELL_UNITS:  # no character takes more than two
        units = clean.encode("utf-16-le")
        if len(units) > 2 * MOST_CELL_UNITS:
            notes.shortened_texts += 1
            clean = units[: 2 * MOST_CELL_UNITS].decode("utf-16-le", "ignore")
    return clean


MOST_COMPARED = 100  # tracks in the table of all pairs; `map4 compare` has the same limit

_MOST_BARS = 40  # maximum values in a chart; the rows contain all

_SECONDS_A_DAY = 86_400.0  # sheets store times as fractions of a day

USUAL_SHEET_COLUMNS = (
    "artist", "title", "album", "genre", "year", "bpm", "key_camelot", "key_musical", "energy_level", TrackColumn.TIME,
    "integrated_lufs", "range_lu", "true_peak_dbtp", "tempo_confidence", "key_confidence", "label_genre",
    "subgenre", "mood", "era", "rating", "plays", "played", "skipped", "cues", "codec", "bit_rate_bps", "state",
    "audio_id", "path",
)  # fmt: skip
"""Default columns of the sheet Tracks, the most important first."""

_MAYBE_EMPTY = frozenset((
    "artist", "title", "album", "genre", "year", "label_genre", "subgenre", "mood", "era", "rating", "plays", "played",
    "skipped", "cues",
))  # fmt: skip
"""Columns that are left out if no track has a value."""
_MOST_LOOKED_THROUGH = 20_000
"""With more tracks than this, looking for empty columns would take as long as writing them."""

_LIST_COLUMNS = (
    "position", "artist", "title", "bpm", "key_camelot", "energy_level", TrackColumn.TIME, "compatibility", "type",
    "tempo_change_percent", "key_relation", "energy_target", "reasons", "fader_percent",
)  # fmt: skip
_COLUMNS: Mapping[str, dict[str, Any]] = tomllib.loads(files(__package__).joinpath("columns.toml").read_text("utf-8"))


def write_workbook(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    """Write the workbook; tracks are streamed and not kept."""
    if len(content.tracks) >= MOST_ROWS:
        raise UsageError(f"a sheet holds {MOST_ROWS - 1:,} tracks, and there are more; export them as csv or jsonl")
    notes = WriteNotes()
    workbook = Workbook(write_only=True)
    try:
        workbook.properties.creator = "map4"
        if content.name:
            workbook.properties.title = cell_text(one_line(content.name) or "", notes)
        _add_tracks(workbook, content, options, notes)
        if content.playlist is not None:
            _add_list(workbook, content.playlist, notes)
        _add_statistics(workbook, content.statistics(), notes)
        if 2 <= len(content.tracks) <= MOST_COMPARED:
            _add_compatibility(workbook, content, notes)
    except BaseException:
        # A sheet left open is closed by the garbage collector, which then prints on stderr that its file is gone.
        for sheet in workbook.worksheets:
            with contextlib.suppress(Exception):
                sheet.close()
        raise
    # To a file first: an archive seeks back to write sizes, and raises again after a failure of its stream.
    with tempfile.TemporaryFile() as archive:
        workbook.save(archive)
        archive.seek(0)
        shutil.copyfileobj(archive, out)
    return notes


def _add_tracks(workbook: Workbook, content: ExportContent, options: ExportOptions, notes: WriteNotes) -> None:
    names = _chosen(content, options)
    sheet = Sheet(workbook, "Tracks", [column(name) for name in names], notes)
    seconds = ["duration_s" if name == TrackColumn.TIME else name for name in names]
    for row in content.rows(seconds, options.path_maps):
        sheet.row(_day_part(cell) if name == TrackColumn.TIME else cell for name, cell in zip(names, row, strict=True))
        notes.tracks += 1
    sheet.add_filter()
    _colour(sheet)


def _chosen(content: ExportContent, options: ExportOptions) -> Sequence[str]:
    if options.columns or not 0 < len(content.tracks) <= _MOST_LOOKED_THROUGH:
        return options.columns or USUAL_SHEET_COLUMNS
    names = [name for name in USUAL_SHEET_COLUMNS if name in _MAYBE_EMPTY]
    known = set[str]()
    for row in content.rows(names, options.path_maps):
        known.update(name for name, cell in zip(names, row, strict=True) if cell not in (None, ""))
        if len(known) == len(names):
            break
    return [name for name in USUAL_SHEET_COLUMNS if name in known or name not in _MAYBE_EMPTY]


def _day_part(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / _SECONDS_A_DAY


def _add_list(workbook: Workbook, playlist: Tracklist, notes: WriteNotes) -> None:
    sheet = Sheet(workbook, "Playlist", [column(name) for name in _LIST_COLUMNS], notes)
    for position, (track, pick) in enumerate(playlist.listed(), start=1):
        sheet.row(_list_row(position, track, pick))
    sheet.add_filter()
    _colour(sheet)


def _list_row(position: int, track: Track, pick: ListedPick) -> list[Any]:
    step, cells = pick.transition, TrackCells(track)
    return [
        position,
        *(cells[name] for name in ("artist", "title", "bpm", "key_camelot", "energy_level")),
        _day_part(cells["duration_s"]),
        pick.compatibility,
        step and step.type.replace("_", " "),
        pick.tempo_change_percent,
        step and step.key.relation.replace("_", " "),
        pick.energy_target,
        "; ".join(pick.reasons) or None,
        step and step.tempo.fader_percent,
    ]


def _colour(sheet: Sheet) -> None:
    """Colour keys as on the Camelot wheel, and energy as bars and shades."""
    rules = sheet.raw.conditional_formatting
    letter = sheet.letter("key_camelot")
    if letter is not None:
        for key in ALL_KEYS:
            fill = PatternFill(bgColor=f"FF{Colour.of_key(key)[1:].upper()}")
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


def _add_statistics(workbook: Workbook, statistics: Statistics, notes: WriteNotes) -> None:
    """Add a sheet for each statistic, most with a chart."""
    for title, of, counts, has_chart in _counts(statistics):
        if not counts:
            continue
        columns = [
            SheetColumn(name="value", head=of, width=26),
            SheetColumn(name="count", head="Tracks" if of != "What" else "Number", number_format="#,##0.##"),
        ]
        sheet = Sheet(workbook, title, columns, notes)
        for row in counts:
            sheet.row(row)
        if has_chart:
            sheet.raw.add_chart(_chart(sheet.raw, title, min(sheet.rows, 1 + _MOST_BARS)), "D2")


def _counts(statistics: Statistics) -> Iterator[tuple[str, str, Sequence[tuple[str, float]], bool]]:
    """Yield name of the sheet, name of its rows, the rows, and whether a chart is useful."""
    summary: list[tuple[str, float]] = [
        ("Tracks", statistics.tracks),
        ("Hours", round(statistics.hours, 2)),
        ("Tempo in doubt", statistics.doubtful_tempo),
        ("Key in doubt", statistics.doubtful_key),
    ]
    # All tracks of a selection are present and analysed.
    states = {state: count for state, count in statistics.states.items() if count}
    if len(states) > 1:
        summary += [(f"Files: {state}", count) for state, count in states.items()]
    yield "Summary", "What", summary, False
    yield "Tempo", "BPM", [_bin(bucket) for bucket in statistics.tempo.bins], True
    yield "Keys", "Key", list(statistics.keys.items()) if any(statistics.keys.values()) else [], True
    energy = (
        [(str(level), count) for level, count in statistics.energy.items()] if any(statistics.energy.values()) else []
    )
    yield "Energy", "Energy (1–10)", energy, True
    yield "Loudness", "LUFS", [_bin(bucket) for bucket in statistics.loudness.bins], True
    yield "Genres", "Genre", list(statistics.genres.items()), True
    yield "Years", "Year", [(str(year), count) for year, count in statistics.years.items()], True
    yield "Codecs", "Codec", list(statistics.codecs.items()), False
    yield "Quality", "Quality", list(statistics.qualities.items()), False


def _bin(bucket: Bin) -> tuple[str, float]:
    return f"{bucket.low:g}–{bucket.high:g}", bucket.count


def _chart(sheet: Any, title: str, last_row: int) -> BarChart:
    chart = BarChart()
    chart.title, chart.legend = title, None
    chart.width, chart.height, chart.gapWidth = 20, 8, 30  # cm, cm, percent
    chart.x_axis.delete = chart.y_axis.delete = False  # otherwise newer programs hide them
    chart.add_data(Reference(sheet, min_col=2, min_row=2, max_row=last_row))
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=last_row))
    return chart


def _add_compatibility(workbook: Workbook, content: ExportContent, notes: WriteNotes) -> None:
    """Add how well each track mixes into each other; tracks are given by row number."""
    tracks = [track for track in content.tracks if track.analysis is not None]
    if len(tracks) < 2:
        return
    traits = [MixTraits.of(track) for track in tracks]
    totals = {
        (a, b): round(traits[a].compared(traits[b]).total, 3) for a, b in itertools.permutations(range(len(tracks)), 2)
    }
    names = [SheetColumn(name="number", head="#", width=5), SheetColumn(name="track", head="Mixes into", width=44)]
    numbers = [SheetColumn(name=str(n), head=n, width=5.5, number_format="0.00") for n in range(1, len(tracks) + 1)]
    sheet = Sheet(workbook, "Compatibility", [*names, *numbers], notes)
    for a, track in enumerate(tracks):
        row = [totals.get((a, b)) for b in range(len(tracks))]
        sheet.row([a + 1, caption(track), *row])
    last = get_column_letter(len(tracks) + 2)
    scale = _scale(("FFF08A7A", 0.2), ("FFFFF3D6", 0.6), ("FF74C69D", 1))
    sheet.raw.conditional_formatting.add(f"C2:{last}{sheet.rows}", scale)


def column(name: str) -> SheetColumn:
    """Return a column of tracks or of a list, by its name for `--columns`."""
    words = name.removeprefix("hamms_").replace("_", " ")
    head = f"HAMMS: {words}" if name.startswith("hamms_") else words[:1].upper() + words[1:]
    return SheetColumn(name=name, wraps=name == "reasons", **{"head": head, "width": 11, **_COLUMNS.get(name, {})})

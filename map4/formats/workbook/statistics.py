"""The sheet Statistics: counts, and charts of the tempi and the keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference

from map4.domain.statistics import Statistics
from map4.formats.format import WriteNotes
from map4.formats.workbook.sheet import Column, Sheet

_CHARTS = {"BPM": ("Tempo", "E2"), "key": ("Keys", "E20"), "energy level": ("Energy", "E38")}
"""By what is counted: title and place of its chart."""


def add_statistics(workbook: Workbook, found: Statistics, notes: WriteNotes) -> None:
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

"""Tables in terminals, written line by line: columns of text cut to width, and the table of tracks."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from map4.core.base.text import printable
from map4.core.music.plays import PlayTime
from map4.core.music.track.track_columns import (
    DOUBT_MARK,
    NAME_HEAD,
    TEXT_COLUMNS,
    Cells,
    cell_texts,
    key_text,
    state_text,
    tempo_text,
)

if TYPE_CHECKING:
    from rich.console import Console, OverflowMethod

    from map4.core.music.analysis.key import Notation
    from map4.core.music.mixing.compatibility import MixRating

GAP = "  "


class TableColumns:
    """The columns of a table that is written line by line, before all rows are known.

    console: where to write
    widths: width of each column by name, in order; 0 means a column that gets part of the `room`
    gap: text between columns
    """

    def __init__(self, console: Console, widths: Mapping[str, int], *, gap: str = GAP) -> None:
        self.console = console
        self.widths = dict(widths)
        self._gap = gap

    @property
    def room(self) -> int:
        """Width of the terminal that no column uses."""
        return self.console.width - sum(self.widths.values()) - len(self._gap) * (len(self.widths) - 1)

    def give_way(self, names: Iterable[str], *, least: int) -> None:
        """Remove columns, in this order, until `room` is at least `least`."""
        for name in names:
            if self.room < least:
                del self.widths[name]

    def line(self, cells: Mapping[str, Text | str], style: str = "") -> Text:
        """A line of cells; a plain text is cut or padded to its column's width."""
        line = Text(style=style)
        for name, width in self.widths.items():
            cell = cells[name]
            line.append(self._gap if line else "")
            line.append_text(cell if isinstance(cell, Text) else Text(fit_cell(cell, width)))
        line.rstrip()
        return line


def safe_text(text: str, style: str = "", overflow: OverflowMethod | None = None) -> Text:
    """A line of text that can't control the terminal."""
    return Text(printable(text), style, overflow=overflow)


def fit_text(text: str, width: int) -> str:
    """Text cut to at most `width` columns, with an ellipsis if cut."""
    clean = printable(text)
    if cell_len(clean) <= width:
        return clean
    cut: str = set_cell_size(clean, width - 1)
    return f"{cut.rstrip()}…"


def fit_cell(text: str, width: int) -> str:
    """Text cut or padded to exactly `width` columns."""
    cell: str = set_cell_size(fit_text(text, width), width)
    return cell


def wrap_words(console: Console, line: str, indent: str) -> str:
    """Break a line between words where it is longer than a terminal; `indent` begins the next lines."""
    first, *words = printable(line).split(" ")
    lines = [first]
    for word in words:
        longer = f"{lines[-1]} {word}"
        if console.is_terminal and lines[-1].strip() and cell_len(longer) > console.width:
            lines.append(indent + word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def print_rows(console: Console, rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, each column except the last as wide as its widest cell."""
    rows = [[*map(printable, row)] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [set_cell_size(cell, width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        console.print(GAP.join([*cells, row[-1]]), soft_wrap=True)


RecordingsOf = Callable[[Collection[str]], Mapping[str, str]]

# Columns for values from DJ programs that a query uses; each has a trailing space, like BPM and key.
_ALSO = (("rating", 7), ("plays", 6), ("played", 11), ("skipped", 8), ("cues", 5), ("mark", 16))
_MOST_STARS = 5
_DAY = len("2026-01-31")

# Tracks per print call: in Rich, a call costs more than a line.
_BATCH = 200
# Only this many tracks are checked for copies and equal names, since paths take memory.
_MOST_COMPARED = 5000
# BPM with its mark, key with its mark, level, length.
_FIXED = {"BPM": 7, "key": 5, "E": 2, "time": 7}
_TWO_TEMPI = len("120.0 or 240.0?")
_LEAST_NAME, _LEAST_GENRE, _MOST_NAME, _MOST_GENRE = 20, 8, 70, 20
# Columns that a narrow terminal drops, in order, before names get shorter.
_FIRST_TO_GO = ("time", "E")
_LEAST_NARROW_NAME = 12
RATING_STYLES: dict[MixRating, str] = {"excellent": "bold green", "good": "green", "fair": "magenta", "poor": "red"}
"""Terminal colours of ratings, in addition to their symbols and words."""


def table_columns(also: Collection[str]) -> tuple[str, ...]:
    """The columns that a table with these additional ones reads."""
    more = ["mark_list" if name == "mark" else name for name, _ in _ALSO if name in also]
    return (*TEXT_COLUMNS, "path", "audio_id", *more, *(["plays"] if "played" in also and "plays" not in also else []))


class TrackTable:
    """Writes tracks to a terminal: artist and title, tempo, key, energy level, length, genre.

    Tracks with the same audio, recording or name have a second line with their path. In a long table the first of them
    may be written before the other is known.

    console: where to write
    notation: key notation
    also: additional columns: rating, plays, played, skipped, cues, mark
    recordings: maps those audio ids that are copies of a recording to the audio id of that recording
    """

    def __init__(
        self,
        console: Console,
        notation: Notation = "camelot",
        *,
        also: Collection[str] = (),
        recordings: RecordingsOf = lambda audio_ids: {},
    ) -> None:
        self._recordings = recordings
        self._notation = notation
        self._waiting: list[Cells] = []
        self._has_head = False
        self._compared = 0
        # Paths of the written tracks, with their audio ids, by recording and by name.
        self._paths: dict[tuple[str, str], dict[str, str | None]] = {}
        self._originals: dict[str, str] = {}
        extra = {name: width for name, width in _ALSO if name in also}
        self._columns = columns = TableColumns(console, {"name": 0, **_FIXED, **extra, "genre": 0})
        columns.give_way(_FIRST_TO_GO, least=_LEAST_NAME + _LEAST_GENRE)
        columns.give_way(reversed(extra), least=_LEAST_NARROW_NAME + _LEAST_GENRE)

    def write(self, cells: Cells) -> None:
        self._waiting.append(cells)
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        if not self._waiting:
            return
        compared = self._waiting[: max(0, _MOST_COMPARED - self._compared)]
        self._compared += len(compared)
        self._originals |= self._recordings({audio_id for cells in compared if (audio_id := cells["audio_id"])})
        for cells in compared:
            for mark in self._marks(cells):
                self._paths.setdefault(mark, {})[cells["path"]] = cells["audio_id"]
        lines = []
        if not self._has_head:
            columns, usual = self._columns, _FIXED["BPM"]
            if columns.room - (_TWO_TEMPI - usual) >= _LEAST_NAME + _LEAST_GENRE and any(
                len(tempo_text(cells, with_second=True)) > usual for cells in self._waiting
            ):
                columns.widths["BPM"] = _TWO_TEMPI
            room = max(columns.room, _LEAST_NARROW_NAME + _LEAST_GENRE)
            genre = min(_MOST_GENRE, max(_LEAST_GENRE, room // 4))
            columns.widths |= {"name": min(_MOST_NAME, room - genre), "genre": genre}
            lines, self._has_head = [self._head()], True
        for cells in self._waiting:
            lines.append(self._line(cells))
            if where := self._where(cells):
                lines.append(Text(fit_text(where, self._columns.console.width), style="dim"))
        self._columns.console.print(Text("\n").join(lines), soft_wrap=True)
        self._waiting = []

    def _marks(self, cells: Cells) -> tuple[tuple[str, str], tuple[str, str]]:
        """The recording (or the path, without an audio id) and the name, which similar tracks share."""
        audio_id = cells["audio_id"] or ""
        recording = self._originals.get(audio_id, audio_id) or cells["path"]
        return ("recording", recording), ("name", cells["caption"].strip().casefold())

    def _head(self) -> Text:
        # Right-align numbers, with room for a mark behind them.
        heads = {name: name.rjust(width - 1 if width > 2 else width) for name, width in self._columns.widths.items()}
        return self._columns.line(heads | {"name": NAME_HEAD, "genre": "genre"}, style="bold")

    def _where(self, cells: Cells) -> str | None:
        """The path of a track that looks like another, below their common folder; else None."""
        path = cells["path"]
        same, named = (self._paths.get(mark, {}) for mark in self._marks(cells))
        if path not in named or len(same | named) < 2:
            return None
        shared = os.path.commonpath([os.path.dirname(each) for each in same | named])
        here = os.path.relpath(path, shared)
        if len(same) < 2:
            return f"{GAP}{here}"
        what = "audio" if len(set(same.values())) == 1 else "recording"
        which = f"{GAP}same {what}, copy {list(same).index(path) + 1} of {len(same)}"
        return which if here == cells["caption"] else f"{which}: {here}"

    def _line(self, cells: Cells) -> Text:
        texts = cell_texts(cells, self._notation)
        name, bpm_width = name_cell(cells, self._columns.widths["name"]), self._columns.widths["BPM"]
        fitted: dict[str, Text | str] = {
            **texts,
            "name": Text(name, style="" if cells["state"] == "ok" else "dim"),
            "BPM": _marked(texts["BPM"] if len(texts["BPM"]) <= bpm_width else tempo_text(cells), bpm_width),
            "key": _marked(texts["key"], 5),
            "E": texts["E"].rjust(2),
            "time": texts["time"].rjust(6),
            **{name: _known_by_djs(cells, name, width - 1) for name, width in _ALSO if name in self._columns.widths},
        }
        return self._columns.line(fitted)


def _known_by_djs(cells: Cells, name: str, width: int) -> str:
    if name == "mark":
        return ", ".join(cells["mark_list"] or ())
    value = cells[name]
    text = "" if value is None else stars(value) if name == "rating" else str(value)
    if name == "played":
        text = text[:_DAY] or ("never" if cells["plays"] == 0 else "")
    return text.rjust(width)


def stars(rating: float) -> str:
    """A rating of 0-5 as five symbols, to half a star: `★★★½☆`."""
    halves = math.floor(2 * rating + 0.5)
    full, half = divmod(min(max(halves, 0), 2 * _MOST_STARS), 2)
    return ("★" * full + "½" * half).ljust(_MOST_STARS, "☆")


def moment(text: str) -> str:
    """A day, or a moment in local time to the minute: `2026-01-31 at 22:15`."""
    return (PlayTime.local(text) or text)[: len("2026-01-31T22:15")].replace("T", " at ")


def name_cell(cells: Cells, width: int) -> str:
    """The name and, in brackets, an unusual state (`missing`, `failed` …), exactly `width` columns wide."""
    state = state_text(cells)
    # Never cut the state: it is short, and a name is recognised by its start.
    return fit_cell(fit_cell(cells["caption"], width - cell_len(state)).rstrip() + state, width)


def tempo_cell(cells: Cells, width: int) -> Text:
    """The tempo, with a mark if it is uncertain or set by the user."""
    return _marked(tempo_text(cells), width)


def key_cell(cells: Cells, notation: Notation, width: int) -> Text:
    """The key, with a mark if it is uncertain or set by the user."""
    return _marked(key_text(cells, notation), width)


def _marked(text: str, width: int) -> Text:
    return Text(text.rjust(width), style="magenta" if text.endswith(DOUBT_MARK) or " or " in text else "")

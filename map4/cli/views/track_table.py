"""Tracks as a table for people, line by line, so that the first stand there before the last are read."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from map4.cli.output import printable
from map4.domain.paths import caption
from map4.domain.plausible import DOUBTFUL
from map4.domain.text import bpm_text
from map4.domain.track_columns import clock, column_value

if TYPE_CHECKING:
    from rich.console import Console

    from map4.domain.compatibility import MixRating
    from map4.domain.track import Track

Recordings = Callable[[Collection[str]], Mapping[str, str]]

# What DJ programs know, in columns of their own where a query asks for it; a blank after each, as BPM and key have.
_ALSO = (("rating", 7), ("plays", 6), ("played", 11), ("cues", 5))
_MOST_STARS = 5
_TO_THE_MINUTE = len("2026-01-31T22:15")
_DAY = len("2026-01-31")

# So many tracks are given to the terminal at once: each call costs Rich more than a line does.
_BATCH = 200
# Among so many tracks, copies and equal names are told apart; nobody reads on so far, and paths take memory.
_MOST_COMPARED = 5000
# BPM with its mark, key with its mark, level, length.
_FIXED = (("BPM", 7), ("key", 5), ("E", 2), ("time", 7))
_LEAST_NAME, _LEAST_GENRE, _MOST_NAME, _MOST_GENRE = 20, 8, 70, 20
# What a narrow terminal has to do without, the first first, before names become shorter than theirs.
_FIRST_TO_GO = ("time", "E")
_LEAST_NARROW_NAME = 12
# Two columns between two cells.
_GAP = "  "
_STATES = {"pending": "not analysed"}
RATING_STYLES: dict[MixRating, str] = {"excellent": "bold green", "good": "green", "fair": "magenta", "poor": "red"}
"""The colours of ratings on a terminal; their signs and words say the same."""

DOUBT_MARK, OWN_MARK = "?", "*"


class TrackTable:
    """Writes tracks to a terminal: artist and title, tempo, key, energy level, length, genre.

    Tracks of the same audio, recording or name have a second line that says where each lies. In a long table the first
    of them may be written before the other is known.

    Parameters
    ----------
    console : where to
    also : columns to have besides: rating, plays, played, cues
    recordings : of some audio ids, gives those that are copies of a recording, each with the audio that stands for it
    """

    def __init__(
        self, console: Console, *, also: Collection[str] = (), recordings: Recordings = lambda audio_ids: {}
    ) -> None:
        self._recordings = recordings
        self._console = console
        self._waiting: list[Mapping[str, Any]] = []
        self._has_head = False
        self._compared = 0
        # By recording or name, where the tracks lie that were written, each with its audio id.
        self._paths: dict[tuple[str, str], dict[str, str | None]] = {}
        self._standing: dict[str, str] = {}
        asked = {name: width for name, width in _ALSO if name in also}
        self._fixed = dict(_FIXED) | asked
        for name in _FIRST_TO_GO:
            if self._room() < _LEAST_NAME + _LEAST_GENRE:
                del self._fixed[name]
        for name in reversed(asked):
            if self._room() < _LEAST_NARROW_NAME + _LEAST_GENRE:
                del self._fixed[name]
        room = max(self._room(), _LEAST_NARROW_NAME + _LEAST_GENRE)
        self._genre = min(_MOST_GENRE, max(_LEAST_GENRE, room // 4))
        self._name = min(_MOST_NAME, room - self._genre)

    def _room(self) -> int:
        """Columns that are left for name and genre."""
        return self._console.width - sum(self._fixed.values()) - len(_GAP) * (len(self._fixed) + 1)

    def write(self, record: Mapping[str, Any]) -> None:
        """One `map4/track/1` record, with `key.shown` in the notation to be shown."""
        self._waiting.append(record)
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        self._compare()
        lines = [] if self._has_head else [self._head()]
        self._has_head = True
        for record in self._waiting:
            lines.append(self._line(record))
            if where := self._where(record):
                lines.append(Text(fit_text(where, self._console.width), style="dim"))
        self._console.print(Text("\n").join(lines), soft_wrap=True)
        self._waiting = []

    def _compare(self) -> None:
        """Note which of the waiting tracks look like others."""
        compared = self._waiting[: max(0, _MOST_COMPARED - self._compared)]
        self._compared += len(compared)
        self._standing |= self._recordings({record["audio_id"] for record in compared if record["audio_id"]})
        for record in compared:
            for mark in self._marks(record):
                self._paths.setdefault(mark, {})[str(record["path"])] = record["audio_id"]

    def _marks(self, record: Mapping[str, Any]) -> tuple[tuple[str, str], tuple[str, str]]:
        """By what other tracks look like this one; a track without an audio id has its path."""
        audio_id = record["audio_id"]
        recording = self._standing.get(audio_id, audio_id) or str(record["path"])
        return ("recording", recording), ("name", name_of(record).strip().casefold())

    def _head(self) -> Text:
        fixed = self._fixed.items()
        names = [name.rjust(width - 1) + " " if width > 2 else name.rjust(width) for name, width in fixed]
        return Text(_GAP.join([_cell("artist – title", self._name), *names, "genre"]), style="bold")

    def _where(self, record: Mapping[str, Any]) -> str | None:
        """Where a track lies that can't be told from another, from the folder on that they share; else None."""
        path = str(record["path"])
        same, named = (self._paths.get(mark, {}) for mark in self._marks(record))
        if path not in named or len(same | named) < 2:
            return None
        shared = os.path.commonpath([os.path.dirname(each) for each in same | named])
        here = os.path.relpath(path, shared)
        if len(same) < 2:
            return f"{_GAP}{here}"
        what = f"{_GAP}same {'audio' if len(set(same.values())) == 1 else 'recording'}"
        return f"{what} as another track" if here == name_of(record) else f"{what}, here as {here}"

    def _line(self, record: Mapping[str, Any]) -> Text:
        state = record["state"]
        line = Text(name_cell(record, self._name), style="" if state == "ok" else "dim")
        tempo, key, energy = record["tempo"], record["key"], record["energy"]
        duration_s = record["file"] and record["file"]["duration_s"]
        cells = {
            "BPM": marked(tempo_text(tempo), tempo, 7),
            "key": marked(key and key["shown"], key, 5),
            "E": Text(f"{energy['level']:>2}" if energy else "  "),
            "time": Text((clock(duration_s) if duration_s is not None else "").rjust(6) + " "),
            **{name: Text(_known_by_djs(record, name).rjust(width - 1) + " ") for name, width in _ALSO},
        }
        for name in self._fixed:
            line.append(_GAP).append_text(cells[name])
        line.append(_GAP).append(_cell(column_value(record, "genre") or "", self._genre))
        line.rstrip()
        return line


def _known_by_djs(record: Mapping[str, Any], name: str) -> str:
    value = column_value(record, name)
    if name == "rating":
        return "" if value is None else stars(value)
    if name == "played":
        return str(value)[:_DAY] if value else "never" if column_value(record, "plays") == 0 else ""
    return "" if value is None else str(value)


def stars(rating: float) -> str:
    """A rating of 0-5 as five signs, to half a star: `★★★½☆`."""
    halves = math.floor(2 * rating + 0.5)
    full, half = divmod(min(max(halves, 0), 2 * _MOST_STARS), 2)
    return ("★" * full + "½" * half).ljust(_MOST_STARS, "☆")


def moment(text: str) -> str:
    """An ISO 8601 day, or day and time, to the minute: `2026-01-31 at 22:15`."""
    return text[:_TO_THE_MINUTE].replace("T", " at ")


def name_of(record: Mapping[str, Any]) -> str:
    """Artist and title, or the name of the file where the tags have none."""
    return caption(column_value(record, "artist"), column_value(record, "title"), str(record["path"]))


def name_cell(record: Mapping[str, Any], width: int) -> str:
    """The name, and in brackets why a track is no usual one (`missing`, `failed` …), just so many columns wide."""
    state = "" if record["state"] == "ok" else f" ({_STATES.get(record['state'], record['state'])})"
    # Of the two the state is never cut: it is short, and the name stays known by its beginning.
    return _cell(_cell(name_of(record), width - cell_len(state)).rstrip() + state, width)


def track_name(track: Track) -> str:
    """The same of a track, printable."""
    return printable(track.caption())


def fit_text(text: str, width: int) -> str:
    """Text at most so many columns wide, an ellipsis in the place of what is cut off."""
    clean = printable(text)
    if cell_len(clean) <= width:
        return clean
    cut: str = set_cell_size(clean, width - 1)
    return f"{cut.rstrip()}…"


def _cell(text: str, width: int) -> str:
    cell: str = set_cell_size(fit_text(text, width), width)
    return cell


def marked(text: str | None, value: Mapping[str, Any] | None, width: int) -> Text:
    """A value with the mark of doubt, or that of the user's own."""
    if text is None or value is None:
        return Text(" " * width)
    is_doubtful = value["confidence"] is not None and value["confidence"] < DOUBTFUL
    mark = OWN_MARK if value["source"] == "user" else DOUBT_MARK if is_doubtful else " "
    return Text(text.rjust(width - 1) + mark, style="magenta" if is_doubtful else "")


def tempo_text(tempo: Mapping[str, Any] | None) -> str | None:
    """The tempo of a track's record."""
    return None if tempo is None else bpm_text(tempo["bpm"], is_own=tempo["source"] == "user")


def print_rows(console: Console, rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, each column as wide as its widest cell, but for the last."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [set_cell_size(cell, width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
        console.print(printable(_GAP.join([*cells, row[-1]])), soft_wrap=True)

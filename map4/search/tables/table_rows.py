"""Tables of tracks: the columns of pages, and their rows, read without creating tracks."""

from __future__ import annotations

import base64
import json
import os
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from map4.core.base.records import Absent, Count, Record
from map4.core.base.text import folded
from map4.core.music.analysis.inside import OVERVIEW_POINTS, DetectedCue, Overview, Phrase
from map4.core.music.analysis.key import ALL_KEYS, Notation
from map4.core.music.analysis.plausible import Energy
from map4.core.music.query.context import QueryContext
from map4.core.music.query.fields import FIELDS as QUERY_FIELDS
from map4.core.music.query.parser import Query
from map4.core.music.track.fields import FIELDS, FieldKind
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.track_parts import MARKS
from map4.core.music.track.wording import TrackWords
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.library import hookspecs
from map4.search.covers import may_have_covers
from map4.search.store import SqlTableRows
from map4.version import __version__

_FIELDS = {field.query_name: field for field in FIELDS.values() if field.on_page}
"""The track fields that a page shows. Columns are named as in queries."""
_KINDS: dict[FieldKind, dict[str, Any]] = {
    "text": {"kind": "text", "grow": 1},
    "whole": {"kind": "number", "digits": 0},
    "tempo": {"kind": "number", "digits": 1, "doubt": "tempo"},
    "key": {"kind": "key", "doubt": "key"},
    "level": {"kind": "energy", "shows": "level"},
    "stars": {"kind": "rating", "digits": 1},
}
_LOOKS: dict[str, dict[str, Any]] = {
    **{name: {"title": field.on_page, "width": field.width, **_KINDS[field.kind]} for name, field in _FIELDS.items()},
    "play": {"title": "Play", "width": 44, "kind": "play"},
    "number": {"title": "#", "width": 56, "kind": "place"},
    "cover": {"title": "Cover", "width": 42, "kind": "cover"},
    "strip": {"title": "Waveform", "width": 176, "kind": "strip", "most": 336},
    "family": {"title": "Genre family", "width": 116, "kind": "text"},
}
"""The columns that no row of `map4.core.music.query.fields` describes (`Column` in page/source/source.js)."""
_DRAWN = {"number": "number", "duration": "length", "date": "day"}
"""How a page draws the values of a field, by kind; others are texts."""
_USUAL_WIDTH = {"number": 80, "date": 106}
_NOT_SHOWN = ("is", "has", "missing", "list", "list-mark")
_GROW = {"title": 3, "artist": 2, "strip": 8}
_FIRST_SHOWN = (
    "title", "bpm", "key", "play", "artist", "rating", "cover", "strip", "energy", "mark", "duration", "genre",
    "loudness", "year", "number", "album", "label", "plays", "added", "mood", "skipped",
)  # fmt: skip
"""The priority of columns if there is not room for all."""
_IN_ORDER = (
    "play", "number", "cover", "title", "artist", "strip", "bpm", "key", "energy", "rating", "mark", "duration",
    "loudness", "genre", "year", "album", "label", "mood", "plays", "skipped", "added", "album-artist",
)  # fmt: skip
"""The columns that are shown if they have values; all others are shown only if chosen."""
SETS = {
    "Gig": ("play", "cover", "title", "artist", "strip", "bpm", "key", "energy", "rating", "mark", "duration",
            "comment"),
    "Clean up": ("play", "title", "artist", "album", "genre", "year", "label", "bpm", "tempo-confidence", "key",
             "key-confidence", "codec", "bitrate", "peak", "path"),
    "Collector": ("cover", "title", "artist", "album", "album-artist", "label", "catalog", "year", "original-year",
                  "genre", "rating", "plays", "played", "added"),
}  # fmt: skip
"""Sets of columns to begin from; a page leaves out those without values."""
CHOSEN = (
    *(name for name, field in QUERY_FIELDS.items()
      if name not in (*_IN_ORDER, *_NOT_SHOWN) and field.kind not in ("clock", "control")),
    "family",
)  # fmt: skip
"""The columns that are shown only if chosen: with the others, all that queries can name."""
_STRIP_COLUMNS = 160


def table() -> list[dict[str, Any]]:
    """All columns of the table, in display order."""
    ranked = [*_FIRST_SHOWN, *(name for name in _IN_ORDER if name not in _FIRST_SHOWN)]
    wide = {name: {"grow": grow} for name, grow in _GROW.items()}
    return [
        *({"name": name, "rank": ranked.index(name) + 1, **_look(name), **wide.get(name, {})} for name in _IN_ORDER),
        *({"name": name, "rank": len(_IN_ORDER) + 1, "chosen": True, **_look(name)} for name in CHOSEN),
    ]


def _look(name: str) -> dict[str, Any]:
    if name in _LOOKS:
        return _LOOKS[name]
    field = QUERY_FIELDS[name]
    kind = field.drawn or _DRAWN.get(field.kind, "text")
    return {
        "title": field.head or name.replace("-", " ").capitalize(),
        "width": field.width or _USUAL_WIDTH.get(field.kind, 110),
        "kind": kind,
        **({"digits": field.digits} if kind == "number" else {}),
    }


def parts_of(phrases: Iterable[Phrase], duration_s: float) -> str:
    """The phrases of a track as text: a letter for the role (- for none) and the end in thousandths of the length.

    Letters are the first of the role; a build-up is u.
    """
    return "".join(
        f"{'u' if phrase.role == 'build' else (phrase.role or '-')[0]}{round(1000 * phrase.end_s / duration_s)}"
        for phrase in phrases
    )


def moment_of(text: str | None) -> float | None:
    """Seconds since 1970 of a moment, or of the start of a day in local time."""
    try:
        return datetime.fromisoformat(text or "").timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def strip_of(overview: Overview) -> bytes:
    """The low, middle and high bands of an overview, each in 160 columns of 4 bits, the earlier in the upper half.

    Each column shows the loudest of its points.
    """
    bands = np.frombuffer(overview.low + overview.mid + overview.high, dtype=np.uint8).reshape(3, OVERVIEW_POINTS)
    edges = [column * OVERVIEW_POINTS // _STRIP_COLUMNS for column in range(_STRIP_COLUMNS)]
    # Scales levels from 0-255 to 0-15, rounded; no value falls halfway.
    levels = ((np.maximum.reduceat(bands, edges, axis=1).astype(np.uint16) + 8) // 17).astype(np.uint8).ravel()
    return (levels[::2] << 4 | levels[1::2]).tobytes()


Value = str | int | float | None


class TableColumn(Record):
    """A column that a table can show.

    rank: the lowest ranks are shown if there is not room for all
    width: the minimum, in pixels
    most: the maximum width, if it grows
    grow: the share of the remaining room it takes
    digits: decimal places
    doubt: the mark that makes its value uncertain
    shows: the column whose values it shows, if not its own
    chosen: true if it is shown only if chosen
    """

    name: str
    title: str
    kind: str
    rank: int
    width: int
    most: int | Absent = ...
    grow: int | Absent = ...
    digits: int | Absent = ...
    doubt: str | Absent = ...
    shows: str | Absent = ...
    chosen: bool | Absent = ...


class AboutTable(Record, kind="about", members="count has table sets keys keyNames=key_names *"):
    """The columns, keys and marks that tables of this library can show.

    count: available and analysed tracks
    has: the columns with at least one known value
    table: all columns, in display order
    sets: names of columns that belong together, to begin from
    keys, key_names: Camelot positions and their display names; values of `key` are indexes into them
    marks: the meaning of the bits of `is`, the lowest first
    places: the meaning of the bits of `places`
    folders: the scanned folders
    """

    count: Count
    has: tuple[str, ...]
    table: tuple[TableColumn, ...]
    sets: Mapping[str, tuple[str, ...]]
    keys: tuple[str, ...]
    key_names: tuple[str, ...]
    marks: tuple[str, ...]
    places: tuple[str, ...]
    version: str
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: the stored values it is computed from, and the function."""

    stored: tuple[str, ...]
    made: Callable[..., Value]


def _number(parts: int) -> Callable[[float | None], Value]:
    def made(number: float | None) -> Value:
        if number is None:
            return None
        whole = round(number * parts)
        return whole // parts if whole % parts == 0 else whole / parts

    return made


def _family(
    genres: GenreTable, user_genre: str | None, label_family: str | None, named: str | None, genre: str | None
) -> str | None:
    family = genres.family(user_genre) if user_genre else genres.track_family(label_family, named)
    return family or (genre and TrackWords.text_or_none(genre.partition(";")[0]))


def _places(detected: str | None, duration_s: float | None) -> Value:
    if duration_s is None:
        return None
    kinds = set((detected or "").split())
    return sum(1 << bit for bit, kind in enumerate(DetectedCue.KINDS) if kind in kinds)


def _strip(data: bytes | None) -> Value:
    overview = Overview.unpacked(data) if data else None
    return None if overview is None else base64.b64encode(strip_of(overview)).decode("ascii")


def _parts(phrases: str | None, duration_s: float | None) -> Value:
    if not phrases or not duration_s:
        return None
    rows = json.loads(phrases)
    return parts_of((Phrase(**dict(zip(Phrase.__dataclass_fields__, row, strict=True))) for row in rows), duration_s)


_NUMBER_OF_KEY = {key.camelot: number for number, key in enumerate(ALL_KEYS)}
_ENERGY = ("energy", "state")


def _energy(energy: float | None, state: str) -> float | None:
    return None if state == "failed" else energy


def _field_column(name: str) -> _Column:
    field = QUERY_FIELDS[name]
    if field.kind in ("number", "level", "duration"):
        return _Column((name,), _number(field.parts))
    is_day = field.kind == "date" and not field.drawn
    return _Column((name,), (lambda text: _number(1)(moment_of(text))) if is_day else TrackWords.text_or_none)


_TABLE = table()
_COLUMNS: dict[str, _Column] = {
    **{name: _field_column(name) for name in (*CHOSEN, *_IN_ORDER) if name in QUERY_FIELDS},
    "title": _Column(("title", "file_name"), TrackWords.title_or_file),
    "path": _Column(("file_name",), lambda path: path),
    "genre": _Column(("genre",), TrackWords.text_or_none),
    "family": _Column(("user_genre", "label_family", "named_genre", "genre"), _family),
    "key": _Column(("key",), lambda key: _NUMBER_OF_KEY.get(key)),
    "energy": _Column(_ENERGY, lambda *values: _number(QUERY_FIELDS["energy"].parts)(_energy(*values))),
    "level": _Column(_ENERGY, lambda *values: None if (energy := _energy(*values)) is None else Energy.level(energy)),
    "modified": _Column(("modified",), lambda ns: None if ns is None else ns // 10**9),
    "state": _Column(("state",), TrackWords.text_or_none),
    "places": _Column(("detected", "duration"), _places),
    "is": _Column(("marks",), lambda marks: marks),
    "id": _Column(("id",), lambda address: address),
    "file": _Column(("file",), lambda uid: uid),
    "cover": _Column(("has_picture", "path_bytes"), lambda has, path: 1 if has else os.path.dirname(os.fsdecode(path))),
    "strip": _Column(("overview",), _strip),
    "parts": _Column(("phrase_list", "duration"), _parts),
    "second": _Column(("second_bpm",), _number(QUERY_FIELDS["bpm"].parts)),
}
COLUMN_NAMES = tuple(_COLUMNS)
_ALWAYS = ("title", "state", "is", "id", "path", "added", "play", "cover", "rating")
_SHOWN = tuple(column["name"] for column in _TABLE if column["name"] in _COLUMNS)


@hookspecs.page_columns.implementation
def page_columns() -> tuple[str, ...]:
    """All columns that a table may draw if none are chosen."""
    usual = (column["name"] for column in _TABLE if column["name"] in _COLUMNS and not column.get("chosen"))
    return tuple(dict.fromkeys((*usual, "level", "is", "state", "id", "file", "parts", "second")))


class TableRows:
    """Rows of tables of a library, read in a context."""

    def __init__(self, store: Store, context: QueryContext) -> None:
        self._store, self._context = store, context

    def columns(self, rows: Sequence[int], wanted: Iterable[str]) -> tuple[list[int], dict[str, list[Value]]]:
        """The rows that are known, and what these columns have of each.

        raises UsageError: if there is no such column
        """
        names = dict.fromkeys(wanted)
        for name in names:
            if name not in _COLUMNS:
                raise UsageError.no_such("column", name, COLUMN_NAMES)
        stored = list(dict.fromkeys(column for name in names for column in _COLUMNS[name].stored))
        values = self._store.part(SqlTableRows).values(rows, stored, self._context)
        of = {name: [row[place] for row in values] for place, name in enumerate(stored, 1)}
        made = {name: _COLUMNS[name].made for name in names}
        if "family" in made:
            made["family"] = partial(made["family"], self._context.preferences.genres.families)
        cells = {name: list(map(made[name], *(of[column] for column in _COLUMNS[name].stored))) for name in names}
        if "cover" in cells:
            cells["cover"] = may_have_covers(cells["cover"])
        return [row[0] for row in values], cells

    def about(self, notation: Notation) -> AboutTable:
        """The columns, keys and marks that tables of this library can show."""
        unsure = [name for name in _SHOWN if name not in _ALWAYS]
        stored = {name: _COLUMNS[name].stored[0] for name in unsure}
        known = self._store.part(SqlTableRows).known(list(dict.fromkeys(stored.values())), self._context)
        has = {*_ALWAYS, *(name for name in unsure if stored[name] in known)}
        has |= {name for name, of in (("level", "energy"), ("parts", "phrases"), ("second", "bpm")) if of in known}
        return AboutTable(
            count=self._store.search.count("", self._context),
            has=tuple(name for name in ("play", *COLUMN_NAMES) if name in has),
            table=tuple(TableColumn(**column) for column in _TABLE if column["name"] in has),
            sets={name: tuple(column for column in columns if column in has) for name, columns in SETS.items()},
            keys=tuple(key.camelot for key in ALL_KEYS),
            key_names=tuple(key.in_notation(notation) for key in ALL_KEYS),
            marks=tuple(MARKS),
            places=tuple(DetectedCue.KINDS),
            version=__version__,
            folders=tuple(self._store.tracks.roots()),
        )

    def ids_in_order(self, query: Query, order: Sequence[int]) -> array[int]:
        """The matching files in the order of all files; as `SqlSearch.file_ids`, but faster.

        order: from `SqlTableRows.order`
        """
        ids = np.asarray(order, dtype=np.int64)
        if not len(ids):
            return array("q")
        matching = np.array(
            self._store.search.matching(replace(query, sort=(), limit=None, offset=0), self._context), dtype=np.int64
        )
        is_wanted = np.zeros(max(int(ids.max()), int(matching.max(initial=0))) + 1, dtype=bool)
        is_wanted[matching] = True
        end = None if query.limit is None else query.offset + query.limit
        return array("q", ids[is_wanted[ids]][query.offset : end].tobytes())

    def place_of_text(self, rows: Sequence[int], query: Query, text: str) -> int:
        """The index of the first row whose text in the order of a query begins with this text or sorts after it."""
        field = query.sort[0].field if query.sort else "path"
        if field not in QUERY_FIELDS or QUERY_FIELDS[field].kind not in ("text", "path"):
            raise UsageError(f"{field} is not a text field; 'text' needs a text order such as sort=title")
        descending = bool(query.sort) and query.sort[0].descending
        wanted = folded(text)

        def is_there(row: int) -> bool:
            key = self._store.part(SqlTableRows).sorted_as(row, field, self._context)
            if key is None or key.startswith(wanted):
                return True
            return key < wanted if descending else key > wanted

        return bisect_left(rows, True, key=is_there)

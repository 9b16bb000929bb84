"""What a table shows of many tracks: columns as pages know them, read without making tracks."""

from __future__ import annotations

import base64
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from map4.base.near_names import no_such
from map4.base.records import Absent, Count, Record
from map4.errors import UsageError
from map4.music.analysis.analysis import energy_level
from map4.music.analysis.inside import DETECTED_CUE_KINDS, unpack_overview
from map4.music.analysis.key import ALL_KEYS, Notation
from map4.music.query.context import QueryContext
from map4.music.track.genre import shipped_genres
from map4.music.track.marks import MARKS
from map4.music.track.wording import text_or_none, title_or_file
from map4.search.store import SqlTableRows
from map4.search.tables.page_columns import NUMBERS, PARTS, TEXTS, moment_of, strip_of, table
from map4.store.sql_store import Store
from map4.version import __version__

if TYPE_CHECKING:
    from map4.music.query.parser import Query

Value = str | int | float | None
_Raw = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackColumns(Record, kind="columns", members="state count from=start rows columns"):
    """Some of the tracks that a query finds, column by column.

    state: another one when the query may find others, or in another order
    count: how many it finds
    start: place of the first of these, from 0
    rows: the number of a file of each, which stands for the track as long as the library is open
    columns: of each field that was asked for, what is known of these tracks, in their order; null is not known
    """

    state: str
    count: Count
    start: Count
    rows: tuple[int, ...]
    columns: Mapping[str, list[Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn(Record, members="name title kind rank width grow digits doubt shows"):
    """A column that a table can show.

    rank: where there is not room for all, the lowest are shown
    width: in pixels, the least
    grow: how much of the room that is left it takes
    digits: behind the point
    doubt: which of the marks puts its value in doubt
    shows: whose values it shows, where not its own
    """

    name: str
    title: str
    kind: str
    rank: int
    width: int
    grow: int | Absent = ...
    digits: int | Absent = ...
    doubt: str | Absent = ...
    shows: str | Absent = ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutTable(Record, kind="about", members="count has table keys keyNames=key_names marks places version folders"):
    """What tables of this library can show.

    count: tracks that are there and analysed
    has: the columns of which anything is known
    table: all columns, in the order in which they are shown
    keys, key_names: Camelot positions, and how they are shown; values of `key` are their places here
    marks: what the bits of `is` say, the lowest first
    places: the same of `places`
    folders: those that were scanned
    """

    count: Count
    has: tuple[str, ...]
    table: tuple[TableColumn, ...]
    keys: tuple[str, ...]
    key_names: tuple[str, ...]
    marks: tuple[str, ...]
    places: tuple[str, ...]
    version: str
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: the stored values that it is made of, and how."""

    stored: tuple[str, ...]
    made: Callable[..., Value]


def _number(parts: int) -> Callable[[float | None], Value]:
    def made(number: float | None) -> Value:
        if number is None:
            return None
        whole = round(number * parts)
        return whole // parts if whole % parts == 0 else whole / parts

    return made


def _family(user_genre: str | None, label_family: str | None, named: str | None, genre: str | None) -> str | None:
    genres = shipped_genres()
    family = genres.family(user_genre) if user_genre else genres.track_family(label_family, named)
    return family or (genre and text_or_none(genre.partition(";")[0]))


def _moment(text: str | None) -> Value:
    return _number(1)(moment_of(text))


def _places(detected: str | None, duration_s: float | None) -> Value:
    if duration_s is None:
        return None
    kinds = set((detected or "").split())
    return sum(1 << bit for bit, kind in enumerate(DETECTED_CUE_KINDS) if kind in kinds)


def _strip(data: bytes | None) -> Value:
    overview = unpack_overview(data) if data else None
    return None if overview is None else base64.b64encode(strip_of(overview)).decode("ascii")


_NUMBER_OF_KEY = {key.camelot: number for number, key in enumerate(ALL_KEYS)}
_ENERGY = ("energy", "state")


def _energy(energy: float | None, state: str) -> float | None:
    return None if state == "failed" else energy


_COLUMNS: dict[str, _Column] = {
    **{name: _Column((name,), text_or_none) for name in TEXTS if name not in ("note", "cover")},
    **{name: _Column((name,), _number(PARTS.get(name, 1))) for name in NUMBERS},
    "title": _Column(("title", "file_name"), title_or_file),
    "path": _Column(("file_name",), lambda path: path),
    "genre": _Column(("genre",), text_or_none),
    "family": _Column(("user_genre", "label_family", "named_genre", "genre"), _family),
    "key": _Column(("key",), lambda key: _NUMBER_OF_KEY.get(key)),
    "energy": _Column(_ENERGY, lambda *said: _number(PARTS["energy"])(_energy(*said))),
    "level": _Column(_ENERGY, lambda *said: None if (energy := _energy(*said)) is None else energy_level(energy)),
    "added": _Column(("added",), _moment),
    "places": _Column(("detected", "duration"), _places),
    "is": _Column(("marks",), lambda marks: marks),
    "id": _Column(("id",), lambda address: address),
    "strip": _Column(("overview",), _strip),
}
COLUMN_NAMES = tuple(_COLUMNS)
_ALWAYS = ("title", "state", "is", "id", "path", "added", "play", "rating")
_SHOWN = tuple(column["name"] for column in table() if column["name"] in _COLUMNS)
SHOWN_COLUMNS = tuple(dict.fromkeys((*_SHOWN, "level", "is", "state", "id")))
"""All that a table may draw of a track."""


def column_names(wanted: Iterable[str]) -> list[str]:
    """The same names, each once.

    raises UsageError: if there is no such column
    """
    names = list(dict.fromkeys(wanted))
    for name in names:
        if name not in _COLUMNS:
            raise no_such("column", name, COLUMN_NAMES)
    return names


def columns_of(
    store: Store, context: QueryContext, rows: Sequence[int], names: Sequence[str]
) -> tuple[list[int], dict[str, list[Value]]]:
    """The rows that are known, and what these columns have of each."""
    stored = list(dict.fromkeys(one for name in names for one in _COLUMNS[name].stored))
    found = store.part(SqlTableRows).values(rows, stored, context)
    of = {name: [row[place] for row in found] for place, name in enumerate(stored, 1)}
    made = {name: list(map(_COLUMNS[name].made, *(of[one] for one in _COLUMNS[name].stored))) for name in names}
    return [row[0] for row in found], made


def about_table(store: Store, context: QueryContext, notation: Notation) -> AboutTable:
    """What tables of this library can show."""
    from map4.music.query.parser import parse_query

    unsure = [name for name in _SHOWN if name not in _ALWAYS]
    stored = {name: _COLUMNS[name].stored[0] for name in unsure}
    known = store.part(SqlTableRows).known(list(dict.fromkeys(stored.values())), context)
    has = {*_ALWAYS, *(name for name in unsure if stored[name] in known)} | ({"level"} if "energy" in known else set())
    return AboutTable(
        count=store.search.count(parse_query(""), context),
        has=tuple(name for name in ("play", *COLUMN_NAMES) if name in has),
        table=tuple(TableColumn(**one) for one in table() if one["name"] in has),
        keys=tuple(key.camelot for key in ALL_KEYS),
        key_names=tuple(key.in_notation(notation) for key in ALL_KEYS),
        marks=tuple(MARKS),
        places=tuple(DETECTED_CUE_KINDS),
        version=__version__,
        folders=tuple(store.tracks.roots()),
    )


def ids_in_order(store: Store, context: QueryContext, query: Query, order: Sequence[int]) -> array[int]:
    """The files that a query finds, in its order, which all files are in; as `SqlSearch.file_ids`, but sooner.

    order: from `SqlTableRows.order`
    """
    import numpy as np

    ids = np.asarray(order, dtype=np.int64)
    if not len(ids):
        return array("q")
    matching = np.array(store.search.matching(replace(query, sort=(), limit=None, offset=0), context), dtype=np.int64)
    is_wanted = np.zeros(max(int(ids.max()), int(matching.max(initial=0))) + 1, dtype=bool)
    is_wanted[matching] = True
    end = None if query.limit is None else query.offset + query.limit
    return array("q", ids[is_wanted[ids]][query.offset : end].tobytes())


def place_of_text(
    store: Store, context: QueryContext, rows: Sequence[int], field: str, descending: bool, text: str
) -> int:
    """Where the first row stands whose text in this order begins with this one, or comes behind it."""
    from map4.base.text import folded

    wanted = folded(text)

    def is_there(row: int) -> bool:
        key = store.part(SqlTableRows).sorted_as(row, field, context)
        if key is None or key.startswith(wanted):
            return True
        return key < wanted if descending else key > wanted

    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_there(rows[middle]) else (middle + 1, high)
    return low


def require_text_order(fields: Sequence[str]) -> str:
    """The field by which texts are sorted first.

    raises UsageError: if that is none, or not one of texts
    """
    from map4.music.query.fields import FIELDS

    first = fields[0] if fields else "path"
    if FIELDS[first].kind not in ("text", "path"):
        raise UsageError(f"{first} is no text; a place by text needs an order of texts, as sort=title")
    return first

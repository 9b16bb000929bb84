"""The data of a page: one JSON document, `map4/report-data/1`, the only source of the page's modules.

docs/export.md describes it. It has a column per field with a value per track, and is collected while the rows of a
table are written: about a hundred bytes are kept per track.
"""

from __future__ import annotations

import base64
import itertools
import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from map4.base.declarations import hooks
from map4.base.records import in_json
from map4.exports.report.blocks import Row
from map4.music.analysis.key import ALL_KEYS, Notation
from map4.music.mixing.compatibility import RATING_SIGNS
from map4.music.mixing.harmony import fits
from map4.music.track.genre import shipped_genres
from map4.music.track.track import Track, display_path
from map4.music.track.track_parts import MARKS
from map4.music.track.wording import text_or_none, title_of
from map4.search import NUMBERS, PARTS, REPEATED, STRIP_BYTES, TEXT_FIELDS, TEXTS, numbers_of, strip_of, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCHEMA = "map4/report-data/1"
MAP_SIDE = 4095
"""Places on the map are whole numbers from 0 to this."""

_NAN = float("nan")
_NO_STRIP = bytes(STRIP_BYTES)
_PIECE = 2000
_FEW, _LOOKED_AT = 10, 1000
"""Numbers with at most this many different values are stored by reference; the first values decide about trying it."""

COVER_PX = 64
"""Twice the shown size, for high-resolution screens."""

Cover = Callable[[Track, int], bytes | None]
SoundPlacing = Callable[["NDArray[np.float32]"], "tuple[NDArray[np.float64], float] | None"]
"""Places sound vectors, shape (n, 128), in the plane: returns places, shape (n, 2), and the share (0-1) of the true
neighbours that are neighbours there too. None if there are too few."""


class PageData:
    """Collects the tracks' data for a page.

    with_paths: include the file paths
    place: places sounds in the plane; without it there is no map
    """

    def __init__(
        self,
        notation: Notation,
        *,
        with_paths: bool = False,
        place: SoundPlacing | None = None,
        cover: Cover | None = None,
    ) -> None:
        self._notation = notation
        self._with_paths = with_paths
        self._place = place
        self._cover = cover
        self._texts: dict[str, list[str | None]] = {name: [] for name in TEXTS}
        self._numbers = {name: array("d") for name in NUMBERS if name != "places"}
        self._same: dict[str, str] = {}
        self._strips = bytearray()
        self._sounding = array("L")
        self._sounds = array("f")
        self._count = 0

    def add(self, row: Row) -> None:
        track = row.track
        assert track is not None
        note = f"{RATING_SIGNS[row.rating]} {row.note}" if row.rating and row.note else row.note
        for name, text in self._texts_of(track, note).items():
            # Most texts are shared by many tracks.
            self._texts[name].append(None if text is None else self._same.setdefault(text, text))
        numbers = numbers_of(track)
        for name, column in self._numbers.items():
            value = numbers.get(name)
            column.append(_NAN if value is None else value)
        analysis = track.measured()
        self._strips += strip_of(analysis.overview) if analysis and analysis.overview else _NO_STRIP
        if analysis and analysis.sound and self._place:
            self._sounding.append(self._count)
            self._sounds.extend(analysis.sound)
        self._count += 1

    def _texts_of(self, track: Track, note: str | None) -> dict[str, str | None]:
        labels, genre = track.labels, text_or_none(track.genre())
        jpeg = self._cover(track, COVER_PX) if self._cover else None
        family = track.genre_family(shipped_genres()) or (genre and genre.partition(";")[0])
        return {
            **{name: text_or_none(track.value(field)) for name, field in TEXT_FIELDS.items()},
            "title": title_of(track),
            "genre": genre,
            "mood": text_or_none(labels.mood) if labels else None,
            "subgenre": text_or_none(labels.subgenre) if labels else None,
            "era": text_or_none(labels.era) if labels else None,
            "tag": text_or_none("; ".join(labels.tags)) if labels else None,
            "mark": "; ".join(track.user.marks) if track.user.marks else None,
            "played": track.last_played(),
            "note": note,
            "path": display_path(track.path) if self._with_paths else None,
            "codec": track.format.codec if track.format else None,
            "state": track.state,
            "family": family,
            "cover": base64.b64encode(jpeg).decode("ascii") if jpeg else None,
        }

    def pieces(self) -> Iterator[str]:
        """Yield the document, piece by piece; nothing in it can close the element around it."""
        head = {
            "schema": SCHEMA,
            "tracks": self._count,
            "keys": [key.camelot for key in ALL_KEYS],
            "keyNames": [key.in_notation(self._notation) for key in ALL_KEYS],
            "near": [[to for to, b in enumerate(ALL_KEYS) if fits("flexible", a, b)] for a in ALL_KEYS],
            "marks": MARKS,
            "table": [column for column in table() if not column.get("chosen")],
        }
        yield f"{_json(head)[:-1]},\n" + '"columns":{'
        comma = ""
        for name, texts in self._texts.items():
            if any(text is not None for text in texts):
                yield f'{comma}\n"{name}":'
                yield from _repeated(texts) if name in REPEATED else _column(texts, _json)
                comma = ","
        for name, numbers in self._numbers.items():
            if any(value == value for value in numbers):
                yield f'{comma}\n"{name}":'
                yield from _numbers(numbers, PARTS.get(name, 1))
                comma = ","
        yield "}"
        yield from self._map()
        if any(self._strips):
            yield ',\n"strips":"'
            step = 3 * STRIP_BYTES * 40  # whole groups of three bytes, so that the parts of base64 fit together
            for start in range(0, len(self._strips), step):
                yield base64.b64encode(self._strips[start : start + step]).decode("ascii")
            yield '"'
        yield "}"

    def _map(self) -> Iterator[str]:
        if self._place is None or not self._sounding:
            return
        placed = self._place(np.frombuffer(self._sounds, dtype=np.float32).reshape(len(self._sounding), -1))
        if placed is None:
            return
        points, variance_share = placed
        low = points.min(axis=0)
        whole = np.full((self._count, 2), _NAN)
        whole[self._sounding] = np.rint((points - low) * (MAP_SIDE / max(float((points - low).max()), 1e-9)))
        yield f',\n"map":{{"kept":{variance_share:.3f}'
        for name, axis in (("x", 0), ("y", 1)):
            yield f',"{name}":'
            yield from _column(whole[:, axis].tolist(), partial(_whole, 1))
        yield f',"regions":{_json(in_json(self._regions(whole[self._sounding])))}}}'

    def _regions(self, places: NDArray[np.float64]) -> list[Any]:
        texts = {name: [self._texts[name][at] for at in self._sounding] for name in ("genre", "family", "artist")}
        numbers = {name: np.array(self._numbers[name])[self._sounding] for name in ("year", "bpm", "level")}
        return [region for named in hooks("name-regions") for region in named(places, MAP_SIDE, **texts, **numbers)]


def _repeated(texts: Sequence[str | None]) -> Iterator[str]:
    """Yield a column of repetitive texts: each distinct text once, and an index per track."""
    numbers: dict[str, int] = {}
    at = [None if text is None else numbers.setdefault(text, len(numbers)) for text in texts]
    yield '{"texts":'
    yield from _column(list(numbers), _json)
    yield ',"at":'
    yield from _column(at, lambda number: "null" if number is None else str(number))
    yield "}"


def _numbers(values: Sequence[float], parts: int) -> Iterator[str]:
    """Yield a column of numbers as integers of a part; with few distinct values, each once and an index per track."""
    written = partial(_whole, parts)
    different = list(dict.fromkeys(map(written, itertools.islice(values, _LOOKED_AT))))
    if len(different) <= _FEW:
        different = list(dict.fromkeys(map(written, values)))
    if len(different) > _FEW:
        yield f'{{"parts":{parts},"values":'
        yield from _column(values, written)
    else:
        places = {number: str(place) for place, number in enumerate(different)}
        yield f'{{"parts":{parts},"different":[{",".join(different)}],"at":'
        yield from _column(values, lambda value: places[written(value)])
    yield "}"


def _column(values: Sequence[Any], written: Callable[[Any], str]) -> Iterator[str]:
    yield "["
    for start in range(0, len(values), _PIECE):
        yield ("," if start else "") + ",".join(map(written, values[start : start + _PIECE]))
    yield "]"


def _whole(parts: int, value: float) -> str:
    return "null" if value != value else str(round(value * parts))


def _json(value: Any) -> str:
    """Return JSON that is safe inside a page: without `<`, and without lone surrogates."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").encode("utf-8", "replace").decode("utf-8")

"""The map of the sound of a whole library: each recording has a place, and keeps it when others are added."""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from map4.core.base.actor import served
from map4.core.base.paths import user_file
from map4.core.base.records import Count, Fraction, Json, Record
from map4.core.music.analysis.plausible import Energy
from map4.core.music.query.context import Preferences
from map4.core.music.query.parser import Query
from map4.core.music.sound.similarity_tables import LibraryTable, SoundSpace
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.extras.shared.text_cache import TextCache
from map4.extras.sound_map.map_layout import Points, place_beside, place_directions, preserved_neighbours
from map4.library import hookspecs
from map4.library.part import LibraryPart
from map4.search import TracksPart

GRIDS = (4, 8, 16, 32)  # regions per side of the map, for each level of zoom
_LEAST, _LEAST_SHARE = 5, 1 / 3  # a region has at least this many tracks, and this share of a mean region's
_COMMON, _TYPICAL, _LIFT = 0.3, 0.2, 2.0
"""The share of tracks that gives a region its genre, or another value that is this many times its share elsewhere."""
_CALM, _DRIVING = 4.0, 7.0
_MOOD_WORDS = (("vocal", "instrumental"), ("electronic", "acoustic"), ("dark", "bright"))
_MOOD_LIFT = 0.7  # a mood differs from that of the map by this many of its standard deviations
_OTHER_TEMPO = 0.04
_KNOWN = 0.05  # the least share of the tracks of a region that are by an artist in its name
_ARTISTS, _LIKE_NAMED = 3, 2
"""The most artists of a region, and the most regions of a level whose names begin with the same genre."""
_Part = npt.NDArray[np.intp]
_Tag = tuple[list[str], _Part, _Part]
"""Values, the first for unknown; the number of each track's value; and the number of tracks with each value."""


class MapRegion(Record):
    """A region of a map.

    grid: the regions per side of the map at this level of zoom
    x, y: the middle of its tracks
    name: a genre; in further regions of this genre the differences: mood, decade, label, artist, energy, tempo
    artists: those that are more common here than elsewhere
    """

    grid: int
    x: int
    y: int
    count: Count
    name: str
    artists: tuple[str, ...]


class MapRegions(Record, kind="map-regions"):
    """The named regions of a map, for each level of zoom."""

    regions: tuple[MapRegion, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RegionValues:
    """Values of the tracks of a map, in its order; None and NaN are unknown."""

    genre: Sequence[str | None]
    family: Sequence[str | None]
    artist: Sequence[str | None]
    label: Sequence[str | None]
    year: npt.NDArray[np.float64]
    bpm: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]
    moods: npt.NDArray[np.float64]
    """Instrumentalness, acousticness and valence, shape (n, 3)."""


def regions_of(places: npt.NDArray[Any], side: int, values: RegionValues) -> tuple[MapRegion, ...]:
    """The regions of tracks at places, shape (n, 2), from 0 to `side`."""
    decades = [f"{int(year) // 10}0s" if year > 0 else None for year in values.year.tolist()]
    firsts = [[text and text.partition(";")[0].strip() for text in texts] for texts in (values.genre, values.family)]
    tags = [_tag(column) for column in (*firsts, values.artist, decades, values.label)]
    return tuple(region for grid in GRIDS for region in _level(places, side, grid, values, tags))


def _tag(column: Sequence[str | None]) -> _Tag:
    numbers = {name: number for number, name in enumerate(dict.fromkeys(["", *filter(None, column)]))}
    of = np.fromiter((numbers[name or ""] for name in column), dtype=np.intp, count=len(column))
    return [*numbers], of, np.bincount(of, minlength=len(numbers))


def _counts(tag: _Tag, part: _Part) -> _Part:
    return np.bincount(tag[1][part], minlength=len(tag[0])) * (np.arange(len(tag[0])) > 0)


def _level(places: npt.NDArray[Any], side: int, grid: int, values: RegionValues, tags: list[_Tag]) -> list[MapRegion]:
    cells = (places.astype(np.int64) * grid // (side + 1)) @ np.array([1, grid])
    order = np.argsort(cells, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(cells[order])) + 1) if len(order) else []
    least = max(_LEAST, _LEAST_SHARE * len(places) / grid**2)
    large = sorted((part for part in parts if len(part) >= least), key=len, reverse=True)
    regions: dict[frozenset[str], MapRegion] = {}
    firsts: Counter[str] = Counter()
    for part in large:
        first, artists = _name(values, tags, part), _typical(tags[2], part)[:_ARTISTS]
        words = [first] if first and not firsts[first] else _differences(values, tags, part)
        if first and 0 < firsts[first] < _LIKE_NAMED:
            words = [first, *words[:1]]
        words = list(dict.fromkeys(words[:2]))
        if not words or frozenset(words) in regions:
            continue  # nothing tells it from a larger one
        firsts[first] += first in words
        x, y = np.rint(places[part].mean(axis=0)).astype(int).tolist()
        regions[frozenset(words)] = MapRegion(
            grid=grid, x=x, y=y, count=len(part), name=" · ".join(words), artists=tuple(artists)
        )
    return list(regions.values())


def _differences(values: RegionValues, tags: list[_Tag], part: _Part) -> list[str]:
    """Words for the differences from the rest of the map: mood, decade, label, artist, energy, tempo."""
    shares = zip(tags[2:], (_KNOWN, _TYPICAL, _TYPICAL), strict=True)
    [artist, decade, label] = (_typical(tag, part, share)[:1] for tag, share in shares)
    words = [*_moods(values, part)[:1], *decade, *label, *artist, _energy(values, part), _tempo(values, part)]
    return list(filter(None, words))


def _moods(values: RegionValues, part: _Part) -> list[str]:
    """The words of the moods that differ from those of the map, the most different first."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # of unknown ones
        every, here = values.moods, np.nanmean(values.moods[part], axis=0)
        lift = (here - np.nanmean(every, axis=0)) / np.nanstd(every, axis=0)
    order = sorted(np.flatnonzero(np.abs(lift) >= _MOOD_LIFT).tolist(), key=lambda mood: -abs(float(lift[mood])))
    return [_MOOD_WORDS[mood][int(lift[mood] > 0)] for mood in order]


def _name(values: RegionValues, tags: list[_Tag], part: _Part) -> str:
    """The most common genre; else what is much more common here than elsewhere; else the energy."""
    for tag in tags[:2]:
        if (here := _counts(tag, part)).max() >= max(2, _COMMON * len(part)):
            return tag[0][here.argmax()]
    typical = (" / ".join(_typical(tag, part, _TYPICAL)[:2]) for tag in tags)
    return next(filter(None, typical), "") or _energy(values, part)


def _tempo(values: RegionValues, part: _Part) -> str:
    bpm, every = values.bpm[part], values.bpm
    if np.isnan(bpm).all():
        return ""
    here = float(np.nanmedian(bpm))
    return f"{round(here)} BPM" if abs(here / float(np.nanmedian(every)) - 1) >= _OTHER_TEMPO else ""


def _energy(values: RegionValues, part: _Part) -> str:
    level = values.level[part]
    middle = np.nan if np.isnan(level).all() else float(np.nanmean(level))
    return "calm" if middle <= _CALM else "driving" if middle >= _DRIVING else ""


def _typical(tag: _Tag, part: _Part, share: float = 0.0) -> list[str]:
    """The values of at least this share of the tracks that are more common here than elsewhere, most typical first."""
    (names, of, every), here = tag, _counts(tag, part)
    is_often = here * (len(of) - len(part)) >= _LIFT * len(part) * (every - here)
    often = np.flatnonzero(is_often & (here >= max(2, share * len(part)))).tolist()
    return [names[one] for one in sorted(often, key=lambda one: (-(here[one] ** 2) / every[one], names[one]))]


SIDE = 4095  # places are whole numbers from 0 to this: 12 bits
MOST_NEW = 0.1  # with a larger share of recordings that were not laid out, the whole map is laid out again
BPM_PARTS = 10
_CACHE_S = 400 * 86_400.0
_FORM = 2  # format of the cached map; increased when it changes
_COMPARED = 1000  # number of recordings whose sounds are compared to decide whether a cached map is still valid
_NUMBERS = ("bpm", "key", "level", "doubt")
_TEXTS = ("genre", "family")
_MOODS = ("instrumentalness", "acousticness", "valence")
_SLOW: dict[str, Any] = {"queue": "long", "cache": "alike", "shared_as": "stats"}


class SoundMap(Record, kind="map"):
    """The places of a library's recordings in the plane: neighbours sound similar.

    version: changes with rows or places
    count: recordings with a place
    left_out: recordings without sound numbers: silent, too short, or not analysed again yet
    kept: share of the ten nearest in sound that are among the ten nearest in the plane
    side: maximum of x and y; the minimum is 0
    rows: the number of a file of each recording, ascending, each as the difference to the previous number
    places: x and y of each, 12 bits per number, as base64
    """

    version: str
    count: Count
    left_out: Count
    kept: Annotated[Fraction, Json(3)]
    side: int
    rows: tuple[int, ...]
    places: str


class MapValues(Record, kind="map-values"):
    """Values to colour the recordings of a map by, in the order of its rows; null is unknown.

    version: of the map
    parts: fractions per unit of a value's numbers
    texts: texts that a value's numbers refer to
    values: a number per recording: `bpm`; `key`, its place among the keys from 1A, 1B to 12B; `level` of energy;
        `doubt`, 1 if tempo or key are uncertain; `genre` and its `family`
    """

    version: str
    parts: Mapping[str, int]
    texts: Mapping[str, list[str]]
    values: Mapping[str, list[int | None]]


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """The recordings of a map, by ascending audio id, with their places, shape (n, 2), 0-1.

    kept: share of the neighbours in sound that the plane keeps, 0-1
    sounds: digest of the sounds that `kept` refers to
    """

    names: npt.NDArray[Any]
    points: Points
    kept: float
    sounds: str

    def written(self) -> str:
        names = b"\n".join(self.names.tolist()).decode("utf-8", "surrogateescape")
        places = base64.b64encode(np.rint(self.points * SIDE).astype("<u2").tobytes()).decode("ascii")
        return json.dumps({"names": names, "places": places, "kept": self.kept, "sounds": self.sounds})

    @staticmethod
    def read(text: str) -> _Layout:
        data = json.loads(text)
        names = np.array(data["names"].encode("utf-8", "surrogateescape").split(b"\n"))
        places = np.frombuffer(base64.b64decode(data["places"]), dtype="<u2").reshape(len(names), 2)
        return _Layout(names, places.astype(np.float64) / SIDE, float(data["kept"]), str(data["sounds"]))


@dataclass(frozen=True, slots=True, eq=False)
class _Mapped:
    """The recordings of a map in the order of their files: table rows, file numbers and places."""

    table: LibraryTable
    chosen: npt.NDArray[np.intp]
    points: Points
    kept: float

    @classmethod
    def of(cls, store: Store) -> _Mapped:
        table = store.sounds.table()
        chosen, layout = _laid_out(store, table)
        order = np.argsort(table.file_ids[chosen])
        return cls(table, chosen[order], layout.points[order], layout.kept)

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        return self.table.file_ids[self.chosen]

    @property
    def places(self) -> npt.NDArray[np.uint16]:
        return np.rint(self.points * SIDE).astype(np.uint16)

    @property
    def version(self) -> str:
        return hashlib.blake2b(self.rows.tobytes() + self.places.tobytes(), digest_size=8).hexdigest()


class SoundMapPart(LibraryPart, scope="read"):
    """The sound map, its regions, and values to colour it by; `library.sound_map`."""

    @served("GET", "/map", "The map of the sound: a place for each recording, near those that it sounds like.", **_SLOW)
    def places(self) -> SoundMap:
        """The sound map: a position in the plane for each recording, near similar-sounding recordings.

        The layout is computed once (6 s for 100,000 tracks); later recordings are added to it. It is empty if fewer
        than eight recordings have sound numbers.
        """
        mapped = _Mapped.of(self._store)
        return SoundMap(
            version=mapped.version,
            count=len(mapped.chosen),
            left_out=mapped.table.recordings() - len(mapped.chosen),
            kept=mapped.kept,
            side=SIDE,
            rows=tuple(np.diff(mapped.rows, prepend=0).tolist()),
            places=base64.b64encode(_packed(mapped.places)).decode("ascii"),
        )

    @served("GET", "/map/regions", "The named regions of the map, for each level of zoom.", **_SLOW)
    def regions(self) -> MapRegions:
        """The named regions of the map, for each level of zoom."""
        columns = self._store.search.columns(Query.parse("is:any"), self._store.context(), texts=(), numbers=())
        ids, known = TracksPart(self._services).table_rows(columns.file_id.tolist(), ("artist", "label"))
        artists, labels = (dict[int, Any](zip(ids, known[name], strict=True)) for name in ("artist", "label"))
        mapped, preferences = _Mapped.of(self._store), self._store.preferences
        table, rows = mapped.table, mapped.chosen

        def numbers(name: str, parts: int = 1) -> npt.NDArray[np.float64]:
            return np.array(_numbers(table, rows, name, preferences), dtype=np.float64) / parts

        families, names = _coded(table, rows, preferences.genres.families.family)
        values = RegionValues(
            genre=[table.texts[code] for code in table.column("genre")[rows].tolist()],
            family=[None if at is None else names[at] for at in families],
            artist=[artists.get(row) for row in mapped.rows.tolist()],
            label=[labels.get(row) for row in mapped.rows.tolist()],
            year=table.column("year")[rows].astype(np.float64),
            bpm=numbers("bpm", BPM_PARTS),
            level=numbers("level"),
            moods=table.hamms(rows, _MOODS),
        )
        return MapRegions(regions=regions_of(mapped.places, SIDE, values))

    @served("GET", "/map/values", "Values to colour the map by, in the order of its rows.",
            {"name:names": (list[str], [])}, example={"name": ["key"]}, **_SLOW)  # fmt: skip
    def values(self, names: Sequence[str]) -> MapValues:
        """Values to colour the recordings of the map by: `bpm`, `key`, `level`, `doubt`, `genre`, `family`.

        raises UsageError: if there is no such value
        """
        for name in names:
            if name not in (*_NUMBERS, *_TEXTS):
                raise UsageError.no_such("value", name, (*_NUMBERS, *_TEXTS))
        store, mapped = self._store, _Mapped.of(self._store)
        values: dict[str, list[int | None]] = {}
        texts: dict[str, list[str]] = {}
        for name in names:
            if name in _TEXTS:
                values[name], texts[name] = _coded(
                    mapped.table, mapped.chosen, store.preferences.genres.families.family if name == "family" else None
                )
            elif name == "doubt":
                doubtful = store.search.matching(Query.parse("is:any is:doubtful"), store.context())
                values[name] = np.isin(mapped.rows, doubtful).astype(int).tolist()
            else:
                values[name] = _numbers(mapped.table, mapped.chosen, name, store.preferences)
        parts = {"bpm": BPM_PARTS} if "bpm" in values else {}
        return MapValues(version=mapped.version, parts=parts, texts=texts, values=values)


@hookspecs.warm.implementation
def prepare_map(store: Store) -> None:
    """Lay the map out now, if there are enough recordings."""
    _Mapped.of(store)


def _laid_out(store: Store, table: LibraryTable) -> tuple[npt.NDArray[np.intp], _Layout]:
    """The rows of a table that have a place, and their places; none if there are too few."""
    chosen = np.flatnonzero(table.has_sound)
    if len(chosen) < SoundSpace.LEAST_TRACKS:
        return chosen[:0], _Layout(np.empty(0, np.bytes_), np.empty((0, 2)), 0.0, "")
    names, sampled = table.column("audio_id")[chosen], table.directions[chosen[:: -(-len(chosen) // _COMPARED)]]
    sounds = hashlib.blake2b(sampled.tobytes(), digest_size=8).hexdigest()
    with closing(TextCache(user_file("cache", "maps"), lambda _: None, command="")) as texts:
        place = f"{_FORM} {store.place.beside}"
        key = hashlib.blake2b(place.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        before = texts.get(key, _Layout.read)
        if before is not None and before.sounds == sounds and np.array_equal(before.names, names):
            return chosen, before
        layout = _grown(before, names, table.directions[chosen], sounds)
        texts.put({key: layout.written()}, keep_s=_CACHE_S)
    return chosen, layout


def _grown(
    before: _Layout | None, names: npt.NDArray[Any], directions: npt.NDArray[np.float32], sounds: str
) -> _Layout:
    if before is not None:
        is_known = np.isin(names, before.names)
        if (
            np.count_nonzero(~is_known) <= MOST_NEW * len(names)
            and np.count_nonzero(is_known) >= SoundSpace.LEAST_TRACKS
        ):
            points = np.empty((len(names), 2))
            points[is_known] = before.points[np.searchsorted(before.names, names[is_known])]
            if not is_known.all():
                points[~is_known] = place_beside(directions[~is_known], directions[is_known], points[is_known])
            return _Layout(names, points, preserved_neighbours(directions, points)[0], sounds)
    points, share = place_directions(directions)
    low = points.min(axis=0)
    return _Layout(names, (points - low) / max(float((points - low).max()), 1e-9), share, sounds)


def _packed(places: npt.NDArray[np.uint16]) -> bytes:
    """Two 12-bit numbers in three bytes: the low eight bits of x, its high four before the low four of y, the high
    eight of y."""
    x, y = places[:, 0], places[:, 1]
    packed = np.stack((x & 255, x >> 8 | (y & 15) << 4, y >> 4), axis=1)
    return packed.astype(np.uint8).tobytes()


def _numbers(table: LibraryTable, rows: npt.NDArray[np.intp], name: str, wanted: Preferences) -> list[int | None]:
    mix = table.mix(wanted.sources)
    if name == "bpm":
        return [None if value != value else round(BPM_PARTS * value) for value in mix.bpm[rows].tolist()]
    if name == "key":
        return [None if value == mix.UNKNOWN_KEY else value for value in mix.key[rows].tolist()]
    energy = mix.energy[rows]
    levels = np.maximum(1, np.searchsorted(Energy.LEVELS, energy, side="right"))
    return [None if value != value else level for value, level in zip(energy, levels.tolist(), strict=True)]


def _coded(
    table: LibraryTable, rows: npt.NDArray[np.intp], family_of: Callable[[str], str | None] | None
) -> tuple[list[int | None], list[str]]:
    numbers: dict[str, int] = {}
    known: dict[int, int | None] = {}
    for code in np.unique(codes := table.column("genre")[rows]).tolist():
        text = table.texts[code]
        name = text and ((family_of(text) if family_of else None) or text.partition(";")[0].strip())
        known[code] = numbers.setdefault(name, len(numbers)) if name else None
    return [known[code] for code in codes.tolist()], list(numbers)

"""The map of the sound of a library: `library.sound_map`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from map4.core.base.actor import served
from map4.core.music.query.parser import parse_query
from map4.extras.sound_map.regions import MapRegions
from map4.extras.sound_map.sound_map import MapValues, SoundMap, map_regions, map_sounds, map_values
from map4.library.part import LibraryPart
from map4.search import TracksPart

_SLOW: dict[str, Any] = {"queue": "long", "cache": "alike", "shared_as": "stats"}


class SoundMapPart(LibraryPart, scope="read"):
    """The sound map, its regions, and values to colour it by; `library.sound_map`."""

    @served("GET", "/map", "The map of the sound: a place for each recording, near those that it sounds like.", **_SLOW)
    def places(self) -> SoundMap:
        """The sound map: a position in the plane for each recording, near similar-sounding recordings.

        The layout is computed once (6 s for 100,000 tracks); later recordings are added to it.

        raises NothingFoundError: if fewer than eight recordings have sound numbers
        """
        return map_sounds(self._store)

    @served("GET", "/map/regions", "The named regions of the map, for each level of zoom.", **_SLOW)
    def regions(self) -> MapRegions:
        """The named regions of the map, for each level of zoom."""
        columns = self._store.search.columns(parse_query("is:any"), self._services.context(), texts=(), numbers=())
        rows, known = TracksPart(self._services).table_rows(columns.file_id.tolist(), ("artist", "label"))
        return map_regions(self._store, *(dict(zip(rows, known[name], strict=True)) for name in ("artist", "label")))

    @served("GET", "/map/values", "Values to colour the map by, in the order of its rows.",
            {"name:names": (list[str], [])}, example={"name": ["key"]}, **_SLOW)  # fmt: skip
    def values(self, names: Sequence[str]) -> MapValues:
        """Values to colour the recordings of the map by: `bpm`, `key`, `level`, `doubt`, `genre`, `family`.

        raises UsageError: if there is no such value
        """
        return map_values(self._store, names)

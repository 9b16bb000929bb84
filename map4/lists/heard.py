"""Which tracks the user heard lately, skips, or has not played for long, and how much a list avoids or wants them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from map4.core.music.query.parser import parse_query
from map4.lists.playlist.request import ListRequest, query_text

if TYPE_CHECKING:
    from collections.abc import Iterator

LEFT_OUT = 20
"""Weight of a track that comes only if no other fits; that of a weak wish is 1."""
LONG_AGO = "played:-1y"
"""Tracks outside this query were never or long not played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardTracks:
    """Files (ids) that count for a list because of the user's plays and skips.

    heard: heard lately
    weight: how much the list avoids them, as `LEFT_OUT`
    skipped: skipped more often than heard
    played: played since `LONG_AGO`; None if no places are kept for other tracks
    """

    heard: Collection[int] = frozenset()
    weight: int = 1
    skipped: Collection[int] = frozenset()
    played: frozenset[int] | None = None

    def reasons(self, file_id: int) -> Iterator[str]:
        """What counted for or against a pick."""
        if file_id in self.heard:
            yield "although heard lately"
        if file_id in self.skipped:
            yield "although skipped more often than heard"
        if self.played is not None and file_id not in self.played:
            yield "not played for a year"


NOTHING_HEARD = HeardTracks()


def listening_of(
    request: ListRequest,
    lately: str | None,
    matching: Callable[[str], Collection[int]],
    skipped: Callable[[], Collection[int]],
) -> HeardTracks:
    """What counts for a request; nothing if it names other plays, or tracks that must appear.

    lately: a query for what was heard lately; None if the user turned it off
    matching: the files that match a query
    skipped: the files skipped more often than heard
    """
    queries = (request.query, request.exclude, request.preferred, request.avoided)
    names_plays = any("played" in parse_query(query_text(query)).fields for query in queries)
    if lately is None or request.includes or names_plays or request.heard == "off":
        return NOTHING_HEARD
    mode = request.heard or ("less" if request.sounds_like else "off")
    return HeardTracks(
        heard=frozenset() if mode == "off" else frozenset(matching(lately)),
        weight=LEFT_OUT if mode == "out" else 1,
        skipped=frozenset(skipped()),
        played=frozenset(matching(LONG_AGO)) if request.reach else None,
    )

"""Which tracks the user heard lately, skips, or has not played for long, and how much a list avoids or wants them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from map4.core.music.query.context import Preferences
from map4.core.music.query.parser import Query
from map4.core.music.query.terms import read_span
from map4.lists.playlist.request import ListRequest, query_text

LEFT_OUT = 20
"""Weight of a track that comes only if no other fits; that of a weak wish is 1."""
_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentPlays:
    """Files (ids) that count for a list because of the user's plays and skips.

    recent: heard lately
    weight: how much the list avoids them, as `LEFT_OUT`
    again: of those that are left out, those heard in the last half of the time, quarter and so on, to come later still
    skipped: skipped more often than heard
    played: played since `Preferences.LONG_AGO`; None if no places are kept for other tracks
    """

    recent: Collection[int] = frozenset()
    weight: int = 1
    again: Sequence[Collection[int]] = ()
    skipped: Collection[int] = frozenset()
    played: frozenset[int] | None = None

    def reasons(self, file_id: int) -> Iterator[str]:
        """The reasons for or against a pick."""
        if file_id in self.recent:
            yield "although heard lately"
        if file_id in self.skipped:
            yield "although skipped more often than heard"
        if self.played is not None and file_id not in self.played:
            yield "not played for a year"


NO_PLAYS = RecentPlays()


def _later_parts(lately: str) -> Iterator[str]:
    """Queries for the last half of a time, the last quarter, and so on."""
    hours = read_span(lately.removeprefix("played:-"), "a time") // timedelta(hours=1)
    return (f"played:-{hours // 2**part}h" for part in range(1, _PARTS + 1) if hours // 2**part)


def listening_of(
    request: ListRequest,
    lately: str | None,
    matching: Callable[[str], Collection[int]],
    skipped: Callable[[], Collection[int]],
) -> RecentPlays:
    """The plays and skips that count for a request; none if it names other plays, or tracks that must appear.

    lately: a query for what was heard lately; None if the user turned it off
    matching: the files that match a query
    skipped: the files skipped more often than heard
    """
    queries = (request.query, request.exclude, request.preferred, request.avoided)
    names_plays = any("played" in Query.parse(query_text(query)).fields for query in queries)
    if lately is None or request.includes or names_plays or request.recent == "off":
        return NO_PLAYS
    mode = request.recent or ("less" if request.sounds_like else "off")
    return RecentPlays(
        recent=frozenset() if mode == "off" else frozenset(matching(lately)),
        weight=LEFT_OUT if mode == "out" else 1,
        again=[matching(query) for query in _later_parts(lately)] if mode == "out" else (),
        skipped=frozenset(skipped()),
        played=frozenset(matching(Preferences.LONG_AGO)) if request.reach else None,
    )

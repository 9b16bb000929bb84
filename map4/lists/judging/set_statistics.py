"""Statistics of DJ sets, compared with chance: histories of DJ programs, and plays in sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from map4.core.music.mixing.many import MixColumns
from map4.core.music.plays import SET_SOURCES, PlaySource, PlayTime
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError
from map4.lists.store.playlists import SqlPlaylists
from map4.lists.stored import PlayedEntry
from map4.plays import SqlPlays
from map4.transitions import Following, MixStatistics, NamedTrack, PlayedSets, SetHabits, Spread

MOST_FOLLOWING = 20
LEAST_STEPS = 30
"""Minimum number of steps with known tempo or key for a list that follows the sets; fewer rarely differ from chance."""
NO_SETS = (
    "there is no set of two tracks or more; 'map4 import' imports the histories of DJ programs, and "
    "'map4 playlist list --history' lists them"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A track of a set: its audio id (None if unknown), its start in Unix seconds, and how it was mixed."""

    audio_id: str | None
    at: int | None
    played: PlayedEntry | None = None


_Set = Sequence[_Entry]


def mix_statistics(store: Store, since: str | None = None) -> MixStatistics:
    """Statistics of the sets that began since a moment in UTC; None includes all sets.

    raises NothingFoundError: if there are none
    """
    return _Looked(store, since).statistics()


def set_habits(store: Store) -> SetHabits:
    """The habits that a list similar to the sets follows.

    raises NothingFoundError: if the sets are too few
    """
    looked = _Looked(store, None)
    statistics = looked.statistics()
    known = max(statistics.known["tempo"], statistics.known["key"])
    if known < LEAST_STEPS:
        raise NothingFoundError(
            f"your sets have {known} steps with a known tempo or key on both sides, too few to tell habit from "
            f"chance; {LEAST_STEPS} are needed. 'map4 stats mixes' shows them"
        )
    again = statistics.again is not None and statistics.again.weight > 0.0
    return SetHabits(statistics=statistics, following=looked.following() if again else {})


class _Looked:
    """The sets of a library, read once."""

    def __init__(self, store: Store, since: str | None) -> None:
        self._since = since
        sets = [*_sets(store)]
        if since is not None:  # sets without times began at an unknown moment
            sets = [
                each for each in sets if next((e.at for e in each if e.at is not None), -1) >= PlayTime.seconds(since)
            ]
        self._columns = store.search.columns(
            "", store.context(), texts=("audio_id", "artist", "title"), numbers=("energy", "duration_s")
        )
        rows = [*enumerate(self._columns.audio_id.tolist())]
        self._rows = {audio_id: row for row, audio_id in reversed(rows)}  # the first file of copies
        self._played = [[self._row(entry) for entry in each] for each in sets]
        self._sets = sets
        self._compare = PlayedSets(self._played, MixColumns.of_library(self._columns))
        if not self._compare.sets:
            ever = "" if since is None else f" since {since[:10]}"
            raise NothingFoundError(NO_SETS.replace("there is no set", f"there is no set{ever}"))
        self._found = self._compare.compare()

    def statistics(self) -> MixStatistics:
        figures, sets = self._found, self._sets
        return MixStatistics(
            since=self._since,
            sets=len(self._compare.sets),
            steps=figures.steps,
            tracks=len({row for rows in self._played for row in rows} - {PlayedSets.NO_TRACK}),
            shuffles=PlayedSets.SHUFFLES,
            known=figures.known,
            tempo=dict(zip(MixStatistics.TEMPO_STEP_NAMES, figures.tempo, strict=False)),
            keys=dict(zip(MixStatistics.RELATION_NAMES, figures.keys, strict=False)),
            keys_fit=figures.keys_fit,
            energy=dict(zip(MixStatistics.ENERGY_STEP_NAMES, figures.energy, strict=False)),
            again=figures.again,
            plays_s=_spread(
                b.at - a.at
                for played_set in sets
                for a, b in pairwise(played_set)
                if a.at is not None and b.at is not None
            ),
            mixes_s=_spread(entry.mixed_s for entry in self._entries() if entry.mixed_s is not None),
            leaves_s=_spread(self._left()),
            enters_s=_spread(entry.entered_at_s for entry in self._entries() if entry.entered_at_s is not None),
            following=tuple(self._following()),
        )

    def following(self) -> dict[str, frozenset[str]]:
        """For each audio id, the audio ids played right after it more than once."""
        followers = defaultdict[str, set[str]](set)
        for first, second in self._found.followed:
            followers[self._columns.audio_id[first]].add(self._columns.audio_id[second])
        return {first: frozenset(seconds) for first, seconds in followers.items()}

    def _row(self, entry: _Entry) -> int:
        return PlayedSets.NO_TRACK if entry.audio_id is None else self._rows.get(entry.audio_id, PlayedSets.NO_TRACK)

    def _entries(self) -> Iterator[PlayedEntry]:
        return (entry.played for played_set in self._sets for entry in played_set if entry.played is not None)

    def _left(self) -> Iterator[float]:
        """How long before its end each track was left, if known."""
        for played_set in self._sets:
            for before, after in pairwise(played_set):
                row = self._row(before)
                if after.played is None or after.played.left_at_s is None or row == PlayedSets.NO_TRACK:
                    continue
                before_s = float(self._columns.duration_s[row]) - after.played.left_at_s
                if before_s >= 0.0:  # skips unknown lengths as well
                    yield before_s

    def _following(self) -> Iterator[Following]:
        for (first, second), times in [*self._found.followed.items()][:MOST_FOLLOWING]:
            chance = self._compare.by_chance(first, second)
            yield Following(first=self._named(first), second=self._named(second), times=times, by_chance=chance)

    def _named(self, row: int) -> NamedTrack:
        columns = self._columns
        return NamedTrack(audio_id=columns.audio_id[row], artist=columns.artist[row], title=columns.title[row])


def _sets(store: Store) -> Iterator[_Set]:
    """Every set, each once: lists that are histories, and plays in sets from other sources."""
    seen, plays = set[tuple[tuple[str | None, int | None], ...]](), set[tuple[str | None, int | None]]()
    for entries in store.part(SqlPlaylists).histories():
        times = [PlayTime.utc_of_local(entry.played_at or "") for entry in entries]
        listed = [
            _Entry(audio_id=entry.audio_id, at=None if at is None else PlayTime.seconds(at), played=entry)
            for entry, at in zip(entries, times, strict=True)
        ]
        plays.update((entry.audio_id, entry.at) for entry in listed)
        for part in _parts(listed):
            known = tuple((entry.audio_id, entry.at) for entry in part)
            if known not in seen:  # several programs may record the same evening
                seen.add(known)
                yield part
    by_source = defaultdict["PlaySource", list[_Entry]](list)
    for play in store.part(SqlPlays).each(SET_SOURCES):
        at = PlayTime.seconds(play.at)
        if (play.audio_id, at) not in plays:
            by_source[play.source].append(_Entry(audio_id=play.audio_id, at=at))
    for played in by_source.values():
        yield from _parts(played)


def _parts(entries: _Set) -> Iterator[_Set]:
    """Split a history at its breaks: a track played long after the previous one starts a new set."""
    start = 0
    for place, (before, after) in enumerate(pairwise(entries), start=1):
        if (
            before.at is not None
            and after.at is not None
            and not 0 <= after.at - before.at <= MixStatistics.SET_BREAK_S
        ):
            yield entries[start:place]
            start = place
    yield entries[start:]


def _spread(values: Iterable[float]) -> Spread | None:
    known = np.array([*values], dtype=np.float64)
    if not len(known):
        return None
    low, middle, high = np.quantile(known, (0.1, 0.5, 0.9)).tolist()
    return Spread(known=len(known), low=low, median=middle, high=high)

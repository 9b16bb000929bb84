"""A list has a song once: which candidates are versions of a song, and which version comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from map4.core.music.track.track import Track
from map4.lists.check_result import SongAgain
from map4.lists.playlist.request import ListRequest
from map4.lists.sequencing.problem import NO_GROUP, Candidates, Ints
from map4.lists.sequencing.step_scores import MICRO
from map4.lists.sequencing.waypoints import choose_opening
from map4.search import Song, SongSet, song_numbers, work_numbers

# What a version loses in a step to the studio original, by `Song.rank`, and to the longest intro where mixes are
# planned: less than a preference (.1) and more than what versions of a song differ by in key or tempo confidence.
_RANK_SHARES = np.array([0.0, 0.01, 0.03])
_INTRO_SHARE = 0.03


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListSongs:
    """The rule for a list.

    of_files: the songs of files (ids)
    named: named tracks; the candidate with the id -1 is the first
    others: tracks beside these whose songs are not chosen
    own_remixes: whether the remix of another remixer is a separate song
    intros: returns the length of the intro of files (ids), in seconds; None where no mix is planned
    """

    of_files: Callable[[Sequence[int]], Mapping[int, Song]]
    named: Sequence[Track]
    others: Iterable[Track]
    own_remixes: bool
    intros: Callable[[Sequence[int]], Mapping[int, float]] | None

    def __call__(self, candidates: Candidates, *, is_all: bool = True) -> Candidates:
        """The candidates with their songs; as they are if all there is are versions of a song."""
        rows, others = candidates.rows.tolist(), [Song.of_track(track) for track in self.others]
        of_files = self.of_files([row for row in rows if row >= 0])
        songs = [Song.of_track(self.named[-1 - row]) if row < 0 else of_files.get(row) for row in rows]
        numbers, works = (
            np.array(numbered([*songs, *others], own_remixes=self.own_remixes), dtype=np.int64)
            for numbered in (song_numbers, work_numbers)
        )
        song, taken = numbers[: len(rows)], numbers[len(rows) :]
        work, taken_work = works[: len(rows)], works[len(rows) :]
        is_common = np.array([known is not None and known.is_common for known in songs], dtype=bool)
        free = candidates.rows >= 0
        if is_all and len(set(song[free].tolist())) == 1 < np.count_nonzero(free) and song[free][0] != NO_GROUP:
            return candidates
        # By title only if the work of either is unknown.
        untold = taken[(taken != NO_GROUP) & (taken_work == NO_GROUP)]
        by_title = np.isin(song, untold) | (np.isin(song, taken[taken != NO_GROUP]) & (work == NO_GROUP))
        is_taken = free & ((by_title & ~is_common) | np.isin(work, taken_work[taken_work != NO_GROUP]))
        return replace(
            candidates,
            song=song,
            work=work,
            is_common=is_common,
            eligible=candidates.eligible & ~is_taken,
            version_cost=self._costs(
                candidates.rows,
                songs,
                np.where(work == NO_GROUP, np.where(is_common, NO_GROUP, song), work + song.max(initial=0) + 1),
            ),
        )

    def opening(self, candidates: Candidates, start: int, request: ListRequest) -> int:
        """The version of an opening that begins the list: the studio original if it is about as good."""
        mates = np.flatnonzero(candidates.eligible & (candidates.artist == candidates.artist[start]))
        if candidates.artist[start] == NO_GROUP or len(mates) < 2:
            return start
        known = self(candidates.take(mates), is_all=False)
        versions = known.is_same_recording(np.flatnonzero(mates == start))
        best = choose_opening(known.take(np.flatnonzero(versions)), request)
        return start if best is None else int(mates[versions][best])

    def _costs(self, rows: Ints, songs: Sequence[Song | None], numbers: Ints) -> Ints:
        """What each version loses to the best version of its song."""
        costs, versions = np.zeros(len(rows)), dict[int, list[int]]()
        for place in np.flatnonzero((rows >= 0) & (numbers != NO_GROUP)).tolist():
            versions.setdefault(int(numbers[place]), []).append(place)
        several = [places for places in versions.values() if len(places) > 1]
        known_s = self.intros([int(rows[place]) for places in several for place in places]) if self.intros else {}
        for places in several:
            shares = _RANK_SHARES[[known.rank if (known := songs[place]) else 0 for place in places]]
            if self.intros:
                intros_s = np.array([known_s.get(row, 0.0) for row in rows[places].tolist()])
                shares = shares / 10.0 + _INTRO_SHARE * (1.0 - intros_s / max(1.0, float(intros_s.max())))
            costs[places] = shares - shares.min()
        return np.rint(MICRO * costs).astype(np.int64)


def songs_again(tracks: Iterable[Track | None], *, own_remixes: bool) -> Iterator[SongAgain]:
    """The tracks of a list that are a version of an earlier one; None does not count."""
    seen = SongSet(own_remixes=own_remixes)
    for position, track in enumerate(tracks, start=1):
        if track and (first := seen.add(Song.of_track(track), track.length_s, position)) is not None:
            yield SongAgain(position=position, first=first)


def intro_s(track: Track) -> float:
    """The length of an intro: up to the first phrase with the whole band; 0 if unknown."""
    structure = track.analysis.structure if track.analysis else None
    phrases = structure.phrases if structure else ()
    return next((phrase.start_s for phrase in phrases if phrase.role not in ("intro", "build")), 0.0)

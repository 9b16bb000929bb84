"""Find tracks of the library that fit a place of a list, between both of its neighbours, and say why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from map4.core.base.records import Absent, Count, Ordinal, Record
from map4.core.base.text import percent
from map4.core.music.analysis.plausible import Energy
from map4.core.music.lists.limits import ListLimits
from map4.core.music.lists.tracklist import PlacedPick, Tracklist
from map4.core.music.mixing.compatibility import Compatibility, MixTraits, TransitionRecord
from map4.core.music.mixing.many import FloatArray, MixColumns, MixScores
from map4.core.music.track.credits import artist_key
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.hamms import similarity
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError, UsageError
from map4.lists.candidates import SoundSimilarity
from map4.lists.judging.quality import track_families
from map4.lists.playlist.request import ListRequest
from map4.lists.problem import ListFindings, listening_of
from map4.lists.sequencing.step_scores import PREFERENCE_SHARE, harmonic_levels, tempo_levels
from map4.plays import SqlPlays
from map4.search import Song, SongSet, SqlSongs

USUAL_SLOTS, MOST_SLOTS = 5, 20

# Weights beside the mean compatibility of the joints (0-1): energy, sound and genre; and the cost of a joint that
# breaks a limit of the list or mixes poorly.
_ENERGY_SHARE, _SOUND_SHARE, _GENRE_SHARE, _LIMIT_COST = 0.2, 0.15, 0.1, 0.25
_ENERGY_REACH = 0.4
"""At this distance from the wanted energy its weight is 0."""
_LOOKED_AT = 150
"""Number of best rows whose names and limits are checked first; more if too few are left."""


class ListSlot(Record):
    """A track that fits a place.

    id, row: over HTTP: of the track
    why: reasons in words
    before, after: its transitions with the previous and the next track; None at the ends of the list
    """

    id: str | Absent = ...
    row: Count | Absent | None = ...
    track: Track
    why: tuple[str, ...]
    before: TransitionRecord | None
    after: TransitionRecord | None


class ListSlots(Record, kind="list-slots"):
    """Tracks that fit a place of a list, best first.

    place: their place, from 1
    """

    place: Ordinal
    slots: tuple[ListSlot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A place that needs a track.

    place: from 1
    before, after: its neighbours; None at the ends, and if the file is missing
    energy: the wanted energy, 0-1; None for any
    artists: artists that are too near the place
    """

    place: int
    before: Track | None
    after: Track | None
    energy: float | None
    artists: frozenset[str]

    @property
    def neighbours(self) -> tuple[Track, ...]:
        return tuple(track for track in (self.before, self.after) if track is not None)


def require_slots(n: int) -> None:
    """Refuse a number of tracks outside 1 to `MOST_SLOTS`."""
    if not 1 <= n <= MOST_SLOTS:
        raise UsageError(f"request 1 to {MOST_SLOTS} tracks, not {n}")


class SlotFinder:
    """Finds the tracks that fit best in places of a list, each song once, without those of the list.

    limits: of the list; None uses its own
    """

    def __init__(
        self, store: Store, genres: GenreTable, stored: Tracklist, *, limits: ListLimits | None = None
    ) -> None:
        self.store, self.genres, self._stored = store, genres, stored
        self.limits, self.context = limits or stored.header.limits, store.context()
        self.table = store.sounds.table()

    def find(self, *, replace: int | None = None, after: int | None = None, n: int) -> ListSlots:
        """The best tracks for the place of an entry, or for the place after an entry.

        replace, after: the place of that entry, from 1; `after` may be 0, for the start of the list
        n: a number that `require_slots` accepts
        """
        opening = _opening(list(self._stored.listed()), self.limits, replace, after)
        if not opening.neighbours:
            why = "has no neighbour with a file, so no track can be matched to it"
            raise NothingFoundError(f"place {opening.place} {why}")
        return ListSlots(place=opening.place, slots=tuple(_Place(self, opening).best(n)))

    @cached_property
    def listed(self) -> list[tuple[Song, float | None]]:
        """The songs of the list, and their lengths."""
        return [(Song.of_track(track), track.length_s) for track in self._stored.tracks]

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """Which rows of the table the list does not have."""
        taken = np.fromiter(self.store.search.recordings_of(self._stored.tracks), dtype=np.int64)
        return self.table.is_recording & ~np.isin(self.table.file_ids, taken)

    @cached_property
    def findings(self) -> ListFindings:
        """The user's plays and skips, as they count for the list."""
        listening = listening_of(
            ListRequest(seeds=tuple(self._stored.tracks)).with_wishes(self._stored.header),
            self.store.preferences.recent_plays,
            lambda text: self.store.search.file_ids(text, self.context),
            self.store.part(SqlPlays).skipped_files,
        )
        return ListFindings(listening=listening)


def _opening(placed: Sequence[PlacedPick], limits: ListLimits, replace: int | None, after: int | None) -> Opening:
    if (replace is None) == (after is None):
        raise UsageError("name the place to replace (replace=3) or the place to insert after (after=3)")
    at = (replace or 1) - 1 if after is None else after  # from 0: the index of the new track
    least, name = (1, replace) if after is None else (0, after)
    if not least <= (name or 0) <= len(placed):
        raise UsageError(f"there is no place {name} in this list; its last place is {len(placed)}")
    left, right = list(placed[:at]), list(placed[at + 1 if after is None else at :])
    around = [*left[-1:], *right[:1]]
    targets = [pick.energy_target for _, pick in around if pick.energy_target is not None]
    own = placed[at][1].energy_target if after is None else None
    wanted = own if own is not None else sum(targets) / len(targets) if targets else None
    if wanted is None:
        energies = [energy for track, _ in around if (energy := track.energy()) is not None]
        wanted = sum(energies) / len(energies) if energies else None
    gap = limits.artist_gap
    near = gap.picks if gap.picks is not None else math.ceil(gap.size / Tracklist.USUAL_LENGTH_S)
    artists = (track.artist() for track, _ in [*left[len(left) - near :][:near], *right[:near]])
    return Opening(
        place=at + 1,
        before=_there(left[-1][0]) if left else None,
        after=_there(right[0][0]) if right else None,
        energy=wanted,
        artists=frozenset(map(artist_key, artists)) - {""},
    )


def _there(track: Track) -> Track | None:
    return None if track.state == "missing" or track.analysis is None else track


class _Place:
    def __init__(self, of_list: SlotFinder, opening: Opening) -> None:
        self._list, self._opening = of_list, opening
        self._store, self._genres, self._limits = of_list.store, of_list.genres, of_list.limits
        self._table, self._context = of_list.table, of_list.context
        self._before = None if opening.before is None else MixTraits.of(opening.before)
        self._after = None if opening.after is None else MixTraits.of(opening.after)
        self._families = [track.genre_family(self._genres) for track in opening.neighbours]
        loaded = (self._store.tracks.track(track.path, sound=True) for track in self._opening.neighbours)
        similarities = SoundSimilarity(self._table).of_library(
            [track for track in loaded if track is not None], to_mean=True
        )
        self._similarity = np.full(len(self._table.file_ids), np.nan) if similarities is None else similarities

    def best(self, n: int) -> list[ListSlot]:
        worth = np.where(self._list.free, self._worth(), -np.inf)
        order = np.argsort(-np.round(worth, 6), kind="stable")
        order = order[np.isfinite(worth[order])]
        chosen: list[tuple[float, int]] = []
        while len(order):
            part, order = np.split(order, [_LOOKED_AT])
            chosen += self._judged(part, worth)
            chosen.sort(key=lambda choice: (-round(choice[0], 6), choice[1]))
            chosen = self._without_repeats(chosen)
            # `worth` is an upper bound: names and genres can only lower it.
            if len(order) and len(chosen) >= MOST_SLOTS and chosen[MOST_SLOTS - 1][0] >= worth[order[0]]:
                break
        rows = [row for _, row in chosen[:MOST_SLOTS]]
        row_of = dict(zip(self._table.file_ids[rows].tolist(), rows, strict=True))
        # Tracks with a poor transition come last.
        slots: list[ListSlot] = []
        poor: list[ListSlot] = []
        ids = [*row_of]
        for start in range(0, len(ids), n):
            for file_id, track in self._store.tracks.numbered(ids[start : start + n]):
                slot = self._slot(track, float(self._similarity[row_of[file_id]]), file_id)
                is_poor = "poor" in {step and step.rating for step in (slot.before, slot.after)}
                (poor if is_poor else slots).append(slot)
            if len(slots) >= n:
                break
        return [*slots, *poor][:n]

    def _without_repeats(self, chosen: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
        """Each song once, without those of the list; only the first `MOST_SLOTS` are compared."""
        seen = SongSet(own_remixes=self._store.preferences.own_remixes)
        for listed, length_s in self._list.listed:
            seen.add(listed, length_s)
        lengths_s, once = self._table.column("duration_s"), list[tuple[float, int]]()
        for start in range(0, len(chosen), 2 * MOST_SLOTS):
            part = chosen[start : start + 2 * MOST_SLOTS]
            if len(once) >= MOST_SLOTS:
                return [*once, *chosen[start:]]
            ids = self._table.file_ids[[row for _, row in part]].tolist()
            songs = self._store.part(SqlSongs).of_files(ids)
            once += (
                choice
                for choice, file_id in zip(part, ids, strict=True)
                if (known := songs.get(file_id)) is None or seen.add(known, float(lengths_s[choice[1]])) is None
            )
        return once

    def _worth(self) -> FloatArray:
        """The score of each row from its numbers and limits, plus the maximum that its genre can add."""
        mix = self._table.mix(self._context.preferences.sources)
        steps = list(self._steps(mix))
        worth: FloatArray = np.mean([scores.total for *_, scores in steps], axis=0) + _GENRE_SHARE
        if self._opening.energy is not None:
            off = np.nan_to_num(np.abs(mix.energy - self._opening.energy), nan=_ENERGY_REACH)
            worth += _ENERGY_SHARE * (1.0 - np.minimum(1.0, off / _ENERGY_REACH))
        for a, b, scores in steps:
            tempo = tempo_levels((self._limits.tempo,), scores, a.bpm, b.bpm) > 0
            is_key_broken = harmonic_levels((self._limits.harmonic,))[a.leaves, b.enters] > 0
            worth -= _LIMIT_COST * (is_key_broken | (tempo & ~np.isnan(a.bpm) & ~np.isnan(b.bpm)))
        if (bias := self._list.findings.preference_bias(self._table.file_ids)) is not None:
            worth += PREFERENCE_SHARE * bias
        return worth + _SOUND_SHARE * np.nan_to_num(np.clip(self._similarity, 0.0, 1.0))

    def _steps(self, mix: MixColumns) -> Iterator[tuple[MixColumns, MixColumns, MixScores]]:
        """The steps from the track before to each row, and from each row to the track after."""
        for side, is_before in ((self._before, True), (self._after, False)):
            if side is not None:
                own = MixColumns.of([side])
                a, b = (own, mix) if is_before else (mix, own)
                yield a, b, MixScores.of(a, b)

    def _judged(self, rows: np.ndarray, worth: FloatArray) -> Iterator[tuple[float, int]]:
        """The rows that are allowed in the place, with scores that include genres."""
        ids = self._table.file_ids[rows].tolist()
        texts = ("artist", "genre", "label_family")
        columns = self._store.search.columns("", self._context, texts=texts, numbers=("duration_s",), among=ids)
        families = track_families(columns.label_family, columns.genre, self._genres)
        is_short = columns.duration_s < Compatibility.LEAST_MIXED_S  # never for an unknown length, which is NaN
        facts = zip(columns.artist.tolist(), families, is_short.tolist(), strict=True)
        named = dict(zip(columns.file_id.tolist(), facts, strict=True))
        joints = self._store.search.joint_traits(ids, self._context)
        mix = self._table.mix(self._context.preferences.sources)[rows]
        headline = [scores.total for *_, scores in self._steps(mix)]
        mix = mix.with_joints(joints.get(file_id, MixTraits()) for file_id in ids)
        steps = [scores for *_, scores in self._steps(mix)]
        is_poor = np.any([scores.is_poor for scores in steps], axis=0)
        change = np.mean([scores.total for scores in steps], axis=0) - np.mean(headline, axis=0)
        for row, file_id, poor, change_of in zip(rows.tolist(), ids, is_poor.tolist(), change.tolist(), strict=True):
            if file_id not in named:
                continue
            artist, family, short = named[file_id]
            if short or artist_key(artist) in self._opening.artists:
                continue
            known = [fit for neighbour in self._families if (fit := self._genres.fit(neighbour, family)) is not None]
            genre = sum(known) / len(known) if known else 0.5
            yield float(worth[row]) + change_of - _GENRE_SHARE * (1.0 - genre) - _LIMIT_COST * poor, row

    def _slot(self, track: Track, likeness: float, file_id: int) -> ListSlot:
        before, after = self._opening.before, self._opening.after
        own, listening = MixTraits.of(track), self._list.findings.listening
        into = None if self._before is None else self._before.compared(own)
        out = None if self._after is None else own.compared(self._after)
        return ListSlot(
            track=track,
            why=(*_reasons(own, into, out, self._opening.energy, likeness), *listening.reasons(file_id)),
            before=_record(before, track, into),
            after=_record(track, after, out),
        )


def _record(a: Track | None, b: Track | None, step: Compatibility | None) -> TransitionRecord | None:
    if a is None or b is None or step is None:
        return None
    return TransitionRecord(step=step, similarity=similarity(a, b))


def _reasons(
    own: MixTraits, into: Compatibility | None, out: Compatibility | None, wanted: float | None, likeness: float
) -> Iterator[str]:
    """Why a track fits, in a DJ's words: key, tempo, energy, sound."""
    yield _key_reason(own, into, out)
    yield _tempo_reason(into, out)
    if own.energy is not None and wanted is not None:
        level, wanted_level = Energy.level(own.energy), Energy.level(wanted)
        yield f"energy {level} as wanted" if level == wanted_level else f"energy {level}, wanted {wanted_level}"
    if not math.isnan(likeness) and likeness > 0:
        yield f"sounds {percent(likeness)} like {'both' if into and out else 'its neighbour'}"


def _key_reason(own: MixTraits, into: Compatibility | None, out: Compatibility | None) -> str:
    before, after = [into.key.ends()[0]] if into else [], [out.key.ends()[1]] if out else []
    way = " → ".join([*before, own.key.camelot if own.key else "?", *after])
    if own.key is None:
        return f"key unknown ({way})"
    fit = [step.key.fits for step in (into, out) if step is not None]
    if all(fit):
        return f"key fits: {way}"
    if not any(fit):
        words = dict.fromkeys(step.key.words for step in (into, out) if step is not None)
        return f"{', '.join(filter(None, words)) or 'keys fit badly'}: {way}"
    return f"key fits only the track {'before' if into is not None and into.key.fits else 'after'}: {way}"


def _tempo_reason(into: Compatibility | None, out: Compatibility | None) -> str:
    parts: list[str] = []
    for step, words in ((into, "in"), (out, "out")):
        if step is None:
            continue
        if step.tempo.change_percent is None:
            parts.append(f"tempo unknown {words}")
        elif step.tempo.is_same:
            parts.append(f"same tempo {words}")
        else:
            folded = "" if step.tempo.folded is None else f" in {step.tempo.folded} time"
            name = "" if any("fader" in part for part in parts) else "fader "
            parts.append(f"{name}{step.tempo.fader_text} %{folded} {words}".replace("-", "−"))
    return ", ".join(parts)

"""The tracks a playlist may be made of, as numeric columns: a hundred thousand of them fit into a few megabytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from map4.selection.mixing import MixColumns

NO_GROUP = -1
"""Column value of an unknown artist, album or genre family."""

SAME_RECORDING_S = 3.0
"""Files of the same artist and title whose lengths differ by no more than this are one recording."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Columns of n tracks; row i of each describes the same track.

    Parameters
    ----------
    rows : what the caller knows the track by
    tie : in the order of the audio ids, decides where scores are equal; the same for the same audio
    eligible : whether the search may choose it by itself; seeds and tracks that must appear need not be
    bpm : tempo in force; NaN unknown
    key : 0-23 as in `ALL_KEYS`, `UNKNOWN_KEY` unknown
    energy : 0-1; NaN unknown
    duration_s : NaN unknown
    artist, album, family : group numbers, `NO_GROUP` unknown; families are the rows of the genre table
    recording : group number; rows of one group are the same recording
    similarity : of the sound to what the list starts from, -1 to 1; NaN unknown
    goal_similarity : of the sound to what the list leads to; None where it leads nowhere
    aside : whether it stands back for others about as good; None where none does
    """

    rows: Ints
    tie: Ints
    eligible: NDArray[np.bool_]
    bpm: Floats
    key: Ints
    energy: Floats
    duration_s: Floats
    artist: Ints
    album: Ints
    family: Ints
    recording: Ints
    similarity: Floats
    goal_similarity: Floats | None = None
    aside: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            column = getattr(self, field.name)
            if column is not None and column.shape != self.rows.shape:
                raise ValueError(f"{field.name} has shape {column.shape}, rows has {self.rows.shape}")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def traits(self) -> MixColumns:
        """What counts for mixing."""
        return MixColumns(bpm=self.bpm, key=self.key, energy=self.energy)

    def take(self, indices: Ints) -> Candidates:
        """The rows of these indices, in this order."""
        goal = self.goal_similarity
        return Candidates(
            rows=self.rows[indices],
            tie=self.tie[indices],
            eligible=self.eligible[indices],
            bpm=self.bpm[indices],
            key=self.key[indices],
            energy=self.energy[indices],
            duration_s=self.duration_s[indices],
            artist=self.artist[indices],
            album=self.album[indices],
            family=self.family[indices],
            recording=self.recording[indices],
            similarity=self.similarity[indices],
            goal_similarity=None if goal is None else goal[indices],
            aside=None if self.aside is None else self.aside[indices],
        )


def number_groups(names: Sequence[str | None]) -> Ints:
    """Number texts so that equal ones, whatever their case and outer blanks, share a number; nothing is `NO_GROUP`."""
    numbers: dict[str, int] = {"": NO_GROUP}
    texts = [name.strip().casefold() if name else "" for name in names]
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], dtype=np.int64)


def number_recordings(audio: Ints, artist: Ints, title: Ints, duration_s: Floats) -> Ints:
    """Number recordings: the same audio, or the same artist and title with lengths within `SAME_RECORDING_S`.

    Parameters
    ----------
    audio : equal where the audio id is
    artist, title : group numbers; a track that lacks one of them is the same as another only by its audio
    duration_s : an unknown length goes with any

    Returns
    -------
    A number for each row. Lengths are chained: 200, 202 and 204 s are one recording.
    """
    named = np.flatnonzero((artist != NO_GROUP) & (title != NO_GROUP))
    length = np.where(np.isnan(duration_s), -np.inf, duration_s)
    order = named[np.lexsort((length[named], title[named], artist[named]))]
    parent = np.arange(len(audio), dtype=np.int64)
    same_name = (np.diff(artist[order]) == 0) & (np.diff(title[order]) == 0)
    before, after = length[order[:-1]], length[order[1:]]
    with np.errstate(invalid="ignore"):  # -inf - -inf
        near = np.isinf(before) | (after - before <= SAME_RECORDING_S)
    links = [(order[i], order[i + 1]) for i in np.flatnonzero(same_name & near)]
    by_audio = np.argsort(audio, kind="stable")
    links += [(by_audio[i], by_audio[i + 1]) for i in np.flatnonzero(np.diff(audio[by_audio]) == 0)]
    for a, b in links:
        low, high = sorted((_root(parent, int(a)), _root(parent, int(b))))
        parent[high] = low
    for index in {int(i) for pair in links for i in pair}:
        parent[index] = _root(parent, index)
    return parent


def _root(parent: Ints, index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = int(parent[index])
    return index

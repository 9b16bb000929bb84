"""A whole library as `map4 similar` compares it: one row for each recording, in the order of the audio ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from map4.selection.mixing import MixColumns
from map4.selection.neighbours import LEAST_TRACKS, FloatArray, SoundSpace, fit_sound_space

IntArray = npt.NDArray[np.int64]
Names = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimilarityTable:
    """Recordings of a library and a vector each; `vectors` of shape (n, 12), NaN where unknown."""

    file_ids: IntArray
    audio_ids: Names
    vectors: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixTable:
    """Recordings of a library and what of them matters for mixing."""

    file_ids: IntArray
    audio_ids: Names
    columns: MixColumns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoundTable:
    """Recordings of a library and their directions in its sound space; no space where there are too few."""

    file_ids: IntArray
    audio_ids: Names
    space: SoundSpace | None
    directions: FloatArray

    @classmethod
    def fit(cls, *, file_ids: IntArray, audio_ids: Names, vectors: npt.NDArray[np.float16]) -> SoundTable:
        """Fit the space of these vectors, shape (n, 128), and project all of them."""
        space = fit_sound_space(vectors) if len(vectors) >= LEAST_TRACKS else None
        directions = np.zeros((len(vectors), 0), dtype=np.float32) if space is None else space.project(vectors)
        return cls(file_ids=file_ids, audio_ids=audio_ids, space=space, directions=directions)


class SimilarityTables(Protocol):
    """A whole library, as far as it is compared."""

    def sound(self) -> SoundTable: ...

    def hamms(self) -> SimilarityTable: ...

    def traits(self) -> MixTable: ...

    def recordings(self) -> int: ...

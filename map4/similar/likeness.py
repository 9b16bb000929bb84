"""What similar tracks have in common."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np

from map4.core.base.records import Fraction, Json, Record
from map4.core.music.analysis.inside import SoundVector
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.sound.similarity_tables import FloatArray, SoundSpace
from map4.core.music.track.track import Track

_OfSound = Annotated[float, Json(2, minimum=-1, maximum=1)] | None
_OfMix = Annotated[Fraction, Json(2)] | None


class Likeness(Record):
    """How alike a track and a requested track are in each respect, 1 the same; null if unknown. A beta.

    timbre, rhythm, harmony: of their sounds; about 0 is unrelated
    tempo, key, energy: as they count for a mix
    """

    ALIKE = 0.5  # .95 of unrelated pairs are less alike in timbre, .91 in harmony; in rhythm .9 are below .61

    timbre: _OfSound = None
    rhythm: _OfSound = None
    harmony: _OfSound = None
    tempo: _OfMix
    key: _OfMix
    energy: _OfMix

    @property
    def words(self) -> str:
        """`alike: timbre, tempo`; empty if nothing is."""
        alike = [name for name, value in self.to_record().items() if (value or 0.0) > self.ALIKE]
        return f"alike: {', '.join(alike)}" if alike else ""


def likenesses(wanted: Sequence[Track], tracks: Sequence[Track], space: SoundSpace | None) -> Iterator[Likeness]:
    """What each track has in common with the wanted track that sounds most like it; None compares no sounds."""
    own, theirs = (
        np.array([(track.analysis and track.analysis.sound) or _UNKNOWN for track in each], np.float32)
        for each in (wanted, tracks)
    )
    nearest, aspects = [0] * len(tracks), dict[str, FloatArray]()
    if space is not None and tracks:
        nearest = np.nan_to_num(space.project(theirs) @ space.project(own).T, nan=-2.0).argmax(axis=1).tolist()
        aspects = space.by_aspect(own[nearest], theirs)
    for index, track in enumerate(tracks):
        mix = MixTraits.of(wanted[nearest[index]]).compared(MixTraits.of(track))
        yield Likeness(
            **{name: float(values[index]) for name, values in aspects.items() if not math.isnan(values[index])},
            tempo=None if mix.tempo.change_percent is None else mix.tempo.score,
            key=None if mix.key.relation == "unknown" else mix.key.score,
            energy=None if mix.energy.change is None else mix.energy.score,
        )


_UNKNOWN = (math.nan,) * SoundVector.SIZE

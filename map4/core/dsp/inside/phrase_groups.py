"""Group phrases that return: similar phrases get the same letter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.core.dsp.inside.bar_pictures import BarPictures
from map4.core.dsp.spectrum.spectral_pass import FloatArray

COMPARED_BARS = 8
"""Number of bars compared at the start of two phrases; the rest may be varied."""
MOST_GROUPS = 52
"""The number of letters."""


def group_phrases(pictures: BarPictures, starts: npt.NDArray[np.int64], alike: FloatArray) -> list[int]:
    """Number the phrases by group.

    starts: shape (p,), first bars of the phrases, ascending
    alike: shape (7,), weights of `likeness` and a bias
    returns: p numbers: 0 for the first phrase, then the next number for each new group. A phrase joins the group that
        is most similar on average, if that is more probable than not.
    """
    compared = compared_phrases(pictures, starts)
    groups: list[int] = [0]
    for phrase in range(1, len(starts)):
        odds = likeness(compared, phrase) @ alike[:-1] + alike[-1]
        sums = np.bincount(groups, odds, minlength=max(groups) + 1)
        means = sums / np.bincount(groups)
        best = int(means.argmax())
        fresh = means[best] <= 0.0 and len(means) < MOST_GROUPS
        groups.append(len(means) if fresh else best)
    return groups


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparedPhrases:
    """Data for comparing phrases.

    products: shape (4, p, p), sums over the first bars of the products of their sounds, rhythms, harmonies and tunes
    levels: shape (p, 8, 4), of the first bars, in standard deviations
    present: shape (p, 8), which of the first bars each phrase has
    lengths: shape (p,), in bars
    """

    products: FloatArray
    levels: FloatArray
    present: FloatArray
    lengths: npt.NDArray[np.int64]


def compared_phrases(pictures: BarPictures, starts: npt.NDArray[np.int64]) -> ComparedPhrases:
    """Prepare the data for `likeness`; `starts` are the first bars of the phrases, ascending."""
    count = len(pictures.levels)
    lengths = np.diff(starts, append=count)
    within = np.arange(COMPARED_BARS)
    places = np.minimum(starts[:, None] + within, count - 1)
    present = (within < lengths[:, None]).astype(np.float32)
    rows = [(stream[places] * present[:, :, None]).reshape(len(starts), -1) for stream in pictures.streams]
    levels = (pictures.levels - pictures.levels.mean(axis=0)) / (pictures.levels.std(axis=0) + np.float32(0.05))
    return ComparedPhrases(
        products=np.stack([row @ row.T for row in rows]), levels=levels[places], present=present, lengths=lengths
    )


def likeness(compared: ComparedPhrases, phrase: int) -> FloatArray:
    """Similarity of a phrase with each previous phrase, shape (phrase, 6).

    Mean products of corresponding bars in sound, rhythm, harmony and tune; distance of the levels; difference of the
    lengths.
    """
    present, lengths = compared.present, compared.lengths
    both = present[:phrase] * present[phrase]
    bars = both.sum(axis=1)
    apart = np.abs(compared.levels[:phrase] - compared.levels[phrase]).mean(axis=2)
    columns = np.empty((phrase, 6), dtype=np.float32)
    columns[:, :4] = compared.products[:, phrase, :phrase].T / bars[:, None]
    columns[:, 4] = (apart * both).sum(axis=1) / bars
    columns[:, 5] = np.abs(np.log2(lengths[:phrase] / lengths[phrase]))
    return columns

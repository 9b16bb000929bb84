"""The input of the key scorer: blocks of twelve pitch classes, each a different view of the same notes.

A single chroma can't distinguish a tonic from a fifth of the same length. The blocks cover registers, the bass, the
notes prominent against drums and noise, how much a note comes and goes, and which chords are played and follow each
other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.spectrum.packed import PART_ROWS
from map4.core.dsp.spectrum.semitones import LOWEST_MIDI, SEMITONES, scaled_to_length, scaled_to_peak

CHORD_MOVES = (
    ("major", "major", 5), ("major", "major", 7), ("major", "major", 2), ("major", "major", 10), ("major", "minor", 5),
    ("major", "minor", 7), ("minor", "major", 5), ("minor", "major", 7), ("minor", "minor", 5), ("minor", "minor", 7),
)  # fmt: skip
"""Kinds of the two chords, and the rise of the root in semitones: a cadence rises by 5."""
BLOCKS = (
    "wide", "bass", "register_52", "register_62", "register_72", "register_82", "notes", "bass_notes", "strongest_bass",
    "first", "last", "spread", "first_notes", "last_notes", "notes_spread",
    "major_chords", "minor_chords", "seventh_chords", "minor_seventh_chords",
    *(f"{before}_to_{after}_by_{rise}" for before, after, rise in CHORD_MOVES),
)  # fmt: skip
"""In the order of the scorer's weights."""
VIEWS = 8
"""Number of the first blocks that are computed by frame."""
WIDE, NOTED = BLOCKS.index("wide"), BLOCKS.index("notes")

WIDE_MIDI = (28, 95)
"""Higher pitches are overtones."""
BASS_MIDI = (28, 63)
NOTES_MIDI = (40, 89)
CHORDS_MIDI = (36, 95)
BASS_CENTRE_MIDI = 40.0
REGISTER_CENTRES_MIDI = (52.0, 62.0, 72.0, 82.0)
CHORD_CENTRE_MIDI = 62.0
REGISTER_SPREAD = 6.0
"""Semitones; standard deviation of the bell that selects a register."""
CHORD_SPREAD = 12.0
GROUP_FRAMES = 3
"""Frames (0.56 s) averaged before a chord or bass note is named: less than a chord, more than an arpeggio's note."""
CHORD_SHARPNESS = 12.0
"""Preference for the best fitting chord: the factor of its correlation in a softmax."""
CHORD_TYPES = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 3, 7, 10))
"""Semitones above the root: major, minor, dominant seventh, minor seventh."""
EDGE_SHARE = 8
"""The first and the last eighth of a piece are its beginning and end."""
EDGE_FRAMES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameViews:
    """The basis of the blocks, by frame.

    views: shape (n, 8, 12), the first eight of `BLOCKS`
    bass, notes: shape (n, 12), pitch classes in the bass, and of the prominent notes
    """

    views: FloatArray
    bass: FloatArray
    notes: FloatArray

    def at(self, frames: npt.NDArray[np.int64]) -> FrameViews:
        """The views at some frames, shape (n,), or of several windows of equal size, shape (windows, n)."""
        return FrameViews(views=self.views[frames], bass=self.bass[frames], notes=self.notes[frames])


def view_frames(semitones: FloatArray, peaks: FloatArray) -> FrameViews:
    """Compute the views of each frame; shapes as in `Notes`."""
    views = np.empty((len(semitones), VIEWS, 12), dtype=np.float32)
    bass, chords = np.empty((2, len(semitones), 12), dtype=np.float32)
    for start in range(0, len(semitones), PART_ROWS):
        part = slice(start, start + PART_ROWS)
        registers = (semitones[part] @ _register_matrix()).reshape(-1, 2 + len(REGISTER_CENTRES_MIDI), 12)
        notes = (peaks[part] @ _note_matrix()).reshape(-1, 3, 12)
        views[part], bass[part], chords[part] = _views(registers, notes), registers[:, 1], notes[:, 2]
    return FrameViews(views=views, bass=bass, notes=chords)


def summed_up(frames: FrameViews) -> FloatArray:
    """Summarise some frames, at least one, in blocks of twelve pitch classes; for several windows, each.

    returns: shape (29, 12), or (windows, 29, 12), 0 to 1, in the order of `BLOCKS`, C first: mean chroma of everything,
        of the bass, of four registers, of the prominent notes, of the prominent bass notes; share of the time in which
        each bass note is the strongest; chroma of the beginning and the end and its standard deviation, of everything
        and of the prominent notes; probability of each chord; probability of the moves to a chord on each root.
    """
    views = frames.views
    edge = max(EDGE_FRAMES, views.shape[-3] // EDGE_SHARE)
    first, last = views[..., :edge, :, :].mean(axis=-3), views[..., -edge:, :, :].mean(axis=-3)
    spread = views[..., [WIDE, NOTED], :].std(axis=-3)
    strongest = _grouped(frames.bass).argmax(axis=-1)[..., None] == np.arange(12)
    chords = _chords(_grouped(frames.notes))
    rows = [
        views.mean(axis=-3),
        strongest.mean(axis=-2)[..., None, :],
        *(
            np.stack([first[..., block, :], last[..., block, :], spread[..., place, :]], axis=-2)
            for place, block in enumerate((WIDE, NOTED))
        ),
        chords.mean(axis=-3),
        _moves(chords),
    ]
    return np.concatenate(rows, axis=-2, dtype=np.float32)


def seen_from_each_tonic(blocks: FloatArray) -> FloatArray:
    """Blocks of twelve, shape (..., blocks, 12), from each pitch class upwards; shape (..., 12, blocks * 12)."""
    turns = (np.arange(12)[:, None] + np.arange(12)) % 12
    turned = np.ascontiguousarray(blocks[..., turns].swapaxes(-3, -2))
    return turned.reshape(*turned.shape[:-2], -1)


def _views(registers: FloatArray, notes: FloatArray) -> FloatArray:
    """The first eight of `BLOCKS` frame by frame, shape (n, 8, 12)."""
    to_peak, to_length = registers[:, :2], np.concatenate([registers[:, 2:], notes[:, :2]], axis=1)
    return np.concatenate(
        [
            scaled_to_peak(to_peak.reshape(-1, 12)).reshape(to_peak.shape),
            scaled_to_length(to_length.reshape(-1, 12)).reshape(to_length.shape),
        ],
        axis=1,
    )


def _grouped(rows: FloatArray) -> FloatArray:
    """Means of successive groups of frames; fewer frames than a group form one group."""
    count = max(1, rows.shape[-2] // GROUP_FRAMES)
    return rows[..., : count * GROUP_FRAMES, :].reshape(*rows.shape[:-2], count, -1, 12).mean(axis=-2)


def _chords(chroma: FloatArray) -> FloatArray:
    """Probability of each chord in each row of a chroma, shape (..., rows, 4, 12): types by roots."""
    rows = chroma.reshape(-1, 12)
    centred = scaled_to_length(rows - rows.mean(axis=1, keepdims=True))
    fit = CHORD_SHARPNESS * (centred @ _chord_matrix())
    fit -= fit.max(axis=1, keepdims=True)
    np.exp(fit, out=fit)
    fit /= fit.sum(axis=1, keepdims=True)
    return fit.reshape(*chroma.shape[:-1], len(CHORD_TYPES), 12)


def _moves(chords: FloatArray) -> FloatArray:
    """Mean probability of each of `CHORD_MOVES`, by the root it leads to, shape (..., 10, 12); 0 with one chord."""
    count = chords.shape[-3]
    if count < 2:
        return np.zeros((*chords.shape[:-3], len(CHORD_MOVES), 12), dtype=np.float32)
    kinds: dict[str, FloatArray] = {
        "major": chords[..., 0, :] + chords[..., 2, :],
        "minor": chords[..., 1, :] + chords[..., 3, :],
    }
    # How often each root follows each, for all roots and moves at once: a 12 x 12 product for each pair of kinds.
    follows: dict[tuple[str, str], FloatArray] = {}
    for before, after in product(kinds, kinds):
        summed = kinds[before][..., :-1, :].swapaxes(-2, -1) @ kinds[after][..., 1:, :]
        follows[before, after] = (summed / (count - 1)).astype(np.float32)
    roots = np.arange(12)
    moves = [follows[before, after][..., (roots - rise) % 12, roots] for before, after, rise in CHORD_MOVES]
    return np.stack(moves, axis=-2)


@cache
def _chord_matrix() -> FloatArray:
    """Chords of length 1 without their mean, shape (12, 48)."""
    chords = np.zeros((len(CHORD_TYPES), 12, 12))
    for kind, steps in enumerate(CHORD_TYPES):
        for root in range(12):
            chords[kind, root, [(root + step) % 12 for step in steps]] = 1.0
    flat = chords.reshape(-1, 12)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return (flat / np.linalg.norm(flat, axis=1, keepdims=True)).T.astype(np.float32)


@cache
def _register_matrix() -> FloatArray:
    """Matrix (72, 72) from semitones to the pitch classes of everything, the bass, and four registers."""
    bass = _band_between(*BASS_MIDI) * _bell(BASS_CENTRE_MIDI, REGISTER_SPREAD)
    bells = (_bell(centre, REGISTER_SPREAD) for centre in REGISTER_CENTRES_MIDI)
    return np.hstack([_fold(_band_between(*WIDE_MIDI)), _fold(bass), *(_fold(bell) for bell in bells)])


@cache
def _note_matrix() -> FloatArray:
    """Matrix (72, 36) from prominent semitones to the pitch classes of notes, bass notes and chords."""
    bass = _band_between(*BASS_MIDI) * _bell(BASS_CENTRE_MIDI, REGISTER_SPREAD)
    chords = _band_between(*CHORDS_MIDI) * _bell(CHORD_CENTRE_MIDI, CHORD_SPREAD)
    return np.hstack([_fold(_band_between(*NOTES_MIDI)), _fold(bass), _fold(chords)])


def _midi() -> FloatArray:
    return np.arange(LOWEST_MIDI, LOWEST_MIDI + SEMITONES, dtype=np.float32)


def _band_between(low: int, high: int) -> FloatArray:
    return ((_midi() >= low) & (_midi() <= high)).astype(np.float32)


def _bell(centre: float, spread: float) -> FloatArray:
    return np.exp(-0.5 * np.square((_midi() - centre) / spread)).astype(np.float32)


def _fold(weight: FloatArray) -> FloatArray:
    """Matrix (72, 12) that adds weighted semitones up to pitch classes, C first."""
    matrix = np.zeros((SEMITONES, 12), dtype=np.float32)
    matrix[np.arange(SEMITONES), np.arange(LOWEST_MIDI, LOWEST_MIDI + SEMITONES) % 12] = weight
    return matrix

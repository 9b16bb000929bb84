"""A second key estimate, from a small network that uses the order of the notes.

`key_scorer` judges averages: which notes occur and how often. The network follows the music over time, three frames at
a time: convolutions over semitones detect notes and intervals, convolutions over pitch classes and time detect chord
progressions, and their means over the track are judged from each of the twelve tonics. All weights are shared between
pitch classes, so that no tonic is preferred. The scores of several networks add up; one is shipped.
`lab/training/fit_key_scorer.py` makes the weights and documents the music used.

The design follows Korzeniowski & Widmer, "Genre-agnostic key classification with convolutional neural networks",
ISMIR 2018 (convolutions on a logarithmic spectrogram, mean over time); the octave folding is original.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache, cached_property
from os import PathLike

import numpy as np
import numpy.typing as npt

from map4.core.dsp.network import convolved, elu, packaged, stored_arrays
from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.spectrum.semitones import LOWEST_MIDI, SEMITONES, Notes, loud_frames
from map4.core.dsp.tonal.pitch_class_views import seen_from_each_tonic

FloatVector = npt.NDArray[np.float64]

WEIGHTS_FILE = "weights/key_network.npz"
POOLED_FRAMES = 3
"""Frames (0.56 s) that are averaged: less than a chord, more than an arpeggio's note."""
REGISTER_CENTRES_MIDI = (40.0, 52.0, 64.0, 76.0)
REGISTER_SPREAD = 7.0
"""Semitones; standard deviation of the bells that select registers before octaves are folded."""
INPUT_LENGTH = 6.0
"""Euclidean length of each input moment: louder moments don't count more."""
PEAKINESS = 3.0
"""How much the soft maximum over time favours the largest values."""
LEAST_VARIANCE = 1e-4
VIEWS = 3
"""Mean, standard deviation and soft maximum over time."""
_TINY = np.float32(1e-6)  # silence must not divide by 0
CHUNK_MOMENTS = 2048
"""Moments processed at a time (19 minutes), so that a three-hour mix takes no more memory than a track."""


# Without slots, because matrices derived from the weights are cached properties.
@dataclass(frozen=True, kw_only=True, eq=False)
class KeyNetworkWeights:
    """Weights of one network; C features of notes, K of pitch classes, H hidden units, 4 registers.

    notes, notes_bias: shape (3, 25, C) and (C,), convolution over moments and semitones, the earliest and the lowest
        first
    classes, classes_bias: shape (C * 4, 12, K) and (K,), from the folded registers of each feature to features of
        pitch classes; degree i is the pitch class i semitones above
    course, course_bias: shape (L, taps, K, 12, K) and (L, K), what each layer adds from surrounding moments
    hidden, hidden_bias: shape (3 * K, 12, H) and (H,), from the means over time
    modes, modes_bias: shape (H, 12, 2) and (2,), to the scores of the major and of the minor key
    direct: shape (3 * K, 12, 2), direct weights of the means
    share: weight of its scores relative to those of `key_scorer`
    """

    notes: FloatArray
    notes_bias: FloatArray
    classes: FloatArray
    classes_bias: FloatArray
    course: FloatArray
    course_bias: FloatArray
    hidden: FloatArray
    hidden_bias: FloatArray
    modes: FloatArray
    modes_bias: FloatArray
    direct: FloatArray
    share: FloatArray

    @cached_property
    def note_matrices(self) -> FloatArray:
        """The first convolution as products: shape (taps, 72, C * 72)."""
        taps, reach, count = self.notes.shape
        matrices = np.zeros((taps, SEMITONES, count, SEMITONES), dtype=np.float32)
        for place in range(reach):
            distance = place - reach // 2
            target = np.arange(max(0, -distance), min(SEMITONES, SEMITONES - distance))
            matrices[:, target + distance, :, target] = self.notes[:, place]
        return matrices.reshape(taps, SEMITONES, -1)

    @cached_property
    def class_matrix(self) -> FloatArray:
        """From the folded registers, shape (C * 4 * 12, K * 12)."""
        return _turned(self.classes)

    @cached_property
    def course_matrices(self) -> FloatArray:
        """Each layer's convolution as products, shape (L, taps, K * 12, K * 12)."""
        return np.array([[_turned(tap) for tap in layer] for layer in self.course])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyActivations:
    """Features of the network over time.

    moments: shape (m, networks, K * 12), from `listen`
    frames: shape (m,), the frame of `Spectra.pitch` that each moment begins with, ascending
    """

    moments: FloatArray
    frames: npt.NDArray[np.int64]

    def between(self, first: int, last: int) -> range:
        """The moments that begin in the frames [first, last)."""
        return range(*np.searchsorted(self.frames, (first, last)).tolist())


def follow(notes: Notes) -> KeyActivations:
    """Run the networks on the frames of a track that are not quiet."""
    moments = listen(notes.loud.semitones)
    frames = np.flatnonzero(loud_frames(notes.total))[::POOLED_FRAMES][: len(moments)]
    return KeyActivations(moments=moments, frames=frames)


def listen(
    semitones: FloatArray, networks: Sequence[KeyNetworkWeights] = (), *, chunk_moments: int = CHUNK_MOMENTS
) -> FloatArray:
    """Compute the features over time.

    semitones: shape (n, 72), of the frames that are not quiet (`Notes.loud`)
    networks: the shipped networks by default
    chunk_moments: int > 0, moments processed at a time
    returns: shape (n // 3, networks, K * 12), features of each pitch class from C on at each moment; an incomplete last
        moment is dropped, so fewer than three frames give none.
    """
    networks = networks or shipped_weights()
    count = semitones.shape[0] // POOLED_FRAMES
    moments = np.sqrt(semitones[: count * POOLED_FRAMES]).reshape(count, POOLED_FRAMES, SEMITONES).mean(axis=1)
    length = np.sqrt(np.einsum("ts,ts->t", moments, moments))
    moments *= np.float32(INPUT_LENGTH) / (length + _TINY)[:, None]
    hidden = np.zeros((count, len(networks), 12 * len(networks[0].classes_bias)), dtype=np.float32)
    for index, weights in enumerate(networks):
        halo = len(weights.notes) // 2 + sum(len(layer) // 2 for layer in weights.course)
        for start in range(0, count, chunk_moments):
            first, last = max(0, start - halo), min(count, start + chunk_moments + halo)
            part = _followed(moments[first:last], weights)
            hidden[start : start + chunk_moments, index] = part[start - first : start - first + chunk_moments]
    return hidden


def judge(moments: FloatArray, networks: Sequence[KeyNetworkWeights] = ()) -> FloatVector:
    """Score the 24 keys.

    moments: shape (moments, networks, K * 12), some or all of the result of `listen`; or those of several windows, one
        row per window
    networks: the shipped networks by default
    returns: shape (24,), or (windows, 24), to be added to the scores of `key_scorer`: twelve major keys from C on, then
        twelve minor keys; all 0 without a moment.
    """
    windows = moments.shape[:-3]
    scores = np.zeros((*windows, 12, 2))
    if moments.shape[-3]:
        mean = moments.mean(axis=-3, keepdims=True)
        deviation = np.sqrt(np.square(moments - mean).mean(axis=-3) + np.float32(LEAST_VARIANCE))
        largest = moments.max(axis=-3, keepdims=True)  # subtracted to avoid overflow in the exponential
        leaning = np.log(np.exp(np.float32(PEAKINESS) * (moments - largest)).mean(axis=-3)) / np.float32(PEAKINESS)
        views = np.concatenate([mean[..., 0, :, :], deviation, largest[..., 0, :, :] + leaning], axis=-1)
        for weights, view in zip(networks or shipped_weights(), np.moveaxis(views, -2, 0), strict=True):
            seen = seen_from_each_tonic(view.reshape(*windows, -1, 12))
            units = elu(seen @ weights.hidden.reshape(seen.shape[-1], -1) + weights.hidden_bias)
            above = seen_from_each_tonic(units.swapaxes(-2, -1))
            direct = seen @ weights.direct.reshape(seen.shape[-1], 2)
            modes = above @ weights.modes.reshape(above.shape[-1], 2)
            scores += weights.share * (modes + direct + weights.modes_bias)
    return scores.swapaxes(-2, -1).reshape(*windows, -1)


def read_weights(path: str | PathLike[str]) -> tuple[KeyNetworkWeights, ...]:
    """Read networks, which are along the first axis of each array."""
    stored = stored_arrays(path)
    arrays = {field.name: np.asarray(stored[field.name], dtype=np.float32) for field in fields(KeyNetworkWeights)}
    features, units = arrays["notes"].shape[-1], arrays["classes"].shape[-1]
    folded, views = len(REGISTER_CENTRES_MIDI) * features, VIEWS * units
    if (arrays["classes"].shape[1], arrays["hidden"].shape[1], arrays["direct"].shape[1]) != (folded, views, views):
        raise ValueError(f"the key networks do not fit {len(REGISTER_CENTRES_MIDI)} registers and {VIEWS} views")
    count = len(arrays["share"])
    return tuple(KeyNetworkWeights(**{name: values[n] for name, values in arrays.items()}) for n in range(count))


shipped_weights = packaged(WEIGHTS_FILE, read_weights)


def _followed(moments: FloatArray, weights: KeyNetworkWeights) -> FloatArray:
    """Features of the pitch classes at each moment; moments have `INPUT_LENGTH`."""
    notes = convolved(moments, weights.note_matrices, np.repeat(weights.notes_bias, SEMITONES), curved=True)
    folded: FloatArray = notes.reshape(-1, SEMITONES) @ register_matrix()
    stream: FloatArray = folded.reshape(len(moments), -1) @ weights.class_matrix
    stream += np.repeat(weights.classes_bias, 12)
    stream = elu(stream)
    for matrices, bias in zip(weights.course_matrices, weights.course_bias, strict=True):
        stream += convolved(stream, matrices, np.repeat(bias, 12), curved=True)
    return stream


def _turned(weights: FloatArray) -> FloatArray:
    """Weights by degree, shape (inputs, 12, outputs), as a matrix (inputs * 12, outputs * 12) over pitch classes."""
    inputs, _, outputs = weights.shape
    matrix = np.zeros((inputs, 12, outputs, 12), dtype=np.float32)
    for target in range(12):
        matrix[:, (target + np.arange(12)) % 12, :, target] = weights.transpose(1, 0, 2)
    return matrix.reshape(inputs * 12, outputs * 12)


@cache
def register_matrix() -> FloatArray:
    """Matrix (72, 4 * 12) that selects registers and folds their octaves, C first."""
    midi = np.arange(LOWEST_MIDI, LOWEST_MIDI + SEMITONES)
    matrix = np.zeros((SEMITONES, len(REGISTER_CENTRES_MIDI), 12), dtype=np.float32)
    for index, centre in enumerate(REGISTER_CENTRES_MIDI):
        matrix[np.arange(SEMITONES), index, midi % 12] = np.exp(-0.5 * np.square((midi - centre) / REGISTER_SPREAD))
    return matrix.reshape(SEMITONES, -1)

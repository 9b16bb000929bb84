"""Key, tuning and harmony of a track."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from map4.core.dsp.best_path import best_path
from map4.core.dsp.spectrum.filters import PITCH_RATE_HZ, FloatArray
from map4.core.dsp.spectrum.semitones import LOWEST_MIDI, SEMITONES, Notes, fold_matrix, loud_frames, scaled_to_length
from map4.core.dsp.spectrum.spectral_pass import Spectra
from map4.core.dsp.tonal.key_network import KeyActivations, follow, judge
from map4.core.dsp.tonal.key_scorer import ALBRECHT, BGATE, N_KEYS, FloatVector, key_at, key_correlations, key_scores
from map4.core.dsp.tonal.pitch_class_views import BLOCKS, FrameViews, summed_up, view_frames
from map4.core.music.analysis.analysis import KeyCandidate, KeyEstimate, KeySegment

WINDOW_S = 18.0
"""Long enough for a phrase that establishes its key; shorter windows give the current chord."""
HOP_S = 6.0
CHANGE_COST = 3.0
"""Log probability that a key change must gain, once for the whole stretch after it."""
LEAST_SEGMENT_S = 16.0
WINDOWS_AT_ONCE = 64
"""Limits memory, so that a three-hour mix takes no more than a track."""
LEAST_CONFIDENCE = 0.75
"""Minimum confidence of the key of each part, analysed separately."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyFrames:
    """The basis of keys, by frame: windows overlap, but each frame is analysed once.

    total: shape (n,), sum of a frame's pitches
    views: of all frames
    course: output of the key network
    """

    total: FloatArray
    views: FrameViews
    course: KeyActivations

    def scores(self, spans: Iterable[tuple[int, int]]) -> FloatVector:
        """Log probabilities of the keys for spans of frames [first, last); uniform in silence."""
        spans = list(spans)
        scores = np.full((len(spans), N_KEYS), -math.log(N_KEYS))
        # Batch spans with equal numbers of loud frames and moments, which most are.
        alike: dict[tuple[int, int], list[tuple[int, npt.NDArray[np.int64], range]]] = {}
        for place, (first, last) in enumerate(spans):
            loud = first + np.flatnonzero(loud_frames(self.total[first:last]))
            moments = self.course.between(first, last)
            if loud.size:
                alike.setdefault((loud.size, len(moments)), []).append((place, loud, moments))
        for windows in alike.values():
            for begin in range(0, len(windows), WINDOWS_AT_ONCE):
                places, frames_in, moments_in = zip(*windows[begin : begin + WINDOWS_AT_ONCE], strict=True)
                opinion = judge(self.course.moments[np.array(moments_in, dtype=np.int64)])
                scores[list(places)] = key_scores(summed_up(self.views.at(np.array(frames_in))), second_opinion=opinion)
        return scores


def estimate_key_map(frames: KeyFrames, duration_s: float) -> tuple[KeySegment, ...]:
    """Find the parts of a track with different keys.

    Windows are scored like whole files; the most probable path through the keys pays for every change. It is used only
    if every part, analysed separately, clearly has the same key.

    frames: of a track of any length that has a key (`Tonality.frames`)
    returns: At least two segments, without gaps from 0 to the end, neighbours in different keys, with borders accurate
        to a few seconds; empty if no key change is clear.
    """
    if duration_s < 2 * LEAST_SEGMENT_S:
        return ()
    window, hop = round(WINDOW_S * PITCH_RATE_HZ), round(HOP_S * PITCH_RATE_HZ)
    n_frames = frames.total.size
    starts = range(0, max(1, n_frames - window + 1), hop)
    scores = frames.scores((s, s + window) for s in starts)
    best = best_path(scores * (hop / window), CHANGE_COST * (np.eye(N_KEYS) - 1.0))
    changes = [i for i in range(1, best.size) if best[i] != best[i - 1]]
    if not changes:
        return ()
    borders = [0, *(starts[i] + (window - hop) // 2 for i in changes), n_frames]
    keys = [int(best[0]), *(int(best[i]) for i in changes)]
    segments = []
    segment_scores = frames.scores(pairwise(borders))
    for index, ((first, last), key) in enumerate(zip(pairwise(borders), keys, strict=True)):
        confidence = math.exp(segment_scores[index, key])
        if (last - first) / PITCH_RATE_HZ < LEAST_SEGMENT_S or confidence < LEAST_CONFIDENCE:
            return ()
        end_s = duration_s if index == len(keys) - 1 else last / PITCH_RATE_HZ
        segments.append(KeySegment(start_s=first / PITCH_RATE_HZ, end_s=end_s, key=key_at(key), confidence=confidence))
    return tuple(segments)


PEAK_RANGE = slice(12, 62)
"""MIDI 40 to 89, the range of chords."""
SILENT_LENGTH = 1e-9
"""Rounding error of the running sums; a sounding group (length 3 per frame) is far above."""
FIFTH = 7
"""Semitones."""
CHANGE_FRAMES = 3
"""Frames (0.56 s) averaged before harmony is compared: shorter than a chord, longer than an arpeggio's note."""

LEAST_CORRELATION = 0.5
"""Below this no key fits the prominent notes: drums stay at 0.42, half a minute of noise at 0.52 and of syllables at
0.46 (both also recognised by tuning), a sweep at 0.4. Music starts at 0.58, even under loud drums that hide it in the
plain chroma."""
LEAST_NOTES = 3.3
"""Minimum effective number of pitch classes (12 to the power of the entropy). A tone with its overtones has up to 2.1,
a held fifth 2.8: they have no mode. A held triad has 3.9, music at least 5.9."""
MOST_DRONE_CHANGE = 0.05
"""Maximum change of harmony per second in a drone, from vibrato and beating; composed music has 0.07 and more."""
LEAST_OVERTONES = 0.92
"""Minimum share of the overtones of one note and its fifth in a drone. Drones have 0.95 and more, held triads 0.71 to
0.90, music at most 0.89 (mostly below 0.8). A major chord held two octaves above its bass consists of its overtones as
well, and counts as a drone."""
OVERTONES = 32
"""The 33rd harmonic is five octaves up, above the analysed range of all but the lowest notes."""
LEAST_ROOT = 0.25
"""Minimum prominence of a fundamental relative to the strongest note: every triad fits some missing fundamental."""
BLURRED_BELOW_MIDI = 48
"""Below, the window's main lobe (11 Hz) is wider than a semitone, and a note appears on its neighbours too."""
LEAST_TUNING_STRENGTH = 0.02
"""Below this no notes are held: noise stays at 0.012, half a minute of syllables at 0.016; songs start at 0.03."""
TUNING_STRENGTH_SECONDS = 0.075
"""Few partials agree by chance, so short signals must reach this / sqrt(duration)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonality:
    """Key and harmony of a track.

    key: None without held notes (silence, noise, drums, speech) and for drones without a chord
    chroma: 12 pitch classes from C on, 0-1, sum 1; all 0 for silence
    entropy: of the prominent pitch classes, 0 (one note) to 1 (all equal), weighted by loudness; 0 for silence
    change_rate: mean change of the harmony per second, 1 - cosine of successive chords, weighted likewise; 0 for
        silence
    frames: the basis of the key, for `estimate_key_map`; None without a key
    """

    key: KeyEstimate | None
    chroma: tuple[float, ...]
    entropy: float
    change_rate: float
    frames: KeyFrames | None = field(default=None, compare=False, repr=False)


def estimate_tonality(spectra: Spectra, notes: Notes | None = None) -> Tonality:
    """Estimate the key and describe the harmony.

    spectra: of a signal of any length
    notes: of its pitches; computed here by default
    returns: Tonality; its key is None for silence, noise, drums without a tone, drones without a chord, and speech.
    """
    notes = notes or Notes.of(spectra.pitch, spectra.tuning_semitones)
    peaks = notes.loud.peaks
    if peaks.shape[0] == 0:
        return Tonality(key=None, chroma=(0.0,) * 12, entropy=0.0, change_rate=0.0)
    views = view_frames(notes.semitones, notes.peaks)
    blocks = summed_up(views.at(np.flatnonzero(loud_frames(notes.total))))
    chroma = blocks[BLOCKS.index("wide")].astype(np.float64)
    noted = scaled_to_length(peaks[:, PEAK_RANGE] @ fold_matrix()[PEAK_RANGE])  # chroma of the prominent notes
    has_key = _is_tonal(blocks, _entropy(noted.mean(axis=0, dtype=np.float64)), spectra) and not _is_drone(
        peaks, _change_rate(noted)
    )
    frames = KeyFrames(total=notes.total, views=views, course=follow(notes)) if has_key else None
    # Weighted by loudness, as codecs change the notes at the end of a reverberation.
    weighted = noted * np.sqrt(peaks[:, PEAK_RANGE].sum(axis=1, keepdims=True))
    return Tonality(
        key=None if frames is None else _key(blocks, frames.course, spectra),
        chroma=tuple((chroma / chroma.sum()).tolist()),
        entropy=_entropy(weighted.mean(axis=0, dtype=np.float64)),
        change_rate=_change_rate(weighted),
        frames=frames,
    )


def _is_tonal(blocks: FloatArray, entropy: float, spectra: Spectra) -> bool:
    """Whether notes are held, enough for a chord, and together resemble any key.

    The scorer can't decide this: it has only learned which key music has.
    """
    notes = blocks[BLOCKS.index("notes")].astype(np.float64)
    strength = max(LEAST_TUNING_STRENGTH, TUNING_STRENGTH_SECONDS / math.sqrt(max(spectra.duration_s, 1e-3)))
    return (
        spectra.tuning_strength >= strength
        and 12.0**entropy >= LEAST_NOTES
        and float(key_correlations(notes, BGATE, ALBRECHT).max()) >= LEAST_CORRELATION
    )


def _is_drone(peaks: FloatArray, change_rate: float) -> bool:
    """Whether all sound is overtones of one held note, or of it and its fifth.

    Many overtones look like a chord, which has a key, but none was played.
    """
    level = peaks.mean(axis=0, dtype=np.float64)
    if change_rate > MOST_DRONE_CHANGE or level.sum() <= 0.0:
        return False
    shares = level @ _overtone_matrix() / level.sum()
    return bool(shares[level >= LEAST_ROOT * level.max()].max() >= LEAST_OVERTONES)


def _key(blocks: FloatArray, course: KeyActivations, spectra: Spectra) -> KeyEstimate:
    scores = key_scores(blocks, second_opinion=judge(course.moments))
    second, best = (int(index) for index in np.argsort(scores, kind="stable")[-2:])
    return KeyEstimate(
        key=key_at(best),
        confidence=math.exp(scores[best]),
        runner_up=KeyCandidate(key=key_at(second), confidence=math.exp(scores[second])),
        tuning_cents=100.0 * spectra.tuning_semitones,
    )


@cache
def _overtone_matrix() -> FloatVector:
    """Matrix (72, 72): 1 if a semitone is an overtone of the column's note or of its fifth."""
    harmonics = {round(12.0 * math.log2(number)) for number in range(1, OVERTONES + 1)}
    matrix = np.zeros((SEMITONES, SEMITONES))
    for fundamental in range(SEMITONES):
        for overtone in (fundamental + above + harmonic for above in (0, FIFTH) for harmonic in harmonics):
            blur = 1 if overtone + LOWEST_MIDI < BLURRED_BELOW_MIDI else 0
            matrix[max(0, overtone - blur) : overtone + blur + 1, fundamental] = 1.0
    return matrix


def _entropy(chroma: FloatVector) -> float:
    """Shannon entropy over log 12, 0 to 1; 0 if no note is prominent."""
    if chroma.sum() <= 0.0:
        return 0.0
    share = chroma[chroma > 0.0] / chroma.sum()
    return float(np.clip(-np.sum(share * np.log(share)) / math.log(12.0), 0.0, 1.0))


def _change_rate(peaks: FloatArray) -> float:
    """1 - cosine between successive groups of frames, averaged, over the length of a group.

    Averages over groups that begin at each frame, so that the start of the file does not matter.
    """
    if peaks.shape[0] < 2 * CHANGE_FRAMES:
        return 0.0
    total = np.cumsum(np.pad(peaks, ((1, 0), (0, 0))), axis=0, dtype=np.float64)
    groups = total[CHANGE_FRAMES:] - total[:-CHANGE_FRAMES]
    length = np.linalg.norm(groups, axis=1)
    product = np.einsum("gc,gc->g", groups[CHANGE_FRAMES:], groups[:-CHANGE_FRAMES])
    scale = length[CHANGE_FRAMES:] * length[:-CHANGE_FRAMES]
    cosine = np.divide(product, scale, out=np.ones_like(product), where=scale > SILENT_LENGTH)
    return float(np.mean(np.clip(1.0 - cosine, 0.0, 1.0)) * PITCH_RATE_HZ / CHANGE_FRAMES)

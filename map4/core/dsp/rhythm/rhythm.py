"""Rhythm of a track: tempo, beats, grid, and the basis of the rhythmic descriptors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from map4.core.dsp.rhythm import beats as beat_tracking
from map4.core.dsp.rhythm.beat_network import BEAT_RATE_HZ, Listening, listen
from map4.core.dsp.rhythm.onsets import FULL_BAND, OnsetEnvelopes, onset_envelopes, onset_rate_hz
from map4.core.dsp.rhythm.tempo import (
    ALTERNATIVE_RATIOS,
    FASTEST_BPM,
    TempoDistribution,
    TempoScorer,
    distribute,
    fine_tempo,
)
from map4.core.dsp.rhythm.tempo_map import SAME_TEMPO, TempoCourse, course_at, estimate_tempo_map, exact_tempo
from map4.core.dsp.rhythm.tempo_scorer import score_candidates
from map4.core.dsp.rhythm.tempogram import Tempogram, compute_tempogram, grid_bpm
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.spectral_pass import FloatArray, Spectra
from map4.core.music.analysis.analysis import Grid, Tempo, TempoCandidate, TempoSegment

BORDER_REACH_S = 8.0
"""Distance from the border in the tempo map within which a tempo change is searched: the map is accurate to a block of
beats."""
EARLY = 0.25
"""Share of a beat; lines this close before a part belong to it, lines this close before its end to the next."""
LEAST_STEP = 0.3
"""Share of the median step; a closer beat is the same beat, from both parts at a border."""


def beats_by_parts(
    envelopes: OnsetEnvelopes,
    tempo_map: tuple[TempoSegment, ...],
    beats_s: beat_tracking.FloatVector,
    activation: FloatArray,
) -> beat_tracking.FloatVector:
    """Beats on the straight grid of each part that the network supports, elsewhere the given beats.

    Within a part, as in a steady track, beats may have slipped to the off-beat for a while.

    tempo_map: of these beats, at least two parts
    beats_s: ascending times in seconds
    activation: as for `track_beats`
    """
    grids = [_grid_of(envelopes, part, beats_s, activation) for part in tempo_map]
    last_s = float(beats_s[-1] + 0.5 * (beats_s[-1] - beats_s[-2]))
    edges_s = [float(beats_s[0]), *(part.start_s for part in tempo_map[1:]), last_s]
    for index, (before, after) in enumerate(pairwise(grids), start=1):
        if before is not None and after is not None:
            edges_s[index] = _border_s(before, after, edges_s[index - 1 : index + 2], activation)
    of_parts = [
        beats_s[(beats_s >= start_s) & (beats_s < end_s)]
        if grid is None
        else beat_tracking.snapped(
            _lines_within(grid, start_s, end_s), beats_s, beat_tracking.GRID_OUTLIER * 60.0 / grid.bpm
        )
        for grid, (start_s, end_s) in zip(grids, pairwise(edges_s), strict=True)
    ]
    least_s = LEAST_STEP * float(np.median(np.diff(beats_s)))
    beats = of_parts[0]
    for part in of_parts[1:]:
        beats = np.append(beats, part[part > (beats[-1] + least_s if beats.size else -1.0)])
    return beats


def _grid_of(
    envelopes: OnsetEnvelopes, part: TempoSegment, beats_s: beat_tracking.FloatVector, activation: FloatArray
) -> Grid | None:
    """The straight grid of a part; None if the network has less activation on it than at the beats."""
    within = beats_s[(beats_s >= part.start_s) & (beats_s < part.end_s)]
    if within.size < beat_tracking.LEAST_GRID_BEATS:
        return None
    first, last = (round(at_s * ShortWindow.RATE_HZ) for at_s in (part.start_s, part.end_s))
    begin_s = first / ShortWindow.RATE_HZ
    inner = OnsetEnvelopes(
        bands=envelopes.bands[:, first:last],
        sharp=envelopes.sharp[first:last],
        magnitude=envelopes.magnitude[first:last],
    )
    chances = activation[round(begin_s * BEAT_RATE_HZ) : round(last / ShortWindow.RATE_HZ * BEAT_RATE_HZ)]
    bpm = fine_tempo(inner.magnitude, part.bpm).bpm
    grid = beat_tracking.steady_grid(inner, bpm, within - begin_s, chances)
    grid = Grid(first_beat_s=(grid.first_beat_s + begin_s) % (60.0 / bpm), bpm=bpm)
    return grid if beat_tracking.supports_grid(grid, activation, within) else None


def _border_s(before: Grid, after: Grid, around_s: list[float], activation: FloatArray) -> float:
    """The line of the second grid after a tempo change from which on its activation exceeds that of the first grid.

    around_s: start of the part before, the change in the tempo map, end of the part after
    """
    start_s, border_s, end_s = around_s
    low_s = max(0.5 * (start_s + border_s), border_s - BORDER_REACH_S)
    high_s = min(0.5 * (border_s + end_s), border_s + BORDER_REACH_S)
    # Weighted by time per line: the faster of two grids has more lines.
    lines = [_lines_within(grid, low_s, high_s) for grid in (before, after)]
    chances = [np.concatenate([[0.0], np.cumsum(beat_tracking.chances_at(activation, at)) * 60.0 / grid.bpm])
             for at, grid in zip(lines, (before, after), strict=True)]  # fmt: skip
    if not lines[1].size:
        return border_s
    until = chances[0][np.searchsorted(lines[0], lines[1] - EARLY * 60.0 / before.bpm)]
    onward = chances[1][-1] - chances[1][:-1]
    return float(lines[1][int((until + onward).argmax())]) - 1e-6


def _lines_within(grid: Grid, start_s: float, end_s: float) -> beat_tracking.FloatVector:
    """Lines of a grid from a time on and before another, or just before either."""
    period_s = 60.0 / grid.bpm
    first, last = (int(np.ceil((at_s - grid.first_beat_s) / period_s - EARLY)) for at_s in (start_s, end_s))
    return grid.first_beat_s + period_s * np.arange(first, last, dtype=np.float64)


LEAST_SECONDS = 3.0
"""Shorter signals have too few beats for a tempo."""
LEAST_BEATS = 4
LEAST_ONSET = 0.2
"""98th percentile of the sharp envelope. Drones with beating partials stay below 0.10, chords that flow into each other
are at 0.17; rendered songs and bands begin at 0.27."""
CLARITY_LOWEST_BPM = 28.0
"""Clarity looks back 2.1 s: if kick and snare alternate, only two beats repeat, which are 2 s at 60 BPM."""
LEAST_CLARITY = 0.18
"""For signals without notes: noise stays below 0.1 from 10 s on, the loosest drums begin at 0.3. Whole tracks with
constantly changing parts (breakcore) may have less, and must only exceed chance."""
LEAST_DRUM_ACTIVATION = 0.45
"""98th percentile of the network's activation from which a signal without notes has beats. Synthesised speech of 20
languages stays below 0.41 (120 passages); all but five of 400 metronomes and bare drums, which are drowned in noise,
are above. It belongs to the network's weights. Clarity can't separate them: voices repeat themselves as well."""
HINTED_NOTES = 0.03
"""Tuning strength between speech (0.02 on average, 0.04 at most) and held notes: a voice with little accompaniment, or
ringing percussion."""
HINTED_CLARITY_SECONDS = 1.2
"""With such a tuning strength, pulse clarity must reach this / sqrt(duration), as short signals repeat themselves by
chance: equally well tuned speech stays below 0.95."""
HELD_NOTES = 0.05
"""Tuning strength of held notes, which speech (0.04), noise (0.01) and drum loops (0.03) don't reach: such a signal is
music, and its tempo may be a guess with a low confidence."""
LEAST_CLARITY_WITH_NOTES = 0.06
"""Half of what music without any beat has by chance (0.12): with notes, only signals that never change fail."""
LEAST_ACTIVATION = 0.57
"""98th percentile of the network's activation from which quiet music with notes has beats. Drones, noise, a sine and
chords that flow into each other stay below 0.3, speech, which has no notes, below 0.51."""
STEADY_COHERENCE = 0.97
"""All machine-played and half of the hand-played music reaches 0.98; a mix of two tempi may reach 0.95, noise stays
below 0.8."""

LEAST_ALTERNATIVE = 0.01
"""Alternatives with ratios other than half and double are reported from this probability on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rhythm:
    """Rhythm derived from the onsets.

    tempo, grid: None if nothing repeats (silence, noise, drones, speech, a few seconds)
    beats_s: beat times in seconds, ascending, empty without a tempo
    tempo_map: the parts of a track that changes its tempo, else empty
    onset_rate_hz: onsets per second
    flux: mean rise of the compressed mel spectrum over 20 ms, >= 0; independent of the level
    pulse_clarity: largest autocorrelation of the onsets at a beat's distance minus the median, 0-1
    envelopes: the onset envelopes at `ShortWindow.RATE_HZ`
    tempogram: None for silence
    distribution, network, course: the basis of the tempo and the beats; None if they were not estimated
    """

    tempo: Tempo | None
    beats_s: tuple[float, ...]
    grid: Grid | None
    tempo_map: tuple[TempoSegment, ...]
    onset_rate_hz: float
    flux: float
    pulse_clarity: float
    envelopes: OnsetEnvelopes
    tempogram: Tempogram | None
    distribution: TempoDistribution | None = None
    network: Listening | None = None
    course: TempoCourse | None = None


def estimate_rhythm(spectra: Spectra, *, scorer: TempoScorer = score_candidates) -> Rhythm:
    """Estimate tempo, beats and grid.

    spectra: of a signal of any length
    scorer: rates the candidate tempi of a tempogram
    returns: Rhythm; its tempo, beats and grid are None and empty for silence, noise, held sounds, speech and less than
        3 s.
    """
    envelopes = onset_envelopes(spectra.mel_power)
    tempogram = compute_tempogram(envelopes)
    clarity = 0.0 if tempogram is None else _pulse_clarity(tempogram)
    pulse, distribution, network, course = _NO_PULSE, None, None, None
    if tempogram is not None and spectra.duration_s >= LEAST_SECONDS:
        network = listen(spectra.mel_power)
        if _has_beats(spectra, envelopes.sharp, clarity, float(np.percentile(network.activation, 98))):
            scores = (scorer(tempogram) + network.tempo_scores) / np.float32(network.temperature)
            distribution = distribute(scores)
            course = TempoCourse(envelopes, scorer)
            pulse = _find_pulse(envelopes, distribution, network, course, spectra.duration_s)
    return Rhythm(
        tempo=pulse.tempo,
        beats_s=pulse.beats_s,
        grid=pulse.grid,
        tempo_map=pulse.tempo_map,
        onset_rate_hz=onset_rate_hz(envelopes.sharp, spectra.duration_s),
        flux=float(envelopes.sharp.mean(dtype=np.float64)),
        pulse_clarity=clarity,
        envelopes=envelopes,
        tempogram=tempogram,
        distribution=distribution,
        network=network,
        course=course,
    )


def with_distribution(rhythm: Rhythm, distribution: TempoDistribution, duration_s: float) -> Rhythm:
    """The rhythm of the same onsets at the tempo of another distribution.

    rhythm: with a tempo
    returns: A rhythm with other beats if the tempo differs, else only with another confidence.
    """
    if rhythm.tempo is None or rhythm.network is None or rhythm.course is None:
        return rhythm
    # Tracking the same beats again would take a third of the time.
    if abs(distribution.bpm / rhythm.tempo.bpm - 1.0) <= SAME_TEMPO:
        tempo = _tempo(distribution, rhythm.tempo.bpm, rhythm.tempo.stability)
        return replace(rhythm, tempo=tempo, distribution=distribution)
    pulse = _find_pulse(rhythm.envelopes, distribution, rhythm.network, rhythm.course, duration_s)
    return replace(
        rhythm,
        tempo=pulse.tempo,
        beats_s=pulse.beats_s,
        grid=pulse.grid,
        tempo_map=pulse.tempo_map,
        distribution=distribution,
    )


def half_a_beat_later(rhythm: Rhythm, duration_s: float) -> Rhythm:
    """The same rhythm with beats halfway between the present ones."""
    grid = rhythm.grid
    if grid is not None:
        grid = replace(grid, first_beat_s=(grid.first_beat_s + 30.0 / grid.bpm) % (60.0 / grid.bpm))
    beats_s = halfway(np.array(rhythm.beats_s), duration_s)
    return replace(rhythm, beats_s=tuple(beats_s.tolist()), grid=grid)


def halfway(beats_s: beat_tracking.FloatVector, duration_s: float) -> beat_tracking.FloatVector:
    """Times halfway between beats, and before the first and after the last if within the track; at least two."""
    half_s = 0.5 * np.diff(beats_s)
    between_s = np.concatenate([[beats_s[0] - half_s[0]], beats_s[:-1] + half_s, [beats_s[-1] + half_s[-1]]])
    return between_s[(between_s >= 0.0) & (between_s < duration_s)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pulse:
    """Tempo, grid, beats and tempo map, which are all present or all absent."""

    tempo: Tempo | None = None
    grid: Grid | None = None
    beats_s: tuple[float, ...] = ()
    tempo_map: tuple[TempoSegment, ...] = ()


_NO_PULSE = _Pulse()


def _find_pulse(
    envelopes: OnsetEnvelopes,
    distribution: TempoDistribution,
    network: Listening,
    course_of: TempoCourse,
    duration_s: float,
) -> _Pulse:
    fine = fine_tempo(envelopes.magnitude, distribution.bpm)
    steady = fine.coherence >= STEADY_COHERENCE
    course = None if steady else course_of.near(distribution.bpm)
    bpm = fine.bpm if course is None else course_at(course, np.arange(envelopes.sharp.size))
    beats = beat_tracking.track_beats(envelopes.sharp, bpm, network.activation)
    if course is None and not steady:
        beats = beat_tracking.even_beats(envelopes.sharp, fine.bpm, network.activation, beats)
    beats = beats[beats < duration_s]
    if beats.size < LEAST_BEATS:
        return _NO_PULSE
    tempo_map: tuple[TempoSegment, ...] = ()
    grid = None if course is not None else beat_tracking.steady_grid(envelopes, fine.bpm, beats, network.activation)
    if grid is not None and (steady or beat_tracking.supports_grid(grid, network.activation, beats)):
        beats = beat_tracking.beats_on_grid(beats, grid)
        beats = beats[beats < duration_s]
    else:
        grid, tempo_map = beat_tracking.fit_grid(beats, fine.bpm), estimate_tempo_map(beats, duration_s)
        if tempo_map and grid is None:
            beats = beats_by_parts(envelopes, tempo_map, beats, network.activation)
            beats = beats[beats < duration_s]
            tempo_map = estimate_tempo_map(beats, duration_s)
    exact = exact_tempo(tempo_map, distribution.bpm, beats) if grid is None else grid.bpm
    return _Pulse(
        tempo=_tempo(distribution, exact, beat_tracking.interval_stability(beats)),
        grid=grid,
        beats_s=tuple(beats.tolist()),
        tempo_map=tempo_map,
    )


def _pulse_clarity(tempogram: Tempogram) -> float:
    """Peak of the full-band autocorrelation minus its median, clipped to 0-1."""
    row = tempogram.autocorrelation[FULL_BAND, (grid_bpm() >= CLARITY_LOWEST_BPM) & (grid_bpm() <= FASTEST_BPM)]
    return float(np.clip(row.max() - np.median(row), 0.0, 1.0))


def _has_beats(spectra: Spectra, sharp: FloatArray, clarity: float, activation: float) -> bool:
    """Whether the signal has anything with a tempo."""
    with_notes = spectra.tuning_strength >= HELD_NOTES
    if with_notes and activation >= LEAST_ACTIVATION:
        return True
    if float(np.percentile(sharp, 98)) < LEAST_ONSET:
        return False
    if with_notes:
        return clarity >= LEAST_CLARITY_WITH_NOTES
    by_chance = HINTED_CLARITY_SECONDS / math.sqrt(spectra.duration_s)
    if activation >= LEAST_DRUM_ACTIVATION:
        return clarity >= min(LEAST_CLARITY, by_chance)
    return spectra.tuning_strength >= HINTED_NOTES and clarity >= max(LEAST_CLARITY, by_chance)


def _tempo(distribution: TempoDistribution, bpm: float, stability: float | None) -> Tempo:
    confidence = distribution.probability(distribution.bpm)
    alternatives = []
    for ratio in ALTERNATIVE_RATIOS:
        probability = distribution.probability(bpm * ratio)
        wanted = ratio in (0.5, 2.0) or probability >= LEAST_ALTERNATIVE
        if wanted and Tempo.MIN_BPM <= bpm * ratio <= Tempo.MAX_BPM:
            # Bins of neighbouring ratios overlap, and no alternative may be more probable than the choice.
            alternatives.append(TempoCandidate(bpm=bpm * ratio, confidence=min(probability, confidence)))
    alternatives.sort(key=lambda candidate: -candidate.confidence)
    return Tempo(bpm=bpm, confidence=confidence, alternatives=tuple(alternatives), stability=stability)

"""What accompanies a tune in classical music: figures over one chord after the other, written from common knowledge.

A figure gives tones as (beat, length in beats, pitch, stress), one bar at a time; stress multiplies the velocity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Tone = tuple[float, float, int, float]
Classes = tuple[int, ...]
"""Pitch classes of a chord, the root first."""

SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 11)}
FOLLOWERS = {1: (4, 5, 6, 2, 3), 2: (5, 5, 7), 3: (6, 4), 4: (5, 1, 2), 5: (1, 1, 6), 6: (2, 4, 5), 7: (1,)}
"""Degrees that usually follow a degree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar to accompany.

    start: number of its first beat
    beats, parts: beats a bar; parts a beat (2 or 4, or 3 where the beat is dotted)
    chords: pitch classes of the chord on each beat
    low: lowest pitch of the figure's register
    """

    start: int
    beats: int
    parts: int
    chords: Sequence[Classes]
    low: int


Figure = Callable[[Bar, np.random.Generator], list[Tone]]


def harmony(rng: np.random.Generator, *, n_beats: int, changes: int, phrase: int) -> list[Classes]:
    """A chord for each beat: degrees that follow each other, a half or full close at the end of each phrase."""
    scale = SCALES["major" if rng.random() < 0.6 else "minor"]
    tonic = int(rng.integers(0, 12))
    degree, chords = 1, []
    for beat in range(0, n_beats, changes):
        place = beat % phrase
        if place == 0:
            degree = 1
        elif place >= phrase - changes:
            degree = 1 if beat // phrase % 2 else 5
        elif place >= phrase - 2 * changes:
            degree = 5 if beat // phrase % 2 else 2
        else:
            degree = int(rng.choice(FOLLOWERS[degree]))
        steps = (0, 2, 4, 6) if degree in (5, 7) and rng.random() < 0.4 else (0, 2, 4)
        chords += [tuple((tonic + scale[(degree - 1 + step) % 7]) % 12 for step in steps)] * changes
    return chords[:n_beats]


def above(low: int, pitch_class: int) -> int:
    """The lowest pitch of a class that is not below another."""
    return low + (pitch_class - low) % 12


def spread(chord: Classes, low: int, count: int) -> list[int]:
    """Chord tones from the lowest upwards, in close position."""
    return sorted(above(low + 12 * (index // len(chord)), chord[index % len(chord)]) for index in range(count))


def alberti(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """Lowest, highest, middle, highest; in a dotted beat lowest, middle, highest."""
    order = (0, 1, 2) if bar.parts == 3 else (0, 2, 1, 2)
    return [
        (at, step, spread(chord, bar.low, 3)[order[index % len(order)]], 1.0 if index % len(order) == 0 else 0.85)
        for index, at, step, chord in _steps(bar)
    ]


def broken(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """Up through the chord, or up and down, one round a beat or a bar."""
    n = bar.parts if bar.parts > 2 else bar.beats * bar.parts
    up = list(range(n)) if n <= 4 or rng.random() < 0.4 else [*range(n // 2 + 1), *range(n // 2 - 1, 0, -1)][:n]
    return [
        (at, step, spread(chord, bar.low, max(up) + 1)[up[index % n]], 1.0 if index % n == 0 else 0.85)
        for index, at, step, chord in _steps(bar)
    ]


def repeated(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """The whole chord on every part of a beat."""
    return [(at, step, pitch, 1.0 if index % bar.parts == 0 else 0.88)
            for index, at, step, chord in _steps(bar) for pitch in spread(chord, bar.low, 3)]  # fmt: skip


def pulsed(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """The whole chord on every beat."""
    return [(bar.start + beat, 1.0, pitch, 1.0)
            for beat, chord in enumerate(bar.chords) for pitch in spread(chord, bar.low, 3)]  # fmt: skip


def trembling(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """Two tones that follow each other faster than anyone counts, at no fixed part of a beat."""
    step, at = float(rng.uniform(0.09, 0.17)), float(bar.start)
    out: list[Tone] = []
    while at < bar.start + bar.beats:
        chord = bar.chords[int(at) - bar.start]
        pitches = spread(chord, bar.low, 3)
        out.append((at, 1.1 * step, pitches[len(out) % 2 + 1], 0.8))
        at += step * float(rng.uniform(0.85, 1.15))
    return [*out, *held(bar, rng)]


def after_beats(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """Bass on the beat, the chord on the part after it."""
    out: list[Tone] = []
    for beat, chord in enumerate(bar.chords):
        at = bar.start + beat
        out.append((at, 0.5, above(bar.low - 12, chord[0]), 1.0))
        out += [(at + (0.5 if bar.parts != 3 else 2 / 3), 0.4, pitch, 0.85) for pitch in spread(chord, bar.low, 3)]
    return out


def oom_pah(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """Bass on the first beat (root, then fifth), the chord on the others."""
    out: list[Tone] = []
    for beat, chord in enumerate(bar.chords):
        at = float(bar.start + beat)
        if beat == 0 or (bar.beats == 4 and beat == 2):
            low = above(bar.low - 12, chord[0] if (bar.start // bar.beats + beat) % 2 == 0 else chord[2])
            out.append((at, 0.8, low, 1.0))
        else:
            out += [(at, 0.5, pitch, 0.85) for pitch in spread(chord, bar.low, 3)]
    return out


def held(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """Each chord for as long as it lasts."""
    out: list[Tone] = []
    beat = 0
    while beat < bar.beats:
        until = beat + 1
        while until < bar.beats and bar.chords[until] == bar.chords[beat]:
            until += 1
        out += [(bar.start + beat, until - beat, pitch, 0.9) for pitch in spread(bar.chords[beat], bar.low, 3)]
        beat = until
    return out


def moving(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """Held tones of which one moves to the note beside it and back: the inner voice of an adagio."""
    out: list[Tone] = []
    for beat, chord in enumerate(bar.chords):
        low, middle, high = spread(chord, bar.low, 3)
        beside = middle + int(rng.choice((-2, -1, 1, 2)))
        if beat % 2 == 0:
            out += [(bar.start + beat, min(2.0, bar.beats - beat), pitch, 0.85) for pitch in (low, high)]
        out += [(bar.start + beat, 0.5, middle, 0.9), (bar.start + beat + 0.5, 0.5, beside, 0.85)]
    return out


def syncopated(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """Half a beat, whole beats in between, half a beat."""
    starts = [0.0, *np.arange(0.5, bar.beats, 1.0)]
    ends = [*starts[1:], float(bar.beats)]
    return [(bar.start + a, b - a, pitch, 0.9)
            for a, b in zip(starts, ends, strict=True)
            for pitch in spread(bar.chords[int(a)], bar.low, 3)]  # fmt: skip


def continuo(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """A bass that runs in even notes through chord tones and the notes between; chords above it on some beats."""
    out: list[Tone] = []
    parts = 2 if bar.parts != 3 else 3
    for beat, chord in enumerate(bar.chords):
        root = above(bar.low - 12, chord[0])
        for part in range(parts):
            pitch = root if part == 0 else above(bar.low - 12, int(rng.choice(chord))) + int(rng.choice((0, 0, 2, -1)))
            out.append((bar.start + beat + part / parts, 1.0 / parts, pitch, 1.0 if part == 0 else 0.9))
        if beat == 0 or rng.random() < 0.5:
            out += [(float(bar.start + beat), 0.9, pitch, 0.8) for pitch in spread(chord, bar.low + 12, 3)]
    return out


def chorale(bar: Bar, rng: np.random.Generator) -> list[Tone]:
    """Four voices note against note, with notes in passing."""
    out: list[Tone] = []
    for beat, chord in enumerate(bar.chords):
        pitches = [above(bar.low - 12, chord[0]), *spread(chord, bar.low, 3)]
        for pitch in pitches:
            if rng.random() < 0.22:
                passing = pitch + int(rng.choice((-2, -1, 1, 2)))
                out += [(bar.start + beat, 0.5, pitch, 1.0), (bar.start + beat + 0.5, 0.5, passing, 0.95)]
            else:
                out.append((bar.start + beat, 1.0, pitch, 1.0))
    return out


def _steps(bar: Bar) -> list[tuple[int, float, float, Classes]]:
    """(number, beat, length, chord) of each part of each beat of the bar."""
    return [
        (index, bar.start + index / bar.parts, 1.0 / bar.parts, bar.chords[index // bar.parts])
        for index in range(bar.beats * bar.parts)
    ]

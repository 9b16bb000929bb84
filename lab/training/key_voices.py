"""Sounds that a General MIDI synthesiser lacks: sung lines, bent notes, distorted chords, gliding basses.

A line is one voice at a time, made from single cycles of a wave that are read at a pitch which glides from note to
note, shakes and drifts. A distorted chord is the sum of its lines through a saturation, so that it has the sums and
differences of its notes, which chords of sampled distorted notes have not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from midi_file import Note

Samples = np.ndarray[Any, np.dtype[np.float32]]

SAMPLE_RATE_HZ = 22050
CYCLE = 2048
"""Samples of one stored cycle of a wave."""
HIGHEST_PARTIAL_HZ = 6000.0
VOWELS_HZ = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
    (490, 1350, 1690),
)
"""First three formants of six vowels (Peterson & Barney, "Control methods used in a study of the vowels", 1952)."""
FORMANT_WIDTH_HZ = 130.0


class Bend:
    """How the pitch of a line moves, and how long a note rings (0: as long as it is held)."""

    def __init__(self, *, glide_s: float, vibrato_cents: float, error_cents: float, decay_s: float) -> None:
        self.glide_s, self.vibrato_cents, self.error_cents, self.decay_s = glide_s, vibrato_cents, error_cents, decay_s


SPOKEN = Bend(glide_s=0.12, vibrato_cents=0.0, error_cents=120.0, decay_s=0.0)
"""Four semitones are passed on the way into a syllable, whose pitch is on no scale."""


def sing(notes: Sequence[Note], rng: np.random.Generator, n_samples: int, bend: Bend | None = None) -> Samples:
    """A voice: vowels that change from note to note, scoops, vibrato, pitch not quite exact."""
    bend = bend or Bend(
        glide_s=rng.uniform(0.02, 0.08), vibrato_cents=rng.uniform(5, 55), error_cents=rng.uniform(3, 22), decay_s=0.0
    )
    colour = rng.uniform(0.85, 1.25)

    def wave(pitch_hz: float) -> Samples:
        formants = np.array(VOWELS_HZ[int(rng.integers(len(VOWELS_HZ)))]) * colour
        hz = pitch_hz * np.arange(1, max(2, int(HIGHEST_PARTIAL_HZ / pitch_hz)))
        near = np.exp(-0.5 * np.square((hz[:, None] - formants) / FORMANT_WIDTH_HZ)) @ np.array([1.0, 0.5, 0.25])
        return _cycle((0.06 + near) * (pitch_hz / hz) ** 0.6)

    y = _line(notes, rng, n_samples, wave, bend)
    return y + np.float32(rng.uniform(0.0, 0.02)) * (rng.normal(size=n_samples) * np.abs(y)).astype(np.float32)


def speak(rng: np.random.Generator, n_samples: int) -> Samples:
    """Somebody who raps: syllables whose pitch is not held, in phrases."""
    low, rate_hz = int(rng.integers(43, 58)), rng.uniform(3.5, 7.0)
    notes: list[Note] = []
    at = rng.uniform(0.0, 2.0)
    while at < n_samples / SAMPLE_RATE_HZ:
        length = rng.uniform(0.5, 1.3) / rate_hz
        pitch = low + int(rng.integers(0, 8))
        notes.append(Note(start=at, end=at + 0.85 * length, pitch=pitch, velocity=int(rng.integers(60, 120))))
        at += length if rng.random() < 0.9 else length + rng.uniform(0.2, 1.5)
    return sing(notes, rng, n_samples, bend=SPOKEN)


def bend_strings(notes: Sequence[Note], rng: np.random.Generator, n_samples: int) -> Samples:
    """A lead guitar: bent into the notes, saturated."""
    bend = Bend(
        glide_s=rng.uniform(0.02, 0.1),
        vibrato_cents=rng.uniform(0, 35),
        error_cents=rng.uniform(0, 8),
        decay_s=rng.uniform(0.5, 3.0),
    )
    y = _line(notes, rng, n_samples, _sawtooth, bend)
    return _cabinet(np.tanh(np.float32(rng.uniform(1.0, 12.0)) * y), rng)


def drive_chords(notes: Sequence[Note], rng: np.random.Generator, n_samples: int) -> Samples:
    """Guitar chords through an amplifier; notes that sound together are distorted together."""
    bend = Bend(glide_s=0.003, vibrato_cents=0.0, error_cents=rng.uniform(0, 6), decay_s=rng.uniform(0.4, 4.0))
    y = np.zeros(n_samples, dtype=np.float32)
    for voice in voices(notes):
        y += _line(voice, rng, n_samples, _sawtooth, bend)
    return _cabinet(np.tanh(np.float32(rng.uniform(1.0, 15.0)) * y), rng)


def glide_bass(notes: Sequence[Note], rng: np.random.Generator, n_samples: int) -> Samples:
    """A booming bass drum's tone or a synthesiser's bass, gliding where notes touch."""
    bend = Bend(glide_s=rng.uniform(0.005, 0.06), vibrato_cents=0.0, error_cents=0.0, decay_s=rng.uniform(0.2, 2.0))
    slope = rng.uniform(0.8, 3.5)
    y = _line(notes, rng, n_samples, lambda pitch_hz: _cycle(np.arange(1.0, 25.0) ** -slope), bend)
    return np.asarray(np.tanh(np.float32(rng.uniform(0.7, 5.0)) * y), dtype=np.float32)


def _line(notes: Sequence[Note], rng: np.random.Generator, n_samples: int, wave: Any, bend: Bend) -> Samples:
    y = np.zeros(n_samples, dtype=np.float32)
    before, phase = None, 0.0
    rate_hz = rng.uniform(4.5, 6.5)
    for note in sorted(notes, key=lambda n: n.start):
        first = round(note.start * SAMPLE_RATE_HZ)
        last = min(n_samples, round(note.end * SAMPLE_RATE_HZ))
        if last - first < 64:
            continue
        t = np.arange(last - first, dtype=np.float32) / SAMPLE_RATE_HZ
        pitch = note.pitch + 0.01 * bend.error_cents * rng.normal()
        scoop = np.clip(
            (before if before is not None and rng.random() < 0.6 else pitch - rng.choice((0, 0, 1))) - pitch, -4, 4
        )
        before = note.pitch
        midi = pitch + scoop * np.exp(-t / bend.glide_s)
        if bend.vibrato_cents:
            midi = midi + 0.01 * bend.vibrato_cents * np.sin(2 * np.pi * rate_hz * t) * (1.0 - np.exp(-t / 0.25))
        turns = phase + np.cumsum(440.0 * 2.0 ** ((midi - 69.0) / 12.0)) / SAMPLE_RATE_HZ
        phase = float(turns[-1] % 1.0)
        envelope = np.minimum(1.0, np.minimum(t / 0.008, (t[-1] - t) / 0.03))
        if bend.decay_s:
            envelope = envelope * np.exp(-t / bend.decay_s)
        cycle = wave(440.0 * 2.0 ** ((note.pitch - 69) / 12))
        y[first:last] += cycle[(turns * CYCLE).astype(np.int64) % CYCLE] * envelope * np.float32(note.velocity / 127.0)
    return y


def voices(notes: Sequence[Note]) -> list[list[Note]]:
    """The notes dealt out to lines in which none overlap."""
    lines: list[list[Note]] = []
    for note in sorted(notes, key=lambda n: (n.start, n.pitch)):
        free = next((v for v in lines if v[-1].end <= note.start + 1e-6), None)
        if free is None:
            lines.append([note])
        else:
            free.append(note)
    return lines


def _cycle(amplitudes: np.ndarray[Any, Any]) -> Samples:
    spectrum = np.zeros(CYCLE // 2 + 1, dtype=complex)
    count = min(amplitudes.size, CYCLE // 2 - 1)
    spectrum[1 : count + 1] = -1j * amplitudes[:count]
    cycle = np.fft.irfft(spectrum)
    return np.asarray(cycle / np.abs(cycle).max(), dtype=np.float32)


def _sawtooth(pitch_hz: float) -> Samples:
    return _cycle(1.0 / np.arange(1.0, max(3.0, HIGHEST_PARTIAL_HZ / pitch_hz)))


def _cabinet(y: Samples, rng: np.random.Generator) -> Samples:
    """A loudspeaker passes 80 Hz to a few kHz."""
    spectrum = np.fft.rfft(y)
    hz = np.fft.rfftfreq(y.size, 1.0 / SAMPLE_RATE_HZ)
    low, high = rng.uniform(60, 120), rng.uniform(2500, 5500)
    spectrum *= 1.0 / (1.0 + (hz / high) ** 4) / (1.0 + (low / np.maximum(hz, 1.0)) ** 4)
    return np.asarray(np.fft.irfft(spectrum, y.size), dtype=np.float32)

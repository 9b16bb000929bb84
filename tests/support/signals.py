"""Audio whose tempo, key and loudness are known, made from numbers alone.

Every function returns a mono float32 array in [-1, 1] and gives the same samples each time (noise comes from a seeded
generator). `rate_hz` is samples a second, 22 050 unless told otherwise. Tests write `from signals import clicks`.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from typing import Literal

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float32]
Mode = Literal["major", "minor"]
Pattern = Literal["four_on_the_floor", "rock", "breakbeat", "shuffle"]

RATE_HZ = 22050
A4_MIDI = 69
A4_HZ = 440.0

# Hits of one 4/4 bar in beats: kick, snare, hi-hat.
PATTERNS: dict[Pattern, tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]] = {
    "four_on_the_floor": ((0, 1, 2, 3), (1, 3), (0.5, 1.5, 2.5, 3.5)),
    "rock": ((0, 2, 2.5), (1, 3), (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)),
    "breakbeat": ((0, 0.5, 2.5, 2.75), (1, 1.75, 3), (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)),
    "shuffle": ((0, 2), (1, 3), (0, 2 / 3, 1, 5 / 3, 2, 8 / 3, 3, 11 / 3)),
}

# Scale degrees in semitones and whether the triad on them is minor: I-IV-V-I, i-iv-V-i.
CADENCES: dict[Mode, tuple[tuple[int, Mode], ...]] = {
    "major": ((0, "major"), (5, "major"), (7, "major"), (0, "major")),
    "minor": ((0, "minor"), (5, "minor"), (7, "major"), (0, "minor")),
}


def _length(seconds: float, rate_hz: int) -> int:
    return round(seconds * rate_hz)


def silence(seconds: float, *, rate_hz: int = RATE_HZ) -> Signal:
    """Digital silence."""
    return np.zeros(_length(seconds, rate_hz), dtype=np.float32)


def white_noise(seconds: float, *, level: float = 0.3, seed: int = 1, rate_hz: int = RATE_HZ) -> Signal:
    """Gaussian noise with standard deviation `level`, clipped to [-1, 1]."""
    noise = np.random.default_rng(seed).standard_normal(_length(seconds, rate_hz)) * level
    return np.clip(noise, -1.0, 1.0).astype(np.float32)


def sine(frequency_hz: float, seconds: float, *, level: float = 0.5, rate_hz: int = RATE_HZ) -> Signal:
    """A pure tone of amplitude `level`, starting at phase 0."""
    t = np.arange(_length(seconds, rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


def sweep(start_hz: float, end_hz: float, seconds: float, *, level: float = 0.5, rate_hz: int = RATE_HZ) -> Signal:
    """A tone gliding from `start_hz` to `end_hz`, by equal musical steps in equal times."""
    t = np.arange(_length(seconds, rate_hz)) / rate_hz
    growth = np.log(end_hz / start_hz) / seconds
    phase = 2 * np.pi * start_hz * (np.exp(growth * t) - 1) / growth
    return (level * np.sin(phase)).astype(np.float32)


def place(hit: Signal, times_s: Iterable[float], seconds: float, *, rate_hz: int = RATE_HZ) -> Signal:
    """Add `hit` at each time, to the nearest sample; what reaches beyond the end is cut."""
    y = np.zeros(_length(seconds, rate_hz), dtype=np.float32)
    for time_s in times_s:
        start = round(time_s * rate_hz)
        part = hit[: max(0, y.size - start)]
        y[start : start + part.size] += part
    return y


def click(*, frequency_hz: float = 1000.0, seconds: float = 0.03, level: float = 0.8, rate_hz: int = RATE_HZ) -> Signal:
    """A metronome's click: a decaying tone that is loudest at its first sample."""
    t = np.arange(_length(seconds, rate_hz)) / rate_hz
    return (level * np.cos(2 * np.pi * frequency_hz * t) * np.exp(-t / (seconds / 5))).astype(np.float32)


def beat_times(bpm: float, seconds: float, *, first_beat_s: float = 0.0) -> npt.NDArray[np.float64]:
    """Times of the beats of a steady tempo that lie before `seconds`."""
    count = int(np.ceil((seconds - first_beat_s) * bpm / 60 - 1e-9))
    return first_beat_s + np.arange(max(0, count)) * 60 / bpm


def clicks(
    bpm: float, seconds: float, *, first_beat_s: float = 0.0, level: float = 0.8, rate_hz: int = RATE_HZ
) -> Signal:
    """A metronome at `bpm`; its beats are at `beat_times(bpm, seconds, first_beat_s=...)`."""
    times = beat_times(bpm, seconds, first_beat_s=first_beat_s)
    return place(click(level=level, rate_hz=rate_hz), times, seconds, rate_hz=rate_hz)


def drum_kit(*, rate_hz: int = RATE_HZ, seed: int = 7) -> tuple[Signal, Signal, Signal]:
    """One kick, one snare and one hi-hat."""
    rng = np.random.default_rng(seed)
    t = np.arange(_length(0.25, rate_hz)) / rate_hz
    kick = 0.8 * np.sin(2 * np.pi * (50 * t + 3.0 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.07)
    snare = (0.45 * rng.standard_normal(t.size) * np.exp(-t / 0.05)) + 0.3 * np.sin(2 * np.pi * 190 * t) * np.exp(
        -t / 0.04
    )
    hat = 0.15 * np.diff(rng.standard_normal(t.size + 1)) * np.exp(-t / 0.015)
    return kick.astype(np.float32), np.clip(snare, -1, 1).astype(np.float32), hat.astype(np.float32)


def drum_loop(
    bpm: float,
    seconds: float,
    *,
    pattern: Pattern = "four_on_the_floor",
    first_beat_s: float = 0.0,
    rate_hz: int = RATE_HZ,
) -> Signal:
    """Kick, snare and hi-hat playing one of `PATTERNS` over and over; the first bar opens at `first_beat_s`."""
    beat_s = 60 / bpm
    bars = range(int(np.ceil((seconds - first_beat_s) / (4 * beat_s))))
    parts = []
    for hit, beats in zip(drum_kit(rate_hz=rate_hz), PATTERNS[pattern], strict=True):
        times = [first_beat_s + (4 * bar + beat) * beat_s for bar in bars for beat in beats]
        parts.append(place(hit, times, seconds, rate_hz=rate_hz))
    return mix(*parts)


def tone(
    midi: float, seconds: float, *, level: float = 0.2, tuning_cents: float = 0.0, rate_hz: int = RATE_HZ
) -> Signal:
    """A note with six harmonics of falling strength and 20-ms ramps; `tuning_cents` moves A from 440 Hz. Read-only."""
    return _tone(midi, seconds, level, tuning_cents, rate_hz)


@lru_cache(maxsize=256)  # music repeats its notes
def _tone(midi: float, seconds: float, level: float, tuning_cents: float, rate_hz: int) -> Signal:
    t = np.arange(_length(seconds, rate_hz)) / rate_hz
    f0 = A4_HZ * 2 ** ((midi + tuning_cents / 100 - A4_MIDI) / 12)
    partials = [np.sin(2 * np.pi * h * f0 * t) / h**1.5 for h in range(1, 7) if h * f0 < rate_hz / 2.1]
    ramp = np.minimum(1.0, np.minimum(t, seconds - t) / 0.02)
    y: Signal = (level * ramp * np.sum(partials, axis=0)).astype(np.float32)
    y.flags.writeable = False
    return y


def chord(
    midi_notes: Sequence[float],
    seconds: float,
    *,
    level: float = 0.12,
    tuning_cents: float = 0.0,
    rate_hz: int = RATE_HZ,
) -> Signal:
    """Several notes at once."""
    return mix(*(tone(m, seconds, level=level, tuning_cents=tuning_cents, rate_hz=rate_hz) for m in midi_notes))


def cadence(
    tonic: int, mode: Mode, seconds: float, *, chord_s: float = 1.0, tuning_cents: float = 0.0, rate_hz: int = RATE_HZ
) -> Signal:
    """I-IV-V-I (minor: i-iv-V-i) over and over, with a bass; `tonic` is a pitch class, C = 0."""
    chords = []
    for degree, quality in CADENCES[mode]:
        root = 60 + (tonic + degree) % 12
        third = 3 if quality == "minor" else 4
        notes = (root - 24, root, root + third, root + 7)
        chords.append(chord(notes, chord_s, tuning_cents=tuning_cents, rate_hz=rate_hz))
    bar = np.concatenate(chords)
    return np.resize(bar, _length(seconds, rate_hz)).astype(np.float32)


def drone(midi_notes: Sequence[float], seconds: float, *, rate_hz: int = RATE_HZ) -> Signal:
    """One chord held for the whole time."""
    return chord(midi_notes, seconds, rate_hz=rate_hz)


def speech_like(seconds: float, *, seed: int = 3, rate_hz: int = RATE_HZ, even: bool = False) -> Signal:
    """Syllables of irregular length and pitch, with pauses, as in speech: neither beat nor key; or `even` in pace."""
    rng = np.random.default_rng(seed)
    y = silence(seconds, rate_hz=rate_hz)
    at = 0.1
    while at < seconds:
        length_s = rng.uniform(0.16, 0.22) if even else rng.uniform(0.08, 0.3)
        t = np.arange(_length(length_s, rate_hz)) / rate_hz
        start_hz, end_hz = rng.uniform(85, 240), rng.uniform(85, 240)
        phase = 2 * np.pi * (start_hz * t + (end_hz - start_hz) * t**2 / (2 * length_s))
        formant = rng.uniform(300, 2500)
        weights = [np.exp(-(((h * start_hz - formant) / 500) ** 2)) + 0.3 / h for h in range(1, 25)]
        voiced = np.sum([w * np.sin(h * phase) for h, w in enumerate(weights, start=1)], axis=0)
        breath = rng.standard_normal(t.size) * rng.uniform(0.05, 1.0)
        syllable = (0.1 * (voiced + breath) * np.sin(np.pi * t / length_s)).astype(np.float32)
        start = round(at * rate_hz)
        part = syllable[: y.size - start]
        y[start : start + part.size] += part
        pause_s = rng.uniform(0.25, 0.9) if rng.random() < 0.2 else rng.uniform(0.0, 0.12)
        at += length_s + (0.03 if even else pause_s)
    return np.clip(y, -1, 1).astype(np.float32)


def mix(*signals: Signal) -> Signal:
    """Sum of signals of one length, scaled down only where it would leave [-1, 1]."""
    total = reduce(np.add, signals)
    peak = float(np.max(np.abs(total), initial=0.0))
    return (total / max(1.0, peak)).astype(np.float32)


def stereo(left: Signal, right: Signal) -> npt.NDArray[np.float32]:
    """Two channels as decoders give them: shape (n_samples, 2)."""
    return np.stack([left, right], axis=1)

"""Clips of known key: scores of `key_scores`, played by changing bands, recorded and treated.

Needs `fluidsynth` (Debian: fluidsynth) and the fonts of `sound_fonts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from key_scores import Book, Mode, Score, arrange, compose
from key_voices import SAMPLE_RATE_HZ, Samples, bend_strings, drive_chords, glide_bass, sing, speak, voices
from midi_file import DRUM_CHANNEL, Note
from sound_fonts import FLUID
from studio import synthesised

DETUNE_CENTS = 45.0


def levelled(y: Samples) -> Samples:
    """Root mean square 0.1 where something sounds."""
    level = float(np.sqrt(np.mean(np.square(y)))) if y.size else 0.0
    return y * np.float32(0.1 / level) if level > 1e-6 else y


def scaled(y: Samples, rng: np.random.Generator, low_db: float, high_db: float) -> Samples:
    """The same at a level drawn between two, relative to `levelled`."""
    return levelled(y) * np.float32(10.0 ** (rng.uniform(low_db, high_db) / 20.0))


def recorded(
    parts: list[tuple[int, int, list[Note]]], rng: np.random.Generator, n_samples: int, font: str = FLUID
) -> Samples:
    """What the synthesiser makes of the notes, mono."""
    y = synthesised(parts, font=font, room=rng.random() < 0.4, gain=0.4)[:n_samples]
    return np.pad(y, (0, max(0, n_samples - y.size)))


def treated(y: Samples, rng: np.random.Generator) -> Samples:
    """Chorus, room, saturation, filters, noise, another tuning and an unsteady tape, each with some chance."""
    out: Any = y / (np.abs(y).max() + 1e-9)
    if rng.random() < 0.25:
        out = out + np.float32(rng.uniform(0.2, 0.9)) * _wandering(
            out, rng, rng.uniform(3.0, 18.0), rng.uniform(0.2, 2.0)
        )
    if rng.random() < 0.3:
        out = out + np.float32(rng.uniform(0.1, 0.8)) * _reverberated(out, rng)
    if rng.random() < 0.45:
        out = np.tanh(np.float32(rng.uniform(1.0, 8.0)) * out / (np.abs(out).max() + 1e-9))
    if rng.random() < 0.5:
        out = _filtered(out, rng)
    if rng.random() < 0.35:
        noise = rng.normal(size=out.size)
        if rng.random() < 0.5:  # hiss falls by 6 dB an octave where it is rumble
            noise = np.convolve(noise, 0.95 ** np.arange(60), mode="same")
        out = out + np.float32(10.0 ** rng.uniform(-3.5, -1.2)) * (noise / noise.std())
    if rng.random() < 0.35:
        ratio = 2.0 ** (rng.uniform(-DETUNE_CENTS, DETUNE_CENTS) / 1200.0)
        out = np.interp(np.arange(0.0, out.size - 1, ratio), np.arange(out.size), out)
    if rng.random() < 0.15:
        out = _wandering(out, rng, rng.uniform(2.0, 12.0), rng.uniform(0.3, 1.5))
    return np.asarray(0.8 * out / (np.abs(out).max() + 1e-9), dtype=np.float32)


def _wandering(y: Samples, rng: np.random.Generator, cents: float, rate_hz: float) -> Samples:
    """The signal with a pitch that swings by some cents: a worn tape, or the second voice of a chorus."""
    depth = cents / 1200.0 * np.log(2.0) / (2.0 * np.pi * rate_hz) * SAMPLE_RATE_HZ
    n = np.arange(y.size)
    swing = depth * np.sin(2.0 * np.pi * (rate_hz * n / SAMPLE_RATE_HZ + rng.random()))
    return np.asarray(np.interp(n + swing, n, y), dtype=np.float32)


def _reverberated(y: Samples, rng: np.random.Generator) -> Samples:
    n = round(rng.uniform(0.3, 1.5) * SAMPLE_RATE_HZ)
    tail = rng.normal(size=n) * np.exp(-6.9 * np.arange(n) / n)
    size = 1 << int(y.size + n - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(y, size) * np.fft.rfft(tail, size), size)[: y.size]
    return np.asarray(wet / (np.abs(wet).max() + 1e-9), dtype=np.float32)


def _filtered(y: Samples, rng: np.random.Generator) -> Samples:
    """A tilt, and now and then the narrow band of an old recording or a low bit rate."""
    hz = np.maximum(np.fft.rfftfreq(y.size, 1.0 / SAMPLE_RATE_HZ), 1.0)
    gain = (hz / 700.0) ** rng.uniform(-0.45, 0.45)
    if rng.random() < 0.35:
        gain /= np.sqrt(1.0 + (hz / rng.uniform(2500.0, 8000.0)) ** 8)
    if rng.random() < 0.3:
        gain /= np.sqrt(1.0 + (rng.uniform(50.0, 200.0) / hz) ** 6)
    return np.asarray(np.fft.irfft(np.fft.rfft(y) * gain, y.size), dtype=np.float32)


LENGTHS_S = (15.0, 20.0, 30.0, 30.0)
SONG_SHARES: dict[Book, float] = {"first": 0.42, "second": 0.25, "plain": 0.0}
"""Share of clips made from songs; songs alone, and rules alone, teach less than both."""
SEEDS: dict[Book, tuple[int, ...]] = {"first": (), "second": (2,), "plain": (3,)}
"""What the seeds of a book begin with, so that no two books begin alike."""
JITTER_S = 0.012
DRUM_KITS = (0, 0, 8, 16, 24, 25, 26, 32, 40)
DRUM_GAIN_DB = (-10.0, 8.0)
LEVEL = {"X": 1.0, "x": 0.8, "o": 0.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyClip:
    """One labelled piece of music; `group` as in `Score`."""

    y: Samples
    tonic: int
    mode: Mode
    style: str
    group: str


def make_key_clip(archive: str, seed: int, book: Book = "first", fonts: Sequence[str] = (FLUID,)) -> KeyClip | None:
    """Make one clip, played with one of the fonts; None where the song that was drawn has no key to rely on."""
    rng = np.random.default_rng((*SEEDS[book], seed))
    share = SONG_SHARES[book]
    score = arrange(rng, archive) if rng.random() < share else compose(rng, seed, book)
    if score is None:
        return None
    seconds = float(rng.choice(LENGTHS_S))
    font = fonts[0] if len(fonts) == 1 else str(rng.choice(list(fonts)))
    y = _Performance(rng, score, seconds, font).mix()
    if float(np.abs(y).max()) < 1e-3:
        return None
    return KeyClip(y=treated(y, rng), tonic=score.tonic, mode=score.mode, style=score.style, group=score.group)


class _Performance:
    """One performance of a score: who plays, how loud, how exactly."""

    def __init__(self, rng: np.random.Generator, score: Score, seconds: float, font: str) -> None:
        self.rng, self.score, self.seconds, self.font = rng, score, seconds, font
        self.n_samples = round(seconds * SAMPLE_RATE_HZ)
        whole = score.n_beats * 60.0 / score.bpm
        # Excerpts start anywhere: the first chord of a clip is not the tonic because the piece began there.
        self.offset_s = float(rng.uniform(0.0, max(0.01, whole - seconds))) if rng.random() < 0.6 else 0.0
        self.jitter_s = 0.0 if score.groove.electronic else float(rng.uniform(0.0, JITTER_S))
        self.swing = float(rng.uniform(0.0, score.groove.swing))

    def mix(self) -> Samples:
        rng, score, sounds = self.rng, self.score, self.score.sounds
        played: list[tuple[int, int, list[Note]]] = []
        y = np.zeros(self.n_samples, dtype=np.float32)
        no_chords, no_melody, no_bass = (rng.random() < chance for chance in sounds.without)
        if no_chords and no_melody and no_bass:
            no_chords = False
        if score.piano and rng.random() < (0.9 if no_chords else 0.4):
            played.append(
                (0, int(rng.choice((0, 0, 1, 2, 4, 6, 24, 46))), self._timed(score.piano, rng.uniform(0.5, 1.0)))
            )
        if not no_chords:
            chords = self._chords()
            if rng.random() < sounds.driven:
                y += scaled(drive_chords(chords, rng, self.n_samples), rng, -4.0, 4.0)
            else:
                played.append((1, int(rng.choice(sounds.chords)), _louder(chords, rng.uniform(0.4, 1.0))))
            if rng.random() < 0.2:
                played.append(
                    (2, int(rng.choice((48, 50, 88, 89, 94, 16))), _louder(self._pad(), rng.uniform(0.3, 0.7)))
                )
        if not no_bass:
            bass = self._bass()
            if rng.random() < (0.5 if score.groove.electronic else 0.12):
                y += scaled(glide_bass(bass, rng, self.n_samples), rng, -6.0, 4.0)
            else:
                played.append((3, int(rng.choice(sounds.basses)), _louder(bass, rng.uniform(0.5, 1.1))))
        if not no_melody:
            melody = self._timed(score.melody, rng.uniform(0.6, 1.1))
            if rng.random() < sounds.sung:
                y += scaled(sing(_highest(melody), rng, self.n_samples), rng, -5.0, 7.0)
                if rng.random() < 0.25:
                    y += scaled(self._choir(), rng, -12.0, -1.0)
            elif 29 in sounds.leads and rng.random() < 0.35:
                y += scaled(bend_strings(_highest(melody), rng, self.n_samples), rng, -6.0, 4.0)
            else:
                played.append((4, int(rng.choice(sounds.leads)), melody))
        if played:
            y = y + levelled(recorded(played, rng, self.n_samples, self.font))
        if score.groove.drums and rng.random() >= 0.6 * score.groove.without_drums:
            kit = (DRUM_CHANNEL, int(rng.choice(DRUM_KITS)), self._drums())
            drums = recorded([kit], rng, self.n_samples, self.font)
            y = y + scaled(drums, rng, *DRUM_GAIN_DB)
        if sounds.spoken and rng.random() < sounds.spoken:
            y = y + scaled(speak(rng, self.n_samples), rng, -6.0, 8.0)
        return np.asarray(y, dtype=np.float32)

    def _note(self, beat: float, length: float, pitch: int, velocity: float) -> Note | None:
        beat_s = 60.0 / self.score.bpm
        start = beat * beat_s - self.offset_s + self.rng.normal(0.0, self.jitter_s)
        end = start + max(0.05, length * beat_s)
        if end <= 0.02 or start >= self.seconds:
            return None
        loud = int(np.clip(velocity * self.rng.uniform(0.88, 1.1), 1, 127))
        return Note(start=max(0.0, start), end=end, pitch=int(np.clip(pitch, 12, 115)), velocity=loud)

    def _timed(self, notes: tuple[Note, ...], gain: float) -> list[Note]:
        """A part of the score in seconds, an octave up or down now and then."""
        octave = 12 * int(self.rng.choice((-1, 0, 0, 0, 0, 1)))
        made = (self._note(n.start, n.end - n.start, n.pitch + octave, gain * n.velocity) for n in notes)
        return [note for note in made if note]

    def _pattern(self, pattern: str) -> list[tuple[float, int, str]]:
        """(beat, step, symbol) of every symbol of a pattern of the groove, bar after bar."""
        groove, late = self.score.groove, self.swing / self.score.groove.steps
        bars = self.score.n_beats // groove.beats + 1
        length = max(1, len(pattern) // (groove.beats * groove.steps)) * groove.beats
        return [
            (bar * length + step / groove.steps + (late if step % 2 else 0.0), step, symbol)
            for bar in range(bars // max(1, length // groove.beats) + 1)
            for step, symbol in enumerate(pattern)
            if symbol != "."
        ]

    def _pad(self) -> list[Note]:
        out = []
        for index, (beat, root, intervals) in enumerate(self.score.chords):
            until = self.score.chords[index + 1][0] if index + 1 < len(self.score.chords) else self.score.n_beats
            out += [self._note(beat, until - beat, 60 + (root + step) % 12, 70) for step in intervals]
        return [note for note in out if note]

    def _choir(self) -> Samples:
        """Backing voices on the chords, now and then silent."""
        held = [note for note in self._pad() if self.rng.random() < 0.85]
        return np.asarray(np.sum([sing(voice, self.rng, self.n_samples) for voice in voices(held)], axis=0))

    def _chords(self) -> list[Note]:
        rng, score = self.rng, self.score
        patterns = [p for p in score.groove.chords if p]
        if not patterns or rng.random() < 0.3:
            return self._voiced()
        pattern = str(rng.choice(patterns))
        symbols = sum(c != "." for c in pattern)
        length = max(0.15, len(pattern) / symbols / score.groove.steps * rng.uniform(0.5, 1.0))
        low, out = int(rng.choice((48, 52, 55))), []
        for beat, step, symbol in self._pattern(pattern):
            root, intervals = score.chord_at(beat)
            tones = _tones(root, intervals, low)
            if symbol != "x":
                tones = [sorted([*tones, tones[0] + 12])[(int(symbol) - 1) % (len(tones) + 1)]]
            out += [self._note(beat, length, pitch, 84 if step % score.groove.steps == 0 else 74) for pitch in tones]
        return [note for note in out if note]

    def _voiced(self) -> list[Note]:
        """Chords held, or struck on each beat."""
        struck = self.rng.random() < 0.35
        low, out = int(self.rng.choice((40, 45, 52, 57))), []
        for index, (beat, root, intervals) in enumerate(self.score.chords):
            until = self.score.chords[index + 1][0] if index + 1 < len(self.score.chords) else self.score.n_beats
            places = np.arange(beat, until, 1.0) if struck else np.array([beat])
            for place in places:
                length = 0.9 * (min(1.0, until - place) if struck else until - beat)
                out += [self._note(float(place), length, pitch, 80) for pitch in _tones(root, intervals, low)]
        return [note for note in out if note]

    def _bass(self) -> list[Note]:
        rng, score = self.rng, self.score
        lowest = int(rng.choice((28, 31, 33)))
        if score.riff:
            bar = max(at + length for at, length, _ in score.riff)
            bar = score.groove.beats * np.ceil(bar / score.groove.beats)
            follows, out = rng.random() < 0.35, []
            for turn in range(int(score.n_beats / bar) + 1):
                for at, length, step in score.riff:
                    root = score.chord_at(turn * bar + at)[0] if follows else score.tonic
                    out.append(self._note(turn * bar + at, length, lowest + (root - lowest) % 12 + step, 100))
            return [note for note in out if note]
        pattern = str(
            rng.choice(
                [p for p in score.groove.bass if p] or ["r" + "." * (score.groove.beats * score.groove.steps - 1)]
            )
        )
        length = rng.uniform(0.5, 1.0) * len(pattern) / sum(c != "." for c in pattern) / score.groove.steps
        out = []
        for beat, _, symbol in self._pattern(pattern):
            root, intervals = score.chord_at(beat)
            third = intervals[1] if len(intervals) > 2 and intervals[1] < 7 else 7
            offset = {"r": 0, "f": 7, "o": 12, "t": third, "w": (0, third, 7, 9 if third == 4 else 10)[int(beat) % 4]}[
                symbol
            ]
            out.append(self._note(beat, length, lowest + (root - lowest) % 12 + offset, 98))
        return [note for note in out if note]

    def _drums(self) -> list[Note]:
        groove = self.score.groove
        pattern = groove.drums[int(self.rng.integers(len(groove.drums)))]
        out = []
        for drum, steps in pattern.items():
            gain = self.rng.uniform(0.6, 1.1) * (115 if drum < 41 else 85)
            out += [self._note(beat, 0.1, drum, gain * LEVEL[symbol]) for beat, _, symbol in self._pattern(steps)]
        return [note for note in out if note]


def _tones(root: int, intervals: tuple[int, ...], low: int) -> list[int]:
    """The notes of a chord, close together above `low`; power chords keep their order and get the octave."""
    if len(intervals) == 2:
        base = low - 12 + (root - low) % 12
        return [base, base + 7, base + 12]
    return sorted(low + (root + step - low) % 12 for step in intervals)


def _highest(notes: list[Note]) -> list[Note]:
    """One note at a time: a note ends where the next begins."""
    ordered = sorted(notes, key=lambda n: (n.start, -n.pitch))
    kept = [n for i, n in enumerate(ordered) if i == 0 or n.start > ordered[i - 1].start + 0.03]
    ends = [*(n.start for n in kept), float("inf")][1:]
    return [
        Note(start=n.start, end=min(n.end, e), pitch=n.pitch, velocity=n.velocity)
        for n, e in zip(kept, ends, strict=True)
    ]


def _louder(notes: list[Note], gain: float) -> list[Note]:
    return [
        Note(start=n.start, end=n.end, pitch=n.pitch, velocity=int(np.clip(n.velocity * gain, 1, 127))) for n in notes
    ]

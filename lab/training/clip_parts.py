"""Songs of POP909 (MIT), the band that plays them, and its recording with the FluidR3 sound font (MIT).

Needs `fluidsynth` and its GM sound font (Debian: fluidsynth, fluid-soundfont-gm).
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from midi_file import DRUM_CHANNEL, Note, read_notes
from sound_fonts import FLUID
from studio import SAMPLE_RATE_HZ, Clip, Samples, Vector, synthesised, treated
from tempo_patterns import CLAP, CRASH, HAT, KICK, RIDE, SNARE, TOM, TempoStyle

SOUND_FONT = FLUID
"""The only one of these clips, and of the key clips."""
LENGTHS_S = (20.0, 30.0)
LEVEL = {"X": 1.0, "x": 0.8, "o": 0.5}
DROP_SHARE = 0.13
"""Chance of each drum to be left out, so that no instrument becomes the only sign of a beat."""
FILL_SHARE = 0.7
"""Chance of each step of a fill."""
PLAYED_JITTER_S = (0.001, 0.012)
PLAYED_DRIFT = (0.002, 0.025)
PIANO_DRIFT = (0.02, 0.06)
"""Share of the tempo by which it wanders; the truth is then the median beat."""
GRID = 0.25
"""Beats; songs are moved onto quarters of a beat, on which machines play."""

ORCHESTRA = {
    "lead": (40, 41, 42, 48, 49, 56, 60, 68, 70, 71, 73),
    "chords": (44, 45, 46, 48, 48, 49, 60, 61),
    "bass": (42, 43, 48, 58, 70),
}
LEADS = {
    True: (80, 81, 82, 83, 84, 87, 90, 94, 4, 5),
    False: (0, 1, 4, 24, 25, 26, 27, 29, 30, 40, 48, 56, 65, 66, 71, 73, 22, 11, 105),
}
CHORD_VOICES = {True: (88, 89, 90, 91, 50, 4, 81, 16), False: (0, 0, 1, 4, 24, 25, 26, 29, 30, 16, 21, 48)}
BASSES = {True: (38, 39, 87, 36), False: (32, 33, 34, 35, 43)}
DRUM_KITS = {True: (0, 8, 24, 25), False: (0, 0, 8, 16, 32, 40)}
NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

Chord = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Song:
    """One song of POP909 in beats: notes of its parts, (beat, chord) pairs, and where bars begin."""

    parts: dict[str, list[Note]]
    chords: list[tuple[float, Chord]]
    bars: list[int]


@cache
def song_names(archive: str) -> tuple[str, ...]:
    """The numbers of the songs in POP909's archive."""
    with zipfile.ZipFile(archive) as songs:
        return tuple(sorted({name.split("/")[1] for name in songs.namelist() if name.endswith(".mid")}))


def read_song(archive: str, name: str) -> Song:
    """Read one song of POP909's archive."""
    with zipfile.ZipFile(archive) as songs:
        midi, beats, chords = (
            songs.read(f"pop909/{name}/{file}") for file in (f"{name}.mid", "beat_midi.txt", "chord_midi.txt")
        )
    rows = [[float(word) for word in line.split()] for line in beats.decode().splitlines() if line.strip()]
    times = np.array([row[0] for row in rows])

    def beat(seconds: float) -> float:
        return float(np.interp(seconds, times, np.arange(times.size)))

    parts = {
        part: [Note(start=beat(n.start), end=beat(n.end), pitch=n.pitch, velocity=n.velocity) for n in notes]
        for part, notes in read_notes(midi).items()
    }
    labelled = [line.split() for line in chords.decode().splitlines() if line.strip()]
    return Song(
        parts=parts,
        chords=[(round(beat(float(row[0]))), chord) for row in labelled if (chord := _chord(row[2]))],
        bars=[index for index, row in enumerate(rows) if row[2] == 1.0],
    )


def recorded_clip(band: Band, name: str, song_name: str) -> Clip:
    """Let a band play, record it, and treat the recording."""
    rng = band.rng
    return Clip(
        y=treated(_recorded(band.play(), rng, band.seconds), rng),
        bpm=band.bpm,
        style=name,
        group=song_name,
        beats_s=band.beat_s,
        metre=band.style.beats,
    )


class Band:
    """Plays one clip of a style."""

    def __init__(self, rng: np.random.Generator, style: TempoStyle, song: Song) -> None:
        self.rng, self.style, self.song = rng, style, song
        self.seconds = float(rng.choice(LENGTHS_S))
        tempo = float(np.exp(rng.uniform(np.log(style.low_bpm), np.log(style.high_bpm))))
        self.n_beats = int(self.seconds * tempo / 60.0) + 1
        piano = style.melody == "piano"
        self.jitter_s = 0.0 if style.electronic else float(rng.uniform(*PLAYED_JITTER_S))
        drift = 0.0
        if piano or not (style.electronic or rng.random() < 0.4):
            drift = float(rng.uniform(*(PIANO_DRIFT if piano else PLAYED_DRIFT)))
        periods = 60.0 / tempo * np.exp(drift * _wander(rng, self.n_beats + 8))
        self.beat_s = rng.uniform(0.02, 0.6) + np.concatenate([[0.0], np.cumsum(periods)])
        self.bpm = tempo if drift == 0.0 else 60.0 / float(np.median(np.diff(self.beat_s[: self.n_beats])))
        self.swing = float(rng.uniform(0.0, style.swing))
        self.key = int(rng.integers(-5, 7))
        usable = [bar for bar in song.bars[1:] if bar + self.n_beats / style.song_beats < song.bars[-1]]
        self.origin = int(rng.choice(usable)) if usable else song.bars[1]

    def play(self) -> list[tuple[int, int, list[Note]]]:
        style, rng, machine = self.style, self.rng, self.style.electronic
        if style.melody == "piano":
            piano = [*self._song("PIANO"), *(self._song("MELODY") if rng.random() < 0.6 else [])]
            return [(0, int(rng.choice((0, 0, 0, 1, 2, 6, 24, 46))), piano)]
        parts = []
        if rng.random() < 0.85:
            melody = self._song("MELODY") if style.melody == "song" else self._made_up()
            parts.append(
                (
                    0,
                    int(rng.choice(ORCHESTRA["lead"] if style.orchestra else LEADS[machine])),
                    _scaled(melody, rng.uniform(0.4, 1.0)),
                )
            )
        if not machine and style.melody == "song" and rng.random() < 0.3:
            parts.append((1, 0, _scaled(self._song("PIANO"), rng.uniform(0.3, 0.8))))
        if rng.random() < 0.88 or not style.drums:
            chords = _scaled(self._chords(str(rng.choice(style.chords))), rng.uniform(0.35, 0.9))
            parts.append(
                (2, int(rng.choice(ORCHESTRA["chords"] if style.orchestra else CHORD_VOICES[machine])), chords)
            )
        if rng.random() < 0.9:
            bass = _scaled(self._bass(str(rng.choice(style.bass))), rng.uniform(0.5, 1.0))
            parts.append((3, int(rng.choice(ORCHESTRA["bass"] if style.orchestra else BASSES[machine])), bass))
        if style.drums and rng.random() >= style.without_drums:
            kit = int(rng.choice(DRUM_KITS[machine]))
            parts.append((DRUM_CHANNEL, kit, _scaled(self._drums(), rng.uniform(0.45, 1.1))))
        return parts

    def _note(self, beat: float, length: float, pitch: int, velocity: float, *, step: int = 0) -> Note:
        late = self.swing / self.style.steps if step % 2 else 0.0
        times_s: Any = np.interp([beat + late, beat + length], np.arange(self.beat_s.size), self.beat_s)
        start, end = times_s
        start = max(0.0, start + self.rng.normal(0.0, self.jitter_s))
        loud = int(np.clip(velocity * self.rng.uniform(0.88, 1.08), 1, 127))
        return Note(start=start, end=max(start + 0.05, end), pitch=int(np.clip(pitch, 0, 127)), velocity=loud)

    def _song(self, part: str) -> list[Note]:
        """A part of the song on this clip's beats; with three steps a beat its quavers are swung."""
        stretch, out = self.style.song_beats, []
        free = self.style.melody == "piano"
        for note in self.song.parts.get(part, []):
            beat = (note.start - self.origin) * stretch
            if not free:
                beat = round(beat / GRID) * GRID
                if self.style.steps % 3 == 0:
                    beat = np.floor(beat) + {0.0: 0.0, 0.25: 1 / 3, 0.5: 2 / 3, 0.75: 2 / 3}[beat % 1.0]
            if 0 <= beat < self.n_beats:
                length = max(0.2, (note.end - note.start) * stretch)
                out.append(self._note(float(beat), length, note.pitch + self.key, note.velocity))
        return out

    def _chord_at(self, beat: int) -> Chord:
        place = self.origin + beat / self.style.song_beats
        before = [chord for at, chord in self.song.chords if at <= place]
        return before[-1] if before else self.song.chords[0][1]

    def _pattern(self, pattern: str) -> list[tuple[int, int, str]]:
        """(beat, step in the bar, symbol) of every symbol of a pattern, bar after bar."""
        steps = self.style.steps
        return [
            (bar * self.style.beats + step // steps, step, symbol)
            for bar in range(self.n_beats // self.style.beats + 1)
            for step, symbol in enumerate(pattern)
            if symbol != "."
        ]

    def _chords(self, pattern: str) -> list[Note]:
        out, length = [], max(0.2, len(pattern) / max(1, sum(c != "." for c in pattern)) / self.style.steps * 0.8)
        for beat, step, symbol in self._pattern(pattern):
            root, intervals = self._chord_at(beat)
            tones = [52 + (root + self.key + interval - 4) % 12 for interval in intervals]
            chosen = tones if symbol == "x" else [sorted([*tones, tones[0] + 12])[int(symbol) - 1]]
            at = beat + (step % self.style.steps) / self.style.steps
            out += [
                self._note(at, length, pitch, 84 if step % self.style.steps == 0 else 74, step=step) for pitch in chosen
            ]
        return out

    def _bass(self, pattern: str) -> list[Note]:
        out, length = [], 0.8 * len(pattern) / max(1, sum(c != "." for c in pattern)) / self.style.steps
        for beat, step, symbol in self._pattern(pattern):
            root, intervals = self._chord_at(beat)
            low = 31 + (root + self.key - 7) % 12
            walk = (0, intervals[1], 7, 9)[beat % 4]
            pitch = low + {"r": 0, "f": 7, "o": 12, "t": intervals[1], "w": walk}[symbol]
            out.append(self._note(beat + (step % self.style.steps) / self.style.steps, length, pitch, 98, step=step))
        return out

    def _made_up(self) -> list[Note]:
        """A melody of three cells of rhythm that walks in small steps and meets a chord tone on each beat."""
        rng, style = self.rng, self.style
        per_beat = int(rng.choice([n for n in (1, 2, 4, 3, 6) if style.steps % n == 0 and n <= style.steps]))
        n = per_beat * style.beats
        density = rng.uniform(0.55, 1.0)
        cells = [[k for k in range(n) if rng.random() < (0.95 if k % per_beat == 0 else density)] for _ in range(3)]
        out, pitch = [], 67
        for bar in range(self.n_beats // style.beats + 1):
            cell = cells[(0, 0, 1, 2)[bar % 4]]
            for index, k in enumerate(cell):
                root, intervals = self._chord_at(bar * style.beats + k // per_beat)
                pitch = int(np.clip(pitch + rng.choice((-4, -2, -1, 1, 2, 4)), 57, 84))
                tones = {(root + self.key + interval) % 12 for interval in intervals}
                while k % per_beat == 0 and pitch % 12 not in tones:
                    pitch += 1
                until = cell[index + 1] if index + 1 < len(cell) else n
                loud = 96 if k == 0 else 84 if k % per_beat == 0 else 74
                out.append(self._note(bar * style.beats + k / per_beat, 0.9 * (until - k) / per_beat, pitch, loud))
        return out

    def _drums(self) -> list[Note]:
        rng, style = self.rng, self.style
        pattern = style.drums[int(rng.integers(len(style.drums)))]
        playing = {drum: steps for drum, steps in pattern.items() if len(pattern) == 1 or rng.random() >= DROP_SHARE}
        fills, late_entry = rng.random() < 0.5, int(rng.choice((0, 0, 0, 4, 8)))
        out = []
        for drum, steps in playing.items():
            gain = rng.uniform(0.6, 1.1) * (112 if drum in (KICK, SNARE, CLAP) else 88)
            for beat, step, symbol in self._pattern(steps):
                bar = beat // style.beats
                filled = fills and bar % 8 == 7 and step >= len(steps) // 2 and drum in (KICK, HAT, RIDE)
                if filled or (beat < late_entry and drum in (KICK, SNARE)):
                    continue
                at = beat + (step % style.steps) / style.steps
                out.append(self._note(at, 0.1, drum, gain * LEVEL[symbol], step=step))
        for bar in range(self.n_beats // style.beats + 1):
            if fills and bar % 8 == 7:
                n = style.beats * style.steps
                for step in range(n // 2, n):
                    if rng.random() < FILL_SHARE:
                        drum = int(rng.choice((SNARE, TOM, 47, 43)))
                        out += [self._note(bar * style.beats + step / style.steps, 0.1, drum, 100)]
            if bar % 8 == 0 and rng.random() < 0.6:
                out.append(self._note(bar * style.beats, 0.1, CRASH, 90))
        return out


def _wander(rng: np.random.Generator, n: int) -> Vector:
    """A random walk that returns to zero, scaled to within -1 to 1, with a little noise."""
    walk = np.cumsum(rng.normal(size=n))
    walk -= np.linspace(0.0, walk[-1], n)
    return np.asarray(walk / max(1.0, float(np.abs(walk).max())) + 0.3 * rng.normal(size=n))


def _scaled(notes: list[Note], gain: float) -> list[Note]:
    return [
        Note(start=n.start, end=n.end, pitch=n.pitch, velocity=int(np.clip(n.velocity * gain, 1, 127))) for n in notes
    ]


def _chord(label: str) -> Chord | None:
    """(pitch class of the root, intervals) of a label such as `Bb:min7/5`; None for N."""
    root, _, quality = label.partition(":")
    if not quality:
        return None
    number = NATURALS[root[0]] + sum({"#": 1, "b": -1}[sign] for sign in root[1:])
    third = 3 if quality.startswith(("min", "dim", "hdim")) else 5 if quality.startswith("sus4") else 4
    return number % 12, (0, third, 6 if "dim" in quality else 7)


def _recorded(parts: list[tuple[int, int, list[Note]]], rng: np.random.Generator, seconds: float) -> Samples:
    """What the synthesiser makes of the notes, mono, peak at 1."""
    y = synthesised(parts, font=SOUND_FONT, room=rng.random() < 0.5, gain=0.6)[: round(seconds * SAMPLE_RATE_HZ)]
    return np.asarray(y / max(1e-4, float(np.abs(y).max())), dtype=np.float32)

"""Clips whose bars are known: bands in two to seven beats a bar, with what makes the first beat hard to find.

Songs of POP909 (MIT), as they are and re-barred by leaving out or repeating beats, and own pieces; human drummers of
the Groove MIDI set (CC BY 4.0, Google) and own drum patterns. Nothing always tells where the bar begins: chords change
early, once in two bars or within the bar, kicks stay away from the first beat, the snare plays in half time, melodies
begin before the bar, bars are cut short, drums, bass or chords are missing.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from bar_truth import first_bar_of_drums
from clip_parts import Chord, Song, read_song, song_names
from key_voices import sing
from midi_file import DRUM_CHANNEL, Note, read_notes
from studio import SAMPLE_RATE_HZ, Samples, hall, old_record, recorded, treated
from tempo_patterns import CLAP, CRASH, HAT, KICK, OPEN_HAT, PEDAL, RIDE, RIM, SHAKER, SNARE, TOM

Vector = np.ndarray[Any, np.dtype[np.float64]]
Places = np.ndarray[Any, np.dtype[np.int64]]
Part = tuple[int, int, list[Note]]

METRES = {2: 0.06, 3: 0.22, 4: 0.42, 5: 0.1, 6: 0.1, 7: 0.1}
"""Beats a bar, and how often; six beats are the quavers of 6/8."""
GROUPS = {
    2: ((2,), (1, 1)),
    3: ((3,), (1, 2), (2, 1)),
    4: ((2, 2), (2, 2), (3, 1), (4,)),
    5: ((3, 2), (2, 3), (3, 2), (4, 1)),
    6: ((3, 3),),
    7: ((2, 2, 3), (3, 2, 2), (4, 3), (3, 4), (2, 3, 2)),
}
"""How the beats of a bar are grouped: what comes within the bar comes where a group begins."""
TEMPI = {2: (70, 150), 3: (70, 200), 4: (56, 190), 5: (84, 210), 6: (120, 270), 7: (90, 240)}
TAKES = {
    2: ((0, 1), (0, 2)),
    3: ((0, 1, 2), (0, 1, 3), (0, 2, 3)),
    4: ((0, 1, 2, 3),),
    5: ((0, 1, 2, 3, 3), (0, 1, 2, 3, 2)),
    6: ((0, 0.5, 1, 2, 2.5, 3), (0, 0.5, 1, 2, 2.5, 3), (0, 0.5, 1, 1.5, 2, 2.5), (0, 1, 1.5, 2, 3, 3.5)),
    7: ((0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 4, 5, 6, 7), (0, 1, 2, 3, 4, 6, 7)),
}
"""Beats of a song's bar of four, or of two such bars, that make a bar; of six-eight time quavers."""
LEADS = (*range(8), *range(11, 13), *range(16, 32), 40, 41, 42, *range(48, 88), 105, 106, 107, 109, 110)
CHORDS = (*range(8), *range(16, 32), 46, *range(48, 56), 61, 62, 63, *range(80, 96), 105)
KEYS = (*range(6), 0, 0, 0, 24, 25, 46)
PADS = (*range(16, 21), *range(48, 55), *range(88, 96))
BASSES = (*range(32, 40), 32, 33, 34, 38, 43, 58, 70)
KITS = (0, 0, 0, 8, 16, 24, 25, 32, 40)
GROOVE_DRUMS = {22: HAT, 26: OPEN_HAT, 58: 43, 55: CRASH, 52: 57, 50: 48, 40: SNARE, 59: RIDE, 53: RIDE}
"""From the pads of the recorded kit to General MIDI."""
LOOPS = (
    ((0, "M"), (7, "M"), (9, "m"), (5, "M")),
    ((9, "m"), (5, "M"), (0, "M"), (7, "M")),
    ((0, "M"), (5, "M")),
    ((0, "M"), (9, "m"), (5, "M"), (7, "M")),
    ((2, "m"), (7, "M"), (0, "M"), (0, "M")),
    ((0, "M"), (0, "M"), (5, "M"), (7, "M")),
    ((9, "m"), (7, "M"), (5, "M"), (4, "M")),
    ((9, "m"), (2, "m"), (4, "M"), (9, "m")),
    ((0, "M"), (10, "M"), (5, "M"), (0, "M")),
    ((0, "M"), (4, "m"), (5, "M"), (5, "m")),
    ((9, "m"), (9, "m"), (5, "M"), (7, "M")),
    ((0, "M"), (2, "m"), (4, "m"), (5, "M")),
    ((9, "m"), (7, "M")),
    ((0, "M"),),
    ((9, "m"),),
    ((0, "M"), (7, "M"), (2, "m"), (5, "M"), (9, "m"), (5, "M"), (7, "M"), (7, "M")),
)
PHRASES = (4, 4, 8, 8, 8, 8, 16, 6, 12)
SCALE = (0, 2, 4, 5, 7, 9, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarClip:
    """One piece: all beats (some after the end), the place of each in its bar (0: it begins one), beats a bar."""

    y: Samples
    beats_s: Vector
    places: Places
    metre: int
    style: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Groove:
    """One drummer's take in four: hits as (beat, pitch, velocity), and its length in beats, whole bars."""

    hits: tuple[tuple[float, int, int], ...]
    beats: int
    style: str


@cache
def groove_names(archive: str) -> tuple[tuple[str, str, float], ...]:
    """Files, styles and tempi of the longer takes in 4/4 that are for training."""
    with zipfile.ZipFile(archive) as takes:
        rows = list(csv.DictReader(io.StringIO(takes.read("groove/info.csv").decode())))
    long = [
        r
        for r in rows
        if r["split"] == "train"
        and r["beat_type"] == "beat"
        and r["time_signature"] == "4-4"
        and float(r["duration"]) > 12.0
    ]
    return tuple((r["midi_filename"], r["style"].split("/")[0], float(r["bpm"])) for r in long)


def read_groove(archive: str, index: int) -> Groove:
    """Read one take."""
    name, style, bpm = groove_names(archive)[index]
    with zipfile.ZipFile(archive) as takes:
        tracks = read_notes(takes.read(f"groove/{name}"))
    notes = [note for track in tracks.values() for note in track]
    begin = first_bar_of_drums(notes, 0.0, 60.0 / bpm)
    hits = sorted((n.start * bpm / 60.0 - begin, GROOVE_DRUMS.get(n.pitch, n.pitch), n.velocity) for n in notes)
    bars = max(1, int(max(hit[0] for hit in hits) / 4.0))
    return Groove(hits=tuple(h for h in hits if 0.0 <= h[0] < 4 * bars), beats=4 * bars, style=style)


def make_bar_clip(
    archive: str,
    grooves: str,
    seed: int,
    *,
    seconds: float | None = None,
    metre: int | None = None,
    song_name: str | None = None,
    bpm: float | None = None,
    alone: bool = False,
) -> BarClip:
    """One clip; what is not given is drawn. `alone`: the song has no band, only its own parts."""
    rng = np.random.default_rng((77, seed))
    band = _Band(archive, grooves, rng, seconds=seconds, metre=metre, song_name=song_name, bpm=bpm, alone=alone)
    return band.record()


class _Band:
    """One piece; what is drawn once for all of it stands here."""

    def __init__(
        self,
        archive: str,
        grooves: str,
        rng: np.random.Generator,
        *,
        seconds: float | None,
        metre: int | None,
        song_name: str | None,
        bpm: float | None,
        alone: bool,
    ) -> None:
        self.rng, self.alone = rng, alone
        self.seconds = float(rng.uniform(18.0, 42.0)) if seconds is None else seconds
        self.metre = int(rng.choice(list(METRES), p=list(METRES.values()))) if metre is None else metre
        self.song: Song | None = None
        self.group = "own"
        if song_name is not None or (self.metre in TAKES and rng.random() < (0.5 if self.metre == 4 else 0.4)):
            self.group = song_name or str(rng.choice(song_names(archive)))
            self.song = read_song(archive, self.group)
        self.drums = "none" if alone else str(rng.choice(("groove", "own", "none"), p=(0.35, 0.45, 0.2)))
        if self.drums == "groove" and self.metre == 6:
            self.drums = "own"
        self.groove = None
        if self.drums == "groove":
            self.groove = read_groove(grooves, int(rng.integers(len(groove_names(grooves)))))
        self.grouping = GROUPS[self.metre][int(rng.integers(len(GROUPS[self.metre])))]
        self.starts = [sum(self.grouping[:k]) for k in range(len(self.grouping))]
        low, high = TEMPI[self.metre]
        self.bpm = float(np.exp(rng.uniform(np.log(low), np.log(high)))) if bpm is None else bpm
        self.steps = int(rng.choice((2, 2, 4, 4, 3))) if self.metre != 6 else int(rng.choice((1, 2)))
        self.swing = float(rng.uniform(0.0, 0.5)) if rng.random() < 0.25 and self.steps in (2, 4) else 0.0
        self.machine = rng.random() < 0.35
        self.jitter_s = 0.0 if self.machine else float(rng.uniform(0.001, 0.014))
        self.early = rng.random() < 0.25
        self.key = int(rng.integers(12))
        self._lay_bars()
        self._lay_chords()

    def _lay_bars(self) -> None:
        """Bars, some of them cut or longer; the beats before the first; phrases; times."""
        rng, m = self.rng, self.metre
        n_bars = int(self.seconds * self.bpm / 60.0 / m) + 6
        lengths = [m] * n_bars
        if rng.random() < 0.2:
            for _ in range(int(rng.integers(1, 3))):
                lengths[int(rng.integers(2, n_bars))] = int(rng.choice((m - 1, m + 1, m // 2, 2, m + m // 2))) or 1
        pickup = int(rng.integers(1, m)) if rng.random() < 0.3 else 0
        places, bars = list(range(m - pickup, m)), [-1] * pickup
        for bar, length in enumerate(lengths):
            places += list(range(length))
            bars += [bar] * length
        self.places, self.bars, self.lengths = np.array(places), np.array(bars), lengths
        self.first = {bar: int(np.flatnonzero(self.bars == bar)[0]) for bar in range(n_bars)}
        n = self.places.size
        drift = 0.0 if self.machine else float(rng.uniform(0.0, 0.025))
        walk = np.cumsum(rng.normal(size=n + 2))
        walk -= np.linspace(0.0, walk[-1], walk.size)
        periods = 60.0 / self.bpm * np.exp(drift * walk / max(1.0, float(np.abs(walk).max())))
        self.beat_s = rng.uniform(0.02, 0.8) + np.concatenate([[0.0], np.cumsum(periods)])
        # Phrases: which of them each bar belongs to.
        size = int(rng.choice(PHRASES))
        self.phrase_of: list[int] = []
        self.phrase_starts: list[int] = []
        number = -1
        for bar in range(n_bars):
            if bar == 0 or bar - self.phrase_starts[-1] >= size:
                self.phrase_starts.append(bar)
                number += 1
                if rng.random() < 0.25:
                    size = int(rng.choice(PHRASES))
            self.phrase_of.append(number)
        self.n_bars, self.n_phrases = n_bars, number + 1

    def _lay_chords(self) -> None:
        """A chord for each beat, and where it changes."""
        rng, m = self.rng, self.metre
        n = self.places.size
        self.song_beat = np.full(n, -1.0)
        self.chords: list[Chord] = []
        if self.song is not None:
            song, take = self.song, TAKES[m][int(rng.integers(len(TAKES[m])))]
            spans = [bar for bar, after in pairwise(song.bars) if after - bar == 4] or song.bars
            per = 2 if m == 7 else 1
            needed = (self.n_bars + 2) * per
            begin = int(rng.integers(1, max(2, len(spans) - needed))) if len(spans) > needed else 1
            for i in range(n):
                bar, place = int(self.bars[i]), int(self.places[i])
                index = begin + per * bar
                at = spans[index % len(spans)] if index >= 0 else spans[0] - 4 * per
                self.song_beat[i] = at + take[place % len(take)]
            known = sorted(song.chords, key=lambda pair: pair[0])
            times = np.array([at for at, _ in known])
            for beat in self.song_beat:
                self.chords.append(known[max(0, int(np.searchsorted(times, beat + 0.01)) - 1)][1])
        else:
            loop = LOOPS[int(rng.integers(len(LOOPS)))]
            shift = int(rng.integers(len(loop))) if rng.random() < 0.4 else 0
            rate = str(rng.choice(("bar", "two", "group", "four", "mixed"), p=(0.42, 0.2, 0.2, 0.06, 0.12)))
            other = LOOPS[int(rng.integers(len(LOOPS)))]
            count, changes = shift - 1, rng.random(64) < 0.6
            inner = int(rng.choice(self.starts))
            for i in range(n):
                bar, place = int(self.bars[i]), int(self.places[i])
                start = place == 0
                if rate == "bar":
                    moves = start
                elif rate in ("two", "four"):
                    moves = start and bar % (2 if rate == "two" else 4) == 0
                elif rate == "group":
                    moves = start or place == inner
                else:
                    moves = (start and bool(changes[bar % 8])) or (place == inner and bool(changes[32 + bar % 8]))
                if start and bar >= 0 and bar in self.phrase_starts:
                    count, moves = shift - 1, True
                count += bool(moves) or i == 0
                now = other if bar >= 0 and self.phrase_of[bar] % 3 == 2 else loop
                root, quality = now[count % len(now)]
                self.chords.append((root, (0, 4 if quality == "M" else 3, 7)))
        self.changes = [0, *(i for i in range(1, n) if self.chords[i] != self.chords[i - 1])]

    def record(self) -> BarClip:
        """Play, record, cut the start, treat."""
        rng = self.rng
        parts = self.play()
        n_samples = round((self.seconds + self.beat_s[0]) * SAMPLE_RATE_HZ)
        y = recorded(parts, rng, n_samples)
        if self.sung:
            voice = sing(self.sung, rng, n_samples)
            y = y / (np.abs(y).max() + 1e-9) + np.float32(rng.uniform(0.2, 0.9)) * voice / (np.abs(voice).max() + 1e-9)
        if rng.random() < 0.3:
            y = hall(y, rng)
        if rng.random() < 0.1:
            y = old_record(y, rng)
        y = treated(y, rng, gently=True)
        cut_s = 0.0
        if rng.random() < 0.6:
            cut_s = float(rng.uniform(0.0, self.beat_s[min(2 * self.metre, self.places.size - 1)]))
            cut_s = min(cut_s, 0.3 * self.seconds)
        y = y[round(cut_s * SAMPLE_RATE_HZ) :]
        beats = self.beat_s[: self.places.size] - cut_s
        kept = beats >= -0.01
        name = self.drums if self.groove is None else f"groove {self.groove.style}"
        source = "own" if self.song is None else "song" if self.metre == 4 else "rebarred"
        if self.alone:
            source = "song alone"
        return BarClip(
            y=y,
            beats_s=np.maximum(beats[kept], 0.0),
            places=self.places[kept],
            metre=self.metre,
            style=f"{source} in {self.metre}, {name}",
            group=self.group,
        )

    def play(self) -> list[Part]:
        """All parts; `sung` are the notes of a singer."""
        rng = self.rng
        self.sung: list[Note] = []
        if self.alone:
            own = [(KEYS, "PIANO", 0.75), (LEADS, "MELODY", 0.95)]
            own += [(PADS, "BRIDGE", 0.6)] if rng.random() < 0.7 else []
            return [
                (channel, self._any(programs), self._layer(self._of_song(part), 0.7 * gain, 1.2 * gain))
                for channel, (programs, part, gain) in enumerate(own)
            ]
        played: list[tuple[int, list[Note]]] = []
        with_chords, with_bass, with_tune = rng.random() < 0.88, rng.random() < 0.85, rng.random() < 0.75
        if self.drums == "none" and not (with_chords or with_tune):
            with_chords = True
        if self.song is not None:
            if rng.random() < 0.45:
                played.append((self._any(CHORDS), self._layer(self._of_song("PIANO"), 0.4, 1.0)))
            if with_tune:
                played.append((self._any(LEADS), self._layer(self._of_song("MELODY"), 0.5, 1.1)))
            if rng.random() < 0.3:
                played.append((self._any(LEADS), self._layer(self._of_song("BRIDGE"), 0.4, 0.9)))
        elif with_tune:
            tune = self._layer(self._tune(), 0.5, 1.1)
            if rng.random() < 0.2:
                self.sung = tune
            else:
                played.append((self._any(LEADS), tune))
        if with_chords:
            played.append((self._any(CHORDS), self._layer(self._comping(), 0.35, 0.95)))
            if rng.random() < 0.3:
                played.append((self._any(CHORDS), self._layer(self._comping(), 0.3, 0.8)))
        if rng.random() < 0.35:
            played.append((self._any(PADS), self._layer(self._held(), 0.3, 0.8)))
        if with_bass:
            played.append((self._any(BASSES), self._layer(self._bass(), 0.5, 1.15)))
        parts = [(channel, program, notes) for channel, (program, notes) in enumerate(played) if channel < 9]
        if self.drums != "none":
            hits = self._human() if self.drums == "groove" else self._patterns()
            parts.append((DRUM_CHANNEL, self._any(KITS), self._layer(hits, 0.4, 1.15)))
        return parts

    def _any(self, programs: tuple[int, ...]) -> int:
        return int(self.rng.choice(programs))

    def _note(self, beat: float, length: float, pitch: float, velocity: float) -> Note:
        whole = np.floor(beat + 1e-6)
        part = beat - whole
        if self.swing and abs(part % (2.0 / self.steps) - 1.0 / self.steps) < 0.02:
            part += self.swing * 0.5 / self.steps
        start, end = np.interp([whole + part, beat + length], np.arange(self.beat_s.size), self.beat_s)
        start = max(0.0, start + self.rng.normal(0.0, self.jitter_s))
        loud = int(np.clip(velocity * self.rng.uniform(0.88, 1.08), 1, 127))
        return Note(start=start, end=max(start + 0.05, end), pitch=int(np.clip(pitch, 21, 108)), velocity=loud)

    def _layer(self, notes: list[Note], least: float, most: float) -> list[Note]:
        """At a level of its own, a little early or late, silent in some phrases."""
        rng = self.rng
        gain, late_s = rng.uniform(least, most), 0.0 if self.machine else float(rng.normal(0.0, 0.006))
        silent = rng.random(self.n_phrases) < (0.2 if self.n_phrases > 1 and not self.alone else 0.0)
        if silent.all():
            silent[:] = False
        edges = [self.beat_s[self.first[bar]] for bar in self.phrase_starts]
        out = []
        for note in notes:
            phrase = max(0, int(np.searchsorted(edges, note.start + 0.02)) - 1)
            if silent[phrase]:
                continue
            out.append(
                Note(
                    start=max(0.0, note.start + late_s),
                    end=max(0.06, note.end + late_s),
                    pitch=note.pitch,
                    velocity=int(np.clip(note.velocity * gain, 1, 127)),
                )
            )
        return out

    def _of_song(self, part: str) -> list[Note]:
        """A part of the song where its beats are now."""
        assert self.song is not None
        unit = 0.5 if self.metre == 6 else 1.0
        wanted: dict[float, list[int]] = {}
        for index, beat in enumerate(self.song_beat):
            wanted.setdefault(float(beat), []).append(index)
        out = []
        grid = 4 if self.rng.random() < 0.6 else 0
        for note in self.song.parts.get(part, []):
            start = round(note.start * grid) / grid if grid else note.start
            whole = float(np.floor(start / unit)) * unit
            for index in wanted.get(whole, ()):
                length = min(max(0.2, note.end - note.start), 8.0) / unit
                at = index + (start - whole) / unit
                out.append(self._note(at, length, note.pitch + self.key % 7 - 3, note.velocity))
        return out

    def _rhythm(self, density: float, first: float, *, groups: float = 0.6, bars: int = 1) -> list[list[float]]:
        """Onsets within each of some bars, in beats: likely on the first beat, where groups begin, and elsewhere."""
        rng, out = self.rng, []
        for _ in range(bars):
            onsets = []
            for step in range(self.metre * self.steps):
                beat, part = divmod(step, self.steps)
                if step == 0:
                    chance = first
                elif part == 0:
                    chance = groups if beat in self.starts else density
                else:
                    chance = density * (0.7 if 2 * part == self.steps else 0.4)
                if rng.random() < chance:
                    onsets.append(step / self.steps)
            out.append(onsets)
        return out

    def _spread(self, rhythm: list[list[float]]) -> list[float]:
        """Onsets of the whole piece, bar after bar; shorter bars play less of it, longer ones begin it again."""
        out = []
        for bar, start in self.first.items():
            onsets = rhythm[bar % len(rhythm)]
            length = self.lengths[bar]
            out += [start + at for at in onsets if at < length]
            out += [start + self.metre + at for at in onsets if self.metre + at < length]
        return out

    def _chord_at(self, beat: float) -> Chord:
        index = int(np.floor(beat + (0.5 if self.early else 0.0) + 1e-6))
        return self.chords[min(max(index, 0), len(self.chords) - 1)]

    def _until_change(self, index: int) -> int:
        return next((change for change in self.changes if change > index), len(self.chords))

    def _tones(self, chord: Chord, low: int) -> list[int]:
        root, intervals = chord
        return sorted(low + (root + self.key + interval - low) % 12 for interval in intervals)

    def _held(self) -> list[Note]:
        out = []
        low = int(self.rng.integers(48, 60))
        early = 0.5 if self.early else 0.0
        for index in self.changes:
            at = max(0.0, index - early)
            length = self._until_change(index) - early - at - 0.05
            out += [self._note(at, length, pitch, 74) for pitch in self._tones(self.chords[index], low)]
        return out

    def _comping(self) -> list[Note]:
        """Chords: held, on each beat, between the beats, broken, or in a rhythm of their own."""
        rng, m = self.rng, self.metre
        low = int(rng.integers(46, 62))
        kind = str(rng.choice(("held", "beats", "off", "broken", "own", "oom"), p=(0.2, 0.15, 0.15, 0.2, 0.2, 0.1)))
        if kind == "held":
            return self._held()
        accent = rng.uniform(0.0, 0.15) if rng.random() < 0.5 else 0.0
        if kind == "beats":
            rhythm = [[float(beat) for beat in range(m)]]
        elif kind == "off":
            rhythm = [[beat + 0.5 for beat in range(m)]]
        elif kind == "oom":
            rhythm = [[float(beat) for beat in range(m) if beat not in self.starts] or [0.0]]
        elif kind == "broken":
            rhythm = [[step / self.steps for step in range(m * self.steps)]]
        else:
            rhythm = self._rhythm(0.35, 0.75, groups=0.6, bars=int(rng.choice((1, 1, 2))))
        out, order = [], int(rng.integers(2, 5))
        length = float(rng.uniform(0.2, 1.0))
        for number, at in enumerate(self._spread(rhythm)):
            tones = self._tones(self._chord_at(at), low)
            index = int(at)
            loud = 80 * (1.0 + accent * (self.places[min(index, self.places.size - 1)] == 0 and at % 1 == 0))
            if kind == "broken":
                tones = [[*tones, tones[0] + 12][number % order if order < 4 else (0, 1, 2, 3, 2, 1)[number % 6]]]
            out += [self._note(at, length, pitch, loud) for pitch in tones]
        return out

    def _bass(self) -> list[Note]:
        """Roots where chords change, on beats, in groups, between, or in a rhythm of its own."""
        rng, m = self.rng, self.metre
        kind = str(
            rng.choice(
                ("held", "groups", "beats", "eighths", "own", "walk", "late"),
                p=(0.18, 0.2, 0.12, 0.12, 0.23, 0.1, 0.05),
            )
        )
        if kind == "held":
            onsets = [max(0.0, index - (0.5 if self.early else 0.0)) for index in self.changes]
        elif kind == "groups":
            onsets = self._spread([[float(start) for start in self.starts]])
        elif kind in ("beats", "walk"):
            onsets = self._spread([[float(beat) for beat in range(m)]])
        elif kind == "eighths":
            onsets = self._spread([[beat / 2 for beat in range(2 * m)]])
        elif kind == "late":
            onsets = self._spread(self._rhythm(0.5, 0.0))
        else:
            onsets = self._spread(self._rhythm(0.3, 0.85, bars=int(rng.choice((1, 1, 2)))))
        fifths = rng.random() < 0.35
        riff = rng.choice((0, 0, 0, 7, 12, -2, 3, 5), 16)
        out = []
        for at, after in pairwise([*onsets, onsets[-1] + 2.0] if onsets else []):
            root, intervals = self._chord_at(at)
            low = 29 + (root + self.key - 5) % 12
            place = int(self.places[min(int(at), self.places.size - 1)])
            step = 0
            if kind == "walk":
                step = (
                    (0, intervals[1], 7, 9, 7, intervals[1], 2)[place % 7]
                    if rng.random() < 0.8
                    else int(rng.choice((0, 7, 2, 5)))
                )
            elif kind == "groups" and fifths and place:
                step = 7
            elif kind == "own":
                step = int(riff[round(place * 2 + (at % 1) * 2) % 16]) if place or at % 1 else 0
            out.append(self._note(at, max(0.2, min(after - at, 8.0) * rng.uniform(0.7, 1.0)), low + step, 98))
        return out

    def _tune(self) -> list[Note]:
        """Motifs of one or two bars over the chords, many of which begin before the bar."""
        rng = self.rng
        motifs = [self._rhythm(rng.uniform(0.25, 0.6), rng.uniform(0.5, 1.0), groups=0.75)[0] for _ in range(3)]
        order = ((0, 0, 1, 2), (0, 1, 0, 2), (0, 1), (0, 0, 0, 1), (0, 1, 2, 1))[int(rng.integers(5))]
        lead = float(rng.choice((0.0, 0.0, 0.5, 1.0, 1.0, 1.5, 2.0))) if rng.random() < 0.6 else 0.0
        rests, low, pitch = rng.uniform(0.0, 0.3), int(rng.integers(55, 70)), 67
        onsets = []
        for bar, start in self.first.items():
            if rng.random() < rests:
                continue
            onsets += [start + at for at in motifs[order[bar % len(order)]] if at < self.lengths[bar]]
            if lead and rng.random() < 0.7:
                onsets += [start - lead + k * 0.5 for k in range(int(lead * 2)) if start - lead + k * 0.5 >= 0]
        out = []
        onsets = sorted(set(onsets))
        for at, after in pairwise([*onsets, (onsets[-1] if onsets else 0.0) + 2.0]):
            pitch = int(np.clip(pitch + rng.choice((-4, -2, -2, -1, 0, 1, 2, 2, 4)), low, low + 17))
            root, intervals = self._chord_at(at)
            tones = {(root + self.key + interval) % 12 for interval in intervals}
            allowed = tones if at % 1.0 < 1e-6 else {(self.key + tone) % 12 for tone in SCALE}
            while pitch % 12 not in allowed:
                pitch += 1
            out.append(self._note(at, max(0.2, 0.9 * min(after - at, 6.0)), pitch, 88))
        return out

    def _human(self) -> list[Note]:
        """A drummer's take, bar by bar, on this piece's beats."""
        assert self.groove is not None
        take = TAKES[self.metre][int(self.rng.integers(len(TAKES[self.metre])))]
        per = 8 if self.metre == 7 else 4
        by_beat: dict[int, list[tuple[float, int, int]]] = {}
        for at, pitch, velocity in self.groove.hits:
            # What comes a little before a beat belongs to it.
            beat = int(np.floor(at + 0.15))
            by_beat.setdefault(beat % self.groove.beats, []).append((at - beat, pitch, velocity))
        out = []
        for index, (bar, place) in enumerate(zip(self.bars, self.places, strict=True)):
            within: Any = (int(bar) * per + take[place % len(take)]) % self.groove.beats
            for part, pitch, velocity in by_beat.get(within, ()):
                if index + part >= 0.0:
                    out.append(self._note(index + part, 0.1, pitch, max(20, velocity)))
        return out

    def _patterns(self) -> list[Note]:
        """Kick, snare, hi-hat and more in patterns of one or two bars, with fills and cymbals now and then."""
        rng, m, steps = self.rng, self.metre, self.steps
        lines: list[tuple[int, float, list[list[float]]]] = []
        bars = int(rng.choice((1, 1, 2)))
        style = rng.random()
        if style < 0.2:
            kick = [[float(beat) for beat in range(m)]]
        elif style < 0.3:
            late = self.starts[-1] if len(self.starts) > 1 else m - 1
            kick = [[float(late)]]
        elif style < 0.4:
            kick = self._rhythm(0.3, 0.3, groups=0.5, bars=bars)
        else:
            kick = self._rhythm(float(rng.choice((0.0, 0.15, 0.3))), 0.95, groups=0.45, bars=bars)
        if rng.random() < 0.92:
            lines.append((KICK, 112, kick))
        snare = self._backbeat()
        if snare:
            ghosts = self._rhythm(0.15, 0.0, groups=0.0)[0] if rng.random() < 0.3 else []
            lines.append((int(rng.choice((SNARE, SNARE, RIM, CLAP))), 108, [snare]))
            lines.append((SNARE, 45, [ghosts]))
        for _ in range(int(rng.choice((0, 1, 1, 1, 2)))):
            drum = int(rng.choice((HAT, HAT, OPEN_HAT, RIDE, SHAKER, 54, PEDAL)))
            every = float(rng.choice((0.5, 0.5, 1.0, 1.0 / steps, 2.0)))
            shift = float(rng.choice((0.0, 0.0, 0.0, every / 2)))
            if rng.random() < 0.2:
                lines.append((drum, 75, self._rhythm(0.6, 0.6, bars=bars)))
            else:
                lines.append((drum, 80, [np.arange(shift, m, every).tolist()]))
        if rng.random() < 0.2:
            drum = int(rng.choice((56, 62, 64, 75, TOM, 70, 76)))
            lines.append((drum, 90, self._rhythm(0.35, 0.5, bars=bars)))
        out = []
        for drum, loud, rhythm in lines:
            gain = rng.uniform(0.6, 1.1) * loud
            accent = rng.uniform(0.0, 0.25) if rng.random() < 0.4 else 0.0
            for at in self._spread(rhythm):
                on_beat = 1.0 + accent * ((at % 1.0 == 0.0) - 0.5)
                out.append(self._note(at, 0.1, drum, gain * on_beat))
        fills, crash, wrong = rng.random() < 0.5, rng.choice((0.0, 0.5, 0.9)), rng.random() < 0.1
        for bar in self.phrase_starts:
            start = self.first[bar]
            if rng.random() < crash:
                at = start if not wrong else start + int(rng.integers(0, m))
                out.append(self._note(at, 0.1, CRASH, 95))
            if fills and start > m:
                length = float(rng.choice((1.0, 2.0, m / 2)))
                fill = [at for at in np.arange(start - length, start, 1.0 / max(2, steps)) if rng.random() < 0.7]
                out += [self._note(float(at), 0.1, int(rng.choice((SNARE, TOM, 47, 43))), 100) for at in fill]
        return out

    def _backbeat(self) -> list[float]:
        """Where the snare plays in a bar."""
        rng, m = self.rng, self.metre
        draw = rng.random()
        if draw < 0.12:
            return []
        if m == 4:
            if draw < 0.72:
                return [1.0, 3.0]
            if draw < 0.87:
                return [2.0]
            return [[0.0, 1.0, 2.0, 3.0], [3.0], [1.0, 2.5], [1.5, 3.0], [0.75, 1.5, 2.75, 3.5]][int(rng.integers(5))]
        if m == 3:
            return [[1.0, 2.0], [2.0], [1.0], [1.5]][int(rng.integers(4))]
        if m == 2:
            return [[1.0], [0.5, 1.5], [1.0, 1.5]][int(rng.integers(3))]
        if m == 6:
            return [[3.0], [3.0], [2.0, 5.0], [1.0, 2.0, 4.0, 5.0]][int(rng.integers(4))]
        inner = [float(start) for start in self.starts[1:]]
        ends = [float(start - 1) for start in self.starts[1:]] + [m - 1.0]
        return [inner, ends, inner[-1:], ends[-1:]][int(rng.integers(4))]

"""Clips of classical music made by rule: sonatas, quartets, hymns, fugues, dances and marches for all kinds of players.

What the other clips lack: notes of strings and winds that swell and overlap, beats that no drum marks, rubato of some
per cent with a ritardando at the ends of phrases, crescendi, halls, and old records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import chamber_figures as figures
import numpy as np
from chamber_figures import Bar, Classes, Figure, Tone, above, harmony
from key_voices import sing
from midi_file import DRUM_CHANNEL, Note
from studio import SAMPLE_RATE_HZ, Clip, hall, old_record, recorded, treated

Vector = np.ndarray[Any, np.dtype[np.float64]]

SECONDS = (20.0, 30.0)
PHRASE_BARS = 4
RUBATO = (0.01, 0.08)
"""Share of the tempo by which a phrase hurries and lingers."""
MOST_RITARDANDO = 0.35
"""By which the last beat of a phrase is longer."""
JITTER_S = {"alone": (0.002, 0.015), "many": (0.008, 0.03)}
"""Standard deviation of the onsets of one player and of a section."""
STACCATO = 0.45
MOST_OVERLAP_S = 0.12
CRESCENDO_DB = 14.0
TIMPANI, CYMBAL, SNARE = 47, 49, 38


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of piece.

    low_bpm, high_bpm: tempi are drawn between them; they are the convention for what is counted
    share: how often the kind is drawn, relative to the others
    beats, parts: beats a bar, parts a beat (3: dotted beats)
    figures: what may accompany; empty: two to four voices imitate each other
    changes: how many beats a chord may last
    rhythms: for each beat or two of the tune, lengths in beats; negative ones are rests
    """

    low_bpm: float
    high_bpm: float
    share: float
    beats: int = 4
    parts: int = 2
    figures: tuple[Figure, ...] = ()
    changes: tuple[int, ...] = (2, 4)
    rhythms: tuple[tuple[float, ...], ...]


CALM = ((1.0,), (2.0,), (0.5, 0.5), (1.5, 0.5), (0.75, 0.25), (1.0,), (-0.5, 0.5))
LIVELY = ((0.5, 0.5), (0.25,) * 4, (1.0,), (0.5, 0.25, 0.25), (0.75, 0.25), (1.5, 0.5), (0.5, -0.5))
EVEN = ((0.5, 0.5), (0.5, 0.5), (0.25,) * 4, (1.0,), (1.0,), (0.5, 0.25, 0.25))
PLAIN = ((1.0,), (1.0,), (1.0,), (2.0,), (0.5, 0.5), (1.5, 0.5))
LONG = ((1.0,), (1.0,), (0.5, 0.5), (2.0,), (-1.0,), (0.5, 0.5), (1.5, 0.5))
DOTTED = ((0.75, 0.25), (0.75, 0.25), (1.0,), (0.5, 0.5), (-0.5, 0.5))
SIX = ((2 / 3, 1 / 3), (1 / 3,) * 3, (1.0,), (0.5, 1 / 6, 1 / 3), (2 / 3, 1 / 3), (2.0,))

_F = figures
KINDS = {
    "adagio": Kind(low_bpm=42, high_bpm=76, share=9, rhythms=CALM, changes=(1, 2, 4), parts=2,
        figures=(_F.repeated, _F.broken, _F.alberti, _F.held, _F.moving, _F.pulsed, _F.syncopated, _F.trembling)),
    "adagio in three": Kind(low_bpm=46, high_bpm=84, share=4, beats=3, rhythms=CALM, changes=(1, 3), parts=2,
        figures=(_F.repeated, _F.broken, _F.held, _F.moving, _F.pulsed, _F.syncopated)),
    "andante": Kind(low_bpm=66, high_bpm=106, share=8, rhythms=(*CALM, *LIVELY), parts=2,
        figures=(_F.alberti, _F.repeated, _F.broken, _F.pulsed, _F.moving, _F.oom_pah, _F.after_beats)),
    "song": Kind(low_bpm=58, high_bpm=104, share=5, rhythms=CALM, parts=3,
        figures=(_F.repeated, _F.broken, _F.alberti)),
    "allegro": Kind(low_bpm=108, high_bpm=172, share=9, rhythms=LIVELY, parts=2,
        figures=(_F.alberti, _F.repeated, _F.broken, _F.pulsed, _F.after_beats, _F.trembling, _F.oom_pah)),
    "allegro in sixteenths": Kind(low_bpm=88, high_bpm=140, share=6, rhythms=(*EVEN, *LIVELY), parts=4,
        figures=(_F.alberti, _F.broken, _F.repeated, _F.pulsed)),
    "presto": Kind(low_bpm=138, high_bpm=190, share=3, rhythms=(*EVEN, (1.0,)), parts=2,
        figures=(_F.repeated, _F.after_beats, _F.pulsed, _F.broken)),
    "minuet": Kind(low_bpm=92, high_bpm=160, share=5, beats=3, rhythms=(*PLAIN, (0.5, 0.5)), changes=(3,), parts=2,
        figures=(_F.pulsed, _F.oom_pah, _F.alberti, _F.broken)),
    "concert waltz": Kind(low_bpm=120, high_bpm=195, share=6, beats=3, rhythms=LONG, changes=(3, 6), parts=2,
        figures=(_F.oom_pah, _F.oom_pah, _F.oom_pah, _F.broken)),
    "siciliano": Kind(low_bpm=41, high_bpm=66, share=3, beats=2, parts=3, rhythms=SIX, changes=(1, 2),
        figures=(_F.alberti, _F.broken, _F.pulsed, _F.repeated)),
    "tarantella": Kind(low_bpm=92, high_bpm=160, share=3, beats=2, parts=3, rhythms=SIX, changes=(2, 4),
        figures=(_F.pulsed, _F.repeated, _F.after_beats, _F.broken)),
    "concert march": Kind(low_bpm=88, high_bpm=136, share=4, rhythms=(*DOTTED, *PLAIN), parts=2,
        figures=(_F.oom_pah, _F.after_beats, _F.pulsed, _F.repeated)),
    "polka": Kind(low_bpm=96, high_bpm=144, share=3, beats=2, rhythms=(*LIVELY, *EVEN), changes=(2, 4), parts=2,
        figures=(_F.after_beats, _F.after_beats, _F.oom_pah)),
    "hymn": Kind(low_bpm=56, high_bpm=112, share=5, rhythms=PLAIN, changes=(1,), parts=2, figures=(_F.chorale,)),
    "baroque allegro": Kind(low_bpm=76, high_bpm=126, share=6, rhythms=EVEN, changes=(1, 2), parts=2,
        figures=(_F.continuo,)),
    "fugue": Kind(low_bpm=58, high_bpm=120, share=7, rhythms=(*EVEN, *PLAIN), changes=(1, 2), parts=2),
    "triple fugue": Kind(low_bpm=62, high_bpm=126, share=3, beats=3, rhythms=(*EVEN, *PLAIN), changes=(1, 3), parts=2),
}  # fmt: skip

PLAYERS: dict[str, dict[str, tuple[int, ...]]] = {
    "strings": {"tune": (40, 40, 48, 49, 41, 42), "middle": (48, 49, 41, 48, 45, 44), "low": (42, 43, 48)},
    "quartet": {"tune": (40,), "middle": (40, 41, 41, 45), "low": (42,)},
    "winds": {"tune": (73, 71, 68, 74, 72), "middle": (71, 60, 68, 73), "low": (70, 60)},
    "brass": {"tune": (56, 60, 56, 61), "middle": (57, 60, 61), "low": (58, 57)},
    "piano": {"tune": (0, 1), "middle": (0, 1), "low": (0, 1)},
    "harpsichord": {"tune": (6, 40, 73, 74), "middle": (6,), "low": (6, 42)},
    "organ": {"tune": (19, 20), "middle": (19, 20), "low": (19,)},
    "guitar": {"tune": (24, 24, 73), "middle": (24,), "low": (24,)},
    "harp": {"tune": (73, 40, 42, 46), "middle": (46,), "low": (46, 43)},
    "choir": {"tune": (52, 53), "middle": (52, 19, 52), "low": (52, 19)},
    "soloist": {"tune": (40, 42, 73, 71, 68, 60, 64), "middle": (0,), "low": (0,)},
    "orchestra": {"tune": (48, 40, 73, 68, 71, 56, 60), "middle": (48, 49, 60, 44, 45, 61), "low": (48, 43, 58, 70)},
}
"""General MIDI programs (from 0) by what they play."""
PLAYER_SHARE = {
    "strings": 8, "quartet": 5, "winds": 4, "brass": 2, "piano": 8, "harpsichord": 4, "organ": 2, "guitar": 3,
    "harp": 2, "choir": 2, "soloist": 4, "orchestra": 9,
}  # fmt: skip
SECTIONS = ("strings", "brass", "choir", "orchestra")
"""Players of whom several play the same part."""


def make_chamber(rng: np.random.Generator, group: str) -> Clip:
    """One clip: draw a kind, a tempo and players, write the piece, play and record it."""
    name = _drawn(rng, {name: kind.share for name, kind in KINDS.items()})
    piece = _Piece(rng, KINDS[name])
    piece.write()
    n_samples = round(piece.seconds * SAMPLE_RATE_HZ)
    y = recorded(piece.parts, rng, n_samples)
    if piece.sung:
        voice = sing(piece.sung, rng, n_samples)
        y = y / (np.abs(y).max() + 1e-9) + np.float32(rng.uniform(0.3, 1.0)) * voice / (np.abs(voice).max() + 1e-9)
    if rng.random() < 0.7:
        y = hall(y, rng)
    if rng.random() < 0.2:
        y = old_record(y, rng)
    return Clip(
        y=treated(y, rng, gently=True),
        bpm=piece.bpm,
        style=name,
        group=group,
        beats_s=piece.beat_s,
        metre=piece.kind.beats,
    )


def _drawn(rng: np.random.Generator, shares: dict[str, float]) -> str:
    share = np.array(list(shares.values()), dtype=float)
    return str(rng.choice(list(shares), p=share / share.sum()))


class _Piece:
    """One piece, written bar by bar; `parts` and `sung` hold its notes in seconds."""

    def __init__(self, rng: np.random.Generator, kind: Kind) -> None:
        self.rng, self.kind = rng, kind
        self.seconds = float(rng.choice(SECONDS))
        tempo = float(np.exp(rng.uniform(np.log(kind.low_bpm), np.log(kind.high_bpm))))
        self.phrase = PHRASE_BARS * kind.beats
        self.n_beats = int(self.seconds * tempo / 60.0 / kind.beats + 2) * kind.beats
        self.beat_s = self._timing(tempo)
        self.bpm = 60.0 / float(np.median(np.diff(self.beat_s[self.beat_s < self.seconds])))
        self.chords = harmony(rng, n_beats=self.n_beats, changes=int(rng.choice(kind.changes)), phrase=self.phrase)
        self.players = _drawn(rng, dict(PLAYER_SHARE))
        self.swell, self.stress = rng.uniform(0.0, 1.0), rng.uniform(0.0, 0.25)
        self.parts: list[tuple[int, int, list[Note]]] = []
        self.sung: list[Note] = []

    def _timing(self, tempo: float) -> Vector:
        """Times of the beats: a phrase is quicker in its middle and slower at its end, and the whole wanders."""
        rng, number = self.rng, np.arange(self.n_beats + 4)
        rubato = float(rng.uniform(*RUBATO)) if rng.random() < 0.75 else 0.0
        place = (number % self.phrase) / self.phrase
        slow = rubato * (np.square(2.0 * place - 1.0) - 1.0 / 3.0) + 0.3 * rubato * rng.normal(size=number.size)
        last = number % self.phrase == self.phrase - 1
        held_up = float(rng.uniform(0.0, MOST_RITARDANDO)) if rng.random() < 0.5 and rubato else 0.0
        slow = slow + np.where(last, held_up, 0.0) + np.where(np.roll(last, -1), 0.5 * held_up, 0.0)
        walk = np.cumsum(rng.normal(size=number.size))
        walk -= np.linspace(0.0, walk[-1], walk.size)
        slow = slow + 0.5 * rubato * walk / max(1.0, float(np.abs(walk).max()))
        # Excerpts begin anywhere: up to a bar before the first downbeat is silent or is not heard.
        times = np.concatenate([[0.0], np.cumsum(60.0 / tempo * np.exp(slow))])
        return np.asarray(times + rng.uniform(0.02, 0.8), dtype=np.float64)

    def write(self) -> None:
        """Tune and accompaniment, or voices that imitate each other."""
        rng, kind = self.rng, self.kind
        if not kind.figures:
            for voice, (low, role) in enumerate(((67, "tune"), (60, "middle"), (48, "low"), (55, "middle"))):
                if voice < 2 or rng.random() < 0.6:
                    self._voice(role, self._tune(low, enters=voice * kind.beats * int(rng.choice((1, 2)))), 1.0)
            return
        figure = kind.figures[int(rng.integers(len(kind.figures)))]
        change = int(rng.choice((8, 8, 4, 2)))
        accompaniment: list[Tone] = []
        low = int(rng.integers(46, 58))
        for number, start in enumerate(range(0, self.n_beats, kind.beats)):
            if number and number % change == 0 and rng.random() < 0.5:
                figure = kind.figures[int(rng.integers(len(kind.figures)))]
            chords = self.chords[start : start + kind.beats]
            bar = Bar(start=start, beats=kind.beats, parts=kind.parts, chords=chords, low=low)
            accompaniment += figure(bar, rng)
        if rng.random() < 0.9:
            tune = self._tune(int(rng.choice((64, 67, 72))), enters=int(rng.choice((0, 0, 0, 1))) * kind.beats)
            self._voice("tune", tune, 1.1)
            if self.players == "orchestra" and rng.random() < 0.5:
                self._voice("tune", [(at, long, pitch - 12, loud) for at, long, pitch, loud in tune], 1.0)
            elif rng.random() < 0.12:
                self.sung = self._played(tune, "alone", 1.0)
        # Players of their own for what lies low.
        split = low - 1
        self._voice("middle", [tone for tone in accompaniment if tone[2] > split], rng.uniform(0.5, 0.95))
        self._voice("low", [tone for tone in accompaniment if tone[2] <= split], rng.uniform(0.6, 1.0))
        if rng.random() < 0.4:
            roots = [(float(beat), 1.0, above(36, chord[0]), 1.0) for beat, chord in enumerate(self.chords)]
            every = int(rng.choice((1, kind.beats, kind.beats)))
            self._voice("low", [(at, 0.9 * every, p, s) for at, _, p, s in roots[::every]], rng.uniform(0.5, 0.9))
        if self.players in ("orchestra", "brass") and rng.random() < 0.5:
            self._drums()

    def _tune(self, low: int, *, enters: int) -> list[Tone]:
        """Phrases of two rhythms and a close, in small steps that meet a chord tone on the beat."""
        rng, kind = self.rng, self.kind
        motifs = [self._rhythm(), self._rhythm(), self._rhythm()]
        order = [(0, 0, 1), (0, 1, 0), (0, 1, 2)][int(rng.integers(3))]
        out: list[Tone] = []
        pitch = low + 5
        for number, start in enumerate(range(enters, self.n_beats - kind.beats + 1, kind.beats)):
            closes = number % PHRASE_BARS == PHRASE_BARS - 1
            rhythm = (kind.beats - 1.0, -1.0) if closes and rng.random() < 0.6 else motifs[order[number % 3]]
            at = float(start)
            for length in rhythm:
                if length > 0:
                    pitch = self._next(pitch, low, self.chords[int(at)] if at % 1.0 < 1e-6 else ())
                    out.append((at, length, pitch, 1.0 if at % 1.0 < 1e-6 else 0.92))
                at += abs(length)
        if rng.random() < 0.3:
            out = [tone for tone in out if tone[0] % kind.beats or rng.random() < 0.7]
        return out

    def _rhythm(self) -> tuple[float, ...]:
        lengths: list[float] = []
        left = float(self.kind.beats)
        while left > 1e-6:
            cell = self.kind.rhythms[int(self.rng.integers(len(self.kind.rhythms)))]
            if sum(map(abs, cell)) <= left + 1e-6:
                lengths += cell
                left -= sum(map(abs, cell))
        return tuple(lengths)

    def _next(self, pitch: int, low: int, chord: Classes) -> int:
        pitch = int(np.clip(pitch + self.rng.choice((-4, -2, -2, -1, 1, 2, 2, 4, 7, -5)), low - 5, low + 17))
        while chord and pitch % 12 not in chord:
            pitch += 1
        return pitch

    def _voice(self, role: str, tones: Sequence[Tone], gain: float) -> None:
        channel = len(self.parts)
        if not tones or channel >= DRUM_CHANNEL:
            return
        programs = PLAYERS[self.players][role]
        many = "many" if self.players in SECTIONS else "alone"
        self.parts.append((channel, int(self.rng.choice(programs)), self._played(tones, many, gain)))

    def _played(self, tones: Sequence[Tone], players: str, gain: float) -> list[Note]:
        """Tones in seconds, short or overlapping, louder and softer in phrases."""
        rng, kind = self.rng, self.kind
        number = np.arange(self.beat_s.size)
        short = STACCATO if rng.random() < 0.25 else 1.0
        overlap = float(rng.uniform(-0.02, MOST_OVERLAP_S))
        jitter = float(rng.uniform(*JITTER_S[players]))
        late = float(rng.normal(0.0, 0.008))
        out = []
        for at, length, pitch, stress in tones:
            times_s: Any = np.interp([at, at + short * length], number, self.beat_s)
            start, end = times_s
            start = max(0.0, start + late + rng.normal(0.0, jitter))
            accent = 1.0 + self.stress * ((at % kind.beats < 1e-6) - 0.5 * (at % 1.0 > 1e-6))
            phrase = np.sin(np.pi * (at % self.phrase) / self.phrase)
            rise = 10.0 ** (CRESCENDO_DB * self.swell * (at / self.n_beats - 1.0) / 40.0)
            loud = 84.0 * gain * stress * accent * (0.8 + 0.25 * phrase) * rise * rng.uniform(0.9, 1.1)
            end = max(start + 0.06, end + (overlap if short == 1.0 else 0.0))
            out.append(
                Note(start=start, end=end, pitch=int(np.clip(pitch, 21, 108)), velocity=int(np.clip(loud, 12, 127)))
            )
        return out

    def _drums(self) -> None:
        """Timpani on some beats or rolling; a snare drum and a cymbal in marches."""
        rng, kind = self.rng, self.kind
        beats = [beat for beat in range(self.n_beats) if beat % kind.beats == 0 or rng.random() < 0.15]
        hits: list[Tone] = [(float(beat), 0.8, above(40, self.chords[beat][0]), 1.0) for beat in beats]
        if rng.random() < 0.4:
            for beat in range(self.phrase - kind.beats, self.n_beats - 1, 2 * self.phrase):
                hits += [(beat + step / 8, 0.2, 43, 0.5 + 0.06 * step) for step in range(8)]
        self.parts.append((len(self.parts), TIMPANI, self._played(hits, "alone", rng.uniform(0.5, 1.0))))
        if kind is KINDS["concert march"] and rng.random() < 0.7:
            bar = [0.0, 0.5, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5]
            snare = [(start + at, 0.1, SNARE, 1.0) for start in range(0, self.n_beats, 4) for at in bar]
            crash = [(float(start), 0.5, CYMBAL, 1.0) for start in range(0, self.n_beats, 8)]
            played = self._played([*snare, *crash], "alone", rng.uniform(0.4, 0.8))
            self.parts.append((DRUM_CHANNEL, 48, played))

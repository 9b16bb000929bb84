"""Where the bars of songs and of drummers' takes begin, told by their notes alone.

POP909's own bars are not used: those of `beat_midi.txt` jump by half a bar within most songs, and where they lie a beat
early, as in one song of 15, `chord_midi.txt` has chords begin with them, and once more a beat later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from clip_parts import Song
from midi_file import Note
from tempo_patterns import KICK, SNARE

Vector = np.ndarray[Any, np.dtype[np.float64]]

CLEARLY = 1.15
"""How much more must begin on one beat of the bar than on the next best one."""
ON_THE_BEAT = 0.13
"""Beats beside a beat within which what begins counts for it."""
STRETCH, LEAST_AGREEMENT = 48, 0.8
"""Beats, and the share of such stretches in which bars must begin as in the whole song."""
LEAST_KICKS = 8
"""On the third beat, fewer do not say that a take was begun within a bar."""


def bars_begin(song: Song) -> int | None:
    """On which beat bars of four begin, 0-3: where most begins.

    Where two are alike, the first chord tells if most begin there; else None.
    """
    together, chords = _begun(song)
    if _is_clear(together):
        return int(together.argmax())
    first = int(song.chords[0][0]) % 4
    return first if chords[first] >= chords.max() else None


def are_sure(song: Song) -> bool:
    """Whether most begins clearly with one beat, and with the same one nearly everywhere in the song."""
    whole, _ = _begun(song)
    last = max(note.start for note in song.parts["PIANO"])
    parts = [_begun(song, at, at + STRETCH)[0] for at in np.arange(0.0, last - STRETCH / 2, STRETCH)]
    same = [part.argmax() == whole.argmax() for part in parts if part.any()]
    return _is_clear(whole) and sum(same) >= LEAST_AGREEMENT * len(same)


def _is_clear(begun: Vector) -> bool:
    """Whether more begins on one of four beats than on all others."""
    second, most = np.sort(begun)[-2:]
    return bool(most > CLEARLY * second)


def _begun(song: Song, start: float = 0.0, end: float = np.inf) -> tuple[Vector, Vector]:
    """Share of the piano's low notes, of its sounding time and of chords that begin with each of four beats, added up.

    start, end : beats of the song between which they begin

    returns: shape (4,), and that of the chords alone
    """
    piano = song.parts.get("PIANO", [])
    starts, pitches = np.array([note.start for note in piano]), np.array([note.pitch for note in piano])
    low = pitches <= np.quantile(pitches, 0.25)
    lengths = np.array([note.end - note.start for note in piano])
    chords = np.array([beat for beat, _ in song.chords])
    shares = []
    for at, weight in ((starts, low.astype(float)), (starts, lengths), (chords, np.ones(chords.size))):
        within = (at >= start - ON_THE_BEAT) & (at < end - ON_THE_BEAT)
        begins = begun_with(at[within], weight[within])
        shares.append(begins / max(1e-9, begins.sum()))
    return np.sum(shares, axis=0), shares[-1]


def begun_with(beats: Vector, weight: Vector) -> Vector:
    """What begins with each of four beats, shape (4,); between beats nothing counts."""
    begins: Vector = weight @ (np.abs((beats[:, None] - np.arange(4) + 2) % 4 - 2) < ON_THE_BEAT)
    return begins


def first_bar_of_drums(notes: Sequence[Note], first_s: float, beat_s: float) -> int:
    """Beat with which the bars of four of a drummer's take begin: 2 where the kicks beside a backbeat lie on the third.

    Such a take was begun within a bar. A one drop has no backbeat.

    notes : kicks and snares by their General MIDI number
    first_s, beat_s : time of the first beat, and between two
    """
    kicks, snares = (
        begun_with(np.array([(note.start - first_s) / beat_s for note in struck]), np.ones(len(struck)))
        for struck in ([note for note in notes if note.pitch == drum] for drum in (KICK, SNARE))
    )
    is_backbeat = min(snares[1], snares[3]) > max(snares[0], snares[2])
    return 2 if is_backbeat and kicks[2] >= max(LEAST_KICKS, 4 * kicks[0]) else 0

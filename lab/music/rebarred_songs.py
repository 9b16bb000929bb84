"""Songs of POP909 in other metres, made by leaving out or repeating beats of each bar (*Skip That Beat*, 2025)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from bar_truth import bars_begin
from clip_parts import Song, read_song
from labelled_songs import median_bpm
from made_track import Samples, Truth
from midi_file import DRUM_CHANNEL, Note
from song_band import BASSES, GROOVES, KEYS, LEADS, WALKS, Hand, at_peak, bass_line, beaten, chord_at, clock
from sound_fonts import FLUID
from studio import SAMPLE_RATE_HZ, synthesised

KEPT: dict[int, tuple[float, ...]] = {
    3: (0.0, 1.0, 2.0),
    4: (0.0, 1.0, 2.0, 3.0),
    5: (0.0, 1.0, 2.0, 3.0, 1.0),
    6: (0.0, 0.5, 1.0, 2.0, 2.5, 3.0),
    7: (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
}
"""Which beats of a bar of four make a bar of the metre (6: which eighths; 7: of two bars, less the last beat)."""


def rebarred(pop909: str, name: str, metre: int, *, with_drums: bool, seconds: float = 75.0) -> tuple[Samples, Truth]:
    """A song in another metre, by leaving out or repeating beats of each bar; the same one each time.

    pop909, name: archive, and number of a song
    metre: 3, 4, 5, 6 (eighths of six-eight time) or 7
    with_drums: whether a groove of the metre is played
    seconds: about how much of it

    Returns
    -------
    The sound and what is true of it; beats are eighths where the metre is 6.
    """
    rng = np.random.default_rng([metre, int(name), int(with_drums)])
    song = read_song(pop909, name)
    phase, chord, unit = bars_begin(song), int(song.chords[0][0]), 0.5 if metre == 6 else 1.0
    if phase is None:
        raise ValueError(f"where the bars of song {name} begin cannot be told")
    zero = chord + (phase - chord) % 4
    source_bar = 8 if metre == 7 else 4
    bpm = float(np.clip(median_bpm(pop909, name), 76, 150)) * float(rng.uniform(0.9, 1.15))
    if metre == 6:
        bpm = float(rng.uniform(150, 250))
    bars = min(int(seconds * bpm / 60 / metre), (int(song.chords[-1][0]) - zero) // source_bar)
    beats_s = clock(rng, bars * metre, bpm)
    hand = Hand(rng, beats_s, key=int(rng.integers(-4, 5)))
    pieces = [(bar * metre + at, zero + bar * source_bar + kept) for bar in range(bars)
              for at, kept in enumerate(KEPT[metre])]  # fmt: skip
    cut = {part: _cut(notes, pieces, unit) for part, notes in song.parts.items()}
    chords: list[tuple[float, tuple[int, tuple[int, ...]]]] = []
    for new, old in pieces:
        if not chords or chord_at(song, old) != chords[-1][1]:
            chords.append((new, chord_at(song, old)))
    new_song = Song(parts=cut, chords=chords, bars=[])
    last = bars * metre
    parts = [(0, int(rng.choice(LEADS)), hand.moved(cut.get("MELODY", []), 0.95)),
             (1, int(rng.choice(KEYS)), hand.moved(cut.get("PIANO", []), 0.7)),
             (3, int(rng.choice(BASSES)), bass_line(hand, new_song, 0, last, str(rng.choice(WALKS[metre])), metre)),
             ]  # fmt: skip
    if with_drums:
        groove = GROOVES[metre][int(rng.integers(len(GROOVES[metre])))]
        drums = beaten(hand, groove, 0, last, metre, fill_from=last)
        parts.append((DRUM_CHANNEL, int(rng.choice((0, 8, 16, 32))), drums))
    y = synthesised(parts, font=FLUID, room=rng.random() < 0.6, gain=0.5)
    size = round((float(beats_s[last]) + 1.0) * SAMPLE_RATE_HZ)
    at = [round(float(time), 6) for time in beats_s[:last]]
    style = "drums" if with_drums else "bare"
    truth = Truth(name=f"metre-{metre}-{name}-{style}", style=style, bpm=bpm, metre=metre, beats_s=tuple(at),
                  downbeats_s=tuple(at[::metre]))  # fmt: skip
    return at_peak(np.pad(y, (0, size))[:size]), truth


def _cut(notes: list[Note], pieces: list[tuple[int, float]], unit: float) -> list[Note]:
    """The notes that begin in the kept places, in beats of the new metre; none sounds into a place that was moved."""
    starts = np.array([note.start for note in notes])
    order = np.argsort(starts, kind="stable")
    found = []
    for number, (new, old) in enumerate(pieces):
        # What was played a little early belongs to its beat.
        first, last = np.searchsorted(starts[order], [old - 0.1 * unit, old + 0.9 * unit])
        whole = 1
        while number + whole < len(pieces) and abs(pieces[number + whole][1] - old - whole * unit) < 1e-6:
            whole += 1
        for index in order[first:last]:
            note = notes[int(index)]
            begin = new + (note.start - old) / unit
            length = min((note.end - note.start) / unit, new + whole - begin)
            found.append(Note(start=max(0.0, begin), end=max(0.0, begin) + max(0.1, length), pitch=note.pitch,
                              velocity=note.velocity))  # fmt: skip
    return found

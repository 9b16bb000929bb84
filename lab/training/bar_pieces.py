"""Longer pieces whose bars are known: whole songs, drummers alone, dance tracks; and which songs may teach.

Songs of POP909 (MIT), the drummers of the Groove MIDI set's training split (CC BY 4.0, Google), and the open part of
the generated dance tracks (`lab/music/dance_tracks.py`, numbers below `DANCE_TRACKS`). What the benchmark measures
with never teaches: songs that are its alone, and all other splits of the drummers.
"""

from __future__ import annotations

import csv
import io
import os
import sys
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "music"))

import dance_tracks
from bar_clips import GROOVE_DRUMS, KITS, BarClip, make_bar_clip
from bar_truth import are_sure, bars_begin, first_bar_of_drums
from clip_parts import read_song, song_names
from labelled_songs import is_benchmark_song
from midi_file import DRUM_CHANNEL, Note, read_notes
from studio import SAMPLE_RATE_HZ, hall, recorded, treated

DANCE_TRACKS = 105
DANCE_CUT_S = (20.0, 60.0)
SONG_S, DRUMS_S = (30.0, 110.0), (30.0, 100.0)
METRE_OF = {"4-4": 4, "3-4": 3, "5-4": 5}


def song_archives(pop909: str, folder: str) -> tuple[str, str]:
    """Archives of the songs that may teach, and of doubtful ones; their bars are counted in fours (`bar_truth`).

    Doubtful are those in parts of which bars seem to begin elsewhere: confidences have to know them too. Made when not
    there.
    """
    paths = (os.path.join(folder, "teaching-songs.zip"), os.path.join(folder, "doubtful-songs.zip"))
    if all(os.path.exists(path) for path in paths):
        return paths
    os.makedirs(folder, exist_ok=True)
    # Under other names first: a program that was interrupted must not leave half an archive.
    with zipfile.ZipFile(paths[0] + ".part", "w") as sure, zipfile.ZipFile(paths[1] + ".part", "w") as doubtful:
        for name in song_names(pop909):
            song = read_song(pop909, name)
            zero = bars_begin(song)
            if zero is not None and not is_benchmark_song(name):
                _copy(pop909, name, zero, sure if are_sure(song) else doubtful)
    for path in paths:
        os.replace(path + ".part", path)
    return paths


def _copy(pop909: str, name: str, zero: int, kept: zipfile.ZipFile) -> None:
    """Take over a song; its bars begin every four beats from one of them on."""
    with zipfile.ZipFile(pop909) as songs:
        for file in (f"{name}.mid", "chord_midi.txt"):
            kept.writestr(f"pop909/{name}/{file}", songs.read(f"pop909/{name}/{file}"))
        lines = songs.read(f"pop909/{name}/beat_midi.txt").decode().splitlines()
    times = [line.split()[0] for line in lines if line.strip()]
    rows = [f"{at} 0.0 {float((number - zero) % 4 == 0)}" for number, at in enumerate(times)]
    kept.writestr(f"pop909/{name}/beat_midi.txt", "\n".join(rows))


def make_song_piece(songs: str, grooves: str, number: int) -> BarClip:
    """A long part of a song at its own tempo or near: every other one without a band."""
    rng = np.random.default_rng((78, number))
    name = str(rng.choice(song_names(songs)))
    with zipfile.ZipFile(songs) as archive:
        lines = archive.read(f"pop909/{name}/beat_midi.txt").decode().splitlines()
    bpm = 60.0 / float(np.median(np.diff([float(line.split()[0]) for line in lines])))
    return make_bar_clip(
        songs, grooves, 1_000_000 + number, seconds=float(rng.uniform(*SONG_S)), metre=4, song_name=name,
        bpm=bpm * float(rng.uniform(0.85, 1.15)), alone=bool(rng.random() < 0.5),
    )  # fmt: skip


@cache
def taught_takes(archive: str) -> tuple[tuple[str, str, int, float, float], ...]:
    """File, style, beats a bar, tempo and length of the longer takes of the training split."""
    with zipfile.ZipFile(archive) as takes:
        rows = list(csv.DictReader(io.StringIO(takes.read("groove/info.csv").decode())))
    return tuple(
        (row["midi_filename"], row["style"].split("/")[0], METRE_OF[row["time_signature"]], float(row["bpm"]),
         float(row["duration"]))
        for row in rows
        if row["split"] == "train" and row["beat_type"] == "beat" and row["time_signature"] in METRE_OF
        and float(row["duration"]) > 12.0
    )  # fmt: skip


def make_drummer_piece(archive: str, number: int) -> BarClip:
    """A drummer alone, as played, a little faster or slower, on some kit."""
    rng = np.random.default_rng((79, number))
    takes = taught_takes(archive)
    name, style, metre, bpm, duration_s = takes[int(rng.integers(len(takes)))]
    with zipfile.ZipFile(archive) as files:
        tracks = read_notes(files.read(f"groove/{name}"))
    notes = [note for track in tracks.values() for note in track]
    seconds = float(rng.uniform(*DRUMS_S))
    speed = float(rng.uniform(0.9, 1.12))
    begin_s = float(rng.uniform(0.0, max(0.0, duration_s - seconds)))
    first_s = 0.0 if begin_s else float(rng.uniform(0.1, 1.0))
    gain = float(rng.uniform(0.6, 1.1))
    played = [
        Note(start=(note.start - begin_s) / speed + first_s, end=(note.start - begin_s) / speed + first_s + 0.1,
             pitch=GROOVE_DRUMS.get(note.pitch, note.pitch), velocity=int(np.clip(note.velocity * gain, 1, 127)))
        for note in notes if begin_s <= note.start < begin_s + seconds
    ]  # fmt: skip
    last_s = max(note.start for note in played)
    count = int(duration_s * bpm / 60.0) + 1
    first_bar = first_bar_of_drums(notes, 0.0, 60.0 / bpm) if metre == 4 else 0
    beats = (np.arange(count) * 60.0 / bpm - begin_s) / speed + first_s
    kept = (beats >= 0.0) & (beats <= last_s + 0.1)
    y = recorded([(DRUM_CHANNEL, int(rng.choice(KITS)), played)], rng, round((last_s + 0.8) * SAMPLE_RATE_HZ))
    if rng.random() < 0.3:
        y = hall(y, rng)
    y = treated(y, rng, gently=True)
    places = (np.arange(count) - first_bar) % metre
    return BarClip(
        y=y,
        beats_s=np.asarray(beats[kept], dtype=np.float64),
        places=places[kept],
        metre=metre,
        style=f"alone, groove {style}",
        group=name.rsplit("/", 1)[0] + "/" + style,
    )


def make_dance_pieces(number: int) -> list[BarClip]:
    """A dance track whole, and two treated cuts of it."""
    rng = np.random.default_rng((80, number))
    track = dance_tracks.draw_track(number)
    y, truth = dance_tracks.render(track, rate_hz=SAMPLE_RATE_HZ), track.truth
    beats = np.array(truth.beats_s)
    begins = np.isin(beats, truth.downbeats_s)
    places, place = np.zeros(beats.size, dtype=np.int64), -int(np.flatnonzero(begins)[0]) % 4
    for index, is_first in enumerate(begins):
        place = 0 if is_first else place
        places[index] = place
        place += 1
    words: dict[str, Any] = {"metre": 4, "style": truth.style, "group": f"dance {number}"}
    pieces = [BarClip(y=y, beats_s=beats, places=places, **words)]
    for _ in range(2):
        seconds = float(rng.uniform(*DANCE_CUT_S))
        begin_s = float(rng.uniform(0.0, y.size / SAMPLE_RATE_HZ - seconds))
        cut = y[round(begin_s * SAMPLE_RATE_HZ) :][: round(seconds * SAMPLE_RATE_HZ)]
        kept = (beats >= begin_s) & (beats < begin_s + seconds)
        pieces.append(BarClip(y=treated(cut, rng, gently=True), beats_s=beats[kept] - begin_s, places=places[kept],
                              **words))  # fmt: skip
    return pieces

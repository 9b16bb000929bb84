"""Judge a rhythm network on whole produced tracks, by maker, beside what map4 says today.

    python lab/measure/judge_rhythm.py hear games CACHE
    python lab/measure/judge_rhythm.py judge games CACHE WEIGHTS [--half choose]

`hear` keeps the mel power of each track and this map4's answer in CACHE, once (2 s of CPU a track). `judge` runs the
weights of `train_rhythm_network.py --export` on that: tempo by the network alone and among half, tempo and double of
map4's answer; beats by its activation in place of map4's, at the true tempo; first beats by its activation. Choose on
one half of the makers and look at the other once. Nothing learns from these tracks.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "training")]

import numpy as np
import soxr
from games import SHARED, read_tracks
from inside_scoring import PHASE_RIGHT_F, downbeat_f
from scoring import ACCURACY2_FACTORS, beat_score, tempo_hits

from map4.audio.decode import open_audio
from map4.dsp.extract import mean_of_channels, settled
from map4.dsp.inside.tempo_choice import OCTAVES
from map4.dsp.rhythm.beat_network import BEAT_RATE_HZ, listen, read_weights
from map4.dsp.rhythm.beats import track_beats
from map4.dsp.rhythm.onsets import onset_envelopes
from map4.dsp.rhythm.rhythm import estimate_rhythm
from map4.dsp.rhythm.tempo import distribute, fine_tempo
from map4.dsp.spectrum.packed import Packed
from map4.dsp.spectrum.semitones import Notes
from map4.dsp.spectrum.spectral_pass import ANALYSIS_RATE_HZ, SpectralPass

Array = np.ndarray[Any, Any]

HALVES = ("choose", "look")
BEATS_RIGHT_F = 0.9
METRES = (3, 4)
FASTEST_BPM = 330.0
RANGES = ((0, 98), (98, 125), (125, 150), (150, 180), (180, 215), (215, 400))


def main() -> None:
    """Hear or judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("hear", "judge"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("weights", nargs="?")
    parser.add_argument("--half", choices=(*HALVES, "both"), default=HALVES[0])
    parser.add_argument("--shared", type=Path, default=SHARED)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    tracks = read_tracks(options.folder, options.shared / "songs.tsv")
    if options.what == "hear":
        for track in tracks:
            hear(track, options.cache)
    else:
        half = halves_of([track.song.name for track in tracks])
        wanted = [track for track in tracks if options.half in ("both", half[maker_of(track.song.name)])]
        rows = [row for track in wanted if (row := judged(track, options.cache, options.weights))]
        print_figures(rows)


def maker_of(name: str) -> str:
    return "+".join(name.split("+")[:2]) if name.count("+") > 1 else name.split("__")[0]


def halves_of(names: list[str]) -> dict[str, str]:
    """The half of each maker: the largest maker first, each where fewer tracks are."""
    sizes, half = dict.fromkeys(HALVES, 0), {}
    for maker, count in sorted(Counter(map(maker_of, names)).items(), key=lambda pair: (-pair[1], pair[0])):
        half[maker] = min(HALVES, key=sizes.__getitem__)
        sizes[half[maker]] += count
    return half


def hear(track: Any, cache: Path) -> None:
    """Keep a track's mel power and today's answer."""
    path = cache / f"{track.song.sha1}.npz"
    if path.exists():
        return
    with open_audio(str(track.song.path)) as stream:
        y, rate = np.concatenate([mean_of_channels(block) for block in stream.blocks()]), stream.sample_rate_hz
    spectral_pass = SpectralPass()
    spectral_pass.feed(soxr.resample(y, rate, ANALYSIS_RATE_HZ))
    spectra = spectral_pass.finish()
    notes, rhythm = Notes.of(spectra.pitch, spectra.tuning_semitones), estimate_rhythm(spectra)
    rhythm, bars = settled(spectra, notes, rhythm)
    power = spectra.mel_power[:]
    answer = {
        "bpm": None if rhythm.tempo is None else rhythm.tempo.bpm,
        "confidence": None if rhythm.tempo is None else rhythm.tempo.confidence,
        "grid": rhythm.grid is not None,
        "beats_s": rhythm.beats_s,
        "downbeats_s": () if bars is None else bars.downbeats_s,
        "bar_confidence": None if bars is None else bars.confidence,
    }
    part = path.with_suffix(".part")
    with open(part, "wb") as file:
        np.savez(file, power=np.minimum(power / power.mean(), 6e4).astype(np.float16), answer=json.dumps(answer))
    part.replace(path)


def judged(track: Any, cache: Path, weights: str) -> dict[str, Any] | None:
    """Whether tempo, beats and bars are right, of this map4 and of the network."""
    path = cache / f"{track.song.sha1}.npz"
    if not path.exists():
        return None
    with np.load(path) as kept:
        power, answer = kept["power"], json.loads(str(kept["answer"]))
    mel_power, truth = Packed.of(power.astype(np.float32)), track.song.bpm
    heard = listen(mel_power, read_weights(weights))
    row: dict[str, Any] = {"file": track.song.name, "maker": maker_of(track.song.name), "bpm": truth}
    row["beats"] = beat_score(track.song.beats_s, answer["beats_s"]).f
    if truth is not None:
        distribution = distribute(heard.tempo_scores)
        alone = distribution.bpm
        row |= {"acc1": tempo_hits(truth, answer["bpm"]), "acc2": tempo_hits(truth, answer["bpm"], ACCURACY2_FACTORS),
                "alone1": tempo_hits(truth, alone), "alone2": tempo_hits(truth, alone, ACCURACY2_FACTORS)}  # fmt: skip
        if answer["bpm"]:
            octaves = [ratio * answer["bpm"] for ratio in OCTAVES if 39.0 <= ratio * answer["bpm"] <= FASTEST_BPM]
            chosen = max(octaves, key=distribution.probability)
            row["octave1"] = tempo_hits(truth, chosen)
            row["oracle1"] = any(tempo_hits(truth, bpm) for bpm in octaves)
        envelopes = onset_envelopes(mel_power)
        fine = fine_tempo(envelopes.magnitude, truth).bpm
        old = track_beats(envelopes.sharp, fine, listen(mel_power).activation)
        row["old_beats"] = beat_score(track.song.beats_s, old.tolist()).f
        beats = track_beats(envelopes.sharp, fine, heard.activation)
        row["new_beats"] = beat_score(track.song.beats_s, beats.tolist()).f
        if track.downbeats_s and row["new_beats"] >= BEATS_RIGHT_F and heard.first is not None:
            row["new_phase"] = downbeat_f(track.downbeats_s, first_beats(beats, heard.first).tolist()) >= PHASE_RIGHT_F
    if track.downbeats_s:
        row["bars"] = downbeat_f(track.downbeats_s, answer["downbeats_s"]) >= PHASE_RIGHT_F
        if row["beats"] >= BEATS_RIGHT_F:
            row["phase"] = row["bars"]
    return row


def first_beats(beats_s: Array, first: Array) -> Array:
    """The beats of the metre and place at which first beats are likeliest over the track."""
    frames = np.clip(np.rint(beats_s * BEAT_RATE_HZ).astype(int), 1, first.size - 2)
    near = np.maximum(np.maximum(first[frames - 1], first[frames]), first[frames + 1])
    odds = np.log(near + 1e-4) - np.log(1.0 - near + 1e-4)
    ways = [(odds[place::metre].mean() - odds.mean(), place, metre) for metre in METRES for place in range(metre)]
    _, place, metre = max(ways)
    return beats_s[place::metre]


def print_figures(rows: list[dict[str, Any]]) -> None:
    """Means over all, by range of tempo, and tempo by maker."""
    tempo = ("acc1", "octave1", "oracle1", "alone1", "acc2", "alone2")
    names = (*tempo, "beats", "old_beats", "new_beats", "bars", "phase", "new_phase")
    print(f"{'':14s}" + "".join(f"{name:>11s}" for name in names))
    for title, those in _parts(rows):
        cells = []
        for name in names:
            known = [float(row[name]) for row in those if row.get(name) is not None]
            cells.append(f"{np.mean(known):7.3f}/{len(known):<3d}" if known else " " * 11)
        print(f"{title:14s}" + "".join(cells))


def _parts(rows: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    yield "all", rows
    for low, high in RANGES:
        yield f"{low}–{high} BPM", [row for row in rows if row["bpm"] is not None and low <= row["bpm"] < high]
    for maker in sorted({row["maker"] for row in rows}):
        yield maker[-14:], [row for row in rows if row["maker"] == maker]


if __name__ == "__main__":
    main()

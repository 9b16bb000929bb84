"""What the tempo scorer and the beat network learn from and are measured on: labelled clips, and variants of them.

All that teaches is free to ship what was learned:

- clips of five rounds (`ROUNDS`): songs of POP909 (MIT), own patterns and pieces, the sound fonts FluidR3 and
  MuseScore_General (MIT and freer), drums of Sonic Pi (CC0);
- the demo's tracks (`map4/extras/demo/music.py`) at other tempi, keys, swings and with other chance;
- metronomes and bare rhythm boxes, because they are what people try first;
- the files of audio-dev that `CREDITS.tsv` lists. Every other file of it is only measured (*validation*).
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from chamber_clips import make_chamber
from combo_clips import make_combo
from studio import Clip
from tempo_clips import FIRST_RECORD, FIRST_SESSION, make_clip
from tempo_patterns import DEMO_TEMPI

from map4.core.audio.decode import open_audio
from map4.core.dsp.rhythm.onsets import onset_envelopes
from map4.core.dsp.rhythm.tempo_scorer import ROWS, stacked
from map4.core.dsp.rhythm.tempogram import GRID_BINS, compute_tempogram
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.spectral_pass import FloatArray, SpectralPass
from map4.extras.demo.music import SPECS, beat_times, render_track

Rng = np.random.Generator
Times = np.ndarray[Any, np.dtype[np.float64]]

ROUNDS = {"clips": 0, "records": FIRST_RECORD, "sessions": FIRST_SESSION, "chamber": 30_000, "combos": 40_000}
"""Number of the first clip of each round: usual bands, records, mixed bands, classical music, combos and singers."""
AMOUNTS = {"clips": 1441, "records": 480, "sessions": 240, "chamber": 870, "combos": 460}
"""How many of each round teach."""
DEMO_ROUNDS = 12
DEMO_SECONDS = 30
METRONOMES = 240
METRONOME_BPM = (38.0, 225.0)
RHYTHM_BOXES = 160
RHYTHM_BOX_BPM = (66.0, 150.0)
"""Within which nobody counts a kick on every beat, or a kick answered by a snare, twice or half as fast."""
CREDITS = Path(__file__).with_name("CREDITS.tsv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled clip.

    mel_power: shape (n, 40)
    bpm: the true tempo
    source: one of `ROUNDS`, "demo", "metronomes", "permissive" or "validation"
    group: examples of the same group never stand on both sides of a cross-validation
    kind: the style, or the collection
    octave: False where the octave of the true tempo is uncertain
    beats_s: the true beats, ascending; empty where they are not known
    metre: every so many-th beat, from the first on, begins a bar; 0 where that is not known
    """

    mel_power: FloatArray
    bpm: float
    source: str
    group: str
    kind: str
    octave: bool = True
    beats_s: Times = field(default_factory=lambda: np.zeros(0))
    metre: int = 0


def add_music(parser: argparse.ArgumentParser) -> None:
    """Arguments that say where the music is."""
    parser.add_argument("pop909", help="archive of the songs")
    parser.add_argument("--audio-dev", help="folder with manifest.tsv")
    parser.add_argument("--portion", type=float, default=1.0, help="of the clips of each round, for a trial")
    cache = os.path.join(tempfile.gettempdir(), "map4-tempo-clips")
    parser.add_argument("--cache", default=cache, help="folder that keeps what was computed")


def collect(arguments: argparse.Namespace) -> list[Example]:
    """Make or read all examples, the clips and the files of audio-dev by way of a folder that keeps them."""
    pop909, audio_dev, cache = arguments.pop909, arguments.audio_dev, arguments.cache
    os.makedirs(cache, exist_ok=True)
    counts = {source: round(arguments.portion * count) for source, count in AMOUNTS.items()}
    numbers = [(source, ROUNDS[source] + index) for source, count in counts.items() for index in range(count)]
    examples = [_cached(cache, f"clip-{seed:05d}", partial(_clip, pop909, source, seed)) for source, seed in numbers]
    examples += [*_demo(), *(_metronome(seed) for seed in range(METRONOMES))]
    examples += [_rhythm_box(seed) for seed in range(RHYTHM_BOXES)]
    if audio_dev:
        with open(os.path.join(audio_dev, "manifest.tsv"), encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["truth_bpm"]]
        taught = taught_files()
        examples += [
            _cached(cache, f"dev-{row['sha1']}", partial(_of_audio_dev, audio_dev, taught, row)) for row in rows
        ]
    return examples


def taught_files() -> set[str]:
    """Paths of the files of audio-dev that teach."""
    with open(CREDITS, encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        listed = [row for row in rows if row["source"].startswith("audio-dev")]
    return {row["file"] for row in listed}


def tempogram_rows(mel_power: FloatArray) -> FloatArray:
    """The rows that the scorer looks at, shape (18, 217); zero for silence."""
    tempogram = compute_tempogram(onset_envelopes(Packed.of(mel_power)))
    return np.zeros((ROWS, GRID_BINS), dtype=np.float32) if tempogram is None else stacked(tempogram)


def _mel(y: Any) -> FloatArray:
    spectral_pass = SpectralPass()
    spectral_pass.feed(np.asarray(y, dtype=np.float32))
    return spectral_pass.finish().mel_power[:]


def _cached(folder: str, name: str, make: Callable[[], Example]) -> Example:
    path = os.path.join(folder, f"{name}.npz")
    if not os.path.exists(path):
        made = make()
        names = ("bpm", "source", "group", "kind", "octave", "beats_s", "metre")
        fields = {name: getattr(made, name) for name in names}
        # Under another name first, as several processes may make it.
        part = f"{path}.{os.getpid()}"
        with open(part, "wb") as file:
            np.savez(file, mel_power=made.mel_power, **fields)
        os.replace(part, path)
    with np.load(path) as kept:
        return Example(
            mel_power=kept["mel_power"],
            bpm=float(kept["bpm"]),
            source=str(kept["source"]),
            group=str(kept["group"]),
            kind=str(kept["kind"]),
            octave=bool(kept["octave"]),
            beats_s=kept["beats_s"],
            metre=int(kept["metre"]),
        )


def _clip(pop909: str, source: str, seed: int) -> Example:
    clip: Clip
    if source == "chamber":
        clip = make_chamber(np.random.default_rng(seed), str(seed))
    elif source == "combos":
        clip = make_combo(pop909, np.random.default_rng(seed))
    else:
        clip = make_clip(pop909, seed)
    return Example(
        mel_power=_mel(clip.y),
        bpm=clip.bpm,
        source=source,
        group=f"{source if source == 'chamber' else 'song'} {clip.group}",
        kind=clip.style,
        beats_s=clip.beats_s,
        metre=clip.metre,
    )


def _demo() -> Iterator[Example]:
    for index, spec in enumerate(spec for spec in SPECS if spec.style in DEMO_TEMPI):
        for turn in range(DEMO_ROUNDS):
            rng = np.random.default_rng([index, turn])
            low, high = DEMO_TEMPI[spec.style]
            bpm = float(np.exp(rng.uniform(np.log(low), np.log(high))))
            changed = replace(
                spec,
                title=f"{spec.title} {turn}",  # the seed of the players' timing
                bpm=bpm,
                key=f"{rng.integers(1, 13)}{spec.key[-1]}",
                swing=float(rng.uniform(0.0, 2.0 * spec.swing)),
                seconds=float(rng.uniform(25.0, 45.0)),
            )
            y = render_track(changed, ShortWindow.SAMPLE_RATE_HZ).mean(axis=1)
            start = int(rng.uniform(0.0, 0.3) * y.size)
            beats_s = beat_times(changed) - start / ShortWindow.SAMPLE_RATE_HZ
            yield Example(
                mel_power=_mel(y[start : start + DEMO_SECONDS * ShortWindow.SAMPLE_RATE_HZ]),
                bpm=bpm,
                source="demo",
                group=f"demo {spec.style}",
                kind=spec.style,
                beats_s=beats_s[beats_s >= 0.0],
            )


def _metronome(seed: int) -> Example:
    """Decaying tones or noise, some with an accent on the bar, some with quieter sounds between the beats."""
    rng = np.random.default_rng([seed])
    bpm = float(np.exp(rng.uniform(*np.log(METRONOME_BPM))))
    main, between = _tick(rng, 60.0, 4000.0), _tick(rng, 800.0, 6000.0)
    y = np.zeros(round(rng.uniform(12.0, 30.0) * ShortWindow.SAMPLE_RATE_HZ))
    bar = int(rng.choice((1, 1, 1, 2, 3, 4)))
    parts = int(rng.choice((2, 3))) if bpm < 120.0 and rng.random() < 0.2 else 1
    beats = np.arange(rng.uniform(0.0, 0.5), y.size / ShortWindow.SAMPLE_RATE_HZ - 0.5, 60.0 / bpm)
    soft, quiet = rng.uniform(0.4, 0.9), rng.uniform(0.05, 0.35)
    for number, beat_s in enumerate(beats):
        _add(y, main * (1.0 if number % bar == 0 else soft), beat_s)
        for part in range(1, parts):
            _add(y, quiet * between, beat_s + part * 60.0 / bpm / parts)
    if rng.random() < 0.3:
        y += rng.normal(0.0, 10.0 ** rng.uniform(-4.5, -2.0), y.size)
    return Example(
        mel_power=_mel(y), bpm=bpm, source="metronomes", group=f"metronome {seed}", kind="metronome", beats_s=beats
    )


def _rhythm_box(seed: int) -> Example:
    """Kick, snare and hi-hat alone, straight or swung: nothing but drums that say where the beat is."""
    rng = np.random.default_rng([seed, 1])
    bpm = float(np.exp(rng.uniform(*np.log(RHYTHM_BOX_BPM))))
    kick, snare, hat = _tick(rng, 45.0, 120.0), _tick(rng, 150.0, 400.0), _tick(rng, 5000.0, 9000.0)
    snare = snare + rng.normal(0.0, 0.5, snare.size) * np.linspace(1.0, 0.0, snare.size)
    y = np.zeros(round(rng.uniform(12.0, 30.0) * ShortWindow.SAMPLE_RATE_HZ))
    four, parts = rng.random() < 0.5, int(rng.choice((1, 2, 2, 3, 4)))
    backbeat, offbeat = not four or rng.random() < 0.5, four and rng.random() < 0.4
    late = rng.uniform(0.5, 2.0 / 3.0) if rng.random() < 0.3 else 0.5
    soft, loud_hat = rng.uniform(0.3, 0.9), rng.uniform(0.1, 0.6)
    beats = np.arange(rng.uniform(0.0, 0.5), y.size / ShortWindow.SAMPLE_RATE_HZ - 0.5, 60.0 / bpm)
    for number, beat_s in enumerate(beats):
        if four or number % 2 == 0:
            _add(y, kick, beat_s)
        if backbeat and number % 2:
            _add(y, soft * snare, beat_s)
        for part in range(1 if offbeat else 0, parts):
            place = late if parts == 2 and part == 1 else part / parts
            _add(y, loud_hat * hat, beat_s + place * 60.0 / bpm)
    return Example(
        mel_power=_mel(y), bpm=bpm, source="metronomes", group=f"box {seed}", kind="rhythm box", beats_s=beats
    )


def _tick(rng: Rng, low_hz: float, high_hz: float) -> Any:
    t = np.arange(round(rng.uniform(0.01, 0.2) * ShortWindow.SAMPLE_RATE_HZ)) / ShortWindow.SAMPLE_RATE_HZ
    tone = np.sin(2.0 * np.pi * np.exp(rng.uniform(np.log(low_hz), np.log(high_hz))) * t)
    return (tone if rng.random() < 0.7 else rng.normal(0.0, 0.5, t.size)) * np.exp(-rng.uniform(3.0, 9.0) * t / t[-1])


def _add(y: Any, sound: Any, time_s: float) -> None:
    start = round(time_s * ShortWindow.SAMPLE_RATE_HZ)
    if start + sound.size <= y.size:
        y[start : start + sound.size] += sound


def _of_audio_dev(folder: str, taught: set[str], row: dict[str, str]) -> Example:
    with open_audio(os.path.join(folder, row["path"])) as stream:
        y = np.concatenate(list(stream.blocks())).mean(axis=1)
        rate = stream.sample_rate_hz
    # The number at the end of the name is the song's: arrangements of one song stay together.
    number = re.sub(r".*_", "", os.path.splitext(row["path"])[0])
    return Example(
        mel_power=_mel(soxr.resample(y, rate, ShortWindow.SAMPLE_RATE_HZ)),
        bpm=float(row["truth_bpm"]),
        source="permissive" if row["path"] in taught else "validation",
        group=f"song {number}" if row["source"].startswith("pop909") else f"{row['source']} {number}",
        kind=row["source"],
        octave=row["octave"] != "0",
        beats_s=_read_beats(os.path.join(folder, row["beats"])) if row["beats"] else np.zeros(0),
    )


def _read_beats(path: str) -> Times:
    """The first column of a file of beat times."""
    return np.loadtxt(path, ndmin=2)[:, 0]

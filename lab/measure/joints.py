"""Does the clash that map4 finds between two tracks sound rough? Planted keys and cents, and real pairs that change.

  python lab/measure/joints.py
  python lab/measure/joints.py LIBRARY

60 pairs of rendered tracks at one tempo, in keys and tunings by chance. Reference: the roughness between the partials
of both (Sethares, JASA 94(3), 1993), relative to the same two pieces in one key and tuning. With a library: its
excellent pairs that change with tuning and keys at the ends.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

import numpy as np
import numpy.typing as npt
from scipy.signal import find_peaks

from map4 import Library
from map4.core.dsp.extract import Extractor
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.harmony import RELATION_SCORES, key_relation
from map4.core.music.track.track import Track
from map4.extras.demo.music import render_track
from map4.extras.demo.tracks import TrackSpec

RATE_HZ, FRAME, PARTIALS, PROMINENT_DB = 22_050, 1 << 14, 20, 30.0
STYLES = ("pop", "dream pop", "ballad", "folk", "synth-pop")
CENTS, SEMITONES = (0, 0, 12, 25, 43, 50), (0, 0, 0, 7, 5, 2, 3, 1, 6, 11)
Partials = list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]
"""Frequencies in Hz and levels, by frame."""


def pairs() -> Iterator[tuple[TrackSpec, TrackSpec]]:
    rng = np.random.default_rng(4)
    for number in range(60):
        key = ALL_KEYS[rng.integers(24)]
        chords = "I V vi IV" if key.mode == "major" else "i VI iv V"
        first = TrackSpec(artist="A", title=str(number), album="", genre="", year=2000, style=STYLES[number % 5],
                          bpm=120.0, key=key.camelot, chords=chords, seconds=24.0)  # fmt: skip
        hz = 440.0 * 2.0 ** (rng.choice(CENTS) * rng.choice((-1, 1)) / 1200.0)
        other = key.up(SEMITONES[number % 10]).camelot
        yield first, replace(first, artist="B", style=STYLES[number // 5 % 5], key=other, tuning_hz=hz)


def heard(spec: TrackSpec) -> tuple[Track, Partials]:
    """The analysed track, and its most audible partials."""
    sound = np.asarray(render_track(spec, RATE_HZ), dtype=np.float32).mean(axis=1, keepdims=True)
    extractor, partials = Extractor(RATE_HZ, 1), []
    extractor.feed(sound)
    for frame in sound[2 * FRAME : 28 * FRAME :, 0].reshape(-1, FRAME)[::2]:
        spectrum = np.abs(np.fft.rfft(frame * np.hanning(FRAME))) + 1e-9
        peaks = find_peaks(20.0 * np.log10(spectrum), prominence=PROMINENT_DB)[0]
        peaks = peaks[np.argsort(-spectrum[peaks])[:PARTIALS]]
        partials.append((peaks * RATE_HZ / FRAME, spectrum[peaks] ** 0.6 / (spectrum[peaks] ** 0.6).sum()))
    return Track(path=spec.title, state="ok", analysis=extractor.finish("lab")), partials


def roughness(a: Partials, b: Partials) -> float:
    """The roughness between partials of two tracks, whichever chords meet."""
    total = 0.0
    for (f, v), (g, w) in product(a, b):
        apart = np.abs(f[:, None] - g) * 0.24 / (0.021 * np.minimum(f[:, None], g) + 19.0)
        total += float((np.minimum(v[:, None], w) * (np.exp(-3.5 * apart) - np.exp(-5.75 * apart))).sum())
    return total


def auc(is_rough: npt.NDArray[np.bool_], clash: npt.NDArray[np.float64]) -> float:
    above = clash[is_rough][:, None] - clash[~is_rough]
    return float(((above > 0.0) + 0.5 * (above == 0.0)).mean())


def planted() -> None:
    rows = []
    for a, b in pairs():
        (x, of_x), (y, of_y), (_, in_tune) = heard(a), heard(b), heard(replace(b, key=a.key, tuning_hz=440.0))
        rated = [
            MixTraits.compared(*map(MixTraits.of, (x, y))).key.score,
            RELATION_SCORES[key_relation(x.key(), y.key())],
        ]
        rows.append([roughness(of_x, of_y) / roughness(of_x, in_tune), *(1.0 - score for score in rated)])
    clash, camelot = np.array(sorted(rows)).T[1:]
    for name, count in (("halves", 30), ("outer thirds", 20)):
        ends = np.r_[0:count, 60 - count : 60]
        is_rough = np.arange(2 * count) >= count
        print(f"{name}: AUC {auc(is_rough, clash[ends]):.3f}, by Camelot alone {auc(is_rough, camelot[ends]):.3f}")


def real(path: str) -> None:
    plain = {"tuning_cents": None, "first_key": None, "last_key": None}
    with Library.open(path, create=False) as library:
        traits = [MixTraits.of(track) for track in library.search("") if track.analysis]
    changed = Counter[str]()
    for a, b in permutations(traits, 2):
        if replace(a, **plain).compared(replace(b, **plain)).rating == "excellent":
            changed[a.compared(b).rating] += 1
    print(f"excellent by headline keys, now: {dict(changed)}")


real(sys.argv[1]) if len(sys.argv) > 1 else planted()

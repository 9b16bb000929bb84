"""The clips that the key scorer and the key network learn from, rendered once, and the variants of them.

The first book's clips are played with FluidR3 alone, the others with either font of `sound_fonts`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt
from key_clips import KeyClip, make_key_clip
from key_scores import Book
from many import make_missing
from sound_fonts import FLUID, sound_fonts

from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import SEMITONES, Notes
from map4.core.dsp.spectrum.spectral_pass import SpectralPass

SHORTEST_FRAMES = 20
"""Of a clip; quieter ones have no notes."""
VARIANT_FRAMES = 40
VARIANT_SHARE = 0.4
"""A variant is at least so long."""
MOVES = (-8, 14)
"""A clip is moved by so many semitones: a bass is not always low, and the tonic need not be the lowest of its notes."""
REGISTER_DB = (1.0, 6.0)
REGISTER_LENGTH = 8.0
"""Semitones over which the changed levels of a variant are alike."""
FLOOR_DB = (-40.0, -14.0)
OVERTONES_SEMITONES = (12, 19, 24, 28, 31)
"""Where the second to the sixth partial lie."""
MOST_OVERTONE = 0.5
"""Largest share of a note that is added at each: richer sounds than the synthesiser's."""
MOST_LEAK = 0.25
"""Largest share of a note that is added a semitone above and below, as vibrato and choruses do."""
MOST_LINGER = 0.6
"""Largest share of a frame that is left in the next one, as in a large room."""
HIDDEN_CHANCE = 0.5
"""How often a band of semitones is nearly taken out of what a network hears, and how often some moments."""
HIDDEN_SEMITONES = (3, 14)
HIDDEN_SHARE = 0.2
"""Of the time, at most."""
BESIDE_CHANCE = 0.4
BESIDE_DB = (-30.0, -8.0)
"""How loud other music in any key is that sounds through."""
FAMILIES = {"metal": "rock", "soul": "hip-hop", "folk": "country", "pop": "edm"}
"""Styles that are too alike to judge one by the other; all others are a family of their own."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """The notes of a clip, shape (n, 72), its key 0-23, and where it comes from."""

    semitones: FloatArray
    key: int
    style: str
    group: str

    @property
    def family(self) -> str:
        """What it is left out with."""
        word = self.style.split()[0]
        return FAMILIES.get(word, word)


def collect(archive: str, counts: dict[Book, int], cache: str) -> list[Clip]:
    """So many clips of each book; what is in `cache` is not rendered again."""
    clips = []
    for book, count in counts.items():
        folder = os.path.join(cache, book)
        os.makedirs(folder, exist_ok=True)
        fonts = (FLUID,) if book == "first" else sound_fonts()
        makers = {
            os.path.join(folder, f"{seed:05d}.npz"): partial(make_key_clip, archive, seed, book, fonts)
            for seed in range(count)
        }
        make_missing(makers, _write)
        clips += [clip for path in makers if (clip := _read(path))]
    return clips


def varied(semitones: FloatArray, rng: np.random.Generator, length: int | None = None) -> tuple[FloatArray, int]:
    """A variant of a clip, `length` frames of it if given, and by how many semitones it was moved."""
    n = semitones.shape[0]
    length = length or max(int(n * rng.uniform(VARIANT_SHARE, 1.0)), min(n, VARIANT_FRAMES))
    first = int(rng.integers(0, n - length + 1))
    move = int(rng.integers(MOVES[0], MOVES[1] + 1))
    moved = np.zeros((length, SEMITONES), dtype=np.float32)
    moved[:, max(0, move) : SEMITONES + min(0, move)] = semitones[
        first : first + length, max(0, -move) : SEMITONES - max(0, move)
    ]
    if rng.random() < 0.5:
        moved = _coloured(moved, rng)
    moved *= _smooth_levels(rng, rng.uniform(*REGISTER_DB))
    if rng.random() < 0.5:
        level = 10.0 ** (rng.uniform(*FLOOR_DB) / 20.0) * moved.max(axis=1).mean()
        grain = (0.3 + np.abs(rng.normal(size=moved.shape))) * np.square(rng.random((length, 1)))
        moved += (level * grain * _smooth_levels(rng, REGISTER_DB[1])).astype(np.float32)
    return moved, move


def disturbed(semitones: FloatArray, rng: np.random.Generator, other: FloatArray) -> FloatArray:
    """A variant without some of its notes and moments, or with other music that sounds through: nothing is certain.

    semitones, other: shape (n, 72) and (m, 72)
    """
    out = np.maximum(semitones, 0.0)
    n = out.shape[0]
    if rng.random() < BESIDE_CHANCE:
        beside = np.maximum(other[:n], 0.0)
        level = 10.0 ** (rng.uniform(*BESIDE_DB) / 20.0) * out.mean() / max(float(beside.mean()), 1e-9)
        out[: len(beside)] += np.float32(level) * beside
    if rng.random() < HIDDEN_CHANCE:
        width = int(rng.integers(*HIDDEN_SEMITONES))
        low = int(rng.integers(0, SEMITONES - width))
        out[:, low : low + width] *= np.float32(rng.uniform(0.0, 0.3))
    if rng.random() < HIDDEN_CHANCE:
        length = int(rng.integers(3, max(4, round(HIDDEN_SHARE * n))))
        first = int(rng.integers(0, n - length))
        out[first : first + length] = out.mean(axis=0)
    return out


def moved_key(key: int, semitones: int) -> int:
    """The key 0-23 of what was moved."""
    return (key + semitones) % 12 + 12 * (key // 12)


def mirex(truth: npt.ArrayLike, found: npt.ArrayLike) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The weighted score of each pair: 1 exact, .5 the fifth above, .3 the relative, .2 the parallel key."""
    truth, found = np.asarray(truth), np.asarray(found)
    above, relative = (found - truth) % 12, np.where(truth < 12, 9, 3)
    in_mode = np.select([above == 0, above == 7], [1.0, 0.5], 0.0)
    across = np.select([above == 0, above == relative], [0.2, 0.3], 0.0)
    return np.where(found // 12 == truth // 12, in_mode, across)


def _write(maker: Callable[[], KeyClip | None], path: str) -> None:
    clip = maker()
    if clip is None:
        np.savez(path)
        return
    spectral_pass = SpectralPass()
    spectral_pass.feed(clip.y)
    spectra = spectral_pass.finish()
    heard: dict[str, Any] = {"pitch": spectra.pitch[:].astype(np.float16), "tuning": spectra.tuning_semitones}
    np.savez(path, **heard, tonic=clip.tonic, mode=clip.mode, style=clip.style, group=clip.group)


def _read(path: str) -> Clip | None:
    with np.load(path) as stored:
        if "pitch" not in stored:
            return None
        semitones = Notes.of(Packed.of(stored["pitch"].astype(np.float32)), float(stored["tuning"])).loud.semitones
        key = int(stored["tonic"]) + (12 if str(stored["mode"]) == "minor" else 0)
        style, group = str(stored["style"]), str(stored["group"])
    return None if len(semitones) < SHORTEST_FRAMES else Clip(semitones=semitones, key=key, style=style, group=group)


def _coloured(semitones: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Other instruments in another room: more overtones, broader notes, longer decay."""
    out = semitones.copy()
    for above in OVERTONES_SEMITONES:
        out[:, above:] += np.float32(rng.uniform(0.0, MOST_OVERTONE)) * semitones[:, :-above]
    leak = np.float32(rng.uniform(0.0, MOST_LEAK))
    out[:, 1:], out[:, :-1] = out[:, 1:] + leak * out[:, :-1], out[:, :-1] + leak * out[:, 1:]
    linger = np.float32(rng.uniform(0.0, MOST_LINGER))
    for frame in range(1, out.shape[0]):
        out[frame] += linger * out[frame - 1]
    return out


def _smooth_levels(rng: np.random.Generator, spread_db: float) -> FloatArray:
    """Random factors that change slowly from semitone to semitone, shape (72,)."""
    return np.asarray(10.0 ** (spread_db * (_smoothness() @ rng.normal(size=SEMITONES)) / 20.0), dtype=np.float32)


@cache
def _smoothness() -> Any:
    distance = np.subtract.outer(np.arange(SEMITONES), np.arange(SEMITONES)) / REGISTER_LENGTH
    return np.linalg.cholesky(np.exp(-0.5 * np.square(distance)) + 1e-6 * np.eye(SEMITONES))

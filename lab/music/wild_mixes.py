"""Recorded sets of a kind that hurts, of which everything is known: a crowd in a room, loops, a radio's compressor …

    python lab/music/wild_mixes.py MUSIC FOLDER --kind crowd --seed 1 [--blind] [--afade] [--also OTHER]

Unlike in `unmix_mixes.py`, each fader moves for itself: a track may go in 3 s while the next one comes in 12 s. Curves
are made by numpy, tracks by the filter chains there; crowds are voices of espeak-ng, rooms are decaying noise.
The sets kept for judging are seeds 21 to 23 with `--blind --afade`; OTHER had the music of Debian's hedgewars,
warzone2100 and wesnoth (from 100 s and 700 kB on), and 35 rendered tracks.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt
from unmix_mixes import (
    CODERS,
    LEAST_PLAYED_S,
    RATE_HZ,
    WAYS,
    WORDS,
    Played,
    _filtered,
    _speak,
    is_blind,
    is_strange,
    length_s,
    music_in,
    rendered,
)

Sound = np.ndarray[Any, np.dtype[np.float32]]

SHAPES: Mapping[str, Callable[[Any], Any]] = {
    "line": lambda share: share,
    "quarter": lambda share: np.sin(0.5 * np.pi * share),
    "half": lambda share: 0.5 - 0.5 * np.cos(np.pi * share),
    "root": np.sqrt,
    "cube": lambda share: share**3,
    "square": lambda share: share**2,
    "decibels": lambda share: np.where(share > 0.0, 10.0 ** (-3.0 * (1.0 - share)), 0.0),
    "logarithm": lambda share: np.log10(1.0 + 999.0 * share) / 3.0,
    "sudden": lambda share: np.where(share > 0.0, 0.5 + 0.5 * share, 0.0),
}
AFADE: Mapping[str, Callable[[Any], Any]] = {
    "tri": SHAPES["line"],
    "qsin": SHAPES["quarter"],
    "hsin": SHAPES["half"],
    "esin": lambda share: 1.0 - np.cos(0.25 * np.pi * ((2.0 * share - 1.0) ** 3 + 1.0)),
    "log": lambda share: np.clip(1.0 + 0.2 * np.log10(np.maximum(share, 1e-9)), 0.0, 1.0),
    "ipar": lambda share: 1.0 - (1.0 - share) ** 2,
    "qua": np.square,
    "cub": SHAPES["cube"],
    "squ": np.sqrt,
    "cbr": np.cbrt,
    "exp": lambda share: np.exp(-11.5129 * (1.0 - share)),
}
"""The curves of ffmpeg's afade."""
SUDDEN = ("exp", "log", "cbr", "squ", "ipar")
ALL_SHAPES = {**SHAPES, **AFADE}
AUDIBLE_AMPLITUDE = 0.05
FADES_S = ((0.0, 0.0), (1.0, 8.0), (8.0, 16.0), (16.0, 25.0))
FADE_SHARES = (0.25, 0.3, 0.33, 0.12)
TOGETHER = 0.4
"""So many neighbours are mixed by one movement."""
SPEED_CHANGE = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Wild:
    """How a kind of set is made.

    curves: those of its faders
    looped: share of its tracks with a loop
    voices: chance of a presenter each four minutes
    """

    curves: tuple[str, ...] = tuple(SHAPES)
    looped: float = 0.1
    voices: float = 0.3
    radio: bool = False
    crowd: bool = False
    short: bool = False


KINDS: Mapping[str, Wild] = {
    "clean": Wild(voices=0.0),
    "short": Wild(short=True),
    "sudden": Wild(curves=("decibels", "logarithm", "sudden", "root")),
    "loops": Wild(looped=0.7),
    "radio": Wild(radio=True, voices=0.9),
    "crowd": Wild(crowd=True),
    "afade": Wild(curves=tuple(AFADE), voices=0.0),
}


def audible(curve: str) -> float:
    """The share of a fade after which it is 26 dB below full."""
    shares = np.linspace(0.0, 1.0, 10_001)
    return float(shares[int((ALL_SHAPES[curve](shares) >= AUDIBLE_AMPLITUDE).argmax())])


def drawn(
    rng: np.random.Generator, known: Sequence[Path], strange: Sequence[Path], wild: Wild, count: int
) -> list[Played]:
    """Draw the tracks of a set, one in ten of them of no library."""
    played: list[Played] = []
    pools = {True: list(rng.permutation(len(known))), False: list(rng.permutation(len(strange)))}
    at, fade_in = 0.0, 0.0
    for _ in range(count):
        in_library = bool(rng.random() >= 0.1) or not strange
        pool = pools[in_library]
        path = (known if in_library else strange)[pool.pop(0)]
        pool.append(next(i for i, each in enumerate(known if in_library else strange) if each == path))
        speed = 1.0 if rng.random() < 0.3 else 1.0 + float(rng.uniform(-SPEED_CHANGE, SPEED_CHANGE))
        length = length_s(path)
        begins = 0.0 if rng.random() < 0.5 else float(rng.uniform(0.0, 0.35)) * length
        room = (length - begins) / speed - 0.5
        fade_out, after_in, overlap = _faders(rng, wild)
        lasts = min(room, max(float(rng.uniform(LEAST_PLAYED_S + 10.0, 120.0)), fade_in + overlap + 20.0))
        overlap = min(overlap, lasts / 3)
        fade_out, after_in = min(fade_out, overlap), min(after_in, overlap)
        loops = int(rng.integers(1, 5)) if rng.random() < wild.looped else 0
        loop_s = float(rng.choice((1.9, 3.8, 7.6))) if loops else 0.0
        loop_at = 0.0 if not loops else float(rng.uniform(0.1, 0.8)) * lasts
        swap = bool(rng.random() < 0.3)
        played.append(Played(
            path=str(path), start_s=at, end_s=at + lasts, track_start_s=begins, speed=speed,
            way=str(rng.choice(WAYS)) if speed != 1.0 else "varispeed", gain_db=float(rng.uniform(-7.0, 0.0)),
            fade_in_s=fade_in, fade_out_s=fade_out, curve=str(rng.choice(wild.curves)),
            equaliser=tuple((float(hz), float(rng.uniform(-7.0, 5.0))) for hz in (100, 1000, 6000)
                            if rng.random() < 0.3),
            loop_at_s=begins + loop_at, loop_s=loop_s, loops=loops,
            bass_until_s=0.5 * fade_in if swap else 0.0, bass_from_s=lasts - 0.5 * fade_out if swap else lasts,
            in_library=in_library,
        ))  # fmt: skip
        at, fade_in = at + lasts - overlap, after_in
    return played


def _faders(rng: np.random.Generator, wild: Wild) -> tuple[float, float, float]:
    """How long a track goes, the next one comes, and both are heard."""
    shares = np.array((0.15, 0.85, 0.0, 0.0)) if wild.short else np.array(FADE_SHARES)
    out, into = (float(rng.uniform(*FADES_S[int(rng.choice(len(FADES_S), p=shares))])) for _ in range(2))
    if rng.random() < TOGETHER:
        into = out
    return out, into, max(out, into)


def faded(part: Sound, one: Played) -> Sound:
    """The sound of a track under its fader."""
    made = part.copy()
    shape = ALL_SHAPES[one.curve]
    first, last = round(one.fade_in_s * RATE_HZ), round(one.fade_out_s * RATE_HZ)
    if first:
        made[:first] *= shape(np.linspace(0.0, 1.0, first, dtype=np.float32))[:, None]
    if last:
        made[-last:] *= shape(np.linspace(1.0, 0.0, last, dtype=np.float32))[:, None]
    return made


def made(rng: np.random.Generator, played: Sequence[Played], wild: Wild, folder: Path, name: str) -> Path:
    """Sum the tracks up, treat them as the kind of set wants it, and encode the set."""
    total = max(one.end_s for one in played)
    sound = np.zeros((round(total * RATE_HZ) + RATE_HZ, 2), dtype=np.float32)
    for one in played:
        dry = rendered(replace(one, fade_in_s=0.0, fade_out_s=0.0))[: round((one.end_s - one.start_s) * RATE_HZ)]
        begin = round(one.start_s * RATE_HZ)
        part = faded(dry, one)[: len(sound) - begin]
        sound[begin : begin + len(part)] += part
    for at in np.arange(30.0, total - 40.0, 120.0):
        if rng.random() < wild.voices:
            _speak(rng, sound, float(at + rng.uniform(0.0, 60.0)))
    sound += 10.0 ** (float(rng.uniform(-70.0, -45.0)) / 20.0) * rng.standard_normal(sound.shape, dtype=np.float32)
    if wild.crowd:
        sound = _in_a_room(rng, sound)
        loud = float(np.sqrt(np.square(sound).mean()))
        sound += _crowd(rng, len(sound)) * loud * 10.0 ** (float(rng.uniform(-14.0, -6.0)) / 20.0)
    sound *= 0.9 / max(0.9, float(np.abs(sound).max()))
    suffix, coder, rate = CODERS[int(rng.integers(len(CODERS)))]
    path = folder / f"{name}.{suffix}"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", str(RATE_HZ), "-ac", "2", "-i", "-"]
    if wild.radio:
        command += ["-af", str(rng.choice(RADIOS))]
    command += ["-ar", str(RATE_HZ), "-c:a", coder, "-b:a", rate, str(path)]
    subprocess.run(command, check=True, input=sound.tobytes())
    (folder / f"{name}.json").write_text(json.dumps({"tracks": [asdict(one) for one in played], "seconds": total}))
    return path


RADIOS = (
    "acompressor=threshold=0.05:ratio=8:attack=10:release=300:makeup=4,alimiter=limit=0.9",
    "dynaudnorm=framelen=250:gausssize=15:maxgain=12,acompressor=threshold=0.1:ratio=4:makeup=2,alimiter=limit=0.9",
    "loudnorm=I=-14:LRA=4:TP=-1,acompressor=threshold=0.08:ratio=6:attack=5:release=150:makeup=2,alimiter=limit=0.9",
)


def _in_a_room(rng: np.random.Generator, sound: Sound) -> Sound:
    """As a microphone in a room hears it."""
    lasts_s = float(rng.uniform(0.4, 1.4))
    times = np.arange(round(1.2 * lasts_s * RATE_HZ)) / RATE_HZ
    wet = np.empty_like(sound)
    for side in range(2):
        tail = rng.standard_normal(len(times)) * 10.0 ** (-3.0 * times / lasts_s)
        tail = sosfilt(butter(1, 5000.0, fs=RATE_HZ, output="sos"), tail)
        tail *= 10.0 ** (float(rng.uniform(-6.0, 2.0)) / 20.0) / np.sqrt(np.square(tail).sum())
        tail[0] += 1.0
        wet[:, side] = fftconvolve(sound[:, side], tail)[: len(sound)]
    microphone = butter(2, (90.0, 11_000.0), "bandpass", fs=RATE_HZ, output="sos")
    heard: Sound = sosfilt(microphone, wet, axis=0).astype(np.float32)
    return heard


def _crowd(rng: np.random.Generator, size: int) -> Sound:
    """Many voices that rise and fall, and clapping hands; as loud as 1."""
    said = np.zeros(size, dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(12):
            path = f"{folder}/{number}.wav"
            voice = str(rng.choice(("en", "en-us", "de", "fr", "it", "es")))
            how = ["-v", voice, "-p", str(rng.integers(10, 95)), "-s", str(rng.integers(110, 220))]
            subprocess.run(["espeak-ng", *how, "-w", path, f"{WORDS} " * 3], check=True)
            words = _filtered(path, ["volume=0dB"])[:, 0]
            for _ in range(3):
                said += np.roll(np.resize(words, size), int(rng.integers(size))) * float(rng.uniform(0.3, 1.0))
    claps = sosfilt(butter(2, (800.0, 5000.0), "bandpass", fs=RATE_HZ, output="sos"), rng.standard_normal(size))
    knots = np.arange(0, size + 10 * RATE_HZ, 5 * RATE_HZ)
    swell, hands = (
        np.interp(np.arange(size), knots, 10.0 ** (rng.normal(0.0, far_db, len(knots)) / 20.0)) for far_db in (4.0, 8.0)
    )
    both = said / said.std() * swell + 0.4 * claps / claps.std() * hands
    return np.repeat((both / both.std()).astype(np.float32)[:, None], 2, axis=1)


def wild_set(
    songs: Sequence[Path], folder: Path, kind: str, seed: int, *, blind: bool, afade: bool = False, count: int = 10
) -> Path:
    """Make a set of a kind, with ffmpeg's curves beside the others if `afade`; return its path."""
    rng = np.random.default_rng([70 + afade, seed, blind, list(KINDS).index(kind)])
    wild = KINDS[kind]
    if afade and kind != "afade":
        curves = (*wild.curves, *SUDDEN) if kind == "sudden" else (*AFADE, *SHAPES)
        wild = replace(wild, curves=curves)
    known, strange = ([path for path in songs if is_strange(path) == wanted] for wanted in (False, True))
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{'blind' if blind else 'open'}-{kind}-{seed}"
    return made(rng, drawn(rng, known, strange, wild, count), wild, folder, name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make one set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("music", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=KINDS, default="clean")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blind", action="store_true", help="of songs kept for judging, else of the others")
    parser.add_argument("--afade", action="store_true", help="also with the curves of ffmpeg's afade")
    parser.add_argument("--also", type=Path, help="a folder of more songs, whatever their names")
    chosen = parser.parse_args(arguments)
    songs = [path for path in music_in(chosen.music) if is_blind(path) == chosen.blind]
    songs += music_in(chosen.also) if chosen.also else []
    print(wild_set(songs, chosen.folder, chosen.kind, chosen.seed, blind=chosen.blind, afade=chosen.afade))


if __name__ == "__main__":
    main()

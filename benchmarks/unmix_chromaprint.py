"""Tracks of a folder in a recorded set, as Chromaprint finds them: fpcalc's fingerprints, compared at every place.

A track is found where 20 s of its raw fingerprint or more have at most .2 wrong bits beside the set; AcoustID's own
matcher takes .15 to .2. fpcalc is asked for the whole of both.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np

from map4.music.sound.fingerprints import set_bits

WORDS_A_SECOND = 1.0 / 0.1238
LEAST_S, MOST_WRONG = 20.0, 0.2
_KEY_SHIFT = 4
_MOST_LINES = 20


def found_by_chromaprint(path: Path, folder: Path, kept: Path) -> list[tuple[str, float]]:
    """Names of tracks and where in the set each is heard, in seconds."""
    kept.mkdir(parents=True, exist_ok=True)
    mine = _print(path, None)
    # The keys that a set and a track share tell where to compare; those of every place would take hours.
    keys = mine >> _KEY_SHIFT
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    found = []
    for song in sorted(folder.iterdir()):
        its = _print(song, kept / f"{song.stem}.json")
        first = np.searchsorted(ordered, its >> _KEY_SHIFT, side="left")
        counts = np.searchsorted(ordered, its >> _KEY_SHIFT, side="right") - first
        lags: dict[int, int] = {}
        for place in np.flatnonzero((counts > 0) & (counts < 50)).tolist():
            for at in order[first[place] : first[place] + counts[place]].tolist():
                lags[(at - place) >> 2] = lags.get((at - place) >> 2, 0) + 1
        for line in sorted(lags, key=lambda one: -lags[one])[:_MOST_LINES]:
            at = _best(mine, its, (line << 2) + 2)
            if at is not None:
                found.append((song.stem, at / WORDS_A_SECOND))
    return found


def _best(mine: np.ndarray, its: np.ndarray, lag: int) -> float | None:
    """The middle of 20 s that agree, by any lag near to one; None without any."""
    width = round(LEAST_S * WORDS_A_SECOND)
    for near in range(lag - 3, lag + 4):
        begin, end = max(0, near), min(len(mine), near + len(its))
        if end - begin < width:
            continue
        apart = mine[begin:end] ^ its[begin - near : end - near]
        wrong = (set_bits()[apart >> 16].astype(float) + set_bits()[apart & 0xFFFF]) / 32.0
        means = np.convolve(wrong, np.full(width, 1.0 / width), mode="valid")
        if means.min() <= MOST_WRONG:
            return float(begin + means.argmin() + width / 2)
    return None


def _print(path: Path, kept: Path | None) -> np.ndarray:
    if kept is None or not kept.exists():
        command = ["fpcalc", "-raw", "-json", "-length", "100000", str(path)]
        # It ends with 3 where it met a damaged packet, and has a fingerprint all the same.
        text = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        if kept is None:
            return np.array(json.loads(text)["fingerprint"], dtype=np.int64) & 0xFFFFFFFF
        kept.write_text(text)
    return np.array(json.loads(kept.read_text())["fingerprint"], dtype=np.int64) & 0xFFFFFFFF

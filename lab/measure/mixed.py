"""What players record of a planned set: beats of both tracks at each joint, levels, peaks, titles, and un-mixing.

    map4 mixed LIST --json > plan.json
    python lab/measure/mixed.py plan.json set.wav [--library LIBRARY] [--titles titles.tsv] [--unmix]

The recording begins with the set: `ffmpeg -i ADDRESS/mixed.mp3`, mpd's output `recorder`, or the file. Two rulers that
know nothing of how map4 renders: sources are decoded by ffmpeg, and both tracks of a joint are searched in the
recording by their onsets. `--titles` is a table of byte and title, as a player of an MP3 of 192 kbit/s got them.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.signal import stft

from map4 import Library
from map4.dsp.loudness.loudness import LoudnessMeter

Samples = npt.NDArray[np.float32]
RATE_HZ, HOP = 44_100, 88
"""2 ms: onsets are placed by 1 ms or so."""
LOW_HZ, BANDS = 250.0, 24
"""Above the bass, which is swapped and not faded."""
MOST_LAG_S = 0.06
LEAST_FIT = 0.15
"""Correlation of the two tracks' onsets with the recording's below which a joint is not judged."""
NEAR_S, TITLE_S, START_S, LEVEL_LU, PEAK_DBTP = 0.020, 1.0, 1.0, 1.0, -1.0
BYTES_A_SECOND = 24_000


@lru_cache(8)
def decoded(path: str, begin_s: float, lasts_s: float) -> Samples:
    """A part of a file, shape=(2, n), as ffmpeg decodes it."""
    begin_s = max(0.0, begin_s)
    where = ["-ss", f"{begin_s}", "-t", f"{lasts_s}", "-i", path]
    if not path.endswith(".wav"):  # seeking in others is not exact to the sample
        where = ["-i", path, "-af", f"atrim={begin_s}:{begin_s + lasts_s}"]
    made = subprocess.run(
        ["ffmpeg", "-v", "error", *where, "-f", "f32le", "-ac", "2", "-ar", str(RATE_HZ), "-"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    return np.frombuffer(made, dtype=np.float32).reshape(-1, 2).T


def onsets(samples: Samples) -> npt.NDArray[np.float64]:
    """Rises in bands on a scale of roots, shape=(n, BANDS); a row each `HOP`."""
    hz, _, spectrum = stft(samples, RATE_HZ, nperseg=512, noverlap=512 - HOP, padded=False)
    edges = np.geomspace(LOW_HZ, 16_000.0, BANDS + 1)
    power = np.abs(spectrum) ** 2
    bands = [power[(hz >= low) & (hz < max(high, low + 90.0))].sum(axis=0) for low, high in pairwise(edges)]
    root = np.array(bands).T ** 0.25
    return np.maximum(0.0, np.diff(root, axis=0, prepend=root[:1]))


def position_s(track: dict[str, Any], at_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Where in a track a moment of the set plays."""
    steps = track["speeds"]
    step = np.clip(np.searchsorted([each["at_s"] for each in steps], at_s, side="right") - 1, 0, None)
    at, begun, speed = (np.array([each[name] for each in steps])[step] for name in ("at_s", "from_s", "speed"))
    return begun + (at_s - at) * speed


def at_s(track: dict[str, Any], positions_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """When positions of a track play."""
    grid = np.linspace(track["start_s"], track["end_s"], 20_000)
    return np.interp(positions_s, position_s(track, grid), grid)


def heard(track: dict[str, Any], moments_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The onsets of a track at moments of the set."""
    positions = position_s(track, moments_s)
    begin_s = max(0.0, positions[0] - 0.5)
    rises = onsets(decoded(track["path"], begin_s, positions[-1] + 0.5 - begin_s).mean(axis=0))
    rows = np.interp((positions - begin_s) * RATE_HZ / HOP, np.arange(len(rises)), np.arange(len(rises)))
    return rises[np.round(rows).astype(int)]


def lags_of(joint: dict[str, Any], a: dict[str, Any], b: dict[str, Any], recording: str) -> tuple[float, float, float]:
    """How late each track is in the recording, and how well both explain it (0-1)."""
    begin_s, end_s = joint["at_s"], joint["at_s"] + joint["lasts_s"]
    moments = np.arange(begin_s, end_s, HOP / RATE_HZ)
    rises = onsets(decoded(recording, begin_s - 0.1, end_s - begin_s + 0.2).mean(axis=0))[round(0.1 * RATE_HZ / HOP) :]
    rises = rises[: len(moments)]
    angle = 0.5 * np.pi * (moments[: len(rises)] - begin_s) / joint["lasts_s"]
    most = round(MOST_LAG_S * RATE_HZ / HOP)
    shifts = np.arange(-most, most + 1)
    inner = slice(most, len(rises) - most)
    there = (rises - rises.mean(axis=0))[inner].ravel()

    def shifted(track: dict[str, Any], level: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        own = heard(track, moments)[: len(rises)] * np.sqrt(level)[:, None]
        own -= own.mean(axis=0)
        return np.array([np.roll(own, shift, axis=0)[inner].ravel() for shift in shifts])

    first, second = shifted(a, np.cos(angle).clip(0)), shifted(b, np.sin(angle).clip(0))
    pa, pb = first @ there, second @ there
    aa, bb, ab = (first**2).sum(axis=1), (second**2).sum(axis=1), first @ second.T
    # Least squares of the recording's onsets by those of both tracks, for each pair of lags.
    det = np.maximum(aa[:, None] * bb[None] - ab**2, 1e-9)
    wa = (pa[:, None] * bb[None] - pb[None] * ab) / det
    wb = (pb[None] * aa[:, None] - pa[:, None] * ab) / det
    explained = np.where((wa > 0) & (wb > 0), wa * pa[:, None] + wb * pb[None], 0.0)
    best = np.unravel_index(explained.argmax(), explained.shape)
    lag_a, lag_b = (float(shifts[place]) * HOP / RATE_HZ for place in best)
    return lag_a, lag_b, float(np.sqrt(explained[best] / np.maximum(there @ there, 1e-9)))


def joint_rows(plan: dict[str, Any], recording: str, library: Library) -> list[dict[str, Any]]:
    """Each joint in time: how far the beats of the two tracks are apart, as planned and as heard."""
    rows = []
    for joint in plan["joints"]:
        if joint["kind"] != "beats":
            continue
        a, b = plan["tracks"][joint["from"] - 1 : joint["from"] + 1]
        ends = joint["at_s"], joint["at_s"] + joint["lasts_s"]
        beats = []
        for track in (a, b):
            analysis = library.tracks.addressed(track["audio_id"], beats=True).track.analysis
            assert analysis is not None
            moments = at_s(track, np.array(analysis.beats_s))
            beats.append(moments[(moments > ends[0]) & (moments < ends[1])])
        if min(map(len, beats)) < 2:
            continue
        lag_a, lag_b, fit = lags_of(joint, a, b, recording)
        beats.sort(key=len)  # one may have twice the tempo
        apart = np.array([(beats[1] - beat)[np.abs(beats[1] - beat).argmin()] for beat in beats[0]])
        rows.append({
            "from": joint["from"], "fit": fit, "lag_a_s": lag_a, "lag_b_s": lag_b,
            "planned_s": float(np.median(np.abs(apart))),
            "heard_s": float(np.median(np.abs(apart) + abs(lag_b - lag_a))),
        })  # fmt: skip
    return rows


def loudness_rows(plan: dict[str, Any], recording: str) -> list[float]:
    """How much louder each track is than planned, in LU, where it plays alone."""
    rows = []
    joints = {joint["from"]: joint for joint in plan["joints"]}
    for track in plan["tracks"]:
        before, after = joints.get(track["position"] - 1), joints.get(track["position"])
        begin = track["start_s"] if before is None else before["at_s"] + before["lasts_s"]
        end = track["end_s"] if after is None else after["at_s"]
        if end - begin < 5.0:
            continue
        parts = position_s(track, np.array([begin, end]))
        source = _lufs(decoded(track["path"], float(parts[0]), float(parts[1] - parts[0])))
        there = _lufs(decoded(recording, begin, end - begin))
        if source is not None and there is not None and source > -60.0:
            rows.append(there - source - track["gain_db"])
    return rows


def _lufs(samples: Samples) -> float | None:
    meter = LoudnessMeter(RATE_HZ, 2)
    meter.feed(np.ascontiguousarray(samples.T))
    return meter.finish().loudness.integrated_lufs


def _level(plan: dict[str, Any], level_lufs: float, library: Library) -> None:
    """Set the gains of another level, below which peaks stay."""
    for track in plan["tracks"]:
        analysis = library.tracks.addressed(track["audio_id"]).track.analysis
        assert analysis is not None
        gain_db = track["gain_db"] + level_lufs - plan["level_lufs"]
        track["gain_db"] = min(gain_db, PEAK_DBTP - (analysis.loudness.true_peak_dbtp or 0.0))
    plan["level_lufs"] = level_lufs


def whole(recording: str) -> tuple[float, float]:
    """Integrated loudness and true peak of a file, by ffmpeg's EBU R 128."""
    said = subprocess.run(
        ["ffmpeg", "-v", "info", "-nostats", "-i", recording, "-af", "ebur128=peak=true:framelog=verbose", "-f", "null",
         "-"], capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    loud, peak = re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1], re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", said)[-1]
    return float(loud), float(peak)


def title_errors(plan: dict[str, Any], table: Path) -> list[float]:
    """How late each title was, in the sound; a track takes over with the bass, or in the middle of the overlap."""
    lines = [line.split("\t") for line in table.read_text().splitlines()]
    takes_over = [(joint.get("swap_at_s") or joint["at_s"] + joint["lasts_s"] / 2) for joint in plan["joints"]]
    errors = []
    for (place, *_, title), moment, track in zip(lines[1:], takes_over, plan["tracks"][1:], strict=False):
        name = track["title"] or Path(track["path"]).name
        errors.append(int(place) / BYTES_A_SECOND - moment if name in title else 99.0)
    return errors


def unmixed_rows(plan: dict[str, Any], recording: str, library: Library) -> list[float | None]:
    """For each track, how far off un-mixing places its start; None if it is not named."""
    [said] = library.unmix(recording)
    rows: list[float | None] = []
    for track in plan["tracks"]:
        own = [
            min(max(0.0, track["start_s"] - each.start_s), 99.0) or max(0.0, each.start_s - _audible_s(plan, track))
            for each in said.known()
            if each.track is not None and Path(each.track.path).name == Path(track["path"]).name
            and each.end_s > track["start_s"] and each.start_s < track["end_s"]
        ]  # fmt: skip
        rows.append(min(own, default=None))
    return rows


def _audible_s(plan: dict[str, Any], track: dict[str, Any]) -> float:
    """The track fades in until then."""
    joint = next((each for each in plan["joints"] if each["from"] == track["position"] - 1), None)
    return float(track["start_s"] if joint is None else joint.get("swap_at_s") or joint["at_s"] + joint["lasts_s"])


def _share(name: str, errors: Sequence[float], limit: float, unit: str) -> str:
    errors = np.abs(errors)
    near = f"{(errors <= limit + 1e-9).sum()} of {len(errors)} within {limit:g} {unit}"
    return f"{name}: {near}; median {np.median(errors):.3f}, most {errors.max():.3f}"


def main() -> None:
    """Print what a recording contains, compared with its plan."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("plan", type=Path)
    parser.add_argument("recording")
    parser.add_argument("--library", help="with the beats of the tracks (default: yours)")
    parser.add_argument("--level", type=float, help="the level instead of the plan's, in LUFS; -18 for a radio")
    parser.add_argument("--titles", type=Path)
    parser.add_argument("--until", type=float, default=np.inf, help="judge joints until then, in s")
    parser.add_argument("--unmix", action="store_true")
    parser.add_argument("--misses", action="store_true")
    chosen = parser.parse_args()
    plan = json.loads(chosen.plan.read_text())
    plan["joints"] = [joint for joint in plan["joints"] if joint["at_s"] + joint["lasts_s"] < chosen.until]
    plan["tracks"] = plan["tracks"][: len(plan["joints"]) + 1]
    plan["tracks"][-1]["end_s"] = min(plan["tracks"][-1]["end_s"], chosen.until)
    with Library.open(chosen.library, create=False) as library:
        if chosen.level is not None:
            _level(plan, chosen.level, library)
        rows = joint_rows(plan, chosen.recording, library)
        judged = [row for row in rows if row["fit"] >= LEAST_FIT]
        late_s = float(np.median([row[lag] for row in judged for lag in ("lag_a_s", "lag_b_s")]))
        places = [row[lag] - late_s for row in judged for lag in ("lag_a_s", "lag_b_s")]
        print(_share(f"beats as planned, {len(rows)} joints", [row["planned_s"] for row in rows], NEAR_S, "s"))
        print(_share("beats as heard", [row["heard_s"] for row in judged], NEAR_S, "s"))
        print(_share(f"place of the tracks, all {late_s:.3f} s late", places, NEAR_S, "s"))
        if chosen.misses:
            print(*(row for row in rows if row["fit"] < LEAST_FIT or row["heard_s"] > NEAR_S), sep="\n")
        print(_share("level of the tracks", loudness_rows(plan, chosen.recording), LEVEL_LU, "LU"))
        loud, peak = whole(chosen.recording)
        print(f"whole: {loud:.1f} LUFS, planned {plan['level_lufs']:.1f}; true peak {peak:.1f} dBTP")
        if chosen.titles is not None:
            print(_share("titles", title_errors(plan, chosen.titles), TITLE_S, "s"))
        if chosen.unmix:
            starts = unmixed_rows(plan, chosen.recording, library)
            named = [start for start in starts if start is not None]
            print(_share(f"un-mixed, {len(named)} of {len(starts)} tracks named", named, START_S, "s"))


if __name__ == "__main__":
    main()

"""Recorded sets of which everything is known, made by ffmpeg, sox and espeak-ng and by nothing of map4's.

    python lab/music/unmix_mixes.py MUSIC FOLDER --minutes 40 --seed 1

Each track is cut, sped up or slowed, equalised, looped and faded by one filter chain of ffmpeg (or by sox); the sum of
all gets speech, hiss and a lossy coder. What is drawn depends on the seed alone. A third of the songs, told by their
names, is kept for judging: `is_blind`. Where the beats of two songs are known (`NAME.json` beside a song, as
`dance_tracks.py` writes it), some are mixed as disc jockeys do: at one tempo, bars on bars.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import butter, sosfilt

RATE_HZ = 44_100
SUFFIXES = frozenset((".mp3", ".ogg", ".opus", ".flac", ".wav", ".m4a"))
SPEEDS = (0.0, 0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12)
"""Most changes of speed that a set's tracks are drawn from: one of these, then anything up to it, either way."""
WAYS = ("varispeed", "rubberband", "atempo", "sox")
"""How speed changes: the pitch follows, or is kept by one of three programs."""
CURVES = ("tri", "qsin", "hsin", "exp", "log", "squ")
OVERLAPS_S = (0.0, 0.0, 4.0, 8.0, 16.0, 30.0)
LEAST_PLAYED_S = 40.0
MATCHED = 0.7
"""Of neighbours whose beats are known, so many are mixed bars on bars, where the tempo allows it."""
MOST_MATCHED = 0.12
HEARD_DB, HEARD_HZ, HEARD_S = -20.0, (250.0, 5000.0), 0.25
"""A track is heard where it is less than so far below all the others together, in the middle of the spectrum."""
WORDS = "This is the night show, stay with us until the early morning. You are listening to the best of what we have."
CODERS = (
    ("mp3", "libmp3lame", "128k"),
    ("ogg", "libvorbis", "112k"),
    ("m4a", "aac", "128k"),
    ("mp3", "libmp3lame", "64k"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One track in a set; times in seconds of the set, but `track_start_s` and `loop_at_s`, which are the track's.

    speed: 1 as it is; way: how it changes
    fade_in_s, fade_out_s: 0 where it is cut in or off
    loop_s, loops: so much from `loop_at_s` on is played so often more
    bass_until_s, bass_from_s: without its bass before the one and after the other
    bars: whether it is mixed into the next one bars on bars; None where that is not known
    heard_s: from when to when it is less than 20 dB below all the others
    """

    path: str
    start_s: float
    end_s: float
    track_start_s: float
    speed: float
    way: str
    gain_db: float
    fade_in_s: float
    fade_out_s: float
    curve: str
    equaliser: tuple[tuple[float, float], ...]
    loop_at_s: float
    loop_s: float
    loops: int
    bass_until_s: float
    bass_from_s: float
    in_library: bool
    bars: bool | None = None
    heard_s: tuple[float, float] | None = None

    @property
    def pitch(self) -> float:
        """How high it sounds, 1 as it is."""
        return self.speed if self.way == "varispeed" else 1.0


def is_blind(path: str | Path) -> bool:
    """Whether a song is kept for judging."""
    return hashlib.sha1(Path(path).stem.encode()).digest()[0] % 3 == 1


def is_strange(path: str | Path) -> bool:
    """Whether a song is in no library: one in eight."""
    return hashlib.sha1(Path(path).stem.encode()).digest()[1] % 8 == 0


def music_in(folder: Path) -> list[Path]:
    """The songs of a folder, in an order that has nothing to do with what is in them."""
    found = [path for path in folder.rglob("*") if path.suffix in SUFFIXES]
    return sorted(found, key=lambda path: hashlib.sha1(path.stem.encode()).digest())


def length_s(path: Path) -> float:
    """Of a file, as ffprobe tells it."""
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def draw_set(rng: np.random.Generator, known: Sequence[Path], unknown: Sequence[Path], minutes: float) -> list[Played]:
    """Draw the tracks of a set, one in ten of them of `unknown`."""
    played: list[Played] = []
    at, fade_in, most = 0.0, 0.0, float(rng.choice(SPEEDS))
    pools = {True: list(rng.permutation(len(known))), False: list(rng.permutation(len(unknown)))}
    while at < 60.0 * minutes:
        in_library = bool(rng.random() >= 0.1) or not unknown
        pool = pools[in_library]
        if not pool:
            pool.extend(rng.permutation(len(known if in_library else unknown)))
        path = (known if in_library else unknown)[pool.pop()]
        speed = 1.0 + float(rng.uniform(-most, most))
        length = length_s(path)
        begins = float(rng.choice((0.0, 0.0, rng.uniform(0.0, 0.4) * length)))
        room = (length - begins) / speed - 0.5
        fade_out = min(float(rng.choice(OVERLAPS_S)), room / 3)
        wanted = max(float(rng.uniform(LEAST_PLAYED_S, 200.0)), fade_in + fade_out + 15.0)
        lasts = min(room, wanted) if rng.random() < 0.85 else room
        loops = int(rng.integers(1, 5)) if rng.random() < 0.15 and lasts > 60.0 else 0
        loop_s = float(rng.choice((1.9, 3.8, 7.6))) if loops else 0.0
        swap = bool(rng.random() < 0.4)
        one = Played(
            path=str(path), start_s=at, end_s=at + lasts, track_start_s=begins, speed=speed,
            way=str(rng.choice(WAYS)) if speed != 1.0 else "varispeed", gain_db=float(rng.uniform(-9.0, 0.0)),
            fade_in_s=fade_in, fade_out_s=fade_out, curve=str(rng.choice(CURVES)),
            equaliser=tuple((float(hz), float(rng.uniform(-9.0, 6.0))) for hz in (100, 1000, 6000)
                            if rng.random() < 0.4),
            loop_at_s=begins + 0.4 * lasts, loop_s=loop_s, loops=loops,
            bass_until_s=0.5 * fade_in if swap else 0.0, bass_from_s=lasts - 0.5 * fade_out if swap else lasts,
            in_library=in_library,
        )  # fmt: skip
        if played and fade_in > 0.0 and rng.random() < MATCHED:
            played[-1], one = _matched(played[-1], one, length)
        played.append(one)
        at, fade_in = one.end_s - one.fade_out_s, one.fade_out_s
    return [_told(one, after) for one, after in zip(played, [*played[1:], None], strict=True)]


def _beats(one: Played) -> tuple[float, np.ndarray[Any, np.dtype[np.float64]]] | None:
    """Tempo and Ones of a song, as it is; None where they are not known, or loops move them."""
    truth = Path(one.path).with_suffix(".json")
    if one.loops or not truth.exists():
        return None
    read = json.loads(truth.read_text())
    return float(read["bpm"]), np.array(read["downbeats_s"], dtype=np.float64)


def _ones(one: Played, downbeats_s: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Where the Ones of a song are heard in the set."""
    at = one.start_s + (downbeats_s - one.track_start_s) / one.speed
    made: np.ndarray[Any, np.dtype[np.float64]] = at[(at >= one.start_s) & (at <= one.end_s)]
    return made


def _matched(before: Played, one: Played, length_s: float) -> tuple[Played, Played]:
    """The same two at one tempo, the second from a One of its own on one of the first, if that can be."""
    known, its = _beats(before), _beats(one)
    if known is None or its is None:
        return before, one
    speed = known[0] * before.speed / its[0]
    ones = _ones(before, known[1])
    starts = its[1][its[1] >= one.track_start_s]
    places = ones[(ones <= one.start_s) & (ones >= before.start_s + before.fade_in_s + 10.0)]
    if abs(speed - 1.0) > MOST_MATCHED or not len(places) or not len(starts):
        return before, one
    start_s, begins = float(places[-1]), float(starts[0])
    fade_s = before.end_s - start_s
    lasts = min(one.end_s - one.start_s, (length_s - begins) / speed - 0.5)
    if lasts < fade_s + one.fade_out_s + 10.0:
        return before, one
    has_bass = before.bass_from_s >= before.end_s - before.start_s
    before = replace(before, fade_out_s=fade_s,
                     bass_from_s=before.end_s - before.start_s - (0.0 if has_bass else 0.5 * fade_s))  # fmt: skip
    swaps = one.bass_until_s > 0.0
    return before, replace(
        one, start_s=start_s, end_s=start_s + lasts, track_start_s=begins, speed=speed, fade_in_s=fade_s,
        way="rubberband" if one.way == "varispeed" and one.speed == 1.0 else one.way,
        bass_until_s=0.5 * fade_s if swaps else 0.0,
        bass_from_s=lasts - (0.5 * one.fade_out_s if swaps else 0.0),
    )  # fmt: skip


def _told(one: Played, after: Played | None) -> Played:
    """The same, with whether it is mixed into the next bars on bars."""
    known, its = _beats(one), None if after is None else _beats(after)
    if known is None or after is None or its is None or one.end_s - after.start_s < 1.0:
        return one
    first, second = (
        at[(at >= after.start_s - 0.1) & (at <= one.end_s + 0.1)]
        for at in (_ones(one, known[1]), _ones(after, its[1]))
    )  # fmt: skip
    if min(len(first), len(second)) < 2:
        return one
    apart = np.abs(second[:, None] - first[None, :]).min(axis=1)
    return replace(one, bars=bool(np.median(apart) <= float(np.median(np.diff(first))) / 16))


def rendered(one: Played) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What is heard of one track, shape (n, 2)."""
    lasts = one.end_s - one.start_s
    chain = [f"aresample={RATE_HZ}", "aformat=channel_layouts=stereo", f"atrim=start={one.track_start_s}"]
    chain += ["asetpts=PTS-STARTPTS"]
    if one.loops:
        at = round((one.loop_at_s - one.track_start_s) * RATE_HZ)
        chain += [f"aloop=loop={one.loops}:size={round(one.loop_s * RATE_HZ)}:start={at}"]
    tail = []
    if one.speed != 1.0:
        if one.way == "varispeed":
            chain += [f"asetrate={RATE_HZ * one.speed:.4f}", f"aresample={RATE_HZ}"]
        elif one.way == "sox":
            tail = ["tempo", f"{one.speed:.6f}"]
        else:
            chain += [f"{one.way}=tempo={one.speed:.6f}"]
    after = [f"atrim=end={lasts}", f"volume={one.gain_db}dB"]
    after += [f"equalizer=f={hz}:t=o:w=1.5:g={gain}" for hz, gain in one.equaliser]
    for first, last in ((0.0, one.bass_until_s), (one.bass_from_s, lasts)):
        if last > first:
            after.append(f"highpass=f=180:p=2:enable='between(t,{first},{last})'")
    for kind, start, length in (("in", 0.0, one.fade_in_s), ("out", lasts - one.fade_out_s, one.fade_out_s)):
        if length > 0.0:
            after.append(f"afade=t={kind}:st={start}:d={length}:curve={one.curve}")
    if not tail:
        return _filtered(one.path, [*chain, *after])
    with tempfile.TemporaryDirectory() as folder:
        cut, slower = f"{folder}/cut.wav", f"{folder}/slower.wav"
        command = ["ffmpeg", "-v", "error", "-i", one.path, "-vn", "-af", ",".join(chain), "-t"]
        subprocess.run([*command, str(lasts * one.speed + 2.0), "-c:a", "pcm_f32le", cut], check=True)
        subprocess.run(["sox", "-V1", cut, slower, *tail], check=True)
        return _filtered(slower, after)


def _filtered(path: str, chain: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    command = ["ffmpeg", "-v", "error", "-i", path, "-vn", "-af", ",".join(chain), "-f", "f32le", "-ar", str(RATE_HZ)]
    raw = subprocess.run([*command, "-ac", "2", "-"], check=True, capture_output=True).stdout
    return np.frombuffer(raw, dtype="<f4").reshape(-1, 2)


def make_set(rng: np.random.Generator, played: Sequence[Played], folder: Path, name: str) -> Path:
    """Sum the tracks up, talk over them now and then, and encode the set."""
    total = max(one.end_s for one in played)
    sound = np.zeros((round(total * RATE_HZ) + RATE_HZ, 2), dtype=np.float32)
    block = round(HEARD_S * RATE_HZ)
    powers = np.zeros((len(played), len(sound) // block + 1))
    for number, one in enumerate(played):
        part = rendered(one)
        begin = round(one.start_s * RATE_HZ)
        part = part[: len(sound) - begin]
        sound[begin : begin + len(part)] += part
        powers[number] = _powers(part, begin, block, powers.shape[1])
    played = [replace(one, heard_s=_heard(powers, number)) for number, one in enumerate(played)]
    for at in np.arange(60.0, total - 30.0, 240.0):
        if rng.random() < 0.6:
            _speak(rng, sound, float(at + rng.uniform(0.0, 120.0)))
    level = 10.0 ** (float(rng.uniform(-70.0, -38.0)) / 20.0)
    for start in range(0, len(sound), RATE_HZ * 60):
        part = sound[start : start + RATE_HZ * 60]
        part += level * rng.standard_normal(part.shape, dtype=np.float32)
    sound *= 0.9 / max(0.9, float(np.abs(sound).max()))
    suffix, coder, rate = CODERS[int(rng.integers(len(CODERS)))]
    path = folder / f"{name}.{suffix}"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", str(RATE_HZ), "-ac", "2", "-i", "-", "-c:a", coder]
    subprocess.run([*command, "-b:a", rate, str(path)], check=True, input=sound.tobytes())
    truth = {"tracks": [asdict(one) for one in played], "seconds": total}
    (folder / f"{name}.json").write_text(json.dumps(truth, indent=1))
    return path


def _powers(
    part: np.ndarray[Any, np.dtype[np.float32]], begin: int, block: int, count: int
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The power of a track in each block of the set, in the middle of the spectrum."""
    middle = sosfilt(butter(2, HEARD_HZ, "bandpass", fs=RATE_HZ, output="sos"), part.mean(axis=1))
    blocks = (begin + np.arange(len(middle))) // block
    return np.bincount(blocks, np.square(middle), minlength=count)[:count].astype(np.float64)


def _heard(powers: np.ndarray[Any, np.dtype[np.float64]], number: int) -> tuple[float, float] | None:
    """From when to when a track is heard beside the others; of a second each, as rhythms have gaps."""
    seconds = np.ones(round(1.0 / HEARD_S))
    its, all_ = (np.convolve(each, seconds, mode="same") for each in (powers[number], powers.sum(axis=0)))
    loud = np.flatnonzero((its >= 10.0 ** (HEARD_DB / 10.0) * (all_ - its)) & (its > 1e-8 * its.max()))
    return (float(loud[0]) * HEARD_S, float(loud[-1] + 1) * HEARD_S) if loud.size else None


def _speak(rng: np.random.Generator, sound: np.ndarray[Any, np.dtype[np.float32]], at: float) -> None:
    """A presenter over the music, which is turned down for it."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/words.wav"
        voice = str(rng.choice(("en", "en-us", "de", "fr")))
        subprocess.run(["espeak-ng", "-v", voice, "-w", path, WORDS], check=True)
        words = _filtered(path, [f"aresample={RATE_HZ}", "volume=0dB"])
    begin = round(at * RATE_HZ)
    here = sound[begin : begin + len(words)]
    here *= 10.0 ** (-float(rng.uniform(0.0, 9.0)) / 20.0)
    here += words[: len(here)] * 0.5


def main(arguments: Sequence[str] | None = None) -> None:
    """Make one set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("music", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blind", action="store_true", help="of songs kept for judging, else of the others")
    chosen = parser.parse_args(arguments)
    songs = [path for path in music_in(chosen.music) if is_blind(path) == chosen.blind]
    rng = np.random.default_rng([44, chosen.seed, chosen.blind])
    known, strange = ([path for path in songs if is_strange(path) == wanted] for wanted in (False, True))
    played = draw_set(rng, known, strange, chosen.minutes)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    print(make_set(rng, played, chosen.folder, f"set-{'blind' if chosen.blind else 'open'}-{chosen.seed}"))


if __name__ == "__main__":
    main()

"""Lessons of real sound that may teach: modules, charted songs, game music with its MIDI.

    python lab/training/real_songs.py MIRROR FOLDER [--shared DIR] [--wads WAD ...]

MIRROR has a bare snapshot of each repository of `MODULES`, `CHARTS` and `PAIRS`, as OWNER+NAME/repo. FOLDER is that of
`network_examples`. `CREDITS.tsv` lists every file with its maker and licence: public domain, CC0, CC BY, MIT and BSD
only. The songs of Frets on Fire and Freedoom's files are Debian's. Needs libopenmpt and FluidSynth.
"""

from __future__ import annotations

import argparse
import ctypes
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from midi_file import read_notes
from network_examples import UNKNOWN, Array, Lesson, keep, lesson_of
from sound_fonts import FLUID
from tempo_examples import mel_power

from map4.audio.decode import open_audio
from map4.dsp.rhythm.beat_network import BEAT_RATE_HZ, listen
from map4.dsp.rhythm.onsets import onset_envelopes
from map4.dsp.spectrum.filters import ANALYSIS_RATE_HZ, FRAME_RATE_HZ
from map4.dsp.spectrum.packed import Packed

SHARED = Path(__file__).resolve().parents[3] / "shared" / "games"
MODULES = {
    "gistya/swift-repo-gui": ("drozerix_", "4_rndd!"),
    "richardwooding/modbox": ("drozerix_-_bit_loader",),
    "GValiente/butano": ("battle_clean", "minor_boss_r"),
}
"""Beginnings of the files' names; the others there are not free."""
CHARTS = {"Taichenko/OpenTaiko-Soundtrack": ("/085 - ", "/127 - ", "Serenity/S03", "Serenity/S04")}
PAIRS = "tannerhelland/free-music"
LEFT_OUT = ("Reign of Anarchy", "The Journey (Kroc's Theme)", "Hidden Tears", "Tiberian National Anthem", "Unknown",
            "White Knight", "Carol")  # fmt: skip
"""Covers, and pieces whose MIDI is not what is played."""
FRETS = Path("/usr/share/games/fretsonfire/data/songs/sectoid")
WADS = ("/usr/share/games/doom/freedoom1.wad", "/usr/share/games/doom/freedoom2.wad")
MEASURED = ("e2m5", "map25", "e4m7", "victor", "e4m8", "map29", "e4m5", "dm21")
"""Of Freedoom: they teach by way of audio-dev already."""
LONGEST_S = 110.0
BLOCK = 64
"""Samples (3 ms) after which a module is asked for its row."""
STANDARD_SPEEDS = (3, 6)
"""Ticks a row with which trackers count tempo in beats of eight or four rows."""
LEAST_REGULAR = 0.75
"""Share of the patterns that are whole bars of four; else bars are not known."""
LEAST_HEARD = 0.9
"""What the shipped network hears at the beats, relative to the place within half a beat where it hears most."""
FARTHEST_S, NEAR_S = 4.0, 0.15
LEAST_FIT, MOST_APART_S = 0.3, 0.03


def main() -> None:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mirror", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shared", type=Path, default=SHARED, metavar="DIR", help="default: ../shared/games")
    parser.add_argument("--wads", nargs="*", default=WADS)
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.shared))
    import rebuild

    for name, beginnings in MODULES.items():
        repo = rebuild.Repo(str(arguments.mirror), name)
        for path in sorted(repo.files):
            if path.endswith((".xm", ".it", ".mod", ".s3m")) and Path(path).name.startswith(beginnings):
                keep(arguments.folder, f"module-{Path(path).stem}", partial(_checked, partial(_module, repo, path)))
    for name, parts in CHARTS.items():
        repo = rebuild.Repo(str(arguments.mirror), name)
        repo.files = {path: blob for path, blob in repo.files.items() if any(part in path for part in parts)}
        for song in rebuild.do_tja(repo):
            if isinstance(song, dict):
                keep(
                    arguments.folder,
                    f"chart-{Path(song['audio'][0]).stem}",
                    partial(_checked, partial(_chart, repo, song)),
                )
    repo = rebuild.Repo(str(arguments.mirror), PAIRS)
    for title, audio in _pairs(repo)[::2]:
        keep(arguments.folder, f"pair-{title}", partial(_checked, partial(_pair, rebuild, repo, title, audio)))
    for folder in sorted(FRETS.glob("*/")):
        keep(arguments.folder, f"frets-{folder.name}", partial(_checked, partial(_frets, rebuild, folder)))
    for name, content in _scores(arguments.wads):
        if name.removeprefix("d_") not in MEASURED:
            make = partial(_played, rebuild, name, content)
            keep(arguments.folder, f"freedoom-{name}", partial(_checked, make))


def _checked(make: Callable[[], Lesson | None]) -> Lesson | None:
    """A lesson, unless its beats are not where the shipped network hears any."""
    lesson = make()
    if lesson is None:
        return None
    heard = listen(Packed.of(lesson.power.astype(np.float32))).activation
    half_s = 30.0 / lesson.bpm
    by_shift = [_at(heard, lesson.beats_s + shift) for shift in np.arange(-half_s, half_s, 0.02)]
    share = _at(heard, lesson.beats_s) / max(by_shift)
    if share < LEAST_HEARD:
        print(f"{lesson.group}: beats have {share:.2f} of what is heard beside them", flush=True)
        return None
    return lesson


def _at(heard: Array, times_s: Array) -> float:
    """Mean of the largest of three frames."""
    frames = np.clip(np.rint(times_s * BEAT_RATE_HZ).astype(int), 1, heard.size - 2)
    return float(np.max([heard[frames + shift] for shift in (-1, 0, 1)], axis=0).mean())


def _module(repo: Any, path: str) -> Lesson | None:
    """Beats are every four or eight rows, bars every sixteen or thirty-two, from the start of each pattern."""
    library = ctypes.CDLL("libopenmpt.so.0")
    library.openmpt_module_create_from_memory2.restype = ctypes.c_void_p
    library.openmpt_module_read_mono.restype = ctypes.c_size_t
    content = repo.get(path)
    none = ctypes.c_void_p()
    module = ctypes.c_void_p(
        library.openmpt_module_create_from_memory2(
            content, ctypes.c_size_t(len(content)), none, none, none, none, none, none, none
        )
    )
    block, rows, before = (ctypes.c_int16 * BLOCK)(), [], None
    sound: list[Array] = []
    while len(sound) * BLOCK < LONGEST_S * ANALYSIS_RATE_HZ:
        if not library.openmpt_module_read_mono(module, ANALYSIS_RATE_HZ, ctypes.c_size_t(BLOCK), block):
            break
        here = (library.openmpt_module_get_current_order(module), library.openmpt_module_get_current_row(module))
        if here != before:
            speed = library.openmpt_module_get_current_speed(module)
            rows.append((len(sound) * BLOCK / ANALYSIS_RATE_HZ, *here, speed))
            before = here
        sound.append(np.array(block))
    library.openmpt_module_destroy(module)
    speeds = [speed for *_, speed in rows]
    per_row = float(np.median(np.diff([at for at, *_ in rows])))
    standard = max(set(speeds), key=speeds.count) in STANDARD_SPEEDS
    per_beat = min((4, 8), key=lambda n: abs(np.log(60.0 / per_row / n / 125.0)))
    beats = [(at, row // per_beat % 4) for at, _, row, _ in rows if row % per_beat == 0]
    last = {order: max(row for _, o, row, _ in rows if o == order) for order in {order for _, order, *_ in rows}}
    regular = sum((row + 1) % (4 * per_beat) == 0 for row in last.values()) >= LEAST_REGULAR * len(last)
    places = np.array([place if regular else UNKNOWN for _, place in beats])
    return lesson_of(np.concatenate(sound) / 32768.0, np.array([at for at, _ in beats]), places, level=standard,
                     source="module", group=f"module {Path(path).stem}", kind="module")  # fmt: skip


def _chart(repo: Any, song: dict[str, Any]) -> Lesson:
    y = _decoded(Path(song["audio"][0]).suffix, repo.get(song["audio"][0]))
    return _charted(y, *song["grid"](y.size / ANALYSIS_RATE_HZ), source="chart", group=song["title"])


def _charted(y: Array, beats: list[float], downbeats: list[float], *, source: str, group: str) -> Lesson:
    beats_s, first = np.array(beats), np.array(downbeats)
    place, places = 0, []
    for beat in beats_s:
        place = 0 if np.abs(first - beat).min() < 0.01 else place + 1
        places.append(place)
    return lesson_of(y, beats_s, np.array(places), level=True, source=source, group=group, kind=source)


def _pairs(repo: Any) -> list[tuple[str, str]]:
    """Titles with sound and MIDI, and the sound's path, sorted."""
    found = {}
    for path in sorted(repo.files):
        title = Path(path).stem
        if path.startswith(("ogg/", "mp3/")) and repo.has(path) and repo.has(f"midi/{title}.mid"):
            found[title] = path
    return [(title, path) for title, path in sorted(found.items()) if not title.startswith(LEFT_OUT)]


def _pair(rebuild: Any, repo: Any, title: str, audio: str) -> Lesson | None:
    """Its MIDI laid on the sound where the onsets agree, at the start as at the end."""
    y, midi = _decoded(Path(audio).suffix, repo.get(audio)), repo.get(f"midi/{title}.mid")
    envelope = onset_envelopes(Packed.of(mel_power(y))).sharp
    starts = np.array([note.start for notes in read_notes(midi).values() for note in notes])
    marks = np.bincount(np.rint(starts * FRAME_RATE_HZ).astype(int), minlength=envelope.size)[: envelope.size]
    third = envelope.size // 3
    whole = _shift(envelope, np.minimum(marks, 2), 0.0, FARTHEST_S)
    head, tail = (
        _shift(envelope[part], np.minimum(marks[part], 2), whole[0], NEAR_S)
        for part in (slice(0, 2 * third), slice(third, None))
    )
    if whole[1] < LEAST_FIT or max(abs(whole[0] - head[0]), abs(whole[0] - tail[0])) > MOST_APART_S:
        print(f"{title} does not align: {whole} {head} {tail}")
        return None
    beats, downbeats = _midi_grid(rebuild, midi, whole[0], y.size / ANALYSIS_RATE_HZ)
    return _charted(y, beats, downbeats, source="pair", group=title)


def _shift(envelope: Array, marks: Array, about_s: float, reach_s: float) -> tuple[float, float]:
    """By how many seconds the sound is late, within a reach, and the correlation there."""
    size = 2 ** int(2 * envelope.size).bit_length()
    a, b = envelope - envelope.mean(), np.convolve(marks, [0.5, 1.0, 0.5], mode="same")
    b = b - b.mean()
    fit = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size) / np.sqrt((a @ a) * (b @ b))
    lags = np.arange(round((about_s - reach_s) * FRAME_RATE_HZ), round((about_s + reach_s) * FRAME_RATE_HZ) + 1)
    best = int(np.argmax(fit[lags]))
    return float(lags[best] / FRAME_RATE_HZ), float(fit[lags[best]])


def _midi_grid(rebuild: Any, midi: bytes, late_s: float, seconds: float) -> tuple[list[float], list[float]]:
    """Beats and first beats by a file's tempi and time signatures; six and more eighths count by threes."""
    resolution, tempi, signatures, _ = rebuild.parse_mid(midi)
    at = rebuild.tempo_time(tempi, late_s)
    beats, downbeats = [], []
    signatures = signatures or [(0, 4, 4)]
    for index, (tick, number, unit) in enumerate(signatures):
        step, count = 4.0 / unit, number
        if unit == 8 and number % 3 == 0:
            step, count = 1.5, number // 3
        beat, turn = tick / resolution, 0
        end = signatures[index + 1][0] / resolution if index + 1 < len(signatures) else np.inf
        while beat < end - 1e-6 and at(beat) < seconds:
            if at(beat) >= 0.0:
                beats.append(at(beat))
                downbeats += [at(beat)] if turn % count == 0 else []
            beat, turn = beat + step, turn + 1
    return beats, downbeats


def _frets(rebuild: Any, folder: Path) -> Lesson:
    parts = [_decoded(".ogg", (folder / name).read_bytes()) for name in ("song.ogg", "guitar.ogg")]
    size = min(part.size for part in parts)
    y = sum(part[:size] for part in parts)
    grid = _midi_grid(rebuild, (folder / "notes.mid").read_bytes(), 0.0, size / ANALYSIS_RATE_HZ)
    return _charted(np.asarray(y), *grid, source="frets", group=folder.name)


def _scores(wads: list[str]) -> Iterator[tuple[str, bytes]]:
    """Different MIDI files in Doom's WADs, by the names of their lumps."""
    seen = set()
    for wad in wads:
        content = Path(wad).read_bytes()
        count, place = struct.unpack("<II", content[4:12])
        for index in range(count):
            start, size, name = struct.unpack("<II8s", content[place + 16 * index : place + 16 * index + 16])
            lump = content[start : start + size]
            if lump[:4] == b"MThd" and lump not in seen:
                seen.add(lump)
                yield name.rstrip(b"\0").decode().lower(), lump


def _played(rebuild: Any, name: str, midi: bytes) -> Lesson | None:
    """FluidSynth plays it; its first bars may be short, so what is played before the first note counts no bars."""
    with tempfile.TemporaryDirectory() as folder:
        score, raw = Path(folder, "score.mid"), Path(folder, "score.raw")
        score.write_bytes(midi)
        subprocess.run(["fluidsynth", "-ni", "-q", "-o", "synth.dynamic-sample-loading=1", "-g", "0.5", "-r",
                        str(ANALYSIS_RATE_HZ), "-T", "raw", "-O", "s16", "-F", str(raw), FLUID, str(score)], check=True,
                       capture_output=True, timeout=600)  # fmt: skip
        y = np.fromfile(raw, dtype="<i2").reshape(-1, 2).mean(axis=1) / 32768.0
    y = y[: round(LONGEST_S * ANALYSIS_RATE_HZ)]
    beats, downbeats = _midi_grid(rebuild, midi, 0.0, y.size / ANALYSIS_RATE_HZ)
    if len(beats) < 16 or not 50.0 <= 60.0 / np.median(np.diff(beats)) <= 240.0:
        return None
    return _charted(y, beats, downbeats, source="freedoom", group=f"freedoom {name}")


def _decoded(suffix: str, content: bytes) -> Array:
    """Mono, at the analysis's rate."""
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(content)
        file.flush()
        with open_audio(file.name) as stream:
            y = np.concatenate(list(stream.blocks())).mean(axis=1)
            return np.asarray(soxr.resample(y, stream.sample_rate_hz, ANALYSIS_RATE_HZ))


if __name__ == "__main__":
    main()

"""Whether files made from lossy ones with fewer bits are told, and true ones left alone: prints a table, writes JSON.

    python benchmarks/upscaled.py [FOLDER…] [--demo 16] [--dance 12] [--seconds 20]

The music is lossless: tracks of the demo's synthesiser, generated dance tracks (dance_tracks.py), and the FLAC and WAV
files of 44.1 kHz or more in FOLDERs, of each the middle. Each is judged as it is, encoded once, and encoded twice.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import soundfile
from dance_tracks import RATE_HZ as DANCE_RATE_HZ
from dance_tracks import draw_track, render
from material import RATE_HZ, SPECS, render_track
from measure import machine
from rich.console import Console
from tables import Grid, show_grids
from variants import Samples, encoded, write_flac, write_vorbis

from map4.audio.decode import open_audio
from map4.dsp.spectrum.cutoff import CutoffMeter
from map4.music.analysis.audio import LEAST_SAMPLE_RATE_HZ, is_upscaled

SCHEMA = "map4/benchmark-upscaled/1"
DEFAULT_JSON = Path(__file__).with_name("results") / "upscaled.json"
FIRST_DANCE_TRACK = 2000
HIGHS_HZ = (16_000.0, 18_000.0)
LEAST_HIGHS_DBFS = -65.0
"""What the loudest second of an original has there at least; with less there is next to nothing to cut."""
CODECS = {"mp3": "mp3", "m4a": "aac", "opus": "opus", "ogg": "vorbis", "flac": "flac"}

ONCE = ("flac", "mp3 192", "mp3 256", "mp3 320", "m4a 192", "m4a 256", "ogg", "opus 128", "opus 192")
TWICE = (("mp3 128", "mp3 320"), ("mp3 128", "flac"), ("mp3 192", "flac"), ("mp3 320", "flac"), ("m4a 128", "flac"))


@dataclass(frozen=True, slots=True)
class Piece:
    """Lossless music, shape (frames, channels)."""

    name: str
    samples: Samples
    rate_hz: int

    @property
    def has_highs(self) -> bool:
        """Whether its loudest second has enough where coders cut."""
        mono = self.samples[:, 0]
        seconds = mono[: len(mono) // self.rate_hz * self.rate_hz].reshape(-1, self.rate_hz)
        power = np.abs(np.fft.rfft(seconds, axis=1)[:, int(HIGHS_HZ[0]) : int(HIGHS_HZ[1])]) ** 2
        loudest = float(power.sum(axis=1).max(initial=0.0)) * 2.0 / self.rate_hz**2
        return loudest > 10.0 ** (LEAST_HIGHS_DBFS / 10.0)


def pieces(folders: Sequence[Path], demo: int, dance: int, seconds: float) -> Iterator[Piece]:
    """The music, of each piece the middle."""

    def middle(name: str, samples: Samples, rate_hz: int) -> Piece:
        samples = samples[:, np.newaxis] if samples.ndim == 1 else samples
        if samples.shape[1] == 1:  # else 128 kbit/s would be many
            samples = np.repeat(samples, 2, axis=1)
        length = round(seconds * rate_hz)
        start = max(0, (len(samples) - length) // 2)
        return Piece(name, np.ascontiguousarray(samples[start : start + length], dtype=np.float32), rate_hz)

    for spec in SPECS[:: -(-len(SPECS) // demo)] if demo else ():
        yield middle(spec.title, render_track(spec, RATE_HZ), RATE_HZ)
    for number in range(FIRST_DANCE_TRACK, FIRST_DANCE_TRACK + dance):
        yield middle(f"dance {number}", render(draw_track(number)), DANCE_RATE_HZ)
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".flac", ".wav")):
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        if rate_hz >= LEAST_SAMPLE_RATE_HZ:
            yield middle(path.name, samples, rate_hz)


def judge(path: Path) -> bool | None:
    """What map4 says of a file."""
    with open_audio(str(path)) as audio:
        meter = CutoffMeter(audio.sample_rate_hz, audio.channels)
        frames = 0
        for block in audio.blocks():
            meter.feed(block)
            frames += len(block)
        rate_hz = audio.sample_rate_hz
    found = meter.finish()
    return is_upscaled(
        codec=CODECS[path.suffix[1:]],
        sample_rate_hz=rate_hz,
        bit_rate_bps=path.stat().st_size * 8 * rate_hz / frames,
        cutoff_hz=None if found is None else found.cutoff_hz,
        cutoff_drop_db=None if found is None else found.drop_db,
    )


def write(folder: Path, samples: Samples, rate_hz: int, form: str) -> Path:
    """Encode samples as "mp3 128" says."""
    suffix, _, kbps = form.partition(" ")
    path = folder / f"{form.replace(' ', '-')}.{suffix}"
    if suffix == "flac":
        write_flac(path, samples, rate_hz)
    elif suffix == "ogg":
        write_vorbis(path, samples, rate_hz)
    else:
        encoded(suffix, 1000 * int(kbps)).write(path, samples, rate_hz)
    return path


def decoded(path: Path) -> tuple[Samples, int]:
    """All samples of a file."""
    with open_audio(str(path)) as audio:
        return np.concatenate(list(audio.blocks())), audio.sample_rate_hz


def answers(piece: Piece, folder: Path) -> dict[str, bool | None]:
    """What is said of each form of a piece."""
    said = {form: judge(write(folder, piece.samples, piece.rate_hz, form)) for form in ONCE}
    for first, second in TWICE:
        samples, rate_hz = decoded(write(folder, piece.samples, piece.rate_hz, first))
        said[f"{first} -> {second}"] = judge(write(folder, samples, rate_hz, second))
    return said


def results_of(said: Sequence[tuple[Piece, dict[str, bool | None]]]) -> dict[str, Any]:
    """Counts by form."""

    def counts(form: str) -> dict[str, int]:
        of_form = [(piece.has_highs, found[form]) for piece, found in said]
        return {
            "files": len(of_form),
            "told": sum(answer is True for _, answer in of_form),
            "not_known": sum(answer is None for _, answer in of_form),
            "with_highs": sum(has for has, _ in of_form),
            "told_with_highs": sum(has and answer is True for has, answer in of_form),
        }

    return {form: counts(form) for form in said[0][1]}


def grid_of(results: dict[str, Any]) -> Grid:
    """The table."""
    rows = tuple(
        (form, f"{n['told']} of {n['files']}", f"{n['told_with_highs']} of {n['with_highs']}", str(n["not_known"]))
        for form, n in results.items()
    )
    return Grid(title="Told as upscaled", headings=("file", "all", "with highs", "not known"), rows=rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="lossless music")
    parser.add_argument("--demo", type=int, default=16, help="tracks of the demo's synthesiser")
    parser.add_argument("--dance", type=int, default=12, help="generated dance tracks")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the middle of each")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, metavar="FILE", help="where the figures go")
    options = parser.parse_args(arguments)
    console = Console()
    said = []
    with TemporaryDirectory() as work:
        for piece in pieces(options.folders, options.demo, options.dance, options.seconds):
            said.append((piece, answers(piece, Path(work))))
            told = [form for form, answer in said[-1][1].items() if answer]
            console.print(f"{piece.name}{'' if piece.has_highs else ' (no highs)'}: {', '.join(told)}", markup=False)
    if not said:
        parser.error("no music: name a folder with FLAC or WAV files, or leave --demo and --dance above 0")
    results = results_of(said)
    show_grids(console, [grid_of(results)])
    document = {"schema": SCHEMA, "made_at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
                "results": results}  # fmt: skip
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

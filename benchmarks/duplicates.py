"""Whether copies are found, other recordings are not taken for them, and how long 100,000 tracks take.

    python benchmarks/duplicates.py [MANIFEST] [--files 24] [--tracks 100000] [--markdown FILE]

The music is that of robustness.py: files of a table, and tracks of the demo's synthesiser; and pieces that differ in
their melody alone. Each is stored in every form of `FORMS` and compared with all the others in all forms. Then a
library of many tracks is made, with groups of copies planted in it, and `map4 duplicates` asked.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# As in map4's own workers; before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import numpy.typing as npt
import soxr
from kept import Kept, analysis_digest
from manifest import read_manifest
from material import RATE_HZ
from measure import machine, run_program
from predictions import DEFAULT_WORK
from rich.console import Console
from robustness import Piece, pieces
from synthetic_library import make_library
from tables import Grid, markdown, number, show_grids
from variants import VARIANTS, Samples

from map4.audio.decode import open_audio
from map4.dsp.sound.fingerprint import fingerprint
from map4.dsp.spectrum.spectral_pass import SpectralPass
from map4.duplicates.finding.groups import MOST_ALONE_S, SURE, certainty_of_sound
from map4.duplicates.finding.sound_keys import Sound, compare_sounds, pairs_to_compare, sound_keys
from map4.music.analysis.sound import FINGERPRINT_VERSION
from map4.store.file.database import SqliteDatabase

SCHEMA = "map4/benchmark-duplicates/1"
DEFAULT_JSON = Path(__file__).with_name("results") / "duplicates.json"
ANALYSIS_RATE_HZ = 22050
LEVEL_DB, SILENCE_S, CUT_S, SPEED = 3.0, 0.5, 5.0, 0.01
ORIGINAL = "original"
SPED = ("1 % faster", "1 % slower")
TARGET_RECALL, TARGET_PRECISION, MOST_S, MOST_MB = 0.98, 0.99, 30.0, 400.0
GROUPS = 5_000
MELODIES = 6

Form = Callable[[Samples, int], tuple[Samples, int]]


def _coded(name: str) -> Form:
    def form(y: Samples, rate_hz: int) -> tuple[Samples, int]:
        variant = VARIANTS[name]
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"coded.{variant.suffix}"
            variant.write(path, y, rate_hz)
            with open_audio(str(path)) as stream:
                return np.concatenate(list(stream.blocks())), stream.sample_rate_hz

    return form


def _silent(y: Samples, rate_hz: int) -> tuple[Samples, int]:
    silence = np.zeros((round(SILENCE_S * rate_hz), y.shape[1]), dtype=np.float32)
    return np.concatenate([silence, y, silence]), rate_hz


def _cut(y: Samples, rate_hz: int) -> tuple[Samples, int]:
    ends = round(CUT_S * rate_hz)
    return y[ends:-ends], rate_hz


def _worst(y: Samples, rate_hz: int) -> tuple[Samples, int]:
    """Most of it at once: cut, quieter, half a second later, 48 kHz, MP3."""
    y, rate_hz = _silent(np.float32(0.7) * _cut(y, rate_hz)[0], rate_hz)
    return _coded("MP3 128 kbit/s")(soxr.resample(y, rate_hz, 48000), 48000)


FORMS: dict[str, Form] = {
    ORIGINAL: lambda y, rate: (y, rate),
    "MP3 128 kbit/s": _coded("MP3 128 kbit/s"),
    "MP3 320 kbit/s": _coded("MP3 320 kbit/s"),
    "AAC 160 kbit/s": _coded("AAC 160 kbit/s"),
    "Ogg Vorbis": _coded("Ogg Vorbis"),
    "Opus 96 kbit/s": _coded("Opus 96 kbit/s"),
    "FLAC 16 bit": _coded("FLAC 16 bit"),
    "+3 dB": lambda y, rate: (y * np.float32(10 ** (LEVEL_DB / 20)), rate),
    "-3 dB": lambda y, rate: (y * np.float32(10 ** (-LEVEL_DB / 20)), rate),
    ".5 s of silence at both ends": _silent,
    "48 kHz": lambda y, rate: (soxr.resample(y, rate, 48000), 48000),
    "5 s cut at the beginning": lambda y, rate: (y[round(CUT_S * rate) :], rate),
    "5 s cut at the end": lambda y, rate: (y[: -round(CUT_S * rate)], rate),
    "5 s cut at both ends": _cut,
    "cut, silence, -3 dB, 48 kHz, MP3 128": _worst,
    "1 % faster": lambda y, rate: (soxr.resample(y, rate * (1 + SPEED), rate), rate),
    "1 % slower": lambda y, rate: (soxr.resample(y, rate * (1 - SPEED), rate), rate),
}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path, nargs="?")
    parser.add_argument("--files", type=int, default=24, help="pieces to store in every form; 0 leaves them out")
    parser.add_argument("--tracks", type=int, default=100_000, help="of the made library; 0 leaves it out")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK)
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    console = Console()
    songs = read_manifest(options.manifest) if options.manifest else []
    chosen = [*pieces(songs, options.files), *_melodies(options.files)]
    results: dict[str, Any] = {
        "schema": SCHEMA,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
    }
    if chosen:
        results["forms"] = _compared(_prints(chosen, options.work, console.print))
    if options.tracks:
        results["large"] = large(options.work, options.tracks, console.print)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    tables = grids(results)
    show_grids(console, tables)
    if options.markdown:
        options.markdown.write_text(markdown(tables), encoding="utf-8")


def _melodies(count: int) -> list[Piece]:
    """Pieces of the same chords, tempo and sounds, each with another melody."""
    return [
        Piece(name=f"melody {number}", kind="melody", samples=lambda number=number: (_played(number), RATE_HZ))
        for number in range(min(count, MELODIES))
    ]


def _played(number: int) -> Samples:
    """A minute of four chords at 120 BPM with a bass drum, and a melody of eighth notes over them."""
    rng = np.random.default_rng(number)
    time_s = np.arange(round(60.0 * RATE_HZ)) / RATE_HZ
    eighth, bar = (time_s / 0.25).astype(int), (time_s / 2.0).astype(int)
    chords = np.array([[57, 60, 64], [53, 57, 60], [48, 52, 55], [55, 59, 62]])
    scale = np.array([69, 71, 72, 74, 76, 77, 79, 81])
    notes = [chords[bar % 4, voice] for voice in range(3)] + [scale[rng.integers(0, 8, 241)[eighth]]]
    y = 2.0 * np.sin(2 * np.pi * 50.0 * time_s) * np.exp(-12.0 * (time_s % 0.5))
    for note in notes:
        hz = 440.0 * 2.0 ** ((note - 69) / 12.0)
        phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
        y += sum(np.sin(k * phase) / k for k in range(1, 7))
    return (0.1 * y).astype(np.float32)


def _prints(
    chosen: Sequence[Piece], work: Path, tell: Callable[[str], None]
) -> dict[tuple[str, str], npt.NDArray[np.uint16]]:
    """The fingerprint of each piece in each form."""
    kept = Kept(work, "duplicates", analysis_digest())
    found = {}
    for index, piece in enumerate(chosen, 1):
        if any(f"{piece.name}|{form}" not in kept for form in FORMS):
            tell(f"{index} of {len(chosen)}: {piece.name}")
            samples, rate_hz = piece.samples()
            y = np.asarray(samples[:, None] if samples.ndim == 1 else samples, dtype=np.float32)
            for name, form in FORMS.items():
                kept.add(f"{piece.name}|{name}", _print_of(*form(y, rate_hz)).tolist())
        for name in FORMS:
            found[piece.name, name] = np.array(kept[f"{piece.name}|{name}"], dtype=np.uint16)
    return found


def _print_of(y: Samples, rate_hz: int) -> npt.NDArray[np.uint16]:
    mono = y.mean(axis=1, dtype=np.float32)
    spectra = SpectralPass()
    spectra.feed(np.ascontiguousarray(soxr.resample(mono, rate_hz, ANALYSIS_RATE_HZ), dtype=np.float32))
    return fingerprint(spectra.finish().mel_power)


def _compared(prints: Mapping[tuple[str, str], npt.NDArray[np.uint16]]) -> dict[str, Any]:
    """Recall by form, of the search for candidates alone too, and precision; and the error rates behind them."""
    names = list(prints)
    keys = [sound_keys(words) for words in prints.values()]
    sounds = [Sound.of(words) for words in prints.values()]
    sizes = np.array([len(one) for one in keys])
    pairs = {tuple(pair) for pair in pairs_to_compare(np.concatenate(keys), sizes, np.ones(len(keys), bool)).tolist()}
    alike = {(a, b): compare_sounds(sounds[a], sounds[b]) for a, b in pairs}
    found = {
        pair
        for pair, one in alike.items()
        if one is not None and certainty_of_sound(one.error_rate) >= SURE and one.alone_s <= MOST_ALONE_S
    }
    own = {(a, b) for a, b in combinations(range(len(names)), 2) if names[a][0] == names[b][0]}
    usual = {(a, b) for a, b in own if names[a][1] not in SPED and names[b][1] not in SPED}
    rows = {}
    for form in FORMS:
        to_original = {(a, b) for a, b in own if {names[a][1], names[b][1]} == {ORIGINAL, form}}
        if to_original:
            rates = [one.error_rate for pair in to_original if (one := alike.get(pair)) is not None]
            rows[form] = {
                "recall": len(to_original & found) / len(to_original),
                "candidates": len(to_original & pairs) / len(to_original),
                "most_error": max(rates, default=None),
            }
    rates = sorted(one.error_rate for pair in usual & pairs if (one := alike[pair]) is not None)
    others = sorted(one.error_rate for pair in pairs - own if (one := alike[pair]) is not None)
    return {
        "pieces": len({name for name, _ in names}),
        "files": len(names),
        "pairs_of_one_recording": len(usual),
        "recall": len(usual & found) / len(usual),
        "candidate_recall": len(usual & pairs) / len(usual),
        "precision": len(found & own) / max(1, len(found)),
        "false_pairs": [[names[a], names[b]] for a, b in sorted(found - own)],
        "candidates_of_others": len(pairs - own),
        "least_error_of_others": others[0] if others else None,
        "error_quantiles": {str(q): float(np.quantile(rates, q)) for q in (0.5, 0.9, 0.99, 1.0)},
        "by_form": rows,
    }


# ---- a large library -----------------------------------------------------------------------------


def large(work: Path, tracks: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """Plant copies in a library of so many tracks and ask for them, from outside."""
    path, truth = _planted(work, tracks, tell)
    command = [sys.executable, "-m", "map4", "--library", str(path), "duplicates", "--jsonl"]
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        connection.execute("DELETE FROM sound_keys")
        connection.execute("DELETE FROM sound_pairs")
    first = run_program(command)
    again = run_program(command)
    query = run_program([*command[:5], "search", "is:copy", "--paths"])
    found = set()
    for line in first.stdout.splitlines():
        group = json.loads(line)
        if group["kind"] in ("same_audio", "same_recording"):
            found |= {tuple(sorted(pair)) for pair in combinations((m["audio_id"] for m in group["members"]), 2)}
    wanted = {tuple(sorted(pair)) for group in truth for pair in combinations(group, 2)}
    return {
        "tracks": tracks,
        "groups": len(truth),
        "recall": len(found & wanted) / len(wanted),
        "precision": len(found & wanted) / max(1, len(found)),
        "first_s": first.wall_s,
        "first_cpu_s": first.cpu_s,
        "memory_mb": first.parent_mb,
        "again_s": again.wall_s,
        "is_copy_s": query.wall_s,
        "is_copy_files": len(query.stdout.splitlines()),
    }


def _planted(work: Path, tracks: int, tell: Callable[[str], None]) -> tuple[Path, list[list[str]]]:
    path = work / f"duplicates-{tracks}.map4"
    truth_path = path.with_suffix(".json")
    if path.exists() and truth_path.exists():
        return path, json.loads(truth_path.read_text())
    tell(f"making a library of {tracks:,} tracks")
    work.mkdir(parents=True, exist_ok=True)
    make_library(path, tracks)
    rng = np.random.default_rng(11)
    maker = _Prints(rng)
    with closing(SqliteDatabase(str(path))) as database:
        rows = database.connection.execute(
            "SELECT a.audio_id, a.duration_s FROM analyses AS a JOIN files AS f USING (audio_id) "
            "WHERE f.missing_since IS NULL ORDER BY a.audio_id"
        ).fetchall()
        order = rng.permutation(len(rows))
        count = min(GROUPS, tracks // 20)
        truth, place = [], 0
        with database.transaction() as connection:
            for group in range(len(rows)):
                if place >= len(rows):
                    break
                size = 1 if group >= count else 2 + (group % 4 == 0)
                members = [rows[i] for i in order[place : place + size]]
                place += size
                if size > 1:
                    truth.append([audio_id for audio_id, _ in members])
                for audio_id, words in zip(
                    (audio_id for audio_id, _ in members), maker.group(members[0][1], size), strict=True
                ):
                    connection.execute(
                        "UPDATE details SET fingerprint = ?, fingerprint_version = ? "
                        "WHERE id = (SELECT id FROM analyses WHERE audio_id = ?)",
                        (words.astype("<u2").tobytes(), FINGERPRINT_VERSION, audio_id),
                    )
        database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    truth_path.write_text(json.dumps(truth))
    return path, truth


class _Prints:
    """Fingerprints of made-up music: half of it repeats a loop, and a fifth has a sample that others have too.

    A quarter of the bits changes from word to word, as in music.
    """

    WORDS_A_SECOND, LOOP_WORDS, SAMPLE_WORDS, SAMPLES = 5.28, 84, 42, 300

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.samples = [self._words(self.SAMPLE_WORDS) for _ in range(self.SAMPLES)]

    def group(self, duration_s: float, size: int) -> Iterator[npt.NDArray[np.uint16]]:
        """A track and its copies: up to an eighth of the bits turned, up to 5 s cut, some silence before."""
        size_words = round(duration_s * self.WORDS_A_SECOND)
        words = self._words(size_words)
        if self.rng.random() < 0.5:
            loop = np.tile(self._words(self.LOOP_WORDS), size_words // self.LOOP_WORDS + 1)[:size_words]
            words = loop ^ (self._random(size_words) & self._random(size_words) & self._random(size_words))
        if self.rng.random() < 0.2:
            at = int(self.rng.integers(0, max(1, size_words - self.SAMPLE_WORDS)))
            words[at : at + self.SAMPLE_WORDS] = self.samples[int(self.rng.integers(self.SAMPLES))][: size_words - at]
        yield words
        for _ in range(size - 1):
            begin, end = self.rng.integers(0, 27, 2)
            turned = self._random(size_words) & self._random(size_words) & self._random(size_words)
            # Errors come together: some words are as they were, others have more.
            turned[self.rng.random(size_words) < self.rng.uniform(0.2, 0.95)] = 0
            copied = (words ^ turned)[begin : size_words - end]
            yield np.concatenate([np.zeros(int(self.rng.integers(0, 4)), np.uint16), copied])

    def _random(self, size: int) -> npt.NDArray[np.uint16]:
        return self.rng.integers(0, 1 << 16, size, dtype=np.uint16)

    def _words(self, size: int) -> npt.NDArray[np.uint16]:
        words: npt.NDArray[np.uint16] = np.bitwise_xor.accumulate(self._random(size) & self._random(size))
        return words


def grids(results: Mapping[str, Any]) -> list[Grid]:
    """The tables."""
    tables = _form_grids(results["forms"]) if "forms" in results else []
    if "large" in results:
        one = results["large"]
        tables.append(
            Grid(
                title=f"{one['tracks']:,} tracks with {one['groups']:,} planted groups",
                headings=("figure", "value", "wanted"),
                rows=(
                    ("recall", number(one["recall"], 4), f"≥ {number(TARGET_RECALL)}"),
                    ("precision", number(one["precision"], 4), f"≥ {number(TARGET_PRECISION)}"),
                    ("first answer, s", f"{one['first_s']:.1f}", f"≤ {MOST_S:g}"),
                    ("CPU, s", f"{one['first_cpu_s']:.1f}", ""),
                    ("peak memory, MB", f"{one['memory_mb'] or 0:.0f}", f"≤ {MOST_MB:g}"),
                    ("second answer, s", f"{one['again_s']:.1f}", ""),
                    ("`search is:copy`, s", f"{one['is_copy_s']:.1f}", ""),
                ),
            )
        )
    return tables


def _form_grids(forms: Mapping[str, Any]) -> list[Grid]:
    rows = [
        (form, number(one["recall"], 3), number(one["candidates"], 3), number(one["most_error"], 3))
        for form, one in forms["by_form"].items()
    ]
    quantiles = forms["error_quantiles"]
    return [
        Grid(
            title=f"{forms['pieces']} pieces in {len(FORMS)} forms, against their original",
            headings=("form", "found", "as candidates", "highest error rate"),
            rows=tuple(rows),
        ),
        Grid(
            title="All against all, without the two speeds",
            headings=("figure", "value", "wanted"),
            rows=(
                ("pairs of one recording", f"{forms['pairs_of_one_recording']:,}", ""),
                ("recall", number(forms["recall"], 4), f"≥ {number(TARGET_RECALL)}"),
                ("recall of the search for candidates", number(forms["candidate_recall"], 4), ""),
                ("precision", number(forms["precision"], 4), f"≥ {number(TARGET_PRECISION)}"),
                ("pairs of others that were compared", f"{forms['candidates_of_others']:,}", ""),
                ("their lowest error rate", number(forms["least_error_of_others"], 3), ""),
                ("error rate of copies, median", number(quantiles["0.5"], 3), ""),
                ("of 99 in 100 at most", number(quantiles["0.99"], 3), ""),
                ("at most", number(quantiles["1.0"], 3), ""),
            ),
        ),
    ]


if __name__ == "__main__":
    main()

"""How well like is found by like: half a track finds its other half, a track its genre, a fingerprint its recording.

  python lab/measure/retrieval.py ../shared/audio-dev/manifest.tsv
  python lab/measure/retrieval.py ~/Music/some-folder --bliss /tmp/bliss/bin/python

`sound` and `hamms` are map4's; `bliss` is bliss-audio with its own distance, run in the Python named (one with
`pip install bliss-audio`). Half A of each track is looked up among all halves B, clean and degraded (low-passed at
8 kHz, 6 dB quieter, .1 s later, MP3 at 128 kbit/s), the middle among all wholes; the sound space is fitted on the
wholes, as in a library. Genres count where the manifest has them for tracks of one source (`--genres`).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music")]

import numpy as np
import numpy.typing as npt
from measure import add_results, write_results
from rich.console import Console
from rich.table import Table
from variants import Pieces, cut

from map4.core.audio.decode import open_audio
from map4.core.dsp.extract import Extractor
from map4.core.music.analysis.analysis import Analysis
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.mixing.many import hamms_rows, hamms_similarities
from map4.core.music.sound.fingerprints import Fingerprint
from map4.core.music.sound.similarity_tables import SoundSpace

BLISS = Path(__file__).with_name("comparators") / "bliss_vectors.py"
VIEWS = ("whole", *Pieces.__slots__)
TARGETS = {"half_top1": 0.88, "degraded_top1": 0.86, "middle_top1": 0.96, "genre_map": 0.57}
MOST_MS = 35.0
"""Sound vector and fingerprint of a track of four minutes."""
NEIGHBOURS, TEN = 5, 10

Matrix = npt.NDArray[np.floating[Any]]
Compare = Callable[[str, str], Matrix]
"""Similarities of every track in one view to every track in another, shape (n, n)."""


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("music", type=Path, metavar="FOLDER|MANIFEST", help="a folder, or a table with a path column")
    parser.add_argument("--bliss", metavar="PYTHON", help="a Python with bliss-audio, to compare with")
    parser.add_argument(
        "--genres", default="gtzan", metavar="SOURCE", help="the source whose genres count (default gtzan)"
    )
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "map4-retrieval", metavar="DIR")
    add_results(parser, "retrieval")
    options = parser.parse_args()
    tracks = read_tracks(options.music, options.genres)
    options.work.mkdir(parents=True, exist_ok=True)
    files, analyses, cost_ms = analyse_all([path for path, _ in tracks], options.work)
    genres = [genre for _, genre in tracks]
    results = {
        "sound": figures(sound_comparison(analyses), genres),
        "hamms": figures(hamms_comparison(analyses), genres),
    }
    chance = np.random.default_rng(1).random((len(tracks), len(tracks)))
    results["random"] = figures(lambda view, other: chance, genres)
    if options.bliss:
        results["bliss"] = figures(bliss_comparison(files, options.bliss), genres)
    prints = fingerprint_figures(analyses)
    document = {
        "tracks": len(tracks),
        "genre_tracks": sum(genre is not None for genre in genres),
        "results": results,
        "fingerprint": prints,
        "cost": cost_ms,
        "targets": check(results, cost_ms),
    }
    show(document)
    write_results(options.json, "retrieval", **document)


def read_tracks(music: Path, genre_source: str) -> list[tuple[Path, str | None]]:
    """Files, and the genre of those whose genre counts."""
    if music.is_dir():
        found = (path for path in sorted(music.rglob("*")) if path.suffix.lower().lstrip(".") in AudioFormat.EXTENSIONS)
        return [(path, None) for path in found]
    with open(music, encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [
        (music.parent / row["path"], (row.get("genre") or None) if row.get("source") == genre_source else None)
        for row in rows
    ]


def analyse_all(
    paths: Sequence[Path], work: Path
) -> tuple[dict[str, list[Path]], dict[str, list[Analysis]], dict[str, float]]:
    """Files and analyses by view, and what the sound part of a whole track costs."""
    files: dict[str, list[Path]] = {view: [] for view in VIEWS}
    analyses: dict[str, list[Analysis]] = {view: [] for view in VIEWS}
    sound_s, music_s = 0.0, 0.0
    for index, path in enumerate(paths):
        pieces = cut(path, work)
        views = {"whole": path, **{part: getattr(pieces, part) for part in Pieces.__slots__}}
        for view, file in views.items():
            analysis, seconds = analyse(file)
            files[view].append(file)
            analyses[view].append(analysis)
            if view == "whole":
                sound_s += seconds.get("sound", 0.0)
                music_s += analysis.duration_s
        print(f"\r{index + 1}/{len(paths)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return files, analyses, {"ms_a_track_of_4_minutes": 1000.0 * sound_s / music_s * 240.0}


def analyse(path: Path) -> tuple[Analysis, dict[str, float]]:
    """The analysis, and the CPU seconds of its stages."""
    with open_audio(str(path)) as stream:
        extractor = Extractor(stream.sample_rate_hz, stream.channels, clock=time.process_time)
        for block in stream.blocks():
            extractor.feed(block)
    return extractor.finish("benchmark"), extractor.seconds


def sound_comparison(analyses: dict[str, list[Analysis]]) -> Compare:
    """Cosine in the space of the whole tracks; a track without a vector is like nothing."""
    known = [analysis.sound for analysis in analyses["whole"] if analysis.sound is not None]
    space = SoundSpace.fit(np.array(known))

    def directions(view: str) -> Matrix:
        rows = np.zeros((len(analyses[view]), space.projection.shape[1]), dtype=np.float32)
        for index, analysis in enumerate(analyses[view]):
            if analysis.sound is not None:
                rows[index] = space.project([analysis.sound])[0]
        return rows

    return lambda view, other: directions(view) @ directions(other).T


def hamms_comparison(analyses: dict[str, list[Analysis]]) -> Compare:
    """HAMMS similarity; where too little is known, none."""
    unknown = (None,) * 12
    rows = {
        view: hamms_rows([each.hamms.vector if each.hamms else unknown for each in some])
        for view, some in analyses.items()
    }
    return lambda view, other: np.nan_to_num(hamms_similarities(rows[view][:, None], rows[other]), nan=-1.0)


def bliss_comparison(files: dict[str, list[Path]], python: str) -> Compare:
    """bliss-audio's vectors, and its own distance: the Euclidean one."""
    files = {view: some for view, some in files.items() if view != "worse"}  # that one is for the fingerprints alone
    asked = "".join(json.dumps(str(path)) + "\n" for some in files.values() for path in some)
    answers = subprocess.run([python, str(BLISS)], input=asked, stdout=subprocess.PIPE, text=True, check=True).stdout
    vectors = {answer["path"]: answer["vector"] for answer in map(json.loads, answers.splitlines())}
    size = len(next(vector for vector in vectors.values() if vector))
    # What it can't analyse is far from everything.
    rows = {view: np.array([vectors[str(path)] or [1e3] * size for path in some]) for view, some in files.items()}
    return lambda view, other: -np.linalg.norm(rows[view][:, None] - rows[other], axis=2)


def figures(compare: Compare, genres: Sequence[str | None]) -> dict[str, float]:
    """Every figure of one way to compare."""
    found: dict[str, float] = {}
    for name, query, target in (
        ("half", "first", "second"),
        ("degraded", "first", "worse_second"),
        ("middle", "middle", "whole"),
    ):
        found[f"{name}_top1"], found[f"{name}_mrr"] = ranks(compare(query, target))
    if any(genres):
        found |= genre_figures(compare("whole", "whole"), genres)
    return found


def ranks(similarities: Matrix) -> tuple[float, float]:
    """Share of rows whose own column is the most similar, and mean reciprocal rank; a tie is a miss."""
    own = np.diag(similarities)[:, None]
    better = (similarities >= own).sum(axis=1) - 1
    return float((better == 0).mean()), float((1.0 / (better + 1.0)).mean())


def genre_figures(similarities: Matrix, genres: Sequence[str | None]) -> dict[str, float]:
    """Mean average precision, how often the nearest, and most of the nearest five, are of the genre, and the share of
    the nearest ten that are."""
    labelled = [index for index, genre in enumerate(genres) if genre]
    names = np.array([genres[index] for index in labelled])
    precisions, nearest, voted, tens = [], [], [], []
    for place, index in enumerate(labelled):
        order = np.argsort(-similarities[index, labelled], kind="stable")
        order = order[order != place]
        hits = names[order] == names[place]
        if not hits.any():
            continue
        precisions.append(float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean()))
        nearest.append(bool(hits[0]))
        tens.append(float(hits[:TEN].mean()))
        # Of equally many votes those of the nearer neighbours count: most_common keeps the order of first sight.
        voted.append(Counter(names[order[:NEIGHBOURS]].tolist()).most_common(1)[0][0] == names[place])
    return {
        "genre_map": float(np.mean(precisions)),
        "genre_1nn": float(np.mean(nearest)),
        "genre_5nn": float(np.mean(voted)),
        "genre_top10": float(np.mean(tens)),
    }


def fingerprint_figures(analyses: dict[str, list[Analysis]]) -> dict[str, float]:
    """Error rates of the same recordings made worse, and of different ones."""
    whole, worse = ([Fingerprint.unpack(each.fingerprint or b"") for each in analyses[v]] for v in ("whole", "worse"))
    same = [rate for pair in zip(whole, worse, strict=True) if (rate := Fingerprint.error_rate(*pair)) is not None]
    pairs = ((whole[i], worse[j]) for i in range(len(whole)) for j in range(i))
    other = [rate for pair in pairs if (rate := Fingerprint.error_rate(*pair)) is not None]
    return {
        "same_pairs": len(same),
        "same_median": float(np.median(same)),
        "same_highest": max(same),
        "other_pairs": len(other),
        "other_lowest": min(other, default=float("nan")),
        "bytes_highest": max(2 * words.size for words in whole),
    }


def check(results: dict[str, dict[str, float]], cost: dict[str, float]) -> list[dict[str, Any]]:
    """Each target, and whether it was met."""
    sound = results["sound"]
    checked = [
        {"name": name, "value": sound[name], "least": least, "met": sound[name] >= least}
        for name, least in TARGETS.items()
        if name in sound
    ]
    value = cost["ms_a_track_of_4_minutes"]
    checked.append({"name": "ms_a_track_of_4_minutes", "value": value, "most": MOST_MS, "met": value <= MOST_MS})
    if "bliss" in results:
        behind = [name for name, value in results["bliss"].items() if sound[name] <= value]
        checked.append({"name": "ahead of bliss on every figure", "value": behind, "met": not behind})
    return checked


def show(document: dict[str, Any]) -> None:
    """Print the tables."""
    console = Console()
    results = document["results"]
    table = Table(
        "", title=f"{document['tracks']} tracks, {document['genre_tracks']} with a genre", title_justify="left"
    )
    for way in results:
        table.add_column(way, justify="right")
    for figure in results["sound"]:
        table.add_row(figure, *(f"{results[way][figure]:.3f}" for way in results))
    console.print(table)
    for name in ("fingerprint", "cost"):
        for figure, value in document[name].items():
            console.print(f"{name} {figure}: {value:.4g}")
    for target in document["targets"]:
        limit = target.get("least", target.get("most", ""))
        console.print(f"{'met   ' if target['met'] else 'MISSED'} {target['name']}: {target['value']} ({limit})")


if __name__ == "__main__":
    main()

"""The accuracy benchmark on a few synthesised files: what it counts, keeps, prints and writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import accuracy
import figures
import numpy as np
import pytest
import soundfile
from accuracy_tables import grids
from conversation import BROKEN, converse, interpreters
from kept import Kept
from manifest import Song, read_manifest
from predictions import Prediction
from tables import Grid, markdown, number, pair

from map4.music.analysis.key import parse_key

BENCHMARKS = Path(__file__).resolve().parents[2] / "lab/measure"
HEADER = "path\ttruth_bpm\ttruth_key\tbeats\tgenre\tsource\tlicence\toctave\tsha1\n"


def song(name: str, **fields: Any) -> Song:
    defaults: dict[str, Any] = {
        "path": Path(name), "sha1": name, "source": "test", "genre": "", "bpm": None, "is_level_certain": True,
        "key": None, "beats_s": (), "is_taught": False,
    }  # fmt: skip
    return Song(name=name, **{**defaults, **fields})


SONGS = [
    song("a", bpm=120.0, key=parse_key("8A"), source="gtzan", genre="pop"),
    song("b", bpm=90.0, key=parse_key("8B"), is_taught=True, genre="rock"),
    song("c", bpm=60.0, is_level_certain=False, source="asap-rubato"),
]
OURS = {
    "a": Prediction(bpm=120.0, bpm_confidence=0.9, second_bpm=60.0, key="9A", key_confidence=0.4, second_key="8A"),
    "b": Prediction(bpm=180.0, bpm_confidence=0.5, second_bpm=90.0, key="8B", key_confidence=0.8, second_key="8A"),
    "c": Prediction(bpm=120.0, bpm_confidence=0.2),
}
OTHERS = {"a": Prediction(bpm=60.0), "b": Prediction(bpm=90.0)}


def test_each_file_counts_for_what_is_known_of_it() -> None:
    assert figures.scores(SONGS, OURS) == {
        "acc1": {"a": 1.0, "b": 0.0},  # c: its octave is not certain
        "acc2": {"a": 1.0, "b": 1.0, "c": 1.0},
        "top2": {"a": 1.0, "b": 1.0},
        "key_weighted": {"a": 0.5, "b": 1.0},
        "key_exact": {"a": 0.0, "b": 1.0},
        "key_top2": {"a": 1.0, "b": 1.0},
    }


def test_a_file_without_an_answer_is_wrong_and_what_is_never_told_is_absent() -> None:
    assert figures.scores(SONGS, OTHERS) == {"acc1": {"a": 0.0, "b": 1.0}, "acc2": {"a": 1.0, "b": 1.0, "c": 0.0}}


def test_parts_of_a_manifest() -> None:
    names = {part: "".join(each.name for each in songs) for part, songs in figures.subsets(SONGS).items()}
    assert names == {"all": "abc", "without asap": "ab", "unseen": "ac", "unseen without asap": "a", "gtzan": "a"}


def test_misses_name_the_relation_and_the_surest_first() -> None:
    missed = [(miss["what"], miss["path"], miss["relation"]) for miss in figures.misses(SONGS, OURS)]
    assert missed == [("key", "a", "fifth"), ("tempo", "b", "x2")]


def test_figures_and_tables_of_everything() -> None:
    results = accuracy.measure(SONGS, {"map4": OURS, "other": OTHERS})
    json.dumps(results, allow_nan=False)
    assert results["subsets"]["all"]["estimators"]["map4"]["acc1"]["mean"] == 0.5
    assert results["leads"]["all"]["acc1"]["best_other"] == "other"
    assert results["confusions"]["all"]["other"]["tempo"] == {"x1/2": 1, "x1": 1}
    assert results["doubt"]["all"]["key"]["n"] == 2
    assert results["genres"]["pop"]["estimators"]["other"]["acc2"] == 1.0
    text = markdown(grids(results, with_misses=True))
    assert "| map4 | .500 ± .50 |" in text
    assert "### By genre: tempo, Accuracy 1 / 2" in text
    assert "### Misses" in text


def test_constant_tempi_with_exact_beats() -> None:
    beats = tuple((0.25 + np.arange(40) * 0.5).tolist())
    songs = [
        song("rendered/x", beats_s=beats),
        song("rendered/y", beats_s=beats),
        song("rendered/z", beats_s=beats),
        song("real/tapped", beats_s=beats),
    ]
    found = {
        "rendered/x": Prediction(bpm=120.01, grid=(0.25, 120.0)),
        "rendered/y": Prediction(bpm=120.1),
        "rendered/z": Prediction(bpm=60.0),
    }
    exact = figures.exactness(songs, found)
    assert (exact["steady_files"], exact["tempo_right"], exact["grids"]) == (3, 2, 1)
    assert (exact["bpm_within_limit"], exact["grid_within_limit"]) == (0.5, 0.5)


def test_a_manifest_tells_what_was_taught(tmp_path: Path) -> None:
    (tmp_path / "beats.txt").write_text("0.5\n1.0 2\n\n", encoding="utf-8")
    (tmp_path / "real.wav").write_bytes(b"x")
    rows = [
        "rendered/one.wav\t120\tA minor\tbeats.txt\tpop\ts\tMIT (someone)\t1\tabc",
        "rendered/two.wav\t\t\t\t\ts\tGPL-2.0\t0\tdef",
        "real.wav\t90\t\t\t\ts\tCC0 1.0\t\t",
        "rendered/three.wav\t90\t\t\t\ts\tCC BY\t1\tghi",
    ]
    table = tmp_path / "manifest.tsv"
    table.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    one, two, real, three = read_manifest(table, leave_out=["three.wav"])
    assert [each.is_taught for each in (one, two, real, three)] == [True, False, False, True]
    assert (one.bpm, one.key, one.beats_s) == (120.0, parse_key("8A"), (0.5, 1.0))
    assert (two.bpm, two.key, two.is_level_certain) == (None, None, False)
    assert real.sha1 == "11f6ad8ec52a2984abaafd7c3b516503785c2072"  # sha1 of "x"


def test_kept_results_survive_an_interrupted_line(tmp_path: Path) -> None:
    Kept(tmp_path, "a program/1", "d").add("one", {"bpm": 1})
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text() + '["two", {"bp', encoding="utf-8")
    again = Kept(tmp_path, "a program/1", "d")
    assert "one" in again
    assert "two" not in again
    again.add("two", 2)
    assert Kept(tmp_path, "a program/1", "d")["two"] == 2
    assert "one" not in Kept(tmp_path, "a program/1", "another")


FRAGILE = """
import os, sys
sys.path.insert(0, sys.argv.pop())
from lines import serve
def estimate(path):
    if "crash" in path:
        os._exit(7)
    return {"fragile": {"bpm": float(path)}}
serve(lambda: "fragile 1", estimate)
"""


@pytest.mark.contract
def test_a_program_that_breaks_down_loses_one_file_only(tmp_path: Path) -> None:
    program = tmp_path / "fragile.py"
    program.write_text(FRAGILE, encoding="utf-8")
    answers = list(converse([sys.executable, program, BENCHMARKS / "comparators"], ["1", "crash", "none", "2"]))
    assert [answer["path"] for answer in answers] == ["1", "crash", "none", "2"]
    assert answers[0]["estimates"] == {"fragile": {"bpm": 1.0}}
    assert answers[1]["error"] == BROKEN
    assert answers[2]["error"].startswith("ValueError")
    assert answers[3]["estimates"] == {"fragile": {"bpm": 2.0}}


def test_interpreters_by_name() -> None:
    assert interpreters(["essentia=/x/python", "bliss=py"]) == {"essentia": "/x/python", "bliss": "py"}
    with pytest.raises(ValueError, match="write essentia=/path/to/python"):
        interpreters(["/x/python"])
    with pytest.raises(ValueError, match="nothing here runs 'nobody'; there are aubio, bliss, essentia"):
        interpreters(["nobody=/x/python"])


def test_cells() -> None:
    assert (number(0.834), number(-0.05, 3), number(1.0), number(None)) == (".83", "-.050", "1.00", "")
    assert (pair(0.5, None), pair(None, None)) == (".50 / –", "")
    with pytest.raises(ValueError, match="not as long"):
        Grid(title="x", headings=("a", "b"), rows=(("1",),))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of clicks at 120 BPM over a chord of A minor, and one that is not audio."""
    folder = tmp_path_factory.mktemp("manifest")
    t = np.arange(12 * 22050) / 22050
    chord = 0.1 * sum(np.sin(2 * np.pi * f * t) for f in (220.0, 261.63, 329.63, 440.0))
    click = 0.5 * np.sin(2 * np.pi * 1000 * (t % 0.5)) * np.exp(-(t % 0.5) * 200)
    for name in ("one.wav", "two.flac"):
        soundfile.write(folder / name, (chord + click).astype(np.float32), 22050)
    (folder / "bad.mp3").write_bytes(b"no music at all")
    rows = [f"{name}\t120\tA minor\t\tclicks\ttest\tCC0\t1\t" for name in ("one.wav", "two.flac", "bad.mp3")]
    (folder / "manifest.tsv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return folder / "manifest.tsv"


def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, BENCHMARKS / program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.world
def test_a_second_run_analyses_nothing_and_says_the_same(table: Path, tmp_path: Path) -> None:
    written, text = tmp_path / "accuracy.json", tmp_path / "accuracy.md"
    arguments = (table, "--alone", "-j", "1", "--work", tmp_path / "work", "--json", written, "--markdown", text)
    first = run("accuracy.py", *arguments)
    assert first.returncode == 0, first.stderr
    assert "3 of 3 files to analyse" in first.stderr
    document = json.loads(written.read_text(encoding="utf-8"))
    assert (document["schema"], document["files"]) == ("map4/benchmark-accuracy/1", 3)
    # The damaged file counts as wrong.
    assert document["results"]["subsets"]["all"]["estimators"]["map4"]["acc1"]["mean"] == pytest.approx(2 / 3)
    assert "| map4 | .667" in text.read_text(encoding="utf-8")
    second = run("accuracy.py", *arguments)
    assert "0 of 3 files to analyse" in second.stderr
    assert second.stdout == first.stdout


@pytest.mark.contract
def test_wrong_usage_is_told(tmp_path: Path) -> None:
    absent = run("accuracy.py", tmp_path / "none.tsv")
    assert (absent.returncode, "there is no table" in absent.stderr) == (2, True)
    unnamed = run("accuracy.py", tmp_path / "none.tsv", "--python", "python3")
    assert (unnamed.returncode, "names no interpreter" in unnamed.stderr) == (2, True)

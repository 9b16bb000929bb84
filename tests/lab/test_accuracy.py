"""What the accuracy benchmark counts."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import figures
import numpy as np
import pytest
from conftest import write_clicks
from games import SOURCES
from guard import agreed, too_common
from manifest import Song, match_titles, read_manifest
from predictions import Prediction

from map4.core.music.analysis.key import Key
from map4.errors import UsageError

HEADER = "path\ttruth_bpm\ttruth_key\tbeats\tgenre\tsource\tlicence\toctave\tsha1\n"


def song(name: str, **fields: Any) -> Song:
    defaults: dict[str, Any] = {
        "path": Path(name), "sha1": name, "source": "test", "genre": "", "bpm": None, "is_level_certain": True,
        "key": None, "beats_s": (), "is_taught": False,
    }  # fmt: skip
    return Song(name=name, **{**defaults, **fields})


SONGS = [
    song("a", bpm=120.0, key=Key.parse("8A"), source="gtzan", genre="pop"),
    song("b", bpm=90.0, key=Key.parse("8B"), is_taught=True, genre="rock"),
    song("c", bpm=60.0, is_level_certain=False, source="asap-rubato"),
]
OURS = {
    "a": Prediction(bpm=120.0, bpm_confidence=0.9, second_bpm=60.0, key="9A", key_confidence=0.4, second_key="8A"),
    "b": Prediction(bpm=180.0, bpm_confidence=0.5, second_bpm=90.0, key="8B", key_confidence=0.8, second_key="8A"),
    "c": Prediction(bpm=120.0, bpm_confidence=0.2),
}
OTHERS = {"a": Prediction(bpm=60.0), "b": Prediction(bpm=90.0)}


def test_scores_and_misses_are_of_known_values_and_exact_beats() -> None:
    assert figures.scores(SONGS, OURS) == {
        "acc1": {"a": 1.0, "b": 0.0},  # c: its octave is not certain
        "acc2": {"a": 1.0, "b": 1.0, "c": 1.0},
        "top2": {"a": 1.0, "b": 1.0},
        "key_weighted": {"a": 0.5, "b": 1.0},
        "key_exact": {"a": 0.0, "b": 1.0},
        "key_top2": {"a": 1.0, "b": 1.0},
    }
    assert figures.scores(SONGS, OTHERS) == {"acc1": {"a": 0.0, "b": 1.0}, "acc2": {"a": 1.0, "b": 1.0, "c": 0.0}}
    names = {part: "".join(song.name for song in songs) for part, songs in figures.subsets(SONGS).items()}
    assert names == {"all": "abc", "without asap": "ab", "unseen": "ac", "unseen without asap": "a", "gtzan": "a"}
    missed = [(miss["what"], miss["path"], miss["relation"]) for miss in figures.misses(SONGS, OURS)]
    assert missed == [("key", "a", "fifth"), ("tempo", "b", "x2")]
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


def test_manifest_marks_training_files(tmp_path: Path) -> None:
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
    first, second, real, third = read_manifest(table, leave_out=["three.wav"])
    assert [song.is_taught for song in (first, second, real, third)] == [True, False, False, True]
    assert (first.bpm, first.key, first.beats_s) == (120.0, Key.parse("8A"), (0.5, 1.0))
    assert (second.bpm, second.key, second.is_level_certain) == (None, None, False)
    assert real.sha1 == "11f6ad8ec52a2984abaafd7c3b516503785c2072"  # sha1 of "x"


def test_every_measured_song_of_a_repository_names_commit_and_content() -> None:
    with open(SOURCES, encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert Counter(row["set"] for row in rows if row["set"] != "audio-dev") == {"games": 133, "own_games": 351}
    assert len({row["file"] for row in rows}) == len(rows)
    for row in rows:
        assert len(row["hash"]) == 40, row["file"]
        assert row["set"] == "audio-dev" or (len(row["commit"]) == 40 and row["path"] and row["chart"]), row["file"]


def test_titles_of_a_table_are_matched_to_files_or_refused(tmp_path: Path) -> None:
    music = tmp_path / "music"
    (music / "Disc 1").mkdir(parents=True)
    (music / "Disc 2").mkdir()
    for name in ("Disc 1/Béla - Night.wav", "Disc 1/Twice.wav", "Disc 2/Twice.wav"):
        write_clicks(music / name, seconds=1.0)
    table = tmp_path / "titles.csv"
    table.write_text("Artist,Title,Expected_BPM,Key\nBela,NIGHT,123.5,8A\n,Twice,90,\n,Gone,100,\n", encoding="utf-8")
    songs, unmatched = match_titles(table, music)
    assert [(song.name, song.bpm, song.key) for song in songs] == [("Béla - Night.wav", 123.5, Key.parse("8A"))]
    assert unmatched == ["Twice", "Gone"]
    table = tmp_path / "titles.csv"
    table.write_text("composer,bpm\nx,100\n")
    with pytest.raises(UsageError, match="'file' or 'title'"):
        match_titles(table, tmp_path)


READ = {"map4": 174.0, "mixxx": 86.9, "essentia": 87.2, "librosa": 86.1}


@pytest.mark.parametrize(("label", "changes", "expected"), [
    ({}, {}, 86.9),
    ({"bpm": 87.0}, {}, 86.9),
    ({"bpm": 174.0}, {}, None),
    ({}, {"librosa": 172.0}, None),
    ({}, {"mixxx": None}, None),
])  # fmt: skip
def test_guard_has_tempi_on_which_all_others_agree_unless_the_label_differs(
    label: dict[str, Any], changes: dict[str, float | None], expected: float | None
) -> None:
    said = {name: {"a": Prediction(bpm=bpm)} for name, bpm in (READ | changes).items()}
    assert agreed(song("a", **label), said) == expected


def test_tempo_above_its_share_of_the_truth_by_more_than_a_hundredth_is_reported() -> None:
    labels = [(str(number), 100.0 + number) for number in range(100)]
    for wrong, is_spread in ((1, True), (2, False)):
        said = {
            "map4": {name: Prediction(bpm=161.5 if index < wrong else bpm) for index, (name, bpm) in enumerate(labels)}
        }
        table, spread = too_common(labels, said)
        assert (table.rows[0][1:4], spread) == (("162", str(wrong + 1), "1"), is_spread)

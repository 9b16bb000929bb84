"""The figures of the retrieval benchmark, worked out by hand, and one run over a small folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from halves import LATER_S, cut, read
from retrieval import check, genre_figures, ranks, read_tracks
from signals import cadence, drum_loop, mix

REPOSITORY = Path(__file__).resolve().parent.parent.parent
RATE_HZ = 22050


def write_song(path: Path, number: int, seconds: float = 10.0) -> Path:
    song = mix(drum_loop(90 + 9 * number, seconds), cadence(number, "minor" if number % 2 else "major", seconds))
    soundfile.write(path, song, RATE_HZ)
    return path


def test_ranks_count_who_is_before() -> None:
    similarities = np.array([[0.9, 0.1, 0.2], [0.8, 0.5, 0.1], [0.7, 0.7, 0.7]])
    top1, reciprocal = ranks(similarities)
    assert top1 == pytest.approx(1 / 3)
    assert reciprocal == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)  # a tie with two others is the third place


def test_genres_are_averaged_over_the_labelled() -> None:
    # Tracks 0 and 1 are of genre a, 3 and 4 of b; 2 has none and is not looked at.
    similarities = np.array(
        [
            [9.0, 5.0, 8.0, 4.0, 3.0],
            [4.0, 9.0, 8.0, 5.0, 3.0],
            [0.0, 0.0, 9.0, 0.0, 0.0],
            [2.0, 1.0, 8.0, 9.0, 3.0],
            [2.0, 1.0, 8.0, 3.0, 9.0],
        ]
    )
    found = genre_figures(similarities, ["a", "a", None, "b", "b"])
    assert found["genre_map"] == pytest.approx((1 + 1 / 2 + 1 + 1) / 4)
    assert found["genre_1nn"] == pytest.approx(3 / 4)
    assert found["genre_5nn"] == pytest.approx(
        0.0
    )  # of three neighbours two are of the other genre, and one comes first


def test_targets_and_bliss_decide() -> None:
    sound = {"half_top1": 0.9, "degraded_top1": 0.8}
    checked = check({"sound": sound, "bliss": {"half_top1": 0.5, "degraded_top1": 0.8}}, {"ms_a_track_of_4_minutes": 9})
    assert [each["met"] for each in checked] == [True, False, True, False]
    assert checked[-1]["value"] == ["degraded_top1"]


def test_the_pieces_are_what_they_say(tmp_path: Path) -> None:
    song = write_song(tmp_path / "song.wav", 3)
    pieces = cut(song, tmp_path)
    first, second = (soundfile.read(piece)[0] for piece in (pieces.first, pieces.second))
    whole, rate_hz = read(song)
    np.testing.assert_allclose(np.concatenate([first, second]), whole[:, 0], rtol=0, atol=1e-6)
    assert soundfile.info(pieces.middle).duration == pytest.approx(5.0, abs=0.01)
    worse, worse_hz = read(pieces.worse)
    assert worse_hz == rate_hz
    assert np.abs(worse).max() < 0.7 * np.abs(whole).max()
    quiet = round(0.9 * LATER_S * rate_hz)
    assert np.abs(worse[:quiet]).max() < 0.1 * np.abs(worse).max()


def test_pieces_are_of_their_own_track_whatever_else_lies_in_the_work_folder(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for folder, number in (("a", 1), ("b", 6)):
        (tmp_path / folder).mkdir()
        cut(write_song(tmp_path / folder / "song.wav", number, seconds=4.0), work)

    again = cut(write_song(tmp_path / "a" / "song.wav", 6, seconds=4.0), work)

    halves = np.concatenate([soundfile.read(piece)[0] for piece in (again.first, again.second)])
    assert halves == pytest.approx(read(tmp_path / "b" / "song.wav")[0][:, 0], abs=1e-6)
    assert len(list(work.iterdir())) == 2 * 5


def test_tracks_come_from_a_folder_or_a_manifest(tmp_path: Path) -> None:
    song = write_song(tmp_path / "a.wav", 1, seconds=1.0)
    (tmp_path / "notes.txt").write_text("no music")
    assert read_tracks(tmp_path, "gtzan") == [(song, None)]
    table = tmp_path / "table.tsv"
    table.write_text("path\tgenre\tsource\na.wav\tjazz\tgtzan\na.wav\tjazz\tother\na.wav\t\tgtzan\n")
    assert read_tracks(table, "gtzan") == [(song, "jazz"), (song, None), (song, None)]


@pytest.mark.world
def test_a_small_folder_is_measured(tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(8):
        write_song(folder / f"{number}.wav", number)
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            sys.executable,
            REPOSITORY / "lab/measure/retrieval.py",
            folder,
            "--json",
            figures,
            "--work",
            tmp_path / "w",
        ],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(figures.read_text())
    assert document["schema"] == "map4/benchmark-retrieval/1"
    assert document["tracks"] == 8
    assert document["results"]["sound"]["middle_top1"] > 0.5
    assert document["fingerprint"]["same_highest"] < document["fingerprint"]["other_lowest"]
    assert "half_top1" in done.stdout

"""The benchmark on whole tracks reads its truth, and scores what it says it scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from games import Track, read_tracks, score


@pytest.fixture
def tracks(tmp_path: Path) -> list[Track]:
    """Two tracks at 180 BPM in 4/4, the second one without trusted bars and with another tempo in between."""
    beats = (np.arange(240) / 3.0).tolist()
    rows = [
        {"file": name, "source": "sm", "title": name, "bpm": 180.0, "tempo_changes": changes, "beats": beats,
         "downbeats": beats[::4]}
        for name, changes in (("one.ogg", False), ("two.ogg", True))
    ]  # fmt: skip
    (tmp_path / "truth.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "songs.tsv").write_text("file\tbars_trusted\none.ogg\ttrue\ntwo.ogg\tfalse\n", encoding="utf-8")
    for row in rows:
        (tmp_path / str(row["file"])).write_bytes(str(row["file"]).encode())
    return read_tracks(tmp_path, tmp_path / "songs.tsv")


def test_truth_is_read(tracks: list[Track]) -> None:
    steady, changing = tracks
    assert (steady.song.bpm, len(steady.downbeats_s)) == (180.0, 60)
    assert (changing.song.bpm, changing.downbeats_s) == (None, ())
    assert len(changing.song.beats_s) == 240


def test_a_tempo_at_half_counts_for_the_octave_free_figure_only(tracks: list[Track]) -> None:
    beats = list(tracks[0].song.beats_s)
    answer = {"bpm": 90.0, "bpm_confidence": 0.8, "beats_s": beats[::2], "downbeats_s": beats[::8]}
    found = score(tracks[0], answer)
    assert (found.acc1, found.acc2, found.found) == (0.0, 1.0, "x1/2")
    assert found.beats_f == pytest.approx(2 / 3, abs=0.01)
    assert found.phase is None


def test_the_phase_counts_where_beats_are_right(tracks: list[Track]) -> None:
    beats = list(tracks[0].song.beats_s)
    answers = [{"bpm": 180.0, "beats_s": beats, "downbeats_s": beats[first::4]} for first in (0, 2)]
    assert [score(tracks[0], answer).phase for answer in answers] == [1.0, 0.0]
    assert score(tracks[1], answers[0]).phase is None
    assert score(tracks[1], answers[0]).acc1 is None

"""The benchmark on whole tracks reads its truth, and scores what it says it scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from games import MAP4, Track, compared, grids, read_tracks, score


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


def test_tables_have_ranges_wrong_tempi_and_what_changed(tracks: list[Track]) -> None:
    beats = list(tracks[0].song.beats_s)
    half = {one.song.name: score(one, {"bpm": 90.0, "bpm_confidence": 0.95, "beats_s": beats[::2]}) for one in tracks}
    right = {one.song.name: score(one, {"bpm": 180.0, "bpm_confidence": 0.95, "beats_s": beats}) for one in tracks}
    means, doubt, wrong = grids(tracks, {MAP4: half})
    by_part = {row[1]: row[2:4] for row in means.rows}
    assert (by_part["all"], by_part["180–215 BPM"], by_part["150–180 BPM"]) == (("2", ".00"), ("1", ".00"), ("0", ""))
    assert doubt.rows[0][1:3] == ("1", ".00")
    assert [row[0] for row in wrong.rows] == ["one.ogg"]
    before = {name: {"acc1": one.acc1, "acc2": one.acc2, "beats_f": one.beats_f, "downbeats_f": None, "phase": None}
              for name, one in half.items()}  # fmt: skip
    changed = {row[:3]: row[3:5] for row in compared("Changed", tracks, right, {"earlier": before}).rows}
    assert changed["earlier", "all", "acc1"] == ("1", "+1.000")
    assert changed["earlier", "180–215 BPM", "acc1"] == ("1", "+1.000")
    assert changed["earlier", "all", "beats_f"][0] == "2"
    assert {measure for _, _, measure in changed} == {"acc1", "acc2", "beats_f"}

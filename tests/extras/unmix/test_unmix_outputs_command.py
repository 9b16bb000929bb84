"""`map4 unmix` with what becomes of the set: each file, the history and the plays, of one real run."""

import json
import subprocess
from pathlib import Path

import pytest
from audio_files import NEEDS_FFMPEG
from conftest import Run
from extras.unmix import recorded_sets as sets
from schemas import validate

pytestmark = [pytest.mark.world, NEEDS_FFMPEG]


def test_set_is_written_as_cue_sheet_chapters_list_and_plays(inside: Run, tmp_path: Path) -> None:
    sets.make_library(tmp_path)
    library, recording, chapters = tmp_path / "sets.map4", tmp_path / "set.mka", tmp_path / "chapters.mka"
    subprocess.run(["ffmpeg", "-v", "error", "-i", tmp_path / "set.flac", "-c", "copy", recording], check=True)
    before = recording.read_bytes()
    command = (
        "unmix", "--library", library, recording, "-o", tmp_path / "set.cue", "--write-chapters", chapters,
        "--save", "Night", "--keep", "--began", "2026-03-04T22:00",
    )  # fmt: skip
    first = inside(*command)
    assert (first.returncode, recording.read_bytes() == before) == (0, True)
    lines = first.stderr.splitlines()
    assert [line.split(" to ")[0] for line in lines[-5:-3]] == ["written", "copied with chapters"]
    assert "the recording began 2026-03-04 22:00" in first.stderr
    assert lines[-1].endswith("2 plays kept")
    assert (tmp_path / "set.cue").read_text().count(" AUDIO") == 3
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", chapters], check=True, capture_output=True
    )
    assert len(json.loads(shown.stdout)["chapters"]) == 3
    document = json.loads(inside("stats", "--library", library, "mixes", "--json").stdout)
    validate(document)
    assert (document["sets"], document["steps"], document["mixes_s"]["known"]) == (1, 1, 1)
    place = json.loads(inside("undo", "--library", library, "--json").stdout)["steps"]
    assert [(step["kind"], step["what"]) for step in place] == [("unmix", "set.mka: 2 plays and the list 'Night'")]
    undone = inside("undo", "--library", library, "1", "--yes")
    assert (undone.returncode, "2 plays and its list deleted" in undone.stderr) == (0, True)
    assert json.loads(inside("stats", "--library", library, "plays", "--json").stdout)["plays"] == 0
    restored = undone.stderr.splitlines()[-1].partition(": map4 ")[2].split()
    assert inside(*restored).returncode == inside(*command[:4], "--keep", "--began", "2026-03-04T22:00").returncode == 0
    again = inside(*command)
    assert (again.returncode, "Night" in again.stderr) == (2, True)


def test_invalid_combinations_are_refused_before_decoding(inside: Run, tmp_path: Path) -> None:
    sets.make_library(tmp_path)
    common = ("unmix", "--library", tmp_path / "sets.map4", tmp_path / "set.flac")
    for options, why in (
        (("--began", "2026-03-04"), "--began needs --keep or --save"),
        (("--keep", "--began", "lately"), "'lately' is not a time; write 2026-11-21T22:00"),
        (("--keep", "--began", "2999-01-01"), "can't have begun at 2999-01-01 00:00"),
        (("-o", tmp_path / "set.xyz"), "names no format; end it in .cue, .html, .m3u8"),
        (("--write-chapters", tmp_path / "copy.flac"), "set.flac can't have chapters"),
        ((tmp_path / "other.flac", "--save", "Night"), "take only one recording"),
        (("--undo", "1"), "--undo takes no FILE and no other option"),
    ):
        refused = inside(*common, *options)
        assert (refused.returncode, why in refused.stderr.replace("\n", " ")) == (2, True), refused.stderr

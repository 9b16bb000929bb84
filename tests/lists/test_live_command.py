"""`map4 playlist live`."""

from pathlib import Path

import pytest
from conftest import Run
from schemas import validated

FRESH = ("playlist", "live", "Fresh", "duration:1m.. sort:title- limit:2")


@pytest.mark.usefixtures("good")
def test_live_list_is_created_shown_and_made_normal(inside: Run, tmp_path: Path) -> None:
    made = inside(*FRESH)
    assert (made.returncode, made.stdout) == (0, "duration:1m.. sort:title- limit:2\n")
    assert "2 tracks now, " in made.stderr
    assert "map4 playlist show Fresh" in made.stderr
    shown = inside("playlist", "show", "Fresh", "--paths")
    assert shown.stdout == inside("search", "duration:1m..", "sort:title-", "limit:2", "--paths").stdout
    assert "live: duration:1m.. sort:title- limit:2" in inside("playlist", "show", "fresh").stderr
    listed = inside("playlist", "list")
    assert "2 ↻" in listed.stdout
    assert "↻: live, with its current number of tracks" in listed.stderr
    document = validated(inside("playlist", "live", "Fresh", "--json").stdout)
    assert (document["tracks"], document["live"]["n"]) == (2, 2)
    again = inside(*FRESH)
    assert (again.returncode, "'Fresh' already exists (live)" in again.stderr) == (2, True)
    assert inside(*FRESH[:3], "duration:1m..", "--per-artist", "1", "--force").returncode == 0
    assert inside("playlist", "show", "Fresh", "--save", "Fresh", "--force").returncode == 0
    assert inside("playlist", "live", "Fresh").returncode == 4


@pytest.mark.usefixtures("good")
def test_refused_commands_store_nothing(inside: Run) -> None:
    refused = inside("playlist", "live", "Fresh", "bmp:120")
    assert (refused.returncode, "did you mean bpm:?" in refused.stderr) == (2, True)
    assert inside("playlist", "live", "Nowhere").returncode == 4
    assert inside("playlist", "list").returncode == 4

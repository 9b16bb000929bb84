"""`map4 stats` on a small library."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Run
from doubtful_library import make_doubtful_library
from schemas import validate

from map4 import Library


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_doubtful_library(tmp_path / "library.map4")


def test_stats_of_a_library_or_a_query(inside: Run, library: Path) -> None:
    result = inside("stats", "--json")
    document = json.loads(result.stdout)

    validate(document)
    assert result.returncode == 0
    assert document["tracks"] == 3
    assert document["hours"] == 0.2
    assert document["states"] == {"ok": 3, "failed": 1, "missing": 0, "pending": 0}
    assert document["failures"] == {"corrupt": 1}
    assert document["doubtful"] == {"tempo": 1, "key": 1}
    assert document["keys"]["8A"] == 2
    assert [item["genre"] for item in document["genres"]] == ["Drum & Bass", "House"]
    assert document["added"] == [{"month": "2026-03", "count": 3}]
    document = json.loads(inside("stats", "--json", "--query", "genre:house").stdout)

    assert document["tracks"] == 1
    assert document["states"] == {"ok": 1, "failed": 0, "missing": 0, "pending": 0}
    assert inside("stats", "--query", "genre:polka").returncode == 4
    assert inside("stats", "--query", "gnere:polka").returncode == 2


def test_plays_are_counted_and_drawn(inside: Run, library: Path) -> None:
    with Library.open(library) as opened:
        first, second, *_ = opened.search("is:ok")
        for hours in (2, 26, 50):
            opened.plays.add(first, heard_s=300, at=datetime.now(UTC) - timedelta(hours=hours), source="page")
        opened.plays.add(second, heard_s=1, source="page")
    shown = inside("stats", "plays", env={"COLUMNS": "80"})
    assert shown.stdout.startswith("3 plays of 1 track, 0.2 hours; 1 skip\n")
    assert f"     3  {first.caption()}\n" in shown.stdout
    assert "told by   page 3\n" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    document = json.loads(inside("stats", "plays", "--since", "36h", "--json").stdout)
    validate(document)
    assert (document["plays"], document["most"][0]["id"], document["never"]) == (2, first.audio_id, 2)
    nothing = inside("stats", "plays", "--since", "1h").stdout
    assert nothing.startswith("0 plays of 0 tracks since ")
    for wrong in (["plays", "--since", "soon"], ["plays", "--query", "house"], ["--since", "1d"]):
        assert inside("stats", *wrong).returncode == 2


def test_sets_are_compared_with_chance(inside: Run, library: Path) -> None:
    refused = inside("stats", "mixes", "--all")
    assert (refused.returncode, "No such option '--all'" in refused.stderr) == (2, True)
    nothing = inside("stats", "mixes")
    assert (nothing.returncode, nothing.stdout) == (4, "")
    assert "map4: there is no set of two tracks or more; 'map4 import' imports the histories of DJ" in nothing.stderr
    with Library.open(library) as opened:
        tracks = list(opened.search("is:ok"))
        for day in range(3):
            for place, track in enumerate(tracks):
                at = datetime.now(UTC) - timedelta(days=day + 1) + timedelta(minutes=4 * place)
                opened.plays.add(track, at=at, source="unmix")
    shown = inside("stats", "mixes", env={"COLUMNS": "80"}).stdout
    assert shown.startswith("3 sets, 6 steps between 3 tracks of the library\n")
    assert max(map(len, shown.splitlines())) <= 80
    assert "from one track to the next  4:00, most 4:00 to 4:00 (6)\n" in shown
    assert f"   3 (1.0)  {tracks[0].caption()} → {tracks[1].caption()}\n" in shown
    assert [line.split() for line in shown.splitlines() if line.startswith("tempo ±2 % ")] != []
    document = json.loads(inside("stats", "mixes", "--since", "36h", "--json").stdout)
    validate(document)
    assert (document["sets"], document["again"]["share"], document["following"]) == (1, 0.0, [])


@pytest.mark.parametrize(
    "words", [["plays", "--all"], ["--all", "plays"]],
)  # fmt: skip
def test_conflicting_options_are_refused(inside: Run, words: list[str]) -> None:
    done = inside("stats", *words)
    assert done.returncode == 2
    assert "--" in done.stderr

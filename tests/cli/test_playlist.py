"""`map4 playlist` and its old name as commands."""

from __future__ import annotations

import json
import os
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest
from conftest import Run, write_clicks
from playlist_library import make_playlist_library, song

from map4.cli.commands.playlist.options import Making
from map4.cli.views.playlist import LANE_WIDTH, lane, missing_sentence, summary_lines
from map4.domain.playlist.options import PlaylistOptions
from map4.domain.playlist.playlist import Missing, Pick, Playlist, Relaxation
from map4.domain.track import Track
from map4.schemas import schema_text


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_playlist_library(tmp_path / "library.map4")


def valid(document: dict[str, Any]) -> dict[str, Any]:
    kind = document["schema"].split("/")[1]
    jsonschema.Draft202012Validator(json.loads(schema_text(kind))).validate(document)
    return document


def lines_of(done: CompletedProcess[str]) -> list[str]:
    return done.stdout.splitlines()


def test_a_table_with_the_energy_beside_it(map4: Run, library: Path) -> None:
    done = map4("playlist", "--seed", song(1), "-n", "12", "--curve", "ascending", env={"COLUMNS": "80"})
    assert done.returncode == 0, done.stderr
    head, *rows = lines_of(done)
    assert len(rows) == 12
    assert max(map(len, [head, *rows])) <= 80
    assert head.split()[-3:] == ["energy", "0", "1"]
    assert rows[0].startswith("  1 Artist 0 – Title 1")
    assert "118.2" in rows[0]
    assert all("●" in row or "◉" in row for row in rows)
    assert "12 tracks, 40:00; quality " in done.stderr


def test_a_narrow_terminal_has_names_instead_of_the_drawing(map4: Run, library: Path) -> None:
    done = map4("playlist", "--seed", song(1), "-n", "12", "--curve", "ascending", env={"COLUMNS": "50"})
    assert done.returncode == 0, done.stderr
    assert max(map(len, lines_of(done))) <= 50
    assert lines_of(done)[0].split()[-1] == "mix"
    assert lines_of(done)[1].startswith("  1 Artist 0 – Title 1 ")


def test_every_form_of_output_has_the_same_list(map4: Run, library: Path) -> None:
    ask = ["playlist", "--seed", song(1), "-n", "10", "--curve", "wave", "--policy", "strict", "-q"]
    document = valid(json.loads(map4(*ask, "--json").stdout))
    paths = [pick["track"]["path"] for pick in document["picks"]]
    assert len(paths) == 10
    *picks, summary = [valid(json.loads(line)) for line in lines_of(map4(*ask, "--jsonl"))]
    assert [pick["track"]["path"] for pick in picks] == paths
    assert [pick["schema"] for pick in picks] == ["map4/pick/1"] * 10
    assert summary["picks"] == 10
    assert summary["quality"] == document["quality"]
    assert lines_of(map4(*ask, "--paths")) == paths
    assert map4(*ask, "--print0").stdout.split("\0")[:-1] == paths
    assert [row.split(",")[0] for row in lines_of(map4(*ask, "--csv"))[1:]] == paths
    assert lines_of(map4(*ask, "-f", "{path}")) == paths
    assert document["options"]["policy"] == "strict"
    assert document["seeds"] == [song(1)]


def test_tracks_can_be_preferred_and_avoided(map4: Run, library: Path) -> None:
    ask = ["playlist", "--seed", song(1), "-n", "8", "--prefer", "key:8B", "--avoid", "is:imported", "-q"]
    document = valid(json.loads(map4(*ask, "--json").stdout))
    assert (document["options"]["prefer"], document["options"]["avoid"]) == ("key:8B", "is:imported")
    preferred = [pick for pick in document["picks"] if "preferred: key:8B" in pick["reasons"]]
    assert preferred
    assert {pick["track"]["key"]["camelot"] for pick in preferred} == {"8B"}
    assert "      preferred: key:8B" in lines_of(map4(*ask, "--explain"))
    stored = map4(*ask, "--save", "Friday")
    assert stored.returncode == 0, stored.stderr
    filled = map4("playlist", "fill", "Friday", "-n", "12", "--prefer", "key:9A", "--json", "-q")
    assert "preferred: key:9A" in [reason for pick in json.loads(filled.stdout)["picks"] for reason in pick["reasons"]]
    wrong = map4("playlist", "--seed", song(1), "--avoid", "played:soon")
    assert wrong.returncode == 2
    assert "'soon' is no date" in wrong.stderr


def test_the_reasons_stand_below_each_pick(map4: Run, library: Path) -> None:
    done = map4("playlist", "--from", song(1), "--to", song(40), "-n", "6", "--explain")
    assert done.returncode == 0, done.stderr
    assert "      the seed" in lines_of(done)
    assert "      where it leads" in lines_of(done)
    assert sum("% tempo" in line or "same tempo" in line for line in lines_of(done)) == 5


def test_shorthands_narrow_each_part_of_a_query(map4: Run, library: Path) -> None:
    done = map4("playlist", "--query", "key:8A or key:9A", "--bpm", "120..125", "-n", "4", "--json")
    document = valid(json.loads(done.stdout))
    assert document["options"]["query"] == "key:8A or key:9A bpm:120..125"
    for pick in document["picks"]:
        assert 120 <= pick["track"]["tempo"]["bpm"] <= 125
        assert pick["track"]["key"]["camelot"] in ("8A", "9A")


def test_a_list_is_written_and_stored(map4: Run, library: Path, tmp_path: Path) -> None:
    target = tmp_path / "set.m3u8"
    done = map4("playlist", "--seed", song(1), "-n", "5", "-o", target, "--save", "Friday")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "5 tracks, " in done.stderr
    written = target.read_text(encoding="utf-8").splitlines()
    assert written[0] == "#EXTM3U"
    assert "#PLAYLIST:Friday" in written
    assert next(line for line in written if not line.startswith("#")) == song(1)
    shown = json.loads(map4("playlist", "show", "Friday", "--json").stdout)
    assert len(shown["picks"]) == 5
    assert shown["seeds"] == [song(1)]
    to_stdout = map4("playlist", "--seed", song(1), "-n", "5", "-o", "-", "--as", "m3u8")
    assert next(line for line in lines_of(to_stdout) if not line.startswith("#")) == song(1)
    assert "artist – title" not in to_stdout.stdout


def test_a_short_list_ends_with_4_and_says_what_to_loosen(map4: Run, library: Path) -> None:
    done = map4("playlist", "--seed", song(1), "--query", "bpm:118..119", "-n", "30", "--no-relax", "--json")
    assert done.returncode == 4
    document = valid(json.loads(done.stdout))
    assert 1 < len(document["picks"]) < 30
    assert document["missing"] is not None
    assert "instead of 30 picks: " in done.stderr
    empty = map4("playlist", "--query", "bpm:30", "-n", "3")
    assert (empty.returncode, empty.stdout) == (4, "")
    assert "nothing matches 'bpm:30'" in empty.stderr


def test_a_library_that_is_not_there_names_scan(map4: Run) -> None:
    done = map4("playlist", "-n", "3")
    assert done.returncode == 4
    assert "map4 scan" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", song(1), "--curve", "up"], "there is no energy curve 'up'"),
        (["--seed", song(1), "-n", "5", "--minutes", "5"], "one of the two"),
        (["--seed", song(1), "--preset", "party"], "there is no preset 'party'"),
        (["--seed", song(1), "--json", "--csv"], "can't be had at once"),
        (["--to", song(1)], "a bridge needs a track to start from"),
        (["-n", "5", "list"], "stand after it"),
        (["--seed", song(1), "other.mp3"], "'other.mp3' is no sub-command; a track is named with --seed FILE"),
        (["--seed", song(1), "-o", "set.doc"], "set.doc"),
    ],
)
def test_wrong_usage_ends_with_2(map4: Run, library: Path, arguments: list[str], message: str) -> None:
    done = map4("playlist", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_presets_are_extended_by_configuration(map4: Run, library: Path, tmp_path: Path) -> None:
    config = tmp_path / "map4.toml"
    config.write_text('[playlist.presets.late]\ncurve = "closing"\nn = 4\nhelp = "the end"\n')
    done = map4("--config", config, "playlist", "--seed", song(1), "--preset", "late", "--json")
    document = json.loads(done.stdout)
    assert (document["options"]["curve"], document["options"]["n"]) == ("closing", 4)
    config.write_text('[playlist.presets.late]\ncurve = "up"\n')
    wrong = map4("--config", config, "playlist", "--seed", song(1))
    assert wrong.returncode == 2
    assert "there is no energy curve 'up'" in wrong.stderr


def test_a_folder_is_scanned_first_and_bounds_the_list(map4: Run, tmp_path: Path) -> None:
    """From audio files to a list in a file, nothing scanned before."""
    folder = tmp_path / "new"
    folder.mkdir()
    for number in range(6):
        write_clicks(folder / f"{number}.wav", 120 + number, 3.0 + number / 10)
    (folder / "broken.mp3").write_bytes(b"no music" * 100)
    seed = write_clicks(tmp_path / "seed.wav", 122, 3.05)
    target = tmp_path / "set.m3u8"
    done = map4("playlist", "--seed", seed, "--library", folder, "-n", "4", "--harmonic", "off", "-o", target)
    assert done.returncode == 3, done.stderr
    assert "broken.mp3" in done.stderr
    paths = [line for line in target.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert os.path.samefile(paths[0], seed)
    assert {os.path.dirname(path) for path in paths[1:]} == {str(folder)}
    assert map4("search", "--paths").stdout.count(".wav") == 6  # the seed was analysed for this list alone


def test_the_old_name_and_options_still_work(map4: Run, library: Path, tmp_path: Path) -> None:
    target = tmp_path / "old.m3u"
    done = map4(
        "generate", "--seed", song(1), "--length", "5", "--tolerance", "0.05", "--energy-curve", "wave",
        "--output", target, "--format", "m3u", "--no-validate", "--no-ai", "--write-metadata", "--api-key", "x",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len([line for line in target.read_text().splitlines() if not line.startswith("#")]) == 5
    for word in ("--no-validate", "--no-ai", "--write-metadata", "--api-key"):
        assert sum(word in line for line in done.stderr.splitlines()) == 1
    to_stdout = map4("generate", "--seed", song(1), "--length", "3", "--format", "json")
    assert len(valid(json.loads(to_stdout.stdout))["picks"]) == 3
    assert "generate" not in map4("--help").stdout


# ---- parts, in this process ----------------------------------------------------------------------


def test_the_lane_shows_where_energy_is_and_was_wanted() -> None:
    assert lane(0.0, 1.0) == "●" + " " * (LANE_WIDTH - 2) + "│"
    assert lane(0.5, 0.5).strip() == "◉"
    assert lane(None, None) == " " * LANE_WIDTH
    assert lane(1.0, None) == " " * (LANE_WIDTH - 1) + "●"


def test_what_was_missing_is_a_sentence_that_helps() -> None:
    def said(missing: Missing, **options: Any) -> str:
        made = Playlist(seeds=(), options=PlaylistOptions(**options), picks=(), quality=None, missing=missing)
        return missing_sentence(made, missing)

    assert said(Missing(unused=0, blockers={})).startswith("0 tracks instead of 20 picks: there are no more")
    assert "breaks more than one limit" in said(Missing(unused=7, blockers={}), n=None, minutes=90)
    both = said(Missing(unused=9, blockers={"artist_gap": 2, "harmonic": 3}))
    assert "artist gap keeps out 2 (a smaller --artist-gap), harmonic keeps out 3 (--harmonic creative or off)" in both


def test_the_summary_names_what_was_relaxed_and_where() -> None:
    relaxed = tuple(Relaxation(position=i, rule="harmonic", asked="strict", given="off") for i in range(2, 12))
    picks = tuple(
        Pick(position=i, track=Track(path=f"/{i}.mp3", state="ok"), relaxed=relaxed[i - 2 : i - 1] if i > 1 else ())
        for i in range(1, 12)
    )
    made = Playlist(seeds=(), options=PlaylistOptions(), picks=picks, quality=None)
    first, second, third = summary_lines(made)
    assert first == "11 tracks, 0:00"
    assert second == "relaxed: harmonic at 2, 3, 4, 5, 6, 7, 8, 9 ..."
    assert third == "--explain says more; --no-relax would end the list at the first of them"
    # Who has it explained need not be told that it can be.
    assert summary_lines(made, explained=True)[2] == "--no-relax would end the list at the first of them"


def test_nothing_asked_is_empty() -> None:
    nothing = Making(
        seeds=(), goal=None, includes=(), query=None, exclude=None, fields={}, preset=None, wishes={}, explain=False
    )
    assert nothing.is_empty
    assert nothing.to_query().groups == ()

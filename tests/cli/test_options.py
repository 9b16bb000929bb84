"""Options that several commands share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from conftest import Run

from map4.cli.main import cli
from map4.cli.options import Age, Seconds
from map4.errors import QueryError

QUERIES = [
    f"{command} --query gnere:x"
    for command in (
        "stats", "doctor", "similar a.mp3", "export -o x.csv", "set bpm=90", "compare", "classify", "playlist",
        "playlist refresh a.m3u8", "playlist fill a.m3u8",
    )
]  # fmt: skip


@pytest.mark.parametrize("line", [*QUERIES, "search gnere:x", "playlist --exclude gnere:x"])
def test_a_slip_in_a_query_is_told_also_where_there_is_no_library(line: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--library", str(tmp_path / "none.map4"), *line.split()])
    assert isinstance(result.exception, QueryError)
    assert result.exception.exit_code == 2


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e12", "0", "-1", "0.05", "soon", ""])
def test_seconds_that_nobody_can_wait_are_wrong_usage(value: str) -> None:
    with pytest.raises(click.BadParameter, match="seconds"):
        Seconds().convert(value, None, None)
    assert [Seconds().convert(text, None, None) for text in ("0.1", "1e6", "30")] == [0.1, 1e6, 30.0]


@pytest.mark.parametrize("value", ["999999w", "36526d", "999999999d", "1e5d", "3", "\u0663d", "-1d", ""])
def test_ages_beyond_a_century_are_wrong_usage(value: str) -> None:
    with pytest.raises(click.BadParameter):
        Age().convert(value, None, None)
    ages = [Age().convert(text, None, None) for text in ("90m", "1.5 D", "5217w", timedelta(hours=1))]
    assert ages == [timedelta(minutes=90), timedelta(hours=36), timedelta(weeks=5217), timedelta(hours=1)]


def test_limits_reach_the_commands(music: Path) -> None:
    for arguments in (["analyze", "--timeout", "inf"], ["scan", "--max-age", "999999w"]):
        assert CliRunner().invoke(cli, [*arguments, str(music)]).exit_code == 2


def test_a_list_of_names_ended_by_nul_says_how_to_read_it(inside: Run) -> None:
    result = inside("analyze", "--files-from", "-", input="a.wav\0b.wav\0")
    assert (result.returncode, "--files-from0" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", ["export -o all.csv", "classify --dry-run", "compare", "analyze", "scan", "set"])
def test_a_list_of_no_files_is_not_every_file(inside: Run, friday: Path, command: str) -> None:
    done = inside(*command.split(), "--files-from", "-", input="\n", cwd=friday.parent)
    assert (done.returncode, done.stdout) == (4, "")
    assert "the list of files is empty" in done.stderr
    assert not (friday.parent / "all.csv").exists()

"""Options that several commands share."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import Run
from extra_cases import of_extras

from map4.cli.main import cli
from map4.errors import QueryError

SELECTING = [line for lines in of_extras("SELECTING") for line in lines]
"""Commands of extras that work on tracks."""
QUERIES = [
    f"{command} --query gnere:x"
    for command in (
        "stats", "doctor", "similar a.mp3", "export -o x.csv", "set bpm=90", "compare", "playlist",
        "playlist fill a.m3u8", *SELECTING,
    )
]  # fmt: skip


@pytest.mark.parametrize("line", [*QUERIES, "search gnere:x", "playlist --exclude gnere:x"])
def test_query_error_is_reported_without_a_library(line: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--library", str(tmp_path / "none.map4"), *line.split()])
    assert isinstance(result.exception, QueryError)
    assert result.exception.exit_code == 2


def test_limits_are_checked_and_paths_of_a_list_end_with_lines_or_nul(music: Path, inside: Run) -> None:
    for arguments in (["analyze", "--timeout", "inf"], ["scan", "--max-age", "999999w"]):
        assert CliRunner().invoke(cli, [*arguments, str(music)]).exit_code == 2
    for listed, names in (("a\nb.wav\0c.wav\0", ["b.wav", "c.wav"]), ("a\nb.wav\n", ["a", "b.wav"])):
        result = inside("analyze", "--files-from", "-", input=listed)
        assert result.returncode == 4
        found = zip(result.stderr.splitlines(), names, strict=True)
        assert all(line.endswith(f"{name}: does not exist (vanished)") for line, name in found)


@pytest.mark.parametrize("command", ["export -o all.csv", "set", *SELECTING])
def test_empty_list_of_files_does_not_select_all_files(inside: Run, friday: Path, command: str) -> None:
    done = inside(*command.split(), "--files-from", "-", input="\n", cwd=friday.parent)
    assert (done.returncode, done.stdout) == (4, "")
    assert "the list of files is empty" in done.stderr
    assert not (friday.parent / "all.csv").exists()

"""Tracks named on the command line: by words, and what is said of them."""

import shlex
from pathlib import Path
from unittest import mock

import pytest
from conftest import Run
from list_libraries import put_songs, song

from map4.cli.session import Session

MARK, REMIX = "/music/It's \x1b[2J mine.mp3", "/music/remix.mp3"
SONGS = [
    song(MARK, "Ann", "Deep Sky", 122.0, "8A", 0.5),
    song(REMIX, "Ann", "Deep Sky (Remix)", 124.0, "8A", 0.6, duration_s=300.0),
    song("/music/fog.mp3", "Bob", "Fog", 123.0, "8A", 0.5),
]
FOG = "'fog' is Bob – Fog, /music/fog.mp3\n"


@pytest.fixture
def songs(tmp_path: Path) -> None:
    put_songs(tmp_path / "library.map4", SONGS)


@pytest.mark.usefixtures("songs")
@pytest.mark.parametrize(
    "command",
    [
        ("similar", "--by", "mix", "fog"),
        ("compare", "fog", REMIX),
        ("compare", "fog", REMIX, "--query", "ann or bob"),
        ("set", "fog", "bpm=100", "-n"),
        ("playlist", "-n", "2", "--seed", "fog"),
        ("playlist", "-n", "2", "--seed", REMIX, "--to", "fog"),
        ("playlist", "-n", "2", "--include", "fog"),
        ("export", "fog", "-o", "-", "--to", "json"),
    ],
)
def test_single_match_is_used_and_reported(inside: Run, command: tuple[str, ...]) -> None:
    done = inside(*command)
    assert done.returncode == 0, done.stderr
    assert FOG in done.stderr
    assert FOG not in inside("-q", *command).stderr


@pytest.mark.usefixtures("songs")
def test_several_hits_are_listed_with_the_command_for_each(inside: Run) -> None:
    done = inside("playlist", "-n", "2", "--seed=deep sk", "--curve", "0:.3,100:.9")
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert lines[0] == "map4: 2 tracks match 'deep sk'; add words, or give the path of the right track:"
    assert [lines[1], lines[3]] == ["  Ann – Deep Sky", "  Ann – Deep Sky (Remix)"]
    assert lines[4] == f"    map4 playlist -n 2 --seed={REMIX} --curve 0:.3,100:.9"
    assert "\\x1b" in lines[2]
    assert "\x1b" not in done.stderr
    # What is offered works.
    again = inside(*shlex.split(lines[4])[1:])
    assert again.returncode == 0, again.stderr


@pytest.mark.usefixtures("songs")
def test_lines_of_a_list_are_files_and_never_words(inside: Run, tmp_path: Path) -> None:
    done = inside("set", "--files-from", "-", "bpm=100", input="fog\n", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert f"{tmp_path / 'fog'}: does not exist and is not in the library" in done.stderr


@pytest.mark.usefixtures("songs")
def test_set_accepts_words_only_after_confirmation(inside: Run) -> None:
    refused = inside("set", "fog", "bpm=100")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert FOG in refused.stderr
    assert "add --yes" in refused.stderr
    assert inside("search", "is:set").returncode == 4
    assert inside("set", "/music/fog.mp3", "bpm=99").returncode == 0  # a path needs no yes
    assert inside("set", "fog", "bpm=100", "--yes").returncode == 0
    assert inside("search", "is:set", "-f", "{file} {bpm:.0f}").stdout == "fog.mp3 100\n"


@pytest.mark.usefixtures("songs")
@pytest.mark.parametrize(("typed", "code", "found"), [("n\n", 4, 4), ("y\n", 0, 0)])
def test_set_confirms_the_track_on_a_terminal(inside: Run, typed: str, code: int, found: int) -> None:
    class Asking(Session):
        def __init__(self, options: dict[str, object]) -> None:
            super().__init__(options)
            self.may_ask = True

    with mock.patch("map4.cli.session.Session", Asking):
        done = inside("set", "fog", "bpm=100", input=typed)
    assert done.returncode == code
    assert "Is this the track you mean? [y/N]" in done.stderr
    assert inside("search", "is:set").returncode == found

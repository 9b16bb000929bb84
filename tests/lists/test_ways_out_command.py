"""What map4 offers in place of a list with weak steps was tried: the command that it names keeps all limits."""

import shlex
from pathlib import Path

import pytest
from conftest import Run
from playlist_library import make_playlist_library, song
from schemas import validated

from map4 import Library
from map4.lists import generate as ways_out


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Forty tracks of house, and more that are slower, all by one artist: the middle of all tempi is among these."""
    slow = ({"number": 100 + i, "bpm": 60.0 + i, "key": "8A", "energy": 0.6, "artist": "Same"} for i in range(45))
    return make_playlist_library(tmp_path / "library.map4", tracks=40, more=[*slow])


@pytest.mark.world
@pytest.mark.parametrize(
    ("ask", "names"),
    [
        (["--seed", song(1), "--artist-gap", "0", "-n", "41"], {"n"}),
        (["--seed", song(1), "--query", "bpm:..120", "--curve", "0:.5,100:.6", "--minutes", "40"], {"minutes"}),
        (["--seed", song(3), "--query", 'artist:"Artist 1" or bpm:120..120.6', "-n", "4"], {"artist_gap", "n"}),
        (["-n", "12"], {"query"}),
        (["-n", "41"], {"query", "n"}),
        (["--query", "genre:house or artist:same", "-n", "12"], set()),
    ],
    ids=["fewer tracks", "less time", "a wider limit", "some tempi", "fewer tracks of some tempi", "alternatives"],
)
def test_offered_commands_keep_all_limits(inside: Run, library: Path, ask: list[str], names: set[str]) -> None:
    done = inside("playlist", *ask)
    document = validated(inside("playlist", *ask, "--json").stdout)
    assert document["quality"]["weak_steps"] != {}
    ways = document["ways_out"]
    assert {name for way in ways for name in way["options"]} == names
    for way in ways:
        assert f"{way['tracks']} tracks keep all limits: {way['arguments']}\n" in done.stderr
        other = validated(inside("playlist", *ask, *shlex.split(way["arguments"]), "--json").stdout)
        assert (len(other["picks"]), other["quality"]["weak_steps"], other["ways_out"]) == (way["tracks"], {}, [])


def test_offered_options_work_in_python(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Library.open(library) as opened:
        (way,) = opened.playlist(n=41).ways_out
        other = opened.playlist(**{"n": 41, **way.options})
        assert (len(other.picks), other.quality.weak_steps) == (way.tracks, {})
        # Of many tracks no other list is tried.
        monkeypatch.setattr(ways_out, "MOST_WEIGHED", 41 * 41)
        assert opened.playlist(n=41).ways_out == ()

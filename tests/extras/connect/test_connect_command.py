"""`map4 connect`: what it says, prints and ends with; and that a kill at any moment doubles nothing."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_runs import run_inside
from extras.connect.music_server_double import LOGIN, PASSWORD, MusicServerDouble, library_of_songs, music_server
from lanes import sampled
from schemas import validated
from service_double import Server

pytestmark = pytest.mark.contract


@pytest.fixture
def double() -> MusicServerDouble:
    return MusicServerDouble.of_songs(3)


@pytest.fixture
def server(double: MusicServerDouble) -> Iterator[Server]:
    with music_server(double) as found:
        yield found


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return library_of_songs(tmp_path, monkeypatch, 1, 2, 4)


def add(path: Path, server: Server, *more: str, secret: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    words = ("connect", "add", "home", server.url, "--login", LOGIN, "--password-stdin", *more)
    return run_inside(*words, library=path, stdin=f"{secret}\n".encode())


def test_server_is_added_pushed_pulled_and_forgotten(path: Path, server: Server, double: MusicServerDouble) -> None:
    made = add(path, server)
    assert made.returncode == 0
    assert "2 of its 3 songs are matched; for the others, see 'map4 " in made.stderr
    shown = run_inside("connect", "status", "home", library=path)
    assert "2  by artist, title and length" in shown.stdout
    assert "Ann – Title 3 [Blue]: no track of this name" in shown.stdout
    state = validated(run_inside("connect", "status", "--json", library=path).stdout, "connections")
    assert [connection["mapped"] for connection in state["connections"]] == [2]
    pushed = run_inside("connect", "push", "Friday", library=path)
    assert (pushed.returncode, len(double.lists)) == (0, 1)
    assert "Friday: created there as 'Friday', with 2 songs" in pushed.stderr
    assert "left out: /music/4.flac has no song on home" in pushed.stderr
    next(iter(double.lists.values())).songs = []
    left = run_inside("connect", "push", "Friday", "--json", library=path)
    assert left.returncode == 3
    assert validated(left.stdout, "pushed-lists")["lists"][0]["status"] == "changed-there"
    double.songs[f"nd{1:020}"]["userRating"] = 4
    assert run_inside("connect", "pull", library=path).stderr.splitlines() == ["home: 1 rating"]
    assert run_inside("connect", "pull", library=path).stderr.splitlines() == ["home: nothing new"]
    assert run_inside("connect", "remove", "home", library=path).returncode == 0
    assert run_inside("connect", "status", library=path).returncode == 4


def test_status_matches_again_with_new_songs(path: Path, server: Server, double: MusicServerDouble) -> None:
    add(path, server)
    double.put(4)
    assert "2 of 3 songs are matched" in run_inside("connect", "status", "home", library=path).stdout
    again = run_inside("connect", "status", "--match", "--songs", "0", "--json", library=path)
    state = validated(again.stdout, "connection-status")
    assert (state["connection"]["name"], state["songs"], state["mapped"], state["unmapped"]) == ("home", 4, 3, [])


def test_status_compares_unmatched_songs_with_listen(path: Path, server: Server) -> None:
    add(path, server)
    shown = run_inside("connect", "status", "home", "--match", "--listen", "5", library=path)
    assert "0 songs matched by their audio" in shown.stderr
    assert "2 of 3 songs are matched" in shown.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    sampled(
        [
            (("connect", "status"), 4, "no music server is connected"),
            (("connect", "status", "--match"), 4, "no music server is connected"),
            (("connect", "status", "home", "--listen", "3"), 2, "--listen needs --match"),
            (("connect", "push", "Friday"), 4, "no music server is connected"),
            (("connect", "add", "home", "nowhere"), 2, "the server's address must be like"),
            (("connect", "add", "home", "http://music.example.org", "--password-stdin"), 1, "use an https address"),
            (("connect", "add", "home", "http://localhost:9"), 2, "needs a terminal"),
            (("connect", "add", "home", "http://localhost:9", "--password-stdin"), 1, "can't be reached"),
        ],
        every=3,
    ),
)
def test_errors_are_reported_in_one_line(path: Path, words: tuple[str, ...], code: int, message: str) -> None:
    done = run_inside(*words, library=path, stdin=b"key\n")
    assert (done.returncode, message in done.stderr, "Traceback" in done.stderr) == (code, True, False)


def test_conflicting_changes_are_shown(path: Path, server: Server, double: MusicServerDouble) -> None:
    add(path, server)
    run_inside("set", "/music/1.flac", "rating=5", library=path)
    double.songs[f"nd{1:020}"]["userRating"] = 1
    assert "1 value changed on both sides" in run_inside("connect", "pull", library=path).stderr
    assert "Ann – Title 1: rating 5 here, 1 there" in run_inside("connect", "status", library=path).stdout
    assert run_inside("connect", "pull", "--theirs", library=path).stderr.splitlines() == ["home: 1 rating"]

"""A music server asked over HTTP: signed in three ways, every fault told apart, no secret where it could be read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from extras.connect.music_server_double import LOGIN, PASSWORD, HeldList, MusicServerDouble, music_server, once, sends
from service_double import Act, Turn
from service_faults import FAULTS

from map4.errors import UsageError
from map4.extras.connect.connected import Opinion
from map4.extras.connect.music_server import AlbumWalk, ServerAddress, SubsonicServer, checked_address
from map4.extras.connect.server import MusicServerError, NotThereError

pytestmark = pytest.mark.contract

KINDS = {
    "429": "rate_limit", "429 with a time": "rate_limit", "429 with a date": "rate_limit",
    "429 with nonsense": "rate_limit", "429 for days": "rate_limit",
    "503": "server", "503 with a time": "server", "500": "server", "502 in HTML": "server", "504": "server",
    "403": "authentication", "401": "authentication", "302": "request",
    "cut": "network", "hangs up": "network", "hangs": "network", "trickles": "network",
}  # fmt: skip
"""All others are answers that are none."""


@pytest.fixture
def double() -> MusicServerDouble:
    return MusicServerDouble()


def server_at(url: str, **changes: Any) -> SubsonicServer:
    given = {"url": url, "login": LOGIN, "secret": PASSWORD, "sign_in": "token", **changes}
    return SubsonicServer(ServerAddress(**given), timeout_s=0.5)


def test_every_request_is_signed_with_a_new_salt(double: MusicServerDouble) -> None:
    with music_server(double) as running:
        sign_in, info = server_at(running.url, sign_in=None).hello()
        server_at(running.url).lists()
    assert (sign_in, info.type, info.by_form) == ("token", "navidrome", True)
    first, second = (turn.form for turn in running.turns)
    assert (first["s"], first["t"]) != (second["s"], second["t"])
    assert not any("?" in turn.handler.path or "p=" in turn.body or PASSWORD in turn.body for turn in running.turns)


def test_server_without_token_support_gets_the_password_in_a_form(double: MusicServerDouble) -> None:
    double.takes_tokens = False
    with music_server(double) as running:
        assert server_at(running.url, sign_in=None).hello()[0] == "password"
    assert [turn.handler.path for turn in running.turns] == ["/rest/ping.view"] * 2
    assert "t" in running.turns[0].form
    assert running.turns[-1].form["p"] == f"enc:{PASSWORD.encode().hex()}"


def test_api_key_is_sent_without_user_and_password(double: MusicServerDouble) -> None:
    double.api_key = "key-1"
    with music_server(double) as running:
        assert server_at(running.url, sign_in=None, login="", secret="key-1").hello()[0] == "api-key"
        with pytest.raises(MusicServerError, match="Invalid API key") as caught:
            server_at(running.url, sign_in=None, login="", secret="key-2").hello()
    assert caught.value.fault.kind == "authentication"
    assert not {"u", "p", "t", "s"} & running.turns[0].form.keys()


@pytest.mark.parametrize("sign_in", ["password", "api-key"])
def test_secrets_are_not_sent_over_plain_http(sign_in: str) -> None:
    with pytest.raises(MusicServerError, match="use an https address") as caught:
        server_at("http://music.example.org", sign_in=sign_in).lists()
    assert caught.value.fault.kind == "request"


def test_server_without_form_support_gets_query_parameters(double: MusicServerDouble) -> None:
    def act(turn: Turn) -> None:
        turn.error(405) if turn.body else turn.good()

    with music_server(double, act) as running:
        server = server_at(running.url, sign_in=None)
        assert not server.hello()[1].by_form
        assert server.lists() == []
    assert PASSWORD.split()[0] not in running.turns[-1].handler.path


def test_invalid_addresses_are_refused_and_empty_albums_end_the_walk() -> None:
    for wrong in ("music.example.org", "https://ann:pw@example.org", "ftp://example.org", "https://"):
        with pytest.raises(UsageError, match="without a user name"):
            checked_address(wrong)
        assert checked_address("https://example.org/music/rest/") == "https://example.org/music"
    walk = AlbumWalk(albums=lambda first, count: [str(first)], songs_of=lambda album: [])
    assert walk.page(0, 5) == []


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_classified_and_contain_no_secret(name: str, double: MusicServerDouble) -> None:
    with music_server(double, FAULTS[name]) as running, pytest.raises(MusicServerError) as caught:
        server_at(running.url).lists()
    assert caught.value.fault.kind == KINDS.get(name, "answer")
    assert PASSWORD not in str(caught.value)
    assert len(running.turns) == 1


@pytest.mark.parametrize(
    ("name", "seconds"), [("429 with a time", 2.0), ("429 for days", 259200.0), ("503 with a time", 1.0), ("429", None)]
)
def test_pause_requested_by_a_server_is_kept(name: str, seconds: float | None, double: MusicServerDouble) -> None:
    with music_server(double, FAULTS[name]) as running, pytest.raises(MusicServerError) as caught:
        server_at(running.url).lists()
    assert caught.value.fault.retry_after_s == seconds


def test_song_is_downloaded_and_an_error_hides_the_password(double: MusicServerDouble, tmp_path: Path) -> None:
    error = {"code": 40, "message": f"wrong: {PASSWORD}"}
    with music_server(double, sends({"error": error})) as running, pytest.raises(MusicServerError) as caught:
        server_at(running.url).lists()
    assert str(caught.value).endswith("reports: wrong: … (error 40)")
    with music_server(double, once("download", lambda turn: turn.send(200, b"abc", content_type="audio/flac"))) as it:
        server_at(it.url).save_song("1", str(tmp_path / "song"), most_bytes=1000)
    assert (tmp_path / "song").read_bytes() == b"abc"
    assert json.loads(json.dumps(it.turns[0].form))["id"] == "1"


LIES: dict[str, tuple[dict[str, Any], Callable[[SubsonicServer], object]]] = {
    "no result": ({}, lambda server: server.songs(0, 10)),
    "too many": (
        {"searchResult3": {"song": [{"id": str(n)} for n in range(11)]}},
        lambda server: server.songs(0, 10),
    ),
    "no id": ({"searchResult3": {"song": [{"title": "x"}]}}, lambda server: server.songs(0, 10)),
    "an id of a mile": ({"searchResult3": {"song": [{"id": "x" * 1000}]}}, lambda server: server.songs(0, 10)),
    "no list": ({"searchResult3": {"song": {"id": "1"}}}, lambda server: server.songs(0, 10)),
    "no song": ({"searchResult3": {"song": ["1"]}}, lambda server: server.songs(0, 10)),
    "another list": ({"playlist": {"id": "2", "name": "x"}}, lambda server: server.list_of("1")),
    "lists of texts": ({"playlists": {"playlist": ["x"]}}, lambda server: server.lists()),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_contradictory_answers_are_refused(name: str, double: MusicServerDouble) -> None:
    payload, ask = LIES[name]
    with music_server(double, sends(payload)) as running, pytest.raises(MusicServerError) as caught:
        ask(server_at(running.url))
    assert caught.value.fault.kind == "answer"


@pytest.mark.parametrize(
    ("size", "most", "ask"),
    [
        (70_000, "64 kB", lambda server: server.hello()),
        (5 << 20, "4 MB", lambda server: server.songs(0, 10)),
        (17 << 20, "16 MB", lambda server: server.list_of("1")),
    ],
)
def test_an_answer_larger_than_its_method_needs_is_refused(
    size: int, most: str, ask: Callable[[SubsonicServer], object], double: MusicServerDouble
) -> None:
    too_large = pytest.raises(MusicServerError, match=f"answered with more than {most}")
    with music_server(double, lambda turn: turn.send(200, b" " * size)) as running, too_large as caught:
        ask(SubsonicServer(ServerAddress(url=running.url, login=LOGIN, secret=PASSWORD, sign_in="token")))
    assert caught.value.fault.kind == "answer"


def test_songs_are_read_with_invalid_values_dropped(double: MusicServerDouble) -> None:
    double.put(1, starred="2026-02-03T04:05:06.789Z", userRating=4, playCount=7, played="2026-03-04T05:06:07+02:00")
    double.put(2, duration=0, userRating=9, playCount=-1, played="0001-01-01T00:00:00Z", title="A\u202eB\n", path=7)
    with music_server(double) as running:
        first, second = server_at(running.url).songs(0, 10)
        assert server_at(running.url).songs(2, 10) == []
    assert first.opinion == Opinion(starred=True, rating=4)
    assert (first.starred_at, first.plays, first.played_at) == ("2026-02-03T04:05:06Z", 7, "2026-03-04T03:06:07Z")
    assert (first.path, first.duration_s, first.artist_id) == ("Ann/Blue/01 - Title 1.flac", 200.0, "nda-Ann")
    assert (second.opinion, second.duration_s, second.plays, second.played_at) == (Opinion(), None, None, None)
    assert (second.title, second.path) == ("AB", None)


def test_empty_search_falls_back_to_quotes_and_albums(double: MusicServerDouble) -> None:
    double.put(1)
    double.needs_query = True
    with music_server(double) as running:
        server = server_at(running.url)
        assert [len(server.songs(first, 1)) for first in (0, 1)] == [1, 0]
    songs = [double.put(number, album=f"Album {number % 5}") for number in range(12)]
    double.finds_all = False
    with music_server(double, once("getAlbum", Turn.cut, times=2)) as running:
        server, found = server_at(running.url), list[str]()
        for _ in range(2):
            with pytest.raises(MusicServerError):
                server.songs(0, 5)
        while page := server.songs(len(found), 5):
            found += [song.id for song in page]
    assert sorted(found) == songs
    assert double.asked.count("getAlbum") == 5
    assert double.asked.count("getAlbumList2") == 2  # and the one behind the last


def test_lists_are_created_replaced_and_extended(double: MusicServerDouble) -> None:
    a, b, c = (double.put(number) for number in range(3))
    double.lists["theirs"] = HeldList("Mine", [a])
    with music_server(double) as running:
        server = server_at(running.url)
        made = server.make_list("Friday", [a, b])
        assert made is not None
        server.write_list(made, [c, a])
        server.add_to_list(made, [b])
        assert server.list_of(made).songs == (c, a, b)
        assert [(playlist.id, playlist.name, playlist.owner) for playlist in server.lists()] == [
            ("theirs", "Mine", LOGIN), (made, "Friday", LOGIN)
        ]  # fmt: skip
        with pytest.raises(NotThereError):
            server.list_of("gone")
    assert double.lists["theirs"].songs == [a]


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (FAULTS["cut"], "network"),
        (FAULTS["500"], "server"),
        (lambda turn: turn.send(200, b"x" * 5000, content_type="audio/flac"), "answer"),
        (sends({"error": {"code": 70, "message": "no"}}), "answer"),
    ],
)
def test_incomplete_song_is_refused(act: Act, kind: str, double: MusicServerDouble, tmp_path: Path) -> None:
    with music_server(double, act) as running, pytest.raises(MusicServerError) as caught:
        server_at(running.url).save_song("1", str(tmp_path / "song"), most_bytes=1000)
    assert caught.value.fault.kind == kind

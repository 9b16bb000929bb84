"""What players are sent of a song, in the form and with the bits that they ask for; its words; music folders."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soundfile
from servers import client_of
from starlette.testclient import TestClient
from subsonic_asking import good, ids

from map4.core.audio.tags.writing.id3_frames import id3_size
from map4.library import Library
from map4.plugins import inline_lanes

RATE_HZ, LENGTH_S = 44_100, 12
FILES = {"lossless.flac": {}, "mp3-128.mp3": {"bitrate_mode": "CONSTANT", "compression_level": 0.68}}


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server with noise, which no encoder makes small, in two forms."""
    folder = tmp_path_factory.mktemp("streams")
    music = [folder / "one", folder / "two"]
    for number, (name, how) in enumerate(FILES.items()):
        noise = np.random.default_rng(number).normal(0, 0.1, (RATE_HZ * LENGTH_S, 2))
        music[number].mkdir()
        soundfile.write(music[number] / name, noise, RATE_HZ, **how)
    (folder / "one" / "lossless.lrc").write_text("[la:eng]\n[00:01.50]One\n[00:03]Two\n", encoding="utf-8")
    with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
        library.scan(music, jobs=1)
    with client_of(folder / "library.map4", *music) as client:
        yield client


def song(client: TestClient, name: str) -> dict[str, Any]:
    [song] = good(client, "search3", query=name)["searchResult3"]["song"]
    return dict(song)


@pytest.mark.world
@pytest.mark.parametrize(
    ("name", "asked", "media_type", "most_kbps"),
    [
        ("lossless.flac", {"maxBitRate": 64}, "audio/ogg", 64),
        ("lossless.flac", {"maxBitRate": 100, "format": "mp3"}, "audio/mpeg", 100),
        ("lossless.flac", {"format": "mp3"}, "audio/mpeg", 256),
        ("lossless.flac", {"format": "wav", "maxBitRate": 96}, "audio/ogg", 96),
        ("mp3-128.mp3", {"maxBitRate": 96}, "audio/ogg", 96),
        ("mp3-128.mp3", {"format": "mp3", "maxBitRate": 64}, "audio/mpeg", 64),
        ("mp3-128.mp3", {"format": "opus"}, "audio/ogg", 128),
        ("mp3-128.mp3", {"format": "opus", "maxBitRate": 320}, "audio/ogg", 128),
    ],
)
def test_bit_rate_is_limited_by_the_request_and_the_file(
    player: TestClient, name: str, asked: dict[str, Any], media_type: str, most_kbps: int
) -> None:
    sent = player.get("/rest/stream", params={"id": song(player, name)["id"], **asked})
    assert (sent.status_code, sent.headers["content-type"]) == (200, media_type)
    kbps = (len(sent.content) - id3_size(sent.content[:10])) * 8 / LENGTH_S / 1000
    assert 0.55 * most_kbps < kbps < 1.02 * most_kbps  # the headers of so short a file


@pytest.mark.parametrize("limit", ["map4.plays.part.listening.MOST_AT_ONCE", "map4.server.libraries.MOST_WAITING"])
def test_busy_server_answers_in_the_protocol_with_retry_after(
    player: TestClient, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    wanted = {"id": song(player, "lossless.flac")["id"], "format": "mp3", "maxBitRate": 33, "f": "json"}
    monkeypatch.setattr(limit, 0)
    sent = player.get("/rest/stream", params=wanted)
    assert (sent.status_code, sent.headers["retry-after"]) == (503, "5")
    assert sent.json()["subsonic-response"]["error"]["code"] == 0


@pytest.mark.parametrize("asked", [{}, {"maxBitRate": 0}, {"maxBitRate": 128}, {"format": "mp3", "maxBitRate": 320}])
def test_small_enough_file_is_sent_unchanged(player: TestClient, asked: dict[str, Any]) -> None:
    found = song(player, "mp3-128.mp3")
    assert found["bitRate"] == 128
    sent = player.get("/rest/stream", params={"id": found["id"], **asked})
    assert (sent.headers["content-type"], len(sent.content)) == ("audio/mpeg", found["size"])


def test_lyrics_of_a_song_have_times_and_a_scan_starts_once(player: TestClient) -> None:
    lyrics = good(player, "getLyricsBySongId", id=song(player, "lossless.flac")["id"])
    [found] = lyrics["lyricsList"]["structuredLyrics"]
    assert (found["lang"], found["synced"]) == ("eng", True)
    assert found["line"] == [{"start": 1500, "value": "One"}, {"start": 3000, "value": "Two"}]
    other = good(player, "getLyricsBySongId", id=song(player, "mp3-128.mp3")["id"])
    assert other["lyricsList"]["structuredLyrics"] == []
    for _ in range(2):
        assert good(player, "startScan")["scanStatus"]["scanning"] is True
    jobs = player.get("/api/v1/jobs").json()["jobs"]
    assert [job["kind"] for job in jobs] == ["scan"]


QUESTIONS = [
    ("search3", {"query": ""}, "searchResult3", "song"),
    ("search3", {"query": "has:key -has:key"}, "searchResult3", "song"),
    ("search2", {"query": "lossless or mp3"}, "searchResult2", "song"),
    ("getRandomSongs", {}, "randomSongs", "song"),
    ("search", {}, "searchResult", "match"),
]


@pytest.mark.parametrize(("method", "parameters", "element", "member"), QUESTIONS)
def test_music_folder_limits_the_results(
    player: TestClient, method: str, parameters: dict[str, Any], element: str, member: str
) -> None:
    def paths(**asked: Any) -> set[str]:
        return {song["path"] for song in good(player, method, **parameters, **asked)[element][member]}

    folders = good(player, "getMusicFolders")["musicFolders"]["musicFolder"]
    assert [folder["name"] for folder in folders] == ["one", "two"]
    by_folder = [paths(musicFolderId=folder["id"]) for folder in folders]
    assert by_folder[0] <= {"lossless.flac"}
    assert by_folder[1] <= {"mp3-128.mp3"}
    assert by_folder[0] | by_folder[1] == paths()


def test_albums_and_artists_are_limited_to_the_music_folder(player: TestClient) -> None:
    albums = [
        ids(good(player, "getAlbumList2", type="alphabeticalByName", **asked)["albumList2"]["album"])
        for asked in ({}, {"musicFolderId": 0}, {"musicFolderId": 1})
    ]
    assert [len(album) for album in albums] == [2, 1, 1]
    assert {*albums[1], *albums[2]} == {*albums[0]}
    counts = [
        good(player, "getArtists", **asked)["artists"]["index"][0]["artist"][0]["albumCount"]
        for asked in ({}, {"musicFolderId": 0})
    ]
    assert counts == [2, 1]

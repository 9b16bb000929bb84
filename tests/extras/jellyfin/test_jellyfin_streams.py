"""What Jellyfin players are sent of a song: its file, converted audio, its picture and its words."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soundfile
from covered_albums import picture
from extras.jellyfin.jellyfin_players import MEDIA_SOURCE, MEDIA_STREAM, JellyfinPlayer, require
from servers import client_of
from starlette.testclient import TestClient

from map4.library import Library
from map4.plugins import inline_lanes

RATE_HZ, LENGTH_S = 44_100, 2
FEISHIN = {"audioCodec": "aac", "container": "opus,mp3,aac,m4a,m4b,flac,wav,ogg", "transcodingContainer": "ts",
           "transcodingProtocol": "http", "deviceId": "x"}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    music = tmp_path_factory.mktemp("jellyfin") / "music"
    music.mkdir()
    noise = np.random.default_rng(1).normal(0, 0.1, (RATE_HZ * LENGTH_S, 2))
    soundfile.write(music / "song.flac", noise, RATE_HZ)
    (music / "song.lrc").write_text("[00:01.50]One\n", encoding="utf-8")
    (music / "cover.jpg").write_bytes(picture())
    with Library.open(music.parent / "library.map4", lanes=inline_lanes) as library:
        library.scan([music], jobs=1)
    with client_of(music.parent / "library.map4", music) as client:
        yield client


@pytest.fixture
def player(client: TestClient) -> JellyfinPlayer:
    player = JellyfinPlayer(client)
    player.log_in("me", "")
    return player


@pytest.fixture
def song(player: JellyfinPlayer) -> dict[str, Any]:
    [song] = player.page("/Items", includeItemTypes="Audio", fields="MediaSources")
    return song


def test_file_is_sent_unchanged_in_ranges(client: TestClient, player: JellyfinPlayer, song: dict[str, Any]) -> None:
    size = song["MediaSources"][0]["Size"]
    key = {"ApiKey": player.token}
    for path, query in (("Items/{}/File", {}), ("items/{}/download", {}), ("audio/{}/universal", FEISHIN),
                        ("Audio/{}/stream", {"static": "true"}), ("Audio/{}/universal", {})):  # fmt: skip
        sent = client.get(
            f"/jellyfin/{path.format(song['Id'])}", params={**query, **key}, headers={"Range": "bytes=4-9"}
        )
        assert (sent.status_code, sent.headers["content-type"], len(sent.content)) == (206, "audio/flac", 6)
        assert sent.headers["content-range"] == f"bytes 4-9/{size}"


@pytest.mark.parametrize(
    ("path", "query", "media_type"),
    [
        # Finamp downloads, Feishin limits the bit rate, and Finamp's stream by HLS has one segment.
        ("Audio/{}/Universal", {"transcodingContainer": "ogg", "audioCodec": "opus", "audioBitRate": 64_000},
         "audio/ogg"),
        ("audio/{}/universal", {**FEISHIN, "audioCodec": "mp3", "maxStreamingBitrate": 96_000}, "audio/mpeg"),
        ("Audio/{}/stream.mp3", {"audioBitRate": "128000"}, "audio/mpeg"),
    ],
)  # fmt: skip
def test_song_is_converted_on_request(
    player: JellyfinPlayer, song: dict[str, Any], path: str, query: dict[str, Any], media_type: str
) -> None:
    sent = player.get(f"/{path.format(song['Id'])}", **query)
    assert sent.headers["content-type"] == media_type
    assert len(sent.content) < song["MediaSources"][0]["Size"] / 2


def test_playback_info_has_lyrics_and_bit_rate_limit(player: JellyfinPlayer, song: dict[str, Any]) -> None:
    [source] = player.get(f"/Items/{song['Id']}/PlaybackInfo", userId=player.user)["MediaSources"]
    audio, words = (require(stream, MEDIA_STREAM) for stream in require(source, MEDIA_SOURCE)["MediaStreams"])
    assert (audio["Type"], audio["Codec"], audio["SampleRate"], words["Type"]) == ("Audio", "flac", RATE_HZ, "Lyric")
    body = {"UserId": player.user, "MaxStreamingBitrate": 128_000, "DeviceProfile": {"Name": "x"}}
    [source] = player.ask("POST", f"/Items/{song['Id']}/PlaybackInfo", body=body)["MediaSources"]
    assert (source["SupportsDirectPlay"], source["SupportsTranscoding"]) == (False, True)
    assert player.get(source["TranscodingUrl"]).headers["content-type"] == "audio/mpeg"
    segments = player.get(f"/Audio/{song['Id']}/main.m3u8", audioCodec="aac", audioBitRate="128000").text
    [segment] = [line for line in segments.splitlines() if line and not line.startswith("#")]
    assert segment.startswith("stream.mp3?ApiKey=")
    assert segment.endswith("audioBitRate=128000")


def test_lyrics_have_times(client: TestClient, player: JellyfinPlayer, song: dict[str, Any]) -> None:
    for key in (song["Id"], song["AlbumId"]):
        for query in ({"format": "jpg", "quality": "90", "MaxWidth": "4", "MaxHeight": "4"}, {"width": 300}):
            sent = client.get(f"/jellyfin/Items/{key}/Images/Primary", params=query)
            assert (sent.status_code, sent.headers["content-type"].partition("/")[0]) == (200, "image")
    assert client.get(f"/jellyfin/Items/{player.user}/Images/Primary").status_code == 404
    assert player.get(f"/Audio/{song['Id']}/Lyrics")["Lyrics"] == [{"Text": "One", "Start": 15_000_000}]

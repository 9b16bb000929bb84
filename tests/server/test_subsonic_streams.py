"""What players are sent of a song: in the form and with the bits a second that they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import soundfile
from servers import client_of
from starlette.testclient import TestClient

from map4.library import Library
from map4.plugins import inline_lanes

RATE_HZ, LENGTH_S = 44_100, 12
FILES = {"lossless.flac": {}, "mp3-128.mp3": {"bitrate_mode": "CONSTANT", "compression_level": 0.68}}


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a server with noise, which no encoder makes small, in two forms."""
    folder = tmp_path_factory.mktemp("streams")
    music = folder / "music"
    music.mkdir()
    noise = np.random.default_rng(4).normal(0, 0.1, (RATE_HZ * LENGTH_S, 2))
    for name, how in FILES.items():
        soundfile.write(music / name, noise, RATE_HZ, **how)
    with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
        library.scan([music], jobs=1)
    with client_of(folder / "library.map4", music) as client:
        yield client


def song(client: TestClient, name: str) -> dict[str, Any]:
    found = client.get("/rest/search3", params={"query": name, "f": "json"}).json()["subsonic-response"]
    [one] = found["searchResult3"]["song"]
    return dict(one)


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
def test_no_more_bits_are_sent_than_asked_for_or_than_the_file_has(
    player: TestClient, name: str, asked: dict[str, Any], media_type: str, most_kbps: int
) -> None:
    sent = player.get("/rest/stream", params={"id": song(player, name)["id"], **asked})
    assert (sent.status_code, sent.headers["content-type"]) == (200, media_type)
    kbps = len(sent.content) * 8 / LENGTH_S / 1000
    assert 0.55 * most_kbps < kbps < 1.02 * most_kbps  # the headers of so short a file


@pytest.mark.parametrize("asked", [{}, {"maxBitRate": 0}, {"maxBitRate": 128}, {"format": "mp3", "maxBitRate": 320}])
def test_what_is_small_enough_is_sent_as_it_is(player: TestClient, asked: dict[str, Any]) -> None:
    found = song(player, "mp3-128.mp3")
    assert found["bitRate"] == 128
    sent = player.get("/rest/stream", params={"id": found["id"], **asked})
    assert (sent.headers["content-type"], len(sent.content)) == ("audio/mpeg", found["size"])

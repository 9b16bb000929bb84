"""Players beside the other surfaces: pages of other hosts, events, plays, and the cookie of the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import HERE, client_of
from starlette.testclient import TestClient

API = "/api/v1"
PLAYER = "http://player.example:4343"
OTHERS = ["http://player.example", "https://player.example:4343", "http://evil.example:4343", "null", "file://"]
WHO = {"u": "any", "p": "any", "f": "json"}


@pytest.fixture
def open_client(sound_library: Path, scanned_music: Path) -> Iterator[TestClient]:
    with client_of(sound_library, scanned_music, allow_origins=(PLAYER,)) as found:
        yield found


@pytest.mark.parametrize("path", ["/rest/ping?f=json", "/rest/star?id=x&f=json"])
def test_only_allowed_origins_are_answered(open_client: TestClient, path: str) -> None:
    shown = {"Origin": PLAYER, "Sec-Fetch-Site": "cross-site", "Referer": f"{PLAYER}/"}
    asked = open_client.get(path, headers=shown)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, PLAYER)
    for other in OTHERS:
        refused = open_client.get(path, headers={"Origin": other})
        assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False), other
    assert open_client.get(path, headers={"Origin": HERE}).status_code == 200


def test_foreign_pages_can_play_songs_but_change_nothing(open_client: TestClient) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Referer": "http://elsewhere.example/"}
    for method in ("stream", "download", "getCoverArt"):
        sent = open_client.get(f"/rest/{method}", params={"id": "a1-00"}, headers=elsewhere)
        assert (sent.status_code, sent.headers["cross-origin-resource-policy"]) == (200, "cross-origin")
    for method in ("star", "createPlaylist", "search3"):
        assert open_client.get(f"/rest/{method}", params={"id": "a1-00"}, headers=elsewhere).status_code == 403
    assert open_client.post("/api/v1/scan", json={}, headers=elsewhere).status_code == 403


def test_other_origins_are_refused_unless_allowed(sound_library: Path) -> None:
    with client_of(sound_library) as client:
        for path in ("/rest/ping", "/rest/stream?id=a1-00"):
            assert client.get(path, headers={"Origin": PLAYER}).status_code == 403
            assert client.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert client.get("/health").headers["cross-origin-resource-policy"] == "same-origin"


def test_scrobbles_are_stored_as_plays(client: TestClient) -> None:
    [track] = client.get(f"{API}/search?q=&limit=1").json()["ids"]
    began_ms = 1_767_225_600_000  # 2026-01-01
    for submission in ("True", "false", "False", "FALSE", "0"):
        play = {"time": began_ms + 1000 * (submission != "True"), "submission": submission}
        client.get("/rest/scrobble", params={"id": track, **WHO, **play})
    [play] = client.get(f"{API}/plays").json()["plays"]
    assert (play["id"], play["at"], play["source"]) == (track, "2026-01-01T00:00:00Z", "subsonic")
    for wrong in ("never", "1730611", "4102444800000", "-86400000", "631151999999", "9" * 40):
        answer = client.get("/rest/scrobble", params={"id": track, **WHO, "time": wrong})
        assert "milliseconds since 1970" in answer.json()["subsonic-response"]["error"]["message"]
    client.get("/rest/scrobble", params={"id": track, **WHO, "time": 1_730_611_800})  # seconds
    assert [play["at"] for play in client.get(f"{API}/plays").json()["plays"]] == [play["at"], "2024-11-03T05:30:00Z"]

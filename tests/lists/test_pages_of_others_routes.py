"""Pages of other hosts: refused, but for those that are named, which may ask, and show and play what they find."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from people import add_people
from servers import HERE, client_of
from starlette.testclient import TestClient

from map4.server.connections.setting_values import origins

PLAYER = "http://player.example:4343"
OTHERS = ["http://player.example", "https://player.example:4343", "http://evil.example:4343", "null", "file://"]
ASKS = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def client(sound_library: Path, scanned_music: Path) -> Iterator[TestClient]:
    with client_of(sound_library, scanned_music, allow_origins=(PLAYER,)) as found:
        yield found


def test_only_allowed_and_valid_origins_are_answered(client: TestClient) -> None:
    path = "/api/v1/tracks"
    asked = client.get(path, headers={"Origin": PLAYER, "Sec-Fetch-Site": "cross-site", "Referer": f"{PLAYER}/"})
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == PLAYER
    assert "access-control-allow-credentials" not in asked.headers
    assert "origin" in asked.headers["vary"].lower()
    for other in OTHERS:
        refused = client.get(path, headers={"Origin": other})
        assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False), other
    assert client.get(path, headers={"Origin": HERE}).status_code == 200
    assert "access-control-allow-origin" not in client.get(path, headers={"Origin": HERE}).headers
    answer = client.options("/api/v1/tracks/x", headers={"Origin": PLAYER, **ASKS})
    assert answer.status_code == 204
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert answer.headers["access-control-allow-origin"] == PLAYER
    assert client.options("/api/v1/tracks/x", headers={"Origin": OTHERS[0], **ASKS}).status_code == 403
    for origin in ("*", "player.example", "https://player.example/path", "https://a b", "https://"):
        with pytest.raises(ValueError, match=r"such as https://player\.example"):
            origins([origin])


def test_cookie_is_refused_from_other_origins(made: Path, tmp_path: Path) -> None:
    people = add_people(made, tmp_path / "other.map4")
    shown = next(headers for who, headers in people.right.items() if "cookie" in who)
    with client_of(made, allow_origins=(PLAYER,)) as client:
        own, other = (
            client.get("/api/v1/tracks", headers={**shown, "Origin": origin}).status_code for origin in (HERE, PLAYER)
        )
    assert (own, other) == (200, 401)


@pytest.mark.parametrize(
    ("origin", "read"),
    [("https://Player.example/", "https://player.example"), ("http://[::1]:80", "http://[::1]:80"), ("null", "null"),
     ("file://", "file://"), ("app://localhost", "app://localhost")],
)  # fmt: skip
def test_allowed_origins_are_normalised(origin: str, read: str) -> None:
    assert origins([origin]) == (read,)

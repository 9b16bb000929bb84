"""Pages of other hosts: refused, but for those that are named, which may ask, and show and play what they find."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WHY_NOT, browser
from live_server import listening
from people import add_people
from servers import HERE, client_of, settings_of
from starlette.testclient import TestClient

from map4.server.app import make_app
from map4.server.connections.setting_values import origins

PLAYER = "http://player.example:4343"
OTHERS = ["http://player.example", "https://player.example:4343", "http://evil.example:4343", "null", "file://"]
ASKS = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def client(sound_library: Path, scanned_music: Path) -> Iterator[TestClient]:
    with client_of(sound_library, scanned_music, allow_origins=(PLAYER,)) as found:
        yield found


@pytest.mark.parametrize("path", ["/rest/ping?f=json", "/api/v1/tracks", "/rest/star?id=x&f=json"])
def test_a_page_that_is_named_may_ask_and_no_other(client: TestClient, path: str) -> None:
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


def test_what_it_would_ask_it_may_ask_before(client: TestClient) -> None:
    told = client.options("/api/v1/tracks/x", headers={"Origin": PLAYER, **ASKS})
    assert told.status_code == 204
    assert "PUT" in told.headers["access-control-allow-methods"]
    assert "authorization" in told.headers["access-control-allow-headers"].lower()
    assert told.headers["access-control-allow-origin"] == PLAYER
    assert client.options("/api/v1/tracks/x", headers={"Origin": OTHERS[0], **ASKS}).status_code == 403


def test_a_song_is_played_by_its_address_and_nothing_changed_by_one(client: TestClient) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Referer": "http://elsewhere.example/"}
    for method in ("stream", "download", "getCoverArt"):
        sent = client.get(f"/rest/{method}", params={"id": "a1-00"}, headers=elsewhere)
        assert (sent.status_code, sent.headers["cross-origin-resource-policy"]) == (200, "cross-origin")
    for method in ("star", "createPlaylist", "search3"):
        assert client.get(f"/rest/{method}", params={"id": "a1-00"}, headers=elsewhere).status_code == 403
    assert client.post("/api/v1/scan", json={}, headers=elsewhere).status_code == 403


def test_without_a_name_all_is_as_it_was(sound_library: Path) -> None:
    with client_of(sound_library) as client:
        for path in ("/rest/ping", "/rest/stream?id=a1-00"):
            assert client.get(path, headers={"Origin": PLAYER}).status_code == 403
            assert client.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert client.get("/health").headers["cross-origin-resource-policy"] == "same-origin"


def test_a_cookie_counts_for_the_own_page_alone(made: Path, tmp_path: Path) -> None:
    people = add_people(made, tmp_path / "other.map4")
    shown = next(one for who, one in people.right.items() if "cookie" in who)
    with client_of(made, allow_origins=(PLAYER,)) as client:
        own, other = (
            client.get("/api/v1/tracks", headers={**shown, "Origin": origin}).status_code for origin in (HERE, PLAYER)
        )
    assert (own, other) == (200, 401)


PAGE = """<!DOCTYPE html><audio></audio><script>
async function asked(server, id) {
  const told = await fetch(`${server}/rest/ping?f=json`, {headers: {Authorization: "Bearer none"}})
    .then((answer) => answer.status, () => "refused");
  const audio = document.querySelector("audio");
  const heard = await new Promise((done) => {
    audio.onloadedmetadata = () => done(Math.round(audio.duration));
    audio.onerror = () => done("refused");
    audio.src = `${server}/rest/stream?id=${id}`;
  });
  return [told, heard];
}
</script>"""


@pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
@pytest.mark.parametrize("is_named", [True, False])
def test_a_real_page_asks_and_plays_where_it_is_named(
    sound_library: Path, scanned_music: Path, tmp_path: Path, is_named: bool
) -> None:
    (tmp_path / "player.html").write_text(PAGE, encoding="utf-8")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        origin = f"http://localhost:{pages.server_port}"
        settings = settings_of(sound_library, scanned_music, allow_origins=(origin,) if is_named else ())
        with listening(make_app(settings)) as port, browser() as tab:
            tab.page.goto(f"{origin}/player.html")
            server = f"http://127.0.0.1:{port}"
            [song] = tab.page.request.get(f"{server}/api/v1/search?q=two.wav").json()["ids"]
            told, heard = tab.run("([server, id]) => asked(server, id)", [server, song])
        pages.shutdown()
    assert (told, heard) == ((200, 2) if is_named else ("refused", "refused"))


@pytest.mark.parametrize(
    ("said", "read"),
    [("https://Player.example/", "https://player.example"), ("http://[::1]:80", "http://[::1]:80"), ("null", "null"),
     ("file://", "file://"), ("app://localhost", "app://localhost")],
)  # fmt: skip
def test_an_origin_is_read(said: str, read: str) -> None:
    assert origins([said]) == (read,)


@pytest.mark.parametrize("said", ["*", "player.example", "https://player.example/path", "https://a b", "https://"])
def test_what_is_none_is_refused_in_words(said: str) -> None:
    with pytest.raises(ValueError, match=r"such as https://player\.example"):
        origins([said])

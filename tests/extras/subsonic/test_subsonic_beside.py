"""Players beside the other surfaces: pages of other hosts, events, plays, and the cookie of the page."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WHY_NOT, browser
from live_server import listening
from people import add_people
from servers import HERE, client_of, settings_of
from starlette.testclient import TestClient

from map4 import Library
from map4.server.app import make_app

API = "/api/v1"
PLAYER = "http://player.example:4343"
OTHERS = ["http://player.example", "https://player.example:4343", "http://evil.example:4343", "null", "file://"]
WHO = {"u": "any", "p": "any", "f": "json"}


@pytest.fixture
def open_client(sound_library: Path, scanned_music: Path) -> Iterator[TestClient]:
    with client_of(sound_library, scanned_music, allow_origins=(PLAYER,)) as found:
        yield found


@pytest.mark.parametrize("path", ["/rest/ping?f=json", "/rest/star?id=x&f=json"])
def test_a_page_that_is_named_may_ask_and_no_other(open_client: TestClient, path: str) -> None:
    shown = {"Origin": PLAYER, "Sec-Fetch-Site": "cross-site", "Referer": f"{PLAYER}/"}
    asked = open_client.get(path, headers=shown)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, PLAYER)
    for other in OTHERS:
        refused = open_client.get(path, headers={"Origin": other})
        assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False), other
    assert open_client.get(path, headers={"Origin": HERE}).status_code == 200


def test_a_song_is_played_by_its_address_and_nothing_changed_by_one(open_client: TestClient) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Referer": "http://elsewhere.example/"}
    for method in ("stream", "download", "getCoverArt"):
        sent = open_client.get(f"/rest/{method}", params={"id": "a1-00"}, headers=elsewhere)
        assert (sent.status_code, sent.headers["cross-origin-resource-policy"]) == (200, "cross-origin")
    for method in ("star", "createPlaylist", "search3"):
        assert open_client.get(f"/rest/{method}", params={"id": "a1-00"}, headers=elsewhere).status_code == 403
    assert open_client.post("/api/v1/scan", json={}, headers=elsewhere).status_code == 403


def test_without_a_name_all_is_as_it_was(sound_library: Path) -> None:
    with client_of(sound_library) as client:
        for path in ("/rest/ping", "/rest/stream?id=a1-00"):
            assert client.get(path, headers={"Origin": PLAYER}).status_code == 403
            assert client.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert client.get("/health").headers["cross-origin-resource-policy"] == "same-origin"


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


@pytest.mark.world
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


def test_stars_and_ratings_of_a_player_are_events(made: Path) -> None:
    with Library.open(made) as library:
        before = library.events.since(None).through
    with client_of(made) as client:
        [track] = client.get(f"{API}/search?q=&limit=1").json()["ids"]
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever

        def new_events() -> list[tuple[str, list[str]]]:
            nonlocal before
            text = client.get(f"{API}/events", headers={"Last-Event-ID": before}).text
            before = re.findall("id: (.*)", text)[-1]
            events = [json.loads(data) for data in re.findall("data: (.*)", text)]
            return [(event["type"], event["what"], event["ids"]) for event in events]

        for method in ("star", "unstar"):
            client.get(f"/rest/{method}", params={"id": track, **WHO})
            assert [kind for kind, _, _ in new_events()] == ["lists"]
        client.get("/rest/setRating", params={"id": track, "rating": 4, **WHO})
        assert new_events() == [("values", "rated", [track])]


def test_a_player_tells_what_was_heard(client: TestClient) -> None:
    [track] = client.get(f"{API}/search?q=&limit=1").json()["ids"]
    began_ms = 1_767_225_600_000  # 2026-01-01
    for more in ({"time": began_ms}, {"time": began_ms + 1000, "submission": "false"}):
        client.get("/rest/scrobble", params={"id": track, **WHO, **more})
    [play] = client.get(f"{API}/plays").json()["plays"]
    assert (play["id"], play["at"], play["source"]) == (track, "2026-01-01T00:00:00Z", "subsonic")
    for wrong in ("never", "1730611", "4102444800000", "-86400000", "631151999999", "9" * 40):
        answer = client.get("/rest/scrobble", params={"id": track, **WHO, "time": wrong})
        assert "milliseconds since 1970" in answer.json()["subsonic-response"]["error"]["message"]
    client.get("/rest/scrobble", params={"id": track, **WHO, "time": 1_730_611_800})  # seconds
    assert [one["at"] for one in client.get(f"{API}/plays").json()["plays"]] == [play["at"], "2024-11-03T05:30:00Z"]


def test_the_cookie_of_the_page_is_no_log_in_of_a_player(made: Path, tmp_path: Path) -> None:
    people = add_people(made, tmp_path / "other.map4")
    cookie = next(headers for who, headers in people.right.items() if "cookie" in who)
    with client_of(made) as client:
        answer = client.get("/rest/getPlaylists?f=json", headers=cookie).json()["subsonic-response"]
    assert answer["error"]["code"] in (10, 40)

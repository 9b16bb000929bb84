"""What the page and players say was heard."""

from __future__ import annotations

from starlette.testclient import TestClient

API = "/api/v1"


def test_the_page_and_a_player_tell_what_was_heard(client: TestClient) -> None:
    [a, b, *_] = client.get(f"{API}/search?q=").json()["ids"]
    long, short = ({"track": a, "heard_s": heard, "at": "2026-03-04T05:06:07Z"} for heard in (240, 1))
    assert [client.post(f"{API}/plays", json=body).json()["kept"] for body in (short, long, long)] == [
        False, True, False
    ]  # fmt: skip
    began_ms = 1_767_225_600_000  # 2026-01-01
    for more in ({"time": began_ms}, {"time": began_ms + 1000, "submission": "false"}):
        client.get("/rest/scrobble", params={"id": b, "f": "json", "u": "any", "p": "any", **more})
    told = client.get(f"{API}/plays").json()
    assert [(one["id"], one["at"], one["source"], one["heard_s"]) for one in told["plays"]] == [
        (a, "2026-03-04T05:06:07Z", "page", 240), (b, "2026-01-01T00:00:00Z", "subsonic", None)
    ]  # fmt: skip
    wrong = client.get("/rest/scrobble", params={"id": b, "f": "json", "u": "any", "p": "any", "time": "never"})
    assert "milliseconds since 1970" in wrong.json()["subsonic-response"]["error"]["message"]

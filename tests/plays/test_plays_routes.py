"""What the page and players say was heard."""

from starlette.testclient import TestClient

API = "/api/v1"


def test_plays_posted_by_the_page_are_listed(client: TestClient) -> None:
    [a, *_] = client.get(f"{API}/search?q=").json()["ids"]
    long, short = ({"track": a, "heard_s": heard, "at": "2026-03-04T05:06:07Z"} for heard in (240, 1))
    assert [client.post(f"{API}/plays", json=body).json()["kept"] for body in (short, long, long)] == [
        False, True, False
    ]  # fmt: skip
    document = client.get(f"{API}/plays").json()
    assert [(play["id"], play["at"], play["source"], play["heard_s"]) for play in document["plays"]] == [
        (a, "2026-03-04T05:06:07Z", "page", 240)
    ]  # fmt: skip

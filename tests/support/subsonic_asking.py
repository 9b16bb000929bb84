"""Questions of a music player to a server, as JSON."""

from typing import Any

from starlette.testclient import TestClient


def ask(client: TestClient, method: str, **parameters: Any) -> dict[str, Any]:
    """What a method answers."""
    found = client.get(
        f"/rest/{method}", params={"u": "me", "p": "x", "v": "1.16.1", "c": "t", "f": "json", **parameters}
    )
    assert found.status_code == 200, found.text
    answer: dict[str, Any] = found.json()["subsonic-response"]
    assert (answer["version"], answer["type"], answer["openSubsonic"]) == ("1.16.1", "map4", True)
    return answer


def good(client: TestClient, method: str, **parameters: Any) -> dict[str, Any]:
    answer = ask(client, method, **parameters)
    assert answer["status"] == "ok", answer
    return answer


def refused(client: TestClient, method: str, **parameters: Any) -> tuple[int, str]:
    answer = ask(client, method, **parameters)
    assert answer["status"] == "failed"
    return answer["error"]["code"], answer["error"]["message"]


def ids(songs: list[dict[str, Any]]) -> list[str]:
    return [song["id"] for song in songs]

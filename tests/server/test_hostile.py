"""Requests that mean harm: refused with 4xx and never with 500, and nothing of this machine is told."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from libraries import file_id
from servers import HERE, client_of
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

API = "/api/v1"
FIRST = f"{API}/tracks/{file_id(1)}"
JSON = {"content-type": "application/json"}
FORM = "multipart/form-data; boundary=b"


@pytest.fixture(scope="module")
def target(sound_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server with small limits."""
    folder = tmp_path_factory.mktemp("hostile")
    library = folder / "library.map4"
    library.write_bytes((sound_once / "library.map4").read_bytes())
    with client_of(library, sound_once / "music", most_body_bytes=20_000, most_upload_bytes=50_000) as client:
        yield client


def _deep(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


def _part(disposition: str, body: bytes = b"x") -> bytes:
    return b"--b\r\nContent-Disposition: " + disposition.encode() + b"\r\n\r\n" + body + b"\r\n--b--\r\n"


# Method, address, and what goes along: headers, and the body as bytes or JSON.
REQUESTS: tuple[tuple[str, str, dict[str, str], Any], ...] = (
    # Other paths than were meant.
    ("GET", "/../../etc/passwd", {}, None),
    ("GET", "/%2e%2e/%2e%2e/etc/passwd", {}, None),
    ("GET", f"{API}/tracks/..%2f..%2f..%2fetc%2fpasswd", {}, None),
    ("GET", f"{API}/tracks/..%2f..%2fetc%2fpasswd/audio", {}, None),
    ("GET", f"{API}/tracks/%2fetc%2fpasswd/audio", {}, None),
    ("GET", f"{API}/tracks/%00/audio", {}, None),
    ("GET", f"{FIRST}%00", {}, None),
    ("GET", f"{API}/tracks/f--1", {}, None),
    ("GET", f"{API}/tracks/f-99999999999999999999999999", {}, None),
    ("GET", f"{API}/tracks/{'a' * 5000}", {}, None),
    ("GET", f"{API}/tracks/%ff%fe", {}, None),
    ("GET", f"{API}/tracks/%ed%a0%80", {}, None),
    ("GET", f"{API}/lists/..%2f..%2fetc%2fpasswd", {}, None),
    ("GET", f"{API}/compatibility/%2fetc%2fpasswd/{file_id(1)}", {}, None),
    ("POST", f"{API}/tracks/analyze", {}, {"path": "/etc/passwd"}),
    ("POST", f"{API}/tracks/analyze", {}, {"path": "../../../../etc/passwd"}),
    ("POST", f"{API}/tracks/analyze", {}, {"path": "/proc/self/environ"}),
    ("POST", f"{API}/tracks/analyze", {}, {"path": "/dev/zero"}),
    ("POST", f"{API}/tracks/analyze", {}, {"path": ""}),
    ("POST", f"{API}/tracks/analyze", {}, {"path": "a\0b"}),
    ("POST", f"{API}/tracks/analyze", {}, {"path": "http://169.254.169.254/latest"}),
    ("POST", f"{API}/tracks/analyze", {}, {"path": "file:///etc/passwd"}),
    ("POST", f"{API}/tracks/analyze", {}, {"path": "~/x.wav"}),
    ("POST", f"{API}/scan", {}, {"files": ["x", "~/x"]}),
    ("POST", f"{API}/batch/analyze", {}, {"files": ["~/x"]}),
    ("POST", f"{API}/playlists/generate", {}, {"folder": "~/x"}),
    ("POST", f"{API}/audio/find-similar", {}, {"files": ["/etc/passwd"]}),
    ("POST", f"{API}/audio/find-similar", {}, {"files": ["http://localhost:1/x.mp3"]}),
    ("POST", f"{API}/compare", {}, {"files": ["/etc", "/etc/passwd"]}),
    ("POST", f"{API}/playlists/generate", {}, {"seeds": "/etc/passwd"}),
    ("POST", f"{API}/playlists/generate", {}, {"folder": "/etc"}),
    ("POST", f"{API}/playlists/check", {}, {"list": "/etc/passwd"}),
    ("POST", f"{API}/playlists/check", {}, {"list": "../library.map4"}),
    # Bodies.
    ("PUT", FIRST, JSON, b"x" * 30_000),
    ("PUT", FIRST, JSON, _deep(9_000)),
    ("PUT", FIRST, JSON, b'{"bpm":' + _deep(4_000) + b"}"),
    ("PUT", FIRST, JSON, _deep(2_000, '{"a":', "1")),
    ("PUT", FIRST, JSON, b"{"),
    ("PUT", FIRST, JSON, b"\xff\xfe{"),
    ("PUT", FIRST, JSON, b'{"\xff": 1}'),
    ("PUT", FIRST, JSON, b'{"title": "\x8b"}'),
    ("PUT", FIRST, JSON, b"[]"),
    ("PUT", FIRST, JSON, b'"bpm"'),
    ("PUT", FIRST, JSON, b'{"bpm": 1e999}'),
    ("PUT", FIRST, JSON, b'{"bpm": NaN}'),
    ("PUT", FIRST, JSON, b'{"bpm": "120"}'),
    ("PUT", FIRST, JSON, b'{"title": "\\ud800"}'),
    ("PUT", FIRST, JSON, b'{"year": 99999999999999999999999999}'),
    ("POST", f"{API}/changes/99999999999999999999/undo", {}, {}),
    ("POST", f"{API}/tokens", {}, {"name": "x", "user": 10**30}),
    ("PUT", FIRST, JSON, b'{"__class__": "x"}'),
    ("PUT", FIRST, {"content-type": "text/plain"}, b'{"bpm": 120}'),
    ("PUT", FIRST, {"content-type": "application/x-www-form-urlencoded"}, b"bpm=120"),
    ("PUT", FIRST, {**JSON, "content-length": "many"}, b'{"bpm": 120}'),
    ("PUT", FIRST, {**JSON, "content-length": "-5"}, b'{"bpm": 120}'),
    ("POST", f"{API}/search/advanced", {}, {"filters": {"bpm": {"operator": "drop table files"}}}),
    ("POST", f"{API}/search/advanced", {}, {"filters": {"bpm; DROP TABLE files": {"operator": "known"}}}),
    ("POST", f"{API}/search/advanced", {}, {"query": "a" * 11_000}),
    ("POST", f"{API}/search/advanced", {}, {"query": " ".join(["x"] * 900)}),
    ("POST", f"{API}/search/advanced", {}, {"sort": ["bpm; DROP TABLE files"]}),
    ("POST", f"{API}/search/advanced", {}, {"limit": 10**12}),
    ("POST", f"{API}/compare", {}, {"files": [file_id(1)] * 500}),
    ("POST", f"{API}/playlists/generate", {}, {"n": -1}),
    ("POST", f"{API}/playlists/generate", {}, {"n": 10**9, "minutes": 1}),
    ("POST", f"{API}/playlists/generate", {}, {"curve": "0:1," * 2_000}),
    ("POST", f"{API}/playlists/order", {}, {"tracks": [], "list": None}),
    ("POST", f"{API}/lists", {}, {"name": "../x", "tracks": []}),
    ("POST", f"{API}/lists", {}, {"name": "x\r\nSet-Cookie: a=b", "tracks": []}),
    ("POST", f"{API}/lists", {}, {"name": "", "tracks": []}),
    ("POST", f"{API}/lists", {}, {"name": "x" * 5_000, "tracks": []}),
    # Files that are sent.
    ("POST", f"{API}/tracks/analyze", {"content-type": FORM}, b"no parts at all"),
    ("POST", f"{API}/tracks/analyze", {"content-type": "multipart/form-data"}, b"--b--"),
    ("POST", f"{API}/tracks/analyze", {"content-type": FORM}, b"--b\r\n" + b"x" * 4_000),
    ("POST", f"{API}/tracks/analyze", {"content-type": FORM}, _part('form-data; name="file"')),
    ("POST", f"{API}/tracks/analyze", {"content-type": FORM}, _part('form-data; name="other"; filename="x.wav"')),
    ("POST", f"{API}/tracks/analyze", {"content-type": FORM}, _part('form-data; name="file"; filename="../x\0.wav"')),
    ("POST", f"{API}/tracks/analyze", {"content-type": FORM}, _part('form-data; name="file"; filename="/etc/x.wav"')),
    ("POST", f"{API}/tracks/analyze", {"content-type": FORM}, _part('form-data; name="file"; filename="a.wav"', b"")),
    ("POST", f"{API}/tracks/analyze", {"content-type": FORM},
     _part('form-data; name="file"; filename="big.wav"', b"x" * 60_000)),
    ("POST", f"{API}/tracks/analyze", {"content-type": FORM},
     b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(99)) + b"--b--"),
    ("POST", f"{API}/compare", {"content-type": FORM}, _part('form-data; name="file"; filename="x.wav"')),
    ("PUT", FIRST, {"content-type": FORM}, _part('form-data; name="file"; filename="x.wav"')),
    # Headers.
    ("GET", f"{API}/tracks", {"host": "evil.example"}, None),
    ("GET", f"{API}/tracks", {"host": "localhost.evil.example"}, None),
    ("GET", f"{API}/tracks", {"host": "localhost:8000@evil.example"}, None),
    ("GET", f"{API}/tracks", {"host": "192.168.0.2:8000"}, None),
    ("GET", f"{API}/tracks", {"host": ""}, None),
    ("GET", f"{API}/tracks", {"origin": "https://evil.example"}, None),
    ("GET", f"{API}/tracks", {"origin": "null"}, None),
    ("POST", f"{API}/search/advanced", {"origin": "http://localhost:9999"}, {}),
    ("POST", f"{API}/search/advanced", {"sec-fetch-site": "cross-site"}, {}),
    ("POST", f"{API}/search/advanced", {"sec-fetch-site": "same-site"}, {}),
    ("POST", f"{API}/search/advanced", {"referer": "http://evil.example/localhost:8000/"}, {}),
    ("POST", f"{API}/search/advanced", {"referer": "http://localhost:8000.evil.example/"}, {}),
    ("POST", f"{API}/search/advanced", {"referer": "http://localhost:9999/"}, {}),
    ("POST", f"{API}/scan", {}, None),
    ("POST", f"{API}/scan", {"content-type": "text/plain"}, None),
    ("POST", f"{API}/scan", {"content-type": "application/x-www-form-urlencoded"}, None),
    ("POST", f"{API}/duplicates", {"content-type": "text/plain", "content-length": "0"}, b""),
    ("DELETE", FIRST, {"if-match": '"seen"'}, None),
    ("TRACE", f"{API}/tracks", {}, None),
    ("DELETE", f"{API}/tracks", {}, None),
    ("GET", FIRST, {**JSON}, b"{}"),
    # What follows the address.
    ("GET", f"{API}/tracks?limit=0", {}, None),
    ("GET", f"{API}/tracks?limit=99999999999999999999", {}, None),
    ("GET", f"{API}/tracks?after=-1", {}, None),
    ("GET", f"{API}/changes?by=99999999999999999999", {}, None),
    ("GET", f"{API}/changes?after=-99999999999999999999", {}, None),
    ("GET", f"{API}/audit?user=99999999999999999999", {}, None),
    ("GET", f"{API}/tracks?after=1;DROP", {}, None),
    ("GET", f"{API}/search?after=9.x", {}, None),
    ("GET", f"{API}/tracks?limit=5&limit=6", {}, None),
    ("GET", f"{API}/search?q=bpm:", {}, None),
    ("GET", f"{API}/search?q={'(' * 3000}&x=1", {}, None),
    ("GET", f"{API}/search?unknown=1", {}, None),
    ("GET", f"{API}/doctor?only=%00", {}, None),
    ("GET", f"{FIRST}/audio?as=../../x", {}, None),
)  # fmt: skip

LEAKS = ("Traceback", "root:x:", "site-packages", "map4/server", ".py", "SELECT ", "sqlite3",
         os.getcwd(), os.path.expanduser("~/"))  # fmt: skip


def test_a_hostile_request_is_refused(target: TestClient) -> None:
    for index in range(len(REQUESTS)):
        method, address, headers, body = REQUESTS[index]
        sent = {} if body is None else {"content": body} if isinstance(body, bytes) else {"json": body}
        # Not normalised on the way, as a browser would.
        answer = target.request(method, f"{HERE}{address}", headers=headers, **sent)
        assert 400 <= answer.status_code < 500, (answer.status_code, answer.text)
        problem = {"status": answer.status_code} if method == "HEAD" else json.loads(answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == answer.status_code
        assert not [leak for leak in LEAKS if leak in answer.text]


# Nobody has logged in yet who asks for these.
FOR_ALL = (f"{API}/auth/login", f"{API}/auth/session", f"{API}/auth/refresh", "/rest/ping")


@pytest.mark.parametrize("address", FOR_ALL)
def test_routes_without_uploads_refuse_a_file(target: TestClient, address: str) -> None:
    # A file may be three hundred times as large as other bodies.
    answer = target.post(address, files={"file": b"x" * 40_000})
    assert (answer.status_code, "takes no file" in answer.text) == (415, True)


def test_thousands_of_accents_and_long_reasons_are_bounded(target: TestClient) -> None:
    # Unicode puts marks in order in a time that grows with the square of their number: of a megabyte in minutes.
    tower = "a" + 1000 * "\u0301" + 1000 * "\u0316"
    name = {"username": tower, "password": "x"}
    given = ((FOR_ALL[0], name), (f"{API}/tokens", {"name": tower}), (f"{API}/lists", {"name": tower, "tracks": []}),
             (FIRST, {"title": tower}))  # fmt: skip
    answers = [target.request("PUT" if address == FIRST else "POST", address, json=body) for address, body in given]
    answers += [target.post(FOR_ALL[3], data={"u": tower, "p": "x"})]
    assert [(answer.status_code, "too many accents" in answer.text) for answer in answers] == [
        *[(400, True)] * 4, (200, True),
    ]  # fmt: skip
    address = f"ws://localhost:8000{API}/ws/progress/{'é' * 200}"
    with target.websocket_connect(address) as socket, pytest.raises(WebSocketDisconnect) as refused:
        socket.receive_text()
    assert "é" in refused.value.reason
    assert len(refused.value.reason.encode()) <= 123


RANGES = ("bytes=" + ",".join(f"{n}-{n}" for n in range(1000)), "bytes=abc", "bytes=5-1", "bytes=-", "bytes=-0",
          "lines=0-1", "bytes=" + ",".join(["0-"] * 300), "bytes=99999999999999999999999-",
          "bytes=0-1,1-0,,,")  # fmt: skip


@pytest.mark.parametrize("asked", RANGES, ids=[ranges[:20] for ranges in RANGES])
def test_wrong_ranges_cost_no_more_than_the_file(target: TestClient, asked: str) -> None:
    [address, *_] = target.get(f"{API}/search", params={"q": "three"}).json()["ids"]
    whole = target.get(f"{API}/tracks/{address}/audio").content
    answer = target.get(f"{API}/tracks/{address}/audio", headers={"Range": asked})
    assert answer.status_code in (200, 206, 400, 416)
    assert len(answer.content) < len(whole) + 300_000
    is_problem = answer.headers["content-type"] == "application/problem+json"
    assert is_problem == (answer.status_code >= 400)
    assert ("content-range" in answer.headers) >= (answer.status_code == 416)


def test_hostile_requests_changed_no_data(target: TestClient) -> None:
    assert target.get("/metrics").status_code == 200
    states = target.get(f"{API}/library").json()
    assert states["files"] == {"ok": 4, "failed": 1, "missing": 0, "pending": 0}
    assert states["user_values"] == 0
    assert target.get(f"{API}/lists").json()["lists"] == []

"""Every way in which a web service fails, whichever it is."""

import json
from contextlib import suppress

from service_double import Act, Turn


def html(turn: Turn) -> None:
    turn.send(200, b"<html><body>Please log in to this network</body></html>", content_type="text/html")


def latin(turn: Turn) -> None:
    turn.send(
        200, '{"recordings": [{"title": "Café"}]}'.encode("latin-1"), content_type="application/json; charset=latin-1"
    )


def utf16(turn: Turn) -> None:
    turn.send(200, json.dumps({"recordings": []}).encode("utf-16"))


def drip_head(turn: Turn) -> None:
    """Never end the head, so that no read ever takes long."""
    with suppress(OSError):
        turn.handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not turn.server.over.wait(0.05):
            turn.handler.wfile.write(b"a")


FAULTS: dict[str, Act] = {
    "429": lambda turn: turn.error(429, "slow down"),
    "429 with a time": lambda turn: turn.error(429, "slow down", retry_after="2"),
    "429 with a date": lambda turn: turn.error(
        429, retry_after="Sat, 21 Nov 2026 18:00:05 GMT", date="Sat, 21 Nov 2026 18:00:00 GMT"
    ),
    "429 with nonsense": lambda turn: turn.error(429, retry_after="soon"),
    "429 for days": lambda turn: turn.error(429, retry_after="259200"),
    "503": lambda turn: turn.error(503, "Your requests are exceeding the allowable rate limit."),
    "503 with a time": lambda turn: turn.error(503, retry_after="1"),
    "500": lambda turn: turn.error(500, "internal"),
    "502 in HTML": lambda turn: turn.send(502, b"<html>Bad Gateway</html>", content_type="text/html"),
    "504": lambda turn: turn.send(504, b""),
    "403": lambda turn: turn.error(403, "blocked"),
    "401": lambda turn: turn.error(401),
    "400": lambda turn: turn.error(400, "Invalid mbid."),
    "302": lambda turn: turn.send(302, b"", location="http://login.example/"),
    "HTML": html,
    "truncated JSON": lambda turn: turn.send(200, b'{"recordings": [{"id": "a"'),
    "empty": lambda turn: turn.send(200, b""),
    "a list": lambda turn: turn.send(200, b"[1, 2]"),
    "nested too deep": lambda turn: turn.send(200, b"[" * 100_000),
    "latin-1": latin,
    "UTF-16": utf16,
    "damaged gzip": lambda turn: turn.send(200, b"\x1f\x8b no", content_encoding="gzip"),
    "cut": Turn.cut,
    "hangs up": Turn.hang_up,
    "hangs": Turn.hang,
    "trickles": Turn.trickle,
}

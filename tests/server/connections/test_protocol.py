"""What comes in at a connection: requests that can be read in two ways are none, and nobody fills the log."""

import logging

import h11
import pytest

from map4.server.serving import MOST_CHUNK_BYTES, SeldomWarned, StrictConnection

HOST = b"Host: localhost\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST
TWO_LENGTHS = POST + b"Content-Length: 5\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
REFUSED = {
    "two lengths": TWO_LENGTHS + b"0\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "one bare line feed": b"GET / HTTP/1.1\r\nHost: localhost\nX: 1\r\n\r\n",
    "an end without carriage return": b"GET / HTTP/1.1\r\n" + HOST + b"\n",
    "a folded line": b"GET / HTTP/1.1\r\n" + HOST + b"X: 1\r\n 2\r\n\r\n",
    "a chunk of 17 digits": CHUNKED + b"1" + b"0" * 16 + b"\r\n",
    "a later chunk that is too long": CHUNKED + b"1\r\nx\r\n" + b"%x\r\ny" % (2 * MOST_CHUNK_BYTES),
}


def test_requests_are_read_unless_ambiguous_and_warnings_are_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    for sent in REFUSED.values():
        for pieces in [1, 7, 1000]:
            with pytest.raises(h11.RemoteProtocolError):
                _read(sent, pieces)
    line_feeds = b"a\nb\n\n c"
    whole = POST + b"Content-Length: 7\r\nX: a  b\r\n\r\n" + line_feeds
    assert _read(whole, 3)[1] == line_feeds
    assert _read(CHUNKED + b"7;x=y\r\n" + line_feeds + b"\r\n0\r\n\r\n", 3)[1] == line_feeds
    now = [100.0]
    monkeypatch.setattr("map4.server.serving.time.monotonic", lambda: now[0])
    seldom, warned = SeldomWarned(), []
    for at, message, level in [(0, "a", "WARNING"), (1, "a", "WARNING"), (2, "b", "WARNING"), (59, "a", "WARNING"),
                               (59, "a", "ERROR"), (61, "a", "WARNING"), (62, "a", "WARNING")]:  # fmt: skip
        now[0] = 100.0 + at
        record = logging.makeLogRecord({"msg": message, "levelno": logging.getLevelName(level)})
        if seldom.filter(record):
            warned.append(record.getMessage())
    assert warned == ["a", "b", "a", "a (2 more of these before it)"]


def _read(sent: bytes, pieces: int) -> tuple[bytes, bytes]:
    """The method and the body of a request that comes in pieces of so many bytes."""
    connection, method, body = StrictConnection(h11.SERVER), b"", b""
    for start in range(0, len(sent), pieces):
        connection.receive_data(sent[start : start + pieces])
        while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            method = event.method if isinstance(event, h11.Request) else method
            body += event.data if isinstance(event, h11.Data) else b""
    assert connection.their_state is h11.DONE
    return method, body

"""`map4 serve` for others than this machine: it does not start without what they need, and speaks TLS."""

from __future__ import annotations

import errno
import signal
import socket
import ssl
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate_in, trusting
from conftest import Run
from started import Start, start

from map4.errors import Map4Error
from map4.infra.passwords import verify
from map4.library import Library
from map4.server.serving import listen
from map4.server.settings import ServerSettings

__all__ = ["start"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--host", "0.0.0.0"), "others would send their passwords unencrypted; give a certificate (--cert FILE"),
        (("--host", "::"), "others would send their passwords unencrypted"),
        (("--host", "0.0.0.0", "--plain-http"), "reach this library through 0.0.0.0, and it has no account; make one"),
        (("--proxy", "10.0.0.2"), "reach this library through a proxy (10.0.0.2/32), and it has no account"),
        (("--host", "box"), "--host box is no address; give one of this machine, such as 127.0.0.1"),
        (("--cert", "x.pem"), "--cert and --key go together"),
        (("--cert", "x.pem", "--key", "x.key"), "x.pem can't be read (No such file or directory)"),
        (("--proxy", "caddy"), "--proxy is ('caddy',), but caddy is no address or network"),
        (("--base-path", "/rest"), "a base path can't begin as map4's own addresses do (/rest); take another"),
    ],
)
def test_it_does_not_start_without_what_others_need(
    inside: Run, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    done = inside("serve", "--port", "0", *options, env={"MAP4_LIBRARY": str(tmp_path / "none.map4")})
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert told in line


@pytest.mark.parametrize(
    ("host", "bound", "is_dual"),
    [("0.0.0.0", "0.0.0.0", False), ("::", "::", socket.has_dualstack_ipv6()), ("192.0.2.7", "192.0.2.7", False),
     ("fd00::7", "fd00::7", False), ("localhost", "127.0.0.1", False)],
)  # fmt: skip
def test_it_listens_where_it_is_told(monkeypatch: pytest.MonkeyPatch, host: str, bound: str, is_dual: bool) -> None:
    asked: list[Any] = []

    def refused(address: Any, **how: Any) -> socket.socket:
        asked.append((address[0], how["family"] == socket.AF_INET6, how["dualstack_ipv6"]))
        raise OSError(errno.EADDRNOTAVAIL, "no")

    monkeypatch.setattr("map4.server.serving.socket.create_server", refused)
    with pytest.raises(Map4Error, match=f"the address {bound} can't be listened on .Cannot assign"):
        listen(ServerSettings(library="x.map4", open_library=partial(Library.open, "x.map4"), host=host))
    assert asked == [(bound, ":" in host, is_dual)]


def _answer(port: int, context: ssl.SSLContext, path: str = "/health", **headers: str) -> tuple[int, bytes, str | None]:
    connection = HTTPSConnection("localhost", port, timeout=10, context=context)
    connection.request("GET", path, headers=headers)
    sock = connection.sock
    assert isinstance(sock, ssl.SSLSocket)
    answer = connection.getresponse()
    return answer.status, answer.read(), sock.version()


def test_it_speaks_tls_and_no_older_one_than_it_was_told(start: Start, tmp_path: Path) -> None:
    cert, key = certificate_in(tmp_path)
    process, port = start("--cert", cert, "--key", key)
    new, old = trusting(cert), trusting(cert, ssl.TLSVersion.TLSv1_2)
    assert _answer(port, new)[::2] == (200, "TLSv1.3")
    with pytest.raises(ssl.SSLError):
        _answer(port, old)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        plain.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1.1 200" not in plain.recv(100)
    own = f"https://localhost:{port}"
    for origin, status in ((own, 200), (own.replace("https", "http"), 403), ("https://localhost", 403)):
        assert _answer(port, new, "/api/v1/lists", Origin=origin)[0] == status
    renewed, renewed_key = certificate_in(tmp_path, "renewed")
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    assert process.stderr is not None
    assert process.stderr.read() == ""  # nor is what strangers send told
    _, port = start("--cert", renewed, "--key", renewed_key, env={"MAP4_TLS": "1.2"})
    assert _answer(port, trusting(renewed, ssl.TLSVersion.TLSv1_2))[::2] == (200, "TLSv1.2")
    assert _answer(port, trusting(renewed))[2] == "TLSv1.3"


def test_the_first_admin_has_the_password_of_a_file_and_nobody_is_local_then(start: Start, tmp_path: Path) -> None:
    library, file = tmp_path / "library.map4", tmp_path / "password"
    file.write_text("correct horse\n")
    _, port = start(env={"MAP4_ADMIN_PASSWORD_FILE": str(file)})
    assert _plain(port, "/health") == 200
    assert _plain(port, "/api/v1/lists") == 401
    with Library.open(library) as opened:
        [admin] = opened.accounts.all()
        assert (admin.name, admin.role) == ("admin", "admin")
        assert verify(opened.accounts.password_hash(admin.number), "correct horse").is_right


@pytest.mark.parametrize(
    ("said", "told"),
    [(None, "password can't be read (No such file or directory); MAP4_ADMIN_PASSWORD_FILE names a file"),
     (b"short\n", "can't be that of 'admin': a password has at least 8 letters"),
     (b"\xff\xfe12345678", "password can't be read (it is no text)")],
)  # fmt: skip
def test_a_file_without_a_password_makes_no_admin(map4: Run, tmp_path: Path, said: bytes | None, told: str) -> None:
    file = tmp_path / "password"
    if said is not None:
        file.write_bytes(said)
    done = map4("serve", "--port", "0", env={"MAP4_ADMIN_PASSWORD_FILE": str(file)})
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert "short" not in done.stderr


def _plain(port: int, path: str) -> int:
    connection = HTTPConnection("localhost", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status

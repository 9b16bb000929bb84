"""`map4 serve` for others than this machine: it does not start without what they need, and speaks TLS."""

import errno
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from email.message import Message
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from certificates import certificate_in, trusting
from click.testing import CliRunner
from conftest import Run
from reverse_proxy import OWN_ADDRESS, ReverseProxy
from servers import settings_of
from started import Start, starting
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from map4.accounts.use import Accounts
from map4.cli.main import cli
from map4.errors import Map4Error
from map4.library import Library
from map4.server.connections.exposure import require_accounts
from map4.server.serving import listen
from map4.server.settings import ServerSettings
from map4.server.tls import Tls


@pytest.mark.contract
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--host", "0.0.0.0"), "passwords would be sent unencrypted; give a certificate (--cert FILE"),
        (("--host", "::"), "passwords would be sent unencrypted"),
        (
            ("--host", "0.0.0.0", "--plain-http"),
            "this library would be reachable through 0.0.0.0 but has no account; make one",
        ),
        (("--proxy", "10.0.0.2"), "reachable through a proxy (10.0.0.2/32) but has no account"),
        (("--host", "box"), "--host box is not an address; give an address of this machine, such as 127.0.0.1"),
        (("--cert", "x.pem"), "--cert and --key must be given together"),
        (("--music", "nowhere"), "--music: there is no folder "),
        (("--cert", "x.pem", "--key", "x.key"), "x.pem can't be read (No such file or directory)"),
        (("--proxy", "caddy"), "--proxy is caddy, but caddy is not an address or network"),
        (("--base-path", "/rest"), "the base path /rest conflicts with map4's own addresses; choose another"),
    ],
)
def test_wrong_options_are_refused(inside: Run, tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    done = inside("serve", "--port", "0", *options, env={"MAP4_LIBRARY": str(tmp_path / "none.map4")})
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert message in line


@pytest.mark.parametrize(
    ("host", "bound", "is_dual"),
    [("0.0.0.0", "0.0.0.0", False), ("::", "::", socket.has_dualstack_ipv6()), ("192.0.2.7", "192.0.2.7", False),
     ("fd00::7", "fd00::7", False), ("localhost", "127.0.0.1", False)],
)  # fmt: skip
def test_server_listens_on_given_host(monkeypatch: pytest.MonkeyPatch, host: str, bound: str, is_dual: bool) -> None:
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


@pytest.mark.contract
def test_server_refuses_tls_older_than_configured(start: Start, tmp_path: Path) -> None:
    cert, key = certificate_in(tmp_path)
    file = tmp_path / "password"
    file.write_text("correct horse")
    process, port = start("--cert", cert, "--key", key, env={"MAP4_ADMIN_PASSWORD_FILE": str(file)})
    new, old = trusting(cert), trusting(cert, ssl.TLSVersion.TLSv1_2)
    assert _answer(port, new)[::2] == (200, "TLSv1.3")
    with pytest.raises(ssl.SSLError):
        _answer(port, old)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        plain.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"HTTP/1.1 200" not in plain.recv(100)
    own = f"https://localhost:{port}"
    for origin, status in ((own, 401), (own.replace("https", "http"), 403), ("https://localhost", 403)):
        assert _answer(port, new, "/api/v1/lists", Origin=origin)[0] == status
    with pytest.raises(InvalidStatus, match="401"):
        connect(f"wss://localhost:{port}/api/v1/ws/progress/job-1", ssl=new)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    assert process.stderr.read() == ""  # nor is what strangers send told


@pytest.mark.world
def test_older_tls_is_accepted_if_allowed_and_slow_handshakes_end(tmp_path: Path) -> None:
    cert, key = certificate_in(tmp_path)
    script = (
        "import sys; from functools import partial; from map4.library import Library; "
        "from map4.server.serving import serve; from map4.server.settings import ServerSettings; "
        "from map4.server.tls import Tls; library, cert, key = sys.argv[1:]; serve(ServerSettings(library=library, "
        "open_library=partial(Library.open, library), port=0, header_timeout_s=0.5, tls=Tls(cert, key, '1.2')), "
        "on_start=lambda address: print(address, flush=True))"
    )
    command = [sys.executable, "-c", script, tmp_path / "library.map4", cert, key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline().rpartition(":")[2])
        try:
            assert _answer(port, trusting(cert, ssl.TLSVersion.TLSv1_2))[::2] == (200, "TLSv1.2")
            assert _answer(port, trusting(cert))[::2] == (200, "TLSv1.3")
            with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
                assert slow.recv(1) == b""
        finally:
            process.kill()


def test_server_settings_come_from_options_and_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started: list[ServerSettings] = []
    monkeypatch.setattr("map4.server.serving.serve", lambda settings, **_: started.append(settings))
    options = ["--host", "::", "--cert", "c.pem", "--key", "c.key", "--proxy", "192.0.2.1", "--proxy", "fd00::/8",
               "--plain-http", "--base-path", "/a/"]  # fmt: skip
    settings = {"TLS": "1.2", "PROXIES": "192.0.2.9", "BASE_PATH": "/b", "USER_HEADER": "Remote-User",
                "NEW_ACCOUNTS": "viewer", "REQUESTS_PER_MINUTE": "7", "UPLOAD_GB_PER_DAY": "0.5",
                "REDIS": "redis://:secret@box", "ADMIN_PASSWORD_FILE": "/run/secrets/admin"}  # fmt: skip
    environment = {f"MAP4_{name}": value for name, value in settings.items()}
    monkeypatch.chdir(tmp_path)
    for given in (options, []):
        done = CliRunner().invoke(
            cli, ["--library", "x.map4", "serve", *given], env=environment, catch_exceptions=False
        )
        assert (done.exit_code, done.stderr) == (0, "")
    first, second = started
    assert first.tls == Tls(str(tmp_path / "c.pem"), str(tmp_path / "c.key"), "1.2")
    assert first.proxies == ("192.0.2.1/32", "fd00::/8")
    assert (first.host, first.plain_http, first.base_path) == ("::", True, "/a")
    assert (second.tls, second.proxies, second.plain_http, second.base_path) == (None, ("192.0.2.9/32",), False, "/b")
    assert (second.user_header, second.new_accounts) == ("Remote-User", "viewer")
    assert second.admin_password_file == "/run/secrets/admin"
    assert (second.requests_per_minute, second.upload_bytes_per_day) == (7, 500_000_000)
    assert second.config["serve.redis"] == "redis://:secret@box"
    assert "secret@" not in repr(second)


@pytest.mark.parametrize(
    ("message", "content"),
    [(None, "password can't be read (No such file or directory); MAP4_ADMIN_PASSWORD_FILE must name a file"),
     (b"short\n", "can't be used for 'admin': a password needs at least 8 characters"),
     (b"\xff\xfe12345678", "password can't be read (it is not text)")],
)  # fmt: skip
def test_invalid_password_file_creates_no_admin(
    inside: Run, tmp_path: Path, message: bytes | None, content: str
) -> None:
    file = tmp_path / "password"
    if message is not None:
        file.write_bytes(message)
    done = inside("serve", "--port", "0", env={"MAP4_ADMIN_PASSWORD_FILE": str(file)})
    assert (done.returncode, content in done.stderr) == (2, True), done.stderr
    assert "short" not in done.stderr


def test_two_new_servers_create_one_admin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library, file = tmp_path / "library.map4", tmp_path / "password"
    file.write_text("correct horse")
    settings = settings_of(library, admin_password_file=str(file))
    add = Accounts.add

    def later(self: Accounts, name: str, role: str, **how: Any) -> Any:
        with monkeypatch.context() as other:
            other.setattr(Accounts, "add", add)
            require_accounts(settings)  # the other server's, between the look and the making
        return add(self, name, role, **how)

    monkeypatch.setattr(Accounts, "add", later)
    require_accounts(settings)
    with Library.open(library) as opened:
        assert [account.name for account in opened.accounts.all()] == ["admin"]


class Browser:
    """Asks over TLS, one connection a request, and keeps its cookie."""

    def __init__(self, port: int, cert: Path) -> None:
        self.origin, self.context = f"https://localhost:{port}", trusting(cert)
        self.cookie: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Message]:
        """The status, the document and the headers of an answer."""
        sent = None if body is None else json.dumps(body).encode()
        request_headers = {"Content-Type": "application/json"} if sent else {}
        request = Request(self.origin + path, sent, {**request_headers, **self.cookie, **headers}, method=method)
        try:
            answer = urlopen(request, timeout=20, context=self.context)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, json.loads(answer.read() or b"null"), answer.headers


API = "/map4/api/v1"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, tuple[Path, Path]]]:
    """The port of a server with an admin, which trusts a proxy, and a certificate for the proxy."""
    folder = tmp_path_factory.mktemp("behind")
    file = folder / "password"
    file.write_text("correct horse")
    environment = {
        "MAP4_ADMIN_PASSWORD_FILE": str(file),
        "MAP4_USER_HEADER": "Remote-User",
        "MAP4_NEW_ACCOUNTS": "user",
    }
    with starting(folder) as start:
        _, port = start("--proxy", OWN_ADDRESS, "--base-path", "/map4", env=environment)
        yield port, certificate_in(folder)


@pytest.mark.world
def test_a_page_works_behind_a_proxy_below_a_path(behind: tuple[int, tuple[Path, Path]]) -> None:
    to, pair = behind
    with ReverseProxy(to=to, takes_off="/map4").on(*pair) as port:
        page = Browser(port, pair[0])
        direct = HTTPConnection("localhost", to, timeout=10)
        direct.request("GET", "/api/v1/lists")
        assert direct.getresponse().status == 401  # with an account, this machine is asked, too
        log_in = {"username": "admin", "password": "correct horse"}
        assert page.ask("POST", f"{API}/auth/session", log_in, Origin="http://localhost")[0] == 403
        status, me, headers = page.ask("POST", f"{API}/auth/session", log_in, Origin=page.origin)
        assert (status, me["account"]["name"]) == (200, "admin")
        cookie, *attributes = headers["set-cookie"].split("; ")
        assert {"path=/map4", "secure", "httponly", "samesite=strict"} <= {
            attribute.lower() for attribute in attributes
        }
        assert page.ask("GET", f"{API}/lists")[0] == 401
        page.cookie = {"Cookie": cookie}
        made = {"name": "One", "tracks": []}
        assert page.ask("POST", f"{API}/lists", made, Origin=page.origin)[0] == 403  # without the page's own word
        status, _, headers = page.ask("POST", f"{API}/lists", made, Origin=page.origin, **{"X-CSRF-Token": me["csrf"]})
        assert (status, headers["location"][: len(API)]) == (201, API)
        assert page.ask("GET", headers["location"])[0] == 200
        with urlopen(
            Request(f"{page.origin}{API}/events", headers=page.cookie), timeout=20, context=page.context
        ) as stream:
            assert stream.readline() == b"retry: 2000\n"
        way = partial(connect, f"wss://localhost:{port}{API}/ws/progress/j-0", ssl=page.context)
        with (
            way(origin=page.origin, additional_headers=page.cookie) as progress,
            pytest.raises(ConnectionClosed, match="j-0"),
        ):
            progress.recv(timeout=20)
        with pytest.raises(InvalidStatus):
            way(origin="https://evil.example", additional_headers=page.cookie)

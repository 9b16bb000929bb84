"""No secret stands in plain where it need not: looked for in all that a real server and the commands beside it tell."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from conftest import write_clicks

from map4.library import Library

API = "/api/v1"
REDIS_PASSWORD = "redis-secret-word"
PASSWORDS = {
    "password": "correct horse battery",
    "next password": "staple of a correct horse",
    "wrong password": "wrong-horse-battery",
    "mistyped password": "horse-in-the-wrong-field",
}
EXPORTS = ("csv", "json", "jsonl", "m3u8", "html")
pytestmark = pytest.mark.world


class Sweep:
    """What is secret, and what was seen where."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._environment = folder, {**os.environ, "MAP4_LIBRARY": str(folder / "library.map4")}
        self._environment["MAP4_CONFIG"] = str(folder / "map4.toml")
        self.secrets: dict[str, str] = dict(PASSWORDS)
        self.seen: dict[str, bytes] = {}
        self.port, self.pid = 0, 0

    def command(self, *arguments: str, typed: str = "") -> str:
        """What a command prints; all it tells was seen."""
        done = subprocess.run([sys.executable, "-m", "map4", "--debug", *arguments], input=typed.encode(),
                              env=self._environment, capture_output=True, check=False)  # fmt: skip
        self.seen[f"map4 {' '.join(arguments)}"] = done.stderr + (
            b"" if arguments[:2] == ("accounts", "issue") else done.stdout
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def ask(
        self, method: str, address: str, body: Any = None, *, shows: str = "", **headers: str
    ) -> tuple[Any, Mapping[str, str]]:
        """What the server answers, and its headers; all of it was seen.

        shows: why an answer has a secret in it, which was not seen then
        """
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = json.dumps(body) if isinstance(body, dict) else body
        kinds = {"content-type": "application/json"} if method != "GET" else {}
        connection.request(method, address, sent, {"Host": f"localhost:{self.port}", **kinds, **headers})
        answer = connection.getresponse()
        content = answer.read()
        answer_headers = dict(answer.getheaders())
        if not shows:
            self.seen[f"{method} {address.partition('?')[0]} #{len(self.seen)}: {answer.status}"] = (
                content + str(answer_headers).encode()
            )
        connection.close()
        is_json = "json" in (answer.getheader("content-type") or "")
        return (json.loads(content) if is_json and content else content), {
            **answer_headers,
            ":status": str(answer.status),
        }

    @contextmanager
    def serving(self) -> Iterator[None]:
        """A server that tells all it can tell."""
        command = [
            sys.executable,
            "-m",
            "map4",
            "--debug",
            "serve",
            "--port",
            "0",
            "--music",
            str(self._folder / "music"),
        ]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=self._environment)
        assert process.stdout is not None
        output, line = b"", b""
        while b"localhost:" not in line:
            line = process.stderr.readline()
            output += line
            assert line, output.decode()
        self.port, self.pid = int(re.split(rb"\D", line.split(b"localhost:")[1])[0]), process.pid
        outputs: list[bytes] = []
        readers = [
            threading.Thread(target=lambda pipe=pipe: outputs.append(pipe.read()))
            for pipe in (process.stderr, process.stdout)
        ]
        for reader in readers:
            reader.start()
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            for reader in readers:
                reader.join()
            self.seen["what the server said"] = output + b"".join(outputs)

    def look_at_processes(self) -> None:
        """See the arguments and the environment of the server and of all that it started."""
        for pid in _family(self.pid):
            for what in ("cmdline", "environ"):
                self.seen[f"{what} of {'the server' if pid == self.pid else f'its child {pid}'}"] = Path(
                    f"/proc/{pid}/{what}"
                ).read_bytes()

    def found(self) -> list[tuple[str, str]]:
        """Which secret was seen where."""
        return [
            (what, where)
            for where, content in self.seen.items()
            for what, secret in self.secrets.items()
            for form in {secret, quote(secret), secret.encode().hex()}
            if form.encode() in content
        ]


def _family(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(process for task in tasks for child in task.read_text().split() for process in _family(int(child)))]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_secrets_appear_only_where_needed(tmp_path: Path) -> None:
    sweep = Sweep(tmp_path)
    secrets = sweep.secrets
    (tmp_path / "music").mkdir()
    write_clicks(tmp_path / "music" / "one.wav", 120)
    (tmp_path / "map4.toml").write_text(f'[serve]\nredis = "redis://:{REDIS_PASSWORD}@127.0.0.1:1/0"\n')
    secrets["password of Redis"] = REDIS_PASSWORD
    sweep.command("scan", str(tmp_path / "music"))
    sweep.command("accounts", "add", "Ann", "--role", "admin", "--password-stdin", typed=f"{secrets['password']}\n")
    secrets["token"] = sweep.command("accounts", "issue", "cron", "--user", "Ann", "--scope", "read", "--scope", "own")
    secrets["api key"] = sweep.command("accounts", "issue", "phone", "--user", "Ann", "--scope", "subsonic")
    secrets["app password"] = sweep.command("accounts", "issue", "old phone", "--user", "Ann", "--device")
    with sweep.serving():
        _log_in(sweep)
        _play(sweep)
        _err(sweep)
        _work(sweep)
        sweep.look_at_processes()
        for address in ("/metrics", f"{API}/audit", f"{API}/users/me/export", f"{API}/tokens?all=true", f"{API}/users"):
            _, answer = sweep.ask("GET", address, Authorization=f"Bearer {secrets['access token']}")
            assert answer[":status"] == "200"
    for path in (
        "config",
        "accounts --json",
        "accounts audit --json",
        "accounts export Ann",
        "accounts tokens --json",
        "library info",
    ):
        sweep.command(*path.split())
    for form in EXPORTS:
        sweep.command("export", "--query", "is:any", "--to", form, "-o", str(tmp_path / f"out.{form}"))
        sweep.seen[f"an export as {form}"] = (tmp_path / f"out.{form}").read_bytes()
    for path in [*tmp_path.glob("library.map4*"), *tmp_path.glob("library.map4*/*")]:
        if path.is_file():
            sweep.seen[path.name] = path.read_bytes()
    with Library.open(tmp_path / "library.map4") as library:
        secrets["hash of the password"] = library.accounts.password_hash(library.accounts.get("Ann").number) or ""
        secrets |= {f"key {key.id}": key.secret.hex() for key in library.credentials.signing_keys()}
    assert [len(secret) > 8 for secret in secrets.values()] == [True] * len(secrets)
    assert [(what, where) for what, where in sweep.found() if (what, where) not in _KNOWN] == []
    assert b"Redis does not answer (ConnectionError)" in sweep.seen["what the server said"]


_KNOWN = {("hash of the password", "library.map4"), ("hash of the password", "library.map4-wal")}


def _log_in(sweep: Sweep) -> None:
    """Log in and out, rightly and wrongly, in all ways, and make and change what shows who one is."""
    secrets = sweep.secrets
    person = {"username": "Ann", "password": secrets["password"]}
    tokens, _ = sweep.ask("POST", f"{API}/auth/login", person, shows="the tokens that it gives")
    secrets |= {"first refresh token": tokens["refresh_token"], "first access token": tokens["access_token"]}
    tokens, _ = sweep.ask("POST", f"{API}/auth/refresh", {"refresh_token": tokens["refresh_token"]}, shows="the same")
    secrets |= {"refresh token": tokens["refresh_token"], "access token": tokens["access_token"]}
    again, _ = sweep.ask("POST", f"{API}/auth/login", person, shows="the tokens that it gives")
    secrets["used refresh token"] = again["refresh_token"]  # of another log-in, which may end by it
    sweep.ask("POST", f"{API}/auth/refresh", {"refresh_token": again["refresh_token"]}, shows="the same")
    sweep.ask("POST", f"{API}/auth/refresh", {"refresh_token": again["refresh_token"]})
    tokens, headers = sweep.ask("POST", f"{API}/auth/session", person, shows="the cookie")
    cookie = headers["set-cookie"].partition(";")[0]
    secrets["session"] = cookie.partition("=")[2]
    tokens, _ = sweep.ask("GET", f"{API}/auth/session", shows="the word against forged requests", Cookie=cookie)
    secrets["csrf"] = tokens["csrf"]
    by_login = {"Authorization": f"Bearer {secrets['access token']}"}
    for kind, scopes in (("token", ["read"]), ("device", [])):
        body = {"name": f"a {kind}", "kind": kind, **({"scopes": scopes} if scopes else {})}
        tokens, headers = sweep.ask("POST", f"{API}/tokens", body, shows="what it made", **by_login)
        assert headers[":status"] == "201"
        secrets[f"{kind} made over HTTP"] = tokens["secret"]
        if kind == "token":
            tokens, _ = sweep.ask("POST", f"{API}/tokens/{tokens['id']}/rotate", {}, shows="the same", **by_login)
            secrets["rotated token"] = tokens["secret"]
    body = {"password": secrets["next password"], "current": secrets["password"]}
    _, headers = sweep.ask("PUT", f"{API}/users/me/password", body, **by_login)
    assert headers[":status"] == "200"
    for wrong in (secrets["wrong password"], secrets["password"]):
        _, headers = sweep.ask("POST", f"{API}/auth/login", {"username": "Ann", "password": wrong})
        assert headers[":status"] == "401"
    # A password in the place of a name, as it happens to people.
    sweep.ask("POST", f"{API}/auth/login", {"username": secrets["mistyped password"], "password": ""})
    sweep.ask("PUT", f"{API}/users/me/password", {"password": secrets["wrong password"], "current": "no"}, **by_login)


def _play(sweep: Sweep) -> None:
    """Ask as players do, whose addresses hold what shows who they are."""
    secrets = sweep.secrets
    device, salt = secrets["app password"], "c19b2d"
    secrets["token of a player"] = hashlib.md5((device + salt).encode()).hexdigest()
    ways = (
        {"apiKey": secrets["api key"]},
        {"u": "Ann", "p": device},
        {"u": "Ann", "p": f"enc:{device.encode().hex()}"},
        {"u": "Ann", "t": secrets["token of a player"], "s": salt},
    )
    for way in ways:
        asked = urlencode({**way, "f": "json", "v": "1.16.1", "c": "x"})
        answer, _ = sweep.ask("GET", f"/rest/ping?{asked}")
        assert answer["subsonic-response"]["status"] == "ok"
        for method in ("getArtists", "getSong", "stream", "noSuchMethod"):
            sweep.ask("GET", f"/rest/{method}?{asked}")
        sweep.ask("POST", "/rest/ping.view", urlencode({**way, "f": "json"}),
                  **{"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    sweep.ask("GET", f"/rest/ping?{urlencode({'u': 'Ann', 'p': secrets['wrong password']})}")
    sweep.ask("GET", f"/rest/ping?{urlencode({'apiKey': secrets['api key'], 'u': 'Ann', 'p': device})}")


def _err(sweep: Sweep) -> None:
    """Make all kinds of mistakes with secrets where they may be repeated."""
    secrets = sweep.secrets
    token, by_token = secrets["token"], {"Authorization": f"Bearer {secrets['token']}"}
    password, refresh = secrets["wrong password"], secrets["refresh token"]
    for method, address, body, headers in (
        ("POST", "/auth/login", f'{{"username": "Ann", "password": "{password}"', {}),
        ("POST", "/auth/login", {"username": "Ann", "passwort": password}, {}),
        ("POST", "/auth/login", {"username": "Ann", "password": [password]}, {}),
        ("POST", "/auth/login", {"username": {"name": password}, "password": password}, {}),
        ("POST", "/auth/refresh", {"refresh_token": f"{refresh}x"}, {}),
        ("POST", "/users", {"name": "Bob", "role": "user", "hash": password}, by_token),
        ("POST", "/users", {"name": "Bob", "role": password, "password": password}, by_token),
        ("POST", "/users", {"name": "Bob", "password": "short"}, by_token),
        ("POST", "/tokens", {"name": token}, by_token),
        ("DELETE", f"/tokens/{token}", None, {"Authorization": f"Bearer {secrets['access token']}"}),
        ("GET", f"/tracks/{token}", None, {"Authorization": f"Bearer {token}x"}),
        ("GET", f"/search?apiKey={token}", None, by_token),
        ("GET", "/lists", None, {"Authorization": token}),
        ("GET", "/lists", None, {"Authorization": f"Basic {token}"}),
        ("GET", "/lists", None, {"Cookie": f"map4_00000000={secrets['session']}x"}),
        ("DELETE", "/lists", None, by_token),
        ("POST", "/tracks/analyze", "no form", {**by_token, "content-type": "multipart/form-data; boundary=x"}),
        ("GET", "/events?after=none", None, by_token),
    ):  # fmt: skip
        sent = sweep.ask(method, API + address, body, **headers)
        assert sent[1][":status"][0] == "4"


def _work(sweep: Sweep) -> None:
    """Let the server work for who shows a token: in processes, as jobs, and for who follows."""
    by_token = {"Authorization": f"Bearer {sweep.secrets['token']}"}
    sound = (sweep._folder / "music" / "one.wav").read_bytes()
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + sound + b"\r\n--x--\r\n"
    _, headers = sweep.ask("POST", f"{API}/tracks/analyze", form, **by_token,
                           **{"content-type": "multipart/form-data; boundary=x"})  # fmt: skip
    assert headers[":status"] == "200"
    assert sweep.ask("GET", f"{API}/stats/library", **by_token)[1][":status"] == "200"
    job, _ = sweep.ask("POST", f"{API}/exports", {"to": "csv"}, **by_token)
    sweep.look_at_processes()
    for _ in range(100):  # each is another state of it
        if job["status"] != "completed":
            job, _ = sweep.ask("GET", f"{API}/jobs/{job['id']}?wait=10", **by_token)
    assert job["status"] == "completed"
    connection = HTTPConnection("127.0.0.1", sweep.port, timeout=30)
    connection.request("GET", f"{API}/events?after=0", headers={"Host": f"localhost:{sweep.port}", **by_token})
    sweep.seen["events"] = connection.getresponse().read1(1 << 20)
    connection.close()

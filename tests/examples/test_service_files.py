"""The image, Compose, Kubernetes and CI: valid for what reads them, and true of map4."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import containers
import pytest
from conftest import REPOSITORY, write_clicks
from pages import blocks, page, section
from ruamel.yaml import YAML

from map4.care.store.backups import dated_backup
from map4.cli.main import cli
from map4.settings.config import Config

SERVICE = REPOSITORY / "examples" / "service"
UNITS = sorted(SERVICE.glob("*/*.service"))
TOOLS = REPOSITORY / ".venv-tools" / "bin"
NOBODY = "65534:65534"
_AT_THE_ROOT = ("pyproject.toml", "hatch_build.py", "requirements.lock", "README.md", "LICENSE")
"""Files that an installation from a checkout is made of, besides folders."""


def _accepted(words: list[str]) -> dict[str, Any]:
    """The options of a command of map4 as a file of another program calls it."""
    context = cli.make_context("map4", [*words])
    name, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
    assert command is not None
    return command.make_context(name, rest, parent=context).params


def _yaml(path: Path) -> list[Any]:
    return list(YAML(typ="safe").load_all(path))


def _image() -> dict[str, str]:
    """The last stage of the Dockerfile."""
    last: dict[str, str] = {}
    for name, rest in containers.instructions(SERVICE / "Dockerfile"):
        last = {} if name == "FROM" else {**last, name: rest}
    return last


def _served() -> dict[str, Any]:
    image = _image()
    entry, command = json.loads(image["ENTRYPOINT"]), json.loads(image["CMD"])
    return _accepted([*entry[1:], *command])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: f"{unit.parent.name}-{unit.stem}")
def test_units_call_commands_that_are_there(unit: Path) -> None:
    text = unit.read_text()
    [line] = re.findall(r"^ExecStart=\S+/map4 (.*)$", text, re.MULTILINE)
    options = _accepted(line.split())
    if unit.parent.name == "system":
        [music] = re.findall(r"^ReadOnlyPaths=-(.*)$", text, re.MULTILINE)
        assert [*options.get("music", options.get("paths", ()))] == [music]
    if unit.stem == "map4-serve":
        caddy = (SERVICE / "Caddyfile").read_text()
        assert f"reverse_proxy {options['host']}:{options['port']}\n" in caddy
        [told] = re.findall(r"`map4 config set serve\.proxies (\S+)`", caddy)
        assert Config({}, {"MAP4_PROXIES": told})["serve.proxies"] == (f"{options['host']}/32",)


@pytest.mark.skipif(shutil.which("caddy") is None, reason="needs caddy, which is not installed")
def test_caddy_reads_its_file() -> None:
    subprocess.run(["caddy", "validate", "--config", SERVICE / "Caddyfile", "--adapter", "caddyfile"], check=True)


@pytest.mark.world
@pytest.mark.skipif(not (TOOLS / "check-jsonschema").exists(), reason="needs .venv-tools, which `make test-all` makes")
@pytest.mark.parametrize(("schema", "file"), [
    ("vendor.compose-spec", SERVICE / "compose.yaml"),
    ("vendor.compose-spec", SERVICE / "compose-oauth2-proxy.yaml"),
    ("vendor.compose-spec", SERVICE / "compose-postgres.yaml"),
    ("vendor.github-workflows", REPOSITORY / ".ci" / "github.yaml"),
], ids=lambda one: getattr(one, "stem", None))  # fmt: skip
def test_others_schemas_take_them(schema: str, file: Path) -> None:
    done = subprocess.run([TOOLS / "check-jsonschema", "--builtin-schema", schema, file], capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.world
@pytest.mark.skipif(
    not (TOOLS / "kubernetes-validate").exists(), reason="needs .venv-tools, which `make test-all` makes"
)
def test_kubernetes_takes_its_file() -> None:
    done = subprocess.run([TOOLS / "kubernetes-validate", "--strict", SERVICE / "kubernetes.yaml"], check=False,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.world
@pytest.mark.skipif(not {"strace", "systemd-analyze"} <= {name for name in ("strace", "systemd-analyze")
                    if shutil.which(name)}, reason="needs strace and systemd-analyze")  # fmt: skip
def test_the_units_allow_what_a_scan_asks_of_the_system(tmp_path: Path) -> None:
    write_clicks(tmp_path / "one.wav", seconds=20.0)
    log = tmp_path / "calls"
    done = subprocess.run(
        ["strace", "-f", "-qq", "-c", "-o", log, sys.executable, "-m", "map4", "--library", tmp_path / "l.map4", "scan",
         tmp_path], capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    called = set(re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+\d+(?:\s+\d+)?\s+(\w+)$", log.read_text(), re.MULTILINE))
    called -= {"total", "fchown"}  # SQLite does the latter as root alone
    assert {"openat", "read", "write"} <= called
    assert called <= _calls("@system-service") - _calls("@privileged")


def _calls(group: str) -> set[str]:
    told = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", group], capture_output=True, text=True,
                          check=True).stdout  # fmt: skip
    names = re.findall(r"^    ([@\w-]+)$", told, re.MULTILINE)
    return {call for name in names for call in (_calls(name) if name.startswith("@") else (name,))}


@pytest.mark.world
@pytest.mark.skipif(not (TOOLS / "uv").exists(), reason="needs .venv-tools, which `make test-all` makes")
def test_packages_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    sources = tmp_path / "map4"
    ignored = shutil.ignore_patterns(".venv*", ".git", "node_modules", "__pycache__", "dist", ".*_cache")
    shutil.copytree(REPOSITORY, sources, ignore=ignored)
    made = []
    for number in range(2):
        out = tmp_path / str(number)
        subprocess.run([TOOLS / "uv", "build", "--quiet", "--out-dir", out], cwd=sources, check=True)
        made.append({one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in out.glob("map4_music-*")})
        for file in sources.rglob("*.py"):
            os.utime(file, (number, number))
    assert len(made[0]) == 2
    assert made[0] == made[1]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where roots are made: an overlay can't lie on every file system that holds temporary files."""
    if why_not := containers.why_not():
        pytest.skip(why_not)
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="map4-roots-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def base(folder: Path) -> Path:
    return containers.made_base(folder)


@pytest.mark.world
def test_the_image_scans_and_answers_as_nobody_without_writing_its_root(
    base: Path, folder: Path, tmp_path: Path
) -> None:
    with containers.built(SERVICE / "Dockerfile", REPOSITORY, base, folder) as image:
        _scan_and_answer(image, tmp_path)


def _scan_and_answer(image: containers.Image, tmp_path: Path) -> None:
    data, music = tmp_path / "data", tmp_path / "music"
    data.mkdir()
    os.chown(data, *map(int, NOBODY.split(":")))
    music.mkdir()
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o055)
    write_clicks(music / "one.wav", seconds=20.0)
    (music / "admin").write_text("a long password of somebody")
    (image.root / "music").mkdir(exist_ok=True)
    mounts = {"/data": data, "/music": music}

    def run(*words: str, entry: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
        command = image.started(words, mounts=mounts, env=env, entry=entry)
        return subprocess.run(command, capture_output=True, text=True, check=False)

    told = run("sh", "-c", "id -u; touch /x /music/x /opt/map4/x; touch /data/x /tmp/x", entry=False)
    assert told.stdout == "65534\n"
    assert len(re.findall("Read-only file system", told.stderr)) == 3
    scanned = run("scan", "/music")
    assert scanned.returncode == 0, scanned.stderr
    assert run("search", "--paths").stdout == "/music/one.wav\n"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [*image.command, "--port", port]
    server = subprocess.Popen(image.started(command, mounts=mounts, env={
        "MAP4_PROXIES": "172.30.4.0/24", "MAP4_ADMIN_PASSWORD_FILE": "/music/admin"}))  # fmt: skip
    try:
        check = [*image.health, "--port", port]
        until = time.monotonic() + 60
        while (answer := run(*check, entry=False)).returncode and time.monotonic() < until:
            time.sleep(0.2)
        assert answer.returncode == 0, answer.stderr
    finally:
        server.terminate()
        server.wait(30)
    assert server.returncode == 143
    assert run(*check, entry=False).returncode == 1
    assert run("users", "list", "--json").stdout.count('"admin"') >= 1


@pytest.mark.world
def test_a_server_is_installed_upgraded_and_begun_again_as_documented(base: Path, folder: Path) -> None:
    """Each line of docs/serve.md for a server, by its words, but for those of Docker and Kubernetes.

    `sudo` and `systemctl` are doubles: they run what is told as the user that is named, and the line of the unit.
    """
    with socket.socket() as port:
        if port.connect_ex(("127.0.0.1", 8000)) == 0:
            pytest.skip("something answers on port 8000 of this machine")
    told = page("docs/serve.md")
    saved = folder / "usb"
    with _server(base, folder / "first") as first:
        _do(first, section(told, "## Install", "^With Docker"))
        _do(first, section(told, "## Watch", "^## "))
        containers.run(first, "until sudo -u map4 map4 search --paths | grep -q one.wav; do sleep .2; done")
        containers.run(first, "sudo -u map4 map4 set /srv/music/one.wav --mark kept")
        containers.run(first, "sudo -u map4 map4 tokens add phone --device --user ann")
        _do(first, section(told, "## Back up", "^## "))
        _do(first, section(told, "## Upgrade", "^Back to"))
        _do(first, section(told, "Back to the old", "^Containers"))
        containers.run(first, "systemctl stop map4-serve")
        was = _all_of(first)
        shutil.copytree(first.root / "mnt" / "usb", saved)
    with _server(base, folder / "second") as second:
        shutil.copytree(saved, second.root / "mnt" / "usb", dirs_exist_ok=True)
        _do(second, section(told, "## Install", "^With Docker"), but="users add")
        _do(second, section(told, "## Begin again", "^## "))
        containers.run(second, "systemctl stop map4-serve")
        assert _all_of(second) == was
    assert any("kept" in str(row) for row in was["marks"])
    assert {"phone", "ann"} <= {word for rows in was.values() for row in rows for word in row if isinstance(word, str)}


@contextmanager
def _server(base: Path, place: Path) -> Iterator[containers.Image]:
    with containers.machine(base, place) as made:
        for name, text in _DOUBLES.items():
            (made.root / "usr/local/bin" / name).write_text(text)
            (made.root / "usr/local/bin" / name).chmod(0o755)
        for name in ("srv/music", "mnt/usb", "etc/systemd/system", "dev/shm"):
            (made.root / name).mkdir(parents=True, exist_ok=True)
        (made.root / "dev/shm").chmod(0o1777)
        write_clicks(made.root / "srv/music/one.wav", seconds=20.0)
        for name in ("map4", "tools", "examples", *_AT_THE_ROOT):
            if (REPOSITORY / name).is_dir():
                shutil.copytree(REPOSITORY / name, made.root / "checkout" / name)
            else:
                shutil.copy(REPOSITORY / name, made.root / "checkout")
        made.folder = "/checkout"
        made.env["PATH"] = "/opt/map4/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        try:
            yield made
        finally:
            containers.run(made, "systemctl stop map4-serve || true")


def _do(made: containers.Image, text: str, but: str = "") -> None:
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    assert lines
    for line in lines:
        if not but or but not in line:
            today = re.sub(r"map4-\d{4}-\d\d-\d\d\.map4", dated_backup(datetime.now(UTC).date()), line)
            asks = "users add" in line
            containers.run(made, today + " --password-stdin" * asks, said="a long password\n" * asks)
            if re.search("systemctl (?!stop)", line):
                containers.run(made, "for i in $(seq 100); do map4 serve --check && exit; sleep .2; done; exit 1")


def _all_of(made: containers.Image) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the library, but for what a restore begins anew, and when the server scanned last: at each start."""
    file = made.root / "var/lib/map4/.local/share/map4/library.map4"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as library:
        names = [name for (name,) in library.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%_fts%'")]  # fmt: skip
        rows = {name: sorted(library.execute(f"SELECT * FROM {name}"), key=repr) for name in names
                if name not in _BEGUN_ANEW}  # fmt: skip
        return rows | {"roots": [row[:-1] for row in rows["roots"]]}


_BEGUN_ANEW = {"change_log", "changes", "signing_keys", "mirror", "mirror_changes", "sqlite_stat1", "sqlite_sequence"}
_DOUBLES = {
    "sudo": """#!/bin/sh
user=root
while :; do case $1 in -u) user=$2; shift 2;; -H) shift;; *) break;; esac; done
exec runuser -u "$user" -- env HOME="$(getent passwd "$user" | cut -d: -f6)" "$@"
""",
    "systemctl": """#!/bin/sh
for unit; do :; done
all() { for one in $(cat /proc/$1/task/*/children); do all $one; done; echo $1; }
file=/etc/systemd/system/$unit.service pid=/run/$unit.pid log=/var/log/$unit
if [ "$1" = status ]; then kill -0 "$(cat $pid)"; exit; fi
if [ -e $pid ] && [ "$1" != enable ] && [ "$1" != start ]; then
  all=$(all $(cat $pid)); kill $all; rm $pid
  for one in $all; do while kill -0 $one 2>/dev/null; do sleep .1; done; done
fi
if [ "$1" != stop ]; then
  sudo -u "$(sed -n 's/^User=//p' $file)" $(sed -n 's/^ExecStart=//p' $file) >> $log 2>&1 < /dev/null &
  echo $! > $pid
fi
""",
    "journalctl": "#!/bin/sh\nexec cat /var/log/map4-serve\n",
}

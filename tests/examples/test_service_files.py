"""Units, Compose, Kubernetes and CI: valid for the programs that read them, and true of map4."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY, write_clicks

from map4.cli.main import cli
from map4.settings.config import Config

SERVICE = REPOSITORY / "examples" / "service"
UNITS = sorted(SERVICE.glob("*/*.service"))
TOOLS = REPOSITORY / ".venv-tools" / "bin"


def _options(unit: Path) -> dict[str, Any]:
    """The options of the command that a unit starts."""
    [line] = re.findall(r"^ExecStart=\S+/map4 (.*)$", unit.read_text(), re.MULTILINE)
    context = cli.make_context("map4", line.split())
    name, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
    return command.make_context(name, rest, parent=context).params


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: f"{unit.parent.name}-{unit.stem}")
def test_units_call_existing_commands_on_folders_they_may_read(unit: Path) -> None:
    options = _options(unit)
    music = re.findall(r"^ReadOnlyPaths=-(.*)$", unit.read_text(), re.MULTILINE)
    assert [*options.get("music", options.get("files", ()))] == music


@pytest.mark.parametrize("place", ["system", "user"])
def test_caddy_passes_requests_to_the_server_of_a_unit(place: str) -> None:
    options = _options(SERVICE / place / "map4-serve.service")
    caddy = (SERVICE / "Caddyfile").read_text()
    assert f"reverse_proxy {options['host']}:{options['port']}\n" in caddy
    [addresses] = re.findall(r"`map4 config set serve\.proxies (\S+)`", caddy)
    assert Config({}, {"MAP4_PROXIES": addresses})["serve.proxies"] == (f"{options['host']}/32",)


@pytest.mark.skipif(shutil.which("caddy") is None, reason="needs caddy, which is not installed")
def test_caddy_accepts_the_example_file() -> None:
    subprocess.run(["caddy", "validate", "--config", SERVICE / "Caddyfile", "--adapter", "caddyfile"], check=True)


@pytest.mark.world
@pytest.mark.skipif(not (TOOLS / "check-jsonschema").exists(), reason="needs .venv-tools, which `make test-all` makes")
@pytest.mark.parametrize(("schema", "file"), [
    ("vendor.compose-spec", SERVICE / "compose.yaml"),
    ("vendor.compose-spec", SERVICE / "compose-oauth2-proxy.yaml"),
    ("vendor.compose-spec", SERVICE / "compose-postgres.yaml"),
    ("vendor.github-workflows", REPOSITORY / ".github" / "workflows" / "checks.yaml"),
    ("vendor.github-workflows", REPOSITORY / ".github" / "workflows" / "release.yaml"),
], ids=lambda value: getattr(value, "stem", None))  # fmt: skip
def test_example_files_are_valid_for_their_public_schemas(schema: str, file: Path) -> None:
    done = subprocess.run([TOOLS / "check-jsonschema", "--builtin-schema", schema, file], capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.world
@pytest.mark.skipif(
    not (TOOLS / "kubernetes-validate").exists(), reason="needs .venv-tools, which `make test-all` makes"
)
def test_kubernetes_accepts_the_example_file() -> None:
    done = subprocess.run([TOOLS / "kubernetes-validate", "--strict", SERVICE / "kubernetes.yaml"], check=False,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.world
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_service_units_allow_the_system_calls_of_a_scan(tmp_path: Path) -> None:
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
    output = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", group], capture_output=True, text=True,
                          check=True).stdout  # fmt: skip
    names = re.findall(r"^    ([@\w-]+)$", output, re.MULTILINE)
    return {call for name in names for call in (_calls(name) if name.startswith("@") else (name,))}

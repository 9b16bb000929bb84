"""Clients that other programs make of openapi.json, and programs that rely on their types."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi

pytestmark = pytest.mark.world

# What a program relies on.
PROGRAM = """
from map4_client import AuthenticatedClient
from map4_client.api.search import get_search
from map4_client.models import Problem

def found(client: AuthenticatedClient) -> tuple[list[float | None], list[str], str | None]:
    page = get_search.sync(client=client, q="is:ok", limit=2)
    if page is None or isinstance(page, Problem):
        raise SystemExit(page.hint if page else "no answer")
    return [track.tempo.bpm if track.tempo else None for track in page.tracks], page.ids, page.next_
"""


def test_generated_python_client_has_the_expected_types(tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(openapi(ROUTES)))
    (tmp_path / "config.yml").write_text("post_hooks: []\nliteral_enums: true\n")
    (tmp_path / "program.py").write_text(PROGRAM)
    given = ["--path", "openapi.json", "--config", "config.yml", "--meta", "none", "--output-path", "map4_client"]
    command = [sys.executable, "-m", "openapi_python_client", "generate", *given]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "WARNING" not in done.stdout + done.stderr
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


HERE = Path(__file__).parent / "typescript"
MODULES = HERE / "node_modules"


def _node(folder: Path, script: str, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", f"node_modules/{script}", *given], cwd=folder, capture_output=True, text=True)


@pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / ".installed").exists(),
    reason="needs node, and what `make test-all` installs with npm in tests/server/typescript",
)
def test_generated_typescript_client_has_the_expected_types(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(MODULES)
    for name in ("tsconfig.json", "program.ts"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "openapi.json").write_text(json.dumps(openapi(ROUTES)))
    done = _node(tmp_path, "openapi-typescript/bin/cli.js", "openapi.json", "-o", "api.d.ts")
    assert done.returncode == 0, done.stderr
    done = _node(tmp_path, "typescript/bin/tsc", "--project", ".", "--noEmit", "--pretty", "false")
    assert (done.stdout, done.returncode) == ("", 0)

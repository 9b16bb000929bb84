"""A client for TypeScript, which openapi-typescript makes of openapi.json, and a program that relies on its types."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi

HERE = Path(__file__).parent / "typescript"
MODULES = HERE / "node_modules"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / ".installed").exists(),
    reason="needs node, and what `make test-all` installs with npm in tests/server/typescript",
)


def _node(folder: Path, script: str, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", f"node_modules/{script}", *given], cwd=folder, capture_output=True, text=True)


@pytest.mark.world
def test_a_program_finds_the_types_that_it_relies_on(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(MODULES)
    for name in ("tsconfig.json", "program.ts"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "openapi.json").write_text(json.dumps(openapi(ROUTES)))
    done = _node(tmp_path, "openapi-typescript/bin/cli.js", "openapi.json", "-o", "api.d.ts")
    assert done.returncode == 0, done.stderr
    done = _node(tmp_path, "typescript/bin/tsc", "--project", ".", "--noEmit", "--pretty", "false")
    assert (done.stdout, done.returncode) == ("", 0)

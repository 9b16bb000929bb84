"""A client for TypeScript, which openapi-typescript makes of openapi.json, and a program that relies on its types."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from live_server import listening
from servers import settings_of

from map4.server.app import make_app
from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi

HERE = Path(__file__).parent / "typescript"
MODULES = HERE / "node_modules"
TRACK = 'components["schemas"]["track"]'

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / ".installed").exists(),
    reason="needs node, and what `make test` installs with npm in tests/server/typescript",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program beside its client, and once more beside one whose tracks are of no type."""
    made = tmp_path_factory.mktemp("typescript")
    (made / "node_modules").symlink_to(MODULES)
    shutil.copy(HERE / "tsconfig.json", made)
    for name in ("typed", "untyped"):
        (made / name).mkdir()
        shutil.copy(HERE / "program.ts", made / name)
    (made / "openapi.json").write_text(json.dumps(openapi(ROUTES)))
    done = _node(made, "openapi-typescript/bin/cli.js", "openapi.json", "-o", "typed/api.d.ts")
    assert done.returncode == 0, done.stderr
    client = (made / "typed" / "api.d.ts").read_text()
    # As it would be made of a `tracks` whose items refer to nothing.
    untyped, changed = re.subn(
        r"tracks: " + re.escape(TRACK) + r"\[\];\n(?=.*\n.*ids: )", "tracks: object[];\n", client
    )
    assert changed
    (made / "untyped" / "api.d.ts").write_text(untyped)
    return made


@pytest.fixture(scope="module")
def complaints(folder: Path) -> list[str]:
    """What the compiler says of both; the program is compiled all the same."""
    done = _node(folder, "typescript/bin/tsc", "--project", ".", "--outDir", "out", "--pretty", "false")
    return [line for line in done.stdout.splitlines() if not line.startswith(" ")]


def _node(folder: Path, script: str, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", f"node_modules/{script}", *given], cwd=folder, capture_output=True, text=True)


def test_a_program_finds_the_types_that_it_relies_on(complaints: list[str]) -> None:
    assert [one for one in complaints if not one.startswith("untyped/")] == []


def test_it_does_not_compile_where_a_track_has_no_type(complaints: list[str]) -> None:
    [found] = [one for one in complaints if one.startswith("untyped/")]
    assert re.search(
        r"program\.ts\(\d+,\d+\): error TS2345: .*'\(track: .*' is not assignable to .*'\(value: object,", found
    )


@pytest.mark.world
def test_it_asks_a_server(folder: Path, complaints: list[str], sound_library: Path, scanned_music: Path) -> None:
    assert complaints
    (folder / "out" / "package.json").write_text('{"type": "module"}')
    with listening(make_app(settings_of(sound_library, scanned_music))) as port:
        done = _node(folder, "../out/typed/program.js", f"http://localhost:{port}")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    found = told["found"]
    assert (len(found["tracks"]), len(found["ids"]), found["hasMore"], found["total"]) == (2, 2, True, 4)
    assert told["set"] == ["bpm null 87.5"]
    assert (told["first"]["bpm"], told["first"]["state"]) == (87.5, "ok")
    assert (len(told["similar"]), told["uploaded"]["path"]) == (1, "sent.wav")
    assert (told["list"]["missing"], [one["position"] for one in told["list"]["picks"]]) == (0, [1, 2])
    assert told["file"].startswith("title,bpm\r\n")
    assert told["file"].count("\r\n") == 5
    assert told["nothing"]["problem"].startswith("404 4: ")

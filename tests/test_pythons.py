"""The wheel alone, in an empty environment of every Python there is here."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import write_clicks

pytestmark = pytest.mark.world

REPOSITORY = Path(__file__).parents[1]
EXTRAS = sorted(path.parent.name for path in REPOSITORY.glob("map4/extras/*/__init__.py"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@pytest.mark.parametrize("version", PYTHONS)
def test_the_wheel_installs_and_runs(version: str, tmp_path: Path) -> None:
    python = _found(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    made = tmp_path / "made"
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", made, REPOSITORY)
    [wheel] = made.iterdir()
    _run(python, "-m", "venv", tmp_path / "empty")
    _run(tmp_path / "empty/bin/pip", "install", "--quiet", f"{wheel}[serve,mcp,watch]")
    map4, music = tmp_path / "empty/bin/map4", tmp_path / "music"
    music.mkdir()
    for bpm in (117, 120, 123):
        write_clicks(music / f"{bpm}.wav", bpm=bpm, seconds=20.0)
    _run(map4, "scan", music)
    found = [json.loads(line) for line in _run(map4, "search", "bpm:119..121", "--jsonl").splitlines()]
    assert [Path(track["path"]).name for track in found] == ["120.wav"]
    assert len(_run(map4, "playlist", "--seed", music / "120.wav", "-n", "3", "--paths").splitlines()) == 3
    _run(map4, "export", "-o", tmp_path / "library.html")
    imported = f"import map4.server.serving, {', '.join(f'map4.extras.{name}' for name in EXTRAS)}"
    _run(tmp_path / "empty/bin/python", "-c", imported)


def _found(version: str) -> Path | None:
    """Beside what is on the path, which may be a shim of pyenv that leads nowhere, what pyenv has."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/python{version}")
    on_path = shutil.which(f"python{version}")
    for python in [*filter(None, [on_path and Path(on_path)]), *sorted(kept)]:
        if subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return python
    return None


def _run(*words: str | Path) -> str:
    env = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONWARNINGS": "error::DeprecationWarning:map4"}
    env |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HOME", "MAP4_"))}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Warning" not in done.stderr
    return done.stdout

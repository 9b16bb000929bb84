"""An extra is a folder: without it, everything else works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, write_clicks

EXTRAS = sorted(path.parent.name for path in (REPOSITORY / "map4/extras").glob("*/__init__.py"))
CORE_COMMANDS = (
    "--help",
    "--library l.map4 scan m",
    "--library l.map4 search is:ok --jsonl",
    "--library l.map4 playlist --seed m/0.wav -n 2",
    "--library l.map4 export --to csv -o tracks.csv",
)


class Copy:
    """map4 without some of its extras, as commands of a process."""

    def __init__(self, folder: Path, *without: str) -> None:
        self.folder = folder
        shutil.copytree(REPOSITORY / "map4", folder / "map4", ignore=shutil.ignore_patterns("__pycache__"))
        for name in without:
            shutil.rmtree(folder / "map4/extras" / name)
        (folder / "m").mkdir()
        for number, bpm in enumerate((120, 124)):
            write_clicks(folder / f"m/{number}.wav", bpm=bpm)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "HOME": str(self.folder)}
        command = [sys.executable, "-m", "map4", *words]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)


def test_the_core_works_without_any_extra(tmp_path: Path) -> None:
    copy = Copy(tmp_path, *EXTRAS)
    assert {path.name for path in (tmp_path / "map4/extras").iterdir()} == {"__init__.py"}
    for words in CORE_COMMANDS:
        done = copy.run(*words.split())
        assert (done.returncode, "internal error" in done.stderr) == (0, False), (words, done.stderr)
    shown = {line.split()[0] for line in copy.run("--help").stdout.splitlines() if line.startswith("  ")}
    assert {"scan", "playlist", "serve"} <= shown
    assert not {"unmix", "ask", "lookup", "connect", "mcp"} & shown
    assert "There is no command 'map4 unmix'" in copy.run("unmix", "m/0.wav").stderr
    refused = copy.run("serve", "--host", "example.org")  # read with the settings of the server
    assert (refused.returncode, "is no address" in refused.stderr) == (2, True), refused.stderr
    assert "providers =" not in copy.run("config").stdout
    (tmp_path / "map4.toml").write_text('[providers.musicbrainz]\ncontact = "me@example.org"\n')
    left = copy.run("--config", "map4.toml", "config")
    assert (left.returncode, "take it out, or install the extra" in left.stderr) == (2, True), left.stderr
    missing = copy.run("--library", "postgresql://localhost/music", "stats")
    assert (missing.returncode, "needs more packages" in missing.stderr) == (2, True), missing.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", EXTRAS)
def test_the_core_works_without_one_extra(tmp_path: Path, name: str) -> None:
    copy = Copy(tmp_path, name)
    for words in CORE_COMMANDS:
        done = copy.run(*words.split())
        assert (done.returncode, "internal error" in done.stderr) == (0, False), (words, done.stderr)
    contracts = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    dropped = (f'  "map4.extras.{name}', "unmatched_ignore_imports_alerting")
    left = "\n".join(line for line in contracts if not line.startswith(dropped))
    unmatched = 'unmatched_ignore_imports_alerting = "none"\nignore_imports = ['
    (tmp_path / "pyproject.toml").write_text(left.replace("\nignore_imports = [", f"\n{unmatched}"), encoding="utf-8")
    lint = Path(sys.executable).parent / "lint-imports"
    checked = subprocess.run([lint], cwd=tmp_path, capture_output=True, text=True, check=False,
                             env={**os.environ, "PYTHONPATH": str(tmp_path)})  # fmt: skip
    assert checked.returncode == 0, checked.stdout

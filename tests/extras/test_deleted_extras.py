"""An extra, and a DJ program, is a folder: without it, everything else works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, write_clicks

pytestmark = pytest.mark.world

EXTRAS = sorted(path.parent.name for path in (REPOSITORY / "map4/extras").glob("*/__init__.py"))
EXTRAS.remove("shared")  # goes with the last of them
PROGRAMS = sorted(path.parent.name for path in (REPOSITORY / "map4/formats").glob("*/declaration.py"))
PROGRAMS.remove("lists")
ALL = (*(f"extras/{name}" for name in (*EXTRAS, "shared")), *(f"formats/{name}" for name in PROGRAMS))
CORE_COMMANDS = (
    "--help",
    "--library l.map4 scan m",
    "--library l.map4 search is:ok --jsonl",
    "--library l.map4 playlist --seed m/0.wav -n 2",
    "--library l.map4 export --to csv -o tracks.csv",
    "--library l.map4 export --to html -o report.html",
    "--library l.map4 library verify",
    "--library l.map4 tags show m/0.wav",
)


class Copy:
    """map4 without some of its folders, as commands of a process."""

    def __init__(self, folder: Path, *without: str) -> None:
        self.folder = folder
        shutil.copytree(REPOSITORY / "map4", folder / "map4", ignore=shutil.ignore_patterns("__pycache__"))
        for name in without:
            shutil.rmtree(folder / "map4" / name)
        (folder / "m").mkdir()
        for number, bpm in enumerate((120, 124)):
            write_clicks(folder / f"m/{number}.wav", bpm=bpm)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "HOME": str(self.folder)}
        command = [sys.executable, "-m", "map4", *words]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)


def test_the_core_works_without_extras_and_programs(tmp_path: Path) -> None:
    copy = Copy(tmp_path, *ALL)
    assert {path.name for path in (tmp_path / "map4/extras").iterdir()} == {"__init__.py", "door.txt"}
    for words in CORE_COMMANDS:
        done = copy.run(*words.split())
        assert (done.returncode, "internal error" in done.stderr) == (0, False), (words, done.stderr)
    shown = {line.split()[0] for line in copy.run("--help").stdout.splitlines() if line.startswith("  ")}
    assert {"scan", "playlist", "serve"} <= shown
    assert not {"unmix", "lookup", "connect", "mcp"} & shown
    assert "There is no command 'map4 unmix'" in copy.run("unmix", "m/0.wav").stderr
    lacking = "Its part of map4 is not installed; to add it: "
    voice = "pip install '.[voice]' in map4's checkout"
    assert f"No such option '--voice'. {lacking}{voice}" in copy.run("scan", "--voice").stderr
    assert f"{lacking}pip install '.' in map4's checkout" in copy.run("search", "--ask", "house").stderr
    absent = r"(?m)^  a part of map4 that is not installed here +(\S+)$"
    assert {"voice", "mcp", "postgres"} <= {*re.findall(absent, copy.run("help", "install").stdout)}
    refused = copy.run("serve", "--host", "example.org")  # read with the settings of the server
    assert (refused.returncode, "is not an address" in refused.stderr) == (2, True), refused.stderr
    assert "providers =" not in copy.run("config").stdout
    (tmp_path / "map4.toml").write_text('[providers.musicbrainz]\ncontact = "me@example.org"\n')
    left = copy.run("--config", "map4.toml", "config")
    assert (left.returncode, "remove it, or install the extra" in left.stderr) == (2, True), left.stderr
    missing = copy.run("--library", "postgresql://localhost/music", "stats")
    assert (missing.returncode, "needs more packages" in missing.stderr) == (2, True), missing.stderr


NO_PARTS = shutil.ignore_patterns("__pycache__", "node_modules", ".*", "dist", "demo-music")
CORE_TESTS = (
    "test_actors.py or test_totals_are_below or test_config_command.py or test_declarations.py or test_help.py or "
    "test_keys.py or test_library.py or test_people.py or test_roles.py or test_routes_match_commands.py or "
    "test_search_command.py or test_stored_tables.py or test_who_asks.py"
)
"""Those that list all commands, routes, settings and tables, and some of each kind."""


@pytest.mark.parametrize("names", [*((f"extras/{name}",) for name in EXTRAS), ALL], ids=lambda names: names[-1])
def test_the_core_passes_its_tests_without_some_folders(tmp_path: Path, names: tuple[str, ...]) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(REPOSITORY, tree, ignore=NO_PARTS)
    for name in names:
        shutil.rmtree(tree / "map4" / name)
        shutil.rmtree(tree / "tests" / name)
    listed = tree / "pyproject.toml"  # import-linter refuses the name of a folder that is gone
    gone = {f'"map4.{name.replace("/", ".")}",' for name in names}
    kept = [line for line in listed.read_text().splitlines(keepends=True) if line.strip() not in gone]
    listed.write_text("".join(kept))
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    lint = [Path(sys.executable).parent / "lint-imports"]
    # All tests are collected, and most of them left out then.
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp", tmp_path / "temporary",
             "-k", CORE_TESTS]  # fmt: skip
    for command in (lint, tests):
        done = subprocess.run(command, cwd=tree, env={**own, "PYTHONPATH": str(tree)},
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout[-10_000:] + done.stderr

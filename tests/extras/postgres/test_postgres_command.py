"""Every command on a library in Postgres: it says what it says of a library file, or in one line why it can't."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from command_runs import run_inside
from every_command import ENDLESS, LEAST, command_of, fill_for_every_command
from extras.postgres.postgres_server import PostgresServer

from map4 import Library
from map4.core.base.actor import Role
from map4.jobs.store.queue import SqlJobs
from map4.version import Packages

pytestmark = pytest.mark.world

ONLY_OF_A_FILE = {"library verify": "", "library repair": "-y", "library restore": "x.map4 -y"}
REFUSED = {"library merge"}
ELSEWHERE = {"library info"}
"""Says how large it is, and where."""
# Times, numbers that are drawn, names of keys, and sizes of files.
_CHANCE = re.compile(
    r"\d+\.\d s|\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?|\d\d:\d\d:\d\d|\b[0-9a-f]{16}\b|\b\d{8,}\b|[\d.]+ kB"
)


@pytest.fixture
def both(postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A library file, and a copy of it in a database, each with a job."""
    monkeypatch.chdir(tmp_path)
    path, address = tmp_path / "library.map4", postgres.database()
    fill_for_every_command(path)
    Library.care.copy(path, address)
    with Library.open(address) as library:
        library._store.part(SqlJobs).add(
            "export", {"to": "csv"}, priority=5, asked_by=library.accounts.get("viewer").actor()
        )
    return path, address


def result_of(library: Path | str, typed: str, folder: Path) -> tuple[int, str, str]:
    """What a command ends with and says, in a folder of its own."""
    folder.mkdir()
    done = run_inside(*shlex.split(typed), "--no-input", library=library, cwd=folder)
    outputs = [_CHANCE.sub("#", text.replace(str(folder), "HERE")) for text in (done.stdout, done.stderr)]
    return done.returncode, *[text.replace(str(library).partition("?")[0], "LIBRARY") for text in outputs]


@pytest.mark.parametrize("least", LEAST)
def test_commands_do_the_same_on_sqlite_and_postgres(both: tuple[Path, str], tmp_path: Path, least: Role) -> None:
    tried, wrong = 0, []
    for typed in (command for command in LEAST[least] if command not in ENDLESS):
        if command_of(typed) in ELSEWHERE | REFUSED:
            continue
        tried += 1
        of_file, of_database = (result_of(address, typed, tmp_path / f"{tried}-{n}") for n, address in enumerate(both))
        if of_file != of_database:
            wrong.append((typed, of_file, of_database))
    assert tried > 15
    assert wrong == []


@pytest.mark.parametrize("command", sorted(ONLY_OF_A_FILE))
def test_commands_on_a_library_file_refuse_a_database(postgres: PostgresServer, tmp_path: Path, command: str) -> None:
    address = postgres.database()
    code, output, error = result_of(address, f"{command} {ONLY_OF_A_FILE[command]}", tmp_path / "here")
    assert (code, output, error.count("\n")) == (2, "", 1)
    assert "LIBRARY is not a file: its server checks and repairs it" in error


def test_libraries_are_merged_in_files(both: tuple[Path, str], tmp_path: Path) -> None:
    code, output, error = result_of(both[1], f"library merge {both[0]}", tmp_path / "here")
    assert (code, output, error.count("\n")) == (2, "", 1)
    assert "copy it into a file with 'map4 library copy'" in error
    assert result_of(both[1], "library info", tmp_path / "there")[0] == 0


def test_reading_commands_create_no_library(postgres: PostgresServer, tmp_path: Path) -> None:
    address = postgres.database()
    code, _, error = result_of(address, "search", tmp_path / "here")
    assert (code, error) == (4, "map4: there is no library LIBRARY yet; to create it, run 'map4 scan FOLDER'\n")
    assert result_of(address, "tags show /nowhere.mp3", tmp_path / "there")[0] == 4
    assert result_of(address, "library info", tmp_path / "again")[0] == 4


@pytest.mark.parametrize(
    "command", ["config", "config --json", "library info", "scan .", "search x", "serve", "doctor"]
)
@pytest.mark.parametrize("way", ["option", "environment", "environment file", "setting"])
def test_password_of_the_address_is_never_printed(tmp_path: Path, command: str, way: str) -> None:
    address = "postgresql://me:geheim@127.0.0.1:9/music?connect_timeout=2"
    (tmp_path / "address").write_text(f"{address}\n")
    (tmp_path / "map4.toml").write_text(f'library = "{address}"\n')
    words, env = {
        "option": (["--library", address], {}),
        "environment": ([], {"MAP4_LIBRARY": address}),
        "environment file": ([], {"MAP4_LIBRARY": "", "MAP4_LIBRARY_FILE": str(tmp_path / "address")}),
        "setting": (["--config", str(tmp_path / "map4.toml")], {"MAP4_LIBRARY": ""}),
    }[way]
    done = run_inside(*words, *command.split(), "--no-input", library=Path("unused"), env=env, cwd=tmp_path)
    output = done.stdout + done.stderr
    assert "postgresql://me@127.0.0.1:9/music" in output
    assert "geheim" not in output
    assert done.returncode == (0 if "config" in command else 1)
    assert "config" in command or done.stderr.count("\n") == 1


def test_missing_packages_name_the_command_to_install_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("map4.extras.postgres", "psycopg"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    code, _, error = result_of("postgresql://me:geheim@db/music", "library info", tmp_path / "here")
    assert code == 2
    why = "import of psycopg halted; None in sys.modules"
    command = Packages("postgres").how_to_add()
    assert error == f"map4: the library postgresql://me@db/music needs more packages ({why}): {command}\n"

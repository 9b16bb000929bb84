"""`map4 doctor --report`."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run
from doubtful_library import make_doubtful_library

from map4 import __version__
from map4.core.base.child_process import Parent
from map4.core.base.files.last_error import LastError
from map4.doctor.use import Doctor
from map4.errors import UsageError
from map4.server.log_lines import log_to

SETTINGS = """
library = "/home/ann/private.map4"
[scan]
jobs = 3
[serve]
redis = "redis://:secret@db.example.org"
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_doubtful_library(tmp_path / "library.map4")


def test_bug_report_is_shown_and_written_without_names_and_secrets(inside: Run, library: Path, tmp_path: Path) -> None:
    (tmp_path / "map4.toml").write_text(SETTINGS)
    words = ("--config", tmp_path / "map4.toml", "doctor", "--report")
    inside("--config", tmp_path / "map4.toml", "config")  # the library keeps the settings, and grows
    shown = inside(*words, tmp_path / "report.txt")
    assert (shown.returncode, shown.stdout) == (0, (tmp_path / "report.txt").read_text())
    facts = [line.partition(": ")[::2] for line in shown.stdout.splitlines()]
    assert facts[0][1].startswith(f"{__version__}, Python 3.")
    assert {("setting", "scan.jobs = 3"), ("setting", "serve.redis = set"), ("last error", "none")} <= set(facts)
    assert any(name == "packages" and ", numpy " in text for name, text in facts)
    [counts] = [text for name, text in facts if name == "library"]
    assert "schema_version 110" in counts
    assert "'failed': 1" in counts
    for secret in ("secret", "/home", "private", "broken", "doubtful", "/music", str(tmp_path)):
        assert secret not in shown.stdout
    assert inside(*words, "-").stdout == shown.stdout
    for name, why in (("report.txt", "File exists"), ("none/report.txt", "No such file or directory")):
        again = inside(*words, tmp_path / name)
        assert (again.returncode, f"{name}: {why}; name a new file" in again.stderr) == (2, True), again.stderr
    assert inside("doctor", "--strict", "--report", "-").returncode == 2


def test_report_names_the_error_of_a_library_or_the_last_bug(
    inside: Run, tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = inside("--library", tmp_path / "none.map4", "doctor", "--report", "-")
    assert (result.returncode, "library: NothingFoundError\n" in result.stdout) == (0, True)

    def broken(*_: object, **__: object) -> None:
        raise ValueError("/music/secret song.mp3")

    monkeypatch.setattr(Doctor, "examine", broken)
    assert "'map4 doctor --report FILE' writes what to report" in inside("doctor").stderr
    report = inside("doctor", "--report", "-").stdout
    assert f"last error: ValueError in map4 {__version__} at 20" in report
    assert "test_bug_report.py:" in report
    assert "secret song" not in report


def _in_child(error: Exception) -> None:
    parent = Parent.__new__(Parent)
    parent.receive, parent.send = lambda: None, lambda what, value=None: None  # type: ignore[method-assign]

    def work(request: object, send: object) -> None:
        raise error

    parent.answer(work)


def _in_server(error: Exception) -> None:
    with log_to("text", {}):
        logging.getLogger("map4.server").error("a bug", extra={"mistake": error})


@pytest.mark.parametrize("happens", [_in_child, _in_server])
def test_bugs_in_servers_and_child_processes_are_recorded(happens: Callable[[Exception], None]) -> None:
    LastError.keep(OSError())
    happens(KeyError("name"))
    assert LastError.read().startswith("KeyError in map4 ")


def test_user_errors_are_not_recorded_as_bugs() -> None:
    LastError.keep(OSError())
    _in_child(UsageError("wrong"))
    assert LastError.read().startswith("OSError in map4 ")

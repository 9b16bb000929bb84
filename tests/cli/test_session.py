"""Global options, and what they lead to."""

import json
import sys
from pathlib import Path

import pytest
from command_runs import Screen
from conftest import Run
from playlist_library import make_playlist_library

from map4.cli.output import write_text
from map4.cli.session import Session
from map4.core.store.file import schema


def test_global_options_work_anywhere_and_in_suggested_commands(inside: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.map4"
    before = json.loads(inside("--library", other, "config", "--json").stdout)
    after = json.loads(inside("config", "--json", "--library", other).stdout)
    assert before == after
    assert before["settings"]["library"] == {"value": str(other), "origin": "command line"}
    (tmp_path / "my map4.toml").touch()
    library, config = str(tmp_path / "a.map4"), str(tmp_path / "my map4.toml")
    session = Session({"library": library, "config": config, "quiet": True})
    assert session.command("playlist", "show", "two words") == (
        f"map4 --config '{config}' --library {library} playlist show 'two words'"
    )
    assert Session({}).command("search") == "map4 search"


def test_color_never_prints_no_styles_and_messages_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session({"color": "never"})
    with session.out.capture() as captured:
        session.out.print("x", style="bold red")
    assert captured.get() == "x\n"
    with Screen() as screen, open(screen.fileno(), "w", closefd=False) as stdout:
        with open(screen.fileno(), "w", closefd=False) as stderr:
            monkeypatch.setattr(sys, "stdout", stdout)
            monkeypatch.setattr(sys, "stderr", stderr)
            write_text("the answer\n")
            Session({}).warn("1 track")
        assert screen.read().split() == [b"the", b"answer", b"1", b"track"]


def test_verbose_option_prints_file_names_at_its_second_level(inside: Run, music: Path) -> None:
    assert inside("scan", "-v", music).stderr.count("analysed ") == 5  # four files and the summary
    assert inside("scan", "-v", music).stderr.count(".wav") == 0
    assert inside("-vv", "scan", music).stderr.count(".wav") == 4


def test_upgrade_of_a_library_is_announced(inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_playlist_library(tmp_path / "library.map4", tracks=2)
    newer = (*schema.MIGRATIONS, lambda connection: None)
    monkeypatch.setattr(schema, "MIGRATIONS", newer)
    first, second = (inside("search", "--paths") for _ in range(2))
    assert first.stdout == second.stdout != ""
    assert f"the old version is saved in {path}.before-schema-{schema.newest_version()}\n" in first.stderr
    assert "updating" not in second.stderr

"""Global options, and what they lead to."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Run

from map4.cli.session import Session


def test_global_options_work_before_and_after_the_command(inside: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.map4"
    before = json.loads(inside("--library", other, "config", "--json").stdout)
    after = json.loads(inside("config", "--json", "--library", other).stdout)
    assert before == after
    assert before["settings"]["library"] == {"value": str(other), "origin": "command line"}


def test_no_colour_is_no_style_at_all() -> None:
    session = Session({"color": "never"})
    with session.out.capture() as captured:
        session.out.print("x", style="bold red")
    assert captured.get() == "x\n"


def test_verbose_names_the_files(inside: Run, music: Path) -> None:
    assert inside("scan", "-v", music).stderr.count("analysed ") == 5  # four files and the summary
    assert inside("scan", "-v", music).stderr.count(".wav") == 0
    assert inside("-vv", "scan", music).stderr.count(".wav") == 4


def test_commands_to_copy_go_on_with_the_same_library_and_settings(tmp_path: Path) -> None:
    (tmp_path / "my map4.toml").touch()
    library, config = str(tmp_path / "a.map4"), str(tmp_path / "my map4.toml")
    session = Session({"library": library, "config": config, "quiet": True})
    assert session.command("playlist", "show", "two words") == (
        f"map4 --config '{config}' --library {library} playlist show 'two words'"
    )
    assert Session({}).command("search") == "map4 search"

"""Global options, and how far a command is, as a terminal shows it."""

import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest
from command_runs import Screen
from conftest import Run
from playlist_library import make_playlist_library
from rich.console import Console

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
            Session.write_text("the answer\n")
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


class Told:
    """A terminal's console that keeps what it was told."""

    is_dumb_terminal = False
    is_terminal = True

    def __init__(self) -> None:
        self.lines: list[str] = []

    @contextmanager
    def status(self, text: str) -> Iterator[Self]:
        self.lines.append(text)
        yield self

    def update(self, text: str) -> None:
        self.lines.append(text)

    def isatty(self) -> bool:
        return True


def test_progress_is_printed_unless_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    console, session = Told(), Session({})
    session.__dict__["err"] = console
    monkeypatch.setattr("sys.stderr", console)
    with session.status("exporting", every=100) as show:
        for done in range(1, 201):
            show(f"{done:,} of 2,500 tracks")
    assert console.lines == ["exporting", "exporting: 100 of 2,500 tracks", "exporting: 200 of 2,500 tracks"]
    quiet = Session({"quiet": True})
    quiet.__dict__["err"] = console
    with quiet.status("exporting") as show:
        show("1 of 2,500 tracks")
    assert len(console.lines) == 3


@pytest.mark.contract
def test_progress_bar_moves_before_the_count_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    drawn, session = io.StringIO(), Session({})
    session.__dict__["err"] = Console(file=drawn, force_terminal=True, color_system=None, width=80)
    monkeypatch.setattr(sys, "stderr", Told())
    until = time.monotonic() + 20.0
    with session.bar("analysing", total=204, named=True) as show:
        show(name="Velvet Undertow.flac")
        frames: set[str] = set()
        while len(frames) < 3 and time.monotonic() < until:
            time.sleep(0.05)
            frames = {line[:1] for line in drawn.getvalue().replace("\x1b[2K", "\r").split("\r") if "analysing" in line}
    assert len(frames) >= 3
    assert "0/204" in drawn.getvalue()
    assert "Velvet Undert" in drawn.getvalue()

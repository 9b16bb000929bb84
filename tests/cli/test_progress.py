"""How far a command is, as a terminal shows it."""

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import pytest
from rich.console import Console

from map4.cli import progress
from map4.cli.session import Session


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
    with progress.status(session, "exporting", every=100) as show:
        for done in range(1, 201):
            show(f"{done:,} of 2,500 tracks")
    assert console.lines == ["exporting", "exporting: 100 of 2,500 tracks", "exporting: 200 of 2,500 tracks"]
    quiet = Session({"quiet": True})
    quiet.__dict__["err"] = console
    with progress.status(quiet, "exporting") as show:
        show("1 of 2,500 tracks")
    assert len(console.lines) == 3


@pytest.mark.contract
def test_progress_bar_moves_before_the_count_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    drawn, session = io.StringIO(), Session({})
    session.__dict__["err"] = Console(file=drawn, force_terminal=True, color_system=None, width=80)
    monkeypatch.setattr(sys, "stderr", Told())
    until = time.monotonic() + 20.0
    with progress.bar(session, "analysing", total=204, named=True) as show:
        show(name="Velvet Undertow.flac")
        frames: set[str] = set()
        while len(frames) < 3 and time.monotonic() < until:
            time.sleep(0.05)
            frames = {line[:1] for line in drawn.getvalue().replace("\x1b[2K", "\r").split("\r") if "analysing" in line}
    assert len(frames) >= 3
    assert "0/204" in drawn.getvalue()
    assert "Velvet Undert" in drawn.getvalue()

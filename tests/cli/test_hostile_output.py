"""What commands print about names that try to control the terminal."""

import io
import re
import sys
from pathlib import Path

import pytest
from conftest import Run
from made_library import analysis_of, put
from rich.console import Console

from map4.cli.session import Session
from map4.core.music.track.tags import Tags
from map4.library import Library

EVIL = "a\x1b[2J\u202eb\nEND\u2028\x9b31m [/red]"
# A line that begins with END was broken inside a name.
UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]|^END", re.MULTILINE)
PATHS = [f"/music/{EVIL.replace('/', '')}/{number}{EVIL.replace('/', '')}.mp3" for number in range(6)]


@pytest.fixture
def hostile(tmp_path: Path) -> None:
    """A library whose paths, tags and lists have escapes, bidirectional marks and line breaks."""
    path = tmp_path / "library.map4"
    with Library.open(path):
        pass
    for number, name in enumerate(PATHS):
        tags = Tags(title=EVIL, artist=EVIL, album=EVIL, genre=EVIL, comment=EVIL, composer=EVIL, label=EVIL)
        put(path, number, analysis_of(number), name=name, tags=tags if number % 3 else None)
    with Library.open(path) as library:
        library.lists.save("list", library.lists.in_order("list", list(library.search(""))))
        library.files.forget(list(library.search(""))[5:], ignore=True)


@pytest.mark.usefixtures("hostile")
def test_names_never_control_the_terminal(inside: Run) -> None:
    a, b, c = PATHS[:3]
    for code, *command in (
        (0, "set", a, b, f"genre={EVIL}", "rating=4"), (0, "set", "history"), (0, "undo"),
        (0, "search"), (0, "stats"), (0, "similar", b), (0, "compare", a, b, c), (0, "tags", "show", b), (0, "doctor"),
        (3, "tags", "write", "--dry-run", b), (3, "playlist", "show", "list"), (0, "playlist", "check", "list"),
        (0, "playlist", "-n", "3", "--seed", b, "--explain"), (4, "mix", a, b), (4, "analyze", b), (3, "scan", a),
        (0, "undo", "1", "--dry-run"), (0, "library", "forget", "--undo", PATHS[5]), (2, EVIL),
    ):  # fmt: skip
        done = inside(*command)
        assert (done.returncode, UNPRINTABLE.findall(done.stdout + done.stderr)) == (code, []), command


def test_echo_and_questions_print_no_controls(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session({})
    monkeypatch.setattr(session, "may_ask", True)
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    session.echo(EVIL)
    session.confirm(EVIL, "")
    printed = capsys.readouterr()
    for text in (printed.out, printed.err):
        assert text.startswith("a\ufffd[2J\ufffdb\ufffdEND\ufffd\ufffd31m [/red]")


@pytest.mark.parametrize("draw", ["status", "bar"])
def test_progress_shows_names_in_brackets_as_they_are(monkeypatch: pytest.MonkeyPatch, draw: str) -> None:
    drawn = io.StringIO()
    session = Session({})
    session.__dict__["err"] = Console(file=drawn, force_terminal=True, width=120, color_system=None)
    monkeypatch.setattr(session, "shows_progress", lambda: True)
    if draw == "status":
        with session.status("reading") as show:
            show(EVIL)
    else:
        with session.bar("reading", named=True) as show:
            show(name=EVIL)
    assert "a\ufffd[2J\ufffdb\ufffdEND\ufffd\ufffd31m [/red]" in drawn.getvalue()

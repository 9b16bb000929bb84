"""What is printed: its colours, its letters and its forms."""

import io
import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from conftest import Run

import map4
from map4.cli.output import csv_text
from map4.cli.session import Session
from map4.cli.track_output import Output
from map4.core.base.text import printable, visible

# On white, xterm's yellow has a contrast of 1.7, its bright colours less; white has none.
_PALE = re.compile(r'"(?:[a-z ]+ )?(?:yellow|white|bright_(?!blue)[a-z]+)"')


def test_text_colours_are_visible_on_light_terminals() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(Path(map4.__file__).parent.rglob("*.py"))}
    drawing = re.compile(r"^ *(import click|from (click|rich|map4\.cli|map4\S*\.views))\b", re.MULTILINE)
    files = [file for file, text in texts.items() if "views" in file.parts or drawing.search(text)]
    found = [(file.name, style) for file in files for style in _PALE.findall(texts[file])]
    assert len(files) > 50
    assert found == [("views.py", '"yellow"')]  # dots of a sixth series, which no terminal has yet


# Text for terminals: nothing in a name or tag does anything there, hides, or covers other lines.
def test_printable_text_keeps_languages_and_csv_has_no_formulas() -> None:
    cases = [
        ("a\x1b[2Jb\u2066c\udcff", "a\ufffd[2Jb\ufffdc\ufffd"),
        ("a\u200bb\u2060\ufeff", "a\ufffdb\ufffd"),
        ("x" + "".join(chr(0xE0000 + ord(letter)) for letter in "delete everything"), "x\ufffd"),
        ("\u200da\u200c\u200db\u200d", "\ufffda\ufffdb\ufffd"),
        ("\u3164", "\ufffd"),
        ("Z" + "\u0335\u0310" * 250 + "a", "Z" + "\u0335\u0310" * 3 + "a"),
        ("\u20e3" * 100, "\u20e3" * 6),
        # What people write stays: accents apart from their letter, Persian, Tibetan, Thai, emoji of several parts.
        ("Bjo\u0308rk", "Bjo\u0308rk"),
        ("Việt".replace("ệ", "e\u0323\u0302"), "Vie\u0323\u0302t"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("བསྒྲུབས", "བསྒྲུབས"),
        ("ที่นี้", "ที่นี้"),
        ("\U0001f469\u200d\U0001f4bb \u2764\ufe0f", "\U0001f469\u200d\U0001f4bb \u2764\ufe0f"),
    ]
    assert [(text, printable(text)) for text, _ in cases] == cases
    assert visible("one\ntwo\tthree\x1b") == "one\ntwo\tthree\x1b"  # controls are the business of each format
    assert visible("a\u200b\U000e0041\u202eb" + "\u0335" * 250) == "a\ufffd\ufffdb" + "\u0335" * 6
    assert visible("Việt \U0001f469\u200d\U0001f4bb") == "Việt \U0001f469\u200d\U0001f4bb"
    assert csv_text([["=1+1", "-x", None, -2.5, "a\0"]]) == "'=1+1,'-x,,-2.5,a\r\n"


class Stdout(io.TextIOWrapper):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


HOSTILE = "a\x1b]0;b\x07\x9b31m\u202ec\u061c\rd\x7f\tä\U0001f469\u200d\U0001f4bb"


def test_data_on_a_terminal_has_no_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", stdout := Stdout(True))
    safe = "a\\u001b]0;b\\u0007\\u009b31m\\u202ec\\u061c\\u000dd\\u007f\tä\U0001f469\u200d\U0001f4bb"
    Session.write_text(csv_text([[HOSTILE]]).replace('"', ""))
    Session.write_bytes(HOSTILE.encode() + b"\0\xff\n")
    stream = Session.data_stream()
    for byte in HOSTILE.encode():
        stream.write(bytes([byte]))
    shown = stdout.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert shown == f"{safe}\r\n{safe}\0\ufffd\n{safe}"


def test_json_on_a_terminal_has_its_values_and_data_in_a_pipe_is_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", stdout := Stdout(True))
    Session.write_json({"path": HOSTILE})
    shown = stdout.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert (json.loads(shown), "\x9b" in shown or "\u202e" in shown) == ({"path": HOSTILE}, False)
    monkeypatch.setattr("sys.stdout", stdout := Stdout(False))
    Session.data_stream().write(HOSTILE.encode() + b"\xff")
    Session.write_text(HOSTILE)
    assert stdout.buffer.getvalue() == HOSTILE.encode() + b"\xff" + HOSTILE.encode()  # type: ignore[attr-defined]


def test_output_forms_are_chosen_singly_and_may_be_a_subset(inside: Run, music: Path) -> None:
    for arguments in (["search", "--json", "--csv"], ["analyze", "--paths", "-f", "{bpm}", music / "one.wav"]):
        result = inside(*arguments)
        assert (result.returncode, "choose one" in result.stderr, result.stdout) == (2, True, "")

    @click.command()
    @Output.options("json", "csv")
    def command(output: Output) -> None:
        click.echo(f"{output.format}")

    runner = CliRunner()
    assert runner.invoke(command, []).output == "None\n"
    assert runner.invoke(command, ["--csv"]).output == "csv\n"
    assert runner.invoke(command, ["--jsonl"]).exit_code == 2

"""What commands report when Ctrl-C ends them."""

from pathlib import Path
from unittest.mock import Mock

import pytest
from conftest import Run
from list_libraries import HOUSE, put_songs

SKY, FIRE = "/music/Ann/Sky.mp3", "/music/Bob/Fire.mp3"


@pytest.mark.parametrize(
    ("call", "arguments", "message"),
    [
        ("map4.library.Library.set_each", ("set", SKY, "bpm=87"), "no value is changed"),
        ("map4.library.Library.mix", ("mix", SKY, FIRE, "--render", "x.wav"), "no file is written"),
        ("map4.duplicates.commands.duplicates._write", ("duplicates",), "no file was moved"),
        ("map4.imports.reading.ImportReader.read", ("import", "a", "b"), "0 of 2 files read; the rest is as before"),
        (
            "map4.extras.unmix.commands.unmix.unmix_events",
            ("unmix", SKY, FIRE),
            "0 of 2 recordings done; nothing of the others is kept",
        ),
    ],
)
def test_stopped_command_reports_its_finished_work(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, arguments: tuple[str, ...], message: str
) -> None:
    put_songs(tmp_path / "library.map4", HOUSE)
    monkeypatch.setattr(call, Mock(side_effect=KeyboardInterrupt))
    stopped = inside(*arguments)
    assert (stopped.returncode, stopped.stderr.strip()) == (130, f"map4: stopped; {message}")

"""What is drawn can be read on a dark terminal and on a light one."""

from __future__ import annotations

import re
from pathlib import Path

import map4.cli

# On white, xterm's yellow has a contrast of 1.7, its bright colours less; white has none.
_PALE = re.compile(r'"(?:[a-z ]+ )?(?:yellow|white|bright_(?!blue)[a-z]+)"')


def test_no_text_is_of_a_colour_that_a_light_terminal_swallows() -> None:
    files = sorted(Path(map4.cli.__path__[0]).rglob("*.py"))
    found = [(file.name, style) for file in files for style in _PALE.findall(file.read_text(encoding="utf-8"))]
    assert len(files) > 50
    assert found == [("figures.py", '"yellow"')]  # dots of a sixth series, which no terminal has yet

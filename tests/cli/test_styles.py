"""What is drawn can be read on a dark terminal and on a light one."""

import re
from pathlib import Path

import map4

# On white, xterm's yellow has a contrast of 1.7, its bright colours less; white has none.
_PALE = re.compile(r'"(?:[a-z ]+ )?(?:yellow|white|bright_(?!blue)[a-z]+)"')


def test_text_colours_are_visible_on_light_terminals() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(Path(map4.__file__).parent.rglob("*.py"))}
    drawing = re.compile(r"^ *(import click|from (click|rich|map4\.cli|map4\S*\.views))\b", re.MULTILINE)
    files = [file for file, text in texts.items() if "views" in file.parts or drawing.search(text)]
    found = [(file.name, style) for file in files for style in _PALE.findall(texts[file])]
    assert len(files) > 50
    assert found == [("views.py", '"yellow"')]  # dots of a sixth series, which no terminal has yet

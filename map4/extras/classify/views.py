"""Labels as a table for people, line by line as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from map4.cli.views.columns import TableColumns

if TYPE_CHECKING:
    from rich.console import Console

    from map4.core.music.track.track import Track

_WIDTHS = {"name": 0, "genre": 10, "style": 12, "mood": 11, "era": 5, "by": 8}
_LEAST_NAME, _MOST_NAME = 20, 60
DOUBTFUL = 0.5  # below this confidence a genre is marked with a question mark


class LabelTable:
    """Writes tracks with their labels to a terminal.

    console: where to
    """

    def __init__(self, console: Console) -> None:
        self._columns = TableColumns(console, _WIDTHS)
        self._columns.widths["name"] = min(max(self._columns.room, _LEAST_NAME), _MOST_NAME)
        self._has_head = False

    def write(self, track: Track) -> None:
        labels = track.labels
        assert labels is not None
        if not self._has_head:
            self._has_head = True
            self._print(("artist – title", *list(_WIDTHS)[1:]), style="bold")
        mark = "?" if labels.confidence < DOUBTFUL else ""
        cells = (f"{labels.genre}{mark}", labels.subgenre, labels.mood, labels.era, labels.source)
        self._print((track.caption(), *(cell or "" for cell in cells)), style="magenta" if mark else "")

    def finish(self) -> None:
        """Nothing waits."""

    def _print(self, cells: tuple[str, ...], *, style: str) -> None:
        line = self._columns.line(dict(zip(_WIDTHS, cells, strict=True)), style)
        self._columns.console.print(line, soft_wrap=True)

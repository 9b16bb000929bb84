"""Labels as a table for people, line by line as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.cells import set_cell_size
from rich.text import Text

from map4.cli.views.track_table import fit_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from map4.domain.track.track import Track

_GAP = "  "
_HEADS = ("genre", "style", "mood", "era", "by")
_WIDTHS = (10, 12, 11, 5, 8)
_LEAST_NAME, _MOST_NAME = 20, 60
DOUBTFUL = 0.5
"""Below this confidence a genre is marked with a question mark."""


class LabelTable:
    """Writes tracks with their labels to a terminal.

    console: where to
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._has_head = False
        room = console.width - sum(_WIDTHS) - len(_GAP) * len(_WIDTHS)
        self._name = min(max(room, _LEAST_NAME), _MOST_NAME)

    def write(self, track: Track) -> None:
        """One track that has labels."""
        labels = track.labels
        assert labels is not None
        if not self._has_head:
            self._has_head = True
            self._print(("artist – title", *_HEADS), style="bold")
        mark = "?" if labels.confidence < DOUBTFUL else ""
        cells = (f"{labels.genre}{mark}", labels.subgenre, labels.mood, labels.era, labels.source)
        self._print((track.caption(), *(cell or "" for cell in cells)), style="magenta" if mark else "")

    def finish(self) -> None:
        """Nothing waits."""

    def _print(self, cells: tuple[str, ...], *, style: str) -> None:
        widths = (self._name, *_WIDTHS)
        line = _GAP.join(set_cell_size(fit_text(cell, width), width) for cell, width in zip(cells, widths, strict=True))
        self._console.print(Text(line.rstrip(), style=style), soft_wrap=True)


def agreement_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Where two models agree, by a `map4/classify-comparison/1` record, and what each says of tracks that differ."""
    first, second = (one["name"] for one in found["asked"])
    yield f"{first} and {second}, {found['both']} of {found['tracks']} tracks answered by both"
    yield ""
    yield f"{'field':<10}{'same':>6}{'share':>8}"
    for name, one in found["fields"].items():
        yield f"{name:<10}{one['same']:>6}{one['share']:>8.0%}"
    if found["disagreements"]:
        yield ""
    for entry in found["disagreements"]:
        said = "; ".join(f"{name} {a or 'unknown'} | {b or 'unknown'}" for name, (a, b) in entry["said"].items())
        yield f"{' – '.join(filter(None, (entry['artist'], entry['title'])))}: {said}"

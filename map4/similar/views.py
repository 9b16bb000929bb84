"""The nearest tracks as a table for people."""

from __future__ import annotations

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from map4.cli.views.columns import key_cell, safe_text, tempo_cell
from map4.core.music.analysis.key import Notation
from map4.core.music.track.track_columns import TrackCells
from map4.similar.use import Neighbours

# Columns used by the other values and gaps, and the minimum width of a name; below the third, the width of both with a
# readable name, position and energy are dropped.
_BESIDE_NAME, _BESIDE_NAME_NARROW = 38, 27
_LEAST_NAME = 12
_NARROW = 60


def similar_table(neighbours: Neighbours, *, notation: Notation, width: int, explain: bool = False) -> Table:
    """The tracks as a table with the marks of `map4 search`; names are shortened on a narrow terminal.

    explain: write what is alike below each track, in whole lines
    """
    is_narrow = width < _NARROW
    table = Table(box=None, pad_edge=False, header_style="bold")
    if not is_narrow:
        table.add_column("#", justify="right", no_wrap=True)
    # Without a maximum, Rich would take the width of a long name from all columns equally.
    most = max(_LEAST_NAME, width - (_BESIDE_NAME_NARROW if is_narrow else _BESIDE_NAME))
    table.add_column("artist – title", no_wrap=not explain, overflow="ellipsis", max_width=most)
    table.add_column("HAMMS" if neighbours.by == "hamms" else neighbours.by, justify="right", no_wrap=True)
    table.add_column("BPM ", justify="right", no_wrap=True)
    table.add_column("key ", justify="right", no_wrap=True)
    if not is_narrow:
        table.add_column("E", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for ranked in neighbours.ranked:
        each = ranked.found
        cells = TrackCells(each.track)
        row: list[str | Text] = [
            safe_text(cells["caption"]),
            f"{each.similarity:z.2f}",
            tempo_cell(cells, 6) if cells["bpm"] else Text("– "),
            key_cell(cells, notation, 4) if cells["key_camelot"] else Text("– "),
        ]
        if not is_narrow:
            row = [str(ranked.position), *row, str(cells["energy_level"] or "–")]
        table.add_row(*row, "same" if each.same_recording else "")
        if explain:
            table.add_row(*[""] * (not is_narrow), Padding(Text(ranked.why.words, "dim"), (0, 0, 0, 2)))
    return table

"""How results show themselves in Python: a line as `repr`, a table when printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from map4.core.base.text import printable
from map4.errors import text_columns

MOST_COLUMNS = 120  # maximum width of a `repr`
_MOST_CELL = 60
_GAP = "  "
_LEFT = ("artist – title", "genre")  # heads of text columns; other columns contain numbers and are right-aligned


def repr_line(record: object, summary: str) -> str:
    """`<Track House Act 5 – Tune 14, 124.0, 7B>`: a result on one line."""
    name = type(record).__name__
    return f"<{name} {cut(summary, MOST_COLUMNS - len(name) - 3)}>" if summary else f"<{name}>"


def short_repr(record: Any) -> str:
    """A `repr` of the fields of a record: `<Neighbours by=sound, 1 wanted, compared=133, 20 similar>`.

    Collections are shown by size; unknown, empty and false values are omitted.
    """
    return repr_line(record, ", ".join(_fields(record)))


def _fields(record: Any) -> list[str]:
    parts, room = [], MOST_COLUMNS
    for field in fields(record):
        value = getattr(record, field.name)
        if not field.repr or value is None or value is ... or value is False or room < 0:
            continue
        if isinstance(value, (str, int, float)) and value != "":
            shown = f"{value:g}" if isinstance(value, float) else value
            parts.append(field.name if value is True else f"{field.name}={shown}")
        elif not hasattr(value, "__len__"):
            parts.append(f"{field.name}={value!r}")
        elif len(value):
            parts.append(f"{len(value)} {field.name}")
        else:
            continue
        room -= len(parts[-1])
    return parts


def cut(text: str, most: int) -> str:
    """A text on one line of at most `most` columns, with an ellipsis if it is cut."""
    clean = printable(text[: 4 * most])
    if text_columns(clean) <= most:
        return clean
    while text_columns(clean) >= most:
        clean = clean[:-1]
    return f"{clean.rstrip()}…"


class Shown:
    """A result that is a table, shown by `print` and in notebooks."""

    __slots__ = ()

    def rows(self) -> list[Mapping[str, str]]:
        """The rows of the table: cells by column head."""
        raise NotImplementedError

    def words(self) -> Sequence[str]:
        """Lines below the table."""
        return ()

    def _brief(self, summary: str) -> str:
        return repr_line(self, summary)

    def __str__(self) -> str:
        return "\n".join([*text_table(self.rows()), *map(printable, self.words())])

    def _repr_html_(self) -> str:
        import html  # its table of names is long

        return f"<pre>{html.escape(str(self))}</pre>"


def text_table(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The lines of a table of texts; empty columns are omitted."""
    heads = [head for head in (rows[0] if rows else ()) if any(row[head].strip() for row in rows)]
    lines = [heads, *([cut(row[head], _MOST_CELL) for head in heads] for row in rows)]
    widths = [max(text_columns(line[place]) for line in lines) for place in range(len(heads))]
    return [_line(heads, line, widths) for line in lines] if heads else []


def _line(heads: Sequence[str], cells: Sequence[str], widths: Sequence[int]) -> str:
    filled = []
    for head, cell, width in zip(heads, cells, widths, strict=True):
        blanks = " " * (width - text_columns(cell))
        filled.append(cell + blanks if head in _LEFT else blanks + cell)
    return _GAP.join(filled).rstrip()

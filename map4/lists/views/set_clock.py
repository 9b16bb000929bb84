"""A set on a terminal clock: ticks, energy by level, and the tracks alternating on two decks, row by row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from map4.cli.views.columns import RATING_STYLES, fit_text
from map4.cli.views.strip import strip
from map4.core.base.text import clock
from map4.core.music.analysis.key import Notation
from map4.core.music.analysis.plausible import Energy
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import Compatibility
from map4.exports import MOST_FULL, Bar, Joint, clock_rows, running_order, set_bars, tick_step_s, weak_joints

LEAST_WIDTH = 40
_MOST_WIDTH = 120
_MARGIN = 3
_BAR, _CLOSE_BAR = 13, 8
"""Approximate columns per track."""
_TICK_ROOM = 9
_REACHED, _WANTED = "━", "┄"

_Piece = tuple[int, Text]
"""A column, and the text that begins there."""


def set_view(bars: Sequence[Bar], *, width: int) -> Text:
    """Draw a set.

    bars: as made by `map4.exports.report.setlist.set_bars`, at least one
    width: columns of the terminal; at least `LEAST_WIDTH`
    returns: Lines of at most that width: for each row a blank line, the clock, energy, and the names and strips of both
        decks.
    """
    bars, width = bars[: Tracklist.MOST_DRAWN], min(width, _MOST_WIDTH)
    room = width - _MARGIN
    rows = clock_rows(bars, max(1, round(room / (_BAR if len(bars) <= MOST_FULL else _CLOSE_BAR))))
    scale = room / max(1.0, *(max(bar.ends_s for bar in row) - row[0].starts_s for row in rows))
    known = [Energy.level(value) for bar in bars for value in (bar.energy, bar.wanted) if value is not None]
    levels = range(max(known, default=0), min(known, default=1) - 1, -1)
    return Text("\n").join(line for row in rows for line in (Text(), *_TextRow(row, scale, width, levels).lines()))


class _TextRow:
    def __init__(self, bars: Sequence[Bar], scale: float, width: int, levels: Iterable[int]) -> None:
        self._bars, self._scale, self._width, self._levels = bars, scale, width, levels

    def lines(self) -> Iterator[Text]:
        yield self._line(self._ticks())
        if any(bar.tempo for bar in self._bars):
            yield self._line(self._tempi())
        for level in self._levels:
            yield self._level(level)
        above, below = self._names(1), self._names(0)
        decks = [self._deck(1), self._deck(0)]
        for pieces in (above, *decks, below):
            yield self._line(pieces)

    def _line(self, pieces: Iterable[_Piece]) -> Text:
        line = Text()
        for column, text in pieces:
            at = line.cell_len
            if column < at:
                line.right_crop(at - column)  # cut the end of the piece that overlaps
            line.append(" " * max(0, column - at)).append_text(text)
        line.truncate(self._width)
        line.rstrip()
        return line

    def _column(self, time_s: float) -> int:
        return _MARGIN + round(self._scale * (time_s - self._bars[0].starts_s))

    def _ticks(self) -> Iterator[_Piece]:
        start_s, end_s = self._bars[0].starts_s, self._bars[-1].ends_s
        step = tick_step_s((self._width - _MARGIN) / self._scale, (self._width - _MARGIN) / _TICK_ROOM)
        free = 0
        for number in range(math.ceil(start_s / step), math.floor(end_s / step) + 1):
            column, text = self._column(number * step), clock(number * step)
            if column >= free and column + len(text) <= self._width:
                yield column, Text(text, style="dim")
                free = column + len(text) + 2

    def _tempi(self) -> Iterator[_Piece]:
        """The tempo of each track, and the wanted tempo."""
        for bar in self._bars:
            yield self._column(bar.starts_s), Text(f"{bar.tempo} ", style="dim")

    def _level(self, level: int) -> Text:
        """Where the music has this energy, and where it was wanted."""
        line = Text.assemble((f"{level:>{_MARGIN - 1}} ", "dim"))
        for column in range(_MARGIN, self._column(self._bars[-1].ends_s)):
            time_s = self._bars[0].starts_s + (column - _MARGIN + 0.5) / self._scale
            bar = next(bar for bar in reversed(self._bars) if bar.starts_s <= time_s or bar is self._bars[0])
            if bar.energy is not None and Energy.level(bar.energy) == level:
                line.append(_REACHED, style="bright_blue")
            else:
                is_wanted = bar.wanted is not None and Energy.level(bar.wanted) == level
                line.append(_WANTED if is_wanted else " ", style="dim")
        line.rstrip()
        return line

    def _names(self, turn: int) -> Iterator[_Piece]:
        for place, bar in enumerate(self._bars):
            if bar.number % 2 == turn:
                after = self._bars[place + 2] if place + 2 < len(self._bars) else None
                left = self._column(bar.starts_s)
                room = (self._column(after.starts_s) - 1 if after else self._width) - left
                name = fit_text(f"{bar.number} {bar.name}", max(1, room))
                yield left, Text(name, style="bold")

    def _deck(self, turn: int) -> Iterator[_Piece]:
        """The strips of a deck; while it is free, the transition on the other deck."""
        for place, bar in enumerate(self._bars):
            left, right = self._column(bar.starts_s), self._column(bar.ends_s)
            if bar.number % 2 == turn:
                columns = max(1, right - left - (0 if place + 1 == len(self._bars) else 1))
                empty = Text("─" * columns, style="dim")
                yield left, empty if bar.overview is None else strip(bar.overview, columns, bar.shown)
            elif bar.joint is not None:
                following = self._bars[place + 1] if place + 1 < len(self._bars) else None
                free = self._column(bar.starts_s + bar.joint.overlap_s)
                free += 0 if place == 0 or bar.joint.overlap_s == 0 else 1
                yield free, joint_text(bar.joint, (self._column(following.starts_s) if following else right) - free - 1)


def set_block(listed: Tracklist, notation: Notation, *, width: int, is_drawn: bool = False) -> Text:
    """A list on the clock (unless it is drawn already), the meaning of its signs, and its weakest transitions."""
    head = Text("\nThe set on the clock", style="bold")
    if width < LEAST_WIDTH:
        return Text.assemble(head, ("\nneeds a wider terminal", "dim"))
    bars = set_bars(running_order(listed), notation, with_figures=True)
    lines = [] if is_drawn else [head, set_view(bars, width=width), Text(f"\n{_signs(bars)}", style="dim")]
    if weak := weak_joints(bars):
        lines.append(Text("\nWeakest transitions", style="bold"))
    for place, joint in weak:
        sign = (Compatibility.RATING_SIGNS[joint.rating], RATING_STYLES[joint.rating])
        lines.append(Text.assemble(f"{f'{place}-{place + 1}':>7}  ", sign, f" {fit_text(joint.sentence, width - 11)}"))
    return Text("\n").join(lines)


def joint_text(joint: Joint, room: int) -> Text:
    """As much of a joint as fits: its sign, keys and tempo, then its rating and other details in words."""
    sign, short = Compatibility.RATING_SIGNS[joint.rating], " ".join(joint.short)
    lines = [" ".join(part) for part in (joint.lines, joint.lines[1:])]
    for words in (joint.sentence, *lines, short, short.removesuffix(" %"), joint.short[0]):
        if cell_len(text := f"{sign} {words}") <= room:
            return Text.assemble((sign, RATING_STYLES[joint.rating]), text[1:])
    return Text(sign if room >= 1 else "", style=RATING_STYLES[joint.rating])


def _signs(bars: Sequence[Bar]) -> str:
    wanted = f", {_WANTED} wanted" if any(bar.wanted is not None for bar in bars) else ""
    wanted += ", BPM/wanted" if any(bar.tempo for bar in bars) else ""
    signs = "  ".join(f"{sign} {rating}" for rating, sign in Compatibility.RATING_SIGNS.items())
    return f"{signs}   {_REACHED} energy{wanted}"

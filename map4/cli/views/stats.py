"""The statistics of a library, drawn for a terminal of 80 columns: one screen, or all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from map4.cli.output import counted, printable
from map4.cli.views.figures import WHEEL_WIDTH, figure_view
from map4.cli.views.track_panel import bar
from map4.cli.views.track_table import fit_text, stars
from map4.domain.key import Notation, parse_key
from map4.domain.statistics import Bin, Distribution, Statistics, coarser
from map4.domain.text import percent
from map4.reports.figures.wheel import camelot_wheel

LEVELS = " ▁▂▃▄▅▆▇█"
"""Signs of a count, from none to the greatest."""
_LEAST_ROOM = 20
# No line has room for more names.
_MOST_NAMED = 40

MOST_ROWS = 12
"""Genres, years and months beyond the most frequent, or the latest, stand together in one line."""
BAR_WIDTH = 30
_MOST_BINS = 16
_LABEL_WIDTH = 18


def stats_view(found: Statistics, *, notation: Notation, width: int, everything: bool = False) -> RenderableType:
    """What a library is made of, a line for each subject.

    Parameters
    ----------
    found : the statistics
    notation : of keys
    width : columns of the terminal; bars shrink below 80
    everything : every count with a bar, and the keys on the wheel
    """
    view = _View(found, notation, width)
    return Group(*(view.parts() if everything else view.screen()))


class _View:
    def __init__(self, found: Statistics, notation: Notation, width: int) -> None:
        self._found = found
        self._notation = notation
        self._width = width
        self._bar_width = max(8, min(BAR_WIDTH, width - _LABEL_WIDTH - 20))

    def screen(self) -> Iterable[RenderableType]:
        """The most important, a line each: what does not fit a line is counted."""
        found = self._found
        yield self._summary()
        if not found.tracks:
            return
        yield Text("")
        for label, facts in self._lines():
            yield Text.assemble((label.ljust(_LINE_LABEL_WIDTH), "bold"), facts)
        yield Text("")
        yield Text("map4 stats --all has every count, and the keys on the Camelot wheel", style="dim")

    def _lines(self) -> Iterator[tuple[str, str]]:
        found = self._found
        keys = {parse_key(name).in_notation(self._notation): count for name, count in found.keys.items()}
        unknown_keys = self._left_out(sum(keys.values()), found.doubtful_key)
        levels = [found.energy.get(level, 0) for level in range(1, 11)]
        drawn = f"1 {_sparks(levels)} 10" if any(levels) else ""
        energy = self._first_that_fits(f"{drawn}{self._left_out(sum(levels))}", drawn) if drawn else ""
        rated = {stars(rating): count for rating, count in sorted(found.ratings.items(), reverse=True)}
        for label, facts in (
            ("tempo", self._spread(found.tempo, "BPM", found.doubtful_tempo)),
            ("keys", self._fitted(_by_count(keys), unknown_keys)),
            ("energy", energy),
            ("loudness", self._spread(found.loudness, "LUFS")),
            ("genres", self._fitted(found.genres, self._left_out(found.with_genre))),
            ("years", self._fitted(_decades(found.years), self._left_out(sum(found.years.values())))),
            ("ratings", self._fitted(rated, self._left_out(sum(rated.values())))),
            ("added", self._fitted(dict(reversed(list(found.added.items()))))),
            ("formats", self._fitted(found.codecs)),
            ("quality", self._fitted(found.qualities)),
        ):
            if facts:
                yield label, facts

    def _spread(self, values: Distribution, unit: str, doubtful: int = 0) -> str:
        if not values.bins:
            return ""
        drawn = _sparks([each.count for each in coarser(values.bins, _MOST_BINS)])
        median = f"median {values.median:.1f} {unit}"
        said = f"{median}, most from {values.low:.1f} to {values.high:.1f}"
        known = self._left_out(values.known, doubtful)
        return self._first_that_fits(f"{drawn}  {said}{known}", f"{said}{known}", said, median)

    def _first_that_fits(self, *lines: str) -> str:
        room = self._room()
        return next((line for line in lines if cell_len(line) <= room), fit_text(lines[-1], room))

    def _room(self) -> int:
        return max(_LEAST_ROOM, self._width - _LINE_LABEL_WIDTH)

    def _left_out(self, known: int, doubtful: int = 0) -> str:
        """How many tracks have no such value, and how many one in doubt."""
        missing = self._found.tracks - known
        said = [f"{count:,} {what}" for count, what in ((missing, "unknown"), (doubtful, "in doubt")) if count > 0]
        return f" ({', '.join(said)})" if said else ""

    def _fitted(self, counts: Mapping[str, int], known: str = "") -> str:
        """As many names with their counts as fit a line; then how many more there are."""
        items = [f"{printable(name)} {count:,}" for name, count in counts.items() if count]
        lines = [
            f"{', '.join(items[:many])}{f' and {len(items) - many:,} more' if many < len(items) else ''}{suffix}"
            for suffix in dict.fromkeys((known, ""))
            for many in range(min(len(items), _MOST_NAMED), 0, -1)
        ]
        return self._first_that_fits(*lines) if lines else ""

    def parts(self) -> Iterable[RenderableType]:
        found = self._found
        yield self._summary()
        if not found.tracks:
            return
        yield from self._distribution("tempo", found.tempo, "BPM", found.doubtful_tempo)
        yield from self._wheel()
        energy = sum(found.energy.values())
        yield from self._bars(f"energy level: {self._known(energy)}", {str(k): v for k, v in found.energy.items()})
        yield from self._distribution("loudness", found.loudness, "LUFS", None)
        yield from self._bars(f"genres: {self._known(found.with_genre)}", _first(found.genres))
        yield from self._bars(f"years: {self._known(sum(found.years.values()))}", _years(found.years))
        rated = {stars(rating): count for rating, count in found.ratings.items()}
        yield from self._bars(f"ratings: {self._known(sum(rated.values()))}", rated)
        yield from self._bars("added to the library", _latest(found.added))
        yield from self._bars("formats", _first(found.codecs))
        yield from self._bars("quality", found.qualities)

    def _summary(self) -> RenderableType:
        found = self._found
        text = Text.assemble((counted(found.tracks, "track"), "bold"), f", {_playing_time(found.hours)}")
        others = [f"{found.states.get(name, 0):,} {words}" for name, words in _OTHER_STATES if found.states.get(name)]
        if others:
            text.append("\n" + " · ".join(others), style="yellow")
        if found.failures:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.failures.items())
            text.append(f"\nfailed: {kinds}  (map4 doctor --only failed)", style="yellow")
        if found.stale:
            text.append(f"\n{found.stale:,} analysed by an older version  (map4 scan)", style="yellow")
        return text

    def _known(self, count: int) -> str:
        share = count / self._found.tracks
        return "all known" if count == self._found.tracks else f"{count:,} known ({percent(share)})"

    def _distribution(
        self, name: str, values: Distribution, unit: str, doubtful: int | None
    ) -> Iterable[RenderableType]:
        if not values.bins:
            return
        title = f"{name}: {self._known(values.known)}"
        if doubtful:
            title += f", {doubtful:,} in doubt"
        title += f"\nmedian {values.median:.1f} {unit}, 90 % from {values.low:.1f} to {values.high:.1f}"
        rows = {_span(b): b.count for b in coarser(values.bins, _MOST_BINS)}
        yield from self._bars(title, rows)

    def _wheel(self) -> Iterable[RenderableType]:
        keys = self._found.keys
        if not any(keys.values()):
            return
        title = f"keys: {self._known(sum(keys.values()))}"
        if self._found.doubtful_key:
            title += f", {self._found.doubtful_key:,} in doubt"
        # On a narrower terminal keys have bars, as all else has.
        if self._width >= WHEEL_WIDTH:
            yield _title(title)
            yield figure_view(camelot_wheel(keys, notation=self._notation), width=WHEEL_WIDTH)
        else:
            rows = {parse_key(name).in_notation(self._notation): count for name, count in keys.items()}
            yield from self._bars(title, rows)

    def _bars(self, title: str, rows: Mapping[str, int]) -> Iterable[RenderableType]:
        if not any(rows.values()):
            return
        most = max(rows.values())
        table = Table.grid(padding=(0, 1))
        table.add_column(width=_LABEL_WIDTH, no_wrap=True, overflow="ellipsis")
        table.add_column(width=self._bar_width, no_wrap=True, style="cyan")
        table.add_column(justify="right", no_wrap=True)
        for label, count in rows.items():
            table.add_row(Text(printable(label)), bar(count / most, self._bar_width), f"{count:,}")
        yield _title(title)
        yield table


_OTHER_STATES = (("missing", "missing (their files are gone)"), ("pending", "not analysed yet"))


_LINE_LABEL_WIDTH = len("loudness  ")


def _playing_time(hours: float) -> str:
    """`28 minutes`, `5 hours 30 minutes`, `1,204 hours`."""
    whole, minutes = divmod(round(60 * hours), 60)
    parts = [counted(whole, "hour")] if whole else []
    # Of days of music the minutes say nothing.
    if whole < _WITHOUT_MINUTES and (minutes or not whole):
        parts.append(counted(minutes, "minute"))
    return " ".join(parts)


_WITHOUT_MINUTES = 24


def _sparks(counts: Sequence[int]) -> str:
    """A sign for each count, as high as its share of the greatest."""
    most = max(counts)
    return "".join(LEVELS[math.ceil((len(LEVELS) - 1) * count / most)] for count in counts)


def _by_count(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent first."""
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _decades(years: Mapping[int, int]) -> dict[str, int]:
    """Tracks by decade, the latest first."""
    counts: dict[str, int] = {}
    for year, count in sorted(years.items(), reverse=True):
        name = f"{year // 10 * 10}s"
        counts[name] = counts.get(name, 0) + count
    return counts


def _title(text: str) -> Text:
    return Text.assemble("\n", (text, "bold"))


def _span(item: Bin) -> str:
    return f"{item.low:g} to {item.high:g}"


def _first(counts: Mapping[str, int]) -> dict[str, int]:
    """The most frequent, and the others in one line."""
    items = list(counts.items())
    shown, rest = items[:MOST_ROWS], items[MOST_ROWS:]
    return dict(shown) | ({f"{len(rest)} others": sum(count for _, count in rest)} if rest else {})


def _years(counts: Mapping[int, int]) -> dict[str, int]:
    """Years, or decades where the years are many."""
    if len(counts) <= MOST_ROWS:
        return {str(year): count for year, count in counts.items()}
    return dict(reversed(_decades(counts).items()))


def _latest(counts: Mapping[str, int]) -> dict[str, int]:
    """The last months, what came before in one line."""
    items = list(counts.items())
    before, shown = items[:-MOST_ROWS], items[-MOST_ROWS:]
    return ({f"before {shown[0][0]}": sum(count for _, count in before)} if before else {}) | dict(shown)

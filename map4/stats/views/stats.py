"""Views of the statistics of a library for a terminal of 80 columns: one screen, or everything."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.text import Text

from map4.cli.views.columns import fit_text, stars
from map4.cli.views.track_panel import bar
from map4.core.base.text import counted, percent, printable
from map4.core.music.analysis.key import Key, Notation
from map4.exports import camelot_wheel
from map4.exports.views import WHEEL_WIDTH, figure_view
from map4.stats.records import Distribution, Statistics, coarser

LEVELS = " ▁▂▃▄▅▆▇█"
"""Characters for counts, from zero to the greatest."""
_LEAST_ROOM = 20
# No line has room for more names.
_MOST_NAMED = 40

MOST_ROWS = 12
"""Genres, years and months beyond the most frequent, or the latest, share a line."""
BAR_WIDTH = 30
_MOST_BINS = 16
_LABEL_WIDTH = 18
_LEAST_COLUMN, _MOST_COLUMNS, _GAP = 27, 4, 3
# Minimum width of the first column beside the wheel.
_USUAL_PART = 8
_OTHERS, _BEFORE = " others", "before "
_OTHER_STATES = (("missing", "missing (their files are gone)"), ("pending", "not analysed yet"))
_LINE_LABEL_WIDTH = len("loudness  ")
# From this many hours on, minutes don't matter.
_WITHOUT_MINUTES = 24
_PARTS = ("tempo", "energy", "loudness", "genres", "years", "ratings", "formats", "quality", "added")


def stats_view(statistics: Statistics, *, notation: Notation, width: int, everything: bool = False) -> RenderableType:
    """Return the statistics of a library, one line per subject.

    statistics: the statistics
    notation: of keys
    width: columns of the terminal
    everything: every count with a bar, and the keys on the wheel
    """
    view = _StatsView(statistics, notation, width)
    return Group(*(view.parts() if everything else view.screen()))


class _StatsView:
    def __init__(self, statistics: Statistics, notation: Notation, width: int) -> None:
        self._found = statistics
        self._notation = notation
        self._width = width

    def screen(self) -> Iterable[RenderableType]:
        """Yield the most important statistics, one line each; what does not fit is counted."""
        statistics = self._found
        yield self._summary()
        if not statistics.tracks:
            return
        yield Text("")
        for label, facts in self._lines():
            yield Text.assemble((label.ljust(_LINE_LABEL_WIDTH), "bold"), facts)
        yield Text("")
        yield Text("map4 stats --all has every count, and the keys on the Camelot wheel", style="dim")

    def _lines(self) -> Iterator[tuple[str, str]]:
        statistics, keys = self._found, self._keys()
        unknown_keys = self._left_out(sum(keys.values()), statistics.doubtful_key)
        levels = [statistics.energy.get(level, 0) for level in range(1, 11)]
        drawn = f"1 {sparks(levels)} 10" if any(levels) else ""
        energy = self._first_that_fits(f"{drawn}{self._left_out(sum(levels))}", drawn) if drawn else ""
        rated = {stars(rating): count for rating, count in sorted(statistics.ratings.items(), reverse=True)}
        for label, facts in (
            ("tempo", self._spread(statistics.tempo, "BPM", statistics.doubtful_tempo)),
            ("keys", self._fitted(dict(Counter(keys).most_common()), unknown_keys)),
            ("energy", energy),
            ("loudness", self._spread(statistics.loudness, "LUFS")),
            ("genres", self._fitted(statistics.genres, self._left_out(statistics.with_genre))),
            ("years", self._fitted(_decades(statistics.years), self._left_out(sum(statistics.years.values())))),
            ("ratings", self._fitted(rated, self._left_out(sum(rated.values())))),
            ("added", self._fitted(dict(reversed(list(statistics.added.items()))))),
            ("formats", self._fitted(statistics.codecs)),
            ("quality", self._fitted(statistics.qualities)),
        ):
            if facts:
                yield label, facts

    def _keys(self) -> dict[str, int]:
        return {Key.parse(name).in_notation(self._notation): count for name, count in self._found.keys.items()}

    def _spread(self, values: Distribution, unit: str, doubtful: int = 0) -> str:
        if not values.bins:
            return ""
        drawn = sparks([each.count for each in coarser(values.bins, _MOST_BINS)])
        median = f"median {values.median:.1f} {unit}"
        summary = f"{median}, most from {values.low:.1f} to {values.high:.1f}"
        known = self._left_out(values.known, doubtful)
        return self._first_that_fits(f"{drawn}  {summary}{known}", f"{summary}{known}", summary, median)

    def _first_that_fits(self, *lines: str) -> str:
        room = max(_LEAST_ROOM, self._width - _LINE_LABEL_WIDTH)
        return next((line for line in lines if cell_len(line) <= room), fit_text(lines[-1], room))

    def _left_out(self, known: int, doubtful: int = 0) -> str:
        """Format how many tracks lack this value, and for how many it is uncertain."""
        missing = self._found.tracks - known
        parts = [f"{count:,} {what}" for count, what in ((missing, "unknown"), (doubtful, "in doubt")) if count > 0]
        return f" ({', '.join(parts)})" if parts else ""

    def _fitted(self, counts: Mapping[str, int], known: str = "") -> str:
        """Format as many names with counts as fit a line, then how many more there are."""
        items = [f"{printable(name)} {count:,}" for name, count in counts.items() if count]
        lines = [
            f"{', '.join(items[:many])}{f' and {len(items) - many:,} more' if many < len(items) else ''}{suffix}"
            for suffix in dict.fromkeys((known, ""))
            for many in range(min(len(items), _MOST_NAMED), 0, -1)
        ]
        return self._first_that_fits(*lines) if lines else ""

    def parts(self) -> Iterable[RenderableType]:
        """Yield all counts, in as many columns as fit; the wheel and what fits beside it come first."""
        yield self._summary()
        if not self._found.tracks:
            return
        wheel, parts = self._wheel(), list(_PARTS)
        room = self._width - WHEEL_WIDTH - _GAP
        if wheel and room >= _LEAST_COLUMN:
            count, width = _columns(room)
            beside: list[list[Text]] = []
            for column in range(count):
                beside.append([])
                while parts and (not beside[column] or len(beside[column]) + _USUAL_PART <= len(wheel)):
                    beside[column] += self._part(parts.pop(0), width)
            yield from _side_by_side([wheel, *beside], [WHEEL_WIDTH, *[width] * count])
        elif self._width >= WHEEL_WIDTH:
            yield from wheel
        else:
            parts.insert(1, "keys")
        count, width = _columns(self._width)
        drawn = [lines for name in parts if (lines := self._part(name, width))]
        yield from _side_by_side(_parted(drawn, count), [width] * count)

    def _part(self, name: str, width: int) -> list[Text]:
        """Return a subject with its counts, each with a bar; empty if nothing is known."""
        statistics = self._found
        rated = {stars(rating): count for rating, count in statistics.ratings.items()}
        keys = self._keys()
        energy = {str(level): count for level, count in statistics.energy.items()}
        if name == "tempo":
            return self._distribution(name, statistics.tempo, "BPM", statistics.doubtful_tempo, width)
        if name == "loudness":
            return self._distribution(name, statistics.loudness, "LUFS", 0, width)
        parts: dict[str, tuple[str, Mapping[str, int]]] = {
            "keys": (self._known(name, sum(keys.values()), statistics.doubtful_key), keys),
            "energy": (self._known("energy level", sum(energy.values())), energy),
            "genres": (self._known(name, statistics.with_genre), _first(statistics.genres)),
            "years": (self._known(name, sum(statistics.years.values())), _years(statistics.years)),
            "ratings": (self._known(name, sum(rated.values())), rated),
            "added": ("added to the library", _latest(statistics.added)),
            "formats": (name, _first(statistics.codecs)),
            "quality": (name, statistics.qualities),
        }
        return self._bars(*parts[name], width)

    def _summary(self) -> RenderableType:
        statistics = self._found
        text = Text.assemble((counted(statistics.tracks, "track"), "bold"), f", {_playing_time(statistics.hours)}")
        others = [
            f"{statistics.states.get(name, 0):,} {words}"
            for name, words in _OTHER_STATES
            if statistics.states.get(name)
        ]
        if others:
            text.append("\n" + " · ".join(others), style="magenta")
        if statistics.failures:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in statistics.failures.items())
            text.append(f"\nfailed: {kinds}  (map4 doctor --only failed)", style="magenta")
        if statistics.stale:
            text.append(f"\n{statistics.stale:,} analysed by an older version  (map4 scan)", style="magenta")
        return text

    def _known(self, name: str, count: int, doubtful: int = 0) -> str:
        share = count / self._found.tracks
        known = "all known" if count == self._found.tracks else f"{count:,} known ({percent(share)})"
        return f"{name}: {known}{f', {doubtful:,} in doubt' if doubtful else ''}"

    def _distribution(self, name: str, values: Distribution, unit: str, doubtful: int, width: int) -> list[Text]:
        if not values.bins:
            return []
        spread = f"median {values.median:.1f} {unit}, 90 % from {values.low:.1f} to {values.high:.1f}"
        rows = {f"{b.low:g} to {b.high:g}": b.count for b in coarser(values.bins, _MOST_BINS)}
        return self._bars(f"{self._known(name, values.known, doubtful)}\n{spread}", rows, width)

    def _wheel(self) -> list[Text]:
        keys = self._found.keys
        if not any(keys.values()):
            return []
        drawn = figure_view(camelot_wheel(keys, notation=self._notation), width=WHEEL_WIDTH)
        title = self._known("keys", sum(keys.values()), self._found.doubtful_key)
        return [*_title(title, WHEEL_WIDTH), *drawn.split("\n")]

    def _bars(self, title: str, rows: Mapping[str, int], width: int) -> list[Text]:
        """Return a line per count; groups of the rest get no bar, which would make all others small."""
        if not any(rows.values()):
            return []
        counts = [f"{count:,}" for count in rows.values()]
        right = max(map(len, counts))
        label = min(_LABEL_WIDTH, max(map(cell_len, rows)), max(6, width // 2 - right))
        length = max(2, min(BAR_WIDTH, width - label - right - 2))
        most = max((count for name, count in rows.items() if not _is_rest(name)), default=1) or 1
        return [
            *_title(title, width),
            *(
                Text.assemble(
                    set_cell_size(fit_text(name, label), label), " ",
                    (" " * length if _is_rest(name) else bar(count / most, length), "cyan"), f" {shown:>{right}}",
                )
                for (name, count), shown in zip(rows.items(), counts, strict=True)
            ),
        ]  # fmt: skip


def _playing_time(hours: float) -> str:
    """Format hours: `28 minutes`, `5 hours 30 minutes`, `1,204 hours`."""
    whole, minutes = divmod(round(60 * hours), 60)
    parts = [counted(whole, "hour")] if whole else []
    if whole < _WITHOUT_MINUTES and (minutes or not whole):
        parts.append(counted(minutes, "minute"))
    return " ".join(parts)


def sparks(counts: Sequence[int]) -> str:
    """Return a character for each count, as high as its share of the greatest."""
    most = max(counts) or 1
    return "".join(LEVELS[math.ceil((len(LEVELS) - 1) * count / most)] for count in counts)


def _decades(years: Mapping[int, int]) -> dict[str, int]:
    """Count tracks by decade, the latest first."""
    counts = Counter[str]()
    for year, count in sorted(years.items(), reverse=True):
        counts[f"{year // 10 * 10}s"] += count
    return counts


def _title(text: str, width: int) -> list[Text]:
    """Return a heading below a blank line; its second line, a remark on the whole, is plain text."""
    head, _, rest = text.partition("\n")
    return [
        Text(),
        *(Text(line, style="bold") for line in textwrap.wrap(head, width)),
        *map(Text, textwrap.wrap(rest, width)),
    ]


def _columns(room: int) -> tuple[int, int]:
    """Return the number of columns of bars, and their width."""
    count = max(1, min(_MOST_COLUMNS, (room + _GAP) // (_LEAST_COLUMN + _GAP)))
    return count, (room - (count - 1) * _GAP) // count


def _parted(parts: Sequence[list[Text]], count: int) -> list[list[Text]]:
    """Distribute the parts in order over columns of similar length."""
    height = max(math.ceil(sum(map(len, parts)) / count), *map(len, parts), 1) if parts else 1
    while True:
        columns: list[list[Text]] = [[]]
        for part in parts:
            if columns[-1] and len(columns[-1]) + len(part) > height:
                columns.append([])
            columns[-1] += part
        if len(columns) <= count:
            return columns
        height += 1


def _side_by_side(columns: Sequence[Sequence[Text]], widths: Sequence[int]) -> Iterator[Text]:
    for lines in itertools.zip_longest(*columns, fillvalue=Text()):
        row = Text()
        for place, line in enumerate(lines):
            row.append_text(line)
            if place + 1 < len(lines):
                row.append(" " * (sum(widths[: place + 1]) + (place + 1) * _GAP - row.cell_len))
        row.rstrip()
        yield row


def _is_rest(name: str) -> bool:
    """Return whether a line groups the rest."""
    return name.startswith(_BEFORE) or (name.endswith(_OTHERS) and name.removesuffix(_OTHERS).isdecimal())


def _first(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the most frequent names, and the others in one line."""
    items = list(counts.items())
    shown, rest = items[:MOST_ROWS], items[MOST_ROWS:]
    return dict(shown) | ({f"{len(rest)}{_OTHERS}": sum(count for _, count in rest)} if rest else {})


def _years(counts: Mapping[int, int]) -> dict[str, int]:
    """Return years, or decades if there are many years."""
    if len(counts) <= MOST_ROWS:
        return {str(year): count for year, count in counts.items()}
    return dict(reversed(_decades(counts).items()))


def _latest(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the last months, with earlier ones in one line."""
    items = list(counts.items())
    before, shown = items[:-MOST_ROWS], items[-MOST_ROWS:]
    return ({f"{_BEFORE}{shown[0][0]}": sum(count for _, count in before)} if before else {}) | dict(shown)

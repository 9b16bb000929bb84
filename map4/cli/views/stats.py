"""The statistics of a library, drawn for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from map4.cli.output import counted, printable
from map4.cli.views.figures import WHEEL_WIDTH, figure_view
from map4.cli.views.track_panel import bar
from map4.cli.views.track_table import stars
from map4.domain.key import Notation, parse_key
from map4.domain.statistics import Bin, Distribution, Statistics, coarser
from map4.reports.figures.wheel import camelot_wheel

MOST_ROWS = 12
"""Genres, years and months beyond the most frequent, or the latest, stand together in one line."""
BAR_WIDTH = 30
_MOST_BINS = 16
_LABEL_WIDTH = 18


def stats_view(found: Statistics, *, notation: Notation, width: int) -> RenderableType:
    """Everything, one part below the other.

    Parameters
    ----------
    found : the statistics
    notation : of keys on the wheel
    width : columns of the terminal; bars shrink below 80
    """
    view = _View(found, notation, width)
    return Group(*view.parts())


class _View:
    def __init__(self, found: Statistics, notation: Notation, width: int) -> None:
        self._found = found
        self._notation = notation
        self._width = width
        self._bar_width = max(8, min(BAR_WIDTH, width - _LABEL_WIDTH - 20))

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
        yield from self._bars("came in", _latest(found.added))
        yield from self._bars("formats", _first(found.codecs))
        yield from self._bars("quality", found.qualities)

    def _summary(self) -> RenderableType:
        found = self._found
        hours, minutes = divmod(round(60 * found.hours), 60)
        text = Text.assemble((counted(found.tracks, "track"), "bold"))
        text.append(f" · {hours:,} h {minutes:02d} min")
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
        return "all known" if count == self._found.tracks else f"{count:,} known ({100 * share:.0f} %)"

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
    decades: dict[str, int] = {}
    for year, count in counts.items():
        name = f"{year // 10 * 10}s"
        decades[name] = decades.get(name, 0) + count
    return decades


def _latest(counts: Mapping[str, int]) -> dict[str, int]:
    """The last months, what came before in one line."""
    items = list(counts.items())
    before, shown = items[:-MOST_ROWS], items[-MOST_ROWS:]
    return ({f"before {shown[0][0]}": sum(count for _, count in before)} if before else {}) | dict(shown)

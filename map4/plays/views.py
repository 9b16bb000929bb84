"""What somebody heard, drawn for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from map4.base.paths import caption, display_path
from map4.cli.output import counted, local_time, printable
from map4.plays.statistics import HeardTrack, PlayStatistics
from map4.stats.views.stats import sparks

_LABEL_WIDTH = len("weekdays  ")
_MOST_MONTHS = 12
_DAY = len("2026-01-31")


def play_stats_view(found: PlayStatistics) -> RenderableType:
    return Group(*_parts(found))


def _parts(found: PlayStatistics) -> Iterable[RenderableType]:
    since = "" if found.since is None else f" since {local_time(found.since)[:_DAY]}"
    hours = f", {found.heard_s / 3600:.1f} hours" if found.heard_s else ""
    skips = f"; {counted(found.skips, 'skip')}" if found.skips else ""
    yield Text(f"{counted(found.plays, 'play')} of {counted(found.tracks, 'track')}{since}{hours}{skips}")
    if found.plays:
        yield Text("")
        months = [*found.months.items()][-_MOST_MONTHS:]
        for label, text in (
            ("hours", f"0 {sparks(found.hours)} 23"),
            ("weekdays", f"Mon {sparks(found.weekdays)} Sun"),
            ("months", f"{months[0][0]} {sparks([count for _, count in months])} {months[-1][0]}"),
            ("told by", ", ".join(f"{name} {count:,}" for name, count in found.sources.items())),
        ):
            yield Text.assemble((label.ljust(_LABEL_WIDTH), "bold"), text)
        yield Text("")
        yield from map(_line, found.most)
        yield Text("")
    yield Text(f"{counted(found.never, 'track')} of the library never played: map4 search '^plays:1..'", style="dim")


def _line(one: HeardTrack) -> Text:
    name = printable(caption(one.artist, one.title, display_path(one.path) if one.path else "?"))
    return Text(f"{one.plays:>6,}  {name}")

"""What somebody heard, drawn for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from map4.cli.output import local_time
from map4.cli.views.columns import safe_text
from map4.core.base.paths import caption, display_path
from map4.core.base.text import counted
from map4.plays.statistics import PlayStatistics, TrackPlays
from map4.stats.views.stats import sparks

_LABEL_WIDTH = len("weekdays  ")
_MOST_MONTHS = 12
_DAY = len("2026-01-31")


def play_stats_view(statistics: PlayStatistics) -> RenderableType:
    return Group(*_parts(statistics))


def _parts(statistics: PlayStatistics) -> Iterable[RenderableType]:
    since = "" if statistics.since is None else f" since {local_time(statistics.since)[:_DAY]}"
    hours = f", {statistics.heard_s / 3600:.1f} hours" if statistics.heard_s else ""
    skips = f"; {counted(statistics.skips, 'skip')}" if statistics.skips else ""
    yield Text(f"{counted(statistics.plays, 'play')} of {counted(statistics.tracks, 'track')}{since}{hours}{skips}")
    if statistics.plays:
        yield Text("")
        months = [*statistics.months.items()][-_MOST_MONTHS:]
        for label, text in (
            ("hours", f"0 {sparks(statistics.hours)} 23"),
            ("weekdays", f"Mon {sparks(statistics.weekdays)} Sun"),
            ("months", f"{months[0][0]} {sparks([count for _, count in months])} {months[-1][0]}"),
            ("told by", ", ".join(f"{name} {count:,}" for name, count in statistics.sources.items())),
        ):
            yield Text.assemble((label.ljust(_LABEL_WIDTH), "bold"), text)
        yield Text("")
        yield from map(_line, statistics.most)
        yield Text("")
    yield Text(
        f"{counted(statistics.never, 'track')} of the library never played: map4 search '^plays:1..'", style="dim"
    )


def _line(played_track: TrackPlays) -> Text:
    path = display_path(played_track.path) if played_track.path else "?"
    return safe_text(f"{played_track.plays:>6,}  {caption(played_track.artist, played_track.title, path)}")

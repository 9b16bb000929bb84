"""Statistics of played sets, drawn for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from map4.base.paths import caption
from map4.base.text import clock
from map4.cli.output import counted, local_time, printable
from map4.mixes.mix_statistics import Beside, MixStatistics, NamedTrack, Spread

_DAY = len("2026-01-31")
_LEAST_SHOWN = 0.0005
_FEWEST_SETS = 5
"""Fewer sets hardly ever differ from chance."""
_SPREADS = (
    ("plays_s", "from one track to the next"),
    ("mixes_s", "two tracks together"),
    ("leaves_s", "left before the end"),
    ("enters_s", "entered after the start"),
)


def mix_stats_view(statistics: MixStatistics) -> RenderableType:
    return Group(*_parts(statistics))


def _parts(statistics: MixStatistics) -> Iterable[RenderableType]:
    since = "" if statistics.since is None else f" since {local_time(statistics.since)[:_DAY]}"
    steps = f"{counted(statistics.steps, 'step')} between {counted(statistics.tracks, 'track')}"
    yield Text(f"{counted(statistics.sets, 'set')}{since}, {steps} of the library")
    yield Text("")
    if any(statistics.known.values()):
        yield _figures(statistics)
        known_words = ", ".join(f"{name} {count:,}" for name, count in statistics.known.items())
        yield Text(f"steps with known values of both tracks: {known_words}", style="dim")
        yield Text(
            "chance: in 19 of 20 random orders of the same sets, every figure is in its range",
            style="dim",
        )
    else:
        yield Text("tempo, key and energy of their tracks are not known: 'map4 scan' analyses them")
    yield from _times(statistics)
    yield from _following(statistics)


def _figures(statistics: MixStatistics) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("")
    for title in ("yours", "by chance"):
        table.add_column(title, justify="right")
    table.add_column("")
    keys_fit = [("keys go together", statistics.keys_fit)] if statistics.keys_fit is not None else []
    for words, figure in [*statistics.in_words(), *keys_fit]:
        if not _share_is_shown(figure):
            continue
        chance = f"{_share(figure.low)} to {_share(figure.high)}"
        table.add_row(
            words,
            _share(figure.share),
            chance,
            _verdict(figure, statistics.sets),
            style=None if figure.differs else "dim",
        )
    return table


def _share_is_shown(figure: Beside) -> bool:
    """Whether such steps exist, in the sets or by chance."""
    return max(figure.share, figure.high) >= _LEAST_SHOWN


def _verdict(figure: Beside, sets: int) -> str:
    if not figure.differs:
        return "as by chance" if sets >= _FEWEST_SETS else "too few sets"
    return "more often" if figure.share > figure.by_chance else "less often"


def _share(share: float) -> str:
    return f"{100.0 * share:.1f} %"


def _times(statistics: MixStatistics) -> Iterable[RenderableType]:
    known: list[tuple[str, Spread]] = [
        (words, spread) for name, words in _SPREADS if (spread := getattr(statistics, name)) is not None
    ]
    if known:
        yield Text("")
    width = max((len(words) for words, _ in known), default=0)
    for words, typical in known:
        most = f"most {clock(typical.low)} to {clock(typical.high)}"
        yield Text(f"{words.ljust(width)}  {clock(typical.median)}, {most} ({typical.known:,})")


def _following(statistics: MixStatistics) -> Iterable[RenderableType]:
    if not statistics.following:
        return
    yield Text("")
    yield Text("played after one another more than once (by chance)")
    for pair in statistics.following:
        yield Text(f"{pair.times:>4} ({pair.by_chance:.1f})  {_name(pair.first)} → {_name(pair.second)}")


def _name(track: NamedTrack) -> str:
    return printable(caption(track.artist, track.title, "?"))

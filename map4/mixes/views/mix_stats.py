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


def mix_stats_view(found: MixStatistics) -> RenderableType:
    return Group(*_parts(found))


def _parts(found: MixStatistics) -> Iterable[RenderableType]:
    since = "" if found.since is None else f" since {local_time(found.since)[:_DAY]}"
    steps = f"{counted(found.steps, 'step')} between {counted(found.tracks, 'track')}"
    yield Text(f"{counted(found.sets, 'set')}{since}, {steps} of the library")
    yield Text("")
    if any(found.known.values()):
        yield _figures(found)
        told = ", ".join(f"{name} {count:,}" for name, count in found.known.items())
        yield Text(f"steps with known values of both tracks: {told}", style="dim")
        yield Text(
            "chance: in 19 of 20 random orders of the same sets, every figure is in its range",
            style="dim",
        )
    else:
        yield Text("tempo, key and energy of their tracks are not known: 'map4 scan' analyses them")
    yield from _times(found)
    yield from _following(found)


def _figures(found: MixStatistics) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("")
    for title in ("yours", "by chance"):
        table.add_column(title, justify="right")
    table.add_column("")
    keys_fit = [("keys go together", found.keys_fit)] if found.keys_fit is not None else []
    for words, one in [*found.in_words(), *keys_fit]:
        if not _share_is_shown(one):
            continue
        chance = f"{_share(one.low)} to {_share(one.high)}"
        table.add_row(words, _share(one.share), chance, _verdict(one, found.sets), style=None if one.differs else "dim")
    return table


def _share_is_shown(one: Beside) -> bool:
    """Whether such steps exist, in the sets or by chance."""
    return max(one.share, one.high) >= _LEAST_SHOWN


def _verdict(one: Beside, sets: int) -> str:
    if not one.differs:
        return "as by chance" if sets >= _FEWEST_SETS else "too few sets"
    return "more often" if one.share > one.by_chance else "less often"


def _share(share: float) -> str:
    return f"{100.0 * share:.1f} %"


def _times(found: MixStatistics) -> Iterable[RenderableType]:
    known: list[tuple[str, Spread]] = [
        (words, spread) for name, words in _SPREADS if (spread := getattr(found, name)) is not None
    ]
    if known:
        yield Text("")
    width = max((len(words) for words, _ in known), default=0)
    for words, one in known:
        most = f"most {clock(one.low)} to {clock(one.high)}"
        yield Text(f"{words.ljust(width)}  {clock(one.median)}, {most} ({one.known:,})")


def _following(found: MixStatistics) -> Iterable[RenderableType]:
    if not found.following:
        return
    yield Text("")
    yield Text("played after one another more than once (by chance)")
    for one in found.following:
        yield Text(f"{one.times:>4} ({one.by_chance:.1f})  {_name(one.first)} → {_name(one.second)}")


def _name(track: NamedTrack) -> str:
    return printable(caption(track.artist, track.title, "?"))

"""Mix plans for DJs, and statistics of played sets, for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType, group
from rich.table import Table
from rich.text import Text

from map4.cli.output import local_time
from map4.cli.views.columns import RATING_STYLES, safe_text
from map4.core.base.paths import caption, display_path
from map4.core.base.text import bpm_text, clock, counted, percent
from map4.core.music.analysis.key import Notation
from map4.core.music.mixing.mix_plan import MixPlace, MixPlan
from map4.transitions.mix_statistics import Beside, MixStatistics, Spread
from map4.transitions.rendering import RenderedMix
from map4.transitions.use import Mix
from map4.version import Packages

WIDTH = 90
# Smaller changes of speed are not shown.
_SAME_PERCENT = 0.005
_FOLDED = {"half": ", counted at half its tempo", "double": ", counted at twice its tempo"}


def mix_view(mix: Mix, plan: MixPlan, *, notation: Notation, width: int) -> RenderableType:
    """The plan: first what to do, then further details."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.width = min(width, WIDTH)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(ratio=1)
    for name, track in (("A", mix.a), ("B", mix.b)):
        bpm, key = track.bpm(), track.key()
        facts = [f"{bpm_text(bpm, is_own=track.bpm_source() == 'user')} BPM"] if bpm is not None else []
        facts += [key.in_notation(notation)] if key is not None else []
        table.add_row(name, Text.assemble(safe_text(track.caption(), "bold"), f"  {', '.join(facts)}"))
    leave, enter = plan.leave, plan.enter
    table.add_row("leave", safe_text(f"A at {clock(leave.at_s, 1)} ({_where(leave)})"))
    table.add_row("enter", safe_text(f"B at {clock(enter.at_s, 1)} ({_where(enter)}), {_speed(plan)}"))
    bars = "" if plan.bars is None else f" ({counted(plan.bars, 'bar')})"
    table.add_row("mix", f"{plan.beats} beats{bars}, {plan.lasts_s:.1f} s at {plan.bpm:.2f} BPM")
    after = "at the end" if plan.bass_swap_beat == plan.beats else f"after {counted(plan.bass_swap_beat, 'beat')}"
    table.add_row("bass", f"swap at {clock(plan.bass_swap_at_s, 1)} of A, {after}")
    table.add_row("end", f"A ends at {clock(leave.until_s, 1)}, when B is at {clock(enter.until_s, 1)}")
    for number, problem in enumerate(plan.against):
        table.add_row("" if number else "against", Text(problem.text, style="magenta"))
    rating, words = mix.transition.rating, () if plan.against else mix.transition.words
    fit = f"{percent(mix.compatibility.total)} by tempo, key and energy: "
    table.add_row("fits", Text.assemble(fit, (rating, RATING_STYLES[rating]), *(f", {word}" for word in words)))
    unchecked = f"; not compared: {', '.join(plan.unchecked)}" if plan.unchecked else ""
    what = "beats" if plan.bars is None else "bars"
    table.add_row("sure", f"{percent(plan.confidence, is_estimate=True)} that {what} align{unchecked}")
    return table


def render_sentence(render: RenderedMix) -> str:
    pitch = (
        ""
        if render.keeps_pitch
        else f"; B changes in pitch with its speed ({Packages('stretch').how_to_add()} keeps it)"
    )
    return f"{display_path(render.path)}: {clock(render.lasts_s)}, the mix begins at {clock(render.mix_at_s)}{pitch}"


def _where(place: MixPlace) -> str:
    number = f"beat {place.beat}" if place.bar is None else f"bar {place.bar}"
    return f"{number}, {place.why}"


def _speed(plan: MixPlan) -> str:
    if abs(plan.speed_percent) < _SAME_PERCENT:
        speed = "at its own speed"
    else:
        speed = f"{abs(plan.speed_percent):.2f} % {'faster' if plan.speed > 1.0 else 'slower'}"
    return speed + _FOLDED.get(plan.folded or "", "")


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


@group()
def mix_stats_view(statistics: MixStatistics) -> Iterable[RenderableType]:
    since = "" if statistics.since is None else f" since {local_time(statistics.since)[:_DAY]}"
    steps = f"{counted(statistics.steps, 'step')} between {counted(statistics.tracks, 'track')}"
    yield Text(f"{counted(statistics.sets, 'set')}{since}, {steps} of the library")
    yield Text("")
    if any(statistics.known.values()):
        yield _figures(statistics)
        known_words = ", ".join(f"{name} {count:,}" for name, count in statistics.known.items())
        yield Text(f"steps with known values of both tracks: {known_words}", style="dim")
        yield Text("chance: in 19 of 20 random orders of the same sets, every figure is in its range", style="dim")
    else:
        yield Text("tempo, key and energy of their tracks are not known: 'map4 scan' analyses them")
    yield from _times(statistics)
    yield from _pairs(statistics)


def _figures(statistics: MixStatistics) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("")
    for title in ("yours", "by chance"):
        table.add_column(title, justify="right")
    table.add_column("")
    keys_fit = [("keys go together", statistics.keys_fit)] if statistics.keys_fit is not None else []
    for words, figure in [*statistics.in_words(), *keys_fit]:
        if max(figure.share, figure.high) < _LEAST_SHOWN:  # neither in the sets nor by chance
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


def _pairs(statistics: MixStatistics) -> Iterable[RenderableType]:
    if not statistics.following:
        return
    yield Text("")
    yield Text("played after one another more than once (by chance)")
    for pair in statistics.following:
        names = " → ".join(caption(track.artist, track.title, "?") for track in (pair.first, pair.second))
        yield safe_text(f"{pair.times:>4} ({pair.by_chance:.1f})  {names}")

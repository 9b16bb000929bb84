"""A mix plan for DJs."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from map4.base.text import bpm_text, clock, percent, sureness
from map4.cli.output import counted, printable
from map4.cli.views.track_table import RATING_STYLES, track_name
from map4.mixes.rendering import RenderedMix
from map4.mixes.use import Mix
from map4.music.analysis.key import Notation
from map4.music.mixing.mix_plan import MixPlace, MixPlan
from map4.music.track.track import Track, display_path
from map4.music.track.track_columns import fine_clock
from map4.version import how_to_add

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
        table.add_row(name, _track_text(track, notation))
    leave, enter = plan.leave, plan.enter
    table.add_row("leave", f"A at {fine_clock(leave.at_s)} ({_where(leave)})")
    table.add_row("enter", f"B at {fine_clock(enter.at_s)} ({_where(enter)}), {_speed(plan)}")
    table.add_row("mix", f"{_length(plan)}, {plan.lasts_s:.1f} s at {plan.bpm:.2f} BPM")
    after = "at the end" if plan.bass_swap_beat == plan.beats else f"after {counted(plan.bass_swap_beat, 'beat')}"
    table.add_row("bass", f"swap at {fine_clock(plan.bass_swap_at_s)} of A, {after}")
    table.add_row("end", f"A ends at {fine_clock(leave.until_s)}, when B is at {fine_clock(enter.until_s)}")
    for number, problem in enumerate(plan.against):
        table.add_row("" if number else "against", Text(problem.text, style="magenta"))
    rating = mix.compatibility.rating
    fit = (percent(mix.compatibility.total), RATING_STYLES[rating])
    table.add_row("fits", Text.assemble(fit, f" {rating} by tempo, key and energy"))
    unchecked = f"; not compared: {', '.join(plan.unchecked)}" if plan.unchecked else ""
    what = "beats" if plan.bars is None else "bars"
    table.add_row("sure", f"{sureness(plan.confidence)} that {what} align{unchecked}")
    return table


def render_sentence(render: RenderedMix) -> str:
    pitch = "" if render.keeps_pitch else f"; B changes in pitch with its speed ({how_to_add('stretch')} keeps it)"
    return f"{display_path(render.path)}: {clock(render.lasts_s)}, the mix begins at {clock(render.mix_at_s)}{pitch}"


def _track_text(track: Track, notation: Notation) -> Text:
    bpm, key = track.bpm(), track.key()
    facts = [f"{bpm_text(bpm, is_own=track.bpm_source() == 'user')} BPM"] if bpm is not None else []
    facts += [key.in_notation(notation)] if key is not None else []
    return Text.assemble((track_name(track), "bold"), f"  {', '.join(facts)}")


def _where(place: MixPlace) -> str:
    number = f"beat {place.beat}" if place.bar is None else f"bar {place.bar}"
    return f"{number}, {printable(place.why)}"


def _speed(plan: MixPlan) -> str:
    if abs(plan.speed_percent) < _SAME_PERCENT:
        speed = "at its own speed"
    else:
        speed = f"{abs(plan.speed_percent):.2f} % {'faster' if plan.speed > 1.0 else 'slower'}"
    return speed + _FOLDED.get(plan.folded or "", "")


def _length(plan: MixPlan) -> str:
    return f"{plan.beats} beats" + ("" if plan.bars is None else f" ({plan.bars} bar{'s' * (plan.bars > 1)})")

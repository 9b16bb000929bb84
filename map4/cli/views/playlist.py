"""A playlist on a terminal: a line a pick as each is final, the energy drawn beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from map4.cli.line_template import clock
from map4.cli.output import counted, printable
from map4.cli.views.track_table import fit_text, name_of
from map4.domain.playlist.playlist import whole_figure

if TYPE_CHECKING:
    from rich.console import Console

    from map4.domain.key import Notation
    from map4.domain.playlist.options import Rule
    from map4.domain.playlist.playlist import Missing, Pick, Playlist

LANE_WIDTH = 16
"""Columns from energy 0 to 1."""
_LEAST_NAME, _MOST_NAME = 16, 60
# Position, BPM with its change, key, mix, the energy and its mark, with the gaps between them.
_NUMBERS = 4 + 7 + 6 + 6 + 4
_FIXED = _NUMBERS + 2 + LANE_WIDTH + 1
# Wider than this, the eye loses the line.
_COURSE_WIDTH = 100
_WANTED, _THERE, _BOTH = "│", "●", "◉"
# Mixing at or above these is good, and else fair or poor.
_GOOD, _FAIR = 0.75, 0.6

_LOOSEN: dict[Rule, str] = {
    "artist_gap": "a smaller --artist-gap",
    "album_gap": "a smaller --album-gap",
    "genre": "a --query of one kind of music",
    "energy_curve": "another --curve",
    "sound": "a lower --min-sound",
    "harmonic": "--harmonic creative or off",
    "tempo_drift": "--policy creative",
    "tempo_policy": "--policy creative",
}
"""What helps where a rule kept tracks out."""


class PickTable:
    """Writes picks to a terminal.

    Parameters
    ----------
    console : where to
    notation : of keys
    explain : write the reasons below each pick
    """

    def __init__(self, console: Console, *, notation: Notation, explain: bool) -> None:
        self._console = console
        self._notation: Notation = notation
        self._explain = explain
        self._picks: list[Pick] = []
        # On a narrow terminal names count more than the drawing, which --explain has in words.
        self._has_lane = console.width >= _FIXED + _LEAST_NAME
        room = console.width - (_FIXED if self._has_lane else _NUMBERS + 2)
        self._name = min(_MOST_NAME, max(_LEAST_NAME, room))

    def write(self, pick: Pick) -> None:
        """Write one pick."""
        self._picks.append(pick)
        if pick.position == 1:
            head = f"{'':>3} {'artist – title':<{self._name}} {'BPM':>6} {'':>5}  {'key':<4}{'mix':>4} "
            lane_head = " energy 0".ljust(LANE_WIDTH) + "1" if self._has_lane else ""
            self._console.print(Text(f"{head}{lane_head}".rstrip(), style="bold"), soft_wrap=True)
        self._console.print(self._line(pick), soft_wrap=True)
        if self._explain:
            for reason in pick.reasons:
                style = "yellow" if reason.startswith("relaxed") else "dim"
                self._console.print(Text(f"      {printable(reason)}", style=style), soft_wrap=True)

    def draw_course(self) -> None:
        """Draw energy, tempo and key over the picks that were written."""
        from map4.cli.views.figures import COURSE_WIDTH, titled_figure
        from map4.domain.tracklist import Tracklist
        from map4.reports.setlist import course

        width = min(self._console.width, _COURSE_WIDTH)
        wanted = [{"energy_target": pick.energy_target} for pick in self._picks]
        listed = Tracklist(tracks=[pick.track for pick in self._picks], details=wanted)
        self._console.print(titled_figure(course(listed, self._notation), width=width, least=COURSE_WIDTH))
        self._console.print()

    def _line(self, pick: Pick) -> Text:
        track = pick.track
        record = track.to_record()
        bpm, key = track.bpm(), track.key()
        name = fit_text(name_of(record), self._name)
        line = Text(f"{pick.position:>3} ")
        line.append(name + " " * (self._name - Text(name).cell_len))
        line.append(f" {'' if bpm is None else f'{bpm:.1f}':>6}", style="cyan")
        line.append(f" {_change(pick):>5}", style="yellow" if _relaxes(pick, "tempo_policy", "tempo_drift") else "dim")
        shown = "" if key is None else key.in_notation(self._notation)
        line.append(f"  {shown:<4}", style="yellow" if _relaxes(pick, "harmonic") else "")
        mix = pick.transition.total if pick.transition else None
        style = "" if mix is None else "green" if mix >= _GOOD else "yellow" if mix >= _FAIR else "red"
        line.append(f"{'' if mix is None else f'{mix:.2f}':>4} ", style=style)
        if self._has_lane:
            energy = track.analysis.energy if track.analysis else None
            line.append(" " + lane(energy, pick.energy_target))
        return line.append("!" if pick.relaxed else "", style="yellow")


def lane(energy: float | None, wanted: float | None) -> str:
    """Energy from 0 to 1 across `LANE_WIDTH` columns: a dot where the pick is, a bar where it was wanted."""
    cells = [" "] * LANE_WIDTH
    places = [None if value is None else round(value * (LANE_WIDTH - 1)) for value in (wanted, energy)]
    for place, sign in zip(places, (_WANTED, _THERE), strict=True):
        if place is not None:
            cells[place] = _BOTH if cells[place] == _WANTED else sign
    return "".join(cells)


def summary_lines(made: Playlist, *, explained: bool = False) -> list[str]:
    """What there is to say of a list: length, quality, what was relaxed.

    Parameters
    ----------
    explained : whether the picks told their reasons, so that it need not be said how they do
    """
    count = len(made.picks)
    lines = [f"{counted(count, 'track')}, {clock(made.duration_s)}"]
    if made.quality is not None and count > 1:
        lines[0] += f"; {quality_words(made.quality)}"
    rules = list(dict.fromkeys(one.rule for one in made.relaxed))
    for rule in rules:
        found = [one for one in made.relaxed if one.rule == rule]
        places = ", ".join(str(one.position) for one in found[:8]) + (" ..." if len(found) > 8 else "")
        lines.append(f"relaxed: {rule.replace('_', ' ')} at {places}")
    if rules:
        stop = "--no-relax would end the list at the first of them"
        lines.append(stop if explained else f"--explain says more; {stop}")
    return lines


def quality_words(quality: Mapping[str, Any]) -> str:
    """A `quality` record of two tracks or more: `quality 81 (tempo 100, …), does not pass: harmony`."""
    failed = ", ".join(quality["failed"])
    verdict = f"does not pass: {failed}" if failed else "passes"
    return f"quality {whole_figure(quality['overall'])} ({quality_parts(quality)}), {verdict}"


def quality_parts(quality: Mapping[str, Any]) -> str:
    """The known parts of a `quality` record that count: `tempo 100, harmony 75`."""
    parts = ("tempo", "harmony", "transitions", "genre", "energy", "limits")
    return ", ".join(f"{name} {whole_figure(quality[name])}" for name in parts if quality[name] is not None)


def missing_sentence(made: Playlist, missing: Missing) -> str:
    """What was missing, and what to loosen."""
    options = made.options
    asked = f"{options.n} picks" if options.n is not None else f"{options.minutes:g} minutes"
    got = f"{counted(len(made.picks), 'track')} instead of {asked}"
    if not missing.unused:
        return f"{got}: there are no more different recordings to choose from; scan more, or widen --query"
    loosen = "--relax loosens also the limits you gave" if options.relax else "without --no-relax limits are loosened"
    if not missing.blockers:
        ways = f"{loosen}; a bridge may need more picks (-n)"
        return f"{got}: what is left ({counted(missing.unused, 'track')}) breaks more than one limit; {ways}"
    ways = ", ".join(
        f"{rule.replace('_', ' ')} keeps out {count} ({_LOOSEN[rule]})" for rule, count in missing.blockers.items()
    )
    return f"{got}: of what is left ({counted(missing.unused, 'track')}), {ways}; {loosen}"


def _change(pick: Pick) -> str:
    if pick.transition is None or pick.transition.tempo.change_percent is None:
        return ""
    change = pick.transition.tempo.change_percent
    return "=" if abs(change) < 0.05 else f"{change:+.1f}%"


def _relaxes(pick: Pick, *rules: Rule) -> bool:
    return any(one.rule in rules for one in pick.relaxed)

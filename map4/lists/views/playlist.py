"""A list on a terminal: one line per track as soon as it is final, with its start time and transition."""

from __future__ import annotations

import textwrap
from collections.abc import Collection
from typing import TYPE_CHECKING

from rich.text import Text

from map4.cli.views.columns import RATING_STYLES, TableColumns, key_cell, name_cell, safe_text, tempo_cell
from map4.core.base.text import clock, counted
from map4.core.music.analysis.plausible import Energy
from map4.core.music.lists.quality import WEAKNESS_WORDS, whole_figure
from map4.core.music.lists.tracklist import ListPlace, PlaceCounter, Tracklist
from map4.core.music.mixing.compatibility import Compatibility
from map4.core.music.track.track_columns import DOUBT_MARK, OWN_MARK, TrackCells

if TYPE_CHECKING:
    from rich.console import Console

    from map4.core.music.analysis.key import Notation
    from map4.core.music.lists.limits import Rule
    from map4.core.music.lists.listed import ListedPick, Missing
    from map4.core.music.track.track import Track
    from map4.lists.playlist.playlist import Playlist

LEVELS = 10
"""Energy levels, each a column of the energy lane."""
# Width of each column without the gap before it.
_WIDTHS = {
    "#": 3, "name": 0, "start": 7, "time": 6, "BPM": 6, "±%": 5, "key": 4, "mix": 4, "E": 2, "energy": LEVELS, "!": 1,
    "genre": 14,
}  # fmt: skip
_LEAST_NAME, _MOST_NAME = 18, 60
# Columns dropped on a narrow terminal, in this order, after the energy lane is replaced by its number.
_FIRST_TO_GO = ("time", "start", "±%", "E")
# The genre is shown if the name keeps this width beside it.
_NAME_BESIDE_GENRE = 34
# Longer lines are hard to read.
_LEGEND_WIDTH = 100
_WANTED, _THERE, _BOTH = "│", "●", "◉"
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
"""Advice for each rule that excluded tracks."""


class ListTable:
    """Writes the tracks of a list to a terminal as they come.

    console: the terminal
    notation: of keys
    explain: write the reasons below each track
    weak: positions of the weak steps; None for a list that is being made, whose picks name the limits they break
    """

    def __init__(
        self, console: Console, *, notation: Notation, explain: bool = False, weak: Collection[int] | None = None
    ) -> None:
        self._console = console
        self._weak = weak
        self._notation: Notation = notation
        self._explain = explain
        self._places = PlaceCounter()
        self._count = 0
        self._signs: set[str] = set()
        # On a narrow terminal names matter more than the drawing, which --explain prints in words.
        usual = {name: width for name, width in _WIDTHS.items() if name not in ("E", "genre")}
        self._columns = columns = TableColumns(console, usual, gap=" ")
        columns.give_way(["energy"], least=_LEAST_NAME)
        if "energy" not in columns.widths:
            columns.widths = {name: width for name, width in _WIDTHS.items() if name not in ("energy", "genre")}
        columns.give_way(_FIRST_TO_GO, least=_LEAST_NAME)
        if columns.room - _WIDTHS["genre"] > _NAME_BESIDE_GENRE:
            columns.widths["genre"] = _WIDTHS["genre"]
        columns.widths["name"] = min(_MOST_NAME, max(_LEAST_NAME - 6, columns.room))

    def write(self, track: Track, pick: ListedPick) -> None:
        """Write a track with the notes of the list on it."""
        if not self._count:
            heads = {name: self._head(name) for name in self._columns.widths}
            self._console.print(self._columns.line(heads, style="bold"), soft_wrap=True)
        self._count += 1
        place = self._places.next(track, pick)
        self._console.print(self._columns.line(self._cells(track, place)), soft_wrap=True)
        if self._explain:
            # Relaxed limits are printed below, in the words of the summary.
            for reason in (reason for reason in pick.reasons if not reason.startswith("relaxed")):
                self._console.print(safe_text(f"      {reason}", "dim"), soft_wrap=True)
            for limit in pick.relaxed:
                note = f"relaxed: {WEAKNESS_WORDS[limit.rule]} ({limit.step_text})"
                self._console.print(safe_text(f"      {note}", "magenta"), soft_wrap=True)
        elif pick.plan is not None:
            from map4.core.music.mixing.mix_plan import plan_reason  # loads numpy, which few lists need

            note = plan_reason(pick.plan.rounded())
            self._console.print(safe_text(f"      {note}", "dim"), soft_wrap=True)

    def legend(self) -> list[str]:
        """Explanations of the signs used so far, wrapped to the terminal."""
        signs = self._signs
        notes = ["mix: how well it follows the track before, 0 to 1"] if "mix" in signs else []
        if "!" in signs:
            notes.append("!: weak step or poor mix")
        if signs & {_WANTED, _THERE, _BOTH}:
            wanted = f", {_WANTED} wanted, {_BOTH} both" if signs & {_WANTED, _BOTH} else ""
            notes.append(f"energy from 1 (left) to 10 (right): {_THERE} the track's{wanted}")
        if "E" in signs:
            notes.append("E: energy, 1 to 10")
        marks = ((DOUBT_MARK, "in doubt"), (OWN_MARK, "set by you"))
        notes += [f"{sign}: {what}" for sign, what in marks if sign in signs]
        return textwrap.wrap("; ".join(notes), max(40, min(self._console.width, _LEGEND_WIDTH)))

    def _head(self, name: str) -> str:
        if name in ("name", "energy", "genre", "!"):
            return {"name": "artist – title", "!": ""}.get(name, name)
        # Numbers are right-aligned; BPM and key leave room for a mark.
        return (f"{name} " if name in ("BPM", "key") else name).rjust(_WIDTHS[name])

    def _cells(self, track: Track, place: ListPlace) -> dict[str, Text | str]:
        pick, known = place.pick, TrackCells(track)
        length_s, energy = track.length_s, track.energy()
        mix, loosened = pick.compatibility, pick.relaxed_rules
        bpm, shown_key = tempo_cell(known, _WIDTHS["BPM"]), key_cell(known, self._notation, _WIDTHS["key"])
        if "harmonic" in loosened:
            shown_key.stylize("magenta")
        drawn = lane(energy, pick.energy_target)
        self._signs |= {sign for sign in (DOUBT_MARK, OWN_MARK) if sign in bpm.plain + shown_key.plain}
        is_leap = pick.transition is not None and pick.transition.energy.is_leap
        is_step_weak = bool(pick.relaxed) or is_leap if self._weak is None else self._count in self._weak
        is_weak = is_step_weak or pick.rating == "poor"
        self._signs |= ({"mix"} if mix is not None else set()) | ({"!"} if is_weak else set())
        self._signs |= (
            {*drawn.replace(" ", "")} if "energy" in self._columns.widths else {*self._columns.widths} & {"E"}
        )
        name = name_cell(known, self._columns.widths["name"])
        return {
            "#": str(place.position).rjust(_WIDTHS["#"]),
            "name": Text(name, style="" if track.state == "ok" else "dim"),
            "start": _right(_begin(place), "start", "dim"),
            "time": _right("" if length_s is None else _minute_clock(length_s), "time"),
            "BPM": bpm,
            "±%": _right(
                _change(pick.transition), "±%", "magenta" if loosened & {"tempo_policy", "tempo_drift"} else "dim"
            ),
            "key": shown_key,
            "mix": _right(
                "" if mix is None else f"{mix:.2f}",
                "mix",
                "" if (rating := pick.rating) is None else RATING_STYLES[rating],
            ),
            "E": _right("" if energy is None else str(Energy.level(energy)), "E"),
            "energy": drawn,
            "!": Text("!" if is_weak else " ", style="magenta"),
            "genre": track.genre() or "",
        }


def lane(energy: float | None, wanted: float | None) -> str:
    """Energy across one column per level: a dot for the track, a bar for the wanted energy."""
    cells = [" "] * LEVELS
    places = [None if value is None else Energy.level(value) - 1 for value in (wanted, energy)]
    for place, sign in zip(places, (_WANTED, _THERE), strict=True):
        if place is not None:
            cells[place] = _BOTH if cells[place] == _WANTED else sign
    return "".join(cells)


def quality_line(listed: Tracklist) -> str:
    """The quality of a list of two or more tracks, and its parts."""
    quality = listed.header.quality
    if quality is None:
        return "not judged"
    overall, weak = whole_figure(quality.overall or 0.0), quality.weak_text(listed.poor)
    return f"quality {overall} of 100 ({quality.parts_text()}); {weak}"


def missing_sentence(playlist: Playlist, missing: Missing) -> str:
    """Explains why a list is short, and which limits to relax."""
    request, limits = playlist.request, playlist.request.limits
    wanted = str(request.n) if request.n is not None else f"{request.minutes:g} minutes"
    got = f"{counted(len(playlist.picks), 'track')} instead of {wanted}"
    if not missing.unused:
        return f"{got}: there are no other recordings to choose from; scan more music, or widen --query"
    loosen = "--relax also relaxes the limits you gave" if request.held else "--relax allows more"
    if request.relax is False:
        loosen = "without --no-relax limits are relaxed"
    if not missing.blockers:
        hints = f"{loosen}; a bridge may need more tracks (-n)"
        return f"{got}: each track left ({counted(missing.unused, 'track')}) breaks more than one limit; {hints}"
    helps = dict(_LOOSEN)
    if limits.harmonic == "creative":
        helps["harmonic"] = "--harmonic off"
    if limits.tempo.is_own or limits.tempo.policy == "creative":
        helps["tempo_drift"] = helps["tempo_policy"] = "a larger --tolerance"
    if not request.holds("tempo_policy"):
        helps["tempo_policy"] = "too far away for every --policy"
    hints = ", ".join(f"{WEAKNESS_WORDS[rule]} {count} ({helps[rule]})" for rule, count in missing.blockers.items())
    several = missing.unused - sum(missing.blockers.values())
    others = f", more than one limit {several}" if several else ""
    left = f"{counted(missing.unused, 'track')} {'is' if missing.unused == 1 else 'are'} left"
    return f"{got}: {left}, but outside these limits: {hints}{others}; {loosen}"


def _right(text: str, name: str, style: str = "") -> Text:
    return Text(text.rjust(_WIDTHS[name]), style=style)


def _begin(place: ListPlace) -> str:
    """`4:05`, `1:02:03`, `13 h 20`, `120 h`: the most exact form that fits the column; on the clock `14:02`."""
    if place.starts_s is None or place.pick.starts_at is not None:
        return (place.start or "")[:5]
    minutes = round(place.starts_s) // 60
    forms = (clock(place.starts_s), f"{minutes // 60} h {minutes % 60:02d}", f"{minutes // 60} h")
    return next((form for form in forms if len(form) <= _WIDTHS["start"]), forms[-1])


def _change(step: Compatibility | None) -> str:
    if step is None or step.tempo.change_percent is None:
        return ""
    return "=" if step.tempo.is_same else step.tempo.fader_text


def _minute_clock(seconds: float) -> str:
    """`4:05`, `66:40`: whole minutes and seconds, without hours."""
    minutes, second = divmod(round(seconds), 60)
    return f"{minutes}:{second:02d}"

"""How right `map4 unmix` is about a set of which everything is known, and tables of that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from rich.table import Table
from unmix_mixes import Played
from wild_mixes import ALL_SHAPES, audible

from map4.extras.unmix.records import Passage, Unmixed

AUDIBLE = {curve: audible(curve) for curve in ALL_SHAPES}
"""Share of a fade after which it is 26 dB below full: where a track begins to be heard."""
NEAR_S, SPEED_LIMIT = 1.0, 0.002


@dataclass(frozen=True, slots=True)
class Row:
    """One track that was played, and what was said of it."""

    played: Played
    found: Passage | None

    @property
    def starts_s(self) -> tuple[float, float]:
        """Where its fader opens, and where it is heard."""
        return self.played.start_s, self.played.start_s + self.played.fade_in_s * AUDIBLE[self.played.curve]

    @property
    def ends_s(self) -> tuple[float, float]:
        """Where it is not heard any more, and where its fader is closed."""
        return self.played.end_s - self.played.fade_out_s * AUDIBLE[self.played.curve], self.played.end_s

    def start_error_s(self) -> float:
        """How far the start is beside these."""
        return 0.0 if self.found is None else _beside(self.found.start_s, self.starts_s)

    def end_error_s(self) -> float:
        """The same of the end."""
        return 0.0 if self.found is None else _beside(self.found.end_s, self.ends_s)


def _beside(at_s: float, span: tuple[float, float]) -> float:
    return at_s - min(max(at_s, span[0]), span[1])


def lined_up(played: Sequence[Played], said: Unmixed) -> tuple[list[Row], int]:
    """Each track of the library that was played with its passage, and how many passages are of none."""
    left = list(said.known())
    rows = []
    for one in (one for one in played if one.in_library):
        its = [
            passage for passage in left
            if passage.track is not None and Path(passage.track.path).stem == Path(one.path).stem
            and min(passage.end_s, one.end_s) > max(passage.start_s, one.start_s)
        ]  # fmt: skip
        best = max(
            its, key=lambda passage: min(passage.end_s, one.end_s) - max(passage.start_s, one.start_s), default=None
        )
        for passage in its:
            left.remove(passage)
        rows.append(Row(one, best))
    return rows, len(left)


def unknown_named(played: Sequence[Played], said: Unmixed) -> tuple[int, int]:
    """Passages that nothing of the library is: how many of 15 s or more, and of how many most is said to be unknown."""
    count = named = 0
    for one in (one for one in played if not one.in_library):
        others = [(each.start_s, each.end_s) for each in played if each is not one]
        alone = np.arange(one.start_s, one.end_s, 0.5)
        alone = alone[[not any(begin <= at <= end for begin, end in others) for at in alone]]
        if len(alone) < 30:
            continue
        spans = [(each.start_s, each.end_s) for each in said.tracks if each.track is None]
        share = np.mean([any(begin <= at <= end for begin, end in spans) for at in alone])
        count, named = count + 1, named + int(share >= 0.5)
    return count, named


def shares(rows: Sequence[Row]) -> dict[str, float | int | None]:
    """The figures of some rows."""
    found = [(row, row.found) for row in rows if row.found is not None]

    def share(right: Callable[[Row, Passage], float]) -> float | None:
        return float(np.mean([right(row, one) for row, one in found])) if found else None

    return {
        "played": len(rows),
        "found": len(found) / len(rows) if rows else None,
        "start": share(lambda row, one: abs(row.start_error_s()) <= NEAR_S),
        "end": share(lambda row, one: abs(row.end_error_s()) <= NEAR_S),
        "start_sure": share(lambda _, one: one.start_certainty or 0.0),
        "end_sure": share(lambda _, one: one.end_certainty or 0.0),
        "heard": share(lambda row, one: abs(_beside_heard_s(row, one)) <= NEAR_S),
        "opens": share(lambda row, one: abs(one.start_s - row.played.start_s) <= NEAR_S),
        "place": share(lambda row, one: _misplaced_s(row, one) <= NEAR_S),
        "speed": share(lambda row, one: abs((one.speed or 0.0) / row.played.speed - 1.0) <= SPEED_LIMIT),
    }


def _beside_heard_s(row: Row, one: Passage) -> float:
    """How far the start is from where the track is less than 20 dB below all the others."""
    return float("nan") if row.played.heard_s is None else one.start_s - row.played.heard_s[0]


def _misplaced_s(row: Row, one: Passage) -> float:
    """How far from the truth it is which place of the track is heard at a place of the set, where it begins."""
    assert one.track_start_s is not None
    true = row.played.track_start_s + (one.start_s - row.played.start_s) * row.played.speed
    return abs(one.track_start_s - true)


GROUPS: Mapping[str, Callable[[Row], str]] = {
    "speed": lambda row: _within(100.0 * abs(row.played.speed - 1.0), (0.5, 4.0, 8.0), "%"),
    "how": lambda row: "as it is" if row.played.speed == 1.0 else row.played.way,
    "fade in": lambda row: _within(row.played.fade_in_s, (0.5, 8.0, 16.0), "s"),
    "fade out": lambda row: _within(row.played.fade_out_s, (0.5, 8.0, 16.0), "s"),
    "curve": lambda row: row.played.curve if row.played.fade_in_s else "cut in",
    "length": lambda row: _within(row.played.end_s - row.played.start_s, (60.0, 120.0), "s"),
    "gain": lambda row: _within(-row.played.gain_db, (3.0, 6.0), "dB down"),
    "loop": lambda row: "looped" if row.played.loops else "not looped",
    "bass": lambda row: "bass out" if row.played.bass_until_s else "bass in",
}


def _within(value: float, borders: Sequence[float], unit: str) -> str:
    index = int(np.searchsorted(borders, value, side="right"))
    if index == 0:
        return f"up to {borders[0]:g} {unit}"
    return (
        f"{borders[index - 1]:g}-{borders[index]:g} {unit}" if index < len(borders) else f"from {borders[-1]:g} {unit}"
    )


def table(rows: Sequence[Row]) -> Table:
    """All rows, and the same by what was done to them."""
    columns = ("played", "found", "start", "start_sure", "end", "end_sure", "heard", "opens", "place", "speed")
    made = Table("", *columns, title="share of what was played; of what was found, within 1 s and .2 %")
    groups = [("all", list(rows))]
    for name, group in GROUPS.items():
        groups += [
            (f"{name}: {value}", [row for row in rows if group(row) == value])
            for value in sorted(set(map(group, rows)))
        ]
    for name, some in groups:
        figures = shares(some)
        made.add_row(name, *(_cell(figures[column]) for column in columns))
    return made


def _cell(value: float | int | None) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class MixedRow:
    """How one track was mixed into the next: what is true, and what was said; None of bars that are not known."""

    kind: str
    said: str
    bars: bool | None
    said_bars: bool | None


def mixed_rows(played: Sequence[Played], rows: Sequence[Row]) -> Iterator[MixedRow]:
    """Of each two neighbours that were found; where one alone is without its bass for half of it, either is right."""
    found = {id(row.played): row.found for row in rows}
    for one, after in pairwise(played):
        a, b = found.get(id(one)), found.get(id(after))
        if a is None or b is None or a.mix is None:
            continue
        lasts_s = one.end_s - after.start_s
        out, into = one.bass_from_s < one.end_s - one.start_s, after.bass_until_s > 0.0
        kind = "cut" if lasts_s < 1.0 else "bass_swap" if out and into else "fade" if not (out or into) else "either"
        yield MixedRow(kind, a.mix.kind, one.bars, a.mix.bars)


def mixed_table(rows: Sequence[MixedRow]) -> Table:
    """What was said of each kind of mix, and of bars."""
    kinds = Counter((row.kind, row.said) for row in rows)
    bars = Counter((str(row.bars), str(row.said_bars)) for row in rows if row.bars is not None)
    made = Table("", "cut", "fade", "bass_swap", title="how tracks went on, by what is true")
    for kind in ("cut", "fade", "either", "bass_swap"):
        made.add_row(kind, *(str(kinds[kind, said]) for said in ("cut", "fade", "bass_swap")))
    for true in ("True", "False"):
        made.add_row(
            f"bars on bars: {true}", *(f"said {said}: {bars[true, said]}" for said in ("True", "False", "None"))
        )
    return made

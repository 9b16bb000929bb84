"""The report of a list check for people."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from map4.cli.views.columns import fit_text
from map4.core.base.text import clock
from map4.core.music.analysis.key import Notation
from map4.core.music.lists.quality import whole_figure
from map4.core.music.lists.tracklist import tempo_lines
from map4.core.music.mixing.compatibility import rate_compatibility
from map4.core.music.track.track import Track

if TYPE_CHECKING:
    from map4.lists.check_result import ListStep, PlaylistCheck, WeakStep

ALL = 100.0
_INDENT = " " * 9
# Columns left of 80 after the indent.
_PARTS = 71
_NO_BREAK = "\u00a0"


def check_lines(check: PlaylistCheck, *, width: int, notation: Notation, command: Callable[..., str]) -> Iterator[str]:
    """The report, line by line, at most `width` columns wide except for commands to copy."""
    for line in _lines(check, notation, command):
        yield line if line.startswith(f"{_INDENT}map4 ") else fit_text(line, width)


def _lines(check: PlaylistCheck, notation: Notation, command: Callable[..., str]) -> Iterator[str]:
    resolved, quality = check.resolved, check.quality
    counts = resolved.counts()
    left = ", ".join(f"{count} {status}" for status, count in counts.items() if count and status != "found")
    name = resolved.name or os.path.basename(resolved.source)
    there = f"{counts['found']} of {len(resolved.entries)} tracks{f' ({left})' if left else ''}"
    yield f"{name}: {there}, {clock(check.duration_s)}"
    if quality is None:
        return
    if quality.overall is not None:
        rules = f"policy {check.limits.tempo.policy}, harmonic {check.limits.harmonic}"
        yield f"quality  {whole_figure(quality.overall)} of 100 ({rules})"
        yield from _wrapped("", quality.parts_text().split(", "), ", ")
        yield from _wrapped("steps", quality.weak_text(check.poor).split("; "), "; ")
    if quality.curve is not None:
        yield f"curve    {whole_figure(quality.curve)} % of the tracks are near the wanted energy"
    for number, line in enumerate(tempo_lines(check.tempo_misses)):
        yield from _wrapped("" if number else "tempo", line.split(" "), " ")
    if quality.data < ALL:
        yield f"tags     {whole_figure(quality.data)} % of the tracks have artist, title and tempo"
    if check.songs_again:
        yield from _wrapped(
            "songs", [f"{again.position} is a song again (see {again.first})" for again in check.songs_again], "; "
        )
    for note in check.notes:
        yield from _wrapped("segues", note.split(" "), " ")
    if check.compatibility is not None:
        yield f"mixes    {check.compatibility:.2f} on average, {rate_compatibility(check.compatibility)}"
    if check.weakest:
        yield ""
        yield f"weakest transitions ({len(check.weakest)} of {check.weak})"
        for weak in check.weakest:
            yield from _weak_lines(weak, check, notation)
    if check.better_order is not None and check.compatibility is not None:
        better = check.better_order
        best = " (the best possible)" if better.method == "exact" else ""
        figures = [whole_figure(part.overall or 0.0) for part in (quality, better.quality)]
        yield ""
        yield f"in another order{best}: quality {figures[0]} -> {figures[1]}"
        yield f"{_INDENT}mixes {check.compatibility:.2f} -> {better.compatibility:.2f} on average"
        if resolved.source != "-":
            yield f"{_INDENT}{command('playlist', 'order', resolved.source)}"


def _wrapped(head: str, parts: Sequence[str], between: str) -> Iterator[str]:
    """Wrap the parts of a line without breaking a part."""
    text = between.join(part.replace(" ", _NO_BREAK) for part in parts)
    for line in textwrap.wrap(text, _PARTS):
        yield f"{head:<{len(_INDENT)}}{line.replace(_NO_BREAK, ' ')}"
        head = ""


def _weak_lines(weak: WeakStep, check: PlaylistCheck, notation: Notation) -> Iterator[str]:
    step = weak.step
    a, b = check.tracks[step.place], check.tracks[step.place + 1]
    numbers = f"{step.place + 1}-{step.place + 2}"
    mix = step.compatibility
    yield f"{numbers:<8} {mix.total:.2f} {step.rating}: {_reasons(step, a, b, notation)}"
    yield f"{_INDENT}{_half(a)} > {_half(b)}"
    if weak.remove is not None:
        yield f"{_INDENT}remove {weak.remove}"
    for what, move in (("swap", weak.swap), ("move", None if weak.move == weak.swap else weak.move)):
        if move is not None:
            first = min(move.place + 1, move.after + 2)
            where = "to the head" if move.after < 0 else f"after {move.after + 1}"
            how = f"swap {first} and {first + 1}" if what == "swap" else f"move {move.place + 1} {where}"
            yield f"{_INDENT}{how}: the list mixes {move.before:.3f} -> {move.gained:.3f}"
    for what, other in (("replace {}: {} by", weak.replacement), ("insert at {}: {} with", weak.insertion)):
        if other is not None:
            gain = f"the list mixes {other.before:.3f} -> {other.after:.3f}"
            yield f"{_INDENT}{what.format(other.place + 1, gain)} {other.track.caption()}"
    if weak.joint is not None:
        bars, rating = weak.joint.bars, weak.joint.rating
        yield f"{_INDENT}overlap {bars} bars: {rating}" if bars else f"{_INDENT}cut"


def _reasons(step: ListStep, a: Track, b: Track, notation: Notation) -> str:
    mix = step.compatibility
    folded = f" ({mix.tempo.folded} time)" if mix.tempo.folded else ""
    tempo = "tempo unknown" if mix.tempo.change_percent is None else f"fader {mix.tempo.fader_text} %{folded}"
    levels = [level_of(track) for track in (a, b)]
    key = f"{'-'.join(mix.key.ends(notation))} {mix.key.relation.replace('_', ' ')}"
    words = (
        mix.key.apart,
        *(fault.text for fault in step.faults),
        tempo,
        key,
        mix.swing.words,
        f"energy {'-'.join(levels)}",
    )
    return ", ".join(filter(None, words))


def level_of(track: Track) -> str:
    """Energy level 1-10, or "?"."""
    level = track.energy_level()
    return "?" if level is None else str(level)


# Two of these and the text around them fit in 80 columns.
_HALF = 33


def _half(track: Track) -> str:
    return fit_text(track.caption(), _HALF)

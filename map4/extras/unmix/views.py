"""Terminal view of an un-mixed set."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from map4.cli.views.columns import safe_text
from map4.core.base.paths import display_path
from map4.core.base.text import bpm_text, clock, counted, percent
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.key import Notation
from map4.extras.unmix.records import MixedOn, Passage, PlayedTrack, Unmixed

_SIGNS = {"fade": "~", "cut": "×", "bass_swap": "b"}
_KNOWN, _UNKNOWN = "━", "┄"
_LEAST_STRIP, _MOST_STRIP = 40, 110
_SAME, _MOST_SURE = 0.0005, 0.99
# Widths in columns: all other values, and the minimum for names.
_BESIDE_NAME, _BESIDE_NAME_NARROW, _LEAST_NAME, _NARROW = 76, 45, 14, 92


def unmix_view(unmixed: Unmixed, *, notation: Notation, width: int, is_named: bool) -> RenderableType:
    """The timeline of the set, and a row for each passage; `is_named` shows the path of the recording."""
    parts: list[RenderableType] = []
    if is_named:
        parts.append(safe_text(display_path(unmixed.path), "bold"))
    if unmixed.is_clip:
        return Group(*parts, *map(_clip_line, unmixed.tracks), Text(_sentence(unmixed), style="dim"))
    if width >= _LEAST_STRIP:
        parts.append(_strip(unmixed, min(width, _MOST_STRIP) - 1))
    parts += [_table(unmixed, notation, width), Text(_sentence(unmixed), style="dim")]
    return Group(*parts)


def _clip_line(passage: Passage) -> Text:
    """The track of a clip, its place in it, speed and certainty, and other tracks that sound alike."""
    part, speed, *_ = _played(passage)
    sure = percent(min(passage.certainty or 0.0, _MOST_SURE))
    line = Text.assemble(_name(passage.track), f" at {part}", f", {speed}" if speed else "", f", {sure} sure")
    return line.append("".join(f"; or {_name(other).plain}" for other in passage.alternatives))


def _table(unmixed: Unmixed, notation: Notation, width: int) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    for name in ("#", "from", "to"):
        table.add_column(name, justify="right", no_wrap=True)
    # Without a limit, Rich would shrink all columns equally for a long name.
    is_narrow = width < _NARROW
    most = max(_LEAST_NAME, width - (_BESIDE_NAME_NARROW if is_narrow else _BESIDE_NAME))
    table.add_column("track", overflow="ellipsis", no_wrap=True, max_width=most)
    for name in ("speed", "sure") if is_narrow else ("its part", "speed", "pitch", "dB", "BPM", "key", "sure"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("mix", no_wrap=True)
    for number, passage in enumerate(unmixed.tracks, start=1):
        begin, end = (
            clock(at) + doubt for at, doubt in zip((passage.start_s, passage.end_s), passage.doubts, strict=True)
        )
        times = (str(number), begin, end)
        row: list[str | Text] = [_name(passage.track), *_played(passage), *_levels(passage, notation)]
        row = [row[0], row[2], row[-1]] if is_narrow else row
        table.add_row(*times, *row, "" if passage.mix is None else _mix(passage.mix))
        for other in passage.alternatives:
            table.add_row("", "", "", Text("or ", style="dim").append_text(_name(other)))
    return table


def _name(track: PlayedTrack | None) -> Text:
    if track is None:
        return Text("unknown", style="dim")
    names = [name for name in (track.artist, track.title) if name]
    return safe_text(" – ".join(names) if track.title else display_path(track.path).rpartition("/")[2])


def _played(passage: Passage) -> tuple[str, str, str, str]:
    if passage.speed is None or passage.pitch is None:
        return "", "", "", ""
    part = f"{clock(passage.track_start_s or 0.0)}–{clock(passage.track_end_s or 0.0)}"
    speed = "" if abs(passage.speed - 1.0) < _SAME else f"{100.0 * (passage.speed - 1.0):+.1f} %"
    pitch = "" if not speed else "follows" if passage.pitch == passage.speed else "kept"
    return part, speed, pitch, "" if passage.gain_db is None else f"{passage.gain_db:+.0f}"


def _levels(passage: Passage, notation: Notation) -> tuple[str, str, str]:
    bpm = "" if passage.bpm is None else bpm_text(passage.bpm)
    key = "" if passage.key is None else passage.key.in_notation(notation)
    return bpm, key, "" if passage.certainty is None else percent(min(passage.certainty, _MOST_SURE))


def _mix(mix: MixedOn) -> str:
    return _SIGNS[mix.kind] + ("" if mix.kind == "cut" else f" {mix.lasts_s:.0f} s") + ("|" if mix.bars else "")


def _strip(unmixed: Unmixed, width: int) -> Text:
    """Draw the set as two alternating decks; unknown passages are dotted."""
    scale = width / max(unmixed.duration_s or 0.0, 1.0)
    decks = [[" "] * width, [" "] * width]
    for index, passage in enumerate(unmixed.tracks):
        deck = decks[index % 2]
        first = min(width - 1, int(passage.start_s * scale))
        last = min(width, max(first + 1, int(passage.end_s * scale)))
        deck[first:last] = (_UNKNOWN if passage.track is None else _KNOWN) * (last - first)
        name = str(index + 1)
        if last - first > len(name):
            deck[first : first + len(name)] = name
    return Text("\n".join("".join(deck).rstrip() for deck in decks) + "\n", no_wrap=True)


def _sentence(unmixed: Unmixed) -> str:
    known = unmixed.known()
    unknown_s = sum(track.lasts_s for track in unmixed.tracks if track.track is None)
    sentence = f"{counted(len(known), 'track')} in {clock(unmixed.duration_s or 0.0)}; {unmixed.compared} compared"
    sentence += f"; {clock(unknown_s)} unknown" if unknown_s else ""
    return "; ".join([sentence, *(f"the recording is {flag}: {AudioFormat.DAMAGE[flag]}" for flag in unmixed.flags)])

"""Tables of measured values beside the true values (demo folder) or the tags (any other folder)."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import Energy
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.extras.demo.folder import DemoFolder
from map4.library import Library

Mark = Literal["right", "near", "wrong", "unknown"]
SIGNS: dict[Mark, tuple[str, str]] = {
    "right": ("✓", "green"), "near": ("½", "magenta"), "wrong": ("✗", "red"), "unknown": (" ", "dim"),
}  # fmt: skip
TEMPO_TOLERANCE = 0.01  # relative difference below which two tempi count as equal; a pitch fader bridges it inaudibly
UNSURE = 0.3  # below this confidence, a tempo of music without a beat is near
SHOWN_AT_MOST = 40
FLEXIBLE = {"file": 3, "note": 2}  # columns that share the width beside the numbers, with their proportions


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoValues:
    """Values of a file in the library; None if unknown."""

    state: str
    bpm: float | None = None
    confidence: float | None = None
    key: str | None = None
    level: int | None = None
    lufs: float | None = None
    tag_bpm: float | None = None
    tag_key: str | None = None
    error: str | None = None


def judge_tempo(true_bpm: float | None, bpm: float | None, confidence: float | None = None) -> Mark:
    """Compare tempi: right within 1 %, near at half or double; without a beat no tempo is right."""
    if true_bpm is None:
        if bpm is None:
            return "right"
        return "near" if (confidence or 0.0) < UNSURE else "wrong"
    if bpm is None:
        return "wrong"
    for ratio in (1.0, 0.5, 2.0):
        if abs(bpm / (true_bpm * ratio) - 1.0) <= TEMPO_TOLERANCE:
            return "right" if ratio == 1.0 else "near"
    return "wrong"


def judge_key(true_key: str, key: str | None) -> Mark:
    """Compare Camelot keys: near are the relative key and one step around the circle."""
    if key is None:
        return "wrong"
    if key == true_key:
        return "right"
    steps = (int(key[:-1]) - int(true_key[:-1])) % 12
    same_letter = key[-1] == true_key[-1]
    return "near" if (same_letter and steps in (1, 11)) or (not same_letter and steps == 0) else "wrong"


def values_of(track: Track) -> DemoValues:
    """Pick the shown values of a track, the measured ones where it has several."""
    analysis = track.analysis
    if analysis is None:
        return DemoValues(state=track.state, error=None if track.failure is None else track.failure.kind)
    tempo, key = analysis.tempo, None if analysis.key is None else analysis.key.key
    return DemoValues(
        state=track.state,
        bpm=None if tempo is None else tempo.bpm,
        confidence=None if tempo is None else tempo.confidence,
        key=None if key is None else key.camelot,
        level=None if analysis.energy is None else Energy.level(analysis.energy),
        lufs=analysis.loudness.integrated_lufs,
        tag_bpm=track.tags.bpm,
        tag_key=track.tags.key,
    )


def compare_with_truth(console: Console, demo: DemoFolder) -> None:
    """Print a table of the measured values of a scanned demo folder beside the true values."""
    with Library.open(demo.library) as library:
        found = _found_in(demo.folder, library)
    _print_beside_truth(console, [(entry, found.get(_comparable(entry["path"]))) for entry in demo.truth])


def compare_with_tags(console: Console, folder: str, library: Library) -> None:
    """Print a table of the measured values of a scanned folder beside its tags.

    NothingFoundError
        If the library contains no file of the folder.
    """
    found = _found_in(folder, library)
    if not found:
        raise NothingFoundError(f"the library contains no file of {folder}; scan it first: map4 scan {folder}")
    _print_beside_tags(console, found)


def _found_in(folder: str, library: Library) -> dict[str, DemoValues]:
    """The values of the files of a folder, by path below it."""
    tracks = {_comparable(track.path): track for track in library.tracks.all()}
    for root in (os.path.abspath(folder), os.path.realpath(folder)):
        prefix = _comparable(root).rstrip(os.sep) + os.sep
        inside = {path[len(prefix) :]: values_of(track) for path, track in sorted(tracks.items())
                  if path.startswith(prefix)}  # fmt: skip
        if inside:
            return inside
    return {}


def _comparable(path: str) -> str:
    """A path as text, normalised for comparison."""
    return unicodedata.normalize("NFC", os.fsencode(path).decode("utf-8", "replace"))


def _table(*columns: str) -> Table:
    """Narrow enough for 80 columns: file and note share what the numbers leave."""
    table = Table(box=SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False, expand=True)
    for name in columns:
        if name in FLEXIBLE:
            table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=FLEXIBLE[name], min_width=8)
        else:
            table.add_column(name, justify="right", no_wrap=True)
    return table


def _print_table(out: Console, table: Table) -> None:
    """Print a table without the blanks that fill its lines."""
    for line in out.render_lines(table, pad=False):
        text = Text.assemble(*((piece.text, piece.style or "") for piece in line))
        text.rstrip()
        out.print(text, soft_wrap=True)


def _signed(value: str, mark: Mark) -> Text:
    sign, style = SIGNS[mark]
    return Text(f"{value} {sign}".rstrip(), style=style)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _confidence_text(confidence: float | None) -> str:
    """A confidence with two digits, never rounded to 1."""
    return _number(None if confidence is None else min(confidence, 0.99), 2)


def _measures(value: DemoValues) -> tuple[str, str]:
    return _number(value.level, 0), _number(value.lufs, 1)


def _print_beside_truth(out: Console, pairs: Sequence[tuple[Mapping[str, Any], DemoValues | None]]) -> None:
    table = _table("file", "BPM", "found", "conf", "key", "found", "E", "LUFS", "note")
    tempi: list[Mark] = []
    keys: list[Mark] = []
    failures = [value is not None and value.state == "failed" for entry, value in pairs if entry["expect"] == "failed"]
    for entry, value in pairs:
        name = Text(os.path.basename(_comparable(entry["path"])))
        if entry["expect"] == "failed":
            table.add_row(name, "–", "–", "–", "–", "–", "–", "–", _failure_text(value, expected=True))
            continue
        shown = value if value is not None and value.state == "ok" else DemoValues(state="failed")
        tempi.append("wrong" if shown is not value else judge_tempo(entry["bpm"], shown.bpm, shown.confidence))
        keys.append(judge_key(entry["key"], shown.key))
        table.add_row(
            name,
            _number(entry["bpm"], 1),
            _signed(_number(shown.bpm, 1), tempi[-1]),
            _confidence_text(shown.confidence),
            entry["key"],
            _signed(shown.key or "–", keys[-1]),
            *_measures(shown),
            Text(entry["note"]) if shown is value else _failure_text(value, expected=False),
        )
    _print_table(out, table)
    out.print("✓ right   ½ half or double tempo, neighbouring key   ✗ wrong", style="dim")
    expected = "failures as expected" if all(failures) else f"{sum(failures)} of {len(failures)} failures as expected"
    out.print(
        f"{tempi.count('right')} of {len(tempi)} tempi right ({tempi.count('near')} ½), "
        f"{keys.count('right')} of {len(keys)} keys right ({keys.count('near')} ½), {expected}"
    )


def _failure_text(value: DemoValues | None, *, expected: bool) -> Text:
    if value is None:
        return _signed("not scanned", "wrong")
    if value.state != "failed":
        return _signed(f"state {value.state}", "wrong")
    return _signed(value.error or "failed", "right" if expected else "wrong")


def _print_beside_tags(out: Console, found: Mapping[str, DemoValues]) -> None:
    table = _table("file", "tag", "BPM", "conf", "tag", "key", "E", "LUFS", "note")
    shown = list(found.items())[:SHOWN_AT_MOST]
    for path, value in shown:
        key = tagged_camelot(value.tag_key)
        tempo_mark = "unknown" if value.tag_bpm is None else judge_tempo(value.tag_bpm, value.bpm)
        table.add_row(
            Text(os.path.basename(path)),
            _number(value.tag_bpm, 1),
            _signed(_number(value.bpm, 1), tempo_mark),
            _confidence_text(value.confidence),
            key or "–",
            _signed(value.key or "–", "unknown" if key is None else judge_key(key, value.key)),
            *_measures(value),
            "" if value.state == "ok" else Text(value.error or value.state, style="red"),
        )
    _print_table(out, table)
    more = f"; {len(found) - len(shown)} more are in the library" if len(found) > len(shown) else ""
    out.print("✓ as tagged   ½ half or double tempo, neighbouring key   ✗ differs", style="dim")
    out.print(f"{len(shown)} {'track' if len(shown) == 1 else 'tracks'}{more}")


def tagged_camelot(text: str | None) -> str | None:
    """A key tag in Camelot notation; None if there is none or it is unknown."""
    try:
        return Key.parse(text).camelot if text else None
    except UsageError:
        return None

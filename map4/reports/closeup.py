"""Tracks seen from near: everything about one, and how a few of them mix with each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from map4.domain.compatibility import Compatibility, compare_mix
from map4.domain.hamms import compare_hamms
from map4.domain.key import Notation, parse_key
from map4.reports.blocks import UNKNOWN, Block, Cell, Column, Facts, Figures, Heading, Paragraph, Row, Table
from map4.reports.figures import radar
from map4.reports.figures.shapes import Figure
from map4.reports.figures.wheel import key_partners
from map4.reports.report import Record
from map4.reports.wording import bpm_of, clock, duration_of, genre_of, key_of, name_of, shown, traits_of

MOST_TRACKS = radar.MOST_TRACKS
"""Of more tracks, the pairs are more than anyone compares one by one."""


def close_up(track: Record, notation: Notation) -> Iterator[Block]:
    """Details of a track, its radar, the keys it mixes with, and its labels with who said so."""
    if track.get("error"):
        yield Paragraph(text=f"Not analysed: {shown(track['error']['kind'])}.")
    yield Facts(items=_details(track, notation))
    key = key_of(track, "camelot")
    figures = [*radar_of([track]), *([key_partners(parse_key(key), notation=notation)] if key else [])]
    if figures:
        yield Figures(figures=tuple(figures))
    if track.get("labels"):
        yield Heading(text="Labels", level=3)
        yield Facts(items=_labels(track["labels"]))


def radar_of(tracks: Sequence[Record]) -> tuple[Figure, ...]:
    """The radar of up to six tracks; nothing where none of them has HAMMS numbers."""
    vectors = [(name_of(track), track["hamms"]["vector"]) for track in tracks if track["hamms"]]
    return (radar.hamms_radar(vectors, title="HAMMS, the twelve numbers for mixing"),) if vectors else ()


def pair_table(tracks: Sequence[Record], notation: Notation) -> Table:
    """Each pair of tracks: how well it mixes and by what, and how alike it is."""
    columns = (
        Column(name="Pair", share=5.4),
        Column(name="Mix", share=0.8, numeric=True),
        Column(name="Tempo", share=1.2, numeric=True),
        Column(name="Keys", share=2.4),
        Column(name="Energy", share=1.0),
        Column(name="Type", share=1.5),
        Column(name="Alike", share=0.9, numeric=True),
    )
    rows = (_pair(a, b, notation) for a, b in itertools.combinations(enumerate(tracks, 1), 2))
    return Table(caption="Pairs", columns=columns, rows=rows, brief=True)


def _pair(one: tuple[int, Record], other: tuple[int, Record], notation: Notation) -> Row:
    (first, a), (second, b) = one, other
    found = compare_mix(traits_of(a), traits_of(b))
    keys = " → ".join(key_of(track, notation) or UNKNOWN for track in (a, b))
    levels = " → ".join(UNKNOWN if track["energy"] is None else str(track["energy"]["level"]) for track in (a, b))
    return Row(
        cells=(
            Cell(f"{first} {name_of(a)} + {second} {name_of(b)}"),
            Cell(f"{found.total:.2f}", found.total),
            _tempo_cell(found),
            Cell(f"{keys} {found.key.relation.replace('_', ' ')}"),
            Cell(levels),
            Cell(found.type.replace("_", " ")),
            _alike_cell(a, b),
        )
    )


def _tempo_cell(found: Compatibility) -> Cell:
    change, folded = found.tempo.change_percent, found.tempo.folded
    if change is None:
        return Cell(UNKNOWN)
    fold = {"half": " /2", "double": " ×2"}[folded] if folded else ""
    return Cell(f"{change:+.1f} %{fold}", abs(change))


def _alike_cell(a: Record, b: Record) -> Cell:
    found = compare_hamms(a["hamms"]["vector"], b["hamms"]["vector"]) if a["hamms"] and b["hamms"] else None
    return Cell(UNKNOWN) if found is None else Cell(f"{found.similarity:.2f}", found.similarity)


def _details(track: Record, notation: Notation) -> tuple[tuple[str, str], ...]:
    loudness, tags = track["loudness"] or {}, track["tags"]
    bpm, energy, key = bpm_of(track), track["energy"], key_of(track, notation)
    values: list[tuple[str, Any, str]] = [
        ("Album", tags.get("album"), ""),
        ("Genre", genre_of(track), ""),
        ("Year", tags.get("year"), ""),
        ("Tempo", None if bpm is None else f"{bpm:.2f}", " BPM"),
        ("Key", key and f"{key}, {track['key']['name']}", ""),
        ("Energy", energy and f"{energy['level']} of 10", ""),
        ("Loudness", loudness.get("integrated_lufs"), " LUFS"),
        ("Loudness range", loudness.get("range_lu"), " LU"),
        ("True peak", loudness.get("true_peak_dbtp"), " dBTP"),
        ("Length", clock(duration_of(track)), ""),
        ("Mix in, mix out", f"{clock(track['cue_in_s'])}, {clock(track['cue_out_s'])}", ""),
        ("Format", (track["file"] or {}).get("codec"), ""),
    ]
    return tuple((name, UNKNOWN if value in (None, "") else shown(f"{value}{unit}")) for name, value, unit in values)


def _labels(labels: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    names = ("genre", "subgenre", "mood", "era")
    items = [(name.capitalize(), shown(str(labels[name]))) for name in names if labels.get(name)]
    if labels.get("tags"):
        items.append(("Tags", shown(", ".join(map(str, labels["tags"])))))
    items.append(("Confidence", f"{labels['confidence']:.0%}"))
    items.append(("Said by", shown(labels.get("model") or labels["source"])))
    return tuple(items)

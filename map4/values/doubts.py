"""Doubts about tempi by ranges: ranges that a user may set, and certain tempi outside those that are set."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

from map4.core.base.text import bpm_text, percent, visible
from map4.core.music.analysis.plausible import SURE_OF_TEMPO
from map4.core.music.query.terms import quoted
from map4.core.store.sql_store import Store
from map4.doctor import Doubts, GroupDoubt, Offer
from map4.library import hookspecs
from map4.values.store.tempo_ranges import SqlTempoRanges, StoredRange
from map4.values.tempo_range import MOST, TempoRange, genre_tempo_range
from map4.values.tempo_ranges import find_winners, scope_words

_Outside = tuple[StoredRange, int, float, float, float]
_Usual = tuple[float, float] | None
_Tempi = list[tuple[int, float, float | None, _Usual]]


@hookspecs.doubts.implementation
def tempo_doubts(store: Store, checks: Collection[str]) -> Iterator[GroupDoubt]:
    """Yield doubts about tempi by ranges. checks: names of the doctor's checks to make"""
    if {Doubts.TEMPO_RANGES.name, Doubts.TEMPO_OUTSIDE.name}.isdisjoint(checks):
        return
    rules = store.part(SqlTempoRanges).all()

    def doubts() -> list[dict[str, Any]]:
        return [doubt.to_data() for doubt in _doubts(store, rules)]

    version, cache = repr((rules, store.preferences, store.preferred())), store.row_cache
    data = cache.answer("tempo-doubts", version, doubts) if cache.is_large() else doubts()
    yield from (GroupDoubt.of_data(doubt) for doubt in data if doubt["check"] in checks)


def _doubts(store: Store, rules: Sequence[StoredRange]) -> Iterator[GroupDoubt]:
    genres, folders = defaultdict[str, _Tempi](list), defaultdict[str, _Tempi](list)
    winners, spelled, sure = find_winners(store, rules), dict[str, str](), dict[str, _Outside]()
    usual = cache(genre_tempo_range)
    for file_id, path, audio_id, genre, bpm, confidence, *before in store.part(SqlTempoRanges).tempi(store.context()):
        if (rule := winners.get(audio_id)) is None:
            tempo = file_id, bpm, confidence, usual(genre or "")
            for name in {part.strip() for part in (genre or "").split(";")} - {""}:
                genres[spelled.setdefault(name.casefold(), name)].append(tempo)
            for folder in accumulate(os.path.dirname(path).split(os.sep), lambda above, name: f"{above}{os.sep}{name}"):
                folders[folder].append(tempo)
        elif confidence is not None and before[1] >= SURE_OF_TEMPO and before[0] not in (rule.range or ()):
            sure.setdefault(audio_id, (rule, file_id, bpm, *before))
    yield from _outside(store, sure.values())
    yield from _proposals(genres, folders)


def _proposals(genres: dict[str, _Tempi], folders: dict[str, _Tempi]) -> Iterator[GroupDoubt]:
    """Ranges of genres, then of the topmost folders whose tracks have other ones."""
    groups = [(f"genre:={quoted(name)}", name, genre_tempo_range(name)) for name in sorted(genres)]
    groups.sort(key=lambda group: group[2] is None)
    # Above a scanned folder are the same tracks.
    topmost = sorted(folders, key=lambda name: (-len(folders[name]), -len(name), name))
    groups += [(f"path:{quoted(name)}", name, _usual(name, folders[name])) for name in topmost if name]
    covered = set[int]()
    for query, name, usual in groups:
        tracks = (genres if query.startswith("genre") else folders)[name]
        proposed = TempoRange.propose([(bpm, confidence) for _, bpm, confidence, _ in tracks], usual)
        if proposed is None or covered.issuperset(tracks[place][0] for place in proposed[1]):
            continue
        tempo_range, moved = proposed
        covered.update(file_ids := [tracks[place][0] for place in moved])
        inside = sum(bpm in tempo_range for _, bpm, *_ in tracks)
        yield GroupDoubt(
            check=Doubts.TEMPO_RANGES,
            about=visible(name),
            detail=f"{inside:,} of {len(tracks):,} tracks have {tempo_range} BPM, {len(moved):,} half or double",
            count=len(moved),
            file_ids=file_ids,
            offers=[Offer(label=f"set {tempo_range}", query=query, tempo_range=str(tempo_range))],
        )


def _usual(folder: str, tracks: _Tempi) -> _Usual:
    """The usual tempi of the genre of most of its tracks, or of its name."""
    [(usual, count)] = Counter(usual for *_, usual in tracks).most_common(1)
    return usual if usual and count >= MOST * len(tracks) else genre_tempo_range(os.path.basename(folder))


def _outside(store: Store, sure: Collection[_Outside]) -> Iterator[GroupDoubt]:
    """Tracks whose tempo is certain without their range, and outside it."""
    tracks = dict(store.tracks.numbered([file_id for _, file_id, *_ in sure]))
    for rule, file_id, bpm, measured, confidence in sure:
        if file_id not in tracks:  # it was removed meanwhile
            continue
        tempi = dict.fromkeys(round(each, 2) for each in (bpm, measured))
        outside = f"outside {rule.range} for {scope_words(rule.query)}"
        yield GroupDoubt(
            check=Doubts.TEMPO_OUTSIDE,
            about=tracks[file_id].caption(),
            detail=f"measured {measured:.1f} BPM ({percent(confidence)}), {outside}",
            count=1,
            file_ids=[file_id],
            offers=[
                Offer(label=f"{word} {bpm_text(each, is_own=True)}", values={"bpm": each}, file_ids=[file_id])
                for word, each in zip(("keep", "change to"), tempi, strict=False)
            ],
        )

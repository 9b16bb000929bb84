"""Phrases as players show them (`PSSI`), from map4's roles and energies.

The mood of a track selects the words. A track with a drop or a build is "high", whose words are about tension: Intro,
Up, Down, Chorus, Outro. Others are "mid" or, if their mean energy is below `LOW_ENERGY`, "low": Intro, Verse, Bridge,
Chorus, Outro.

| role | high | mid, low | reason |
|---|---|---|---|
| intro, outro | Intro, Outro | Intro, Outro | the same meaning |
| build | Up | – | tension rises |
| drop | Chorus | – | what a track leads to; players light it brightest |
| break | Down | Bridge | drums or bass are out |
| none, repeated and of the highest energy | Up | Chorus | songs repeat their chorus |
| none, else | Up or Down, by energy | Verse, numbered by group | phrases of a group sound alike |

A fill is the last bar, or a part of it, whose bass differs from that of the bars before; as in rekordbox, at the end of
Intro, Up and Chorus only.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from map4.core.music.analysis.inside import STRIP_RATE_HZ
from map4.extras.stick.records import StickPhrase, StickTrack
from map4.formats import masked

HIGH, MID, LOW = 1, 2, 3
LOW_ENERGY = 0.35
_HIGH_KINDS = {"intro": 1, "build": 2, "drop": 5, "break": 3, "outro": 6}
_CALM_KINDS = {"intro": 1, "break": 8, "outro": 10}
_UP, _DOWN, _CHORUS = 2, 3, 9
_VERSES = {MID: (2, 3, 4, 5, 6, 7), LOW: (2, 5)}
"""Kinds of verses: in the low mood, three kinds each have the same name."""
_WITH_FILL = {HIGH: (1, 2, 5), MID: (1, 9), LOW: (1, 9)}
_BEATS_A_BAR = 4
_FILL_LEVELS = 48
"""From this change of the bass, 9 dB of the strip's levels, a beat belongs to a fill."""

_HEAD = struct.Struct(">4H6xH2x2x")
_ENTRY = struct.Struct(">3HxB11xBxBH")
"""Number, beat and kind of a phrase, two marks of variants such as "Intro 2", whether it has a fill, and its beat."""
_MOST = 0xFFFF
_MASK_FROM = 6


def mood_of(phrases: Sequence[StickPhrase]) -> int:
    """The mood of a track: `HIGH`, `MID` or `LOW`."""
    if any(phrase.role in ("drop", "build") for phrase in phrases):
        return HIGH
    known = [(phrase.energy, phrase.end_s - phrase.start_s) for phrase in phrases if phrase.energy is not None]
    seconds = sum(length_s for _, length_s in known)
    energy = sum(energy * length_s for energy, length_s in known) / seconds if seconds else 1.0
    return MID if energy >= LOW_ENERGY else LOW


def kinds_of(phrases: Sequence[StickPhrase]) -> list[int]:
    """The kinds of phrases in the mood of their track."""
    mood = mood_of(phrases)
    if mood == HIGH:
        energies = [phrase.energy or 0.0 for phrase in phrases]
        usual = float(np.median(energies))
        plain = [_UP if energy >= usual else _DOWN for energy in energies]
        return [_HIGH_KINDS.get(phrase.role or "", kind) for phrase, kind in zip(phrases, plain, strict=True)]
    chorus, verses = _chorus_group(phrases), _VERSES[mood]
    groups = dict.fromkeys(phrase.group for phrase in phrases if phrase.role is None and phrase.group != chorus)
    kinds = {group: verses[min(place, len(verses) - 1)] for place, group in enumerate(groups)}
    if chorus is not None:
        kinds[chorus] = _CHORUS
    return [_CALM_KINDS.get(phrase.role or "") or kinds.get(phrase.group, verses[0]) for phrase in phrases]


def _chorus_group(phrases: Sequence[StickPhrase]) -> str | None:
    """The group with the highest energy among the groups that occur twice, if there are others."""
    plain = [phrase for phrase in phrases if phrase.role is None and phrase.group is not None]
    counts = Counter(phrase.group for phrase in plain)
    energies = {phrase.group: phrase.energy or 0.0 for phrase in reversed(plain) if counts[phrase.group] > 1}
    return max(energies, key=lambda group: energies[group]) if len(counts) > 1 and energies else None


def song_structure(track: StickTrack, times_s: np.ndarray) -> bytes | None:
    """The content of the tag `PSSI`; None without phrases or beats.

    times_s: of the beats
    """
    if not track.phrases or len(times_s) < _BEATS_A_BAR:
        return None
    in_order = sorted(track.phrases, key=lambda phrase: phrase.start_s)
    starts = {_beat(times_s, phrase.start_s + track.offset_s): phrase for phrase in in_order}
    firsts, phrases = list(starts), list(starts.values())
    kinds, mood = kinds_of(phrases), mood_of(phrases)
    end = max(_beat(times_s, phrases[-1].end_s + track.offset_s), firsts[-1] + 1)
    entries = b""
    for number, (first, following, phrase, kind) in enumerate(
        zip(firsts, [*firsts[1:], end], phrases, kinds, strict=True), 1
    ):
        is_usual = phrase.group == phrases[kinds.index(kind)].group
        fill = _fill_beat(track, times_s, first, following) if kind in _WITH_FILL[mood] else 0
        variants = (is_usual, kind == _UP and not is_usual) if mood == HIGH else (0, 0)
        entries += _ENTRY.pack(number, first, kind, *variants, fill > 0, fill)
    head = _HEAD.pack(0, _ENTRY.size, len(firsts), mood, min(end, _MOST))
    return head[:_MASK_FROM] + masked(head[_MASK_FROM:] + entries, 0, len(firsts))


def _beat(times_s: np.ndarray, time_s: float) -> int:
    """The number, from 1, of the beat nearest to a time."""
    return int(np.abs(times_s - time_s).argmin()) + 1


def _fill_beat(track: StickTrack, times_s: np.ndarray, first: int, following: int) -> int:
    """The beat in the last bar of a phrase at which a fill begins; 0 without."""
    if following - first < 3 * _BEATS_A_BAR or following > len(times_s) or not track.strip:
        return 0
    low = np.frombuffer(track.strip, np.uint8).reshape(3, -1)[0]
    edges = np.rint((times_s[first - 1 : following] - track.offset_s) * STRIP_RATE_HZ).astype(np.int64)
    edges = np.clip(edges, 0, len(low))
    means = np.array([low[a:b].mean() if b > a else 0.0 for a, b in pairwise(edges)])
    bars = means[len(means) % _BEATS_A_BAR :].reshape(-1, _BEATS_A_BAR)
    differs = np.abs(bars[-1] - np.median(bars[:-1], axis=0)) >= _FILL_LEVELS
    if not differs.any():
        return 0
    return following - _BEATS_A_BAR + int(differs.argmax())

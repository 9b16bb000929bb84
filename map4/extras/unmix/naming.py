"""Describe the detected passages: track, speed, certainty, and the mix into the next passage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from map4.core.music.analysis.key import Key
from map4.core.music.track.track import Track
from map4.extras.unmix.finding.alignment import SetLine
from map4.extras.unmix.finding.passages import LEAST_AGREEMENT, FoundPassage, mixed_on, worth
from map4.extras.unmix.records import Passage, PlayedTrack, sounding_bpm

_DOUBT, _SURE_OF_AGREEMENT, _SURE_OF_SECONDS, _SURE_S = 1.5, 12.0, 0.05, 60.0
"""Chosen so that 20 s of 0.26, which other music reached once, give 0.7, and 40 s of 0.6 over 0.99. No track was named
wrongly in the measured sets, so there was nothing to fit to."""
_FOUND_SHARE = 0.9
"""Upper limit of the certainty from the fingerprint only."""
LEAST_CLIP_CERTAINTY, _MOST_CLIP_S = 0.5, 30.0
_CLIP_CHANCE, _CLIP_MARGIN, _CLIP_SLOPE = 0.95, 0.15, 0.02
"""The agreement that other tracks reach by chance, times the root of the seconds; how much more is as likely right as
wrong; and how fast it becomes sure. 297 of 300 clips of 20 s were named among 174 tracks, with noise at 5 dB, a room,
4 % faster or slower and the band of a phone; of 100 unknown clips none was."""
_SEMITONES = 12


def passage_of(found_passage: FoundPassage, tracks: Mapping[int, Track]) -> Passage:
    """Describe a passage, without its mix into the next."""
    track = tracks[found_passage.track]
    others = [tracks[number] for number in found_passage.alternatives if number in tracks]
    best, first, last = (
        found_passage.longest,
        found_passage.parts[0],
        max(found_passage.parts, key=lambda member: member.edges.end_s),
    )
    line = best.line
    bpm, key = track.bpm(), track.key()
    evidence = _SURE_OF_AGREEMENT * (worth(line) - LEAST_AGREEMENT) + _SURE_OF_SECONDS * min(best.lasts_s, _SURE_S)
    sure = 1.0 / (1.0 + math.exp(_DOUBT - evidence))
    return Passage(
        start_s=found_passage.start_s,
        end_s=found_passage.end_s,
        start_certainty=first.edges.start_certainty,
        end_certainty=last.edges.end_certainty,
        track=_played(track),
        alternatives=tuple(_played(other) for other in others if other.caption() != track.caption()),
        track_start_s=max(0.0, first.line.track_s(found_passage.start_s)),
        track_end_s=max(0.0, last.line.track_s(found_passage.end_s)),
        speed=line.speed,
        pitch=line.pitch,
        gain_db=max((part.gain_db for part in found_passage.parts if part.gain_db is not None), default=None),
        certainty=sure if best.curve is not None else sure * _FOUND_SHARE,
        bpm=sounding_bpm(bpm, line.speed),
        key=None if key is None else _higher(key, line.pitch),
    )


def clip_certainty(agreement: float, duration_s: float) -> float:
    """Probability that a clip is the track whose fingerprint agrees so well with it."""
    chance = _CLIP_CHANCE / math.sqrt(min(duration_s, _MOST_CLIP_S))
    return 1.0 / (1.0 + math.exp((chance + _CLIP_MARGIN - agreement) / _CLIP_SLOPE))


def passage_of_clip(track: Track, line: SetLine, others: Sequence[Track], *, certainty: float) -> Passage:
    """Describe a clip as a single passage. others: tracks that agree nearly as well"""
    bpm, key = track.bpm(), track.key()
    return Passage(
        start_s=0.0,
        end_s=line.last_s,
        start_certainty=1.0,
        end_certainty=1.0,
        track=_played(track),
        alternatives=tuple(_played(other) for other in others if other.caption() != track.caption()),
        track_start_s=max(0.0, line.track_s(0.0)),
        track_end_s=max(0.0, line.track_s(line.last_s)),
        speed=line.speed,
        pitch=line.pitch,
        certainty=certainty,
        bpm=sounding_bpm(bpm, line.speed),
        key=None if key is None else _higher(key, line.pitch),
    )


def _played(track: Track) -> PlayedTrack:
    return PlayedTrack(path=track.path, audio_id=track.audio_id, artist=track.artist(), title=track.title())


def _higher(key: Key, pitch: float) -> Key:
    """The key at this pitch, rounded to the nearest semitone."""
    return replace(key, tonic=(key.tonic + round(_SEMITONES * math.log2(pitch))) % _SEMITONES)


def mixed(
    played: Sequence[FoundPassage],
    passages: Sequence[Passage],
    tracks: Mapping[int, Track],
    spans: Sequence[tuple[float, float]],
) -> list[Passage]:
    """Add the mix into the next passage to each passage."""
    with_mixes = list(passages)
    order = sorted(range(len(played)), key=lambda index: played[index].start_s)
    for here, after in pairwise(order):
        between = any(played[here].end_s - 1.0 <= start_s <= played[after].start_s for start_s, _ in spans)
        if between:
            continue
        ones = [tracks[played[index].track].analysis for index in (here, after)]
        bars = [(analysis and analysis.bars and analysis.bars.downbeats_s) or () for analysis in ones]
        mix = mixed_on(played[here], played[after], bars=(bars[0], bars[1]) if all(bars) else None)
        with_mixes[here] = replace(with_mixes[here], mix=mix)
    return with_mixes

"""Un-mix one recorded set: decode it, find candidate tracks, and align them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import soxr

from map4.core.audio.decoder import Decoder
from map4.core.dsp.extract import Extractor
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.music.analysis.key import Key
from map4.core.music.sound.fingerprints import Fingerprint, Words
from map4.core.music.track.track import Failure, Track
from map4.core.store.sql_store import Store
from map4.duplicates import SqlCopies
from map4.errors import FileError
from map4.extras.unmix.decoding import DecodingWatch
from map4.extras.unmix.finding.alignment import Levels, SetLine, align, places
from map4.extras.unmix.finding.candidates import PART_WORDS, LineCandidate, SetKeys, best_of, find_candidates
from map4.extras.unmix.finding.edges import AudiblePart, Edges, find_edges
from map4.extras.unmix.finding.gains import Laid, equalised, in_its_room, likely_gains
from map4.extras.unmix.finding.passages import (
    LEAST_AGREEMENT,
    FoundPassage,
    LinePart,
    joined,
    mixed_on,
    of_different_recordings,
    united,
    unknown_spans,
    worth,
)
from map4.extras.unmix.finding.second_look import find_clip, look_again, open_chunks
from map4.extras.unmix.records import Passage, PlayedTrack, Unmixed, sounding_bpm
from map4.extras.unmix.set_words import COURSE_RATE_HZ, SetSound, SetWords, playings, track_course

_DOUBT, _SURE_OF_AGREEMENT, _SURE_OF_SECONDS, _SURE_S = 1.5, 12.0, 0.05, 60.0
"""Chosen so that 20 s of 0.26, which other music reached once, give 0.7, and 40 s of 0.6 over 0.99. No track was named
wrongly in the measured sets, so there was nothing to fit to."""
_FOUND_SHARE = 0.9  # upper limit of the certainty from the fingerprint only
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


OnStage = Callable[[str], object]

LEAST_SET_S, LEAST_CLIP_S = 30.0, 8.0  # shorter recordings are clips of a single track
_LAID_S = 3600.0  # length of the set that tracks are aligned with at a time: the levels of an hour take 12 MB
_AROUND_S = 60.0  # how far around its fingerprint match a track is searched; fades are shorter
_CORE_S = 4.0
_BASS, _ABOVE = slice(0, 6), slice(8, 28)  # bands of the course below 180 Hz, and from 250 Hz to 5 kHz
_UNKNOWN_S = 90.0  # how much of an unknown passage is analysed for tempo and key
_LEAST_SCORE = 1.5  # least score with which a fingerprint is trusted without the file: 40 s of 0.2


class SetReader:
    """Un-mixes recorded sets one after the other against the same choice of tracks.

    among: file ids to look for; None means the whole library
    is_clip: recordings are clips of a few seconds, each of a single track
    on_stage: called with the current step
    watch: makes the watch of a recording from its path
    """

    def __init__(
        self, store: Store, open_audio: Decoder, *, among: Collection[int] | None = None, is_clip: bool = False,
        on_stage: OnStage, watch: Callable[[str], DecodingWatch] | None = None,
    ) -> None:  # fmt: skip
        self._store, self._open, self._among, self._on_stage = store, open_audio, among, on_stage
        self._is_clip = is_clip
        self._watch, self._watched = watch, dict[str, DecodingWatch]()
        self._counted = self._size = 0

    def read(self, path: str) -> Unmixed:
        """Return the track list of a recording; an unreadable file has a `failure`."""
        try:
            return self._read(path)
        except FileError as error:
            return Unmixed(path=path, failure=Failure.of(error))

    def _read(self, path: str) -> Unmixed:
        self._on_stage("listening")
        if self._watch is not None:
            self._watched[path] = self._watch(path)
        words, levels, duration_s, flags = self._listened(path)
        if duration_s < LEAST_CLIP_S:
            message = f"is {duration_s:.0f} s long; a clip has at least {LEAST_CLIP_S:.0f} s"
            failure = Failure(kind="too_short", message=message)
            return Unmixed(path=path, duration_s=duration_s, flags=flags, failure=failure)
        self._on_stage("comparing")
        if self._is_clip or duration_s < LEAST_SET_S:
            tracks = [*self._of_clip(find_clip(words, self._library()), levels, duration_s)]
            tracks = tracks or self._unknown(path, [*unknown_spans([], levels, COURSE_RATE_HZ)])
            return Unmixed(path=path, duration_s=duration_s, flags=flags, compared=self._counted, tracks=tuple(tracks))
        compared, lines = self._lines(words, duration_s)
        del words
        found_passages = self._found(levels, duration_s, lines)
        songs = self._tracks(
            {number for passage in found_passages for number in (passage.track, *passage.alternatives)}
        )
        self._on_stage("naming")
        passages = [passage_of(passage, songs) for passage in found_passages if passage.track in songs]
        spans = list(unknown_spans(found_passages, levels, COURSE_RATE_HZ))
        passages = mixed(found_passages, passages, songs, spans)
        passages += self._unknown(path, spans)
        return Unmixed(
            path=path, duration_s=duration_s, flags=flags, compared=compared,
            tracks=tuple(sorted(passages, key=lambda passage: (passage.start_s, passage.end_s))),
        )  # fmt: skip

    def _listened(self, path: str) -> tuple[list[SetWords], Levels, float, tuple[str, ...]]:
        sound = SetSound()
        flags: list[str] = []
        for block in self._mono(path, flags):
            sound.feed(block)
        words, levels = sound.finish()
        return words, levels, sound.duration_s, tuple(flags)

    def _mono(self, path: str, flags: list[str] | None = None) -> Iterator[npt.NDArray[np.float32]]:
        """Yield the channel mean of a file at the analysis rate; add the decoder's remarks to `flags`."""
        with self._open(path) as stream:
            resampler = soxr.ResampleStream(stream.sample_rate_hz, ShortWindow.SAMPLE_RATE_HZ, 1, dtype="float32")
            blocks = self._watched[path].blocks(stream) if path in self._watched else stream.blocks()
            for block in blocks:
                mono = Extractor.mean_of_channels(block)
                np.nan_to_num(mono, copy=False)
                yield resampler.resample_chunk(mono)
            yield resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
            if flags is not None:
                flags += stream.flags

    def _lines(
        self, words: Sequence[SetWords], duration_s: float
    ) -> tuple[int, list[tuple[int, SetLine, LineCandidate]]]:
        """The number of compared fingerprints, and the candidate lines of tracks."""
        longest = max(len(part.words) / part.playing.speed for part in words)
        by_track: dict[int, list[LineCandidate]] = {}
        for hour in range(math.ceil(longest / PART_WORDS)):
            keys = SetKeys(words, hour)
            for candidate in find_candidates(words, self._library(), keys):
                by_track.setdefault(candidate.track, []).append(candidate)
            del keys  # free 60 MB before the next hour
        compared = self._counted
        chunks = open_chunks((each for some in by_track.values() for each in some), words, duration_s)
        for candidate in look_again(words, chunks, self._library(), size=self._size, duration_s=duration_s):
            by_track.setdefault(candidate.track, []).append(candidate)
        found = ((track, best) for track, some in by_track.items() for best in best_of(some, words))
        return compared, [(track, _line_of(best), best) for track, best in found]

    def _library(self) -> Iterator[tuple[int, Words]]:
        """The fingerprints to compare with, which are counted while they are read."""
        self._counted = self._size = 0
        for file_id, data in self._store.part(SqlCopies).fingerprints(self._among):
            fingerprint = Fingerprint.unpack(data)
            self._counted, self._size = self._counted + 1, self._size + len(fingerprint)
            yield file_id, fingerprint

    def _of_clip(self, found: Sequence[LineCandidate], levels: Levels, duration_s: float) -> Iterator[Passage]:
        """The passage of the track that sounds in a clip, if one surely does."""
        sure = [each for each in found if clip_certainty(each.score, duration_s) >= LEAST_CLIP_CERTAINTY]
        songs = self._tracks([each.track for each in sure])
        for best in [each for each in sure if each.track in songs][:1]:
            others = [song for number, song in songs.items() if number != best.track]
            line = replace(_line_of(best), first_s=0.0, last_s=duration_s)
            with suppress(FileError):  # without the file, the place is exact to half a second and the speed to 1.5 %
                samples = np.concatenate(list(self._mono(songs[best.track].path)))
                aligned = align(levels, partial(track_course, samples), line, rate_hz=COURSE_RATE_HZ)
                line = aligned if worth(aligned) >= LEAST_AGREEMENT else line
            yield passage_of_clip(songs[best.track], line, others, certainty=clip_certainty(best.score, duration_s))

    def _tracks(self, file_ids: Collection[int]) -> dict[int, Track]:
        """Tracks by number; tracks deleted in the meantime are omitted."""
        tracks = ((number, next(self._store.tracks.tracks_by_id([number], beats=True), None)) for number in file_ids)
        return {number: track for number, track in tracks if track is not None}

    def _found(
        self, levels: Levels, duration_s: float, lines: Sequence[tuple[int, SetLine, LineCandidate]]
    ) -> list[FoundPassage]:
        """Align each track with the set and find its edges, an hour at a time with its surroundings."""
        parts: list[LinePart] = []
        for number in range(math.ceil(duration_s / _LAID_S)):
            begin_s, end_s = number * _LAID_S, (number + 1) * _LAID_S
            own, beside = [], []
            for item in lines:
                line = item[1]
                if begin_s <= (line.first_s + line.last_s) / 2.0 < end_s:
                    own.append(item)
                elif line.last_s > begin_s - _AROUND_S and line.first_s < end_s + _AROUND_S:
                    beside.append(item)
            parts += self._parts(levels, duration_s, own, beside)
        return joined(parts)

    def _parts(
        self, levels: Levels, duration_s: float, own: Sequence[tuple[int, SetLine, LineCandidate]],
        beside: Sequence[tuple[int, SetLine, LineCandidate]],
    ) -> Iterator[LinePart]:  # fmt: skip
        """Where the tracks of the `own` lines are audible, given the lines `beside` them."""
        laid: list[tuple[int, SetLine, Laid]] = []
        mine: set[int] = set()
        by_track: dict[int, list[tuple[SetLine, LineCandidate]]] = {}
        for number, line, candidate in (*own, *beside):
            by_track.setdefault(number, []).append((line, candidate))
        owned = {id(line) for _, line, _ in own}
        lengths_s: dict[int, float] = {}
        for number, track in self._tracks(by_track).items():
            self._on_stage(track.caption())
            its, others = (
                [pair for pair in by_track[number] if (id(pair[0]) in owned) == wanted] for wanted in (True, False)
            )
            try:
                samples = np.concatenate(list(self._mono(track.path)))
            except FileError:
                yield from _parts_by_fingerprint(number, its, track.length_s or math.inf)
                continue
            lengths_s[number] = len(samples) / ShortWindow.SAMPLE_RATE_HZ
            for some in (its, others):
                laid_lines = list(_laid(number, samples, levels, [line for line, _ in some]))
                laid += laid_lines
                mine.update(id(part) for _, _, part in laid_lines if some is its)
        best = of_different_recordings(laid, lengths_s)
        chosen = [line for line, _ in best]
        roomy = in_its_room(levels, [part for _, _, part in chosen], rate_hz=COURSE_RATE_HZ, bands=_ABOVE)
        gains, bass = (
            list(likely_gains(levels, roomy, rate_hz=COURSE_RATE_HZ, bands=bands)) for bands in (_ABOVE, _BASS)
        )
        looked_at = [
            AudiblePart(track=number, gains=above, core_s=(line.first_s + 2.0, line.last_s - 2.0),
                      file_s=(line.zero_s, line.zero_s + lengths_s[number] / line.speed))
            for (number, line, part), above in zip(chosen, gains, strict=True)
        ]  # fmt: skip
        edges_of_parts = find_edges(looked_at, set_s=duration_s)
        for ((number, line, part), alike), above, low, edges in zip(best, gains, bass, edges_of_parts, strict=True):
            if edges is not None and id(part) in mine:
                gain_db = float(np.median(equalised(levels, part)[_ABOVE])) + 10.0 * math.log10(edges.full)
                yield LinePart(track=number, line=line, curve=above.curve, bass=low.curve, edges=edges,
                               gain_db=gain_db, file_s=lengths_s[number], alternatives=alike)  # fmt: skip

    def _unknown(self, path: str, spans: Sequence[tuple[float, float]]) -> list[Passage]:
        """Passages without a library track: tempo and key from the middle of each."""
        if not spans:
            return []
        self._on_stage("unknown passages")
        passages: list[Passage] = []
        waiting = list(spans)
        extractor = Extractor(ShortWindow.SAMPLE_RATE_HZ, 1)
        done = 0
        for block in self._mono(path):
            begin, end = done / ShortWindow.SAMPLE_RATE_HZ, (done + len(block)) / ShortWindow.SAMPLE_RATE_HZ
            done += len(block)
            # one passage at a time: each analysis takes tens of megabytes
            while waiting and _listened(waiting[0])[0] < end:
                first_s, last_s = _listened(waiting[0])
                part = block[max(0, round((first_s - begin) * ShortWindow.SAMPLE_RATE_HZ)) :]
                extractor.feed(
                    part[: max(0, round((last_s - max(begin, first_s)) * ShortWindow.SAMPLE_RATE_HZ)), None].copy()
                )
                if last_s > end:
                    break
                passages.append(_unknown_passage(waiting.pop(0), extractor))
                extractor = Extractor(ShortWindow.SAMPLE_RATE_HZ, 1)
            if not waiting:
                break
        if waiting:  # the last passage may end with the recording
            passages.append(_unknown_passage(waiting[0], extractor))
        return passages


def _line_of(candidate: LineCandidate) -> SetLine:
    playing = playings()[candidate.playing]
    word_s = 1.0 / Fingerprint.RATE_HZ / playing.speed
    return SetLine(
        zero_s=candidate.lag * word_s, speed=playing.speed, pitch=playing.pitch,
        first_s=candidate.first * word_s, last_s=(candidate.last + 4) * word_s,
    )  # fmt: skip


def _listened(span: tuple[float, float]) -> tuple[float, float]:
    """The middle of a passage."""
    mid, half = sum(span) / 2.0, min(span[1] - span[0], _UNKNOWN_S) / 2.0
    return mid - half, mid + half


def _unknown_passage(span: tuple[float, float], extractor: Extractor) -> Passage:
    analysis = extractor.finish("")
    return Passage(
        start_s=span[0],
        end_s=span[1],
        bpm=None if analysis.tempo is None else analysis.tempo.bpm,
        key=None if analysis.key is None else analysis.key.key,
    )


def _parts_by_fingerprint(
    number: int, lines: Sequence[tuple[SetLine, LineCandidate]], file_s: float
) -> Iterator[LinePart]:
    """Parts of a track with an unreadable file: where its fingerprint agrees."""
    for line, candidate in lines:
        if candidate.score >= _LEAST_SCORE:
            sure = replace(line, agreement=1.0 - candidate.error_rate / 0.5, share=1.0)
            edges = Edges(start_s=line.first_s, end_s=line.last_s, full=1.0, evidence=0.0)
            yield LinePart(track=number, line=sure, edges=edges, file_s=file_s)


def _laid(
    number: int, samples: npt.NDArray[np.float32], levels: Levels, lines: Sequence[SetLine]
) -> Iterator[tuple[int, SetLine, Laid]]:
    """Lines of a track that are confirmed by its audio."""

    @cache
    def course_of(speed: float, pitch: float) -> Levels:
        return track_course(samples, speed, pitch)

    aligned = [align(levels, course_of, line, rate_hz=COURSE_RATE_HZ) for line in lines]
    sure = united([(number, line) for line in aligned if worth(line) >= LEAST_AGREEMENT])
    parted = [
        (number, place)
        for _, line in sure
        for place in places(levels, course_of(line.speed, line.pitch), line, rate_hz=COURSE_RATE_HZ)
    ]
    for _, line in united(parted):
        course = course_of(line.speed, line.pitch)
        zero = round(line.zero_s * COURSE_RATE_HZ)
        begin = max(0, zero, round((line.first_s - _AROUND_S) * COURSE_RATE_HZ))
        end = min(len(levels), zero + len(course), round((line.last_s + _AROUND_S) * COURSE_RATE_HZ))
        first_s = line.first_s + _CORE_S
        first, last = (
            min(max(round(at * COURSE_RATE_HZ), begin), end)
            for at in (first_s, max(line.last_s - _CORE_S, first_s + 1.0))
        )
        if last > first:
            yield number, line, Laid(begin, course[begin - zero : end - zero].copy(), (first, last))

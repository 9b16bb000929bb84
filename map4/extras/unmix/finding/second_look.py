"""Words of 30 s, correlated with whole fingerprints of tracks: for clips, and for noisy sets without a sure track."""

# Results of numpy are partly Any to mypy.
# mypy: no-warn-return-any

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import fft

from map4.core.music.sound.fingerprints import Fingerprint, Words
from map4.extras.unmix.finding.candidates import LineCandidate
from map4.extras.unmix.set_words import SetWords

SURE_SCORE = 1.5  # score of a candidate above which its part of the set needs no second look: 40 s of 0.2
NOISY_RATE = 0.15
"""Median share of wrong bits of sure tracks from which a set is noisy: 0.16 to 0.22 in crowds, 0.07 to 0.13 in others.
There keys suffice."""
LEAST_MARGIN = 0.1
"""How much better a place of a track correlates with 30 s of the set than its other places: mostly 0.13 to 0.6 for
tracks in a crowd. In 200 chunks, 450 others had at most 0.085, and the same piece at another tempo 0.076:
drums and other repetitions correlate everywhere in a track."""
_CHUNK_S, _HOP_S, _LEAST_S, _NEAR_S = 30.0, 15.0, 20.0, 2.0
_MOST_WORDS_PER_S = 8000.0
"""How many words of the library are compared for each second of the set; 4 million take a second."""
MOST_CLIP_SPEED = 0.05
"""Speeds of a clip are within 5 %: rooms play what decks do, and fewer speeds leave less to chance."""
_EVERY = 2  # each second word is compared; neighbours overlap by four fifths
_BLOCK = 2048
_BATCH_WORDS = 100_000
_GAP_WORDS = 96  # compared words of silence before each track: longer than 30 s at the highest speed
_APART_S = 1.0
_MOST_OF_CLIP = 4


def open_chunks(candidates: Iterable[LineCandidate], words: Sequence[SetWords], duration_s: float) -> list[float]:
    """Where to look again in a noisy set: beginnings of 30 s without a sure candidate.

    If no track is sure, the noise is unknown, and the places are a minute apart.
    """
    rates: dict[int, float] = {}
    covered: list[tuple[float, float]] = []
    for each in candidates:
        if each.score >= SURE_SCORE:
            rate_hz = Fingerprint.RATE_HZ * words[each.playing].playing.speed
            covered.append((each.first / rate_hz, each.last / rate_hz))
            rates[each.track] = min(each.error_rate, rates.get(each.track, 1.0))
    if rates and np.median(list(rates.values())) < NOISY_RATE:
        return []
    gaps: list[tuple[float, float]] = []
    at = 0.0
    for begin, end in (*sorted(covered), (duration_s, duration_s)):
        if begin - at >= _LEAST_S:
            gaps.append((at, begin))
        at = max(at, end)
    chunks: list[float] = []
    for begin, end in gaps:
        spare = max(0.0, end - begin - _CHUNK_S)
        places = np.linspace(begin, begin + spare, 1 + int(np.ceil(spare / _HOP_S)))
        chunks += np.clip(places, 0.0, max(0.0, duration_s - _CHUNK_S)).tolist()
    return chunks if rates else chunks[::4]


def look_again(
    words: Sequence[SetWords], chunks: Sequence[float], library: Iterable[tuple[int, Words]], *, size: int,
    duration_s: float,
) -> list[LineCandidate]:  # fmt: skip
    """Candidates in the parts of a set that begin at `chunks`; in fewer of them, evenly, if the library is large.

    library: numbers and fingerprints of tracks
    size: how many words these have
    """
    most = int(_MOST_WORDS_PER_S * duration_s / max(size, 1))
    chunks = chunks[:: -(-len(chunks) // most) or 1] if most else ()
    batches = _batches(library) if chunks else ()
    return _united((found for batch in batches for at in chunks for found in batch.prominent(words, at)), words)


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Some tracks of the library.

    numbers: of its tracks
    begins: where the silence before each begins
    spectra: shape (frequencies, blocks, bits)
    hop: distance between blocks
    """

    numbers: Sequence[int]
    begins: npt.NDArray[np.int64]
    spectra: npt.NDArray[np.complex64]
    hop: int

    def agreements(
        self, words: Sequence[SetWords], begin_s: float
    ) -> tuple[Sequence[int], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """How well each place agrees with 30 s of the set, in each way of playing, and the best of each track.

        returns: the first words of the 30 s; shape (playings, places); shape (tracks,)
        """
        firsts = [round(begin_s * Fingerprint.RATE_HZ * each.playing.speed) for each in words]
        mine = np.zeros((len(words), _GAP_WORDS, Fingerprint.WORD_BITS), dtype=np.float32)
        sizes = np.ones(len(words))
        for number, (each, first) in enumerate(zip(words, firsts, strict=True)):
            part = each.soft[first : first + round(_CHUNK_S * Fingerprint.RATE_HZ * each.playing.speed) : _EVERY]
            mine[number, : len(part)] = part
            sizes[number] = max(1, part.size)
        norms = np.sqrt(np.square(mine).sum(axis=(1, 2)) * sizes)
        spectra = np.ascontiguousarray(fft.rfft(mine, _BLOCK, axis=1, workers=1).conj().transpose(1, 2, 0))
        products = np.ascontiguousarray((self.spectra @ spectra).transpose(2, 1, 0))
        agreement = fft.irfft(products, _BLOCK, axis=2, workers=1)[:, :, : self.hop].reshape(len(words), -1)
        agreement /= np.maximum(norms, 1.0)[:, None]
        return firsts, agreement, np.maximum.reduceat(agreement, self.begins, axis=1).max(axis=0)

    def prominent(self, words: Sequence[SetWords], begin_s: float) -> Iterator[LineCandidate]:
        """Tracks whose best place agrees better with 30 s of the set than their other places do."""
        firsts, agreement, of_tracks = self.agreements(words, begin_s)
        near = round(_NEAR_S * Fingerprint.RATE_HZ / _EVERY)
        for which in np.flatnonzero(of_tracks >= 2.0 * LEAST_MARGIN).tolist():
            its = np.split(agreement, self.begins[which : which + 2], axis=1)[1]
            playing, place = map(int, np.unravel_index(int(its.argmax()), its.shape))
            elsewhere = np.delete(its, slice(max(0, place - near), place + near + 1), axis=1)
            margin = float(of_tracks[which] - elsewhere.max(initial=0.0))
            if margin >= LEAST_MARGIN:
                first, speed = firsts[playing], words[playing].playing.speed
                yield LineCandidate(
                    track=self.numbers[which], playing=playing, lag=first - _EVERY * (place - _GAP_WORDS), first=first,
                    last=first + round(_CHUNK_S * Fingerprint.RATE_HZ * speed), score=margin, error_rate=0.5,
                )  # fmt: skip


def find_clip(words: Sequence[SetWords], library: Iterable[tuple[int, Words]]) -> list[LineCandidate]:
    """The tracks that agree best with the beginning of a clip, the best first; their score is the agreement.

    Other places of a track don't count against it, as in sets: with repetitions, the track is right and the place one
    of several.
    """
    usable = [number for number, each in enumerate(words) if abs(each.playing.speed - 1.0) <= MOST_CLIP_SPEED]
    best: list[LineCandidate] = []
    for batch in _batches(library):
        _, agreement, of_tracks = batch.agreements([words[number] for number in usable], 0.0)
        for which in of_tracks.argsort()[-_MOST_OF_CLIP:].tolist():
            its = np.split(agreement, batch.begins[which : which + 2], axis=1)[1]
            way, place = map(int, np.unravel_index(int(its.argmax()), its.shape))
            best.append(LineCandidate(
                track=batch.numbers[which], playing=usable[way], lag=_EVERY * (_GAP_WORDS - place), first=0,
                last=len(words[usable[way]].words), score=float(of_tracks[which]), error_rate=0.5,
            ))  # fmt: skip
    return sorted(best, key=lambda candidate: -candidate.score)[:_MOST_OF_CLIP]


def _batches(library: Iterable[tuple[int, Words]]) -> Iterator[_Batch]:
    waiting: list[tuple[int, Words]] = []
    size = 0
    for number, words in library:
        waiting.append((number, words[::_EVERY]))
        size += len(waiting[-1][1]) + _GAP_WORDS
        if size >= _BATCH_WORDS:
            yield _batch(waiting, size)
            waiting, size = [], 0
    if waiting:
        yield _batch(waiting, size)


def _batch(tracks: Sequence[tuple[int, Words]], size: int) -> _Batch:
    hop = _BLOCK - _GAP_WORDS
    blocks = -(-size // hop)
    signs = np.zeros((blocks * hop + _GAP_WORDS, Fingerprint.WORD_BITS), dtype=np.float32)
    begins = np.cumsum([0, *(len(words) + _GAP_WORDS for _, words in tracks[:-1])])
    for (_, words), begin in zip(tracks, begins + _GAP_WORDS, strict=True):
        bits = (words[:, None] >> np.arange(Fingerprint.WORD_BITS, dtype=np.uint16)) & 1
        signs[begin : begin + len(words)] = np.where(words[:, None] == 0, 0.0, 2.0 * bits - 1.0)
    parts = np.stack([signs[block * hop : block * hop + _BLOCK] for block in range(blocks)], axis=1)
    return _Batch([number for number, _ in tracks], begins, fft.rfft(parts, axis=0, workers=1), hop)


def _united(candidates: Iterable[LineCandidate], words: Sequence[SetWords]) -> list[LineCandidate]:
    """Join candidates of a track on the same line; the best determines the line."""
    lines: list[LineCandidate] = []
    for each in sorted(candidates, key=lambda candidate: -candidate.score):
        for index, line in enumerate(lines):
            if line.track == each.track and abs(_begin_s(line, words, each) - _begin_s(each, words, each)) < _APART_S:
                ratio = words[line.playing].playing.speed / words[each.playing].playing.speed
                first, last = (round(at * ratio) for at in (each.first, each.last))
                lines[index] = replace(line, first=min(line.first, first), last=max(line.last, last))
                break
        else:
            lines.append(each)
    return lines


def _begin_s(line: LineCandidate, words: Sequence[SetWords], at: LineCandidate) -> float:
    """The time of the track where another candidate begins, by a line."""
    set_s = at.first / words[at.playing].playing.speed
    return (set_s * words[line.playing].playing.speed - line.lag) / Fingerprint.RATE_HZ

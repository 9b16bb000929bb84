"""Make changes as small as they are: a picture between two texts that change need not be kept twice."""

from __future__ import annotations

from collections.abc import Iterator

from map4.core.audio.tags.changes import Splice

_BLOCK_BYTES = 64
# If fewer bytes than this stay unchanged, one change is cheaper than two.
_LEAST_COMMON_BYTES = 256


def split(splice: Splice, old: bytes) -> Iterator[Splice]:
    """The changes within one, in the order of the file."""
    new, at, old_at = splice.new, 0, 0
    for old_start, new_start, length in _common_runs(old, new):
        if old_start > old_at or new_start > at:
            yield Splice(splice.start + old_at, splice.start + old_start, new[at:new_start])
        old_at, at = old_start + length, new_start + length
    if old_at < len(old) or at < len(new):
        yield Splice(splice.start + old_at, splice.stop, new[at:])


def _common_runs(old: bytes, new: bytes) -> Iterator[tuple[int, int, int]]:
    """Runs of bytes that stay, in their order: where in the old, where in the new, how many."""
    ahead = _common_start(old, new)
    behind = min(_common_start(old[::-1], new[::-1]), len(old) - ahead, len(new) - ahead)
    if ahead:
        yield 0, 0, ahead
    yield from _inner_runs(old, new, ahead, len(old) - behind, len(new) - behind)
    if behind:
        yield len(old) - behind, len(new) - behind, behind


def _inner_runs(old: bytes, new: bytes, start: int, old_stop: int, new_stop: int) -> Iterator[tuple[int, int, int]]:
    if min(old_stop, new_stop) - start < _LEAST_COMMON_BYTES:
        return
    places: dict[bytes, int] = {}
    for place in range(start, new_stop - _BLOCK_BYTES + 1, _BLOCK_BYTES):
        places.setdefault(new[place : place + _BLOCK_BYTES], place)
    at = new_at = start
    while at + _BLOCK_BYTES <= old_stop:
        place = places.get(old[at : at + _BLOCK_BYTES], -1)
        if place < new_at:
            at += 1
            continue
        length = _common_start(old[at:old_stop], new[place:new_stop])
        if length >= _LEAST_COMMON_BYTES:
            yield at, place, length
            new_at = place + length
        at += length


def _common_start(first: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(first), len(other))
    if first[:high] == other[:high]:
        return high
    while high - low > 1:  # the first `low` are the same, the first `high` are not
        middle = (low + high) // 2
        if first[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low

"""A random order that stays the same for a day, a week, or a number, with the tracks of an artist kept apart, and works
whole."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

from map4.core.music.track.credits import artist_key
from map4.errors import UsageError

RANDOM = "random"  # the name of this order in `sort:`
_PERIODS = ("daily", "weekly")
_MOST_DIGITS = 9

T = TypeVar("T")


def read_shuffle(text: str) -> str:
    """Which random order: `daily`, `weekly`, or a number."""
    order = text.strip().lower()
    if order in _PERIODS or (order.isascii() and order.isdigit() and len(order) <= _MOST_DIGITS):
        return order
    raise UsageError(f"a random order is daily, weekly or a number such as 7, not '{text}'")


def seed_of(shuffle: str, now: datetime) -> str:
    """What the order depends on beside the tracks: the day here, the week from Monday, or the number."""
    today = now.astimezone().date()
    if shuffle == "weekly":
        year, week, _ = today.isocalendar()
        return f"{year}-w{week}"
    return today.isoformat() if shuffle == "daily" else shuffle


def shuffle_key(seed: str, track_id: str) -> str:
    """The sort key of a track, the same in every store (MD5, since Postgres has it too)."""
    return hashlib.md5(f"{seed} {track_id}".encode(), usedforsecurity=False).hexdigest()


def apart(credited: Iterable[tuple[T, str | None]]) -> list[T]:
    """Items in their order, each with its artist, moved so that no main artist follows itself if that is possible.

    An item waits until another artist has passed. Items that still wait at the end go into the gaps before it.
    """
    rows = ((item, artist_key(artist) or None) for item, artist in credited)
    spread: list[tuple[T, str | None]] = []
    waiting: deque[tuple[T, str | None]] = deque()  # all of the artist that came last
    for row in rows:
        if waiting and spread[-1][1] != waiting[0][1]:
            spread.append(waiting.popleft())
        is_next = spread and row[1] is not None and row[1] == spread[-1][1]
        (waiting if is_next else spread).append(row)
    if waiting and spread[-1][1] != waiting[0][1]:
        spread.append(waiting.popleft())
    return [item for item, _ in (_filled(spread, waiting) if waiting else spread)]


def _filled(spread: list[tuple[T, str | None]], waiting: deque[tuple[T, str | None]]) -> Iterator[tuple[T, str | None]]:
    """The items with those that wait, all of one artist, in the last gaps between other artists."""
    artist = waiting[0][1]
    is_gap = [
        artist not in (before, after) for (_, before), (_, after) in zip([spread[0], *spread], spread, strict=False)
    ]
    places = [place for place, gap in enumerate(is_gap) if gap][-len(waiting) :]
    for place, row in enumerate(spread):
        if places and place == places[0]:
            places.pop(0)
            yield waiting.popleft()
        yield row
    yield from waiting


def following_in_works(works: Iterable[tuple[str | None, str | None, tuple[int | None, ...]]]) -> dict[int, int]:
    """Which item follows another in its work: its place by the place of the first, both from 0.

    works: of each item the work, what sets its recordings apart, such as the album, and the place in the work
    """
    members: dict[tuple[str, str | None], list[tuple[tuple[int, ...], int]]] = {}
    for item, (work, recording, place) in enumerate(works):
        if work:
            numbers = tuple(number or 0 for number in place)
            members.setdefault((work.casefold(), recording), []).append((numbers, item))
    return {a: b for items in members.values() for (_, a), (_, b) in pairwise(sorted(items))}


def together(count: int, following: Mapping[int, int]) -> Iterator[int]:
    """The places of items from 0, in order, but each item directly before the item that follows it.

    following: without a circle
    """
    later = set(following.values())
    for place in range(count):
        at = None if place in later else place
        while at is not None:
            yield at
            at = following.get(at)

"""Find ways out of the weak steps of a list: fewer tracks, one wider limit, or a tempo range."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from map4.core.base.paths import quoted
from map4.core.music.columns import Columns
from map4.core.music.lists.limits import DRIFT_STEPS, Relaxation
from map4.core.music.mixing.harmony import HARMONIC_RULES
from map4.core.music.query.parser import parse_query
from map4.lists.playlist.playlist import Playlist, WayOut
from map4.lists.playlist.request import ListRequest, query_text

Remake = Callable[[ListRequest, Columns], Playlist]
"""`remake(request, columns)`: the same list with other options, from these tracks."""

MOST_WEIGHED = 40_000
"""Maximum of picks times candidates for which alternatives are tried, such as 20 of 2,000. They take as long as the
list itself, and in a larger library few lists have a weak step."""

_LEAST_TRACKS = 3
# A tempo range that contains more than this share of the tracks excludes too few to help.
_NARROWING = 0.9


def ways_out(playlist: Playlist, columns: Columns, remake: Remake) -> tuple[WayOut, ...]:
    """Alternatives that keep all limits, for a list that does not; empty if there are none.

    columns: the tracks that the list was chosen from
    """
    quality = playlist.quality
    if quality is None or not quality.weak_steps or len(playlist.picks) * len(columns) > MOST_WEIGHED:
        return ()
    return tuple(_Tries(playlist, columns, remake).found())


class _Tries:
    def __init__(self, playlist: Playlist, columns: Columns, remake: Remake) -> None:
        self._made = playlist
        self._columns = columns
        self._remake = remake

    def found(self) -> Iterator[WayOut]:
        fewer = self._shorter({}, self._columns)
        yield from fewer
        yield from self._one_limit_wider()
        if not self._made.seeds and (window := _busiest_tempi(self._columns.bpm, self._made.request)) is not None:
            yield from self._list_within(
                window, least=1 + max((way.tracks for way in fewer), default=_LEAST_TRACKS - 1)
            )

    def _shorter(self, more: dict[str, Any], columns: Columns, arguments: str = "") -> list[WayOut]:
        """The longest list that keeps all limits, if its length is the only change."""
        request = self._made.request
        strict = _cut_at_weak_step(self._remake(replace(request, relax=False), columns))
        if strict.picks and len(strict.picks) >= len(self._made.picks):
            way = self._tried(request, columns, more, arguments)
        elif len(strict.picks) < _LEAST_TRACKS:
            return []
        elif request.n is None:
            minutes = math.floor(strict.duration_s / 60.0)
            if not minutes:
                return []
            more, arguments = {**more, "minutes": minutes}, f"{arguments} --minutes {minutes}"
            way = self._tried(replace(request, minutes=float(minutes)), columns, more, arguments)
        else:
            n = len(strict.picks)
            way = self._tried(replace(request, n=n), columns, {**more, "n": n}, f"{arguments} -n {n}")
        return [] if way is None else [way]

    def _one_limit_wider(self) -> Iterator[WayOut]:
        """The list with its single relaxed limit set as wide as needed, unless the user set that limit."""
        quality, request = self._made.quality, self._made.request
        assert quality is not None
        rules = {limit.rule for limit in self._made.relaxed}
        if len(rules) != 1 or {*quality.weak_steps} != rules or rules & {*(request.held or ())}:
            return
        more = _wider(self._made.relaxed)
        if more is None:
            return
        held = (*(request.held or ()), *(ListRequest(**more).settled().held or ()))
        own: dict[str, Any] = {"tolerance": None} if "policy" in more else {}
        wider = replace(request, **more, **own, held=held)
        arguments = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in more.items())
        way = self._tried(wider, self._columns, more, arguments)
        if way is not None and way.tracks == len(self._made.picks):
            yield way

    def _list_within(self, window: tuple[int, int], *, least: int) -> list[WayOut]:
        """The list from a tempo range only, if more of its tracks keep all limits."""
        low, high = window
        query, term = query_text(self._made.request.query), f"bpm:{low}..{high}"
        if "bpm" in query or len(parse_query(query).groups) > 1:
            return []
        inside = np.flatnonzero((self._columns.bpm >= low) & (self._columns.bpm <= high))
        narrower = f"{query} {term}".strip()
        ways = self._shorter({"query": narrower}, self._columns.take(inside), f"--query {quoted(narrower)}")
        return [way for way in ways if way.tracks >= least]

    def _tried(self, request: ListRequest, columns: Columns, more: dict[str, Any], arguments: str) -> WayOut | None:
        playlist = self._remake(request, columns)
        if (
            playlist.missing is not None
            or len(playlist.picks) < _LEAST_TRACKS
            or len(_cut_at_weak_step(playlist).picks) < len(playlist.picks)
        ):
            return None
        return WayOut(options=more, arguments=arguments.strip(), tracks=len(playlist.picks))


def _wider(relaxed: Sequence[Relaxation]) -> dict[str, Any] | None:
    """The option that makes the single limit as wide as the picks needed; None if there is no such option."""
    rule, given = relaxed[0].rule, [limit.given for limit in relaxed]
    if rule in ("artist_gap", "album_gap"):
        sizes = [size for size in given if isinstance(size, int | float)]  # gaps in time are text
        return {rule: round(min(sizes))} if len(sizes) == len(given) else None
    if rule == "harmonic":
        return {"harmonic": next(name for name in reversed(HARMONIC_RULES) if name in given)}
    if rule == "sound":
        return {"min_sound": -1}
    return {"policy": "creative"} if rule in ("tempo_policy", "tempo_drift") else None


def _cut_at_weak_step(playlist: Playlist) -> Playlist:
    """The list up to its first weak step."""
    first = min(playlist.quality.weak_positions, default=None) if playlist.quality else None
    return playlist if first is None else replace(playlist, picks=playlist.picks[: first - 1])


def _busiest_tempi(bpm: np.ndarray, request: ListRequest) -> tuple[int, int] | None:
    """The tempo range (BPM) with most tracks that one list may contain; None if it excludes almost none."""
    known = np.sort(bpm[~np.isnan(bpm)])
    if not len(known):
        return None
    width = (1.0 + request.limits.tempo.percent * DRIFT_STEPS / 100.0) ** 2
    counts = np.searchsorted(known, known * width, side="right") - np.arange(len(known))
    first = int(np.argmax(counts))
    if counts[first] >= _NARROWING * len(bpm):
        return None
    return math.floor(known[first]), math.ceil(known[first + counts[first] - 1])

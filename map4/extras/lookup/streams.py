"""Runs several providers at once in threads, so that a slow one does not block the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from queue import Full, Queue
from typing import Any, TypeVar

from map4.core.music.track.observations import Observation
from map4.extras.lookup.identifying.albums import identify_album
from map4.extras.lookup.lookup import LookupQuery, ProviderFailure, RecordingMatch
from map4.extras.lookup.provider_calls import LookupNotice, ProviderCalls
from map4.extras.lookup.queries import Item

T = TypeVar("T")
ProviderStream = Callable[[], Iterator[T]]

# Limit of results that wait to be written; a file is read faster than the library is written.
_MOST_AHEAD = 100
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderOutcome:
    """Result of an item at a provider; without `found` and `failure` if it was looked up before."""

    item: Item
    provider: str
    found: RecordingMatch | None = None
    values: Mapping[str, Any] | None = None
    failure: ProviderFailure | None = None


def side_by_side(streams: Sequence[ProviderStream[T]]) -> Iterator[T]:
    """Merge iterators as results arrive; each runs in its own thread, and an error is raised here.

    On close, they end at their next step; neither this function nor the process waits for them.
    """
    results, is_over = Queue[tuple[bool, Any]](_MOST_AHEAD), threading.Event()

    def put(is_last: bool, result: Any) -> bool:
        while not is_over.is_set():
            with suppress(Full):
                results.put((is_last, result), timeout=_LOOK_S)
                return True
        return False

    def run(stream: ProviderStream[T]) -> None:
        error: BaseException | None = None
        try:
            with closing(stream()) as steps:  # type: ignore[type-var]
                for step in steps:
                    if not put(False, step):
                        return
        except BaseException as raised:
            error = raised
        put(True, error)

    for stream in streams:
        threading.Thread(target=run, args=(stream,), name="map4-lookup", daemon=True).start()
    left = len(streams)
    try:
        while left:
            is_last, result = results.get()
            if not is_last:
                yield result
                continue
            left -= 1
            if result is not None:
                raise result
    finally:
        is_over.set()


def look_up(
    calls: ProviderCalls, albums: Iterable[Sequence[Item]], is_known: Callable[[Item], bool], *, only_sure: bool = False
) -> Iterator[ProviderOutcome | LookupNotice]:
    """Look up albums at a provider one after the other, or as many at once as it accepts.

    only_sure: yield only certain matches
    """
    with closing(calls):
        for some in _lots(albums, calls.provider.policy.at_once):
            for outcome in _look_up(calls, some, is_known):
                if not only_sure or not isinstance(outcome, ProviderOutcome) or (outcome.found and outcome.found.best):
                    yield outcome


def _lots(albums: Iterable[Sequence[Item]], size: int) -> Iterator[list[Sequence[Item]]]:
    lot: list[Sequence[Item]] = []
    for album in albums:
        lot.append(album)
        if sum(map(len, lot)) >= size:
            yield lot
            lot = []
    yield lot


def _look_up(
    calls: ProviderCalls, albums: Sequence[Sequence[Item]], is_known: Callable[[Item], bool]
) -> Iterator[ProviderOutcome | LookupNotice]:
    provider, name = calls.provider, calls.provider.name
    wanted: list[tuple[Item, LookupQuery]] = []
    places: list[list[int]] = []
    for album in albums:
        places.append([])
        for item in album:
            if is_known(item):
                yield ProviderOutcome(item=item, provider=name)
            elif calls.stopped is not None:  # the rest is left for another run
                yield ProviderOutcome(item=item, provider=name, failure=calls.failures[-1])
            else:
                places[-1].append(len(wanted))
                wanted.append((item, item.complete_query(sound="fingerprint" in provider.policy.sends)))
    results: dict[int, Any] = {}
    search = {
        number: lambda read, query=query: provider.search(query, read) for number, (_, query) in enumerate(wanted)
    }
    yield from calls.run(search, results)
    identified: dict[int, RecordingMatch] = {}
    for numbers in places:
        answered = [number for number in numbers if not isinstance(results[number], ProviderFailure)]
        each = identify_album([wanted[number][1] for number in answered], [results[number] for number in answered])
        identified |= zip(answered, each, strict=True)
    fetch = {
        number: lambda read, best=match.best: provider.fetch(best.candidate.id, best.release_id, read)
        for number, match in identified.items()
        if match.best is not None
    }
    records: dict[int, Any] = {}
    yield from calls.run(fetch, records)
    calls.forget_answers()
    for number, (item, _) in enumerate(wanted):
        record = records.get(number)
        failure = next((result for result in (results[number], record) if isinstance(result, ProviderFailure)), None)
        if failure is not None:
            yield ProviderOutcome(item=item, provider=name, failure=failure)
        else:
            values = None if record is None else Observation.sound_values(record)
            yield ProviderOutcome(item=item, provider=name, found=identified[number], values=values)

"""Several providers at once, a thread each, so that one that is slow or silent keeps no other waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from queue import Full, Queue
from typing import Any, TypeVar

from map4.app.lookups.asking import LookupNotice, ProviderCalls
from map4.app.lookups.wishes import Item
from map4.domain.lookup import Identified, ProviderFailure
from map4.domain.observations import sound_values
from map4.selection.identifying.albums import identify_album

T = TypeVar("T")
Lane = Callable[[], Iterator[T]]

# So many results may wait to be written; a file that is asked is quicker than the library that it is written to.
_MOST_AHEAD = 100
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one provider said of one item; neither `found` nor `failure` where it was asked before."""

    item: Item
    provider: str
    found: Identified | None = None
    values: Mapping[str, Any] | None = None
    failure: ProviderFailure | None = None


@dataclass(slots=True)
class _Shared:
    given: Queue[tuple[bool, Any]] = field(default_factory=lambda: Queue(_MOST_AHEAD))
    is_over: threading.Event = field(default_factory=threading.Event)

    def put(self, is_last: bool, what: Any) -> bool:
        while not self.is_over.is_set():
            with suppress(Full):
                self.given.put((is_last, what), timeout=_LOOK_S)
                return True
        return False


def side_by_side(lanes: Sequence[Lane[T]]) -> Iterator[T]:
    """What several iterators give, as it comes; each runs in a thread of its own, and an error in one is raised here.

    When this is closed, they end at their next step; nobody waits for that, nor does the end of the process.
    """
    shared = _Shared()

    def run(lane: Lane[T]) -> None:
        error: BaseException | None = None
        try:
            with closing(lane()) as steps:  # type: ignore[type-var]
                for step in steps:
                    if not shared.put(False, step):
                        return
        except BaseException as raised:
            error = raised
        shared.put(True, error)

    for lane in lanes:
        threading.Thread(target=run, args=(lane,), name="map4-lookup", daemon=True).start()
    left = len(lanes)
    try:
        while left:
            is_last, what = shared.given.get()
            if not is_last:
                yield what
                continue
            left -= 1
            if what is not None:
                raise what
    finally:
        shared.is_over.set()


def look_up(
    calls: ProviderCalls, albums: Iterable[Sequence[Item]], is_known: Callable[[Item], bool]
) -> Iterator[Outcome | LookupNotice]:
    """Ask one provider about albums, one after the other."""
    with closing(calls):
        for album in albums:
            yield from _look_up_album(calls, album, is_known)


def _look_up_album(
    calls: ProviderCalls, album: Sequence[Item], is_known: Callable[[Item], bool]
) -> Iterator[Outcome | LookupNotice]:
    provider, name = calls.provider, calls.provider.name
    items = []
    for item in album:
        if is_known(item):
            yield Outcome(item=item, provider=name)
        elif calls.stopped is not None:  # the rest is for another run
            yield Outcome(item=item, provider=name, failure=calls.failures[-1])
        else:
            items.append(item)
    wishes = [item.complete_wish() for item in items]
    found: dict[int, Any] = {}
    search = {number: lambda read, wish=wish: provider.search(wish, read) for number, wish in enumerate(wishes)}
    yield from calls.run(search, found)
    failed = {number: one for number, one in found.items() if isinstance(one, ProviderFailure)}
    answered = [number for number in found if number not in failed]
    identified = identify_album([wishes[number] for number in answered], [found[number] for number in answered])
    by_number = dict(zip(answered, identified, strict=True))
    fetch = {
        number: lambda read, best=one.best: provider.fetch(best.candidate.id, best.release_id, read)
        for number, one in by_number.items()
        if one.best is not None
    }
    records: dict[int, Any] = {}
    yield from calls.run(fetch, records)
    failed |= {number: one for number, one in records.items() if isinstance(one, ProviderFailure)}
    calls.forget_answers()
    for number, item in enumerate(items):
        if number in failed:
            yield Outcome(item=item, provider=name, failure=failed[number])
        else:
            record = records.get(number)
            values = None if record is None else sound_values(record)
            yield Outcome(item=item, provider=name, found=by_number[number], values=values)

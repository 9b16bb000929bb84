"""Look tracks up: ask each provider which recording they are, keep what it knows, and leave doubts to the user."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypedDict

from map4.app.asking.batches import Asking, AskingLimits, SystemClock
from map4.app.lookups.asking import KeptAnswers, LookupNotice, ProviderCalls, default_lookups_path
from map4.app.lookups.records import (
    LookedUp,
    LookedUpStatus,
    LookupEvent,
    LookupFinished,
    LookupPlan,
    LookupSummary,
    ProviderPlan,
)
from map4.app.lookups.wishes import Item, albums_of, sent_of
from map4.domain.lookup import Identified, ProviderFailure, RemoteRecord
from map4.domain.observations import sound_values
from map4.domain.track import Track
from map4.errors import UsageError
from map4.infra.audio.tags import read_file_tags
from map4.infra.metadata_providers.rate import SharedRate, default_rates_path
from map4.infra.metadata_providers.registry import enabled_names, provider_of
from map4.infra.metadata_providers.web import WebAsker
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.observations import ObservationStore
from map4.infra.text_cache import TextCache
from map4.ports.asking import AskingClock
from map4.ports.metadata import MetadataProvider
from map4.selection.identifying.albums import identify_album

MAX_WAIT_S = 600.0
"""A large library is asked about for hours, in which a service may be busy now and then."""
# An answer takes about so long, and the next question waits for it.
_ANSWER_S = 0.2
# A track in doubt keeps one for itself: recording and release, the latter shared by an album.
_REQUESTS_OF_A_MATCH = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupOptions:
    """How tracks are looked up.

    Parameters
    ----------
    providers : names; none takes those that `settings` enable
    settings : of providers by name: `enabled`, `url`, `contact`, `token_env`
    max_requests : to each provider; None without end
    max_wait_s : seconds that may be lost in back-offs and failed requests, of each provider
    force : look up again what was looked up
    answers, rates : folders of kept answers, and of when services may be asked; None takes the user's own
    clock : None is real time
    """

    providers: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    max_requests: int | None = None
    max_wait_s: float = MAX_WAIT_S
    force: bool = False
    answers: str | None = None
    rates: str | None = None
    clock: AskingClock | None = None

    def __post_init__(self) -> None:
        if isinstance(self.providers, str):
            raise UsageError(f"providers are several names: ['{self.providers}']")
        object.__setattr__(self, "providers", tuple(dict.fromkeys(self.providers)))


class LookupKeywords(TypedDict, total=False):
    """`map4.app.lookups.lookup.LookupOptions`."""

    providers: tuple[str, ...]
    settings: Mapping[str, Mapping[str, Any]]
    max_requests: int | None
    max_wait_s: float
    force: bool
    answers: str | None
    rates: str | None
    clock: AskingClock | None


class Lookup:
    """Tracks that are about to be looked up; made by `Library.lookup`.

    Raises
    ------
    UsageError
        If a provider is none, not set up, or none is named.
    """

    def __init__(self, database: Database, tracks: Iterable[Track], options: LookupOptions) -> None:
        self._database, self._options = database, options
        names = options.providers or tuple(enabled_names(options.settings))
        if not names:
            raise UsageError(
                "name a provider, as with --provider musicbrainz, or enable one in map4.toml; "
                "'map4 providers list' shows them"
            )
        self._providers = [provider_of(name, options.settings) for name in names]
        self._store = ObservationStore(database)
        self._albums, self._skipped = albums_of(tracks)

    @cached_property
    def plan(self) -> LookupPlan:
        """What would be done; nothing is sent."""
        tracks = sum(len(item.files) for items in self._albums for item in items)
        plans = tuple(self._plan_of(provider) for provider in self._providers)
        return LookupPlan(tracks=tracks, skipped=self._skipped, providers=plans)

    def _plan_of(self, provider: MetadataProvider) -> ProviderPlan:
        albums = [[item for item in items if not self._is_known(provider, item)] for items in self._albums]
        items = [item for album in albums for item in album]
        known = sum(len(item.files) for album in self._albums for item in album) - sum(len(i.files) for i in items)
        policy, first = provider.policy, next(iter(items), None)
        requests = 0
        if policy.host is not None:  # a search and the recording for each, and the release once
            requests = len(items) * (1 + _REQUESTS_OF_A_MATCH) + sum(bool(album) for album in albums)
            requests = min(requests, self._options.max_requests or requests)
        return ProviderPlan(
            provider=provider.name,
            host=policy.host,
            known=known,
            open=sum(len(item.files) for item in items),
            requests=requests,
            seconds=round(requests * (policy.interval_s + _ANSWER_S), 1),
            sends=policy.sends if policy.host is not None else (),
            example=sent_of(_with_file_id(first).wish, policy.sends) if first and policy.host else None,
            headers=dict(provider.headers),
            attribution=policy.attribution,
            keep_days=policy.keep_days,
        )

    def _is_known(self, provider: MetadataProvider, item: Item) -> bool:
        statuses = self._statuses(provider.name)
        return not self._options.force and all(statuses.get(one) in ("accepted", "rejected") for one in item.audio_ids)

    def _statuses(self, provider: str) -> Mapping[str, str]:
        if provider not in self._known_statuses:
            self._known_statuses[provider] = self._store.statuses(provider)
        return self._known_statuses[provider]

    @cached_property
    def _known_statuses(self) -> dict[str, Mapping[str, str]]:
        return {}

    def events(self) -> Iterator[LookupEvent]:
        """Look up the tracks; what is found of each is in the library before its event comes.

        Yields
        ------
        LookedUp and LookupNotice as they happen, at last LookupFinished. Closing the generator early keeps what came.
        """
        self._database.require_writable()
        counts: dict[str, int] = {}
        with _Connections(self._options, self._providers) as connections:
            for album in self._albums:
                for calls in connections.calls:
                    for event in self._look_up(calls, album):
                        if isinstance(event, LookedUp):
                            counts[event.status] = counts.get(event.status, 0) + len(event.files)
                        yield event
                yield from connections.notices()
        every = connections.calls
        summary = LookupSummary(
            **{name: counts.get(name, 0) for name in ("accepted", "review", "none", "known", "failed")},
            skipped=self._skipped,
            requests={calls.provider.name: calls.requests for calls in every},
            silent={calls.provider.name: calls.stopped.reason for calls in every if calls.stopped},
            failures=tuple(failure for calls in every for failure in calls.failures),
        )
        yield LookupFinished(summary=summary)

    def _look_up(self, calls: ProviderCalls, album: Sequence[Item]) -> Iterator[LookedUp | LookupNotice]:
        """An album, or a single track."""
        provider = calls.provider
        items = []
        for item in album:
            if self._is_known(provider, item):
                yield _looked_up(provider, item, "known")
            elif calls.stopped is not None:  # the rest is for another run
                yield _looked_up(provider, item, "failed", failure=calls.failures[-1])
            else:
                items.append(_with_file_id(item))
        found: dict[int, Any] = {}
        search = {number: lambda read, wish=item.wish: provider.search(wish, read) for number, item in enumerate(items)}
        yield from calls.run(search, found)
        answered = [number for number in found if not isinstance(found[number], ProviderFailure)]
        identified = identify_album([items[number].wish for number in answered], [found[number] for number in answered])
        by_number = dict(zip(answered, identified, strict=True))
        fetch = {
            number: lambda read, best=one.best: provider.fetch(best.candidate.id, best.release_id, read)
            for number, one in by_number.items()
            if one.best is not None
        }
        records: dict[int, Any] = {}
        yield from calls.run(fetch, records)
        calls.forget_answers()
        for number, item in enumerate(items):
            failure = next(
                (said for said in (found.get(number), records.get(number)) if isinstance(said, ProviderFailure)), None
            )
            if failure is not None:
                yield _looked_up(provider, item, "failed", failure=failure)
            else:
                yield self._keep(provider, item, by_number[number], records.get(number))

    def _keep(self, provider: MetadataProvider, item: Item, found: Identified, record: RemoteRecord | None) -> LookedUp:
        if found.best is not None and record is None:  # it is gone since
            found = replace(found, status="none")
        values = None if record is None else sound_values(record.values)
        for audio_id in item.audio_ids:
            self._store.put(provider.name, audio_id, found, values)
        choices = tuple(one.to_record() for one in found.candidates)
        return _looked_up(provider, item, found.status, choices=choices, values=values or {})

    # ---- doubts ----------------------------------------------------------------------------------

    def doubts(self) -> Iterator[LookedUp]:
        """The tracks that were looked up before and are in doubt, with their candidates as they were found."""
        for item in (item for album in self._albums for item in album):
            for audio_id, provider, candidates in self._store.doubts(item.audio_ids):
                if any(one.name == provider for one in self._providers):
                    yield LookedUp(
                        files=tuple((path, one) for path, one in item.files if one == audio_id),
                        caption=item.caption,
                        provider=provider,
                        status="review",
                        choices=tuple(candidates),
                        about=sent_of(item.wish, ("duration_s", "album")),
                    )

    def decide(self, doubt: LookedUp, chosen: int | None) -> Iterator[LookupEvent]:
        """Keep what the user chose of the candidates, from 0; None where it is none of them."""
        self._database.require_writable()
        [provider] = [one for one in self._providers if one.name == doubt.provider]
        record: Any = None
        if chosen is not None:
            candidate = doubt.choices[chosen]
            results: dict[int, Any] = {}
            with _Connections(self._options, [provider]) as connections:
                [calls] = connections.calls
                fetch = {0: lambda read: provider.fetch(candidate["id"], candidate["release_id"], read)}
                yield from calls.run(fetch, results)
                yield from connections.notices()
            record = results[0]
            if isinstance(record, ProviderFailure):
                yield replace(doubt, status="failed", failure=record)
                return
        values: dict[str, Any] = {}
        if record is not None:
            values = sound_values(record.values)
            record = replace(record, values=values)
        for _, audio_id in doubt.files:
            self._store.decide(provider.name, audio_id, record)
        yield replace(doubt, status="rejected" if record is None else "accepted", values=values)

    def forget(self) -> int:
        """Drop what these providers said of the tracks; gives of how much audio there was anything."""
        audio_ids = {one for album in self._albums for item in album for one in item.audio_ids}
        return sum(self._store.forget(provider.name, audio_ids) for provider in self._providers)


def _looked_up(provider: MetadataProvider, item: Item, status: LookedUpStatus, **more: Any) -> LookedUp:
    return LookedUp(files=tuple(item.files), caption=item.caption, provider=provider.name, status=status, **more)


def _with_file_id(item: Item) -> Item:
    """With the id that a tagger wrote into the file, which the library does not keep."""
    path, _ = item.files[0]
    recording_id = read_file_tags(os.fspath(path)).recording_id
    return (
        item if recording_id is None else Item(replace(item.wish, recording_id=recording_id), item.caption, item.files)
    )


class _Connections:
    """The connections to some providers, closed at the end."""

    def __init__(self, options: LookupOptions, providers: Sequence[MetadataProvider]) -> None:
        self._options, self._providers = options, providers
        self._warnings: list[str] = []
        self.calls: list[ProviderCalls] = []

    def __enter__(self) -> _Connections:
        options = self._options
        with ExitStack() as stack:
            cache = TextCache(
                options.answers or default_lookups_path(), self._warnings.append, command="map4 cache clear --lookups"
            )
            kept = KeptAnswers(stack.enter_context(cache))
            limits = AskingLimits(
                batch_size=1, concurrency=1, max_wait_s=options.max_wait_s, max_requests=options.max_requests
            )
            clock = options.clock or SystemClock()
            for provider in self._providers:
                asking = None
                if provider.policy.host is not None:
                    rate = SharedRate(
                        options.rates or default_rates_path(), provider.policy.host, provider.policy.interval_s
                    )
                    asker = WebAsker(provider, rate)
                    stack.callback(asker.close)
                    asking = Asking(asker, clock, limits, random.random)
                others = tuple(one.name for one in self._providers if one is not provider)
                self.calls.append(ProviderCalls(provider, kept, asking, others))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def notices(self) -> Iterator[LookupNotice]:
        while self._warnings:
            yield LookupNotice(message=self._warnings.pop(0), is_fault=True)

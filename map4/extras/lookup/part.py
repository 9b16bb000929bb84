"""Look tracks up: query providers, store their data, and leave doubtful matches to the user."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice
from typing import Any

from map4.core.base.actor import needs, served
from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import Paths
from map4.core.music.track.observations import Observation
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError, UsageError
from map4.extras.lookup.covers import look_for_covers
from map4.extras.lookup.known_providers import ProviderState, provider_states
from map4.extras.lookup.lookup import ProviderFailure
from map4.extras.lookup.options import LookupOptions
from map4.extras.lookup.provider import MetadataProvider, NeedAnswerError, ServiceRequest
from map4.extras.lookup.provider_calls import ProviderCalls
from map4.extras.lookup.providers.registry import provider_of, ready_names, release_sources, sharing_ids, to_plan
from map4.extras.lookup.providers.web import web_client
from map4.extras.lookup.queries import Item, albums_of, sent_of
from map4.extras.lookup.records import (
    LookedUp,
    LookedUpStatus,
    LookupEvent,
    LookupPlan,
    LookupRecord,
    LookupsDocument,
    LookupSummary,
    ProviderPlan,
)
from map4.extras.lookup.store import SqlLookups
from map4.extras.lookup.streams import ProviderOutcome, ProviderStream, look_up, side_by_side
from map4.extras.shared.batches import BatchLimits
from map4.extras.shared.retry import HOPELESS
from map4.extras.shared.service import BatchClock
from map4.library.part import LibraryPart

MOST_IN_DOUBT = 500
DECIDE_WITHIN_S = 10.0  # limit for faults and waits during a decision, because a user waits for the answer
USUAL_PROVIDER = "musicbrainz"  # provider whose plan is shown if none is named or enabled
# Estimated response time; requests are sequential.
_ANSWER_S = 0.2


_Became = dict[tuple[str, str], LookedUpStatus]  # status by provider and path


class Lookups(LibraryPart, scope="scan"):
    """Looks tracks up at metadata providers, and manages the results."""

    @takes("map4.extras.lookup.options:LookupOptions")
    def run(self, tracks: Paths | None = None, options: LookupOptions = USUAL, **keywords: Any) -> LookupSummary:
        """Identify tracks with providers, and store what they return.

        tracks: tracks of this library or their names; None means all analysed tracks that are present
        raises UsageError: if a provider is unknown, not set up, or none is named
        """
        return self._end_of(self.run_events(tracks, options), LookupSummary)

    @takes("map4.extras.lookup.options:LookupOptions")
    def run_events(
        self, tracks: Paths | None = None, options: LookupOptions = USUAL, **keywords: Any
    ) -> Iterator[LookupEvent]:
        """Like `run`, but yield events; each result is stored before its event."""
        return self.prepare(tracks, options).events()

    @takes("map4.extras.lookup.options:LookupOptions")
    def prepare(self, tracks: Paths | None = None, options: LookupOptions = USUAL, **keywords: Any) -> Lookup:
        """Prepare `run` in steps: what it sends (`plan`), the run (`events`), doubtful matches (`doubts`, `decide`)."""
        return Lookup(self._store, self._all_or(tracks), options)

    @takes("map4.extras.lookup.options:LookupOptions")
    def plan(self, tracks: Paths | None = None, options: LookupOptions = USUAL, **keywords: Any) -> LookupPlan:
        """Return what `run` would send and how long it takes, without sending; providers need not be set up.

        raises UsageError: if a provider is unknown
        """
        return Lookup(self._store, self._all_or(tracks), options, sends=False).plan

    @needs("read")
    @served("GET", "/lookups", "Doubtful look-ups with their candidates, as `map4 lookup review`.",
            {"limit": (int, 200)}, adds=("count",))  # fmt: skip
    def in_doubt(self, *, limit: int) -> LookupsDocument:
        """Return the first doubtful look-ups with their candidates, and their total number."""
        if not 0 <= limit <= MOST_IN_DOUBT:
            raise UsageError(f"limit must be 0 to {MOST_IN_DOUBT}, not {limit}")
        store = self._store
        lookups = store.part(SqlLookups)
        every = lookups.in_doubt()
        files = store.addresses.files_of(dict.fromkeys(every))
        wanted = list(islice((audio_id for audio_id in dict.fromkeys(every) if audio_id in files), limit))
        tracks = store.tracks.tracks_by_id([files[audio_id][0][0] for audio_id in wanted])
        by_id = {track.audio_id: track for track in tracks}
        records = []
        for audio_id, provider, candidates in lookups.doubts(wanted):
            if (track := by_id.get(audio_id)) is not None:
                lasts_s = track.analysis.duration_s if track.analysis else None
                doubt = LookedUp(
                    files=((track.path, audio_id),), caption=track.caption(), provider=provider, status="review",
                    choices=tuple(candidates), about={"duration_s": lasts_s, "album": track.album()},
                )  # fmt: skip
                records.append(LookupRecord(found=doubt, path=track.path, audio_id=audio_id))
        return LookupsDocument(
            lookups=tuple(records[:limit]), summary=None, count=sum(audio_id in files for audio_id in every)
        )

    def decide(
        self, track: Track, provider: str, recording: str | None, settings: Mapping[str, Mapping[str, Any]]
    ) -> LookupRecord:
        """Accept a candidate of a doubtful look-up and fetch its data; None rejects all candidates.

        raises NothingFoundError: if the look-up is not doubtful, or has no such candidate
        """
        options = LookupOptions(providers=(provider,), settings=settings, max_wait_s=DECIDE_WITHIN_S)
        looking_up = Lookup(self._store, [track], options, sends=recording is not None)
        doubt = next(looking_up.doubts(), None)
        if doubt is None:
            raise NothingFoundError(f"the look-up of {track.caption()} at {provider} is no longer in doubt; reload")
        chosen = None
        if recording is not None:
            looking_up.plan.require_leave(settings)
            chosen = next((at for at, choice in enumerate(doubt.choices) if choice["id"] == recording), None)
            if chosen is None:
                raise NothingFoundError(f"{recording!r} is not among the candidates; reload")
        [done] = (outcome for outcome in looking_up.decide(doubt, chosen) if isinstance(outcome, LookedUp))
        return LookupRecord(found=done, path=track.path, audio_id=track.audio_id or "")

    @served("DELETE", "/tracks/{id}/lookups/{provider}",
            "Undo a decision: the look-up is doubtful again, and its values are deleted.", queue="write")  # fmt: skip
    def reopen(self, track: Track, provider: str) -> None:
        """Mark a look-up as doubtful again, and delete its accepted values.

        raises NothingFoundError: if it has no candidates, or is already doubtful
        """
        self._store.require_writable()
        if track.audio_id is None or not self._store.part(SqlLookups).reopen(provider, track.audio_id):
            raise NothingFoundError(f"there is no decision for {track.caption()} at {provider}")

    def forget(self, tracks: Paths, *, providers: Collection[str] = ()) -> int:
        """Delete what providers (default: all) returned for tracks; return the number of recordings."""
        self._store.require_writable()
        audio_ids = {track.audio_id for track in self._tracks(tracks) if track.audio_id is not None}
        return len(self._store.part(SqlLookups).forget(providers, audio_ids))

    @staticmethod
    def providers(settings: Mapping[str, Mapping[str, Any]] | None = None) -> list[ProviderState]:
        """Return all providers with their state, and those not supported, with the reason."""
        return provider_states(settings or {})


class Lookup:
    """A prepared look-up, made by `Library.lookups.prepare`.

    sends: whether providers must be named and set up; False is for plans only
    """

    def __init__(self, store: Store, tracks: Iterable[Track], options: LookupOptions, *, sends: bool = True) -> None:
        self._store, self._options = store, options
        names = options.providers or tuple(ready_names(options.settings, enabled=True))
        if not names and sends:
            raise UsageError(
                f"no provider is enabled: run 'map4 config set providers.{USUAL_PROVIDER}.enabled true', or name a "
                f"provider, such as --provider {USUAL_PROVIDER}; 'map4 lookup --providers' lists all"
            )
        self._lacks: dict[str, str | None] = {}
        self._providers = []
        for name in names or (USUAL_PROVIDER,):
            provider, lacks = (provider_of(name, options.settings), None) if sends else to_plan(name, options.settings)
            self._providers.append(provider)
            self._lacks[provider.name] = lacks
        self._albums, self._skipped = albums_of(tracks)
        self._tracks = sum(len(item.files) for items in self._albums for item in items)
        self._lookups = store.part(SqlLookups)
        self._statuses = {provider.name: self._lookups.statuses(provider.name) for provider in self._providers}

    @cached_property
    def plan(self) -> LookupPlan:
        """What would be done, without sending anything."""
        plans = tuple(self._plan_of(provider) for provider in self._providers)
        return LookupPlan(tracks=self._tracks, skipped=self._skipped, providers=plans)

    def _plan_of(self, provider: MetadataProvider) -> ProviderPlan:
        unknown = [[item for item in items if not self._is_known(provider, item)] for items in self._albums]
        albums = [[item for item in items if self._can_ask(provider, item)] for items in unknown]
        items = [item for album in albums for item in album]
        wanted, unnamed = sum(len(item.files) for item in items), self._unnamed(provider)
        policy, first = provider.policy, next(iter(items), None)
        requests = 0
        if policy.at_once > 1:  # a search and the recording
            requests = 2 * math.ceil(len(items) / policy.at_once)
        elif policy.host is not None:  # the same for each track, and the release once
            requests = (0 if policy.of_releases else 2 * len(items)) + sum(bool(album) for album in albums)
        requests = min(requests, self._options.max_requests or requests)
        return ProviderPlan(
            provider=provider.name,
            host=policy.host,
            known=self._tracks - wanted - unnamed,
            open=wanted,
            unnamed=unnamed,
            requests=requests,
            seconds=round(requests * (policy.interval_s + _ANSWER_S), 1),
            sends=policy.sends if policy.host is not None else (),
            example=sent_of(first.complete_query(), policy.sends) if first and policy.host else None,
            # other headers may contain a key
            headers={name: text for name, text in provider.headers.items() if name == "User-Agent"},
            attribution=policy.attribution,
            keep_days=policy.keep_days,
            note=policy.note,
            lacks=self._lacks[provider.name],
        )

    def _is_known(self, provider: MetadataProvider, item: Item) -> bool:
        statuses = self._statuses[provider.name]
        return not self._options.force and all(
            statuses.get(audio_id) in ("accepted", "rejected") for audio_id in item.audio_ids
        )

    def _can_ask(self, provider: MetadataProvider, item: Item) -> bool:
        """Return whether a provider has something to send about an item: a search without it requests nothing."""
        if provider.policy.host is None or provider.policy.of_releases or "fingerprint" in provider.policy.sends:
            return True
        try:  # the names first, as ids are read from the file
            return any(provider.search(query or item.complete_query(), _request) for query in (item.query, None))
        except Exception:  # it requests something; or a plug-in fails, which the look-up reports
            return True

    def _unnamed(self, provider: MetadataProvider) -> int:
        items = (item for items in self._albums for item in items if not self._is_known(provider, item))
        return sum(len(item.files) for item in items if not self._can_ask(provider, item))

    def events(self) -> Iterator[LookupEvent]:
        """Look the tracks up at all providers in parallel; results are stored before their event.

        yields: LookedUp and LookupNotice as they happen, finally LookupSummary; closing early keeps the results so far
        """
        self._store.require_writable()
        every = [self._calls_of(provider) for provider in self._providers]
        became: _Became = {}
        shown: set[str] = set()
        for streams in (self._first_streams, self._second_streams, self._cover_streams):
            for event in side_by_side(streams(every, became)):
                if isinstance(event, ProviderOutcome):
                    done = self._keep(event)
                    became |= {(done.provider, path): done.status for path, _ in done.files}
                    yield done
                elif event.message not in shown:  # a message common to all is shown once
                    shown |= {event.message} if event.is_fault else set()
                    yield event
        counts = Counter(became.values())
        faults = [calls.stopped.fault for calls in every if calls.stopped]
        temporary = [fault for fault in faults if fault is not None and fault.kind not in HOPELESS]
        yield LookupSummary(
            **{name: counts[name] for name in ("accepted", "review", "none", "known", "failed")},
            skipped=self._skipped,
            unnamed=sum(self._unnamed(provider) for provider in self._providers),
            requests={calls.provider.name: calls.requests for calls in every},
            silent={calls.provider.name: calls.stopped.reason for calls in every if calls.stopped},
            rest_s=max((fault.retry_after_s or 0.0 for fault in temporary), default=None),
            failures=tuple(failure for calls in every for failure in calls.failures),
        )

    def _first_streams(self, every: Sequence[ProviderCalls], became: _Became) -> list[ProviderStream[Any]]:
        askable = [
            [
                [item for item in items if self._is_known(calls.provider, item) or self._can_ask(calls.provider, item)]
                for items in self._albums
            ]
            for calls in every
        ]
        return [
            partial(look_up, calls, albums, partial(self._is_known, calls.provider))
            for calls, albums in zip(every, askable, strict=True)
            if not calls.provider.policy.of_releases
        ]

    def _second_streams(self, every: Sequence[ProviderCalls], became: _Became) -> list[ProviderStream[Any]]:
        """Repeat uncertain look-ups for which another provider has meanwhile returned this provider's id."""
        streams: list[ProviderStream[Any]] = []
        for calls in every:
            name, sharing = calls.provider.name, sharing_ids(calls.provider.name)
            albums = []
            for item in (item for album in self._albums for item in album if sharing and calls.stopped is None):
                if (
                    became.get((name, item.files[0][0]), "none") in ("review", "none")
                    and not item.complete_query().recording_id
                ):
                    provided = self._lookups.provided(item.audio_ids[0])
                    ids = Counter(
                        match.id for match in (provided.matches if provided else ()) if match.provider in sharing
                    )
                    for recording_id, _ in ids.most_common(1):
                        query = replace(item.complete_query(), recording_id=recording_id)
                        albums.append([replace(item, complete=query)])
            if albums:
                streams.append(partial(look_up, calls, albums, lambda _: False, only_sure=True))
        return streams

    def _cover_streams(self, every: Sequence[ProviderCalls], became: _Became) -> list[ProviderStream[Any]]:
        wanted = [calls for calls in every if calls.provider.policy.of_releases]
        releases: dict[str, list[Item]] = {}
        for item in (item for album in self._albums for item in album if wanted):
            if (release_id := self._lookups.release_id(item.audio_ids[0], release_sources())) is not None:
                releases.setdefault(release_id, []).append(item)
        return [partial(look_for_covers, calls, releases, force=self._options.force) for calls in wanted]

    def _keep(self, outcome: ProviderOutcome) -> LookedUp:
        item, name, match, values = outcome.item, outcome.provider, outcome.found, outcome.values
        if match is None:
            return _looked_up(name, item, "failed" if outcome.failure else "known", failure=outcome.failure)
        if match.best is not None and values is None:  # it was deleted in the meantime
            match = replace(match, status="none")
        for audio_id in item.audio_ids:
            self._lookups.put(name, audio_id, match, values)
        choices = tuple(candidate.to_record() for candidate in match.candidates)
        return _looked_up(name, item, match.status, choices=choices, values=values or {})

    def _calls_of(self, provider: MetadataProvider) -> ProviderCalls:
        options = self._options
        limits = BatchLimits(
            batch_size=provider.policy.at_once,
            concurrency=1,
            max_wait_s=options.max_wait_s,
            max_requests=options.max_requests,
        )
        others = tuple(name for name in self._ready if name != provider.name)
        client = None if provider.policy.host is None else web_client(provider, options.rates)
        return ProviderCalls(provider, client, options.clock or BatchClock(), limits, options.answers, others)

    @cached_property
    def _ready(self) -> list[str]:
        return ready_names(self._options.settings)

    # ---- doubts ----------------------------------------------------------------------------------

    def doubts(self) -> Iterator[LookedUp]:
        """Yield the doubtful tracks with their stored candidates."""
        for item in (item for album in self._albums for item in album):
            for audio_id, provider, candidates in self._lookups.doubts(item.audio_ids):
                for own_provider in (candidate for candidate in self._providers if candidate.name == provider):
                    files = tuple(file for file in item.files if file[1] == audio_id)
                    about = sent_of(item.query, ("duration_s", "album"))
                    doubt = _looked_up(own_provider.name, item, "review", choices=tuple(candidates), about=about)
                    yield replace(doubt, files=files)

    def decide(self, doubt: LookedUp, chosen: int | None) -> Iterator[LookupEvent]:
        """Store the user's choice among the candidates, from 0; None rejects all."""
        self._store.require_writable()
        [provider] = [own_provider for own_provider in self._providers if own_provider.name == doubt.provider]
        values: dict[str, Any] = {}
        if chosen is not None:
            candidate = doubt.choices[chosen]
            results: dict[int, Any] = {}
            with closing(self._calls_of(provider)) as calls:
                fetch = {0: lambda read: provider.fetch(candidate["id"], candidate["release_id"], read)}
                yield from calls.run(fetch, results)
            if isinstance(results[0], ProviderFailure):
                yield replace(doubt, status="failed", failure=results[0])
                return
            chosen = None if results[0] is None else chosen  # it was deleted in the meantime
            values = Observation.sound_values(results[0] or {})
        taken = None if chosen is None else candidate["id"]
        for _, audio_id in doubt.files:
            self._lookups.decide(provider.name, audio_id, taken, values)
        yield replace(doubt, status="rejected" if chosen is None else "accepted", values=values)


def _request(request: ServiceRequest) -> Any:
    raise NeedAnswerError(request)


def _looked_up(provider: str, item: Item, status: LookedUpStatus, **more: Any) -> LookedUp:
    return LookedUp(files=tuple(item.files), caption=item.caption, provider=provider, status=status, **more)

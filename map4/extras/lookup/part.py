"""Calls of look-ups."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from map4.core.base.actor import needs, served
from map4.core.base.given_paths import Paths
from map4.core.base.options import USUAL, takes
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.extras.lookup.known_providers import ProviderState, provider_states
from map4.extras.lookup.options import LookupOptions
from map4.extras.lookup.records import LookedUp, LookupEvent, LookupPlan, LookupRecord, LookupsDocument, LookupSummary
from map4.extras.lookup.store import SqlLookups
from map4.extras.lookup.use import Lookup
from map4.library.part import LibraryPart, end_of

MOST_IN_DOUBT = 500
DECIDE_WITHIN_S = 10.0
"""Limit for faults and waits during a decision, because a user waits for the answer."""


class Lookups(LibraryPart, scope="scan"):
    """Looks tracks up at metadata providers, and manages the results."""

    @takes("map4.extras.lookup.options:LookupOptions")
    def run(self, tracks: Paths | None = None, options: LookupOptions = USUAL, **keywords: Any) -> LookupSummary:
        """Identify tracks with providers, and store what they return.

        tracks: tracks of this library or their names; None means all analysed tracks that are present
        raises UsageError: if a provider is unknown, not set up, or none is named
        """
        return end_of(self.run_events(tracks, options), LookupSummary)

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

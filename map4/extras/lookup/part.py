"""What providers of metadata know of tracks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from map4.base.actor import needing
from map4.base.given_paths import PathLike, Paths, absolute_path
from map4.base.options import USUAL, takes
from map4.errors import NothingFoundError
from map4.part import Part, end_of

if TYPE_CHECKING:
    from map4.extras.lookup.known_providers import ProviderState
    from map4.extras.lookup.options import LookupOptions
    from map4.extras.lookup.providers.dump_file import ImportedDump
    from map4.extras.lookup.records import LookupEvent, LookupPlan, LookupRecord, LookupsDocument, LookupSummary
    from map4.extras.lookup.use import Lookup
    from map4.music.track.track import Track

DECIDE_WITHIN_S = 10.0
"""Of faults and waits at the provider: somebody sits before it."""


@needing({"read": "in_doubt", "scan": "run run_events prepare plan forget decide reopen"})
class Lookups(Part):
    """What providers of metadata know of tracks: ask them, and forget what they said."""

    @takes("map4.extras.lookup.options:LookupOptions")
    def run(self, tracks: Paths | None = None, options: LookupOptions = USUAL, **keywords: Any) -> LookupSummary:
        """Ask providers which recordings tracks are, and keep what they know of them.

        tracks: one or several of this library, or names of them; None takes all that are analysed and there
        raises UsageError: if there is no such provider, it is not set up, or none is named
        """
        from map4.extras.lookup.records import LookupSummary

        return end_of(self.run_events(tracks, options), LookupSummary)

    @takes("map4.extras.lookup.options:LookupOptions")
    def run_events(
        self, tracks: Paths | None = None, options: LookupOptions = USUAL, **keywords: Any
    ) -> Iterator[LookupEvent]:
        """`run`, event by event; each is stored before its event comes."""
        return self.prepare(tracks, options).events()

    @takes("map4.extras.lookup.options:LookupOptions")
    def prepare(self, tracks: Paths | None = None, options: LookupOptions = USUAL, **keywords: Any) -> Lookup:
        """`run` in steps: what it sends (`plan`) and does (`events`), and what is in doubt (`doubts`, `decide`)."""
        from map4.extras.lookup.use import Lookup

        return Lookup(self._store, self._all_or(tracks), options)

    @takes("map4.extras.lookup.options:LookupOptions")
    def plan(self, tracks: Paths | None = None, options: LookupOptions = USUAL, **keywords: Any) -> LookupPlan:
        """What `run` would send and how long that takes, also of a provider that is not set up yet; sends nothing.

        raises UsageError: if there is no such provider
        """
        from map4.extras.lookup.use import Lookup

        return Lookup(self._store, self._all_or(tracks), options, sends=False).plan

    def in_doubt(self, *, limit: int) -> LookupsDocument:
        """The first look-ups that wait for a decision, with their candidates, and how many there are."""
        from map4.extras.lookup.records import LookedUp, LookupRecord, LookupsDocument

        store = self._store
        every = store.observations.in_doubt()
        files = store.addresses.files_of(dict.fromkeys(every))
        wanted = list(islice((one for one in dict.fromkeys(every) if one in files), limit))
        found = store.tracks.tracks_by_id([files[one][0][0] for one in wanted])
        by_id = {track.audio_id: track for track in found}
        records = []
        for audio_id, provider, candidates in store.observations.doubts(wanted):
            if (track := by_id.get(audio_id)) is not None:
                about = LookedUp(
                    files=((track.path, audio_id),), caption=track.caption(), provider=provider, status="review",
                    choices=tuple(candidates),
                )  # fmt: skip
                records.append(LookupRecord(found=about, path=track.path, audio_id=audio_id))
        return LookupsDocument(lookups=tuple(records[:limit]), summary=None, count=sum(one in files for one in every))

    def decide(
        self, track: Track, provider: str, recording: str | None, settings: Mapping[str, Mapping[str, Any]]
    ) -> LookupRecord:
        """Take a candidate of a look-up in doubt, of which the provider is asked; None: it is none of them.

        raises NothingFoundError: if it is not in doubt, or has no such candidate
        """
        from map4.extras.lookup.options import LookupOptions
        from map4.extras.lookup.records import LookedUp, LookupRecord
        from map4.extras.lookup.use import Lookup

        options = LookupOptions(providers=(provider,), settings=settings, max_wait_s=DECIDE_WITHIN_S)
        looking_up = Lookup(self._store, [track], options, sends=recording is not None)
        doubt = next(looking_up.doubts(), None)
        if doubt is None:
            raise NothingFoundError(f"the look-up of {track.caption()} at {provider} is not in doubt; look again")
        chosen = None
        if recording is not None:
            looking_up.plan.require_leave(settings)
            chosen = next((at for at, one in enumerate(doubt.choices) if one["id"] == recording), None)
            if chosen is None:
                raise NothingFoundError(f"{recording!r} is none of the candidates; look again")
        [done] = (one for one in looking_up.decide(doubt, chosen) if isinstance(one, LookedUp))
        return LookupRecord(found=done, path=track.path, audio_id=track.audio_id or "")

    def reopen(self, track: Track, provider: str) -> None:
        """Leave a look-up in doubt again, without what was taken of it.

        raises NothingFoundError: if it has no candidates, or is in doubt
        """
        self._store.require_writable()
        if track.audio_id is None or not self._store.observations.reopen(provider, track.audio_id):
            raise NothingFoundError(f"nothing was decided of {track.caption()} at {provider}")

    def forget(self, tracks: Paths, *, providers: Collection[str] = ()) -> int:
        """Drop what these providers said of tracks, all of them where none is named; gives of how many recordings."""
        self._store.require_writable()
        audio_ids = {track.audio_id for track in self._tracks(tracks) if track.audio_id is not None}
        return self._store.observations.forget(providers, audio_ids)

    @staticmethod
    def providers(settings: Mapping[str, Mapping[str, Any]] | None = None) -> list[ProviderState]:
        """Every provider of metadata, whether it can be asked, and those that map4 leaves out, with the reason."""
        from map4.extras.lookup.known_providers import provider_states

        return provider_states(settings or {})

    @staticmethod
    def import_dump(path: PathLike, *, on_rows: Callable[[int], object] = lambda count: None) -> ImportedDump:
        """Make the offline provider of MusicBrainz' canonical CSV, or of Discogs' releases; gives what is in it.

        on_rows: is told now and then how many there are so far
        raises UsageError: if it is no such file
        """
        from map4.extras.lookup.known_providers import import_dump

        return import_dump(absolute_path(path), on_rows=on_rows)

"""Look-ups that wait for a person: which they are, what is taken of one, and how that is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from map4.app.lookups.lookup import Lookup
from map4.app.lookups.options import LookupOptions
from map4.app.lookups.records import LookedUp, LookupRecord, LookupsDocument
from map4.domain.track.track import Track
from map4.errors import NothingFoundError
from map4.infra.sql.store import Store

DECIDE_WITHIN_S = 10.0
"""Of faults and waits at the provider: somebody sits before it."""


def in_doubt(store: Store, *, limit: int) -> LookupsDocument:
    """The first look-ups that are in doubt and have a file, with their candidates, and how many there are in all."""
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
    store: Store, track: Track, provider: str, recording: str | None, settings: Mapping[str, Mapping[str, Any]]
) -> LookupRecord:
    """Take a candidate, of which the provider is asked for all that it knows; None: it is none of them."""
    options = LookupOptions(providers=(provider,), settings=settings, max_wait_s=DECIDE_WITHIN_S)
    looking_up = Lookup(store, [track], options, sends=recording is not None)
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

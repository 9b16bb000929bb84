"""Thumbnails of releases: downloaded once, kept in the user's cache folder, and shown for files without a picture."""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from map4.core.audio.tags.pictures import EmbeddedPicture
from map4.core.base.paths import user_file
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.store.sql_store import Store
from map4.extras.lookup.lookup import Candidate, Judged, ProviderFailure, RecordingMatch
from map4.extras.lookup.provider_calls import LookupNotice, ProviderCalls, open_lookup_cache
from map4.extras.lookup.providers.musicbrainz import MBID
from map4.extras.lookup.providers.registry import release_sources
from map4.extras.lookup.queries import Item
from map4.extras.lookup.store import SqlLookups
from map4.extras.lookup.streams import ProviderOutcome
from map4.library import hookspecs

_MISSING_S = 30 * 86400.0  # how long an empty file counts as "this release has no picture"
_MOST_BYTES = 1 << 20


def thumbnail(release_id: str) -> EmbeddedPicture | None:
    """Return the cached picture of a release."""
    with suppress(OSError):
        return EmbeddedPicture.of_data(OnDisk(_path(release_id)).read(most_bytes=_MOST_BYTES))
    return None


@hookspecs.cover.implementation
def cover_of_release(path: str, store: Store) -> EmbeddedPicture | None:
    """Return the cached picture of a file's release."""
    track = store.tracks.track(path)
    if track is None or track.audio_id is None:
        return None
    release_id = store.part(SqlLookups).release_id(track.audio_id, release_sources())
    return None if release_id is None else thumbnail(release_id)


@hookspecs.has_covers.implementation
def has_covers() -> bool:
    """Return whether the picture of any release is cached."""
    return os.path.isdir(os.path.dirname(_path("any")))


def clear_lookups(warn: Callable[[str], None]) -> int:
    """Delete all cached responses and pictures; return the number of responses."""
    shutil.rmtree(os.path.dirname(_path("any")), ignore_errors=True)
    with closing(open_lookup_cache(warn)) as texts:
        return texts.forget()


def look_for_covers(
    calls: ProviderCalls, releases: Mapping[str, Sequence[Item]], *, force: bool
) -> Iterator[ProviderOutcome | LookupNotice]:
    """Download the picture of each release whose files have none."""
    provider: Any = calls.provider
    with closing(calls):
        for release_id, items in releases.items():
            outcome: dict[str, Any] = {}
            if not force and _is_known(release_id, items):
                pass
            elif calls.stopped is not None:
                outcome["failure"] = calls.failures[-1]
            else:
                results: dict[int, Any] = {}
                fetch = {0: lambda read, key=release_id: read(provider.picture(key))}
                yield from calls.run(fetch, results)
                calls.forget_answers()
                if isinstance(results[0], ProviderFailure):
                    outcome["failure"] = results[0]
                else:
                    data = base64.b64decode(results[0] or "")
                    _keep(release_id, data)
                    judged = Judged(candidate=Candidate(id=release_id), score=1.0, release_id=release_id)
                    cover = RecordingMatch(status="accepted" if data else "none", candidates=(judged,) if data else ())
                    outcome |= {"found": cover, "values": {}}
            for item in items:
                yield ProviderOutcome(item=item, provider=provider.name, **outcome)


def _is_known(release_id: str, items: Sequence[Item]) -> bool:
    with suppress(OSError):
        status = os.stat(_path(release_id))
        if status.st_size or status.st_mtime > time.time() - _MISSING_S:
            return True
    return any(EmbeddedPicture.cover_of(os.fspath(item.files[0][0])) is not None for item in items)


def _keep(release_id: str, data: bytes) -> None:
    path = _path(release_id)
    with suppress(OSError):  # then it is downloaded again
        SafeFile.make_private_folder(os.path.dirname(path))
        with SafeFile(path).unfinished("new") as new:
            Path(new).write_bytes(data)
            os.replace(new, path)


def _path(release_id: str) -> str:
    return user_file("cache", "covers", release_id.casefold() if MBID.fullmatch(release_id) else "none")

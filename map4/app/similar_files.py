"""The tracks that are nearest to files that a caller names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict, get_args

from map4.app.named_tracks import NamedTracks
from map4.app.paths import PathLike
from map4.app.query_context import as_query
from map4.app.similar import By, Limits, Neighbours, find_similar
from map4.domain.key import Key, parse_key
from map4.domain.near_names import no_such
from map4.domain.query.context import QueryContext
from map4.domain.query.parser import Query
from map4.errors import UsageError
from map4.infra.sqlite.search import Search
from map4.infra.sqlite.sound_index import SoundIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarOptions:
    """What counts as near, and which tracks are looked at.

    Parameters
    ----------
    n : how many at most
    by : "sound" (the sound vectors), "hamms" (the twelve HAMMS numbers), or "mix" (how well tempo, key and energy go
        together; of equals, those that sound alike first)
    min_similarity : leave out what is less alike, 0-1
    tempo_min, tempo_max : only tracks with a tempo in this range (BPM, both included)
    keys : only tracks in one of these keys, in any notation
    query : only tracks that match
    jobs, timeout_s : as for a scan, for files that the library does not know
    """

    n: int = 20
    by: By = "sound"
    min_similarity: float | None = None
    tempo_min: float | None = None
    tempo_max: float | None = None
    keys: Iterable[Key | str] = ()
    query: str | Query | None = None
    jobs: int | None = None
    timeout_s: float | None = None

    def __post_init__(self) -> None:
        if self.by not in get_args(By):
            raise no_such("kind of likeness", self.by, get_args(By))


def similar_to_files(
    files: PathLike | Iterable[PathLike],
    options: SimilarOptions,
    *,
    named: NamedTracks,
    search: Search,
    sounds: SoundIndex,
    context: QueryContext,
) -> Neighbours:
    """Find the tracks nearest to one file, or to the mean of several; see `map4.Library.similar`."""
    paths = list(named.open(files))
    if not paths:
        raise UsageError("name a file that the others are to be like")
    among = None
    if options.query is not None:
        among = sounds.first_files(search.file_ids(as_query(options.query), context))
    limits = Limits(
        least=options.min_similarity,
        bpm_min=options.tempo_min,
        bpm_max=options.tempo_max,
        keys=frozenset(parse_key(key) if isinstance(key, str) else key for key in options.keys),
        files=among,
    )
    found = named.resolve(paths, jobs=options.jobs, timeout_s=options.timeout_s)
    return find_similar(
        [named.with_sound(found[path]) for path in paths if path in found],
        sounds.table(),
        lambda file_ids: named.store.tracks_by_id(file_ids, sound=True),
        by=options.by,
        n=options.n,
        limits=limits,
        prefer=sounds.prefer,
    )


class SimilarKeywords(TypedDict, total=False):
    """`map4.app.similar_files.SimilarOptions`."""

    n: int
    by: By
    min_similarity: float | None
    tempo_min: float | None
    tempo_max: float | None
    keys: Iterable[Key | str]
    query: str | Query | None
    jobs: int | None
    timeout_s: float | None

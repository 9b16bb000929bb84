"""The tracks that are nearest to files that a caller names."""

from __future__ import annotations

from collections.abc import Iterable

from map4.app.paths import PathLike
from map4.app.query_context import as_query
from map4.app.similar import Limits, Neighbours, find_similar
from map4.app.sound_options import SimilarOptions
from map4.app.track_resolver import TrackResolver
from map4.domain.analysis.key import parse_key
from map4.domain.query.context import QueryContext
from map4.errors import UsageError
from map4.ports.store.store import Store


def similar_to_files(
    files: PathLike | Iterable[PathLike],
    options: SimilarOptions,
    *,
    resolver: TrackResolver,
    store: Store,
    context: QueryContext,
) -> Neighbours:
    """Find the tracks nearest to one file, or to the mean of several; see `map4.Library.similar`."""
    paths = list(resolver.open(files))
    if not paths:
        raise UsageError("name a file that the others are to be like")
    among = None
    if options.query is not None:
        among = store.sounds.first_files(store.search.file_ids(as_query(options.query), context))
    limits = Limits(
        least=options.min_similarity,
        bpm_min=options.tempo_min,
        bpm_max=options.tempo_max,
        keys=frozenset(parse_key(key) if isinstance(key, str) else key for key in options.keys),
        files=among,
    )
    found = resolver.resolve(paths, jobs=options.jobs, timeout_s=options.timeout_s)
    return find_similar(
        [resolver.with_sound(found[path]) for path in paths if path in found],
        store.sounds.table(),
        lambda file_ids: store.tracks.tracks_by_id(file_ids, sound=True),
        by=options.by,
        n=options.n,
        limits=limits,
        prefer=context.prefer,
    )

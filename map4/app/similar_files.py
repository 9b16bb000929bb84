"""The tracks that are nearest to files that a caller names."""

from __future__ import annotations

from collections.abc import Iterable

from map4.app.paths import PathLike
from map4.app.query_context import as_query, query_context
from map4.app.similar import Limits, Neighbours, find_similar
from map4.app.sound_options import SimilarOptions
from map4.app.track_resolver import TrackResolver
from map4.domain.analysis.key import parse_key
from map4.errors import UsageError


def similar_to_files(
    files: PathLike | Iterable[PathLike], options: SimilarOptions, resolver: TrackResolver
) -> Neighbours:
    """Find the tracks nearest to one file, or to the mean of several; see `map4.Library.similar`."""
    store = resolver.store
    paths = list(resolver.open(files))
    if not paths:
        raise UsageError("name a file that the others are to be like")
    among = None
    if options.query is not None:
        asked, context = as_query(options.query), query_context(store.preferences)
        among = store.sounds.first_files(store.search.file_ids(asked, context))
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
        prefer=store.preferences.sources,
    )

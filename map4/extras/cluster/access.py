"""Merging: `library.merge`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import nullcontext

from map4.core.base.actor import needs
from map4.core.base.path_maps import PathMap
from map4.core.base.paths import Paths, absolute_path, as_paths
from map4.extras.cluster.records import MergedLibraries
from map4.extras.cluster.store.files import merge_libraries
from map4.library import Library


@needs("admin")
def merge(
    library: Library,
    sources: Paths,
    *,
    path_maps: Iterable[str] = (),
    dry_run: bool = False,
    without: Collection[str] = (),
    progress: Callable[[int, int], object] = lambda done, of: None,
) -> MergedLibraries:
    """Merge library files into this one: tracks, and the newest of the users' data.

    The result is the same in any order and however often it is repeated. Each source is only read, an older one as an
    upgraded copy. Accounts of this library stay.

    sources: library files
    path_maps: folders that have another name here, as `/volumes/Music=/mnt/nas/Music`
    dry_run: change nothing, and report what would change
    without: extras whose tables are left out
    progress: called with the number of processed rows, and their total
    raises UsageError: if this library is in a database, or a source has tables of another extra that is not installed
    raises LibraryBusyError: if a scan of this library runs
    raises LibraryVersionError: if a source is from a newer map4, or not a library
    raises LibraryDamagedError: if a source is damaged or missing; nothing is merged then
    """
    store, maps = library._store, [PathMap.parse(text) for text in path_maps]
    named = list(dict.fromkeys(absolute_path(path) for path in as_paths(sources)))
    with nullcontext() if dry_run else store.locks.scan(wait=False):
        merged = merge_libraries(
            store.database, named, actor=store.actor, maps=maps, dry_run=dry_run, without=without, progress=progress
        )
        if not dry_run and "files" in merged.merged:
            library._services.match_pending_imports()
    if not dry_run:
        library.accounts.note("libraries-merged", account=library.actor.id, detail={"libraries": len(named)})
    return merged

"""Groups of files that hold the same recording, each with the copy to keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from map4.app.duplicate_options import DuplicateOptions
from map4.app.paths import PathLike, absolute_path
from map4.app.query_context import as_query, query_context
from map4.domain.duplicates import GROUP_KINDS, DuplicateGroup, GroupKind, Member
from map4.domain.track.track import display_path
from map4.errors import NothingFoundError
from map4.infra.sql.store import Store
from map4.ports.store import Progress
from map4.selection.duplicates.choice import CopyChoice, FileFacts, quality, remarks
from map4.selection.duplicates.groups import CopyGroup, name_of

if TYPE_CHECKING:
    from map4.infra.sql.search import SqlSearch

VERSIONS_WHY = "none need go: versions are different recordings"


def find_duplicates(
    options: DuplicateOptions, store: Store, *, progress: Progress | None = None
) -> Iterator[DuplicateGroup]:
    """Find files that hold the same recording; see `map4.Library.duplicates.find`."""
    choice = CopyChoice(
        keep=frozenset(file_id for path in options.keep for file_id in _files_at(store.search, path)),
        preferred=[(absolute_path(path), frozenset(_files_at(store.search, path))) for path in options.prefer_folders],
    )
    among = _among(options, store)
    groups, pairs = store.copies.groups(choice, by_sound=set(options.kinds) != {"same_audio"}, progress=progress)
    found = [*store.copies.named_groups(options.kinds, choice, groups, pairs)]
    # Where the same recording is not asked for, the same audio within it is.
    found += groups if "same_recording" in options.kinds else store.copies.groups(choice, by_sound=False)[0]
    found = [
        group
        for group in found
        if group.kind in options.kinds and (among is None or any(file.file_id in among for file in group.files))
    ]
    found.sort(key=lambda group: (GROUP_KINDS.index(group.kind), group.files[0].path))
    return _with_tracks(found, options.least_certainty, choice, store)


def _with_tracks(
    groups: Iterable[CopyGroup], least_certainty: float, choice: CopyChoice, store: Store
) -> Iterator[DuplicateGroup]:
    """The groups with their tracks, read as they are taken."""
    for group in groups:
        sure = [file for file, sure in zip(group.files, group.certainties, strict=True) if sure >= least_certainty]
        certainty_of = dict(zip((file.file_id for file in group.files), group.certainties, strict=True))
        tracks = {track.path: track for track in store.tracks.tracks_by_id([file.file_id for file in sure])}
        sure = [file for file in sure if file.path in tracks]  # one may be gone since
        if len(sure) < 2:
            continue
        yield DuplicateGroup(
            kind=group.kind,
            members=tuple(
                Member(
                    track=tracks[file.path],
                    quality=quality(file),
                    is_upscaled=file.is_upscaled,
                    certainty=certainty_of[file.file_id],
                    remarks=(*_version(group.kind, file), *remarks(file, sure[0])),
                )
                for file in sure
            ),
            why=choice.why(sure) if group.kind != "versions" else VERSIONS_WHY,
            certainty=min(certainty_of[file.file_id] for file in sure),
        )


def _version(kind: GroupKind, file: FileFacts) -> tuple[str, ...]:
    """Of versions, the words that tell which one it is."""
    if kind != "versions":
        return ()
    return (" ".join(sorted(name_of(file).version)) or "no version named",)


def _among(options: DuplicateOptions, store: Store) -> frozenset[int] | None:
    files = [file_id for path in options.files for file_id in _files_at(store.search, path)]
    is_everything = not files and options.query is None
    if is_everything:
        return None
    if options.query is None:
        return frozenset(files)
    matching = frozenset(store.search.file_ids(as_query(options.query), query_context(store)))
    return matching.intersection(files) if files else matching


def _files_at(search: SqlSearch, path: PathLike) -> tuple[int, ...]:
    found = search.at_paths([absolute_path(path)])
    if found.unknown:
        raise NothingFoundError(f"{display_path(found.unknown[0])} is not in the library; 'map4 scan' adds it")
    return found.file_ids

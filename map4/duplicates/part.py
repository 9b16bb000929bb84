"""Copies of recordings: groups of files, each with the copy to keep."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Unpack

from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import PathLike, absolute_path, display_path
from map4.duplicates.finding.groups import CopyChoice, CopyGroup, FileFacts, name_of, quality, remarks
from map4.duplicates.records import GROUP_KINDS, DuplicateGroup, GroupKind, Member
from map4.duplicates.store.copies import SqlCopies
from map4.errors import NothingFoundError
from map4.library.part import LibraryPart

if TYPE_CHECKING:
    from map4.core.store.search import SqlSearch
    from map4.core.store.sql_store import Store
    from map4.duplicates.options import DuplicateOptions
    from map4.library.keywords import DuplicateKeywords

VERSIONS_WHY = "nothing to remove: versions are different recordings"


class DuplicatesPart(LibraryPart, scope="read"):
    """Finds copies of recordings."""

    @takes("map4.duplicates.options:DuplicateOptions")
    def find(
        self,
        options: DuplicateOptions = USUAL,
        *,
        progress: Callable[[int, int], object] | None = None,
        **keywords: Unpack[DuplicateKeywords],
    ) -> list[DuplicateGroup]:
        """Find files with the same recording, and the copy to keep in each group with the reason.

        Scans store the comparisons of sounds; recordings that no scan has compared yet are compared in memory.

        progress: called with the number of completed steps of comparing new sounds, and their total
        raises NothingFoundError: if a file or folder is not in the library
        raises QueryError: if the query is invalid
        """
        return list(self.find_events(options, progress=progress))

    @takes("map4.duplicates.options:DuplicateOptions")
    def find_events(
        self,
        options: DuplicateOptions = USUAL,
        *,
        progress: Callable[[int, int], object] | None = None,
        **keywords: Unpack[DuplicateKeywords],
    ) -> Iterator[DuplicateGroup]:
        """`find`, with the tracks of a group read on access."""
        return groups_of_copies(self._store, options, progress=progress)

    def recordings(self, audio_ids: Collection[str]) -> dict[str, str]:
        """Return for each audio that is a copy of a recording (any encoding) the audio id that represents it.

        Audio without copies is left out. Only recordings that a scan has compared count, so that this never waits.
        """
        return self._store.part(SqlCopies).recordings(audio_ids)


def groups_of_copies(
    store: Store,
    options: DuplicateOptions,
    *,
    progress: Callable[[int, int], object] | None = None,
    with_gone: bool = False,
) -> Iterator[DuplicateGroup]:
    """`DuplicatesPart.find_events`; `with_gone`: also with missing files as copies."""
    copies = store.part(SqlCopies)
    choice = CopyChoice(
        keep=frozenset(file_id for path in options.keep for file_id in _files_at(store.search, path)),
        preferred=[(absolute_path(path), frozenset(_files_at(store.search, path))) for path in options.prefer_folders],
    )
    among, by_sound = _chosen_files(options, store), set(options.kinds) != {"same_audio"}
    groups, pairs = copies.groups(choice, by_sound=by_sound, with_gone=with_gone, progress=progress)

    def wanted(found: Iterable[CopyGroup]) -> list[CopyGroup]:
        matching = (
            group
            for group in found
            if group.kind in options.kinds and (among is None or any(file.file_id in among for file in group.files))
        )
        return sorted(matching, key=lambda group: (GROUP_KINDS.index(group.kind), group.files[0].path))

    # If same_recording is not requested, same_audio groups are not part of larger groups.
    alike = groups if "same_recording" in options.kinds else copies.groups(choice, by_sound=False)[0]
    # Names are compared once the others are read.
    ordered = chain.from_iterable(map(wanted, (alike, copies.named_groups(options.kinds, choice, groups, pairs))))
    return _with_tracks(ordered, options.least_certainty, choice, store)


def _with_tracks(
    groups: Iterable[CopyGroup], least_certainty: float, choice: CopyChoice, store: Store
) -> Iterator[DuplicateGroup]:
    """Yield the groups with their tracks, read on access."""
    for group in groups:
        sure = [file for file, sure in zip(group.files, group.certainties, strict=True) if sure >= least_certainty]
        certainty_of = dict(zip((file.file_id for file in group.files), group.certainties, strict=True))
        tracks = {track.path: track for track in store.tracks.tracks_by_id([file.file_id for file in sure])}
        # A file may be gone meanwhile; of several names of a file, by links, the first counts.
        first = {os.path.realpath(file.path): file for file in reversed(sure) if file.path in tracks}
        sure = [file for file in sure if first.get(os.path.realpath(file.path)) is file]
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
    """Return the words that identify a version; empty for other kinds."""
    if kind != "versions":
        return ()
    return (" ".join(sorted(name_of(file).version)) or "no version named",)


def _chosen_files(options: DuplicateOptions, store: Store) -> frozenset[int] | None:
    files = [file_id for path in options.files for file_id in _files_at(store.search, path)]
    is_everything = not files and options.query is None
    if is_everything:
        return None
    if options.query is None:
        return frozenset(files)
    matching = frozenset(store.search.file_ids(options.query, store.context()))
    return matching.intersection(files) if files else matching


def _files_at(search: SqlSearch, path: PathLike) -> tuple[int, ...]:
    match = search.at_paths([absolute_path(path)])
    if match.unknown:
        raise NothingFoundError(f"{display_path(match.unknown[0])} is not in the library; 'map4 scan' adds it")
    return match.file_ids

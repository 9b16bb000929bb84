"""Copies of recordings: groups of files, each with the copy to keep, and moving the others away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from map4.base.actor import needs
from map4.base.given_paths import PathLike, absolute_path
from map4.base.options import USUAL, takes
from map4.errors import NothingFoundError
from map4.music.track.track import display_path
from map4.part import LibraryPart, end_of
from map4.store.query_context import as_query, query_context

if TYPE_CHECKING:
    from map4.duplicates.finding.choice import CopyChoice, FileFacts
    from map4.duplicates.finding.groups import CopyGroup
    from map4.duplicates.options import DuplicateOptions
    from map4.duplicates.quarantine.options import (
        CopyDone,
        MovedAway,
        QuarantineEvent,
        QuarantineOptions,
        QuarantineSummary,
    )
    from map4.duplicates.records import DuplicateGroup, GroupKind
    from map4.store.search import SqlSearch
    from map4.store.sql_store import Store

VERSIONS_WHY = "nothing to remove: versions are different recordings"


@needs("files")
class DuplicatesPart(LibraryPart):
    """Copies of recordings: find them, move them away, and bring them back."""

    @needs("read")
    @takes("map4.duplicates.options:DuplicateOptions")
    def find(
        self,
        options: DuplicateOptions = USUAL,
        *,
        progress: Callable[[int, int], object] | None = None,
        **keywords: Any,
    ) -> list[DuplicateGroup]:
        """Find files with the same recording, and the copy to keep in each group with the reason.

        Results of sound comparisons are stored in the library; only new recordings are compared.

        progress: called with the number of completed steps of comparing new sounds, and their total
        raises NothingFoundError: if a file or folder is not in the library
        raises QueryError: if the query is invalid
        """
        return list(self.find_events(options, progress=progress))

    @needs("read")
    @takes("map4.duplicates.options:DuplicateOptions")
    def find_events(
        self,
        options: DuplicateOptions = USUAL,
        *,
        progress: Callable[[int, int], object] | None = None,
        **keywords: Any,
    ) -> Iterator[DuplicateGroup]:
        """`find`, with the tracks of a group read on access."""
        from map4.duplicates.finding.choice import CopyChoice
        from map4.duplicates.records import GROUP_KINDS
        from map4.duplicates.store.copies import SqlCopies

        store, copies = self._store, self._store.part(SqlCopies)
        choice = CopyChoice(
            keep=frozenset(file_id for path in options.keep for file_id in _files_at(store.search, path)),
            preferred=[
                (absolute_path(path), frozenset(_files_at(store.search, path))) for path in options.prefer_folders
            ],
        )
        among = _among(options, store)
        groups, pairs = copies.groups(choice, by_sound=set(options.kinds) != {"same_audio"}, progress=progress)
        matching = [*copies.named_groups(options.kinds, choice, groups, pairs)]
        # If same_recording is not requested, same_audio groups are not part of larger groups.
        matching += groups if "same_recording" in options.kinds else copies.groups(choice, by_sound=False)[0]
        matching = [
            group
            for group in matching
            if group.kind in options.kinds and (among is None or any(file.file_id in among for file in group.files))
        ]
        matching.sort(key=lambda group: (GROUP_KINDS.index(group.kind), group.files[0].path))
        return _with_tracks(matching, options.least_certainty, choice, store)

    @needs("read")
    def recordings(self, audio_ids: Collection[str]) -> dict[str, str]:
        """Return for each audio that is a copy of a recording (any encoding) the audio id that represents it.

        Audio without copies is left out. In a library of more than 5,000 recordings, only comparisons already made by
        `find` or `is:copy` count, so that this never waits.
        """
        from map4.duplicates.store.copies import SqlCopies

        return self._store.part(SqlCopies).recordings(audio_ids)

    @takes("map4.duplicates.quarantine.options:QuarantineOptions")
    def quarantine(
        self,
        groups: Iterable[DuplicateGroup],
        folder: PathLike,
        options: QuarantineOptions = USUAL,
        *,
        plan: str | None = None,
        **keywords: Any,
    ) -> QuarantineSummary:
        """Move the copies of some groups into a folder; nothing is deleted.

        The kept file of each group is first decoded to its end. A copy's places in stored lists, imported data, your
        values and labels move to the kept file.

        groups: from `find`
        folder: outside of every scanned folder; created if missing
        plan: id of the plan that is carried out; the journal of a killed job is continued
        returns: The number of moved copies (`done`) and copies not moved (`left`), and the `journal` for `undo`.
        raises UsageError: if the folder is in a scanned folder or contains one; if a kind is "versions"
        raises LibraryBusyError: if a scan of this library runs
        raises Map4Error: if the folder can't be written, or its disk is full; earlier moves are in the journal
        """
        return _summary(self.quarantine_events(groups, folder, options, plan=plan))

    @takes("map4.duplicates.quarantine.options:QuarantineOptions")
    def quarantine_events(
        self,
        groups: Iterable[DuplicateGroup],
        folder: PathLike,
        options: QuarantineOptions = USUAL,
        *,
        plan: str | None = None,
        **keywords: Any,
    ) -> Iterator[QuarantineEvent]:
        """`quarantine` as events; each copy is moved before its event.

        yields: QuarantineStarted, then a CopyDone for each copy, then QuarantineFinished. Closing the generator early
            leaves the remaining copies where they are.
        """
        from map4.duplicates.quarantine.quarantine import Quarantine

        services = self._services
        quarantine = Quarantine(store=self._store, lanes=services.scanner.lanes, decoder=services.decoder, plan=plan)
        yield from self._noting(quarantine.run(groups, folder, options), "copies-moved-away", _is_moved)

    def moved_by(self, plan: str) -> tuple[str | None, list[CopyDone]]:
        """Return the journal of a plan whose job was killed, and the copies that it moved; None and no copies without
        a journal."""
        from map4.duplicates.quarantine.returning import Returning

        return Returning(self._store).moved_by(plan)

    def quarantines(self) -> list[MovedAway]:
        """Return past quarantines and their journals, newest first; without those whose folder is missing."""
        from map4.duplicates.quarantine.returning import Returning

        return list(Returning(self._store).quarantines())

    def undo(self, journal: PathLike | None = None, *, dry_run: bool = False) -> QuarantineSummary:
        """Put back all files that a quarantine moved, with their library data; can be repeated.

        journal: the file that `quarantine` named; None is the newest journal with anything to put back
        dry_run: only count the files
        returns: The number of files put back (`done`), and of files that stay in the quarantine (`left`).
        raises NothingFoundError: if there is no such journal
        raises Map4Error: if it is not a journal, or can't be written
        """
        return _summary(self.undo_events(journal, dry_run=dry_run))

    def undo_events(self, journal: PathLike | None = None, *, dry_run: bool = False) -> Iterator[QuarantineEvent]:
        """`undo` as events, in reverse order of the moves."""
        from map4.duplicates.quarantine.returning import Returning

        yield from self._noting(Returning(self._store).run(journal, dry_run=dry_run), "copies-put-back", _is_moved)


def _with_tracks(
    groups: Iterable[CopyGroup], least_certainty: float, choice: CopyChoice, store: Store
) -> Iterator[DuplicateGroup]:
    """Yield the groups with their tracks, read on access."""
    from map4.duplicates.finding.choice import quality, remarks
    from map4.duplicates.records import DuplicateGroup, Member

    for group in groups:
        sure = [file for file, sure in zip(group.files, group.certainties, strict=True) if sure >= least_certainty]
        certainty_of = dict(zip((file.file_id for file in group.files), group.certainties, strict=True))
        tracks = {track.path: track for track in store.tracks.tracks_by_id([file.file_id for file in sure])}
        sure = [file for file in sure if file.path in tracks]  # a file may be gone meanwhile
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
    from map4.duplicates.finding.groups import name_of

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
    match = search.at_paths([absolute_path(path)])
    if match.unknown:
        raise NothingFoundError(f"{display_path(match.unknown[0])} is not in the library; 'map4 scan' adds it")
    return match.file_ids


def _is_moved(event: QuarantineEvent) -> bool:
    from map4.duplicates.quarantine.options import CopyDone

    return isinstance(event, CopyDone) and event.outcome in ("moved", "returned")


def _summary(events: Iterable[QuarantineEvent]) -> QuarantineSummary:
    from map4.duplicates.quarantine.options import QuarantineFinished

    return end_of(events, QuarantineFinished).summary

"""Copies that are moved away: `library.quarantine`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from map4.core.base.call_options import USUAL, takes
from map4.core.base.paths import PathLike, absolute_path, display_path, is_inside
from map4.duplicates import DuplicateGroup, DuplicateOptions
from map4.errors import UsageError
from map4.extras.quarantine.options import CopyDone, QuarantineDocument, QuarantineOptions, without_analyses
from map4.extras.quarantine.places import usual_folder
from map4.extras.quarantine.quarantine import Quarantine
from map4.extras.quarantine.replacing import NO_SUCH_COPY, replacements
from map4.library.part import LibraryPart


class QuarantinePart(LibraryPart, scope="files"):
    """Moves copies away, and puts them back; `library.quarantine`."""

    @takes("map4.extras.quarantine.options:QuarantineOptions")
    def move(
        self,
        groups: Iterable[DuplicateGroup],
        folder: PathLike,
        options: QuarantineOptions = USUAL,
        *,
        plan: str | None = None,
        **keywords: Any,
    ) -> QuarantineDocument:
        """Move the copies of some groups into a folder; nothing is deleted.

        The kept file of each group is first decoded to its end. A copy's places in stored lists, imported data, your
        values and labels move to the kept file.

        groups: from `duplicates.find`
        folder: outside of every scanned folder; created if missing
        plan: id of the plan that is carried out; the journal of a killed job is continued
        returns: The number of moved copies (`done`) and copies not moved (`left`), and the `journal` for `undo`.
        raises UsageError: if the folder is in a scanned folder or contains one; if a kind is "versions"
        raises LibraryBusyError: if a scan of this library runs
        raises Map4Error: if the folder can't be written, or its disk is full; earlier moves are in the journal
        """
        files = tuple(self.move_events(groups, folder, options, plan=plan))
        return QuarantineDocument(dry_run=options.dry_run, files=files)

    @takes("map4.extras.quarantine.options:QuarantineOptions")
    def move_events(
        self,
        groups: Iterable[DuplicateGroup],
        folder: PathLike,
        options: QuarantineOptions = USUAL,
        *,
        plan: str | None = None,
        **keywords: Any,
    ) -> Iterator[CopyDone]:
        """`move`, yielding each copy once it is moved; closing the generator early leaves the remaining copies where
        they are."""
        services = self._services
        quarantine = Quarantine(store=self._store, lanes=services.scanner.lanes, decoder=services.decoder, plan=plan)
        copies = quarantine.run(groups, folder, options)
        yield from self._noting(copies, "copies-moved-away", lambda copy: copy.outcome == "moved")

    @takes("map4.extras.quarantine.options:QuarantineOptions")
    def replace(
        self, old: PathLike, new: PathLike, options: QuarantineOptions = USUAL, **keywords: Any
    ) -> QuarantineDocument:
        """Replace a file by another of the same recording, or the files of a folder by those of another.

        The new file gets the old one's places in lists, plays, values and marks, with times moved by the offset of its
        sound. The old file moves into the folder 'map4 quarantine' beside the music; `undo` reverts all of it.

        returns: An entry for each old file; a file without a new one is left.
        raises NothingFoundError: if a file is not in the library
        raises UsageError: if `new` is `old`, or a folder around it
        """
        return QuarantineDocument(dry_run=options.dry_run, files=tuple(self.replace_events(old, new, options)))

    @takes("map4.extras.quarantine.options:QuarantineOptions")
    def replace_events(
        self, old: PathLike, new: PathLike, options: QuarantineOptions = USUAL, **keywords: Any
    ) -> Iterator[CopyDone]:
        """`replace`, yielding each old file once it is done."""
        options = replace(options, replaces=True)
        names = [absolute_path(old)], [absolute_path(new)]
        if is_inside(names[0][0], names[1][0]):
            raise UsageError(f"{display_path(names[0][0])} can't replace itself; name two files, or two folders")
        wanted = DuplicateOptions(files=names[0], keep=names[1])
        groups = [*map(without_analyses, replacements(self._store, wanted))]
        paths = {copy.track.path for group in groups for copy in group.copies}
        for track in self._known(old):
            if track.path not in paths and not is_inside(track.path, names[1][0]):
                yield CopyDone(path=track.path, outcome="left", kept=names[1][0], problem=NO_SUCH_COPY)
        if groups:
            roots, beside = [*self._store.tracks.roots()], self._store.place.beside
            folder = usual_folder((copy.track.path for group in groups for copy in group.copies), roots, beside)
            yield from self.move_events(groups, folder, options)

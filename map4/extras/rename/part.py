"""Names of files by a template: `library.rename`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from map4.core.audio.jobs import KnownFile, Stamp
from map4.core.base.call_options import USUAL, takes
from map4.core.base.files.undo import UndoneFile, UndoStep
from map4.core.base.paths import Paths, display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import counted
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.extras.rename.names import NameTemplate, name_key
from map4.extras.rename.planning import MoveStep, RenamePlanner, problem_of_file, steps_of
from map4.extras.rename.records import RenamedFile, RenameDocument, RenameOptions, RenamePlan
from map4.extras.rename.store import SqlRenames
from map4.extras.shared.move_journal import MoveEntry, MoveJournal
from map4.extras.shared.moving import Disk
from map4.library.part import LibraryPart

_FILE = re.compile(r'((?:^|(?<=[\r\ufeff]))\s*FILE\s+)("[^"\r\n]*"|[^"\s].*?(?=\s+\w+\s*$))', re.IGNORECASE | re.M)


def moved_sheet(data: bytes, path: str, to: str, places: Mapping[str, str]) -> bytes:
    """Return a sheet as it is after its move; a single FILE that is missing is its music, as for `map4 import`.

    places: new paths of music by `name_key`, with and without suffix
    """
    for codec in ({b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8"), "cp1252", "latin-1"):
        with suppress(UnicodeDecodeError):
            text = data.decode(codec)
            break
    is_single, (folder, new_folder) = len(_FILE.findall(text)) == 1, map(os.path.dirname, (path, to))

    def named(match: re.Match[str]) -> str:
        old = os.path.normpath(os.path.join(folder, match[2].strip('"').replace("\\", "/")))
        stems = [os.path.splitext(of)[0] for of in ([old, path] if is_single else [old])]
        keys = map(name_key, [old] if os.path.lexists(old) else [old, *stems])
        place = next(filter(None, map(places.get, keys)), old)
        is_same = os.path.relpath(place, new_folder) == os.path.relpath(old, folder)
        is_gone = place == old and not os.path.lexists(old)
        return match[0] if is_same or is_gone else f'{match[1]}"{os.path.relpath(place, new_folder)}"'

    return _FILE.sub(named, text).encode(codec)


_LARGE_BYTES = 1_000_000
_TEMPORARY = re.compile(r"map4-[0-9a-f]{8}(\.[^.]*)?")


class RenameJournal(MoveJournal[MoveEntry]):
    """An open journal of a rename."""

    SCHEMA, PREFIX, COMMAND = "map4/rename-journal/1", "rename-", "rename"


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """Renames files of a library, and undoes that.

    disk: changes the disk
    clock: current time, with time zone
    """

    store: Store
    disk: Disk = field(default_factory=Disk)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def folder(self) -> str:
        """The folder of the library's journals."""
        if self.store.is_in_memory:
            raise UsageError("a library in memory has no place for journals; name a library file")
        return f"{self.store.place.beside}.renames"

    def journals(self) -> list[str]:
        """Return the paths of all journals, newest first."""
        return RenameJournal.paths(self.folder)

    def settle(self) -> None:
        """Complete a move that was cut off, so that disk and library agree."""
        newest = self.journals()[:1]
        if not newest or all(not entry.is_unfinished for entry in self._read(newest[0]).entries):
            return
        self.store.require_writable()
        with self.store.locks.scan(wait=False), closing(RenameJournal.open(newest[0], self.disk)) as journal:
            for entry in journal.entries:
                if entry.is_unfinished:
                    journal.settle(entry)
                    if entry.is_away and not entry.is_home:
                        self._follow(entry)
                        journal.finish(entry)
                    elif entry.is_home and not entry.is_away:
                        self._follow(entry, is_back=True)
                        journal.finish_return(entry)

    def run(self, plan: RenamePlan) -> Iterator[RenamedFile]:
        """Carry out a plan; each file has its new name before it is yielded."""
        self.store.require_writable()
        self.settle()
        shown, now = self.store.place.shown, self.clock()
        with (
            self.store.locks.scan(wait=False),
            closing(RenameJournal.create(self.folder, library=shown, now=now, disk=self.disk)) as journal,
        ):
            music = {file.path: file.to for file in plan.files if file.kind == "music"}
            known = self.store.tracks.known_finder()(list(music))
            keys = ((key, to) for path, to in music.items() if to for key in (os.path.splitext(path)[0], path))
            places = {name_key(key): to for key, to in keys}
            stays, left_folders = set[str](), dict[str, None]()
            try:
                for step in steps_of(plan.files):
                    if step.file.path in stays:
                        continue
                    done = self._step(step, journal, known, stays, places)
                    if done.state == "left":
                        stays.add(step.file.path)
                    else:
                        left_folders.setdefault(os.path.dirname(step.path))
                    if step.is_last or done.state == "left":
                        yield done
            finally:
                self._remove_emptied(left_folders, plan.roots)
                journal.remove_if_empty()

    def undo(self, name: str, *, dry_run: bool = False) -> Iterator[UndoneFile]:
        """Move the files of a journal back, newest first."""
        path = RenameJournal.path_of(self.folder, name)
        renamed_again = self._renamed_again(path)
        if not dry_run:
            self.store.require_writable()
        with (
            nullcontext() if dry_run else self.store.locks.scan(wait=False),
            closing(RenameJournal.open(path, self.disk, read_only=dry_run)) as journal,
        ):

            def put_back(entry: MoveEntry) -> str | None:
                if entry.to in renamed_again:
                    return renamed_again[entry.to]
                return journal.problem_of_return(entry) if dry_run else self._take_back(entry, journal)

            for file in journal.undone(put_back, dry_run=dry_run):
                if file.problem or not _is_temporary(file.path):
                    yield file

    # ---- a move ----------------------------------------------------------------------------------

    def _step(
        self, step: MoveStep, journal: RenameJournal, known: dict[str, KnownFile], stays: set[str],
        places: dict[str, str],
    ) -> RenamedFile:  # fmt: skip
        problem, remark, file = self._problem(step, known, stays), None, step.file
        if problem is None:
            status = os.lstat(step.path)
            entry = MoveEntry(path=step.path, to=step.to, size_bytes=status.st_size, mtime_ns=status.st_mtime_ns)
            if step.is_last and file.path.lower().endswith(".cue") and status.st_size < _LARGE_BYTES:
                try:
                    data = OnDisk(step.path).read(most_bytes=_LARGE_BYTES)
                    moved = moved_sheet(data, file.path, step.to, places)
                    entry.texts = [text.decode("latin-1") for text in (data, moved) if moved != data]
                except (OSError, ValueError):
                    remark = "its FILE keeps the old name, as its encoding can't have the new one"
            problem = journal.move(entry, lambda: self._follow(entry), lambda entry: self._take_back(entry, journal))
        if problem and step.path != file.path:
            problem = f"{problem}; it is now {display_path(step.path)}, and 'map4 rename undo' moves it back"
        return RenamedFile(
            path=file.path, state="left" if problem else "renamed", to=None if problem else file.to, kind=file.kind,
            problem=problem or remark, journal=journal.path,
        )  # fmt: skip

    def _problem(self, step: MoveStep, known: dict[str, KnownFile], stays: set[str]) -> str | None:
        file = step.file
        if file.kind == "music":
            return problem_of_file(step.path, known.get(file.path))
        beside = {os.path.dirname(path) if file.kind == "cover" else os.path.splitext(path)[0] for path in stays}
        own = os.path.dirname(file.path) if file.kind == "cover" else os.path.splitext(file.path)[0]
        if own in beside:
            return "its music stays"
        return None if os.path.isfile(step.path) else "it is gone"

    def _take_back(self, entry: MoveEntry, journal: RenameJournal) -> str | None:
        """Move a file back, with its row; returns the reason if that fails."""
        return journal.put_back(entry, lambda: self._follow(entry, is_back=True))

    def _follow(self, entry: MoveEntry, *, is_back: bool = False) -> None:
        """Change the text of a sheet unless it was changed since, and move the file's row."""
        path, to = (entry.to, entry.path) if is_back else (entry.path, entry.to)
        texts = [text.encode("latin-1") for text in (reversed(entry.texts) if is_back else entry.texts)]
        if texts and OnDisk(to).read(most_bytes=2 * _LARGE_BYTES) == texts[0]:
            partial = entry.moves[-1].partial
            self.disk.copy(to, partial)  # with its owner and mode
            with open(partial, "wb", buffering=0) as file:
                file.write(texts[1])
                if is_back:
                    os.utime(partial, ns=(entry.mtime_ns, entry.mtime_ns))
                os.fsync(file.fileno())
            self.disk.rename(partial, to)
            self.disk.sync_folder(to)
        is_unsure = is_back and not entry.is_followed
        with suppress(OSError):  # gone again: the next scan finds out
            stamp = Stamp.of(os.stat(to))
            self.store.part(SqlRenames).move(path, to, stamp, now=self.clock(), is_unsure=is_unsure)

    def _remove_emptied(self, folders: Iterable[str], roots: Iterable[str]) -> None:
        """Remove folders that have become empty, and those around them, but no root."""
        protected = {os.path.normpath(root) for root in roots}
        for folder in sorted(folders, key=len, reverse=True):
            while folder not in protected and any(folder.startswith(os.path.join(root, "")) for root in protected):
                self.disk.remove_folder(folder)
                if os.path.lexists(folder):
                    break
                folder = os.path.dirname(folder)

    # ---- journals --------------------------------------------------------------------------------

    def _renamed_again(self, path: str) -> dict[str, str]:
        """Return why files of a journal stay, by place: a later rename moved them, or put others there."""
        newer = self.journals()
        return {
            place: f"a later rename changed it; 'map4 rename undo {later.name}' comes first"
            for later in map(self._read, newer[: newer.index(path)])
            for entry in later.entries
            if not entry.is_back
            for place in (entry.path, entry.to)
        }

    def _read(self, path: str) -> RenameJournal:
        return RenameJournal.open(path, self.disk, read_only=True)


def _is_temporary(path: str) -> bool:
    return _TEMPORARY.fullmatch(os.path.basename(path)) is not None


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The renames, newest first."""
    for journal in RenameJournal.readable(Renaming(store=store).journals()):
        if files := [entry for entry in journal.entries if not _is_temporary(entry.path)]:
            yield journal.step("rename", files, counted(len(files), "file"), "rename", "undo", journal.name)


class Renames(LibraryPart, scope="files"):
    """Renames files by their tags, and undoes that."""

    @takes("map4.extras.rename.records:RenameOptions")
    def plan(self, template: str, tracks: Paths, options: RenameOptions = USUAL, **keywords: Any) -> RenamePlan:
        """Plan new names; a rename that was cut off is completed first.

        template: fields in braces; with '/' relative to the scanned folder or `into`, else to the file's folder
        tracks: tracks of this library, or names of its tracks (`tracks.named`)
        raises UsageError: if the template has unknown fields or reserved characters, or `into` is not scanned
        raises NothingFoundError: if a track is not in the library
        """
        planner = RenamePlanner(self._store, NameTemplate(template), options)
        if not self._store.is_in_memory:
            self._renaming().settle()
        return planner.plan(self._tracks(tracks))

    def run(self, plan: RenamePlan) -> RenameDocument:
        """Carry out a plan. Lists, values and imported data follow each file; nothing is overwritten.

        returns: Renamed files, files that stay with their `problem`, and the journal for `undo`.
        raises LibraryBusyError: if a scan of this library runs
        raises Map4Error: if the library or its journal can't be written, or a disk is full
        """
        return RenameDocument.of(tuple(self.run_events(plan)))

    def run_events(self, plan: RenamePlan) -> Iterator[RenamedFile]:
        """`run`, yielding each file as soon as it has its new name."""
        yield from self._noting(self._renaming().run(plan), "files-renamed", lambda file: file.state == "renamed")

    def _renaming(self) -> Renaming:
        return Renaming(store=self._store)

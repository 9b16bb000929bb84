"""Files that scans skip, folders that they can't read, the query for segues, and the places of a library's music."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property

from map4.core.audio.jobs import KnownFile
from map4.core.base.paths import display_path, is_inside
from map4.core.base.records import Moment, Record
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import utc_text
from map4.core.base.unfinished import SafeFile
from map4.core.music.album import Segue
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.query.context import QueryContext
from map4.core.store.database import StorePart
from map4.core.store.query.forms import Clause, Predicate, WordForms
from map4.core.store.sql_store import Store
from map4.scan.walk import is_hidden


class IgnoredFile(Record):
    """A file that scans leave out, and since when."""

    path: str
    ignored_at: Moment


class IgnoredFileList(Record, kind="ignored-files"):
    """The files that scans leave out, as 'map4 library forget --list --json' gives them."""

    files: tuple[IgnoredFile, ...]


class SqlIgnoredFiles(StorePart):
    """Files that scans leave out at the user's request, by path."""

    is_shared = True

    def all(self) -> list[IgnoredFile]:
        """All ignored files, by path."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT path, ignored_at FROM ignored_files ORDER BY path")
            return [IgnoredFile(path=os.fsdecode(path), ignored_at=at) for path, at in rows]

    def forget(self, paths: Iterable[str], *, ignore: bool, now: datetime) -> int:
        """Delete files from the library, and ignore them in future scans if `ignore`. Returns how many there were.

        Their analyses, and the user's values, stay until `map4 library prune`.
        """
        names = [(os.fsencode(path),) for path in paths]
        with self._database.transaction() as connection:
            if ignore:
                connection.executemany(
                    "INSERT INTO ignored_files SELECT path, display, ? FROM files WHERE path = ? ON CONFLICT (path) "
                    "DO UPDATE SET (display, ignored_at) = (excluded.display, excluded.ignored_at)",
                    [(utc_text(now), name) for (name,) in names],
                )
            return sum(connection.execute("DELETE FROM files WHERE path = ?", name).rowcount for name in names)

    def unignore(self, paths: Iterable[str]) -> list[str]:
        """Stop ignoring these files, given by path or as shown. Returns those that were ignored."""
        restored: list[str] = []
        with self._database.transaction() as connection:
            for path in paths:
                rows = connection.execute(
                    "DELETE FROM ignored_files WHERE path = ? OR display = ? RETURNING path",
                    (os.fsencode(path), display_path(path)),
                ).fetchall()
                restored += [os.fsdecode(path) for (path,) in rows]
        return restored


_MOST_BYTES = 50_000_000


class UnreadFolders:
    """The unreadable folders of one library, in a file beside it; without the file, each is reported again.
    An entry with `STAMPED` is a Matroska file with its stamp, and 1 if it has more than sound.
    """

    def __init__(self, store: Store) -> None:
        self._path = None if store.is_in_memory else f"{store.place.beside}.unread-folders"

    def known(self) -> frozenset[str]:
        """Return the folders that earlier scans reported."""
        with contextlib.suppress(OSError):
            if self._path is not None and os.path.exists(self._path):
                return frozenset(map(os.fsdecode, OnDisk(self._path).read(most_bytes=_MOST_BYTES).split(b"\0")))
        return frozenset()

    def note(self, before: frozenset[str], unread: Iterable[str], scanned: Iterable[str]) -> None:
        """Remember the unreadable folders of a scan, and those before that it did not visit."""
        scanned = tuple(scanned)
        folders = {*unread, *(path for path in before if not any(is_inside(path, root) for root in scanned))}
        if self._path is None or folders == before:
            return
        with contextlib.suppress(OSError):
            if not folders:
                SafeFile(self._path).remove()
                return
            with SafeFile(self._path).unfinished("new") as new:
                with open(new, "wb") as file:
                    file.write(b"\0".join(map(os.fsencode, sorted(folders))))
                os.replace(new, self._path)


class _SegueForms(WordForms):
    """`is:segue`: neighbours that a scan compared."""

    def clause(self, context: QueryContext) -> Clause:
        sides = ("audio_id", "next_id")
        found = (f"SELECT {side} FROM segues WHERE version = {Segue.VERSION} AND leave_s IS NOT NULL" for side in sides)
        return Predicate(f"f.audio_id IN ({' UNION ALL '.join(found)})")


SEGUE = _SegueForms()


# As scans compare them: "..mp3" is a file that they find.
_SUFFIXES = tuple(f".{extension}" for extension in AudioFormat.EXTENSIONS)


class MusicPlaces:
    """The places of one library's music.

    has_record: True if map4's own record, beside the library, shows that it moved a file away from a path
    """

    def __init__(self, store: Store, has_record: Callable[[str], bool] = lambda path: False) -> None:
        self._store, self._has_record = store, has_record

    def problem(self, path: str) -> str | None:
        """Return why no file may be restored to a path, or None.

        The library must know audio at the path, or have a record of its move. Other paths need the name of an audio
        file in a folder that the library knows. If the library knows no folder at all, for example after it was
        recreated, any folder that is not hidden is allowed.
        """
        if not os.path.isabs(path) or os.path.normpath(path) != path:
            return "its journal gives no valid path for it"
        if self.is_usual(path) or self._has_record(path) or self._has_audio(path):
            return None
        if not _has_audio_suffix(path):
            unknown = "it has no audio suffix, and this library has no record of it"
            there = os.path.lexists(path)
            return f"{unknown}; 'map4 scan' that file first" if there else f"{unknown}, so map4 does not move it back"
        folder = os.path.dirname(path)
        if folder in self._folders:
            return None
        if not self._roots and not self._folders:
            return "its journal names a hidden folder" if any(map(is_hidden, folder.split(os.sep))) else None
        return "its journal names a folder that this library doesn't know; 'map4 scan' that folder, then undo again"

    def is_usual(self, path: str) -> bool:
        """True of an audio file's name inside a scanned folder, which needs no record."""
        return _has_audio_suffix(path) and any(is_inside(os.path.dirname(path), root) for root in self._roots)

    def _has_audio(self, path: str) -> bool:
        known = self._known([path]).get(path)
        return known is not None and known.audio_id is not None

    @cached_property
    def _known(self) -> Callable[[list[str]], dict[str, KnownFile]]:
        return self._store.tracks.known_finder()

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        return tuple(self._store.tracks.roots())

    @cached_property
    def _folders(self) -> frozenset[str]:
        """The folders of all files: read only if the scanned folders don't decide, as there may be a million files."""
        return frozenset(map(os.path.dirname, self._store.tracks.known_files()))


def _has_audio_suffix(path: str) -> bool:
    return os.path.basename(path).lower().endswith(_SUFFIXES)

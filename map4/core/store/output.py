"""Write the user's files atomically, and never overwrite the user's own files.

For every format, a file counts as map4's while it contains exactly the bytes that map4 last wrote to that path. The
library records this (`written_files`), so files need no marker, and edited files belong to the user.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import EDQUOT, ENOSPC
from typing import BinaryIO, Generic, Protocol, TypeVar

from map4.core.audio.content import Content, ContentWriter
from map4.core.base.paths import absolute_path, display_path
from map4.core.base.unfinished import SafeFile
from map4.core.music.analysis.audio import AudioFormat
from map4.core.store.sql_store import Store
from map4.core.store.written_files import SqlWrittenFiles
from map4.errors import Map4Error, UsageError

_WRITABLE_BY_UMASK = 0o666  # as open() would: the umask decides who reads a file of the user
_UNRECORDED = (
    "the file is written, but the library is read-only or in use by another program, so that map4 does not know it as "
    "its own: replace it with --force"
)

T = TypeVar("T")


class OutputFileError(Map4Error):
    """A file can't be written, or must not be overwritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Generic[T]):
    """The source of a written file, and its size; None for a pipe or a device.

    remarks: sentences for a person
    """

    result: T
    size_bytes: int | None
    remarks: Sequence[str] = ()


class WrittenFiles(Protocol):
    """A record of files that map4 wrote: the library's, or that of an unfinished move."""

    def has_written(self, path: str, content: Content) -> bool: ...
    def is_audio(self, path: str) -> bool: ...
    def note(
        self, path: str, content: Content, *, format_name: str, tracks: int, seconds: float, now: datetime
    ) -> bool: ...


@dataclass(frozen=True, slots=True)
class OutputFiles:
    """Writes files for the user.

    library_path: the library, which must not be replaced
    """

    written: WrittenFiles
    library_path: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def of(cls, store: Store) -> OutputFiles:
        return cls(store.part(SqlWrittenFiles), store.place.beside)

    def write(
        self,
        target: str,
        produce: Callable[[BinaryIO], T],
        *,
        format_name: str,
        tracks: Callable[[T], int] = lambda result: 0,
        force: bool = False,
        is_sound: bool = False,
    ) -> Written[T]:
        """Produce a file beside its target and move it into place; the old file stays until then.

        target: `~` is expanded, a link is followed
        produce: writes the content to a binary stream
        format_name, tracks: recorded before the file gets its name, so that a crash leaves no file unknown to map4
        force: replace files that map4 did not write; never music, folders and the library
        is_sound: the output is audio, so it may have a music suffix; it replaces only files that map4 wrote
        """
        target = absolute_path(target)
        if _is_stream(target):
            return Written(result=_write_through(target, produce), size_bytes=None)
        real = os.path.realpath(target)
        before = self._checked(real, force=force, is_sound=is_sound)
        begun_s = time.monotonic()
        try:
            SafeFile(real).sweep("partial", by_lock=True)
            with SafeFile(real).unfinished_locked("partial", mode=_WRITABLE_BY_UMASK) as partial:
                with open(partial, "wb") as file:
                    writer = ContentWriter(file)
                    result, content = produce(writer), writer.content()  # type: ignore[arg-type]
                is_recorded = self.written.note(
                    real,
                    content,
                    format_name=format_name,
                    tracks=tracks(result),
                    seconds=time.monotonic() - begun_s,
                    now=self.clock(),
                )
                self._place(partial, real, before, force=force)
        except OSError as error:
            to_do = "; make room, or choose another folder" if error.errno in (ENOSPC, EDQUOT) else ""
            raise OutputFileError(f"{display_path(real)} can't be written: {error.strerror or error}{to_do}") from None
        remarks = () if is_recorded else (_UNRECORDED,)
        return Written(result=result, size_bytes=content.size_bytes, remarks=remarks)

    def check(self, target: str, *, force: bool = False, is_sound: bool = False) -> None:
        """Raise the errors that `write` would raise, without writing."""
        target = absolute_path(target)
        if not _is_stream(target):
            self._checked(os.path.realpath(target), force=force, is_sound=is_sound)

    def _checked(self, real: str, *, force: bool, is_sound: bool) -> os.stat_result | None:
        shown = display_path(real)
        suffix = os.path.splitext(real)[1].lower().lstrip(".")
        if (suffix in AudioFormat.EXTENSIONS and not is_sound) or self.written.is_audio(real):
            raise UsageError(f"{shown} is a music file name, which map4 never overwrites; choose another name")
        if real in SafeFile(os.path.realpath(self.library_path)).files():
            raise UsageError(f"{shown} is the library itself; choose another name")
        try:
            status = os.stat(real)
        except FileNotFoundError:
            if not os.path.isdir(os.path.dirname(real)):
                folder = display_path(os.path.dirname(real))
                raise OutputFileError(f"{shown} can't be written: the folder {folder} does not exist") from None
            return None
        except OSError as error:
            raise OutputFileError(f"{shown} can't be written: {error.strerror}") from None
        if stat.S_ISDIR(status.st_mode):
            raise OutputFileError(f"{shown} is a folder; name a file in it")
        if not force:
            self._require_ours(real, is_sound=is_sound)
        return status

    def _require_ours(self, real: str, *, is_sound: bool = False) -> None:
        try:
            is_ours = self.written.has_written(real, Content.of_file(real))
        except OSError as error:
            raise OutputFileError(f"{display_path(real)} can't be read: {error.strerror}") from None
        if not is_ours:
            way = "" if is_sound else ", or replace it with --force"
            raise OutputFileError(
                f"{display_path(real)} exists, and was not written from this library or was changed since; "
                f"choose another name{way}"
            )

    def _place(self, partial: str, real: str, before: os.stat_result | None, *, force: bool) -> None:
        if before is None and SafeFile(partial).place_new(real):
            return
        if not force:  # another program may have written it meanwhile
            self._require_ours(real)
        if before is not None:
            os.chmod(partial, stat.S_IMODE(before.st_mode))
        SafeFile(partial).replace(real)


def _is_stream(target: str) -> bool:
    """True for a pipe or a device, which has no content to lose; /dev/stdout has no real path."""
    try:
        mode = os.stat(target).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _write_through(target: str, produce: Callable[[BinaryIO], T]) -> T:
    try:
        with open(target, "wb") as file:
            return produce(file)
    except OSError as error:
        raise OutputFileError(f"{display_path(target)} can't be written: {error.strerror}") from None

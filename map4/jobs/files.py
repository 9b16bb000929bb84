"""Files of jobs, each in a private folder beside the library: written by a job, or uploaded for a job or plan."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Collection
from contextlib import suppress

from map4.core.base.text import whole_number
from map4.core.base.unfinished import SafeFile
from map4.core.store.library_ref import exports_folder
from map4.core.store.output import OutputFileError
from map4.errors import LibraryWriteError

LIFETIME_S = 7 * 86400.0
MOST_BYTES = 2_000_000_000
LONGEST_SENT_S = 2 * 3600.0
"""Older uploads without a job were left by a killed server."""
_ID = re.compile("s-[0-9a-f]{32}")


class _PrivateFolders:
    def __init__(self, folder: str) -> None:
        self.folder = folder

    def remove(self, name: int | str) -> None:
        """Delete a folder and its file."""
        shutil.rmtree(self._path_of(name), ignore_errors=True)

    def file(self, name: int | str) -> str | None:
        """The file in a folder; None if it is gone."""
        with suppress(OSError), os.scandir(self._path_of(name)) as entries:
            return next((entry.path for entry in entries if entry.is_file(follow_symlinks=False)), None)
        return None

    def _path_of(self, name: int | str) -> str:
        return os.path.join(self.folder, str(name))


class JobFiles(_PrivateFolders):
    """The files written by a library's jobs: `<library>.exports`.

    library: path of the library file; links are followed
    """

    def __init__(self, library: str) -> None:
        super().__init__(exports_folder(library))

    def make(self, job: int) -> str:
        """Make an empty folder for a job, removing files of an earlier attempt."""
        folder = self._path_of(job)
        try:
            SafeFile.make_private_folder(self.folder)
            self.remove(job)
            os.mkdir(folder, 0o700)
        except OSError as error:
            raise OutputFileError(f"the folder {folder} can't be made: {error.strerror}") from None
        return folder

    def jobs(self) -> list[int]:
        """The jobs with files, oldest first."""
        try:
            names = os.listdir(self.folder)
        except OSError:
            return []
        return sorted(number for name in names if (number := whole_number(name)) is not None)

    def excess(self, now: float) -> list[int]:
        """The jobs whose files are too old, or exceed the total size, newest kept; `now` in seconds since 1970."""
        total, excess = 0, []
        for job in reversed(self.jobs()):
            try:
                status = os.stat(self.file(job) or self._path_of(job))
            except OSError:
                continue
            total += status.st_size
            if total > MOST_BYTES or status.st_mtime < now - LIFETIME_S:
                excess.append(job)
        return excess


class SentFiles(_PrivateFolders):
    """The uploaded files of a library: `<library>.sent`; each is deleted when its job ends.

    beside: path prefix of the library's side files
    """

    def __init__(self, beside: str) -> None:
        super().__init__(f"{beside}.sent")

    def room(self) -> str:
        """The folder for uploads: on the library's disk, since a temporary folder may be in memory.

        raises LibraryWriteError: if it can't be made
        """
        try:
            SafeFile.make_private_folder(self.folder)
        except OSError as error:
            raise LibraryWriteError(f"the folder {self.folder} can't be made: {error.strerror}") from None
        return self.folder

    def take(self, path: str) -> str:
        """Take over a file, after syncing it to disk; return its id."""
        sent = f"s-{secrets.token_hex(16)}"
        try:
            os.mkdir(self.room() and self._path_of(sent), 0o700)
            SafeFile(shutil.move(path, os.path.join(self._path_of(sent), os.path.basename(path)))).sync()
        except OSError as error:
            self.remove(sent)
            raise LibraryWriteError(f"can't store the upload in {self.folder}: {error.strerror}") from None
        return sent

    def tidy(self, wanted: Collection[str], now: float) -> None:
        """Delete all uploads except these and recent uploads; `now` in seconds since 1970."""
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    is_left = entry.stat(follow_symlinks=False).st_mtime < now - LONGEST_SENT_S
                    if entry.name not in wanted and is_left:
                        shutil.rmtree(entry.path, ignore_errors=True)

    def _path_of(self, name: int | str) -> str:
        # An invalid id must not become a path.
        return super()._path_of(name if _ID.fullmatch(str(name)) else "s-")

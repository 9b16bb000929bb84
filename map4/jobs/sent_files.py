"""Files uploaded for jobs and plans: `<library>.sent`, one private folder each, deleted when the job ends."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Collection
from contextlib import suppress

from map4.base.unfinished import make_private_folder, sync_file
from map4.errors import LibraryWriteError

LONGEST_SENT_S = 2 * 3600.0
"""Older uploads without a job were left by a killed server."""
_ID = re.compile("s-[0-9a-f]{32}")


class SentFiles:
    """The uploaded files of a library.

    beside: path prefix of the library's side files
    """

    def __init__(self, beside: str) -> None:
        self.folder = f"{beside}.sent"

    def room(self) -> str:
        """The folder for uploads: on the library's disk, since a temporary folder may be in memory.

        raises LibraryWriteError: if it can't be made
        """
        try:
            make_private_folder(self.folder)
        except OSError as error:
            raise LibraryWriteError(f"the folder {self.folder} can't be made: {error.strerror}") from None
        return self.folder

    def take(self, path: str) -> str:
        """Take over a file, after syncing it to disk; return its id."""
        sent = f"s-{secrets.token_hex(16)}"
        try:
            os.mkdir(self.room() and self._of(sent), 0o700)
            sync_file(shutil.move(path, os.path.join(self._of(sent), os.path.basename(path))))
        except OSError as error:
            self.remove(sent)
            raise LibraryWriteError(f"can't store the upload in {self.folder}: {error.strerror}") from None
        return sent

    def path(self, sent: str) -> str | None:
        """The path of an upload; None if it is gone."""
        with suppress(OSError), os.scandir(self._of(sent)) as entries:
            return next((entry.path for entry in entries if entry.is_file(follow_symlinks=False)), None)
        return None

    def remove(self, sent: str) -> None:
        """Delete an upload."""
        shutil.rmtree(self._of(sent), ignore_errors=True)

    def tidy(self, wanted: Collection[str], now: float) -> None:
        """Delete all uploads except these and recent uploads; `now` in seconds since 1970."""
        with suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    is_left = entry.stat(follow_symlinks=False).st_mtime < now - LONGEST_SENT_S
                    if entry.name not in wanted and is_left:
                        shutil.rmtree(entry.path, ignore_errors=True)

    def _of(self, sent: str) -> str:
        # An invalid id must not become a path.
        return os.path.join(self.folder, sent if _ID.fullmatch(sent) else "s-")

"""Files written by jobs: `<library>.exports`, one private folder per job."""

from __future__ import annotations

import os
import shutil

from map4.base.text import whole_number
from map4.base.unfinished import make_private_folder
from map4.store.output import OutputFileError
from map4.store.place import exports_folder

KEPT_S = 7 * 86400.0
KEPT_BYTES = 2_000_000_000


class JobFiles:
    """The files of a library's jobs.

    library: path of the library file; links are followed
    """

    def __init__(self, library: str) -> None:
        self.folder = exports_folder(library)

    def make(self, job: int) -> str:
        """Make an empty folder for a job, removing files of an earlier attempt."""
        folder = self._of(job)
        try:
            make_private_folder(self.folder)
            self.remove(job)
            os.mkdir(folder, 0o700)
        except OSError as error:
            raise OutputFileError(f"the folder {folder} can't be made: {error.strerror}") from None
        return folder

    def remove(self, job: int) -> None:
        shutil.rmtree(self._of(job), ignore_errors=True)

    def file(self, job: int) -> str | None:
        """The file that a job wrote; None if it is gone."""
        try:
            with os.scandir(self._of(job)) as entries:
                return next((entry.path for entry in entries if entry.is_file(follow_symlinks=False)), None)
        except OSError:
            return None

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
                status = os.stat(self.file(job) or self._of(job))
            except OSError:
                continue
            total += status.st_size
            if total > KEPT_BYTES or status.st_mtime < now - KEPT_S:
                excess.append(job)
        return excess

    def _of(self, job: int) -> str:
        return os.path.join(self.folder, str(job))

"""Plans on disk: `<library>.plans`, one private folder per plan, so that they survive a restart of the server."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from map4.base.regular_files import read_regular
from map4.base.unfinished import sync_file
from map4.errors import Map4Error

KEPT_S = 7 * 86400.0
"""Seconds to keep a started plan, whose job may be retried."""
MOST_BYTES = 50_000_000
"""Maximum size of a plan, without its upload."""
_PRIVATE_FOLDER, _PRIVATE = 0o700, 0o600
_ID = re.compile("p-[0-9a-f]{32}")
_PLAN, _JOB, _UPLOADS = "plan.json", "job", "upload"


class PlanFileError(Map4Error):
    """A plan can't be stored."""


class PlanFiles:
    """The stored plans of a library.

    beside: path prefix of the library's side files
    """

    def __init__(self, beside: str, *, clock: Callable[[], float] = time.time) -> None:
        self.folder = f"{beside}.plans"
        self._clock = clock

    def put(self, plan_id: str, stored: Mapping[str, Any], upload: str | None = None) -> None:
        """Store a plan and move its upload here.

        raises PlanFileError: if it can't be written or is too large
        """
        folder = self._of(plan_id)
        data = json.dumps(stored).encode()
        if len(data) > MOST_BYTES:
            raise PlanFileError("the plan is too large; select fewer tracks")
        try:
            os.makedirs(self.folder, _PRIVATE_FOLDER, exist_ok=True)
            os.mkdir(folder, _PRIVATE_FOLDER)
            if upload is not None:
                os.mkdir(os.path.join(folder, _UPLOADS), _PRIVATE_FOLDER)
                shutil.move(upload, os.path.join(folder, _UPLOADS, os.path.basename(upload)))
            _write(os.path.join(folder, f"{_PLAN}.new"), data)
            os.replace(os.path.join(folder, f"{_PLAN}.new"), os.path.join(folder, _PLAN))
        except OSError as error:
            self.remove(plan_id)
            raise PlanFileError(f"can't store the plan in {self.folder}: {error.strerror}") from None

    def get(self, plan_id: str) -> dict[str, Any] | None:
        """The stored plan; None if there is none."""
        try:
            found: dict[str, Any] = json.loads(
                read_regular(os.path.join(self._of(plan_id), _PLAN), most_bytes=MOST_BYTES)
            )
        except (OSError, ValueError):
            return None
        return found

    def upload(self, plan_id: str) -> str | None:
        """The path of a plan's upload, or None."""
        folder = os.path.join(self._of(plan_id), _UPLOADS)
        with suppress(OSError):
            return next((os.path.join(folder, name) for name in os.listdir(folder)), None)
        return None

    def remove_upload(self, plan_id: str) -> None:
        """Delete a plan's upload."""
        shutil.rmtree(os.path.join(self._of(plan_id), _UPLOADS), ignore_errors=True)

    def claim(self, plan_id: str) -> bool:
        """Claim a plan for a job; only the first caller gets True."""
        try:
            _write(os.path.join(self._of(plan_id), _JOB), b"")
        except FileExistsError:
            return False
        except OSError as error:
            raise PlanFileError(f"the plan can't be started: {error.strerror}") from None
        return True

    def let_go(self, plan_id: str) -> None:
        """Release the claim if no job was made."""
        with suppress(OSError):
            os.unlink(os.path.join(self._of(plan_id), _JOB))

    def note_job(self, plan_id: str, job: str) -> None:
        """Record the job of a plan."""
        with open(os.path.join(self._of(plan_id), _JOB), "w", encoding="ascii") as file:
            file.write(job)

    def job(self, plan_id: str) -> str | None:
        """The job of a plan; "" if the server stopped while starting it, None if it was not started."""
        try:
            return read_regular(os.path.join(self._of(plan_id), _JOB), most_bytes=100).decode("ascii")
        except OSError:
            return None

    def remove(self, plan_id: str) -> None:
        """Delete a plan."""
        shutil.rmtree(self._of(plan_id), ignore_errors=True)

    def erase(self, account: int) -> None:
        """Delete all plans of an account."""
        for plan_id in self.ids():
            if (self.get(plan_id) or {}).get("by") == account:
                self.remove(plan_id)

    def ids(self) -> list[str]:
        """The ids of all plans, oldest first."""
        try:
            with os.scandir(self.folder) as entries:
                found = [(entry.stat().st_mtime_ns, entry.name) for entry in entries if _ID.fullmatch(entry.name)]
        except OSError:
            return []
        return [name for _, name in sorted(found)]

    def is_over(self, plan_id: str, lasts_s: float) -> bool:
        """Whether a plan is too old to be started, or to be retried."""
        try:
            age_s = self._clock() - os.stat(os.path.join(self._of(plan_id), _PLAN)).st_mtime
        except OSError:
            return True
        return age_s > (lasts_s if self.job(plan_id) is None else KEPT_S)

    def _of(self, plan_id: str) -> str:
        # An invalid id must not become a path.
        return os.path.join(self.folder, plan_id if _ID.fullmatch(plan_id) else "p-")


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE)
    with open(descriptor, "wb") as file:
        file.write(data)
    sync_file(path)

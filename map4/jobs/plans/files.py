"""Plans on the disk: `<library>.plans`, a folder a plan, for their owner alone, so that they outlive the server."""

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
"""Of a plan that became a job, which may be tried again."""
MOST_BYTES = 50_000_000
"""Of a plan, without the file that goes with it."""
_PRIVATE_FOLDER, _PRIVATE = 0o700, 0o600
_ID = re.compile("p-[0-9a-f]{32}")
_PLAN, _JOB, _UPLOADS = "plan.json", "job", "upload"


class PlanFileError(Map4Error):
    """A plan can't be kept."""


class PlanFiles:
    """The plans of one library.

    beside: what the names of its side files begin with
    """

    def __init__(self, beside: str, *, clock: Callable[[], float] = time.time) -> None:
        self.folder = f"{beside}.plans"
        self._clock = clock

    def put(self, plan_id: str, stored: Mapping[str, Any], upload: str | None = None) -> None:
        """Keep a plan, with the file that it needs, which is moved here.

        raises PlanFileError: if the disk does not take it
        """
        folder = self._of(plan_id)
        data = json.dumps(stored).encode()
        if len(data) > MOST_BYTES:
            raise PlanFileError("the plan is too large; name fewer tracks at a time")
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
            raise PlanFileError(f"the plan can't be kept in {self.folder}: {error.strerror}") from None

    def get(self, plan_id: str) -> dict[str, Any] | None:
        """What was kept of a plan; None where there is none, or it has gone."""
        try:
            found: dict[str, Any] = json.loads(
                read_regular(os.path.join(self._of(plan_id), _PLAN), most_bytes=MOST_BYTES)
            )
        except (OSError, ValueError):
            return None
        return found

    def upload(self, plan_id: str) -> str | None:
        """The path of the file that goes with a plan."""
        folder = os.path.join(self._of(plan_id), _UPLOADS)
        with suppress(OSError):
            return next((os.path.join(folder, name) for name in os.listdir(folder)), None)
        return None

    def remove_upload(self, plan_id: str) -> None:
        """Let go of that file."""
        shutil.rmtree(os.path.join(self._of(plan_id), _UPLOADS), ignore_errors=True)

    def claim(self, plan_id: str) -> bool:
        """Say that a plan becomes a job; of several who say so, one is given True."""
        try:
            _write(os.path.join(self._of(plan_id), _JOB), b"")
        except FileExistsError:
            return False
        except OSError as error:
            raise PlanFileError(f"the plan can't be begun: {error.strerror}") from None
        return True

    def let_go(self, plan_id: str) -> None:
        """Take that back, where no job came of it."""
        with suppress(OSError):
            os.unlink(os.path.join(self._of(plan_id), _JOB))

    def note_job(self, plan_id: str, job: str) -> None:
        """Say which job a plan became."""
        with open(os.path.join(self._of(plan_id), _JOB), "w", encoding="ascii") as file:
            file.write(job)

    def job(self, plan_id: str) -> str | None:
        """Which job a plan became: empty where the server ended at that moment, None where it became none."""
        try:
            return read_regular(os.path.join(self._of(plan_id), _JOB), most_bytes=100).decode("ascii")
        except OSError:
            return None

    def remove(self, plan_id: str) -> None:
        """Forget a plan."""
        shutil.rmtree(self._of(plan_id), ignore_errors=True)

    def erase(self, account: int) -> None:
        """Forget all plans that an account made."""
        for plan_id in self.ids():
            if (self.get(plan_id) or {}).get("by") == account:
                self.remove(plan_id)

    def ids(self) -> list[str]:
        """All plans, the oldest first."""
        try:
            with os.scandir(self.folder) as entries:
                found = [(entry.stat().st_mtime_ns, entry.name) for entry in entries if _ID.fullmatch(entry.name)]
        except OSError:
            return []
        return [name for _, name in sorted(found)]

    def is_over(self, plan_id: str, lasts_s: float) -> bool:
        """Whether a plan was made too long ago to be begun, or to be tried again."""
        try:
            age_s = self._clock() - os.stat(os.path.join(self._of(plan_id), _PLAN)).st_mtime
        except OSError:
            return True
        return age_s > (lasts_s if self.job(plan_id) is None else KEPT_S)

    def _of(self, plan_id: str) -> str:
        # What is no id of a plan leads nowhere.
        return os.path.join(self.folder, plan_id if _ID.fullmatch(plan_id) else "p-")


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE)
    with open(descriptor, "wb") as file:
        file.write(data)
    sync_file(path)

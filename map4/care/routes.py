"""The library as a file: a copy of all that it holds."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from glob import escape, glob

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from map4.care.records import BackupOptions
from map4.errors import LibraryBusyError, UsageError
from map4.jobs import JobRequest
from map4.jobs.routes.plans import planning
from map4.jobs.routes.requests import accepted
from map4.library import Library
from map4.server.answers import FileAnswer
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route

_LEFT_AFTER_S = 86400.0
_making = threading.Lock()  # each takes as much disk space as the library


class _Copy(FileAnswer):
    """A file that is gone once it was sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await run_in_threadpool(shutil.rmtree, os.path.dirname(self.path), ignore_errors=True)


def _backup(library: Library, request: RequestInput) -> Response:
    """A backup beside the library, where there is most likely room for it; not in memory, as `/tmp` may be."""
    if not _making.acquire(blocking=False):
        raise LibraryBusyError("a backup is already being made; try again when it is finished")
    try:
        beside = f"{library.beside}.sending-"
        for left in glob(f"{escape(beside)}*"):  # left by a killed server
            with suppress(OSError):
                if os.stat(left).st_mtime < time.time() - _LEFT_AFTER_S:
                    shutil.rmtree(left, ignore_errors=True)
        folder = tempfile.mkdtemp(prefix=os.path.basename(beside), dir=os.path.dirname(beside))
        try:
            path = library.care.backup(folder, keep=1).path
            library.accounts.note("library-copied", account=request.actor.id)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    finally:
        _making.release()
    return _Copy(path, filename=os.path.basename(path), media_type="application/octet-stream")


def _keep(library: Library, request: RequestInput) -> Response:
    wanted = BackupOptions.of(request.settings.config)
    if wanted is None:
        raise UsageError("no folder for backups is set; run 'map4 config set backup.folder DIR' on the server")
    return accepted(library.jobs.submit(JobRequest(kind="backup", options=wanted)))


ROUTES = (
    Route("GET", "/backup", "admin", "A copy of the library, consistent even during a scan, as `map4 library backup`.",
          _backup, queue="files", media_type="application/octet-stream"),
    Route("POST", "/backup", "admin", "Make today's backup in the folder of the server's settings. A job.", _keep,
          body=BodyShape.plain("Nothing"), answer="job", status=202),
)  # fmt: skip


def _given(request: RequestInput) -> dict[str, str]:
    if request.upload is None:
        raise UsageError("send the backup in the form field 'file': curl -F file=@library-backup.map4")
    return {"path": request.upload.path, "name": request.upload.name}


PLAN_ROUTES = (
    planning("restore", "Plan to restore an uploaded backup, as `map4 library restore`.", _given, takes_file=True,
             body=BodyShape.plain("PlanRestore"), needs_log_in=True),
)  # fmt: skip

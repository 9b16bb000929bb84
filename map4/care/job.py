"""The job that backs the library up, each day if a folder is set."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from map4.care.records import BackupOptions, dated_backup
from map4.core.base.paths import display_path
from map4.core.base.text import size_text
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.jobs import Begun, Draft, Reporter

if TYPE_CHECKING:
    from map4.jobs import Reporter
    from map4.library import Library


def backup(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    return library.care.backup(options.folder, keep=options.keep).to_record()


def backup_of_today(config: Mapping[str, Any]) -> BackupOptions | None:
    """The options of today's backup; None if it exists or no folder is set."""
    wanted = BackupOptions.of(config)
    name = dated_backup(datetime.now(UTC).date())
    return None if wanted is None or os.path.exists(os.path.join(wanted.folder, name)) else wanted


def draft_restore(library: Library, path: str, name: str) -> Draft:
    """Draft the replacement of the whole library; the backup is fully checked when it is carried out."""
    called = display_path(os.path.basename(name))
    try:
        library.care.check_backup(path, library.path)
    except Map4Error as error:  # its text has the temporary path
        raise UsageError(str(error).replace(display_path(path), called)) from None
    size = size_text(os.path.getsize(path))
    return Draft(
        summary=f"{called} ({size}) would take the place of the whole library, which stays beside it",
        work={"name": called},
        warnings=("the backup does not contain later changes", "all users have to log in again"),
        count=1,
        upload=path,
    )


def do_restore(library: Library, begun: Begun, report: Reporter) -> dict[str, Any]:
    if begun.upload is None:
        raise NothingFoundError("the uploaded file is gone; upload it again")
    restored = library.care.restore(begun.upload, library.path)
    report("notice", {"message": f"the replaced library is kept as {display_path(restored.kept_at or '')}"})
    return {**begun.result_of(1), "kept_at": restored.kept_at}

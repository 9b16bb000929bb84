"""The job that backs the library up, each day if a folder is set."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from map4.care.store.backups import BackupOptions, dated_backup

if TYPE_CHECKING:
    from map4.jobs import Teller
    from map4.library import Library


def backup(library: Library, files: Sequence[str], options: Any, tell: Teller, task: Any) -> dict[str, Any]:
    return library.care.backup(options.folder, keep=options.keep).to_record()


def backup_of_today(config: Mapping[str, Any]) -> BackupOptions | None:
    """The options of today's backup; None if it exists or no folder is set."""
    wanted = BackupOptions.of(config)
    name = dated_backup(datetime.now(UTC).date())
    return None if wanted is None or os.path.exists(os.path.join(wanted.folder, name)) else wanted

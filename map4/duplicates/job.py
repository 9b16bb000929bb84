"""The job that looks for duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.jobs import Reporter
    from map4.library import Library


def duplicates(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    if not library.count():
        raise NothingFoundError("the library has no tracks to compare; scan a folder first")
    counts = {"groups": 0, "files": 0}
    for group in library.duplicates.find_events(options, progress=lambda done, total: report.progress(done, total)):
        counts["groups"] += 1
        counts["files"] += len(group.members)
        report("line", group.document())
    return counts

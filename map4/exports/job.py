"""The job that writes an export."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from map4.core.base.paths import file_stem
from map4.formats import Exporters

if TYPE_CHECKING:
    from map4.exports.options import ExportRequest
    from map4.formats import Format
    from map4.jobs import Reporter
    from map4.library import Library


def without_file_name(to: Format, options: ExportRequest) -> ExportRequest:
    """Return the options without a name that the file gets, but not its content."""
    return options if to.options.writes_name(options) else replace(options, name=None)


def export(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    to = Exporters.of("-", options.to)
    suffix = to.suffixes[0]
    named = options.name or (options.playlist if isinstance(options.playlist, str) else None) or "map4"
    target = os.path.join(task["folder"], f"{file_stem(named, 'map4')}.{suffix.lstrip('.')}")
    return library.export(
        target,
        without_file_name(to, options),
        on_track=lambda done, total: report.progress(done, total),
        warn=lambda message: report("notice", {"message": message}),
    ).to_record()

"""The job that finds voices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from map4.errors import NothingFoundError
from map4.extras.voice.part import VoicePart
from map4.extras.voice.records import VoiceDone, VoiceSummary

if TYPE_CHECKING:
    from map4.jobs import Reporter
    from map4.library import Library


def detect(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    tracks, count = library.search(options.query or ""), library.count(options.query or "")
    if not count:
        raise NothingFoundError(f"no track matches '{options.query}'" if options.query else "no track can be read")
    summary, done = VoiceSummary(), 0
    for event in library.part(VoicePart).detect_events(tracks, options):
        report("line", event.to_record())
        if isinstance(event, VoiceDone):
            done += 1
            report.progress(done, count, event.path)
        else:
            summary = event
    if summary.failed and summary.failed == done and not summary.known:
        raise NothingFoundError("no track could be read")
    return summary.to_record()

"""The job that looks tracks up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from map4.errors import NothingFoundError, ProviderSilentError
from map4.extras.lookup.options import LookupOptions
from map4.extras.lookup.part import Lookups
from map4.extras.lookup.records import LookedUp, LookupSummary
from map4.jobs import Reporter
from map4.library import Library


def lookup(library: Library, files: Sequence[str], options: Any, report: Reporter, task: Any) -> dict[str, Any]:
    tracks = list(library.search(options.query or ""))
    if not tracks:
        raise NothingFoundError(f"no track matches '{options.query}'" if options.query else "no track can be read")
    given = {field.name: getattr(options, field.name) for field in fields(options) if field.name != "query"}
    settings = task["settings"]["providers"] or {}
    looking_up = library.part(Lookups).prepare(tracks, LookupOptions(settings=settings, **given))
    looking_up.plan.require_leave(settings)
    done, total = 0, len(tracks) * len(looking_up.plan.providers)
    summary = LookupSummary()
    for event in looking_up.events():
        if isinstance(event, LookupSummary):
            summary = event
        elif isinstance(event, LookedUp):
            done += len(event.files)
            for record in event.records() if event.status != "known" else ():
                report("line", record.to_record())
            report.progress(done, total, event.files[0][0])
        else:
            report("notice", {"message": event.message})
    report("line", summary.to_record())
    summary.require_named()
    answered = summary.accepted + summary.review + summary.none
    failures = [failure.to_record() for failure in summary.failures]
    why = "; ".join(dict.fromkeys(failure["message"] for failure in failures))
    if summary.rest_s is not None:
        message = f"{', '.join(summary.silent)} does not answer: {why}"
        raise ProviderSilentError(message, failures, retry_after_s=summary.rest_s, answered=answered)
    if summary.failed and not (answered or summary.known):
        raise NothingFoundError(f"nothing was looked up: {why}")
    return summary.to_record()

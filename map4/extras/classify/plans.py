"""Plans of labelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from map4.core.base.text import counted
from map4.errors import NothingFoundError, UsageError
from map4.extras.classify.options import ClassifyOptions
from map4.extras.classify.part import LabelPlan, LabelsPart, usual_limits
from map4.extras.classify.use import Labelled, LabellingFinished, LabelNotice
from map4.jobs import Begun, Draft, Reporter
from map4.jobs.plans.common import Selected
from map4.library import Library

_SENT_FIELDS = "artist, title, album, year and genre tag"


def draft_classify(
    library: Library, options: ClassifyOptions, tracks: Sequence[str] = (), query: str | None = None
) -> Draft:
    """Draft the labelling of tracks; by default all that are analysed and present."""
    if options.provider not in (known := ("keywords", *options.models)):
        raise UsageError.no_such("provider of the server's settings", options.provider, known)
    if tracks and query:
        raise UsageError("name either tracks or a query; without both, all tracks are labelled")
    file_ids = list(Selected.file_ids_of(library, tracks, query or (None if tracks else "is:ok")))
    if not file_ids:
        raise NothingFoundError("this matches no track")
    plan = library.part(LabelsPart).plan(file_ids, options)
    work = {
        "files": file_ids,
        "provider": options.provider,
        "models": {name: dict(model) for name, model in options.models.items() if name == options.provider},
        "force": options.force,
        "max_tracks": options.max_tracks,
        "max_requests": plan.requests or 1,
    }
    by = f"{plan.model} at {plan.host}" if plan.host else f"{plan.provider}, without any network"
    return Draft(
        summary=f"{counted(plan.open, 'track')} would be labelled by {by}; {plan.known:,} are already",
        work=work,
        warnings=_costs(plan),
        count=plan.open + plan.cached,
        details=plan.to_record(),
    )


def _costs(plan: LabelPlan) -> tuple[str, ...]:
    if plan.host is None:
        return ()
    if not plan.has_key:
        why = f"{plan.key_variable} is not set where the server runs"
        return (f"{why}: nothing is sent, and genres come only from tags and folder names",)
    tokens = f"about {plan.input_tokens:,} tokens in and {plan.output_tokens:,} out"
    return (
        f"{_SENT_FIELDS} of {counted(plan.questions, 'track')} are sent to {plan.host}, never audio",
        f"it costs what {plan.host} charges for {counted(plan.requests, 'request')} with {tokens}",
    )


def do_classify(library: Library, begun: Begun, report: Reporter) -> dict[str, Any]:
    work: Mapping[str, Any] = begun.work
    options = ClassifyOptions(**{name: work[name] for name in ("provider", "models", "force", "max_tracks")})
    options = replace(options, limits=replace(usual_limits(options), max_requests=work["max_requests"]))
    done, total = 0, len(work["files"])
    for event in library.part(LabelsPart).prepare(library.tracks.by_id(work["files"]), options).events():
        if isinstance(event, Labelled):
            done += 1
            if event.via != "known":
                report("line", event.track.to_record())
            report.progress(done, total, event.track.path)
        elif isinstance(event, LabelNotice):
            report("notice", {"message": event.message})
        elif isinstance(event, LabellingFinished):
            summary = event.summary
    changed = summary.cached + summary.asked + summary.rules
    return begun.result_of(changed, left_alone=summary.skipped, labels=summary.to_record())

"""`map4 classify`."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from dataclasses import fields, replace
from itertools import islice
from typing import TYPE_CHECKING

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.output import to_json
from map4.cli.session import Map4Command, Session
from map4.cli.track_output import Output, TrackWriter
from map4.cli.track_selection import Selection
from map4.core.base.text import counted
from map4.core.music.query.context import nothing_found
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.extras.classify.options import ClassifyOptions
from map4.extras.classify.use import Labelled, LabellingFinished, LabelNotice, LabelSummary
from map4.extras.shared.batches import BatchLimits
from map4.extras.shared.consent import enumerated
from map4.extras.shared.options import models_of

if TYPE_CHECKING:
    from map4.core.music.track.track import Track
    from map4.extras.classify.part import Classification, LabelPlan, LabelsPart
    from map4.extras.classify.views import LabelTable
    from map4.library import Library

_NAMES_OF_FIELDS = {"title": "title (or file name)", "genre": "genre tag"}


@Map4Command.of(
    Map4Error, Exit.NEEDS_YES, Exit.NOT_IN_LIBRARY, (NothingFoundError, "no track selected"), Exit.NO_LIBRARY,
    Exit.REFUSED, Exit.INTERRUPTED,
    (FileError, "the model did not answer about some tracks"), done="every track has labels",
    plugins=("Providers of other packages", "map4.labels.v1"),
    headings={"What is labelled": "--files-from --query --max-requests", "Model": "--dry-run --yes"},
)  # fmt: skip
@Selection.options
@CallOption.dry_run("Only show what would be sent, and its cost.")
@CallOption.yes("Send without asking first.")
@click.option("--undo", metavar="STEP", help="Restore the labels before a run, as 'map4 undo' does.")
@CallOption.of(ClassifyOptions)
@CallOption.of(BatchLimits, "limits")
@Output.options("json", "jsonl", "csv")
def command(
    selection: Selection,
    dry_run: bool,
    yes: bool,
    undo: str | None,
    options: ClassifyOptions,
    limits: BatchLimits,
    output: Output,
) -> None:  # fmt: skip
    """Label genre, mood and era by a language model.

    This uses the network. It sends artist, title, album, year and genre tag of tracks without labels, never audio, and
    asks for confirmation before the first request. The model is Claude, with the key in ANTHROPIC_API_KEY, or with
    --provider a model of the setting classify.models, also on this machine. Without a key or an answer, genres come
    from the genre tag and from folder names; every label records its source. Default: the whole library.

    \b
    map4 classify --dry-run                  what would be sent and cost
    map4 classify
    map4 classify --query 'missing:mood added:-2w' --yes
    map4 classify ~/Music/New --jsonl | jq .labels
    map4 classify --provider local --local-only       a model of your settings
    map4 classify --provider keywords        without any network
    map4 search mood:dark era:90s            afterwards: find tracks by labels
    """
    if dry_run and output.format not in (None, "json"):
        raise click.UsageError("--dry-run prints a text, or one document with --json.")
    from map4.extras.classify.part import usual_limits

    session = Session.current()
    if undo is not None:
        if CallOption.given() != {"undo"}:
            raise click.UsageError("--undo takes no other options.")
        with session.open_library(create=False) as library:
            session.info(f"labels of {counted(_part(library).undo(undo), 'track')} are as before")
        return
    options = replace(options, models=models_of(session.config))
    given = {field.name: getattr(limits, field.name) for field in fields(limits) if field.name in CallOption.given()}
    with session.open_library(create=False) as library:
        options = replace(options, limits=replace(usual_limits(options), **given))
        if dry_run and selection.is_empty:
            plan = _part(library).plan(options=options)
            if not plan.tracks + plan.skipped:
                raise NothingFoundError(nothing_found(None))
            _show_plan(session, plan, output)
            _show_samples(session, library, library.search("limit:3"), options, output)
            return
        picked = selection.pick_some(session, library)
        is_complete = True
        if dry_run:
            _show_plan(session, _part(library).plan(picked.tracks.file_ids, options), output)
            _show_samples(session, library, islice(picked.tracks, 3), options, output)
        else:
            classification = _part(library).prepare(picked.tracks, options)
            _ask_leave(session, classification.plan, yes=yes)
            is_complete = _label(session, classification, output, shows_all=not selection.is_empty)
    if not is_complete or picked.unknown:
        sys.exit(FileError.exit_code)


def _show_samples(
    session: Session, library: Library, tracks: Iterable[Track], options: ClassifyOptions, output: Output
) -> None:
    """Show the labels that rules would give to some tracks, if no model is used."""
    if output.format is not None or options.service() is not None:
        return
    from map4.extras.classify.views import LabelTable

    table = LabelTable(session.out)
    for track, found in _part(library).prepare(list(tracks), options).samples():
        table.write(replace(track, labels=found))


def _ask_leave(session: Session, plan: LabelPlan, *, yes: bool) -> None:
    """Report what will be sent; the first time, ask for consent."""
    if not plan.requests or not plan.has_key or plan.host is None:
        return
    what = (
        f"asking {plan.model} at {plan.host} about {counted(plan.questions, 'track')} ({_fields(plan)}): "
        f"{counted(plan.requests, 'request')}, {_tokens(plan)}"
    )
    otherwise = "nothing was sent; 'map4 classify --provider keywords' labels without a network"
    session.require_sending(what, plan.consent, yes=yes, otherwise=otherwise)


def _label(session: Session, classification: Classification[Track], output: Output, *, shows_all: bool) -> bool:
    """Label the tracks; returns whether the model answered about all of them."""
    writer = _writer(session, output)
    done = 0
    # On a terminal the printed lines already show the progress.
    is_wanted = output.format is not None or not sys.stdout.isatty()
    with (
        session.reporting_stop(lambda: f"the labels of {counted(done, 'track')} are kept"),
        session.bar("labelling", total=classification.plan.tracks, is_wanted=is_wanted) as show,
    ):
        for event in classification.events():
            if isinstance(event, LabelNotice):
                (session.warn if event.is_fault else session.info)(f"map4: {event.message}")
            elif isinstance(event, Labelled):
                done += 1
                show(advance=1)
                # People want to see new labels; programs all selected tracks.
                if output.format is not None or (event.track.labels and (shows_all or event.via != "known")):
                    writer.write(event.track)
            elif isinstance(event, LabellingFinished):
                summary = event.summary
    writer.finish()
    if output.format == "jsonl":
        Session.write_json_line(summary.to_record())
    session.info(_sentence(summary))
    return not summary.unanswered


def _writer(session: Session, output: Output) -> TrackWriter | LabelTable:
    if output.format is not None:
        return TrackWriter(session, output)
    from map4.extras.classify.views import LabelTable

    return LabelTable(session.out)


def _sentence(summary: LabelSummary) -> str:
    named = [
        ("labelled before", summary.known),
        ("answered before", summary.cached),
        (f"by {summary.model}", summary.asked),
        ("by rules", summary.rules),
    ]
    counts = ", ".join(f"{count:,} {name}" for name, count in named if count) or "nothing to do"
    unknown = f", {summary.unknown:,} of unknown genre" if summary.unknown else ""
    skipped = f", {summary.skipped:,} that can't be identified left out" if summary.skipped else ""
    skipped += f", {summary.unanswered:,} without an answer of the model" if summary.unanswered else ""
    tokens = f"{summary.input_tokens:,} tokens in, {summary.output_tokens:,} out"
    cost = f"; {counted(summary.requests, 'request')}, {tokens}" if summary.requests else ""
    return f"{counted(summary.tracks, 'track')}: {counts}{unknown}{skipped}{cost}"


def _show_plan(session: Session, plan: LabelPlan, output: Output) -> None:
    if output.write(plan):
        return
    known = f"{plan.known:,} already{f' by {plan.model}' if plan.model else ''}"
    rows = [
        ("tracks", f"{plan.tracks:,}"),
        ("labelled", known + (f", {plan.cached:,} answered before" if plan.cached else "")),
        ("to label", f"{plan.open:,}"),
    ]
    if plan.host is not None:
        limits = plan.limits
        per = f" of up to {counted(limits.batch_size, 'track')}, {limits.concurrency} at once" if plan.requests else ""
        rows += [
            ("asked about", counted(plan.questions, "track") + (", the others are the same recordings or left to rules"
                                                       if plan.questions < plan.open else "")),
            ("requests", f"{plan.requests:,}{per}"),
            ("cost", f"{_tokens(plan)}, at the prices of {plan.host}"),
            ("sent", f"{_fields(plan)}; never audio, folders or comments"),
            ("for example", to_json(plan.example) if plan.example else "nothing"),
            ("sent to", f"{plan.model} at {plan.host}"),
            ("key", _key(plan)),
        ]  # fmt: skip
    else:
        rows.append(("labelled by", f"{plan.provider}, without any network"))
    for name, value in rows:
        if session.out.is_terminal or name != "for example":  # JSON for a program stays on one line
            value = textwrap.fill(value, max(20, session.out.width - 13), break_on_hyphens=False)
        for line in textwrap.indent(value, " " * 13).replace(" " * 13, f"{name:<12} ", 1).split("\n"):
            session.echo(line)


def _key(plan: LabelPlan) -> str:
    if plan.key_variable is None:
        return "none is needed"
    return plan.key_variable if plan.has_key else f"none in {plan.key_variable}: nothing would be sent"


def _fields(plan: LabelPlan) -> str:
    return enumerated([_NAMES_OF_FIELDS.get(name, name) for name in plan.fields])


def _tokens(plan: LabelPlan) -> str:
    return f"about {_round(plan.input_tokens):,} tokens in and {_round(plan.output_tokens):,} out"


def _round(tokens: int) -> int:
    """Round to two digits, as more would suggest precision that an estimate lacks."""
    unit: int = 10 ** max(0, len(str(tokens)) - 2)
    return round(tokens / unit) * unit


def _part(library: Library) -> LabelsPart:
    from map4.extras.classify.part import LabelsPart

    return library.part(LabelsPart)

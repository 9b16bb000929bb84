"""`map4 classify`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from map4.cli.options import Map4Command, Seconds, current_session
from map4.cli.output import write_json, write_json_line
from map4.cli.track_output import Output, TrackWriter, reading_options
from map4.cli.track_selection import selection_options, tell_unknown
from map4.errors import FileError, NothingFoundError

if TYPE_CHECKING:
    from map4.app.labelling.labelling import LabelEvent, LabelSummary
    from map4.app.labelling.plan import Classification, LabelPlan
    from map4.cli.options import Session
    from map4.cli.track_selection import Picked, Selection
    from map4.library import Library

_NAMES_OF_FIELDS = {"title": "title (or file name)", "genre": "genre tag"}


@click.command(
    cls=Map4Command,
    epilog="Exit codes: 0 every track has labels, 1 could not do it, 2 wrong usage or nobody to ask for leave, "
    "3 some FILEs are not in the library, 4 no track selected, no library yet, or you said no, 130 interrupted.",
)
@selection_options
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would be sent, and what it would cost.")
@click.option("-y", "--yes", is_flag=True, help="Send without asking.")
@click.option(
    "--provider",
    default="claude",
    metavar="NAME",
    show_default=True,
    help="Who labels: claude, or without network keywords, or a plug-in.",
)
@click.option("--model", metavar="NAME", help="Claude's model (also MAP4_MODEL).")
@click.option("--base-url", metavar="URL", help="Where Claude answers (also MAP4_BASE_URL).")
@click.option("--batch-size", type=click.IntRange(1, 100), default=20, show_default=True, help="Tracks a request.")
@click.option("--concurrency", type=click.IntRange(1, 32), default=4, show_default=True, help="Requests at once.")
@click.option(
    "--max-wait",
    type=Seconds(),
    metavar="S",
    default=120.0,
    help="Seconds that faults may cost in all (default: 120).",
)
@click.option("--max-requests", type=click.IntRange(min=1), metavar="N", help="Send so many requests at most.")
@click.option("--max-tracks", type=click.IntRange(min=1), metavar="N", help="Ask about so many tracks at most.")
@click.option("--force", is_flag=True, help="Ask again about what is known.")
@reading_options()
def command(
    selection: Selection,
    dry_run: bool,
    yes: bool,
    provider: str,
    model: str | None,
    base_url: str | None,
    batch_size: int,
    concurrency: int,
    max_wait: float,
    max_requests: int | None,
    max_tracks: int | None,
    force: bool,
    output: Output,
) -> None:  # fmt: skip
    """Label tracks with genre, mood and era by Claude.

    This is the only command that uses the network. It sends artist, title, album, year and genre tag of tracks that
    are not labelled yet, never audio, and asks you before it does so for the first time. The key is taken from
    ANTHROPIC_API_KEY. Without a key, and where Claude gives no answer, genres come from the genre tag and from folder
    names, and every label says its source. Without FILE and --query: the whole library.

    \b
    map4 classify --dry-run                  what would be sent and cost
    map4 classify
    map4 classify --query 'missing:mood added:-2w' --yes
    map4 classify ~/Music/New --jsonl | jq .labels
    map4 classify --provider keywords        without any network
    map4 search mood:dark era:90s            what it is good for
    """
    if dry_run and output.form not in (None, "json"):
        raise click.UsageError("--dry-run prints a text, or one document with --json.")
    session = current_session()
    from map4.app.asking.batches import AskingLimits

    options: dict[str, Any] = {
        "provider": provider,
        "model": model or session.config["classify.model"],
        "base_url": base_url or session.config["classify.base_url"],
        "limits": AskingLimits(
            batch_size=batch_size, concurrency=concurrency, max_wait_s=max_wait, max_requests=max_requests
        ),
        "max_tracks": max_tracks,
        "force": force,
    }
    with session.open_library(create=False) as library:
        picked = _picked(session, selection, library)
        classification = library.classification(picked.tracks, **options)
        if dry_run:
            _show_plan(session, classification.plan, output, options["limits"])
            return
        _ask_leave(session, classification.plan, yes=yes)
        _label(session, classification, output, shows_all=not selection.is_empty)
    if picked.unknown:
        sys.exit(FileError.exit_code)


def _picked(session: Session, selection: Selection, library: Library) -> Picked:
    picked = selection.pick(library)
    tell_unknown(session, picked.unknown)
    if not picked.tracks:
        raise NothingFoundError("no track matches" if not picked.unknown else "none of these is in the library")
    return picked


def _ask_leave(session: Session, plan: LabelPlan, *, yes: bool) -> None:
    """Say what will be sent; the first time, ask whether it may be."""
    if not plan.requests or not plan.has_key or plan.host is None:
        return
    is_allowed = yes or plan.is_agreed
    speak = session.say if is_allowed else session.tell  # a question needs to be understood, also with -q
    speak(
        f"asking {plan.model} at {plan.host} about {_tracks(plan.questions)} ({_fields(plan)}): "
        f"{_requests(plan.requests)}, {_tokens(plan)}"
    )
    if is_allowed:
        return
    if not session.may_ask:
        raise click.UsageError("This asks first whether it may send that; say --yes to send it without asking.")
    if not click.confirm("Send this, now and from now on? Nothing else leaves this machine", err=True):
        raise NothingFoundError("nothing was sent; 'map4 classify --provider keywords' labels without a network")
    plan.agree()


def _label(session: Session, classification: Classification, output: Output, *, shows_all: bool) -> None:
    from map4.app.labelling.labelling import Labelled, LabellingFinished, LabelNotice

    writer = _writer(session, output)
    done = 0
    with _progress(session, classification.plan, is_wanted=output.form is not None or not sys.stdout.isatty()) as show:
        try:
            for event in classification.events():
                if isinstance(event, LabelNotice):
                    (session.tell if event.is_fault else session.say)(f"map4: {event.message}")
                elif isinstance(event, Labelled):
                    done += 1
                    # A person wants to see what is new; a program what it selected.
                    if output.form is not None or shows_all or event.via != "known":
                        writer.write(event.track)
                elif isinstance(event, LabellingFinished):
                    summary = event.summary
                show(event)
        except BaseException as error:
            if not isinstance(error, Exception):  # Ctrl-C, SIGTERM
                session.say(f"map4: stopped; the labels of {_tracks(done)} are kept")
            raise
    writer.finish()
    if output.form == "jsonl":
        write_json_line(summary.to_record())
    session.say(_sentence(summary))


def _writer(session: Session, output: Output) -> Any:
    if output.form is not None:
        return TrackWriter(session, output)
    from map4.cli.views.labels import LabelTable

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
    cost = (
        f"; {_requests(summary.requests)}, {summary.input_tokens:,} tokens in, {summary.output_tokens:,} out"
        if summary.requests
        else ""
    )
    return f"{_tracks(summary.tracks)}: {counts}{unknown}{skipped}{cost}"


def _show_plan(session: Session, plan: LabelPlan, output: Output, limits: Any) -> None:
    if output.form == "json":
        write_json(plan.to_record())
        return
    from map4.cli.output import printable, to_json

    rows = [
        ("tracks", f"{plan.tracks:,}"),
        ("labelled", f"{plan.known:,} already" + (f", {plan.cached:,} answered before" if plan.cached else "")),
        ("to label", f"{plan.open:,}"),
    ]
    if plan.host is not None:
        per = f" of up to {_tracks(limits.batch_size)}, {limits.concurrency} at once" if plan.requests else ""
        rows += [
            ("asked about", _tracks(plan.questions) + (", the others are the same recordings or left to rules"
                                                       if plan.questions < plan.open else "")),
            ("requests", f"{plan.requests:,}{per}"),
            ("cost", _tokens(plan)),
            ("sent", f"{_fields(plan)}; never audio, folders or comments"),
            ("for example", to_json(plan.example) if plan.example else "nothing"),
            ("sent to", f"{plan.model} at {plan.host}"),
            ("key", "ANTHROPIC_API_KEY" if plan.has_key else "none in ANTHROPIC_API_KEY: nothing would be sent"),
        ]  # fmt: skip
    else:
        rows.append(("labelled by", f"{plan.provider}, without any network"))
    import textwrap

    for name, value in rows:
        shown = printable(value)
        if session.out.is_terminal or name != "for example":  # JSON for a program stays on its line
            shown = textwrap.fill(shown, max(20, session.out.width - 13), break_on_hyphens=False)
        session.out.print(textwrap.indent(shown, " " * 13).replace(" " * 13, f"{name:<12} ", 1), soft_wrap=True)


def _fields(plan: LabelPlan) -> str:
    names = [_NAMES_OF_FIELDS.get(name, name) for name in plan.fields]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _tokens(plan: LabelPlan) -> str:
    return f"about {_round(plan.input_tokens):,} tokens in and {_round(plan.output_tokens):,} out"


def _round(tokens: int) -> int:
    """Two digits: more would promise what an estimate can't keep."""
    unit: int = 10 ** max(0, len(str(tokens)) - 2)
    return round(tokens / unit) * unit


def _tracks(count: int) -> str:
    return "1 track" if count == 1 else f"{count:,} tracks"


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count:,} requests"


@contextmanager
def _progress(session: Session, plan: LabelPlan, *, is_wanted: bool) -> Iterator[Any]:
    """Draw a bar on stderr where that is a terminal and lines on stdout don't show how far it is."""
    is_quiet = not is_wanted or session.is_quiet or not sys.stderr.isatty()
    if is_quiet or not session.err.is_terminal or session.err.is_dumb_terminal:
        yield lambda event: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from map4.app.labelling.labelling import Labelled

    columns = (BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    with Progress(TextColumn("labelling"), *columns, console=session.err, transient=True) as bar:
        task = bar.add_task("labelling", total=plan.tracks)

        def show(event: LabelEvent) -> None:
            if isinstance(event, Labelled):
                bar.advance(task)

        yield show

"""`map4 lookup`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from map4.cli.exits import Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Map4DefaultGroup, Session
from map4.cli.track_output import Output
from map4.cli.track_selection import Picked, Selection
from map4.core.base.text import counted
from map4.errors import FileError, Map4Error, NothingFoundError, ProviderSilentError, UsageError
from map4.extras.lookup import known_providers as providers
from map4.extras.lookup.known_providers import ProviderStates
from map4.extras.lookup.options import LookupOptions
from map4.plays import KeyPress

if TYPE_CHECKING:
    from map4.extras.lookup.part import Lookup, Lookups
    from map4.extras.lookup.records import LookedUp, LookupEvent, LookupPlan, LookupSummary
    from map4.library import Library


def show_providers(output: Output) -> None:
    """Show every provider, and why some services are not supported."""
    from map4.extras.lookup.views import providers_view

    session = Session.current()
    states = providers.provider_states(session.config["providers"])
    if not output.write(ProviderStates(providers=tuple(states))):
        session.out.print(providers_view(states))


def check_providers(names: Sequence[str]) -> None:
    """Send a test request to each named or enabled provider, and show whether it answers."""
    settings = Session.current().config["providers"]
    chosen = names or tuple(provider.name for provider in providers.provider_states(settings) if provider.state == "on")
    if not chosen:
        raise UsageError(
            "no provider is enabled; name a provider, as in 'map4 lookup --providers --check --provider musicbrainz'"
        )
    problems = {name: providers.check(name, settings) for name in chosen}
    for name, problem in problems.items():
        Session.current().echo(f"{name}: {'answers' if problem is None else problem}")
    failed = sum(problem is not None for problem in problems.values())
    if failed:
        sys.exit(Map4Error.exit_code if failed == len(problems) else FileError.exit_code)


_QUIT = frozenset({"q", "Q", KeyPress.END, "\x1b"})
_NONE = (NothingFoundError, "no track selected")
_yes = CallOption.yes("Send without a confirmation.")


@Map4DefaultGroup.of(
    ProviderSilentError, Exit.NEEDS_YES, (FileError, "some tracks could not be looked up"),
    (FileError, "some providers don't answer"), Exit.NOT_IN_LIBRARY, _NONE,
    (NothingFoundError, "no names or ids to ask with"), Exit.NO_LIBRARY, Exit.REFUSED, Exit.INTERRUPTED,
    name="lookup",
    headings={
        "Tracks": "--files-from --query",
        "Providers": "--provider --providers --check --dry-run --yes --max-requests --max-wait",
    },
)  # fmt: skip
@Selection.options
@CallOption.of(LookupOptions)
@click.option("--providers", "shows_providers", is_flag=True, help="Show all providers, and which you can use.")
@click.option("--check", "checks", is_flag=True, help="With --providers: test those enabled, or each --provider.")
@CallOption.dry_run("Only show what would be sent, and how long it takes.")
@_yes
@Output.options("json", "jsonl")
def command(
    selection: Selection,
    options: LookupOptions,
    shows_providers: bool,
    checks: bool,
    dry_run: bool,
    yes: bool,
    output: Output,
) -> None:
    """Identify tracks and fetch facts from public services.

    Label, catalogue number, ISRC, dates, genres and remixers come from MusicBrainz and others (--providers), within
    each service's rate limit. Ids, catalogue numbers and names are sent (to AcoustID: a fingerprint), never audio; map4
    asks for your consent before it sends for the first time. Files are not changed. Each value keeps its source: 'map4
    tags show' lists all values, and settings choose between them. Certain matches are accepted; doubtful matches wait
    for 'map4 lookup review'. Without FILE and --query, the whole library is looked up.

    \b
    map4 lookup --providers                        which services there are
    map4 lookup --provider musicbrainz --dry-run   what is sent, how long it takes
    map4 lookup --provider musicbrainz --query missing:label
    map4 lookup --provider musicbrainz ~/Music/New --yes
    map4 lookup review --provider musicbrainz
    map4 search label:warp year:1999               search by fetched values
    """
    if shows_providers or checks:
        if not shows_providers:
            raise click.UsageError("--check needs --providers: map4 lookup --providers --check.")
        if CallOption.given() - {"shows_providers", "checks", "output_json", *(("providers",) if checks else ())}:
            raise click.UsageError("--providers can be combined only with --json, or with --check and --provider.")
        if checks and output.format is not None:
            raise click.UsageError("--check prints text only.")
        check_providers(options.providers) if checks else show_providers(output)
        return
    with _picked(selection) as (session, library, picked):
        if dry_run:
            _show_plan(session, _part(library).plan(picked.tracks, options), output)
            if not options.providers and not any(setting.get("enabled") for setting in options.settings.values()):
                session.info("map4: no provider is enabled; --provider musicbrainz would send this")
        else:
            looking_up = _part(library).prepare(picked.tracks, options)
            _ask_leave(session, looking_up.plan, yes=yes)
            _look_up(session, looking_up, options.providers, output)


@contextmanager
def _picked(selection: Selection) -> Iterator[tuple[Session, Library, Picked]]:
    """Yield the tracks of a selection; exit with 3 afterwards if the library lacks some."""
    session = Session.current()
    with session.open_library(create=False) as library:
        picked = selection.pick_some(session, library)
        yield session, library, picked
    if picked.unknown:
        sys.exit(FileError.exit_code)


def _ask_leave(session: Session, plan: LookupPlan, *, yes: bool) -> None:
    from map4.extras.lookup.views import asking

    for provider in plan.providers:
        if provider.requests:
            session.require_sending(asking(provider), provider.consent, yes=yes)


def _look_up(session: Session, looking_up: Lookup, named: Sequence[str], output: Output) -> None:
    from map4.extras.lookup.views import sentence

    plan = looking_up.plan
    total, is_named = plan.tracks * len(plan.providers), len(plan.providers) > 1
    with session.reporting_stop(lambda: "results so far are stored, and the next run continues here"):
        summary = _shown(session, looking_up.events(), output, total=total, is_named=is_named)
    assert summary is not None
    provider_options = [word for name in named for word in ("--provider", name)]
    summary.require_named()
    session.info(sentence(summary, session.command("lookup", "review", *provider_options)))
    if summary.failed:
        done = summary.accepted + summary.review + summary.none + summary.known
        sys.exit(FileError.exit_code if done else Map4Error.exit_code)


def _shown(
    session: Session, events: Iterable[LookupEvent], output: Output, *, total: int | None = None, is_named: bool = False
) -> LookupSummary | None:
    """Print events and return the summary; `is_named` adds the provider's name."""
    from map4.extras.lookup.provider_calls import LookupNotice
    from map4.extras.lookup.records import LookedUp, LookupsDocument
    from map4.extras.lookup.views import line

    summary: LookupSummary | None = None

    def found() -> Iterator[LookedUp]:
        nonlocal summary
        is_wanted = output.format is not None or not sys.stdout.isatty()
        with session.bar("looking up", total=total, is_wanted=is_wanted and total is not None) as show:
            for event in events:
                if isinstance(event, LookupNotice):
                    (session.warn if event.is_fault else session.info)(f"map4: {event.message}")
                elif isinstance(event, LookedUp):
                    show(advance=len(event.files))
                    yield event
                else:
                    summary = event

    if output.format is None:
        shown: set[str] = set()
        for event in found():
            problem = event.failure.message if event.failure else ""
            if event.status != "known" and problem not in shown:
                session.out.print(line(event, is_named=is_named), soft_wrap=True)
                shown |= {problem} - {""}  # one line per failure message
        return summary
    records = (record for event in found() for record in event.records())
    if output.format == "json":
        Session.write_json_list(LookupsDocument(lookups=records, summary=None), lambda: {"summary": summary})
        return summary
    for record in records:
        Session.write_json_line(record.to_record())
    if summary is not None:
        Session.write_json_line(summary.to_record())
    return summary


def _show_plan(session: Session, plan: LookupPlan, output: Output) -> None:
    if output.write(plan):
        return
    from map4.extras.lookup.views import plan_view

    for part in plan_view(plan):
        session.out.print(part, soft_wrap=True)


@Map4Command.of(Exit.NOT_IN_LIBRARY, _NONE, Exit.NO_LIBRARY, Exit.REFUSED)
@Selection.options
@CallOption.of(LookupOptions, without=("max_requests", "max_wait_s", "force"))
@CallOption.yes()
def forget(selection: Selection, options: LookupOptions, yes: bool) -> None:
    """Delete what providers returned for these tracks, such as wrong matches.

    \b
    map4 lookup forget track.mp3
    map4 lookup forget track.mp3 --provider discogs
    """
    providers = options.providers
    with _picked(selection) as (session, library, picked):
        question = f"Delete {', '.join(providers) or 'provider'} values of {counted(len(picked.tracks), 'track')}?"
        session.require_yes(question, yes=yes)
        count = _part(library).forget(picked.tracks, providers=providers)
        if not count:
            raise NothingFoundError("no provider returned anything for these tracks")
        session.info(f"deleted the values of {counted(count, 'recording')}")


@Map4Command.of(
    ProviderSilentError, Exit.NEEDS_YES, Exit.NOT_IN_LIBRARY, _NONE, (NothingFoundError, "nothing to review"),
    Exit.NO_LIBRARY, Exit.REFUSED, Exit.INTERRUPTED,
    headings={"Tracks": "--files-from --query", "Providers": "--provider --yes"},
)  # fmt: skip
@Selection.options
@CallOption.of(LookupOptions)
@_yes
@Output.options("json", "jsonl")
def review(selection: Selection, options: LookupOptions, yes: bool, output: Output) -> None:
    """Decide on doubtful matches with single keys; --json and --jsonl list them.

    \b
    map4 lookup review --provider musicbrainz
    """
    with _picked(selection) as (session, library, picked):
        _review(session, _part(library).prepare(picked.tracks, options), output, yes=yes)


def _review(session: Session, looking_up: Lookup, output: Output, *, yes: bool) -> None:
    doubts = list(looking_up.doubts())
    if output.format is not None:
        _shown(session, doubts, output)
    if not doubts:
        raise NothingFoundError("there is nothing to review; to look tracks up, run 'map4 lookup'")
    if output.format is not None:
        return
    if not session.may_ask:
        raise click.UsageError("This needs a terminal. To list the doubtful matches, use --json.")
    from map4.extras.lookup.views import doubt_view

    if not all(provider.consent.is_given for provider in looking_up.plan.providers):
        _ask_leave(session, looking_up.plan, yes=yes)
    for place, doubt in enumerate(doubts, start=1):
        session.err.print(doubt_view(doubt, f"{place}/{len(doubts)}"), soft_wrap=True)
        choices = {str(number): number - 1 for number in range(1, len(doubt.choices) + 1)}
        take = "1" if len(choices) == 1 else f"1-{len(choices)}"
        session.warn(f"{take} accept, n none of these, s later, q stop:")
        with KeyPress.each() as keys:
            key = next((press.key for press in keys if press.key in {*choices, "n", "s", *_QUIT}), "q")
        if key in _QUIT:
            break
        if key != "s":
            _shown(session, looking_up.decide(doubt, choices.get(key)), output)


def _part(library: Library) -> Lookups:
    from map4.extras.lookup.part import Lookups

    return library.part(Lookups)

"""`map4 doctor`."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from map4 import compare, values
from map4.cli.bug_report import write_bug_report
from map4.cli.exits import EXIT_FINDINGS, Exit
from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Session
from map4.cli.value_types import Name, PathArgument
from map4.core.base.text import counted
from map4.core.music.query.context import nothing_found
from map4.doctor.checks.finding import PROPOSED, Finding, Findings
from map4.doctor.checks.groups import ALBUM_CHECKS, ALL_CHECKS, GROUP_CHECKS, SPELLED, Doubts
from map4.errors import FileError, NothingFoundError, QueryError

if TYPE_CHECKING:
    from map4.compare import SecondOpinion
    from map4.core.base.paths import Paths
    from map4.doctor.use import Examination
    from map4.library import Library
    from map4.values import ValueEdit

MOST_SHOWN = 3  # maximum findings shown per check, unless --only names the check
SUBJECTS = tuple(dict.fromkeys(check.subject for check in ALL_CHECKS))
_PROPOSED = (*PROPOSED, Doubts.IMPORT_COPIES.name, *(check.name for check in GROUP_CHECKS if check.subject in SPELLED))
_OF_ALBUMS = frozenset(("albums", *(check.name for check in ALBUM_CHECKS)))
_COMPILING = "running librosa; the first time on a machine it compiles itself, which takes about 20 s"


@Map4Command.of(
    QueryError, Exit.STRICT_FINDINGS, Exit.NO_MATCH, Exit.NO_LIBRARY, Exit.INTERRUPTED, done="done, also with findings",
    headings={"What is checked": "--query --only --apply --second-opinion"},
)  # fmt: skip
@CallOption.query()
@click.option(
    "--only",
    metavar="WHAT",
    multiple=True,
    type=Name([*SUBJECTS, *(check.name for check in ALL_CHECKS)]),
    help="Only this check, or all checks of this subject (repeatable).",
)
@click.option("--second-opinion", is_flag=True, help="Also analyse uncertain tempi and keys with librosa.")
@click.option(
    "--apply", "applied", metavar="CHECK", multiple=True, type=Name(_PROPOSED),
    help="Set what the findings of CHECK propose, as one step (repeatable).",
)  # fmt: skip
@click.option("--all", "with_doubtful", is_flag=True, help="With --apply: also set what is only likely.")
@CallOption.dry_run("With --apply: only show what would change.")
@CallOption.yes("With --apply: don't ask.")
@CallOption.strict
@click.option(
    "--report", metavar="FILE", type=PathArgument(allow_dash=True),
    help="Show and write what a report of a bug needs, without names of music ('-' only shows it).",
)  # fmt: skip
@click.option("--json", "output_format", flag_value="json", help="Print one JSON document.")
@click.option("--jsonl", "output_format", flag_value="jsonl", help="Print each finding at once as a line of JSON.")
def command(
    query: str | None,
    only: tuple[str, ...],
    second_opinion: bool,
    applied: tuple[str, ...],
    dry_run: bool,
    with_doubtful: bool,
    yes: bool,
    strict: bool,
    report: str | None,
    output_format: str | None,
) -> None:
    """Find what looks wrong, and what can be done about it.

    Checks for: tempo, key and bar one that are uncertain or contradict other sources, half and double time within a
    genre or folder, imported beat grids that miss the beats, clipped, silent or damaged recordings, wrong suffixes,
    low quality, files made from lossy ones, missing tags, copies of the same recording, missing and failed files,
    analyses by an older version, artist, years, numbers and covers of albums, spelling of genres and artists, and
    lists and imports that an older map4 stored otherwise.

    If a tempo, key or bar one is uncertain, you choose: each finding has a command that keeps the value and others that
    change it. All settle it: values that you have set are not doubted again. For an album or a genre one command sets
    all its tracks; 'map4 set undo' reverts it, and 'map4 tags write' writes it into the files.

    \b
    map4 doctor
    map4 doctor --only tempo --query 'genre:dnb'
    map4 doctor --only tempo_doubtful --second-opinion
    map4 doctor --apply garbled --dry-run
    map4 doctor --jsonl | jq -r '.command // empty'    safe to run
    map4 doctor --jsonl | jq -r '.choices[] | .label + "   " + .command'
    """
    session = Session.current()
    if report is not None:
        if CallOption.given() != {"report"}:
            raise click.UsageError("--report takes no other options.")
        write_bug_report(session, report)
        return
    if applied:
        how = {"dry_run": dry_run, "as_json": output_format is not None, "confirm": not yes}
        _apply(session, applied, query, doubtful=with_doubtful, is_streamed=output_format == "jsonl", **how)
        return
    if dry_run or yes or with_doubtful:
        raise click.UsageError("--all, --dry-run and --yes need --apply; otherwise nothing is changed.")
    with session.open_library(create=False) as library:
        count = _write_findings(library, query, only, output_format, second_opinion=second_opinion)
        unread = library.doctor.unread() if not only or _OF_ALBUMS.intersection(only) else 0
        # No findings are good news only if something was checked.
        if not count and not library.count(query or "is:any"):
            raise NothingFoundError(nothing_found(query))
    if unread:
        session.info(
            f"albums of {counted(unread, 'file')} can't be checked yet: an older map4 read fewer of their tags; "
            f"{session.command('scan')} reads them"
        )
    if not count:
        session.info("nothing found" if query or only else "no problems detected")
    if strict and count:
        sys.exit(EXIT_FINDINGS)


def _write_findings(
    library: Library, query: str | None, only: Sequence[str], output_format: str | None, *, second_opinion: bool
) -> int:
    session = Session.current()
    with session.comparing_sounds() as show:
        options: dict[str, Any] = {"only": only, "program": session.program, "progress": show}
        opinions = _Opinions(library, session) if second_opinion else None
        if output_format is None:
            examination = library.doctor.examine(query or "is:any", most=None if only else MOST_SHOWN, **options)
        else:
            findings: Iterable[Finding] = library.doctor.findings(query or "is:any", **options)
    if output_format is None:
        return _write_for_people(session, examination, opinions)
    if opinions is not None:
        findings = map(opinions.added_to, findings)
    if output_format == "json":
        return Session.write_json_list(Findings(findings=findings))
    count = 0
    for finding in findings:
        Session.write_json_line(finding.to_record())
        count += 1
    return count


def _apply(
    session: Session, checks: Sequence[str], query: str | None, *, doubtful: bool, is_streamed: bool, **how: bool
) -> None:
    """Set what the findings of checks propose."""
    if is_streamed or CallOption.given() - {"applied", "query", "with_doubtful", "dry_run", "yes", "output_format"}:
        raise click.UsageError("--apply takes no other options than --query, --all, --dry-run, --yes and --json.")
    with session.open_library(create=False) as library:
        if Doubts.IMPORT_COPIES.name in checks:
            if query or {*checks} != {Doubts.IMPORT_COPIES.name}:
                raise click.UsageError(f"--apply {Doubts.IMPORT_COPIES.name} takes neither other checks nor --query.")
            _give_back(session, library, **how)
        elif edits := list(_proposed(library, checks, query, doubtful=doubtful)):
            from map4.values.commands.set import set_each

            set_each(library, edits, **how)
        else:
            raise NothingFoundError("nothing to set: no finding has a single proposal")


def _give_back(session: Session, library: Library, *, dry_run: bool, as_json: bool, confirm: bool) -> None:
    """Give entries and places of lists back to their own files, and show what changes; with `confirm`, ask first."""
    done = library.imports.give_back(dry_run=dry_run or confirm)
    if not (done.entries or done.lists):
        raise NothingFoundError("nothing to give back: no imported entry is at a copy of a file that is back")
    for name in done.unknown:
        session.warn(f"map4: {name}: no version says whether it had the own file; it stays as it is")
    what = f"{counted(done.entries, 'entry', 'entries')} and {counted(len(done.lists), 'list')}"
    if confirm and not dry_run:
        session.require_yes(f"Give back {what}?", otherwise="nothing was changed")
        done = library.imports.give_back()
    if as_json:
        Session.write_json(done.to_record())
    for name in done.lists:
        session.info(f"{name}: own files {'would be' if dry_run else 'are'} back in their places")
    session.info(f"{what} {'would change' if dry_run else 'changed'}; plays stay with the copies")


def _proposed(
    library: Library, checks: Sequence[str], query: str | None, *, doubtful: bool
) -> Iterator[tuple[Paths, ValueEdit]]:
    for finding in library.doctor.findings(query or "is:any", only=checks):
        if (choice := finding.proposal(doubtful=doubtful)) is not None:
            files: Any = finding.track if choice.audio_ids is ... else choice.audio_ids
            tracks = library.search(choice.query) if isinstance(choice.query, str) else files
            chosen: Any = choice.values
            yield tracks, values.ValueEdit(**chosen, respell=choice.respell is True)


def _what() -> str:
    listed = (f"WHAT, a subject: {', '.join(SUBJECTS)}", f"or a check: {', '.join(check.name for check in ALL_CHECKS)}")
    lines = (line for text in listed for line in textwrap.wrap(text, 74, subsequent_indent="  "))
    return "\n".join(["\b", *lines])


command.help = f"{inspect.cleandoc(command.help or '')}\n\n{_what()}"


class _Opinions:
    """Runs librosa once per track, and only for tempo and key."""

    def __init__(self, library: Library, session: Session) -> None:
        compare.require_librosa()
        session.info(_COMPILING)
        self._library = library
        self._session = session
        self._known: dict[str, SecondOpinion | None] = {}

    def about(self, finding: Finding) -> SecondOpinion | None:
        if finding.check.subject not in ("tempo", "key"):
            return None
        path = finding.track.path
        if path not in self._known:
            self._known = {path: None}  # findings of a track come together
            try:
                self._known[path] = self._library.tracks.second_opinion(finding.track)
            except FileError as error:
                self._session.warn_of(path, error)
        return self._known[path]

    def added_to(self, finding: Finding) -> Finding:
        opinion = self.about(finding)
        return replace(finding, second_opinion=None if opinion is None else opinion.beside(finding.track))


def _write_for_people(session: Session, examination: Examination, opinions: _Opinions | None) -> int:
    from map4.doctor.views import DoctorView

    view = DoctorView(examination.counts, notation=session.notation, program=session.command())
    for finding in examination.findings:
        view.add(finding, None if opinions is None else opinions.about(finding))
    count = sum(examination.counts.values())
    if count:
        session.out.print(view.rendered(session.out), soft_wrap=True)
        is_of_names = any(name in examination.counts for name in ("genre_spellings", "artist_spellings"))
        where = "" if is_of_names else f" in {counted(examination.tracks, 'track')}"
        session.info(f"{counted(count, 'finding')}{where}")
    return count

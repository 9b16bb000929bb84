"""Plans to move copies into a quarantine, and back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from map4.core.base.paths import display_path
from map4.core.base.text import counted, size_text
from map4.duplicates import DuplicateGroup, DuplicateOptions
from map4.errors import NothingFoundError
from map4.extras.quarantine.options import CopyDone, QuarantineOptions, without_analyses
from map4.extras.quarantine.part import QuarantinePart
from map4.extras.quarantine.places import usual_folder
from map4.extras.quarantine.replacing import replacements
from map4.jobs import Begun, Draft, Reporter, ShownChanges
from map4.jobs.plans.common import Selected
from map4.library import Library

_MOST_REMARKS = 20
_NO_COPY = "is no longer a copy of the file to keep; make a new plan"


def _groups(library: Library, wanted: DuplicateOptions, options: QuarantineOptions) -> Iterator[DuplicateGroup]:
    """Find the groups with all their copies; of a replacement, with the named ones."""
    if options.replaces:
        groups = replacements(library._services.store, wanted)
    else:
        groups = library.duplicates.find_events(wanted, least_certainty=0.0)
    yield from map(without_analyses, groups)


def _options(wanted: DuplicateOptions, how: Mapping[str, Any], *, dry_run: bool) -> QuarantineOptions:
    return QuarantineOptions(kinds=wanted.kinds, least_certainty=wanted.least_certainty, dry_run=dry_run, **how)


def draft_quarantine(library: Library, wanted: DuplicateOptions, how: Mapping[str, Any], music: Sequence[str]) -> Draft:
    options = _options(wanted, how, dry_run=True)  # refused before anything is compared
    groups, selected = list(_groups(library, wanted, options)), Selected(music=music)
    moves: list[tuple[str, str]] = []
    if not groups:
        raise NothingFoundError("no copies match")
    shown, size_bytes, gone = ShownChanges(), 0, 0
    remarks = list[str]()
    folder = usual_folder(
        (copy.track.path for group in groups for copy in group.copies), library.files.folders(), library.beside
    )
    for event in library.part(QuarantinePart).move_events(groups, folder, options):
        problem = event.problem or selected.problem_of(event.path)
        remarks += [f"{display_path(event.path)}: {event.remark}"] if event.remark else []
        place = [] if event.to is None else [("place", display_path(event.path), display_path(event.to))]
        shown.add(event.path, [*place, ("kept", None, display_path(event.kept))], problem)
        if problem is None and len(moves) < Selected.MOST_FILES:
            moves.append((event.path, event.kept))
            size_bytes += event.size_bytes
            gone += event.is_gone
    copies = f"{counted(len(moves) - gone, 'copy', 'copies')} ({size_text(size_bytes)})"
    summary = [f"{copies} would move to {display_path(folder)}"] if len(moves) > gone else []
    summary += [f"{counted(gone, 'gone file')} would be handed over"] if gone else []
    nothing = "replace" if options.replaces else "move: no copy is certain enough"
    return Draft(
        summary=", ".join(summary) if moves else f"there is nothing to {nothing}",
        work={"folder": folder, "moves": moves, "wanted": asdict(wanted), "how": dict(how)},
        warnings=(
            "nothing is deleted; lists, imports and your values of a copy move to the file that stays",
            *remarks[:_MOST_REMARKS],
        ),
        count=len(moves),
        changes=shown.changes,
        left_alone=shown.left_alone,
    )


def do_quarantine(library: Library, begun: Begun, report: Reporter) -> dict[str, Any]:
    work, wanted = begun.work, DuplicateOptions(**begun.work["wanted"])
    options = _options(wanted, work["how"], dry_run=False)
    planned = {(path, kept_path) for path, kept_path in work["moves"]}
    tally, journal = begun.tally(report, len(planned)), None
    groups = (
        group for each in _groups(library, wanted, options) if (group := _planned_group(each, planned)) is not None
    )
    for copy in library.part(QuarantinePart).move_events(groups, work["folder"], options, plan=begun.id):
        planned.discard((copy.path, copy.kept))
        tally.add(copy.outcome, copy.path, copy.problem, copy.to_record())
        journal = copy.journal or journal
    for path, kept_path in sorted(planned):
        left = CopyDone(path=path, outcome="left", kept=kept_path, problem=_NO_COPY)
        tally.add(left.outcome, path, left.problem, left.to_record())
    return tally.result("moved", "copies", journal and display_path(journal))


def _planned_group(group: DuplicateGroup, planned: Collection[tuple[str, str]]) -> DuplicateGroup | None:
    """Return a group with only the planned copies and the same kept file."""
    kept_path = group.kept.track.path
    copies = tuple(copy for copy in group.copies if (copy.track.path, kept_path) in planned)
    return replace(group, members=(group.kept, *copies)) if copies else None

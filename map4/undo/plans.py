"""Plans to undo steps with files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.errors import NothingFoundError
from map4.jobs import Begun, Draft, Reporter, ShownChanges
from map4.jobs.plans.common import Selected

if TYPE_CHECKING:
    from map4.library import Library


def draft_undo(library: Library, of: str, name: str | None, music: Sequence[str]) -> Draft:
    """Draft undoing the step of a kind with this name, as listed, or the newest that is not undone."""
    names = {display_path(step.name): step.name for step in library.undo_steps(of).steps if name or not step.is_undone}
    chosen = next(iter(names.values()), None) if name is None else names.get(name)
    if chosen is None:
        raise NothingFoundError("there is no such step to undo")
    shown, selected, paths = ShownChanges(), Selected(music=music), list[str]()
    for file in library.undo(of, chosen, dry_run=True):
        if file.state == "unchanged":
            continue
        problem = file.problem or selected.problem_of(file.path)
        place = () if file.to is None else (("place", display_path(file.to), display_path(file.path)),)
        shown.add(file.path, file.changes or place, problem)
        paths.append(file.path)
    return Draft(
        summary=f"{counted(shown.count, 'file')} would be restored",
        work={"kind": of, "name": chosen, "paths": paths},
        count=shown.count,
        changes=shown.changes,
        left_alone=shown.left_alone,
    )


def do_undo(library: Library, begun: Begun, report: Reporter) -> dict[str, Any]:
    paths = set(begun.work["paths"])
    tally = begun.tally(report, len(paths))
    for file in library.undo_events(begun.work["kind"], begun.work["name"]):
        # A file is unchanged if it was restored before the job was killed.
        is_done = file.state == "unchanged" and file.path in paths
        tally.add("restored" if is_done else file.state, file.path, file.problem, file.to_record())
    return tally.result("restored")

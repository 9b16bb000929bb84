"""Plans to write tags and to undo writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from map4.core.base.paths import display_paths
from map4.core.base.text import counted
from map4.errors import UsageError
from map4.jobs import Begun, Draft, Reporter, ShownChanges
from map4.jobs.plans.common import Selected
from map4.tags.options import TagOptions
from map4.tags.tagging import TaggedFile, planned_tags

if TYPE_CHECKING:
    from map4.library import Library


MOST_READ = 5_000
"""Maximum files that a plan reads while the caller waits, some 5 ms each."""
_ALSO_SET = "values that you set for these files are also set for files with the same audio"


def draft_tags(library: Library, selected: Selected, options: TagOptions) -> Draft:
    if not options.fields:
        raise UsageError('name what to write: {"fields": ["bpm", "key"]}')
    shown, wrote, work, others = ShownChanges(), Counter[str](), [], set[str]()
    for file in library.tags.write_events(selected.of(library, MOST_READ), options, dry_run=True):
        problem = file.problem or selected.problem_of(file.path)
        if problem is None and file.state != "planned":
            continue
        values = ((change.name, change.old, change.new) for change in file.changes)
        shown.add(file.path, values, problem, audio_id=file.audio_id, also=() if problem else file.also)
        if problem is None:
            wrote.update(field.name for field in file.changes)
            others.update(file.also)
            work.append([file.path, planned_tags(file.fields)])
    counts = ", ".join(f"{name.replace('_', ' ')} of {count:,}" for name, count in wrote.most_common())
    usual = {field.name: getattr(options, field.name) for field in fields(options) if field.name != "dry_run"}
    return Draft(
        summary=f"{counted(shown.count, 'file')} would be written: {counts}" if work else "there is nothing to write",
        work={"options": usual, "files": work},
        warnings=(f"{_ALSO_SET}: {display_paths(sorted(others))}",) if others else (),
        count=shown.count,
        changes=shown.changes,
        left_alone=shown.left_alone,
    )


def do_tags(library: Library, begun: Begun, report: Reporter) -> dict[str, Any]:
    planned = {path: tuple(tuple(field) for field in fields) for path, fields in begun.work["files"]}
    tracks, gone = library.tracks.at(list(planned))
    tally, journal = begun.tally(report, len(planned)), None
    for path in gone:
        left = TaggedFile(path=path, state="left_alone", problem="is no longer in the library")
        tally.add(left.state, path, left.problem, left.to_record())
    options = TagOptions(**begun.work["options"])
    for file in library.tags.write_events(tracks, options, planned=planned, plan=begun.id):
        journal = file.journal or journal
        tally.add(file.state, file.path, file.problem, file.to_record())
    return tally.result("written", "tags", journal)

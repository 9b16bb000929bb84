"""Plans to write tags and to undo writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from map4.audio.tags.tagging import TaggedFile, planned_tags
from map4.base.paths import display_paths
from map4.base.text import counted
from map4.errors import NothingFoundError, UsageError
from map4.jobs import Begun, Draft, FieldChange, PlannedChange, ShownChanges, Tell, WayBack
from map4.jobs.plans.common import Selected, Tally
from map4.tags.options import TagOptions

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
        shown.add(_tag_change(file, problem))
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


def _tag_change(file: TaggedFile, problem: str | None) -> PlannedChange:
    changes, also = ((), ()) if problem else (file.changes, file.also)
    field_changes = tuple(FieldChange(name=change.name, before=change.old, after=change.new) for change in changes)
    return PlannedChange(path=file.path, audio_id=file.audio_id, fields=field_changes, problem=problem, also=also)


def do_tags(library: Library, begun: Begun, tell: Tell) -> dict[str, Any]:
    planned = {path: tuple(tuple(field) for field in fields) for path, fields in begun.work["files"]}
    tracks, gone = library.tracks.at(list(planned))
    tally, journal = Tally(tell, len(planned)), None
    for path in gone:
        left = TaggedFile(path=path, state="left_alone", problem="is no longer in the library")
        tally.add(left.state, path, left.problem, left.to_record())
    options = TagOptions(**begun.work["options"])
    for file in library.tags.write_events(tracks, options, planned=planned, plan=begun.id):
        journal = file.journal or journal
        tally.add(file.state, file.path, file.problem, file.to_record())
    undo = WayBack(plan="tags-undo", body={"journal": journal}) if journal else None
    return tally.result("written", undo, journal=journal)


def draft_tags_undo(library: Library, journal: str | None, music: Sequence[str]) -> Draft:
    chosen = next(
        (
            candidate
            for candidate in library.tags.journals()
            if candidate.name == journal or (journal is None and candidate.undone_at is None)
        ),
        None,
    )
    if chosen is None:
        raise NothingFoundError("no written tags can be restored")
    shown, selected = ShownChanges(), Selected(music=music)
    for path, written in library.tags.written(chosen.name):
        problem = selected.problem_of(path)
        field_changes = tuple(
            FieldChange(name=name, before=after, after=before) for name, (before, after) in written.items()
        )
        shown.add(PlannedChange(path=path, fields=() if problem else field_changes, problem=problem))
    if shown.left_alone:
        raise UsageError(
            f"{shown.left_alone:,} of its files are outside the music folders; 'map4 tags undo' restores them"
        )
    return Draft(
        summary=f"{counted(shown.count, 'file')} would be restored, byte for byte",
        work={"journal": chosen.name},
        warnings=("it was undone before",) if chosen.undone_at else (),
        count=shown.count,
        changes=shown.changes,
    )


def do_tags_undo(library: Library, begun: Begun, tell: Tell) -> dict[str, Any]:
    name = begun.work["journal"]
    total = next((journal.files for journal in library.tags.journals() if journal.name == name), 0)
    tally = Tally(tell, total)
    for file in library.tags.undo_events(name):
        # A file is unchanged if it was restored before the job was killed.
        tally.add("restored" if file.state == "unchanged" else file.state, file.path, file.problem, file.to_record())
    return tally.result("restored", None)

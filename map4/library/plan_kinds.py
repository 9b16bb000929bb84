"""What plans are of: for each kind how it is drawn up, which changes nothing, and how a job does it as it was shown."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from map4.app.paths import is_inside
from map4.app.plans.plans import Begun
from map4.app.tagging.options import TagOptions
from map4.domain.paths import display_path
from map4.domain.plans import Draft, FieldChange, PlanKind, PlannedChange, Shown, WayBack
from map4.domain.tagging import TaggedFile, planned_tags
from map4.domain.text import counted
from map4.domain.track.track import Track
from map4.errors import NothingFoundError, UsageError

if TYPE_CHECKING:
    from map4.library import Library

MOST_FILES = 20_000
"""In one plan."""
MOST_PROBLEMS = 100
"""Files that were left alone, of which a result says why."""


class Tell(Protocol):
    """What a job tells: lines, notices, and how far it is."""

    def __call__(self, what: str, value: Any) -> None:
        """Tell a `line` or a `notice`."""

    def progress(self, done: int, total: int, path: str | None = None) -> None:
        """Tell how much is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """Which tracks a plan is about.

    tracks: ids or names of tracks; or those that match `query`
    music: folders in which files may be changed; none means anywhere
    """

    tracks: Sequence[str] = ()
    query: str | None = None
    music: Sequence[str] = ()

    def of(self, library: Library) -> list[Track]:
        """The tracks.

        raises UsageError: if neither or both are named, or there are too many
        raises NothingFoundError: if there is none
        """
        if bool(self.tracks) == bool(self.query and self.query.strip()):
            raise UsageError("name either tracks or a query that is not empty; is:any takes all files")
        if self.query:
            file_ids: Sequence[int] = library.tracks.ids_at(None, query=self.query)[0]
        else:
            file_ids = list(dict.fromkeys(one for name in self.tracks for one in library.tracks.ids_of(name)))
        if not file_ids:
            raise NothingFoundError("no file of the library is meant by this; look at the query again")
        if len(file_ids) > MOST_FILES:
            raise UsageError(f"a plan has at most {MOST_FILES:,} files, not {len(file_ids):,}; narrow the query")
        return list(library.tracks.by_id(file_ids))

    def problem_of(self, path: str) -> str | None:
        """Why a file may not be changed."""
        real = os.path.realpath(path)
        if not self.music or any(is_inside(real, os.path.realpath(folder)) for folder in self.music):
            return None
        return "lies in none of the music folders of the server"


class Tally:
    """What a job has done, file by file."""

    def __init__(self, tell: Tell, total: int) -> None:
        self.states, self._tell, self._total = Counter[str](), tell, total
        self._problems: list[dict[str, Any]] = []

    def add(self, state: str, path: str, problem: str | None, line: Mapping[str, Any]) -> None:
        """Count and tell one file."""
        self.states[state] += 1
        if problem is not None and len(self._problems) < MOST_PROBLEMS:
            self._problems.append({"path": display_path(path), "problem": problem})
        self._tell("line", line)
        self._tell.progress(self.states.total(), self._total, path)

    def result(self, done: str, undo: WayBack | None, **more: Any) -> dict[str, Any]:
        """What the job did; one that did nothing has failed.

        done: the state of files in which something was done
        """
        left = self.states.total() - self.states[done] - self.states["unchanged"]
        if not self.states[done] and left:
            first = self._problems[0] if self._problems else {"path": "", "problem": "was left alone"}
            raise NothingFoundError(f"nothing was done: {first['path']} {first['problem']}")
        return {
            "done": self.states[done],
            "left_alone": left,
            "problems": self._problems,
            "undo": undo and undo.to_record(),
            **more,
        }


def _names(names: Iterable[str]) -> str:
    return ", ".join(one.replace("_", " ") for one in names)


# ---- tags ----------------------------------------------------------------------------------------


def draft_tags(library: Library, selected: Selected, options: TagOptions) -> Draft:
    if not options.fields:
        raise UsageError('name what to write: {"fields": ["bpm", "key"]}')
    shown, wrote, work = Shown(), Counter[str](), []
    for file in library.tags.write_events(selected.of(library), options, dry_run=True):
        problem = file.problem or selected.problem_of(file.path)
        if problem is None and file.state != "planned":
            continue
        shown.add(_tag_change(file, problem))
        if problem is None:
            wrote.update(field.name for field in file.changes)
            work.append([file.path, planned_tags(file.fields)])
    said = ", ".join(f"{name.replace('_', ' ')} of {count:,}" for name, count in wrote.most_common())
    usual = {one.name: getattr(options, one.name) for one in fields(options) if one.name != "dry_run"}
    return Draft(
        summary=f"{counted(shown.count, 'file')} would be written: {said}" if work else "there is nothing to write",
        work={"options": usual, "files": work},
        count=shown.count,
        changes=shown.changes,
        left_alone=shown.left_alone,
    )


def _tag_change(file: TaggedFile, problem: str | None) -> PlannedChange:
    changes = () if problem else file.changes
    told = tuple(FieldChange(name=one.name, before=one.old, after=one.new) for one in changes)
    return PlannedChange(path=file.path, audio_id=file.audio_id, fields=told, problem=problem)


def do_tags(library: Library, begun: Begun, tell: Tell) -> dict[str, Any]:
    planned = {path: tuple(tuple(one) for one in fields) for path, fields in begun.work["files"]}
    tracks, gone = library.tracks.at(list(planned))
    tally, journal = Tally(tell, len(planned)), None
    for path in gone:
        left = TaggedFile(path=path, state="left_alone", problem="is not in the library any more")
        tally.add(left.state, path, left.problem, left.to_record())
    options = TagOptions(**begun.work["options"])
    for file in library.tags.write_events(tracks, options, planned=planned):
        journal = file.journal or journal
        tally.add(file.state, file.path, file.problem, file.to_record())
    undo = WayBack(plan="tags-undo", body={"journal": journal}) if journal else None
    return tally.result("written", undo, journal=journal)


# ---- tags back -----------------------------------------------------------------------------------


def draft_tags_undo(library: Library, journal: str | None, music: Sequence[str]) -> Draft:
    found = next(
        (one for one in library.tags.journals() if one.name == journal or (journal is None and one.undone_at is None)),
        None,
    )
    if found is None:
        raise NothingFoundError("no tags were written that could be taken back")
    shown, selected = Shown(), Selected(music=music)
    for path, written in library.tags.written(found.name):
        problem = selected.problem_of(path)
        told = tuple(FieldChange(name=name, before=after, after=before) for name, (before, after) in written.items())
        shown.add(PlannedChange(path=path, fields=() if problem else told, problem=problem))
    if shown.left_alone:
        raise UsageError(
            f"{shown.left_alone:,} of its files lie in none of the music folders; 'map4 tags undo' restores them"
        )
    return Draft(
        summary=f"{counted(shown.count, 'file')} would become what it was before, byte for byte",
        work={"journal": found.name},
        warnings=("it was undone before",) if found.undone_at else (),
        count=shown.count,
        changes=shown.changes,
    )


def do_tags_undo(library: Library, begun: Begun, tell: Tell) -> dict[str, Any]:
    name = begun.work["journal"]
    total = next((one.files for one in library.tags.journals() if one.name == name), 0)
    tally = Tally(tell, total)
    for file in library.tags.undo_events(name):
        tally.add(file.state, file.path, file.problem, file.to_record())
    return tally.result("restored", None)


# ---- forget --------------------------------------------------------------------------------------


def draft_forget(library: Library, selected: Selected, *, folder: str | None, ignore: bool) -> Draft:
    if folder is not None:
        if selected.tracks or selected.query or ignore:
            raise UsageError("a folder is forgotten alone; leave tracks, query and ignore out")
        return _draft_folder(library, folder)
    shown = Shown()
    tracks = selected.of(library)
    for track in tracks:
        shown.add(PlannedChange(path=track.path, audio_id=track.audio_id, fields=_FORGOTTEN))
    out = "and scans leave them out from then on" if ignore else "until a scan finds them again"
    return Draft(
        summary=f"{counted(shown.count, 'file')} would be taken out of the library, {out}; the files stay on the disk",
        work={"paths": [track.path for track in tracks], "ignore": ignore},
        warnings=("lists keep them as missing",),
        count=shown.count,
        changes=shown.changes,
    )


_FORGOTTEN = (FieldChange(name="place", before="in the library", after=None),)


def _draft_folder(library: Library, folder: str) -> Draft:
    [found] = library.files.described([folder])
    if found.scanned_at is None:
        raise NothingFoundError(f"{display_path(folder)} is none of the folders that are scanned")
    return Draft(
        summary=f"{display_path(folder)} would be scanned no more, with {counted(found.tracks, 'track')} in it, which "
        "the library keeps as long as their files are there",
        work={"folder": folder},
        count=1,
        changes=(PlannedChange(path=folder, fields=(FieldChange(name="place", before="is scanned", after=None),)),),
    )


def do_forget(library: Library, begun: Begun, tell: Tell) -> dict[str, Any]:
    work = begun.work
    if "folder" in work:
        return {"done": 1, "missing": library.files.forget_folder(work["folder"]), "undo": None}
    tracks, _ = library.tracks.at(work["paths"])
    done = library.files.forget(tracks, ignore=work["ignore"])
    if not done:
        raise NothingFoundError("none of these files is in the library any more")
    return {"done": done, "left_alone": len(work["paths"]) - done, "undo": None}


DO: Mapping[PlanKind, Callable[[Library, Begun, Tell], dict[str, Any]]] = {
    "tags": do_tags,
    "tags-undo": do_tags_undo,
    "forget": do_forget,
}
"""What does a plan, by its kind."""

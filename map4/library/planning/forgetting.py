"""Plans of what leaves the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from map4.app.plans.plans import Begun
from map4.domain.paths import display_path
from map4.domain.plans import Draft, FieldChange, PlannedChange, Shown
from map4.domain.text import counted
from map4.errors import NothingFoundError, UsageError
from map4.library.planning.common import Selected, Tell

if TYPE_CHECKING:
    from map4.library import Library


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

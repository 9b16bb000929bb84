"""Plans to remove files, folders and imports from the library."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.errors import NothingFoundError, UsageError
from map4.jobs import Begun, Draft, FieldChange, PlannedChange, Reporter, ShownChanges
from map4.jobs.plans.common import Selected

if TYPE_CHECKING:
    from map4.library import Library


def draft_forget(
    library: Library,
    selected: Selected,
    *,
    folder: str | None = None,
    imported: str | None = None,
    plays: bool = False,
    ignore: bool = False,
) -> Draft:
    """Draft the removal of files, of a scanned folder, or of an imported file's data."""
    names = [name for name in (folder, imported) if name is not None]
    if names and (selected.tracks or selected.query or ignore or len(names) > 1):
        raise UsageError("forget one folder or one import at a time, without other options")
    if plays and imported is None:
        raise UsageError("plays are those of an import; name it with imported")
    if imported is not None:
        return _import(library, imported, plays=plays)
    return _files(library, selected, ignore=ignore) if folder is None else _folder(library, folder)


def _files(library: Library, selected: Selected, *, ignore: bool) -> Draft:
    shown = ShownChanges()
    tracks = selected.of(library)
    for track in tracks:
        shown.add(track.path, [("place", "in the library", None)], audio_id=track.audio_id)
    out = "and future scans skip them" if ignore else "until a scan finds them again"
    return Draft(
        summary=f"{counted(shown.count, 'file')} would be removed from the library, {out}; the files stay on disk",
        work={"paths": [track.path for track in tracks], "ignore": ignore},
        warnings=("lists keep them as missing",),
        count=shown.count,
        changes=shown.changes,
    )


def _folder(library: Library, folder: str) -> Draft:
    [described] = library.files.described([folder])
    if not described.is_scanned:
        raise NothingFoundError(f"{display_path(folder)} is not a scanned folder")
    return Draft(
        summary=f"{display_path(folder)} would no longer be scanned, with {counted(described.tracks, 'track')} in it, "
        "which stay in the library as long as their files exist",
        work={"folder": folder},
        count=1,
        changes=(PlannedChange(path=folder, fields=(FieldChange(name="place", before="is scanned", after=None),)),),
    )


def _import(library: Library, path: str, *, plays: bool) -> Draft:
    imported = next((imported for imported in library.imports.history() if display_path(imported.path) == path), None)
    place = path if imported is None else imported.path
    of_it = library.imports.plays_of(place)
    if imported is None and not (plays and (of_it.own or of_it.shared)):
        raise NothingFoundError(f"nothing was imported from {path}")
    about = f"the data of {os.path.basename(path)} about {counted(imported.tracks if imported else 0, 'track')}"
    sentences = of_it.sentences("would be deleted, too" if plays else "would stay")
    return Draft(
        summary="; ".join((f"{about} would be deleted", "its lists stay", *sentences)),
        work={"imported": place, "plays": plays},
        count=1,
    )


def do_forget(library: Library, begun: Begun, report: Reporter) -> dict[str, Any]:
    """Remove what the plan names; what is gone already, such as by an attempt that was cut short, counts as done."""
    work = begun.work
    with suppress(NothingFoundError):
        if "folder" in work:
            library.files.forget_folder(work["folder"])
        elif "imported" in work:
            library.imports.forget(work["imported"], plays=work.get("plays", False))
        else:
            library.files.forget(library.tracks.at(work["paths"])[0], ignore=work["ignore"])
    return begun.result_of(len(work.get("paths", [work])))

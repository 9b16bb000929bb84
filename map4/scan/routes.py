"""Routes for folders of this machine, to choose one to scan."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from map4.base.actor import Actor
from map4.library import Library
from map4.scan.folders import Folder, FolderList
from map4.server.admission import KeyNeededError
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route
from map4.server.settings import OutsideMusicError, inside


def picked(library: Library, request: RequestInput, path: str) -> str:
    """Return the real path of a folder that the caller may look into and scan.

    raises KeyNeededError: if that takes the local key of this machine
    raises OutsideMusicError: if no caller may
    """
    try:
        return inside(path, _paths(_places(library, request)))
    except OutsideMusicError:
        if not request.has_key:
            inside(path, request.settings.home())
            raise KeyNeededError from None
        raise


def seeing_folders(library: Library, actor: Actor) -> Library:
    """Return the library for a caller with the scope `scan`, who may see its folders even without `read`."""
    return library.acting_as(replace(actor, scopes=actor.scopes | {"read"}))


def _places(library: Library, request: RequestInput) -> tuple[Folder, ...]:
    """Return the folders to choose music from: those of `--music`, else the scanned ones; plus the home folder for a
    caller with the local key while there are no accounts."""
    library = seeing_folders(library, request.actor)
    known = library.files.described(request.settings.music or None)
    home = request.settings.home() if request.has_key and not request.actor.has_account else ()
    return (*known, *library.files.described([folder for folder in home if folder not in _paths(known)]))


def _paths(folders: Iterable[Folder]) -> list[str]:
    return [folder.path for folder in folders]


def _folders(library: Library, request: RequestInput) -> dict[str, Any]:
    places = _places(library, request)
    if request.query.path is None:
        needs_key = not request.has_key and bool(request.settings.home())
        return FolderList(folder=None, parent=None, folders=places, needs_key=needs_key).to_record()
    within = [os.path.realpath(path) for path in _paths(places)]
    return library.files.folders_in(picked(library, request, request.query.path), within).to_record()


ROUTES = (
    Route("GET", "/folders", "scan",
          "Folders to choose from, with how many of their tracks the library knows. Without `path`: top-level folders.",
          _folders, query=plain_shape("FoldersQuery", path=(str | None, None)), answer="folders",
          example={"path": "{music}"}),
)  # fmt: skip

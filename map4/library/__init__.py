"""The public façade: a music library that is scanned, asked and cared for."""

from __future__ import annotations

from map4.app.paths import PathLike, absolute_path
from map4.library.addresses import AddressMethods
from map4.library.catalogue import CatalogueMethods
from map4.library.duplicates import DuplicateMethods
from map4.library.exports import ExportMethods
from map4.library.imports import ImportMethods
from map4.library.jobs import JobMethods
from map4.library.labels import LabelMethods
from map4.library.lookup import LookupMethods
from map4.library.maintenance import MaintenanceMethods
from map4.library.playing import PlayMethods
from map4.library.playlists import PlaylistMethods
from map4.library.quarantine import QuarantineMethods
from map4.library.scan import ScanMethods
from map4.library.search import SearchMethods
from map4.library.similar import SimilarMethods
from map4.library.tags import TagMethods
from map4.library.values import ValueMethods

__all__ = ["Library", "PathLike", "absolute_path"]


class Library(
    ScanMethods,
    SearchMethods,
    AddressMethods,
    SimilarMethods,
    DuplicateMethods,
    PlaylistMethods,
    ExportMethods,
    ImportMethods,
    ValueMethods,
    TagMethods,
    PlayMethods,
    LabelMethods,
    LookupMethods,
    QuarantineMethods,
    JobMethods,
    MaintenanceMethods,
    CatalogueMethods,
):
    """A library file and what can be done with it.

    >>> from map4 import Library
    >>> with Library.open("music.map4") as library:  # doctest: +SKIP
    ...     for event in library.scan_events(["~/Music"]):
    ...         print(event)

    Make one with `Library.open`; close it, or use it in a `with` statement. A library belongs to one thread.

    Calls with options take them as a record (`library.scan(paths, ScanOptions(force=True))`), which a program can keep
    and hand on, or as keywords (`library.scan(paths, force=True)`).
    """

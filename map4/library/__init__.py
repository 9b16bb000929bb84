"""The public façade: a music library that is scanned, asked and cared for."""

from __future__ import annotations

from collections.abc import Mapping

from map4.app.paths import PathLike, absolute_path
from map4.domain.actor import Scope, needing
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

NEEDS: Mapping[Scope, str] = {
    "read": """
        tracks track tracks_by_id tracks_at ids_at named search paths wanted count columns stats doctor examine
        recordings second_opinion addressed address_of address_page ids_of made_by_id folders identity changes
        changed_by_others catalogue cover similar sound_steps compare mix duplicates duplicate_groups playlist
        playlist_events request ask analyze analyze_events play converted tagged tag_journals written_files
        imports pending_imports jobs job job_file job_events has_server info states ignored_files
    """,
    "own": "set export submit_job cancel_job retry_job",
    "scan": """
        scan scan_events watch import_file import_files match_pending_imports forget_import
        classification label_plan classify classify_events label_comparison looking_up lookup lookup_events
        forget_lookups forget forget_files unignore_files warm
    """,
    "files": """
        write_tags write_tags_events undo_tags undo_tags_events
        quarantine quarantine_events undo_quarantine undo_quarantine_events
    """,
    "admin": "prune clear backup require_no_server job_runner",
}
"""What each method needs of the actor. `set` needs "correct" for what is not one's own, `analyze` "scan" to store."""


@needing(NEEDS)
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

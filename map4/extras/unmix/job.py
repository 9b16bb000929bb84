"""The job that un-mixes a recording, and what it stores of the track list."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from map4.core.base.paths import display_path, file_stem
from map4.core.base.text import counted, utc_text
from map4.errors import FileError, Map4Error, NothingFoundError
from map4.extras.unmix.access import unmix as _unmix
from map4.extras.unmix.recorded_sets import RecordedSets
from map4.extras.unmix.records import Unmixed
from map4.extras.unmix.request import SetWishes, StoredSet, UnmixOptions, UnmixRequest
from map4.jobs import Reporter, SentFiles
from map4.library import Library

_LISTENED, _NAMED = 0.35, 0.92
"""Progress after listening to the recording and after locating the tracks; the rest is for unknown passages."""
_TRACK_S = 120.0  # estimated length of set per examined track; the true number of tracks is known only at the end
_MOST_OF_TRACKS = 0.95


class _Progress:
    """Progress of un-mixing one recording, derived from its stages."""

    def __init__(self, report: Reporter) -> None:
        self._report, self._at, self._length_s, self._looked, self._now = report, 0.0, 0.0, 0, "listening"

    def decoded(self, done_s: float, length_s: float | None) -> None:
        if length_s:
            self._length_s, share = length_s, min(1.0, done_s / length_s)
            self._reach(_NAMED + (1.0 - _NAMED) * share if self._looked else _LISTENED * share)

    def stage(self, line: str) -> None:
        self._now = line.partition(": ")[2]  # without the name of our temporary file
        if self._now != "listening":
            self._looked += 1
            share = self._looked * _TRACK_S / max(self._length_s, _TRACK_S)
            self._reach(_LISTENED + (_NAMED - _LISTENED) * min(share, _MOST_OF_TRACKS))

    def _reach(self, share: float) -> None:
        self._at = max(self._at, share)
        self._report.progress(round(1000 * self._at), 1000, self._now)


def unmix(library: Library, files: Sequence[str], request: UnmixRequest, report: Reporter, task: Any) -> dict[str, Any]:
    """Un-mix a recording, store what was requested, and return the track list.

    task: "folder" is the target of the copy with chapters, or None
    """
    path = request.path if request.sent is None else SentFiles(library.beside).file(request.sent)
    name = request.name or display_path(path or "")
    if path is None:
        raise NothingFoundError(f"{name} was deleted when its job ended; upload it again")
    progress = _Progress(report)
    with ExitStack() as stack:
        options = UnmixOptions(
            query=request.query,
            tracklist=_wanted(library, request, stack),
            clip=request.clip,
            longest_s=request.longest_s,
        )
        [unmixed] = _unmix(library, path, options, on_stage=progress.stage, on_read=progress.decoded)
    if unmixed.failure is not None:
        raise FileError(unmixed.failure.kind, f"{name} {unmixed.failure.message}")
    if not unmixed.tracks:
        raise NothingFoundError(f"{name}: no track detected")
    if task["folder"] is not None:
        _tried(report, lambda: _copy(library, unmixed, task["folder"], name))
    shown = unmixed if request.sent is None else replace(unmixed, path=name)
    if request.save is not None or request.keep:
        _tried(report, lambda: _report_stored(report, request, keep_set(library, shown, request, request)))
    return shown.document()


def keep_set(library: Library, unmixed: Unmixed, wishes: SetWishes, request: UnmixRequest) -> StoredSet:
    """Store a track list as requested.

    request: the request of the job, which may contain the time of the recording
    """
    began = _began(library, unmixed, wishes, request)
    list_id, plays = None, 0
    with library.at_once():
        if wishes.save is not None:
            library.part(RecordedSets).save(unmixed, wishes.save, began=began, force=wishes.force)
            list_id = library.lists.id_of(wishes.save)
        if wishes.keep:
            replace(wishes, began=began).require_time()
            plays = library.part(RecordedSets).keep(unmixed, began)
        step = library.part(RecordedSets).step_of(unmixed, began)
    return StoredSet(list=list_id, plays=plays, began=None if began is None else utc_text(began), step=step)


def _began(library: Library, unmixed: Unmixed, wishes: SetWishes, request: UnmixRequest) -> datetime | None:
    """Start of the recording: as given now or in the upload, else from its file."""
    for settings in (wishes, request):
        if settings.began is not None:
            return settings.began.astimezone()
        if settings.ended is not None:
            return settings.ended.astimezone() - timedelta(seconds=unmixed.duration_s or 0.0)
    return library.part(RecordedSets).began(unmixed) if request.sent is None else None


def _wanted(library: Library, request: UnmixRequest, stack: ExitStack) -> str | None:
    """The list of wanted tracks: a stored list's id, or a temporary file with the given lines."""
    if request.tracklist is None:
        return None if request.playlist is None else library.lists.id_of(request.playlist)
    path = os.path.join(stack.enter_context(tempfile.TemporaryDirectory(prefix="map4-list-")), "list.txt")
    with open(path, "w", encoding="utf-8", errors="replace") as file:
        file.write(request.tracklist)
    return path


def _copy(library: Library, unmixed: Unmixed, folder: str, name: str) -> None:
    stem = file_stem(os.path.splitext(name)[0], "set")
    suffix = os.path.splitext(unmixed.path)[1].lower()
    library.part(RecordedSets).write_chapters(unmixed, os.path.join(folder, stem + suffix))


def _report_stored(report: Reporter, wishes: SetWishes, stored: StoredSet) -> None:
    if wishes.save is not None:
        report("notice", {"message": f"stored as '{wishes.save}'"})
    if wishes.keep:
        report("notice", {"message": f"{counted(stored.plays, 'new play')} recorded"})


def _tried(report: Reporter, do: Any) -> None:
    """Run a step after hours of work: report its failure as a notice, and keep the track list."""
    try:
        do()
    except Map4Error as error:
        report("notice", {"message": str(error)})

"""Scan folders, and analyse single files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from map4.app.scan.events import FileDone, ScanEvent, ScanFinished, ScanNotice, ScanOptions, ScanSummary
from map4.domain.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.infra.files.walk import AUDIO_EXTENSIONS
from map4.infra.sqlite.scan_lock import scan_lock
from map4.infra.workers.lanes import usable_cores
from map4.library.arguments import PathLike, absolute_path, as_paths, known_name, without_repeats
from map4.library.open_library import OpenLibrary
from map4.ports.scanning import WalkOptions

if TYPE_CHECKING:
    pass


class Scanning(OpenLibrary):
    """Scan folders, and analyse single files."""

    def scan(self, paths: PathLike | Iterable[PathLike] = (), **options: Any) -> ScanSummary:
        """Scan folders and files; see `scan_events` for the options."""
        for event in self.scan_events(paths, **options):
            if isinstance(event, ScanFinished):
                return event.summary
        raise AssertionError("a scan ends with its summary")

    def scan_events(
        self,
        paths: PathLike | Iterable[PathLike] = (),
        *,
        jobs: int | None = None,
        recursive: bool = True,
        extensions: Iterable[str] = AUDIO_EXTENSIONS,
        exclude: Iterable[str] = (),
        force: bool = False,
        retry_failed: bool = False,
        max_files: int | None = None,
        max_age: timedelta | None = None,
        timeout_s: float | None = None,
        dry_run: bool = False,
        report_unchanged: bool = False,
        wait: bool = False,
        keep_roots: bool = True,
    ) -> Iterator[ScanEvent]:
        """Scan, event by event; each file is stored before its event comes.

        Parameters
        ----------
        paths : folders and files; none means the folders scanned before
        jobs : worker processes; None takes a worker for each usable core
        recursive, extensions, exclude : which files of a folder count
        force, retry_failed, max_age : what to analyse again
        max_files : end after so many files were worked on
        timeout_s : seconds a file may take; None grows with its size
        dry_run : only say what would be read
        report_unchanged : give events for unchanged files too
        wait : wait for another scan of this library to end
        keep_roots : remember the folders, and note which of their files are gone

        Yields
        ------
        ScanStarted, then FileDone and ScanNotice as they happen, at last ScanFinished. Closing the generator early
        ends the workers; what is finished is kept.

        Raises
        ------
        LibraryBusyError
            If another scan of this library runs.
        UsageError
            If there are no paths, and none were scanned before.
        """
        roots = self._store.roots()
        named = as_paths(paths)
        chosen = [known_name(path, roots) for path in named]
        flat = frozenset() if recursive else frozenset(chosen)
        absent: list[str] = []
        if not chosen:
            absent = [root for root in roots if not os.path.isdir(root)]
            chosen = [root for root in roots if root not in absent]
            flat = frozenset(root for root, is_recursive in roots.items() if not is_recursive or not recursive)
        if absent and not chosen:
            raise NothingFoundError(f"none of the folders scanned before is there ({', '.join(absent)})")
        if not chosen:
            raise UsageError("no folder was scanned before; name one: map4 scan ~/Music")
        options = ScanOptions(
            walk=WalkOptions(
                extensions=frozenset(extension.lower().lstrip(".") for extension in extensions),
                exclude=tuple(exclude),
            ),
            flat=flat,
            force=force,
            retry_failed=retry_failed,
            max_files=max_files,
            max_age=max_age,
            timeout_s=timeout_s,
            dry_run=dry_run,
            report_unchanged=report_unchanged,
            keep_roots=keep_roots,
            keep_depth=bool(named),
            decoder=self._decoder,
            jobs=jobs or usable_cores(),
        )
        if not dry_run:
            self._database.require_writable()
        with nullcontext() if dry_run else scan_lock(self.path, wait=wait):
            for root in absent:
                yield ScanNotice(
                    message=f"{root} is not there; is the drive mounted? Its files stay as they are "
                    "('map4 cache forget' takes the folder off the list)"
                )
            for event in self._scan().run(without_repeats(chosen), options):
                if isinstance(event, ScanFinished) and event.summary.has_news and not dry_run:
                    yield from self._join_imports()
                yield event

    def _join_imports(self) -> Iterator[ScanNotice]:
        """Imported values and lists that find their file now."""
        from map4.app.imports.imports import Imports

        imports = Imports(self._database, self._store)
        if imports.is_used():
            yield from (ScanNotice(message=sentence) for sentence in imports.join().sentences())

    def analyze(self, files: PathLike | Iterable[PathLike], **options: Any) -> list[Track]:
        """Analyse single files; see `analyze_events` for the options."""
        return list(self.analyze_events(files, **options))

    def analyze_events(
        self,
        files: PathLike | Iterable[PathLike],
        *,
        jobs: int | None = None,
        force: bool = False,
        store: bool = True,
        timeout_s: float | None = None,
        beats: bool = False,
    ) -> Iterator[Track]:
        """Analyse single files and yield their tracks as they are ready; what is known is not computed again.

        Parameters
        ----------
        files : files, whatever their suffix, and folders
        jobs, force, timeout_s : as for a scan
        store : keep the results in the library
        beats : load beat times of known tracks too
        """
        options = ScanOptions(
            walk=WalkOptions(extensions=AUDIO_EXTENSIONS),
            force=force,
            retry_failed=True,
            timeout_s=timeout_s,
            report_unchanged=True,
            keep_roots=False,
            store=store,
            decoder=self._decoder,
            jobs=jobs or usable_cores(),
        )
        if store:
            self._database.require_writable()
        waiting = without_repeats([absolute_path(path) for path in as_paths(files)])
        while waiting:
            left = dict.fromkeys(path for path in waiting if os.path.isfile(path))
            for event in self._scan().run(waiting, options):
                if isinstance(event, FileDone) and event.track is not None:
                    left.pop(event.path, None)
                    yield self._with_beats(event.track) if beats else event.track
            # A walk gives each real file once; one that was named twice, through a link, gets its own answer.
            waiting = list(left) if len(left) < len(waiting) else []

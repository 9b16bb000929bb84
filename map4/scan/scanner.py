"""Scan folders and analyse single files, for one library."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from typing import Any

from map4.core.audio.jobs import LaneFactory, WalkOptions
from map4.core.base.machine import usable_cores
from map4.core.base.paths import PathLike, absolute_path, as_paths, display_paths, known_names
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError, UsageError
from map4.library import hookspecs
from map4.scan.events import FileDone, ScanEvent, ScanFinished, ScanNotice
from map4.scan.options import AnalyzeOptions, MachineOptions, ScanOptions, ScanSettings
from map4.scan.scan import IsStill, Scan
from map4.scan.walk import DiskFiles


def any_there(paths: Iterable[PathLike]) -> bool:
    """Return whether at least one path exists; a path that can't be checked counts as existing."""
    files = DiskFiles()
    return any(files.exists(absolute_path(path)) for path in paths)


def in_order(tracks: Iterable[Track], chosen: Sequence[PathLike]) -> list[Track]:
    """Return tracks in the order of the chosen paths; those of a folder in the order of their paths."""
    places: dict[str, int] = {}
    for index, path in enumerate(chosen):
        places.setdefault(absolute_path(path), index)

    def place(track: Track) -> tuple[int, str]:
        """Return the position of the first argument that names the track or a folder around it."""
        first, path, parent = len(chosen), "", track.path
        while parent != path:
            path, parent = parent, os.path.dirname(parent)
            first = min(first, places.get(path, first))
        return first, track.path

    return sorted(tracks, key=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """Scans folders and analyses files for one library.

    lanes: makes the lanes that jobs run in
    decoder: what decodes audio, as `module:callable`
    after_news: called before the end of a scan that changed the library; returns sentences to report
    """

    store: Store
    lanes: LaneFactory
    decoder: str
    after_news: Callable[[], Iterable[str]] = tuple

    def scan(self, paths: PathLike | Iterable[PathLike], options: ScanOptions) -> Generator[ScanEvent]:
        """Scan, event by event; see `map4.Library.scan_events`."""
        roots = self.store.tracks.roots()
        named = as_paths(paths)
        chosen = self._as_known(known_names(named, roots))
        flat = frozenset() if options.recursive else frozenset(chosen)
        absent = [root for root in roots if not os.path.isdir(root)]
        if not chosen:
            chosen = [root for root in roots if root not in absent]
            flat = frozenset(root for root, is_deep in roots.items() if not is_deep or not options.recursive)
        if absent and not chosen:
            raise NothingFoundError(f"none of the scanned folders exist ({', '.join(absent)})")
        if not chosen:
            raise UsageError("no folder has been scanned yet; name one: map4 scan ~/Music")
        if named and not any_there(chosen) and not self.store.tracks.known_finder()(chosen):
            hint = "; it was scanned before; is its drive connected?" if roots.keys() & chosen else ""
            raise UsageError(f"no such folder or file: {display_paths(chosen)}{hint}")
        if not options.dry_run:
            self.store.require_writable()
        with nullcontext() if options.dry_run else self.store.locks.scan(wait=options.wait):
            how = self._settings(options, flat=flat, keep_depth=bool(named))
            for event in self._scan(how, after_news=self.after_news).run(chosen):
                # Music found elsewhere may be that of a folder which was moved as a whole.
                while absent and (not named or (isinstance(event, ScanFinished) and event.summary.copied)):
                    yield ScanNotice(
                        message=f"{absent.pop(0)} is not there; is the drive mounted? Its files stay as they are "
                        "('map4 library forget' takes the folder off the list)"
                    )
                yield event

    def rescan(
        self, folders: Mapping[str, bool], options: ScanOptions, is_still: IsStill
    ) -> Generator[ScanEvent, None, None]:
        """Scan folders for a watch (folder -> whether its sub-folders count), without files that are not still."""
        self.store.require_writable()
        with self.store.locks.scan(wait=False):
            flat = frozenset(path for path, is_deep in folders.items() if not is_deep)
            scan = self._scan(self._settings(options, flat=flat), is_still=is_still, after_news=self.after_news)
            yield from scan.run(list(folders))

    def watched_folders(self, paths: PathLike | Iterable[PathLike], *, recursive: bool) -> dict[str, bool]:
        """Return the folders that a watch follows, by the names they were scanned under -> with sub-folders or not."""
        roots = self.store.tracks.roots()
        chosen = known_names(as_paths(paths), roots)
        for path in chosen:
            if not os.path.isdir(path) and path not in roots:
                raise UsageError(f"{path} is {'no folder; name the folder' if os.path.lexists(path) else 'not there'}")
        if not (chosen or roots):
            raise UsageError("no folder has been scanned yet; name one: map4 scan --watch ~/Music")
        return dict.fromkeys(chosen, recursive) or {root: is_deep and recursive for root, is_deep in roots.items()}

    def _settings(self, options: ScanOptions, *, walk: WalkOptions | None = None, **more: Any) -> ScanSettings:
        names = self.store.preferences.listeners if more.get("store", True) else ()
        listeners = {name: listener(self.store) for name in names for listener in hookspecs.listener[name].targets()}
        lanes, walk = options.most_lanes or usable_cores(), walk or options.of_walk()
        oldest = "" if options.max_age is None else (datetime.now(UTC) - options.max_age).isoformat()
        return ScanSettings(
            options=options, walk=walk, oldest=oldest, decoder=self.decoder, listeners=listeners, lanes=lanes, **more
        )

    def analyze(self, files: PathLike | Iterable[PathLike], options: AnalyzeOptions) -> Iterator[Track]:
        """Analyse single files; see `map4.Library.analyze_events`."""
        settings = ScanOptions(
            force=options.force,
            retry_failed=True,
            **{field.name: getattr(options, field.name) for field in fields(MachineOptions)},
            report_unchanged=True,
            keep_roots=False,
        )
        how = self._settings(
            settings,
            walk=WalkOptions(extensions=AudioFormat.EXTENSIONS),
            store=options.store,
            takes_ignored=True,
            longest_s=options.longest_s,
        )
        if options.store:
            self.store.require_writable("store nothing of it: --no-store")
        waiting, answered = [absolute_path(path) for path in as_paths(files)], set[str]()
        while waiting := [path for path in dict.fromkeys(self._as_known(waiting)) if path not in answered]:
            left = dict.fromkeys(path for path in waiting if os.path.isfile(path))
            for event in self._scan(how).run(waiting):
                if isinstance(event, FileDone) and event.track is not None:
                    left.pop(event.path, None)
                    answered.add(event.path)
                    yield self._with_beats(event.track) if options.beats else event.track
            # A walk yields each real file once; if nothing is stored, each name of a file gets an answer.
            waiting = list(left) if len(left) < len(waiting) else []

    def _scan(self, how: ScanSettings, **more: Any) -> Scan:
        lanes, clock = how.options.lanes(self.lanes), partial(datetime.now, UTC)
        return Scan(self.store, DiskFiles(), lanes, how, clock=clock, monotonic=time.monotonic, **more)

    def _as_known(self, paths: Sequence[str]) -> list[str]:
        """Paths with the names by which the library knows the files; one file by two names is not stored twice."""
        second = self.store.tracks.second_names(paths)
        return [second.get(path, path) for path in paths]

    def _with_beats(self, track: Track) -> Track:
        if track.analysis is None or track.analysis.beats_s is not None or not track.cached:
            return track
        return self.store.tracks.detailed(track)

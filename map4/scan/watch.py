"""Watch folders: scan them once, then scan each change as soon as the file is still."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from typing import Literal

from map4.core.audio.jobs import Stamp
from map4.core.base.paths import PathLike, display_path
from map4.core.base.records import Record, ShownPath
from map4.core.store.sql_store import Store
from map4.errors import LibraryBusyError, LibraryWriteError, UsageError, WorkerStartError, WorkerTimeoutError
from map4.scan.changes import DiskChanges, FileChanges, Followed, WatchMethod
from map4.scan.options import (
    FileDone,
    FileStarted,
    ScanFinished,
    ScanNotice,
    ScanStarted,
    ScanSummary,
    ScanTally,
    WatchOptions,
)
from map4.scan.scan import IsStill, Scanner
from map4.scan.walk import DiskFiles


class Settling:
    """Tracks which changed files have kept size and modification time for `settle_s` seconds.

    A file that is gone (stamp None) settles too, so that a moved file is not first reported as missing. Times come
    from a monotonic clock.
    """

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        # The last seen size and modification time of a file, and since when.
        self._seen: dict[str, tuple[tuple[int, int] | None, float]] = {}

    def note(self, path: str, stamp: Stamp | None, now_s: float) -> None:
        """Record the state of a file; a different state restarts its time."""
        content = None if stamp is None else (stamp.size_bytes, stamp.mtime_ns)
        if path not in self._seen or self._seen[path][0] != content:
            self._seen[path] = content, now_s

    def is_still(self, path: str, stamp: Stamp | None, now_s: float) -> bool:
        """Return whether a file has been in this state long enough; otherwise record it, which starts its time.

        An empty file is never still, as it may be a placeholder of a download. A file goes with its folder.
        """
        if stamp is not None and stamp.size_bytes == 0:
            self._seen.pop(path, None)
            return False
        self.note(path, stamp, now_s)
        return self._is_old(path, now_s) or (stamp is None and self._has_lost_its_folder(path, now_s))

    def awaits(self, path: str) -> bool:
        """Return whether a file is known to have changed but was not processed yet."""
        return path in self._seen

    def overdue(self, now_s: float) -> list[str]:
        """Return files that have been still long enough if they have not changed since."""
        return [path for path in self._seen if self._is_old(path, now_s)]

    def next_s(self) -> float | None:
        """Return when the next file may be still; None if none is awaited."""
        if not self._seen:
            return None
        return min(since_s for _, since_s in self._seen.values()) + self._settle_s

    def forget(self, path: str) -> None:
        self._seen.pop(path, None)

    def _is_old(self, path: str, now_s: float) -> bool:
        return now_s - self._seen[path][1] >= self._settle_s

    def _has_lost_its_folder(self, path: str, now_s: float) -> bool:
        folder = os.path.dirname(path)
        while folder != os.path.dirname(folder):
            if folder in self._seen and self._seen[folder][0] is None and self._is_old(folder, now_s):
                return True
            folder = os.path.dirname(folder)
        return False


# Look at all folders this often, in case the system lost an event.
LOOK_AGAIN_S = 3600.0
# How often to try again while another scan runs.
BUSY_S = 1.0
# How often to try again while no worker is available, for example while a cluster restarts.
WORKERS_S = 30.0


class WatchNotice(Record, kind="watch-event", members="event path message"):
    """An event of the watch itself, which 'map4 scan --watch --jsonl' prints between files and summaries.

    event: watching: the system reports changes of this folder; polling: it is polled; absent: it does not exist and
        is watched when it returns; waiting: another scan of the library runs, or no worker is available; replaced:
        the library file was replaced, and everything is scanned again; notice: a notice of a scan
    path: the folder
    message: for a person
    """

    event: Literal["watching", "polling", "absent", "waiting", "replaced", "notice"]
    message: str
    path: ShownPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A batch of changes is in the library: its summary, and the number of tracks now."""

    summary: ScanSummary
    tracks: int


WatchEvent = ScanStarted | FileStarted | FileDone | WatchNotice | Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedLibrary:
    """The library, open for one batch."""

    scanner: Scanner
    count: Callable[[], int]


@dataclass(slots=True)
class Watch:
    """One watch of some folders.

    opened: opens the library for one batch, so that it can be restored, cleared or replaced in between
    store: the library; always open, so that no other file gets its inode
    source: reports changes
    files: the file system
    monotonic: seconds of a clock that is never set
    """

    opened: Callable[[], AbstractContextManager[WatchedLibrary]]
    store: Store
    source: DiskChanges
    files: DiskFiles
    options: WatchOptions
    monotonic: Callable[[], float]
    _settling: Settling = field(init=False)
    _folders: dict[str, bool] = field(default_factory=dict, init=False)
    # Folders to scan regardless of which files in them have settled.
    _to_look_at: set[str] = field(default_factory=set, init=False)
    _look_again_s: float = field(default=0.0, init=False)
    _try_again_s: float | None = field(default=None, init=False)
    _is_first: bool = field(default=True, init=False)
    _methods: dict[str, WatchMethod] = field(default_factory=dict, init=False)
    _identity: Hashable = field(default=None, init=False)
    _reported: set[str] = field(default_factory=set, init=False)
    _waits_for: str | None = field(default=None, init=False)

    def run(self, folders: Mapping[str, bool]) -> Iterator[WatchEvent]:
        """Watch folders, each with whether its sub-folders count, until the generator is closed."""
        self._folders, self._settling = dict(folders), Settling(self.options.settle_s)
        self._identity = self.store.identity()
        try:
            yield from self._notices(self.source.start(folders))
            self._look_at_all()
            while True:
                if due := self._due_folders():
                    yield from self._batch(due)
                changes = self.source.wait(self._idle_s())
                yield from self._notices(changes.followed)
                self._note(changes)
        finally:
            self.source.close()

    # ---- what is due, and when -------------------------------------------------------------------

    def _look_at_all(self) -> None:
        self._to_look_at = set(self._folders)
        self._look_again_s = self.monotonic() + LOOK_AGAIN_S

    def _note(self, changes: FileChanges) -> None:
        now_s = self.monotonic()
        self._to_look_at.update(changes.folders)
        for path in changes.paths:
            self._settling.note(path, self.files.stamp(path), now_s)

    def _due_folders(self) -> dict[str, bool]:
        """Return the folders to scan now: those with a still file, and those to look at anyway."""
        now_s = self.monotonic()
        if self._try_again_s is not None and now_s < self._try_again_s:
            return {}
        self._try_again_s = None
        if now_s >= self._look_again_s:
            self._look_at_all()
        due = set(self._to_look_at)
        for path in self._settling.overdue(now_s):
            self._settling.note(path, self.files.stamp(path), now_s)
        present = self._present()
        for path in self._settling.overdue(now_s):
            holders = [folder for folder in present if path.startswith(os.path.join(folder, ""))]
            due.update(holders)
            if not holders:  # its folder is gone, and is scanned when it returns
                self._settling.forget(path)
        return {path: is_deep for path, is_deep in present.items() if path in due}

    def _present(self) -> dict[str, bool]:
        return {path: is_deep for path, is_deep in self._folders.items() if self.files.is_folder(path)}

    def _idle_s(self) -> float:
        """Return the seconds until there is something to do, if nothing changes."""
        at_s = self._look_again_s
        if (next_s := self._settling.next_s()) is not None:
            at_s = min(at_s, next_s)
        if self._try_again_s is not None:
            at_s = self._try_again_s
        return max(0.0, at_s - self.monotonic())

    # ---- a batch ---------------------------------------------------------------------------------

    def _batch(self, due: dict[str, bool]) -> Iterator[WatchEvent]:
        taken = set(self._settling.overdue(self.monotonic()))
        left: set[str] = set()

        def is_still(path: str, stamp: Stamp | None) -> bool:
            has_settled = self._settling.is_still(path, stamp, self.monotonic())
            if has_settled:
                taken.add(path)
            elif self._settling.awaits(path):
                left.add(path)
            return has_settled

        try:
            with self.opened() as library:
                if self._is_replaced():
                    due = self._present()
                    message = f"{self.store.place.shown} was replaced; all folders are scanned again"
                    yield WatchNotice(event="replaced", message=message)
                yield from self._scan(library, due, is_still, left)
        except LibraryBusyError:
            yield from self._wait(_WAITING, BUSY_S)
            return
        except WorkerStartError as error:
            if self._is_first and not isinstance(error, WorkerTimeoutError):  # more likely a wrong address
                raise
            yield from self._wait(f"{error}; trying again every {WORKERS_S:g} s", WORKERS_S)
            return
        except LibraryWriteError:
            if self.store.identity() == self._identity:
                raise
            # The batch so far went into the replaced file.
            self._to_look_at = set(self._folders)
            self._try_again_s = self.monotonic() + BUSY_S
            return
        self._waits_for = None
        self._to_look_at.difference_update(due)
        for path in taken - left:
            self._settling.forget(path)

    def _is_replaced(self) -> bool:
        before, self._identity = self._identity, self.store.identity()
        return before != self._identity

    def _scan(
        self, library: WatchedLibrary, due: dict[str, bool], is_still: IsStill, left: set[str]
    ) -> Iterator[WatchEvent]:
        """Scan and yield only news; `left` collects the files that `is_still` left for later."""
        tally = ScanTally()
        # a watch that is stopped must end the workers of its scan
        with closing(library.scanner.rescan(due, self.options.of_scan(), is_still)) as events:
            for event in events:
                if isinstance(event, ScanFinished):
                    summary = replace(event.summary, failed=tally.summary().failed)
                    # The first scan is reported too, but only when all its files are still.
                    if summary.has_news or summary.failed or (self._is_first and not left):
                        self._is_first = False
                        yield Settled(summary=summary, tracks=library.count())
                elif isinstance(event, ScanNotice):
                    notice = WatchNotice(event="notice", message=event.message)
                    yield from (notice,) if event.is_news else self._once(notice)
                elif self._is_news(event):
                    tally.add(event)
                    yield event

    # ---- which events are news -------------------------------------------------------------------

    def _is_news(self, event: ScanStarted | FileStarted | FileDone) -> bool:
        if isinstance(event, ScanStarted):
            return event.to_do > 0
        if isinstance(event, FileStarted):
            return True
        if event.failure is None:
            return event.change not in _UNREMARKABLE
        if event.failure.kind == "vanished":  # reported as missing if it was known
            return False
        return event.change == "failed"

    def _wait(self, what: str, again_s: float) -> Iterator[WatchNotice]:
        """Schedule another try of this batch and report why, once."""
        self._try_again_s = self.monotonic() + again_s
        if what != self._waits_for:
            self._waits_for = what
            yield WatchNotice(event="waiting", message=what)

    def _once(self, notice: WatchNotice) -> Iterator[WatchNotice]:
        if notice.message not in self._reported:
            self._reported.add(notice.message)
            yield notice

    def _notices(self, followed: Iterable[Followed]) -> Iterator[WatchNotice]:
        for followed_folder in followed:
            before = self._methods.get(followed_folder.path)
            self._methods[followed_folder.path] = followed_folder.method
            self._reported.clear()
            if followed_folder.method != before:
                yield _notice_of(followed_folder, is_back=before == "absent")


_UNREMARKABLE = ("unchanged", "known_failed", "not_found")
_WAITING = "another scan of this library is running; waiting for its end"


def watch_folders(
    opened: Callable[[], AbstractContextManager[WatchedLibrary]],
    store: Store,
    paths: PathLike | Iterable[PathLike],
    options: WatchOptions,
) -> Iterator[WatchEvent]:
    """Watch folders for a library; see `map4.Library.watch`."""
    with opened() as first:
        folders = first.scanner.watched_folders(paths, recursive=options.recursive)
    store.require_writable()
    if store.is_in_memory:
        raise UsageError("a watch can't update a library in memory; name a file")
    with store.locks.watch():
        source = DiskChanges(options.of_scan().of_walk(), poll_s=options.poll_s)
        yield from Watch(opened, store, source, DiskFiles(), options, monotonic=time.monotonic).run(folders)


def _notice_of(followed: Followed, *, is_back: bool) -> WatchNotice:
    path = display_path(followed.path)
    again = " again" if is_back else ""
    if followed.method == "absent":
        return WatchNotice(
            event="absent",
            path=followed.path,
            message=f"{path} is not there; is the drive mounted? Its files stay as they are, and it is watched again "
            "when it returns",
        )
    if followed.method == "events":
        return WatchNotice(event="watching", path=followed.path, message=f"watching {path}{again}")
    why = f": {followed.reason}" if followed.reason else ""
    message = f"watching {path}{again}, checked every {followed.every_s:g} s{why}"
    return WatchNotice(event="polling", path=followed.path, message=message)

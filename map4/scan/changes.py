"""Follow changes in folders: by system events where there are any, by polling elsewhere."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from map4.core.audio.jobs import FoundFile, Stamp, WalkOptions
from map4.core.base.regular_files import OnDisk
from map4.scan.walk import DiskFiles
from map4.version import Packages

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

POLL_S = 30.0
"""Default interval between two looks at a polled folder."""
# A look at a slow drive may take minutes; most of the time is left to other programs.
_LOOK_SHARE = 1 / 20
# A check costs one `stat` and a read of the mount table.
CHECK_S = 2.0
STEP_S = 0.2
# Events that never pause are returned after this many steps.
_MOST_STEPS = 5
# RuntimeError comes from watchfiles; ValueError means a name that it can't handle.
_LISTENING_ERRORS = (OSError, RuntimeError, ValueError)
# The system drops events beyond its queue (16,384 on Linux): from this many on, some may be lost.
_MANY = 10_000

NO_PACKAGE = f"the package watchfiles is not installed ({Packages('watch').how_to_add()})"
NO_EVENTS = "a drive of another machine sends no events"


WatchMethod = Literal["events", "polling", "absent"]
"""How a folder is followed: by system events, by polling, or not at all because it is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How a folder is followed from now on.

    path: the folder
    method: see `WatchMethod`
    every_s: polling interval in seconds, if it is polled
    reason: why it is polled although polling was not requested: the end of a sentence
    """

    path: str
    method: WatchMethod
    every_s: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanges:
    """Possible changes.

    paths: files that may be new, changed or gone, and folders that are gone
    folders: watched folders in which anything may have changed
    followed: watched folders that are now followed in another way
    """

    paths: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    followed: tuple[Followed, ...] = ()


@dataclass(slots=True)
class DiskChanges:
    """Follows folders of this machine; a false report costs time, a missed change is noticed an hour later.

    poll_s: polling interval in seconds; None uses system events where available
    check_s: interval of the checks that a folder is still the same folder
    step_s: events are collected until this many seconds pass without an event
    """

    options: WalkOptions
    poll_s: float | None = None
    check_s: float = CHECK_S
    step_s: float = STEP_S
    _files: DiskFiles = field(default_factory=DiskFiles, init=False)
    _folders: list[_WatchedFolder] = field(default_factory=list, init=False)
    _arrived: threading.Event = field(default_factory=threading.Event, init=False)
    _check_at_s: float = field(default=0.0, init=False)

    def start(self, folders: Mapping[str, bool]) -> tuple[Followed, ...]:
        """Start following folders (folder -> whether its sub-folders count); all later changes are reported."""
        self._folders = [_WatchedFolder(path, is_deep) for path, is_deep in folders.items()]
        self._check_at_s = time.monotonic() + self.check_s
        return tuple(self._follow(folder) for folder in self._folders)

    def wait(self, at_most_s: float) -> FileChanges:
        """Wait for changes and return those since the last call; empty on timeout."""
        until = time.monotonic() + at_most_s
        while True:
            self._arrived.clear()
            changes = self._look()
            now = time.monotonic()
            if changes != FileChanges() or now >= until:
                return changes
            looks = [folder.poller.next_s for folder in self._folders if folder.poller is not None]
            self._arrived.wait(max(0.0, min(until, self._check_at_s, *looks) - now))

    def close(self) -> None:
        for folder in self._folders:
            folder.leave()

    def _follow(self, folder: _WatchedFolder) -> Followed:
        folder.leave()
        folder.identity = _identity(folder.path)
        if folder.identity is None:
            return Followed(path=folder.path, method="absent")
        reason = None if self.poll_s is not None else self._listen(folder)
        if folder.listener is not None:
            return Followed(path=folder.path, method="events")
        return self._poll(folder, reason)

    def _listen(self, folder: _WatchedFolder) -> str | None:
        """Start collecting the events of a folder; returns the reason if that fails."""
        if not OnDisk(folder.path).reports_changes():
            return NO_EVENTS
        try:
            folder.listener = _Listener(folder.path, folder.is_deep, self.step_s, self._arrived)
        except ImportError:
            return NO_PACKAGE
        except _LISTENING_ERRORS as error:
            return _reason(error)
        return None

    def _poll(self, folder: _WatchedFolder, reason: str | None) -> Followed:
        folder.leave()
        options = replace(self.options, recursive=folder.is_deep)
        folder.poller = _Poller(folder.path, self._files, options, self.poll_s)
        return Followed(path=folder.path, method="polling", every_s=self.poll_s or POLL_S, reason=reason)

    def _look(self) -> FileChanges:
        paths: dict[str, None] = {}
        folders: list[str] = []
        followed: list[Followed] = []
        is_check = time.monotonic() >= self._check_at_s
        if is_check:
            self._check_at_s = time.monotonic() + self.check_s
        for folder in self._folders:
            error = folder.listener.error if folder.listener else None
            if is_check and folder.identity != _identity(folder.path):
                followed.append(self._follow(folder))
                folders.append(folder.path)
            elif error is not None:
                followed.append(self._poll(folder, _reason(error)))
                folders.append(folder.path)
            elif folder.listener is not None:
                unread = folder.listener.take()
                if len(unread) >= _MANY or any(os.path.basename(path) == DiskFiles.IGNORE_FILE for path in unread):
                    folders.append(folder.path)
                files, gone_folders = folder.listener.sorted_out(unread)
                paths |= dict.fromkeys([*self._files.wanted(files, folder.path, self.options), *gone_folders])
            elif folder.poller is not None and time.monotonic() >= folder.poller.next_s:
                paths |= dict.fromkeys(folder.poller.look())
        return FileChanges(paths=tuple(paths), folders=tuple(folders), followed=tuple(followed))


@dataclass(slots=True)
class _WatchedFolder:
    """A folder that is followed by a listener or a poller, or by neither while it is absent."""

    path: str
    is_deep: bool
    identity: object = None
    listener: _Listener | None = None
    poller: _Poller | None = None

    def leave(self) -> None:
        if self.listener is not None:
            self.listener.close()
        self.listener = self.poller = None


class _Listener:
    """Collects the events of one folder in its own thread, so that no signal is lost there."""

    def __init__(self, path: str, is_deep: bool, step_s: float, arrived: threading.Event) -> None:
        self._path = path
        self._real_path = os.path.realpath(path)
        self._is_deep = is_deep
        self._step_ms = round(1000 * step_s)
        self._arrived = arrived
        self._lock = threading.Lock()
        self._found: set[str] = set()
        self._stop = threading.Event()
        self.error: Exception | None = None
        self._notify = _subscribed(path, is_deep=is_deep)
        self._folders: set[str] = set()
        self.sorted_out({path})
        self._thread = threading.Thread(target=self._run, name="map4 scan --watch", daemon=True)
        self._thread.start()

    def take(self) -> set[str]:
        """Return what has changed since the last call."""
        with self._lock:
            paths, self._found = self._found, set()
        return paths

    def sorted_out(self, paths: set[str]) -> tuple[set[str], list[str]]:
        """Split changes into files (including the files of new folders) and folders that are gone.

        The system reports only the folder if it arrives with files in it or receives them immediately.
        """
        files, gone = set(paths), []
        for path in paths:
            if os.path.isdir(path):
                files.remove(path)
                for folder, names, inner in os.walk(path) if self._is_deep else ():
                    self._folders.add(folder)
                    self._folders.update(os.path.join(folder, name) for name in names)  # links too
                    files.update(os.path.join(folder, name) for name in inner)
                try:  # the system reports nothing about new folders once its watch limit is reached
                    _subscribed(self._path, is_deep=False).close()
                except _LISTENING_ERRORS as error:
                    self.error = error
            elif path in self._folders and not os.path.lexists(path):
                inside = os.path.join(path, "")
                self._folders = {folder for folder in self._folders if folder != path and not folder.startswith(inside)}
                gone.append(path)
        return files, gone

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._notify.close()

    def _run(self) -> None:
        try:
            most_ms = _MOST_STEPS * self._step_ms
            while isinstance(events := self._notify.watch(most_ms, self._step_ms, 0, self._stop), set):
                with self._lock:
                    self._found.update(self._as_named(path) for _, path in events)
                self._arrived.set()
        except Exception as error:  # then the folder is polled
            self.error = error
            self._arrived.set()

    def _as_named(self, path: str) -> str:
        """Return a reported path below the folder's given name; macOS reports real paths."""
        inside = os.path.join(self._real_path, "")
        if self._path != self._real_path and path.startswith(inside):
            return os.path.join(self._path, path[len(inside) :])
        return path


class _Poller:
    """Polls the files of one folder."""

    def __init__(self, path: str, files: DiskFiles, options: WalkOptions, every_s: float | None) -> None:
        self._path = path
        self._files = files
        self._options = options
        self._every_s = every_s
        self.next_s = 0.0
        self._known: dict[str, tuple[Stamp, str | None]] = {}
        self.look()

    def look(self) -> list[str]:
        """Return files that are new, changed or gone since the last look; none if the folder is absent or empty."""
        began_s = time.monotonic()
        known = self._known
        if self._files.has_content(self._path):
            files = self._files.walk([self._path], self._options)
            self._known = {file.path: (file.stamp, file.beside) for file in files if isinstance(file, FoundFile)}
        took_s = time.monotonic() - began_s
        self.next_s = began_s + took_s + (self._every_s or max(POLL_S, took_s / _LOOK_SHARE))
        changed = [path for path, state in self._known.items() if known.get(path) != state]
        return changed + [path for path in known if path not in self._known]


def _subscribed(path: str, *, is_deep: bool) -> RustNotify:
    """Subscribe to the events of a folder now; `watchfiles.watch` subscribes only at the first wait.

    watchfiles documents this class, although its module has a private name.
    """
    from watchfiles._rust_notify import RustNotify

    try:
        return RustNotify([path], False, False, 0, is_deep, False)
    except PermissionError:
        # Skip unreadable folders. Only here: this flag also silently skips folders beyond the watch limit.
        return RustNotify([path], False, False, 0, is_deep, True)


def _identity(path: str) -> object:
    """Return a value that changes when another folder or drive takes this name; None if there is no folder."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino, OnDisk(path).mounted_within()) if os.path.isdir(path) else None


def _reason(error: Exception) -> str:
    if any(text in str(error) for text in ("limit reached", "Too many open files", "No space left")):
        return "there are more folders than the system allows a user to watch"
    if isinstance(error, UnicodeError) or "Unable to decode" in str(error):
        return "the name of a file is not valid UTF-8"
    return f"the system sends no events ({error})"

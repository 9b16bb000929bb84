"""Walk folders: each real audio file once, in a stable order, and nothing but regular files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from map4.app.ports import FoundFile, Stamp, WalkOptions, WalkProblem
from map4.domain.track import Failure

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

AUDIO_EXTENSIONS = frozenset(
    "aac aif aifc aiff ape dsf flac m4a m4b mp3 mp4 mpc oga ogg opus tta wav wma wv".split()  # noqa: SIM905
)
IGNORE_FILE = ".map4ignore"
# Folders that systems and devices make beside the user's own.
_SYSTEM_FOLDERS = frozenset(
    {
        "@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "$recycle.bin", "recycler",
        "system volume information", "lost+found", "__macosx",
    }
)  # fmt: skip


class DiskFiles:
    """The file system of this machine."""

    def walk(self, paths: Sequence[str], options: WalkOptions) -> Iterator[FoundFile | WalkProblem]:
        """Find the audio files of some folders, and the files named themselves, whatever their suffix.

        Symbolic links are followed after everything real, so that a file is known by its own name where it has one;
        a file reached twice, through links or as a hard link, is given once.
        """
        return _Walk(options).run(paths)

    def exists(self, path: str) -> bool:
        """Whether there is anything under this name, a dangling link included."""
        return os.path.lexists(path)

    def is_folder(self, path: str) -> bool:
        """Whether this is a folder."""
        return os.path.isdir(path)


class _Walk:
    def __init__(self, options: WalkOptions) -> None:
        self._options = options
        self._suffixes = tuple(f".{extension}" for extension in options.extensions or AUDIO_EXTENSIONS)
        self._seen: set[tuple[int, int]] = set()
        self._links: list[tuple[str, list[_Ignore]]] = []

    def run(self, paths: Sequence[str]) -> Iterator[FoundFile | WalkProblem]:
        for path in paths:
            yield from self._start(path)
        while self._links:
            links, self._links = self._links, []
            for path, ignores in links:
                yield from self._link(path, ignores)

    def _start(self, path: str) -> Iterator[FoundFile | WalkProblem]:
        try:
            status = os.stat(path)
        except OSError as error:
            yield _problem(path, error)
            return
        if stat.S_ISDIR(status.st_mode):
            ignores = [_Ignore(path, self._options.exclude)] if self._options.exclude else []
            yield from self._folder(path, status, ignores)
        elif stat.S_ISREG(status.st_mode):
            yield from self._file(path, status)
        else:
            yield WalkProblem(path=path, failure=Failure(kind="unsupported", message="is not a regular file or folder"))

    def _folder(self, path: str, status: os.stat_result, ignores: list[_Ignore]) -> Iterator[FoundFile | WalkProblem]:
        if not self._is_first(status):
            return
        try:
            with os.scandir(path) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            yield _problem(path, error)
            return
        if any(entry.name == IGNORE_FILE for entry in entries):
            ignores = [*ignores, _Ignore(path, _read_patterns(os.path.join(path, IGNORE_FILE)))]
        for entry in entries:
            try:
                yield from self._entry(entry, ignores)
            except OSError as error:
                yield _problem(entry.path, error)

    def _entry(self, entry: os.DirEntry[str], ignores: list[_Ignore]) -> Iterator[FoundFile | WalkProblem]:
        if entry.name.startswith("."):
            return
        if entry.is_symlink():
            if not any(ignore.covers(entry.path, is_folder=False) for ignore in ignores):
                self._links.append((entry.path, ignores))
        elif entry.is_dir(follow_symlinks=False):
            if not self._options.recursive or entry.name.lower() in _SYSTEM_FOLDERS:
                return
            if not any(ignore.covers(entry.path, is_folder=True) for ignore in ignores):
                yield from self._folder(entry.path, _status(entry), ignores)
        elif entry.name.lower().endswith(self._suffixes):
            status = _status(entry)
            if stat.S_ISREG(status.st_mode) and not any(i.covers(entry.path, is_folder=False) for i in ignores):
                yield from self._file(entry.path, status)

    def _link(self, path: str, ignores: list[_Ignore]) -> Iterator[FoundFile | WalkProblem]:
        try:
            status = os.stat(path)
        except OSError:
            return  # a dangling link, or a loop of links: there is no file behind it
        if stat.S_ISDIR(status.st_mode):
            if self._options.recursive:
                yield from self._folder(path, status, ignores)
        elif stat.S_ISREG(status.st_mode) and path.lower().endswith(self._suffixes):
            yield from self._file(path, status)

    def _file(self, path: str, status: os.stat_result) -> Iterator[FoundFile]:
        if self._is_first(status):
            yield FoundFile(path=path, stamp=Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns))

    def _is_first(self, status: os.stat_result) -> bool:
        identity = (status.st_dev, status.st_ino)
        if identity in self._seen:
            return False
        self._seen.add(identity)
        return True


class _Ignore:
    """Patterns as in a .gitignore, relative to one folder."""

    def __init__(self, folder: str, patterns: Sequence[str]) -> None:
        from pathspec import GitIgnoreSpec

        self._prefix = len(os.path.join(folder, ""))
        self._spec: GitIgnoreSpec = GitIgnoreSpec.from_lines(patterns)

    def covers(self, path: str, *, is_folder: bool) -> bool:
        relative = path[self._prefix :]
        return self._spec.match_file(f"{relative}/" if is_folder else relative)


def _read_patterns(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _status(entry: os.DirEntry[str]) -> os.stat_result:
    # On Windows the entry's own status lacks the file's identity (st_ino is 0).
    return os.stat(entry.path) if os.name == "nt" else entry.stat(follow_symlinks=False)


def _problem(path: str, error: OSError) -> WalkProblem:
    if isinstance(error, FileNotFoundError):
        return WalkProblem(path=path, failure=Failure(kind="vanished", message="does not exist"))
    return WalkProblem(
        path=path, failure=Failure(kind="unreadable", message=f"can't be read: {error.strerror or error}")
    )

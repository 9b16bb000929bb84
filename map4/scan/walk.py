"""Walk folders: each real audio file once, in a stable order, and nothing but regular files."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from map4.core.audio.jobs import LYRICS_SUFFIXES, FoundFile, Stamp, WalkOptions, WalkProblem, lyrics_beside
from map4.core.audio.source import AudioSource
from map4.core.base.paths import PathLike, absolute_path
from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track_parts import Failure
from map4.errors import FileError, UsageError
from map4.scan.patterns import PatternError, TooLongError, excludes, pattern_of

_MOST_PATTERN_BYTES = 1_000_000  # a link to another file must not fill the memory
_MOST_SHOWN = 60
# Folders that systems and devices create.
_SYSTEM_FOLDERS = frozenset(
    {
        "@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "$recycle.bin", "recycler",
        "system volume information", "lost+found", "__macosx",
    }
)  # fmt: skip
# A link in a folder that leads nowhere or in circles is skipped without a message.
_LEADS_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


_MATROSKA = (".mkv", ".webm")
_VIDEO_SUFFIXES = (*_MATROSKA, ".mov", ".avi", ".m4v", ".mpg", ".mpeg", ".wmv")
_UNREADABLE_SUFFIXES = (".aa", ".aax", ".kar", ".m4p", ".mid", ".midi", ".s3m", ".sid", ".xm")
STAMPED = "/./"  # in no path, so that what follows is a stamp
_MOST_ELEMENTS = 4000  # of 12 bytes: less than 64 kB
_SEGMENT, _TRACKS, _TRACK, _TRACK_KIND = b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae", b"\x83"
# Beginnings of names of visible music: ".38 Special", ".hack Sign Original Soundtrack".
_DOTTED_NAME = re.compile(r"\.(?:\d|[^\W_]\S*\s)")


def is_hidden(name: str) -> bool:
    """True for names such as `.git`; names of music like "...And Justice for All" and ".38 Special" are not hidden."""
    if name in (".", ".."):
        return True
    return name.startswith(".") and not name.startswith("..") and _DOTTED_NAME.match(name) is None


def kind_left_out(name: str) -> str:
    """Return "video" for names of videos, which are scanned only if named; "audio" if map4 can't decode it; or ""."""
    is_unreadable = name.lower().endswith(_UNREADABLE_SUFFIXES)
    return "video" if name.lower().endswith(_VIDEO_SUFFIXES) else "audio" if is_unreadable else ""


def is_sound_only(path: str) -> bool:
    """Whether the tracks of a Matroska file are sound and no pictures; reads at most 64 kB of it."""
    kinds, at, end = set[bytes](), 0, None
    with suppress(FileError), AudioSource(path) as source:
        for _ in range(_MOST_ELEMENTS):
            head = source.read(at, 12).ljust(12, b"\0")
            ends = (name := 9 - head[0].bit_length()) + 9 - head[min(name, 11)].bit_length()
            if name > len(_SEGMENT) or ends > len(head):
                break
            kind, at = head[:name], at + ends
            size = int.from_bytes(head[name:ends], "big") & ((1 << 7 * (ends - name)) - 1)
            if kind == _TRACK_KIND:
                kinds.add(source.read(at, min(size, 8)).lstrip(b"\0"))
            end = at + size if kind == _TRACKS else end
            at += 0 if kind in (_SEGMENT, _TRACKS, _TRACK) else size
            if end is not None and at >= end:
                break
    return b"\2" in kinds and b"\1" not in kinds


class DiskFiles:
    """The file system of this machine.

    pictures: whether the Matroska files of its walks contain more than sound, by path and stamp; each is read once
    remembered: the same of earlier walks
    """

    IGNORE_FILE: ClassVar[str] = ".map4ignore"

    def __init__(self) -> None:
        self.pictures: dict[str, bool] = {}
        self.remembered: dict[str, bool] = {}

    def walk(
        self, paths: Sequence[str], options: WalkOptions, *, hidden: list[str] | None = None
    ) -> Iterator[FoundFile | WalkProblem]:
        """Find the audio files of some folders, and files named directly, with any suffix.

        Symbolic links are followed last, so that a file is known by its own name if it has one; a file reached twice,
        through links or as a hard link, is yielded once.

        hidden: receives the paths of what is left out: videos, hidden audio files, and hidden folders with audio files
        """
        for pattern in options.exclude:
            try:
                pattern_of(pattern)
            except PatternError as error:
                name = pattern if len(pattern) <= _MOST_SHOWN else f"{pattern[:_MOST_SHOWN]}…"
                raise UsageError(
                    f"'{name}' is not a valid exclude pattern: it {error}; write it as in a .gitignore"
                ) from None
        return _Walk(options, hidden, self).run(paths)

    def wanted(self, paths: Iterable[str], folder: str, options: WalkOptions) -> Iterator[str]:
        """Return those of `paths` that a walk of `folder` would yield if the files existed, and their lyrics files."""
        return _Walk(options).wanted(paths, folder)

    def stamp(self, path: str) -> Stamp | None:
        """Return the stamp of a path, following links; None if there is nothing or it can't be read."""
        try:
            return Stamp.of(os.stat(path))
        except (OSError, ValueError):
            return None

    def exists(self, path: str) -> bool:
        return OnDisk(path).may_exist()

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(path)

    def has_content(self, path: str) -> bool:
        """Return whether this is a folder with anything in it; an unreadable folder counts as non-empty."""
        return OnDisk(path).has_content()


class _Walk:
    def __init__(self, options: WalkOptions, hidden: list[str] | None = None, disk: DiskFiles | None = None) -> None:
        self._options, self._hidden, self._disk = options, hidden, disk or DiskFiles()
        extensions = options.extensions or AudioFormat.EXTENSIONS
        self._checked = _MATROSKA if extensions == AudioFormat.EXTENSIONS else ()
        self._suffixes = (*(f".{extension}" for extension in extensions), *self._checked)
        self._seen: defaultdict[int, set[int]] = defaultdict(set)  # inodes by device
        self._links: list[tuple[str, list[_Ignore]]] = []
        self._stems: dict[str, set[str]] = {}

    def run(self, paths: Sequence[str]) -> Iterator[FoundFile | WalkProblem]:
        named = dict.fromkeys(paths)
        links = {path for path in named if os.path.islink(path)}
        for path in sorted(named, key=links.__contains__):
            yield from self._named(path)
        while self._links:
            entries, self._links = self._links, []
            for path, ignores in entries:
                yield from self._link(path, ignores)

    def wanted(self, paths: Iterable[str], folder: str) -> Iterator[str]:
        """Yield those names in a folder or its sub-folders that `run` would yield or read lyrics from."""
        root = [_Ignore(folder, self._options.exclude)] if self._options.exclude else []
        # The patterns that apply in each folder on the way; None where no walk goes.
        known: dict[str, list[_Ignore] | None] = {folder: _with_patterns_in(folder, root)}

        def ignores_in(inner: str) -> list[_Ignore] | None:
            if inner not in known:
                outer = ignores_in(os.path.dirname(inner))
                is_named = outer is not None and not is_hidden(os.path.basename(inner))
                is_open = outer is not None and is_named and self._is_wanted_folder(inner, outer)
                known[inner] = _with_patterns_in(inner, outer) if outer is not None and is_open else None
            return known[inner]

        inside = os.path.join(folder, "")
        for path in paths:
            is_read = self._has_suffix(path) or self._has_lyrics(path)
            if path.startswith(inside) and not is_hidden(os.path.basename(path)) and is_read:
                ignores = ignores_in(os.path.dirname(path))
                if ignores is not None and not _is_ignored(ignores, path, is_folder=False):
                    yield path

    def _named(self, path: str) -> Iterator[FoundFile | WalkProblem]:
        """Yield a path that the user named: taken with any suffix, and a problem if it can't be read."""
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:
            yield _problem(path, error)
            return
        if stat.S_ISDIR(status.st_mode):
            ignores = [_Ignore(path, self._options.exclude)] if self._options.exclude else []
            yield from self._tree(path, status, ignores)
        elif stat.S_ISREG(status.st_mode):
            yield from self._file(path, status)
        else:
            yield _failed(path, FileError.of_mode(status.st_mode))

    def _tree(self, path: str, status: os.stat_result, ignores: list[_Ignore]) -> Iterator[FoundFile | WalkProblem]:
        # A stack of open folders, the innermost last, as they may be nested deeper than Python's recursion limit.
        under_way: list[_WalkedFolder] = []
        yield from self._open(path, status, ignores, under_way)
        while under_way:
            folder = under_way[-1]
            entry = next(folder.entries, None)
            if entry is None:
                under_way.pop()
                continue
            try:
                yield from self._entry(entry, folder, under_way)
            except OSError as error:
                yield _problem(entry.path, error)

    def _open(
        self, path: str, status: os.stat_result, ignores: list[_Ignore], under_way: list[_WalkedFolder]
    ) -> Iterator[WalkProblem]:
        if not self._is_first(status):
            return
        try:
            with os.scandir(path) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            yield _problem(path, error)
            return
        if any(entry.name == DiskFiles.IGNORE_FILE for entry in entries):
            problems: list[WalkProblem] = []
            ignores = _with_patterns_in(path, ignores, problems)
            yield from problems
        stems = (os.path.splitext(entry.name) for entry in entries)
        with_lyrics = {stem.lower() for stem, suffix in stems if suffix.lower() in LYRICS_SUFFIXES}
        under_way.append(_WalkedFolder(iter(entries), ignores, with_lyrics))

    def _entry(
        self, entry: os.DirEntry[str], folder: _WalkedFolder, under_way: list[_WalkedFolder]
    ) -> Iterator[FoundFile | WalkProblem]:
        ignores = folder.ignores
        if is_hidden(entry.name):
            if self._hidden is not None and self._is_hidden_music(entry, ignores):
                self._hidden.append(entry.path)
            return
        if entry.is_symlink():
            if not _is_ignored(ignores, entry.path, is_folder=False):
                self._links.append((entry.path, ignores))
        elif entry.is_dir(follow_symlinks=False):
            if self._is_wanted_folder(entry.path, ignores):
                yield from self._open(entry.path, _status(entry), ignores, under_way)
        elif self._has_suffix(entry.name):
            status = _status(entry)
            # A pipe with the name of a song would block the scan.
            is_read = stat.S_ISREG(status.st_mode) and not _is_ignored(ignores, entry.path, is_folder=False)
            is_music = is_read and self._is_music(entry.path, Stamp.of(status))
            if is_read and not is_music and self._hidden is not None:
                self._hidden.append(entry.path)
            if is_music and self._is_first(status):
                # Saves looking for lyrics beside each file.
                may_have = os.path.splitext(entry.name)[0].lower() in folder.with_lyrics
                beside = lyrics_beside(entry.path) if may_have else None
                yield FoundFile(path=entry.path, stamp=Stamp.of(status), beside=beside)
        elif self._hidden is not None and kind_left_out(entry.name):
            self._hidden += [] if _is_ignored(ignores, entry.path, is_folder=False) else [entry.path]

    def _is_hidden_music(self, entry: os.DirEntry[str], ignores: list[_Ignore]) -> bool:
        """Return True if a person may miss it; macOS writes "._song.mp3" beside every song on other disks."""
        if entry.name.startswith("._") or entry.is_symlink():
            return False
        if not entry.is_dir(follow_symlinks=False):
            return self._has_suffix(entry.name) and not _is_ignored(ignores, entry.path, is_folder=False)
        if not self._is_wanted_folder(entry.path, ignores):
            return False
        try:
            with os.scandir(entry.path) as inside:
                return any(self._has_suffix(each.name) and not each.name.startswith("._") for each in inside)
        except OSError:
            return False

    def _link(self, path: str, ignores: list[_Ignore]) -> Iterator[FoundFile | WalkProblem]:
        try:
            status = os.stat(path)
        except OSError as error:
            if error.errno not in _LEADS_NOWHERE:
                yield _problem(path, error)
            return
        if stat.S_ISDIR(status.st_mode):
            if self._is_wanted_folder(path, ignores):
                yield from self._tree(path, status, ignores)
        elif stat.S_ISREG(status.st_mode) and self._has_suffix(path) and self._is_music(path, Stamp.of(status)):
            yield from self._file(path, status)

    def _is_wanted_folder(self, path: str, ignores: list[_Ignore]) -> bool:
        is_systems = os.path.basename(path).lower() in _SYSTEM_FOLDERS
        return self._options.recursive and not is_systems and not _is_ignored(ignores, path, is_folder=True)

    def _has_suffix(self, name: str) -> bool:
        return name.lower().endswith(self._suffixes)

    def _is_music(self, path: str, stamp: Stamp) -> bool:
        if not path.lower().endswith(self._checked):
            return True
        key, pictures = f"{path}{STAMPED}{stamp.size_bytes}.{stamp.mtime_ns}.", self._disk.pictures
        if key not in pictures:
            pictures[key] = self._disk.remembered[key] if key in self._disk.remembered else not is_sound_only(path)
        return not pictures[key]

    def _has_lyrics(self, path: str) -> bool:
        stem, suffix = os.path.splitext(os.path.basename(path).lower())
        return suffix in LYRICS_SUFFIXES and stem in self._stems_in(os.path.dirname(path))

    def _stems_in(self, folder: str) -> set[str]:
        """Return the lower-case names, without suffix, of the audio files in a folder."""
        if folder not in self._stems:
            names: list[str] = []
            with suppress(OSError):
                names = os.listdir(folder)
            self._stems[folder] = {os.path.splitext(name)[0].lower() for name in names if self._has_suffix(name)}
        return self._stems[folder]

    def _file(self, path: str, status: os.stat_result) -> Iterator[FoundFile]:
        if self._is_first(status):
            yield FoundFile(path=path, stamp=Stamp.of(status), beside=lyrics_beside(path))

    def _is_first(self, status: os.stat_result) -> bool:
        seen = self._seen[status.st_dev]
        if status.st_ino in seen:
            return False
        seen.add(status.st_ino)
        return True


@dataclass(slots=True)
class _WalkedFolder:
    """A folder in progress: its remaining entries, the patterns that apply, and lower-case stems of lyrics files."""

    entries: Iterator[os.DirEntry[str]]
    ignores: list[_Ignore]
    with_lyrics: set[str]


class _Ignore:
    """Patterns as in a .gitignore, relative to one folder."""

    def __init__(self, folder: str, patterns: Sequence[str]) -> None:
        self._prefix = len(os.path.join(folder, ""))
        self._patterns = [pattern for line in patterns if (pattern := pattern_of(line)) is not None]

    def covers(self, path: str, *, is_folder: bool) -> bool:
        return excludes(self._patterns, path[self._prefix :], is_folder=is_folder)


def _with_patterns_in(folder: str, ignores: list[_Ignore], problems: list[WalkProblem] | None = None) -> list[_Ignore]:
    patterns, left_out = _read_patterns(os.path.join(folder, DiskFiles.IGNORE_FILE))
    if left_out and problems is not None:
        problems.append(_failed(os.path.join(folder, DiskFiles.IGNORE_FILE), FileError("too_long", left_out)))
    return [*ignores, _Ignore(folder, patterns)] if patterns else ignores


def _is_ignored(ignores: list[_Ignore], path: str, *, is_folder: bool) -> bool:
    return bool(ignores) and any(ignore.covers(path, is_folder=is_folder) for ignore in ignores)


def _read_patterns(path: str) -> tuple[list[str], str]:
    """Return the patterns of a .map4ignore, and what is too long for it.

    A file that is not regular, which could block forever, has no patterns. Lines that are no patterns are left out.
    """
    try:
        data = OnDisk(path).read(most_bytes=_MOST_PATTERN_BYTES)
    except OSError as error:
        is_long = error.errno == errno.EFBIG
        return [], f"is not read, as {error.strerror}; files are not left out by it" if is_long else ""
    lines = data.decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n").split("\n")
    patterns, left_out = [], ""
    for number, line in enumerate(lines, 1):
        try:
            patterns += [line] if pattern_of(line) else []
        except TooLongError as error:
            left_out = left_out or f"leaves out no files by line {number}, which {error}"
        except PatternError:
            continue
    return patterns, left_out


def _status(entry: os.DirEntry[str]) -> os.stat_result:
    # On Windows the entry's own status lacks the file's identity (st_ino is 0).
    return os.stat(entry.path) if os.name == "nt" else entry.stat(follow_symlinks=False)


def _problem(path: str, error: OSError | ValueError) -> WalkProblem:
    failure = FileError.of_system(error)
    if failure.kind == "vanished" and isinstance(error, OSError) and os.path.islink(path):
        failure = FileError("vanished", "is a broken link")
    return _failed(path, failure)


def _failed(path: str, error: FileError) -> WalkProblem:
    return WalkProblem(path=path, failure=Failure.of(error))


def any_there(paths: Iterable[PathLike]) -> bool:
    """Return whether at least one path exists; a path that can't be checked counts as existing."""
    files = DiskFiles()
    return any(files.exists(absolute_path(path)) for path in paths)

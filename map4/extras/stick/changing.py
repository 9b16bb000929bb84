"""Change a stick so that it is as before or as planned, wherever it is pulled.

New files wait in a folder of map4, under the names that they will have. Renaming this folder from `NEW` to `READY`
decides: its files then get their names, in the place of old ones, and `settle` completes that if it is cut off. Until
then nothing that players read has changed, and `settle` removes the folder. New music gets its name earlier, as no
database names it yet. The databases get their names last, when all that they name is in its place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from filelock import FileLock, Timeout

from map4.core.audio.content import Content
from map4.core.base.paths import display_path
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.errors import FileError
from map4.extras.shared.moving import Disk
from map4.extras.stick.own_list import OWN_LIST, OwnFile, OwnStickList
from map4.extras.stick.place import OWN, StickError, StickPlace
from map4.extras.stick.reading import DATABASES

NEW, READY, BEFORE = f"{OWN}/new", f"{OWN}/ready", f"{OWN}/before"
_BLOCK_BYTES = 1 << 20


class StickDisk(Disk):
    """The single steps of changing a stick, which may be pulled after each, and in the middle of a write."""

    def write(self, path: str, blocks: Iterable[bytes]) -> None:
        """Write a new file."""
        with open(path, "wb") as file:
            file.writelines(blocks)

    def make_folder(self, path: str) -> None:
        """Make a folder and those around it; their names are synced with those of the files."""
        os.makedirs(path, exist_ok=True)


class StickChange:
    """A change of a stick.

    disk: changes the stick
    files: all that were written
    """

    def __init__(self, place: StickPlace, disk: StickDisk | None = None) -> None:
        self._place, self._disk = place, disk or StickDisk()
        self.files: dict[str, OwnFile] = {}
        self._placed: set[str] = set()

    def is_unfinished(self) -> bool:
        """Return whether a change was cut off, or is being made."""
        return any(os.path.exists(self._place.at(folder)) for folder in (NEW, READY))

    def written(self, name: str, blocks: Iterable[bytes]) -> OwnFile:
        """Write a file that gets its name later, and read it back."""
        return self.made(name, lambda path: self._disk.write(path, blocks))

    def made(self, name: str, make: Callable[[str], object]) -> OwnFile:
        """Let a function write a file that gets its name later, and read it back."""
        self._place.require_own(name)
        path = self._place.require_own(NEW + name)
        self._disk.make_folder(os.path.dirname(path))
        try:
            make(path)
            content = Content.of_file(path)
            SafeFile(path).sync()
        except (OSError, FileError):
            with suppress(OSError):
                self._disk.remove(path)
            raise
        if hasattr(os, "posix_fadvise"):  # so that it is read from the stick, not from memory
            with OnDisk(path).open() as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if Content.of_file(path) != content:
            raise StickError(f"{display_path(path)} reads back differently; the stick may be failing: use another")
        self.files[name] = written = OwnFile(content.size_bytes, content.digest, os.stat(path).st_mtime)
        return written

    def keep(self, own: OwnStickList) -> None:
        """Give new music and artwork their names, so that the next change has them if this is cut off.

        own: map4's list of before, with the tracks of new music
        """
        artwork = {track.artwork for track in own.tracks.values()}
        waiting = self.files.keys() - self._placed
        named = (name for name in waiting if name in own.tracks or name.replace("_m.jpg", ".jpg") in artwork)
        new = sorted(name for name in named if not os.path.lexists(self._place.at(name)))
        self._placed.update(new)
        self._write_list(own, {name: self.files[name] for name in self._placed})
        self._name(NEW, [OWN_LIST])
        self._name(NEW, new)

    def commit(self, own: OwnStickList) -> None:
        """Give all files their names, and remove those that this new list of map4's no longer has."""
        self._write_list(own, self.files)
        self._sync_folders(self._place.at(NEW + name) for name in (*(self.files.keys() - self._placed), OWN_LIST))
        self._disk.rename(self._place.at(NEW), self._place.at(READY))
        self._disk.sync_folder(self._place.at(READY))
        self._finish()

    def settle(self) -> str | None:
        """Complete or abandon a change that was cut off; returns a sentence about it, None if there was none."""
        if not self.is_unfinished():
            return None
        with locked(self._place):
            if os.path.exists(self._place.at(READY)):
                self._finish()
                return "a write that was cut off is completed"
            self._clear(NEW)
        return "a write was cut off; the stick is as before it"

    def _finish(self) -> None:
        new, old = OwnStickList.read(self._place, READY), OwnStickList.read(self._place) or OwnStickList()
        if new is not None:
            self._name(READY, sorted(new.files.keys() - {*DATABASES}))
            self._name(READY, DATABASES)
            for name in sorted(old.files.keys() - new.files.keys()):
                path = self._place.require_own(name)
                if os.path.exists(path) and old.files[name].is_unchanged(path, is_read=True):
                    self._disk.remove(path)
                    with suppress(OSError):
                        os.removedirs(os.path.dirname(path))
            self._name(READY, [OWN_LIST])
        self._clear(READY)

    # ---- steps -------------------------------------------------------------------------------------

    def _write_list(self, own: OwnStickList, files: dict[str, OwnFile]) -> None:
        self.written(OWN_LIST, [replace(own, files={**own.files, **files}).data()])
        del self.files[OWN_LIST]

    def _name(self, folder: str, names: Iterable[str]) -> None:
        """Give those files that wait in a folder their names."""
        waiting = (name for name in names if os.path.exists(self._place.at(folder + name)))
        moves = [(self._place.require_own(folder + name), self._place.require_own(name)) for name in waiting]
        for source, path in moves:
            self._disk.make_folder(os.path.dirname(path))
            self._disk.rename(source, path)
        self._sync_folders(path for _, path in moves)

    def _clear(self, folder: str) -> None:
        for path, _, names in os.walk(self._place.require_own(folder), topdown=False):
            for name in names:
                self._disk.remove(os.path.join(path, name))
            self._disk.remove_folder(path)
        self._disk.sync_folder(self._place.at(folder))

    def _sync_folders(self, paths: Iterable[str]) -> None:
        """Sync the names of files and of the folders around them."""
        folders = set[str]()
        for path in paths:
            while len(path := os.path.dirname(path)) >= len(self._place.root) and path not in folders:
                folders.add(path)
        for folder in sorted(folders):
            self._disk.sync_folder(os.path.join(folder, "x"))


@contextmanager
def locked(place: StickPlace) -> Iterator[None]:
    """Keep other map4 processes from changing a stick."""
    os.makedirs(place.at(OWN), exist_ok=True)
    try:
        with FileLock(place.require_own(f"{OWN}/lock"), timeout=0):
            yield
    except Timeout:
        raise StickError(f"another map4 writes to {place.root}; try again when it has finished") from None


def blocks_of(path: str) -> Iterator[bytes]:
    """Yield the content of a file."""
    with OnDisk(path).open() as file:
        while block := file.read(_BLOCK_BYTES):
            yield block

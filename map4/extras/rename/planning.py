"""Plan new names: targets, collisions, files that go along, and the order of the moves."""

from __future__ import annotations

import os
import secrets
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

from map4.core.audio.jobs import KnownFile, Stamp, WalkOptions
from map4.core.audio.tags.pictures import EmbeddedPicture
from map4.core.base.paths import ListedNames, absolute_path, display_path, is_inside, is_one_name
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Track
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.extras.rename.names import COUNTER, NameTemplate, name_key, numbered
from map4.extras.rename.records import FileKind, RenamedFile, RenameOptions, RenamePlan
from map4.scan import DiskFiles

SIDE_SUFFIXES = frozenset({".lrc", ".txt", ".cue"})
_AT_ONCE = 500
_CHANGED = "it has changed since its scan; 'map4 scan' reads it again"


@dataclass(slots=True, eq=False)
class _Move:
    """A file with its target; `problem` says why it stays."""

    path: str
    to: str | None = None
    problem: str | None = None
    kind: FileKind = "music"

    @property
    def is_planned(self) -> bool:
        return self.problem is None and self.to is not None and self.to != self.path

    def to_file(self) -> RenamedFile:
        state = "left" if self.problem else "planned" if self.is_planned else "same"
        to = self.to if self.is_planned else None
        return RenamedFile(path=self.path, state=state, to=to, kind=self.kind, problem=self.problem)  # type: ignore[arg-type]


def problem_of_file(path: str, known: KnownFile | None) -> str | None:
    """Return why a music file must not be moved now, or None."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return "it is gone; 'map4 scan' looks for it"
    except OSError as error:
        return f"it is unreadable ({error.strerror})"
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link, which stays as it is"
    if known is None or not stat.S_ISREG(status.st_mode) or not Stamp.of(status).has_content_of(known.stamp):
        return _CHANGED
    return None


class RenamePlanner:
    """Plans the names of files of a library."""

    def __init__(self, store: Store, template: NameTemplate, options: RenameOptions) -> None:
        self._store, self._template = store, template
        self._roots = store.tracks.roots()
        self._into = None if options.into is None else absolute_path(options.into)
        self._listed = ListedNames()
        self._spellings: dict[str, str] = {}
        self._inside: dict[tuple[str, str], bool] = {}
        if self._into is not None and self._root_of(os.path.join(self._into, "")) is None:
            raise UsageError(
                f"--into: {display_path(self._into)} is in no scanned folder; 'map4 scan {display_path(self._into)}' "
                "adds it"
            )

    def plan(self, tracks: Iterable[Track]) -> RenamePlan:
        moves = sorted(self._moves(tracks), key=lambda move: move.path)
        if "{n}" in self._template.text:
            _number(moves)
        self._refuse_unscanned(moves)
        _resolve(moves)
        beside = list(_files_along(moves))
        _resolve([*moves, *beside])
        return RenamePlan(
            template=self._template.text,
            files=tuple(move.to_file() for move in _ordered(moves, beside)),
            roots=(*self._roots, *([] if self._into is None else [self._into])),
        )

    # ---- targets ---------------------------------------------------------------------------------

    def _moves(self, tracks: Iterable[Track]) -> Iterator[_Move]:
        find, remaining, seen = self._store.tracks.known_finder(), iter(tracks), set[str]()
        while batch := list(islice(remaining, _AT_ONCE)):
            known = find([track.path for track in batch])
            for track in batch:
                if track.path not in seen:
                    seen.add(track.path)
                    yield self._move(track, known.get(track.path))

    def _move(self, track: Track, known: KnownFile | None) -> _Move:
        move, root = _Move(track.path), self._root_of(track.path)
        move.problem = problem_of_file(track.path, known)
        if root is None:
            move.problem = move.problem or "it is in no scanned folder; 'map4 scan' its folder first"
        if move.problem is not None or root is None:
            return move
        home = self._into or (root if self._template.has_folders else os.path.dirname(track.path))
        limit = root if self._into is None else self._into
        try:
            folder, name = os.path.split(os.path.join(home, self._template.path(track)))
        except LookupError as error:
            move.problem = str(error.args[0])
            return move
        move.to = os.path.join(self._spelled(folder), name)
        if not self._is_really_inside(os.path.dirname(track.path), root):
            move.problem = f"a link leads out of {display_path(root)} to it"
        elif not self._is_really_inside(os.path.dirname(move.to), limit):
            move.problem = f"a link leads out of {display_path(limit)} to its new place {display_path(move.to)}"
        elif _is_composed_alike(move.path, move.to):
            move.to = move.path
        return move

    def _root_of(self, path: str) -> str | None:
        inside = [root for root in self._roots if path.startswith(os.path.join(root, ""))]
        return max(inside, key=len, default=None)

    def _spelled(self, folder: str) -> str:
        """Return a folder as the disk lists it; new folders that differ only in case are merged."""
        if folder not in self._spellings:
            parent, name = os.path.split(folder)
            place = folder if parent == folder else self._listed.name(os.path.join(self._spelled(parent), name))
            first = self._spellings.setdefault(name_key(place), place)
            self._spellings[folder] = place if os.path.lexists(place) else first
        return self._spellings[folder]

    def _is_really_inside(self, folder: str, root: str) -> bool:
        """Whether a folder, existing or new, is in a folder if links are followed."""
        if (folder, root) not in self._inside:
            self._inside[folder, root] = is_inside(os.path.realpath(folder), os.path.realpath(root))
        return self._inside[folder, root]

    def _refuse_unscanned(self, moves: Sequence[_Move]) -> None:
        """Leave files for which scans would not look at their new place, such as names in a .map4ignore."""
        by_root = defaultdict[str | None, list[_Move]](list)
        for move in moves:
            if move.is_planned:
                by_root[self._root_of(move.to or "")].append(move)
        for root, some in by_root.items():
            if root is not None:
                paths = [path for move in some for path in (move.path, move.to or "")]
                wanted = set(DiskFiles().wanted(paths, root, WalkOptions(recursive=self._roots[root])))
                for move in some:
                    if move.path in wanted and move.to not in wanted:
                        move.problem = f"scans would skip it as {display_path(move.to or '')}"


def _is_composed_alike(path: str, to: str) -> bool:
    """Whether names differ only in their composition, on a disk that treats both as equal."""
    is_alike = unicodedata.normalize("NFC", path) == unicodedata.normalize("NFC", to)
    return is_alike and os.path.lexists(to) and is_one_name(path, to)


def _number(moves: Sequence[_Move]) -> None:
    """Fill in the counter `{n}`: of files with equal names, each keeps its number, if that is in the sequence."""
    groups = defaultdict[str, list[_Move]](list)
    for move in moves:
        if move.problem is None and move.to is not None:
            groups[name_key(move.to)].append(move)
    staying = {name_key(move.path) for move in moves if move.problem is not None}
    leaving = {name_key(move.path) for group in groups.values() for move in group}
    for group in groups.values():
        free = dict[str, int]()
        for number in count(1):
            name = numbered(str(group[0].to), number)
            if name_key(name) in leaving or not (name_key(name) in staying or os.path.lexists(name)):
                free[name_key(name)] = number
            if len(free) == len(group) or COUNTER not in str(group[0].to):
                break
        same = {id(move): free.pop(key) for move in group if (key := name_key(move.path)) in free}
        for move in group:
            number = same[id(move)] if id(move) in same else free.pop(next(iter(free)), 1)
            move.to = numbered(str(move.to), number)


# ---- collisions ----------------------------------------------------------------------------------


def _resolve(moves: Sequence[_Move]) -> None:
    """Leave files whose new name another file has or gets."""
    taken = {name_key(move.path): move for move in moves if not move.is_planned}
    leaving = {name_key(move.path): move for move in moves if move.is_planned}
    coming: dict[str, _Move] = {}
    refused: list[_Move] = []
    for move in moves:
        if move.is_planned and move.to is not None:
            key = name_key(move.to)
            other = coming.get(key) or taken.get(key)
            if other is not None and other is not move:
                what = "gets this name, too" if other.is_planned else "has this name"
                move.problem = f"{display_path(other.path)} {what}: {display_path(move.to)}; add a field that differs"
            elif leaving.get(key) in (None, move) and os.path.lexists(move.to) and not is_one_name(move.path, move.to):
                move.problem = f"another file has this name: {display_path(move.to)}"
            else:
                coming[key] = move
            if move.problem:
                refused.append(move)
    while refused:  # files that wanted their places
        stays = refused.pop()
        move = coming.pop(name_key(stays.path), stays)
        if move is not stays:
            move.problem = f"{display_path(stays.path)} stays, and has its new name"
            refused.append(move)


# ---- files that go along -------------------------------------------------------------------------


def _files_along(moves: Sequence[_Move]) -> Iterator[_Move]:
    """Yield the lyrics, CUE sheets and covers that go with the music."""
    folders = defaultdict[str, dict[str, str]](dict)
    for move in moves:
        if move.is_planned and move.to is not None:
            folders[os.path.dirname(move.path)][os.path.basename(move.path)] = move.to
    for folder in sorted(folders):
        targets, names = folders[folder], _files_in(folder)
        music = [name for name in names if os.path.splitext(name)[1].lower().lstrip(".") in AudioFormat.EXTENSIONS]
        stems = defaultdict[str, set[str | None]](set)
        for name in music:
            to = targets.get(name)
            stems[os.path.splitext(name)[0]].add(None if to is None else os.path.splitext(to)[0])
        new_folders = {os.path.dirname(targets[name]) if name in targets else None for name in music}
        for name in names:
            stem, suffix = os.path.splitext(name)
            path, new_stems = os.path.join(folder, name), stems.get(stem, set())
            if suffix.lower() in SIDE_SUFFIXES and len(new_stems) == 1 and None not in new_stems:
                yield _Move(path, f"{min(filter(None, new_stems))}{suffix}", kind="sidecar")
            elif EmbeddedPicture.is_in_folder(name) and len(new_folders) == 1 and not {None, folder} & new_folders:
                yield _Move(path, os.path.join(min(filter(None, new_folders)), name), kind="cover")


def _ordered(moves: Sequence[_Move], beside: Iterable[_Move]) -> Iterator[_Move]:
    """Yield files by folder; sidecars follow their music.

    The last music follows the cover, so that the next run finds the cover after a kill.
    """
    folders = defaultdict[str, list[_Move]](list)
    sidecars, covers = defaultdict[str, list[_Move]](list), defaultdict[str, list[_Move]](list)
    for move in moves:
        folders[os.path.dirname(move.path)].append(move)
    for move in beside:
        of = covers[os.path.dirname(move.path)] if move.kind == "cover" else sidecars[os.path.splitext(move.path)[0]]
        of.append(move)
    for folder, music in folders.items():
        for move in music:
            yield from covers[folder] if move is music[-1] else ()
            yield move
            yield from sidecars.pop(os.path.splitext(move.path)[0], ())


def _files_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
    except OSError:
        return []


# ---- order ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MoveStep:
    """A single move of a planned file; `is_last` if it has its new name then."""

    file: RenamedFile
    path: str
    to: str
    is_last: bool = True


def steps_of(files: Iterable[RenamedFile]) -> Iterator[MoveStep]:
    """Yield moves so that each name is free when it is needed; of files that swap names, the first gets a temporary
    name."""
    planned = {file.path: file for file in files if file.state == "planned"}
    alike = {name_key(path): path for path in planned}  # on a disk that ignores case, the only file of that name
    while planned:
        first = next(iter(planned.values()))
        chain = [first]
        while following := planned.get(to := chain[-1].to or "") or planned.get(alike.get(name_key(to), "")):
            if following in (chain[-1], first):
                break
            chain.append(following)
        for file in chain:
            del planned[file.path]
        if following is first and len(chain) > 1:
            suffix = os.path.splitext(first.path)[1]
            temporary = os.path.join(os.path.dirname(first.path), f"map4-{secrets.token_hex(4)}{suffix}")
            yield MoveStep(first, first.path, temporary, is_last=False)
            yield from (MoveStep(file, file.path, file.to or "") for file in reversed(chain[1:]))
            yield MoveStep(first, temporary, first.to or "")
        else:
            yield from (MoveStep(file, file.path, file.to or "") for file in reversed(chain))

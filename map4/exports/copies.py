"""Copies of music files in one folder, in the order of a list."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

from map4.core.base.paths import display_path, file_stem
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.music.track.track import Track
from map4.core.store.output import OutputFileError
from map4.errors import FileError
from map4.formats import caption

if TYPE_CHECKING:
    from map4.exports.deck_copies import DeckCopies

_CLOCK_S = 2.0  # FAT stores times in steps of two seconds


@dataclass(slots=True)
class CopiedMusic:
    """The outcome of copying.

    tracks: those that are in the folder, with the paths of their copies
    size_bytes: of all copies
    skipped: a sentence for each track that was not copied
    """

    tracks: list[Track] = field(default_factory=list)
    size_bytes: int = 0
    skipped: list[str] = field(default_factory=list)


def make_folder(folder: str) -> None:
    """Make a folder if it does not exist.

    raises OutputFileError: if it can't be made
    """
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputFileError(f"the folder {display_path(folder)} can't be made: {error.strerror}") from None


def copy_tracks(
    tracks: Sequence[Track],
    folder: str,
    *,
    force: bool,
    is_music: Callable[[str], bool],
    on_track: Callable[[int, int], object],
    deck: DeckCopies | None = None,
) -> CopiedMusic:
    """Copy each track into a folder, whole or not at all; a copy made before stays.

    force: replace other files of the same name
    is_music: whether the library knows a music file at a path, which is never replaced
    deck: converts the copies; None leaves them as they are
    raises OutputFileError: if the folder can't be written
    """
    done = CopiedMusic()
    digits = max(2, len(str(len(tracks))))
    for number, track in enumerate(tracks, start=1):
        # The number makes the name unique.
        stem = f"{number:0{digits}} {file_stem(caption(track), 'track')}"
        target = os.path.join(folder, stem + (deck.suffix if deck else os.path.splitext(track.path)[1]))
        try:
            source = OnDisk(track.path).open()
        except OSError as error:
            done.skipped.append(f"{track.shown_path} can't be read: {error.strerror}")
            continue
        try:
            with source:
                is_copied = _is_copy(track, target, deck)
                if not is_copied and is_music(os.path.realpath(target)):
                    music = f"is not copied: {display_path(target)} is music of the library, which stays as it is"
                    raise FileError("unsupported", music)
                if not is_copied and (force or not os.path.exists(target)):
                    is_copied = _copy(source, track, target, deck, force=force)
            if not is_copied:
                name = display_path(os.path.basename(target))
                done.skipped.append(f"{name} exists and was kept; --force replaces it")
            done.size_bytes += os.path.getsize(target)
            if deck is None:
                done.tracks.append(replace(track, path=target))
            elif is_copied:  # cue points don't fit another sound
                done.tracks.append(deck.described(replace(track, path=target)))
        except FileError as error:
            done.skipped.append(f"{track.shown_path} {error}")
        except OSError as error:
            raise OutputFileError(
                f"{display_path(target)} can't be written: {error.strerror or error}; {len(done.tracks)} of "
                f"{len(tracks)} tracks are copied, and the same command copies the others"
            ) from None
        on_track(number, len(tracks))
    return done


def _copy(source: BinaryIO, track: Track, target: str, deck: DeckCopies | None, *, force: bool) -> bool:
    """Copy a file; False if another file has got the name of the copy and stays."""
    SafeFile(target).sweep("partial", by_lock=True)
    with SafeFile(target).unfinished_locked("partial", mode=0o666) as partial:
        if deck is not None:
            deck.write(track, partial)
        else:
            with open(partial, "wb") as out:
                shutil.copyfileobj(source, out)
        SafeFile(partial).sync()
        with contextlib.suppress(OSError):  # sticks may not support permissions or times
            shutil.copystat(track.path, partial)
        if not force:
            return SafeFile(partial).place_new(target, is_synced=True)
        os.replace(partial, target)
    return True


def _is_copy(track: Track, target: str, deck: DeckCopies | None) -> bool:
    """Return True if a file is the original, or has its time and its size or converted content."""
    if not os.path.exists(target):
        return False
    source, other = os.stat(track.path), os.stat(target)
    if deck is None and os.path.samestat(source, other):
        return True
    has_content = source.st_size == other.st_size if deck is None else deck.has_tags(track, target)
    return has_content and abs(source.st_mtime - other.st_mtime) <= _CLOCK_S

"""The tracks a command works on: FILEs, lists of files, and a query."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from map4.cli.options import CallOption, F
from map4.cli.session import Session
from map4.core.base.paths import display_path
from map4.core.music.query.context import nothing_found
from map4.errors import NothingFoundError

if TYPE_CHECKING:
    from map4.core.music.track.track import Track
    from map4.library import Library


_WORDS_REFUSED = "Changing a track named by words needs confirmation; add --yes, or give its file."


@dataclass(frozen=True, slots=True)
class SelectedTracks:
    """Tracks of an open library, read again on each iteration: they may not fit into memory."""

    library: Library
    file_ids: Sequence[int]

    def __len__(self) -> int:
        return len(self.file_ids)

    def __iter__(self) -> Iterator[Track]:
        return self.library.tracks.by_id(self.file_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The distinct tracks of a selection, and the paths that are not in the library."""

    tracks: SelectedTracks
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The user's selection.

    files: paths of files and folders, from arguments and lists; or tracks by audio id or words
    query: filters the files, or the whole library if there are no files; None if not given
    """

    files: tuple[str, ...] = ()
    query: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether neither files nor a query were given."""
        return not self.files and self.query is None

    def pick(self, session: Session, library: Library, *, is_sure: bool = True) -> Picked:
        """The selected tracks, in the order of the files; without files, in the order of the query.

        is_sure: see `named_paths`
        """
        files = self.named_paths(session, library, self.files, is_sure=is_sure) if self.files else None
        file_ids, unknown = library.tracks.ids_at(files, query=self.query)
        return Picked(tracks=SelectedTracks(library, file_ids), unknown=tuple(unknown))

    def pick_some(self, session: Session, library: Library, *, is_sure: bool = True) -> Picked:
        """The tracks of a selection; reports unknown paths. Raises NothingFoundError if there is no track.

        is_sure: see `named_paths`
        """
        picked = self.pick(session, library, is_sure=is_sure)
        self.warn_of_unknown_files(session, picked.unknown)
        if not picked.tracks:
            none = "none of these files is in the library" if picked.unknown else nothing_found(self.query)
            raise NothingFoundError(none)
        return picked

    @staticmethod
    def options(command: F) -> F:
        """Add FILE…, --files-from and --query; the command receives a `Selection` as `selection`."""
        files, query = CallOption.files("[FILE]..."), CallOption.query("Tracks that match")
        return CallOption.collected("selection", Selection, files, query)(command)

    @staticmethod
    def named_paths(
        session: Session, library: Library, files: Sequence[str], *, is_sure: bool = True
    ) -> tuple[str, ...]:
        """The paths that FILEs name; prints which track each audio id or words match.

        is_sure: False asks for confirmation of words, for commands that change tracks
        """
        named = library.tracks.named(files)
        for each in named:
            if each.track is not None:
                report = session.info if is_sure else session.warn
                prefix, path = f"'{os.fsdecode(each.given)}' is {each.track.caption()},", display_path(each.path)
                is_long = sys.stderr.isatty() and len(f"{prefix} {path}") > session.err.width
                for line in (prefix, f"  {path}") if is_long else (f"{prefix} {path}",):
                    report(line)
        words = sum(each.by == "words" for each in named)
        if words and not is_sure:
            question = "Is this the track you mean?" if words == 1 else "Are these the tracks you mean?"
            session.require_yes(question, refusal=_WORDS_REFUSED)
        return tuple(each.path for each in named)

    @staticmethod
    def warn_of_unknown_files(session: Session, unknown: Sequence[str]) -> None:
        """Print a line for each path that is not in the library, with what to do."""
        for path in unknown:
            there = os.path.lexists(os.path.expanduser(path))
            what = "is not in the library; 'map4 scan' adds it" if there else "does not exist and is not in the library"
            session.warn(f"map4: {display_path(path)}: {what}")

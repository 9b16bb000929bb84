"""Which tracks a command is about: FILEs, lists of them, and a query."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from map4.base.paths import display_path
from map4.cli.options import collect, files_options, query_option
from map4.cli.session import Session
from map4.errors import NothingFoundError
from map4.store.query_context import nothing_found

if TYPE_CHECKING:
    from map4.library import Library
    from map4.music.track.track import Track


_WORDS_REFUSED = "A track that is named by words is changed only after a yes; say --yes, or name its file."


@dataclass(frozen=True, slots=True)
class SelectedTracks:
    """Tracks of a library that is open, read each time as they are taken: there may be more than memory holds."""

    library: Library
    file_ids: Sequence[int]

    def __len__(self) -> int:
        return len(self.file_ids)

    def __iter__(self) -> Iterator[Track]:
        return self.library.tracks.by_id(self.file_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The tracks of a selection, each once, and the paths the library knows nothing of."""

    tracks: SelectedTracks
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the user selected.

    files: paths of files and folders, from arguments and lists; or tracks by audio id or words
    query: narrows them; without files, the whole library; None where none was given
    """

    files: tuple[str, ...] = ()
    query: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was selected, which is not the same as everything."""
        return not self.files and self.query is None

    def named(self, session: Session, library: Library, *, is_sure: bool = True) -> Selection:
        """The same with paths in the place of audio ids and words; see `named_paths`."""
        return replace(self, files=named_paths(session, library, self.files, is_sure=is_sure))

    def pick(self, session: Session, library: Library, *, is_sure: bool = True) -> Picked:
        """The tracks: of the files, in their order, narrowed by the query; of the query alone in its order.

        is_sure: as of `named_paths`
        """
        files = self.named(session, library, is_sure=is_sure).files if self.files else None
        file_ids, unknown = library.tracks.ids_at(files, query=self.query)
        return Picked(tracks=SelectedTracks(library, file_ids), unknown=tuple(unknown))


selection_options = collect("selection", Selection, files_options("[FILE]..."), query_option("Tracks that match"))
"""Adds FILE…, --files-from, --files-from0 and --query; the command gets a `Selection` as `selection`."""


def named_paths(session: Session, library: Library, files: Sequence[str], *, is_sure: bool = True) -> tuple[str, ...]:
    """The paths of what FILEs name; of audio ids and words it is said which track they are.

    is_sure: False asks before words are taken, as before anything is changed
    """
    named = library.tracks.named(files)
    for each in named:
        if each.track is not None:
            tell = session.say if is_sure else session.tell
            tell(f"'{os.fsdecode(each.given)}' is {each.track.caption()}, {display_path(each.path)}")
    words = sum(each.by == "words" for each in named)
    if words and not is_sure:
        question = "Is this the track you mean?" if words == 1 else "Are these the tracks you mean?"
        session.require_yes(question, refusal=_WORDS_REFUSED)
    return tuple(each.path for each in named)


def pick_some(session: Session, selection: Selection, library: Library) -> Picked:
    """The tracks of a selection; of paths that the library knows nothing of it is said what to do about them."""
    picked = selection.pick(session, library)
    tell_unknown(session, picked.unknown)
    if not picked.tracks:
        raise nothing_picked(picked, selection)
    return picked


def nothing_picked(picked: Picked, selection: Selection) -> NothingFoundError:
    """Why there is nothing to work on."""
    return NothingFoundError("none of these is in the library" if picked.unknown else nothing_found(selection.query))


def tell_unknown(session: Session, unknown: Sequence[str]) -> None:
    """Say of each path that the library knows nothing of what to do about it."""
    for path in unknown:
        there = os.path.lexists(os.path.expanduser(path))
        what = "is not in the library; 'map4 scan' adds it" if there else "is not there, nor in the library"
        session.tell(f"map4: {display_path(path)}: {what}")

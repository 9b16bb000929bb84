"""Lists in files and in the library: read and looked up, stored and written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from map4.base.given_paths import absolute_path, path_text
from map4.base.near_names import meant, near_names, no_such
from map4.base.path_maps import PathMaps, as_file_name
from map4.base.paths import display_path, quoted
from map4.base.regular_files import read_regular
from map4.base.text import MOST_LETTERS
from map4.errors import NothingFoundError, StoredListExistsError, UsageError
from map4.lists.live_notes import LiveNotes
from map4.lists.store.playlists import SqlPlaylists
from map4.music.lists.names import checked_name
from map4.music.lists.stored import SHARINGS, ListVersions, Sharing
from map4.music.lists.tracklist import MOST_LIST_BYTES, Tracklist
from map4.search import SURE

T = TypeVar("T")

STDIN = "-"
_MOST_NEAR = 3
"""So many names of lists are offered in the place of one that is not there."""

if TYPE_CHECKING:
    from map4.formats import WriteNotes
    from map4.lists.live import LiveAnswer, LiveAnswers
    from map4.music.lists.live import LiveList
    from map4.music.lists.stored import StoredPlaylist
    from map4.music.track.genre import GenreTable
    from map4.music.track.track import Track
    from map4.music.track.user_values import ValueChanges
    from map4.search import Match, ResolvedPlaylist, TrackMatcher, WantedTrack
    from map4.store.output import OutputFiles
    from map4.store.sql_store import Store


class LibraryLists:
    """Lists of one library, and those in files: read and looked up, stored, shared and written."""

    def __init__(self, store: Store, *, genres: GenreTable | None = None) -> None:
        self._store, self._lists = store, store.part(SqlPlaylists)
        self._given_genres = genres

    @cached_property
    def _genres(self) -> GenreTable:
        from map4.music.track.genre import shipped_genres

        return self._given_genres or shipped_genres()

    @cached_property
    def _answers(self) -> LiveAnswers:
        from map4.lists.live import LiveAnswers

        return LiveAnswers(self._store, self._genres)

    def _got(self, name: str) -> Tracklist | None:
        """A stored list with its tracks, or None; those of a live one are what it finds now."""
        stored = self._lists.get(name)
        return stored if stored is None or stored.header.live is None else self._answers.answered(stored)

    @cached_property
    def _output(self) -> OutputFiles:
        from map4.store.output import OutputFiles

        return OutputFiles(self._store.written, self._store.place.beside)

    # ---- read ------------------------------------------------------------------------------------

    def read(
        self,
        source: str,
        *,
        path_maps: PathMaps | None = None,
        least_certainty: float = SURE,
        data: bytes | None = None,
        most_bytes: int = MOST_LIST_BYTES,
    ) -> ResolvedPlaylist:
        """Read a list and look up its tracks.

        source: the name of a stored list, with its folders or without, or a file; `./NAME` is always a file
        path_maps: how the paths of the list are mapped to this machine's
        least_certainty: matches below it are reported, and not taken (0-1)
        data: the content, where it is there already
        most_bytes: a longer file is no list
        """
        from map4.formats import PlaylistReadError, read_list
        from map4.lists.resolve import resolve_list, resolve_stored

        path_text(source)
        if data is None:
            is_file = os.path.isabs(source) or source.startswith(("./", "../", "~/"))
            stored = None if is_file else self._got(source)
            if stored is not None:
                return resolve_stored(stored, stored.name or source)
            data = self._content(source, most_bytes)
        try:
            found = read_list(data, source)
        except PlaylistReadError as error:
            raise PlaylistReadError(f"{shown_source(source)}: {error}") from None
        folder = os.path.dirname(os.path.realpath(absolute_path(source)))
        track = lru_cache(1)(self._store.tracks.track)  # what a path leads to is what it was found by
        return resolve_list(
            found,
            lambda wanted: self._match(wanted, track),
            track,
            source=source,
            folder=os.getcwd() if source == STDIN else folder,
            path_maps=path_maps or PathMaps(),
            least_certainty=least_certainty,
        )

    def read_stored(self, name: str) -> ResolvedPlaylist:
        """Read a stored list, never a file, whatever it is called; it is found as `find` does."""
        from map4.lists.resolve import resolve_stored

        stored = self._known(self._got(name), name)
        return resolve_stored(stored, stored.name or name)

    def there(self, name: str, notes: LiveNotes) -> Tracklist | None:
        """A stored list for a file with many lists; None where it is not there, or is live and can't be answered."""
        from map4.lists.live import LiveListError

        try:
            found = self._got(name)
        except LiveListError as error:
            notes.problems.append(f"left out: {error}")
            return None
        if found is not None and found.header.live is not None:
            notes.standing.append(found.name or name)
        return found

    def live(self, name: str) -> LiveList | None:
        """What a live list asks; None of another list, or without one."""
        return self._lists.live(name)

    def answer(self, live: LiveList) -> LiveAnswer:
        """How much a live list that asks this holds now.

        raises LiveListError, QueryError: if it can't be answered
        """
        return self._answers.answer(live)

    def _content(self, source: str, most_bytes: int) -> bytes:
        from map4.formats import PlaylistReadError, readable_suffixes

        path = absolute_path(source)
        try:
            return read_regular(path, most_bytes=most_bytes)
        except FileNotFoundError:
            suffix = os.path.splitext(source)[1].lower()[1:]
            is_file = os.path.basename(source) != source or suffix in readable_suffixes()
            what = "there is no file" if is_file else "there is neither a stored list nor a file"
            raise NothingFoundError(f"{what} {shown_source(source)}; {self._near(source)}") from None
        except OSError as error:
            raise PlaylistReadError(f"{shown_source(source)} can't be read: {error.strerror}") from None

    def _match(self, wanted: WantedTrack, track: Callable[[str], Track | None]) -> Match | None:
        from map4.search import Match

        wanted = replace(wanted, paths=tuple(map(as_file_name, wanted.paths)))
        # Most lists name files by the paths they have: that takes no look at the rest of the library.
        for path in wanted.paths:
            known = track(path)
            if known is not None and wanted.audio_id in (None, known.audio_id):
                return Match(path=path, method="path", certainty=1.0)
        return self._matcher.match(wanted)

    @cached_property
    def _matcher(self) -> TrackMatcher:
        from map4.search import TrackMatcher

        return TrackMatcher(self._store.tracks.known_names())

    # ---- store and write -------------------------------------------------------------------------

    def deleted(self) -> list[StoredPlaylist]:
        """The lists that were deleted or replaced in the last 30 days, the last one first."""
        return self._lists.deleted(now=datetime.now(UTC))

    def stored(
        self, *, history: bool | None = False, name: str | None = None, is_counted: bool = True
    ) -> list[StoredPlaylist]:
        """The stored lists, by name.

        is_counted: count what live lists hold now, for which they are answered
        name: only the one of this name or id, whatever it is
        history: True gives what was played in other programs instead, by time; None all lists
        """
        found = [one for one in self._lists.all(name) if name is not None or history in (None, one.is_history)]
        found = self.counted(found) if is_counted else [_uncounted(one) for one in found]
        if name is not None:
            return found
        return sorted(found, key=lambda one: one.played_at or "") if history else found

    def counted(self, lists: Iterable[StoredPlaylist]) -> list[StoredPlaylist]:
        """The same lists, with what live ones hold now: each of these is answered."""
        return [one if one.live is None else self._answers.counted(replace(one, counted=...)) for one in lists]

    def check_save(self, name: str, *, force: bool = False) -> None:
        """Refuse a name that `save` would refuse, and store nothing."""
        if not force:
            self._lists.require_free(name)
        elif self._lists.name_of(name) is None:
            checked_name(name)

    def save(self, name: str, content: Tracklist, *, force: bool = False) -> None:
        """Store a list under a name.

        force: replace a stored list of the same name; `restore` brings that one back
        """
        self._put(name, _standing(content), force=force, keep=True, what="stored anew")

    def change(self, name: str, content: Tracklist) -> None:
        """Store what a stored list holds from now on: `versions` has what it held, and `restore` too if not half as
        many tracks stay.

        raises UsageError: if it is a live list
        """
        self.require_standing(name)
        self._put(name, _standing(content), what="tracks changed")

    def require_standing(self, name: str) -> None:
        """Refuse to change the tracks of a live list by hand.

        raises UsageError: if it is one
        """
        if self._lists.live(name) is not None:
            shown = self._known(self._lists.name_of(name), name)
            stand = f"'map4 playlist live {quoted(shown)} --stand' makes it a standing list"
            raise UsageError(f"'{shown}' is a live list: it holds what its query finds; {stand}")

    def _put(self, name: str, content: Tracklist, *, force: bool = True, keep: bool | None = False, what: str) -> None:
        imported = content.header.imported
        if imported is not None:  # the user's own from now on: importing it again must not undo what they did
            imported = replace(imported, is_history=False, is_own=True)
            header = replace(content.header, imported=imported)
            content = replace(content, header=header)
        if content.header.live is not None:
            content = replace(content, tracks=(), picks=())  # it asks for them
        self._lists.put(name, content, now=datetime.now(UTC), replace=force, keep=keep, what=what)

    def find(self, name: str) -> str:
        """The name of a stored list as it is written, found in any case where only one is called so."""
        return self._known(self._lists.name_of(name), name)

    def id_of(self, name: str) -> str:
        """The id of a stored list, which stays when it is renamed; it is found as `find` does."""
        return self._known(self._lists.id_of(name), name)

    def version(self, name: str) -> str:
        """A word that changes with all that a stored list says and holds; it is found as `find` does."""
        return self._known(self._lists.version(name), name)

    def versions(self, name: str) -> ListVersions:
        """The states of a stored list, which `brought_back` gives; found as `find` does."""
        found = self._lists.versions(name)
        return ListVersions(id=self.id_of(name), name=self.find(name), versions=tuple(found))

    def noted(self, name: str, key: str) -> dict[str, Any]:
        """What a stored list says under a key of each of its tracks that is there, by audio id; empty without one."""
        return self._lists.noted(name, key)

    def delete(self, name: str) -> str:
        """Delete a stored list, and give its name; it is found as `find` does. `restore` brings it back for 30 days."""
        found = self.find(name)
        self._lists.delete(name, now=datetime.now(UTC))
        return found

    def restore(self, name: str, new_name: str | None = None) -> str:
        """Bring back a list that was deleted or replaced in the last 30 days, and give its name.

        name: of several that were called so, the last one; or the `id` that `deleted` says
        new_name: what it is called from now on
        raises StoredListExistsError: if another list is called so now
        """
        try:
            found = self._lists.restore(name, now=datetime.now(UTC), new_name=new_name)
        except StoredListExistsError as error:
            raise error.with_advice("bring the deleted one back under another name, with --as NAME") from None
        if found is None:
            raise NothingFoundError(
                f"no list '{display_path(name)}' was deleted in the last 30 days; 'map4 playlist list --deleted' "
                "shows those that were"
            )
        return found

    def copy(self, name: str, new_name: str, *, force: bool = False) -> None:
        """Store a list a second time, under another name."""
        content = self._known(self._lists.get(name), name)
        self._put(new_name, replace(content, name=new_name), force=force, keep=True, what="stored anew")

    def rename(self, name: str, new_name: str) -> str:
        """Give a stored list another name, and give that as it is written."""
        self.find(name)
        return self._lists.rename(name, new_name, now=datetime.now(UTC))

    def describe(self, name: str, description: str | None) -> None:
        """Say what a stored list is; None takes that back."""
        if description is not None and len(description) > MOST_LETTERS:
            raise UsageError(f"a description has at most {MOST_LETTERS:,} letters, and this one {len(description):,}")
        self.find(name)
        self._lists.describe(name, description, now=datetime.now(UTC))

    def share(self, name: str, sharing: Sharing) -> str:
        """Say who else a stored list is there for, and give its name; it is found as `find` does.

        sharing: "private", "read" (all may look at it) or "edit" (all may change it)
        raises NotAllowedError: if it is another's, and who asks no admin
        raises UsageError: if it was made without an account, and is everybody's
        """
        if sharing not in SHARINGS:
            raise no_such("way to share a list", sharing, SHARINGS)
        found = self.find(name)
        self._lists.share(name, sharing, now=datetime.now(UTC))
        return found

    def mark(self, name: str, *, mark: Sequence[str] = (), unmark: Sequence[str] = ()) -> ValueChanges:
        """Give a stored list marks of one's own, and take some off; it is found as `find` does.

        mark, unmark: words as of `map4.Library.set`, by which tracks get them
        raises UsageError: if one can't be a mark
        """
        from map4.music.track.user_values import ValueChanges
        from map4.values import SqlValues, ValueEdit, as_marked, plan_changes

        [stored] = self._known(self._lists.all(name) or None, name)
        changes = tuple(
            plan_changes([as_marked(stored.id, stored.name, stored.marks)], ValueEdit(mark=mark, unmark=unmark))
        )
        step = self._store.part(SqlValues).put(changes, now=datetime.now(UTC))
        return ValueChanges(dry_run=False, step=step, changes=changes)

    def _known(self, found: T | None, name: str) -> T:
        if found is None:
            raise NothingFoundError(f"there is no stored list '{display_path(name)}'; {self._near(name)}")
        return found

    def _near(self, name: str) -> str:
        """What a list that was not found may have been meant to be."""
        names = {one.casefold(): one for one in self._lists.names()}
        near = [names[one] for one in near_names(name.rpartition("/")[2], names, _MOST_NEAR)]
        return meant(near) or "'map4 playlist list' shows the stored lists"

    def check_write(self, target: str, *, force: bool = False) -> None:
        """Refuse a file that `write` would refuse, and write nothing."""
        self._output.check(target, force=force)

    def write(
        self,
        content: Tracklist,
        target: str,
        *,
        format_name: str | None = None,
        path_maps: PathMaps | None = None,
        force: bool = False,
    ) -> WriteNotes:
        """Write a list to a file, whole or not at all.

        target: the file
        format_name: name of the format; None takes it from the suffix
        path_maps: how the paths are written
        force: replace a file that map4 did not write; never music, and never the library
        """
        from map4.formats import format_for_writing

        form = format_for_writing(path_text(target), format_name)
        produce = self._writer(content, form.name, path_maps)
        written = self._output.write(
            target, produce, format_name=form.name, tracks=lambda notes: notes.tracks, force=force
        )
        return written.result

    def write_report(self, text: str, target: str) -> None:
        """Write what a check said to a file, by the rules of `write`."""
        data = text.encode("utf-8", "replace")
        self._output.write(path_text(target), lambda out: out.write(data), format_name="playlist-check", force=False)

    def write_to(
        self, content: Tracklist, stream: BinaryIO, *, format_name: str, path_maps: PathMaps | None = None
    ) -> WriteNotes:
        """Write a list to an open binary stream."""
        return self._writer(content, format_name, path_maps)(stream)

    def _writer(
        self, content: Tracklist, format_name: str, path_maps: PathMaps | None
    ) -> Callable[[BinaryIO], WriteNotes]:
        from map4.formats import format_for_writing

        form = format_for_writing(STDIN, format_name)

        def write(out: BinaryIO) -> WriteNotes:
            notes = form.write_list(content, out, path_maps or PathMaps())
            notes.remarks += [] if form.holds_live else LiveNotes.of(content).sentences()
            return notes

        return write


def _standing(content: Tracklist) -> Tracklist:
    """A list with the tracks that it has now, whatever it asks."""
    return content if content.header.live is None else replace(content, header=replace(content.header, live=None))


def _uncounted(stored: StoredPlaylist) -> StoredPlaylist:
    return stored if stored.live is None else replace(stored, counted=False)


def shown_source(source: str) -> str:
    """The name of a list's source, for a person."""
    return "stdin" if source == STDIN else display_path(source)

"""Lists in files and in the library: read, look up, store and write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from map4 import formats, search, values
from map4.core.base.actor import needs
from map4.core.base.files.undo import UndoStep
from map4.core.base.path_maps import Location, PathMaps
from map4.core.base.paths import absolute_path, display_path, path_text, quoted
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import MOST_LETTERS
from map4.core.music.lists.listed import ListName
from map4.core.music.lists.tracklist import LiveNotes, ParsedPlaylist, Tracklist
from map4.core.music.query.context import queries_as_of
from map4.core.store.undo_steps import UndoSteps
from map4.errors import NothingFoundError, StoredListExistsError, UsageError
from map4.lists.store.playlists import SqlPlaylists
from map4.lists.stored import SHARINGS, ListVersions, Sharing, StoredPlaylist
from map4.search import NameMatcher

T = TypeVar("T")

STDIN = "-"
_MOST_NEAR = 3
"""Maximum number of similar names suggested for an unknown list."""

if TYPE_CHECKING:
    from map4.core.music.lists.live import LiveList
    from map4.core.music.track.genre import GenreTable
    from map4.core.music.track.track import Track
    from map4.core.music.track.user_values import ValueChanges
    from map4.core.store.output import OutputFiles
    from map4.core.store.sql_store import Store
    from map4.formats import Format, WriteNotes
    from map4.lists.live import LiveAnswer, LiveAnswers
    from map4.search import ResolvedPlaylist, WantedTrack


class LibraryLists:
    """Reads, looks up, stores, shares and writes the lists of one library and lists in files."""

    def __init__(self, store: Store, *, genres: GenreTable | None = None) -> None:
        self._store, self.actor, self._lists = store, store.actor, store.part(SqlPlaylists)
        self._given_genres = genres

    @property
    def _genres(self) -> GenreTable:
        return self._given_genres or self._store.preferences.genres.families

    @property
    def _answers(self) -> LiveAnswers:
        from map4.lists.live import LiveAnswers

        return LiveAnswers(self._store, self._genres)

    def _got(self, name: str) -> Tracklist | None:
        """A stored list with its tracks (of a live list its current ones), or None."""
        stored = self._lists.get(name)
        return stored if stored is None or stored.header.live is None else self._answers.answered(stored)

    @cached_property
    def _output(self) -> OutputFiles:
        from map4.core.store.output import OutputFiles

        return OutputFiles.of(self._store)

    # ---- read ------------------------------------------------------------------------------------

    def read(
        self,
        source: str,
        *,
        path_maps: PathMaps | None = None,
        least_certainty: float = NameMatcher.SURE,
        data: bytes | None = None,
        most_bytes: int = ParsedPlaylist.MOST_BYTES,
    ) -> ResolvedPlaylist:
        """Read a list and look up its tracks.

        source: the name of a stored list, with or without its folders, or a file; `./NAME` is always a file
        path_maps: how paths of the list are mapped to paths of this machine
        least_certainty: less certain matches are reported but not used (0-1)
        data: the content, if already read
        most_bytes: refuse longer files
        """
        from map4.lists.resolve import resolve_list

        path_text(source)
        path = os.path.join(os.getcwd(), STDIN) if source == STDIN else os.path.realpath(absolute_path(source))
        is_here = data is None or source == STDIN
        if data is None:
            is_file = os.path.isabs(source) or source.startswith(("./", "../", "~/"))
            stored = None if is_file else self._got(source)
            if stored is not None:
                return self._resolve_stored(stored, source)
            data = self._content(source, most_bytes)
        try:
            content = formats.ListFormats.read(data, source)
            content = formats.with_named_lists(content, path, path_maps) if is_here else content
        except formats.PlaylistReadError as error:
            raise formats.PlaylistReadError(f"{shown_source(source)}: {error}") from None
        track = lru_cache(1)(self._lists.present().track)  # each track is looked up by its path twice
        return resolve_list(
            content,
            lambda wanted: self._match(wanted, track),
            track,
            source=source,
            folder=os.path.dirname(path),
            path_maps=path_maps or PathMaps(),
            least_certainty=least_certainty,
        )

    def read_stored(self, name: str, *, starts: str | None = None) -> ResolvedPlaylist:
        """Read a stored list, never a file; the name is matched as in `find`.

        starts: the time for which a live list is answered; default: now
        """
        with queries_as_of(starts):
            return self._resolve_stored(self._known(self._got(name), name), name)

    @staticmethod
    def _resolve_stored(stored: Tracklist, name: str = "") -> ResolvedPlaylist:
        """A stored list with each entry looked up.

        name: if it has none
        """
        from map4.lists.resolve import resolve_stored

        return resolve_stored(stored, stored.name or name)

    def there(self, name: str, notes: LiveNotes) -> Tracklist | None:
        """A stored list for a file of several lists; None if it is missing, or live and can't be answered."""
        from map4.lists.live import LiveListError

        try:
            content = self._got(name)
        except LiveListError as error:
            notes.problems.append(f"left out: {error}")
            return None
        if content is not None and content.header.live is not None:
            notes.live.append(content.name or name)
        if content is not None:
            notes.count(content)
        return content

    def live(self, name: str) -> LiveList | None:
        """The query of a live list; None for another list, or if there is none of that name."""
        return self._lists.live(name)

    def answer(self, live: LiveList) -> LiveAnswer:
        """The current size of a live list.

        raises LiveListError, QueryError: if it can't be answered
        """
        return self._answers.answer(live)

    def _content(self, source: str, most_bytes: int) -> bytes:
        path = absolute_path(source)
        try:
            return OnDisk(path).read(most_bytes=most_bytes)
        except FileNotFoundError:
            suffix = os.path.splitext(source)[1].lower()[1:]
            is_file = os.path.basename(source) != source or suffix in formats.ListFormats.suffixes()
            what = "there is no file" if is_file else "there is neither a stored list nor a file"
            raise NothingFoundError(f"{what} {shown_source(source)}; {self._suggest_names(source)}") from None
        except OSError as error:
            raise formats.PlaylistReadError(f"{shown_source(source)} can't be read: {error.strerror}") from None

    def _match(self, wanted: WantedTrack, track: Callable[[str], Track | None]) -> search.Match | None:
        wanted = replace(wanted, paths=tuple(map(Location.as_file_name, wanted.paths)))
        # Most lists contain exact paths, which need no index of the library.
        for path in wanted.paths:
            known = track(path)
            if known is not None and wanted.audio_id in (None, known.as_listed.audio_id):
                return search.Match(path=path, method="path", certainty=1.0)
        return self._matcher.match(wanted)

    @cached_property
    def _matcher(self) -> search.TrackMatcher:
        return search.TrackMatcher(self._store.tracks.known_names())

    # ---- store and write -------------------------------------------------------------------------

    def deleted(self) -> list[StoredPlaylist]:
        """The lists deleted or replaced in the last 30 days, most recent first."""
        return self._lists.deleted(now=datetime.now(UTC))

    def stored(
        self, *, history: bool | None = False, name: str | None = None, is_counted: bool = True
    ) -> list[StoredPlaylist]:
        """The stored lists, by name.

        is_counted: count the current tracks of live lists, which runs their queries
        name: only the list of this name or id, of any kind
        history: True returns imported play histories, by time; None all lists
        """
        lists = [
            stored_list
            for stored_list in self._lists.all(name)
            if name is not None or history in (None, stored_list.is_history)
        ]
        if is_counted:
            lists = self.counted(lists)
        else:
            lists = [stored if stored.live is None else replace(stored, counted=False) for stored in lists]
        if name is not None:
            return lists
        return sorted(lists, key=lambda stored_list: stored_list.played_at or "") if history else lists

    def counted(self, lists: Iterable[StoredPlaylist]) -> list[StoredPlaylist]:
        """The same lists with the current sizes of live ones, whose queries are run."""
        return [
            stored_list if stored_list.live is None else self._answers.counted(replace(stored_list, counted=...))
            for stored_list in lists
        ]

    @needs("own")
    def check_save(self, name: str, *, force: bool = False) -> None:
        """Refuse a name that `save` would refuse, also of a read-only library; stores nothing."""
        self._store.require_writable()
        if not force:
            self._lists.require_free(name)
        elif self._lists.name_of(name) is None:
            ListName.checked(name)

    @needs("own")
    def save(self, name: str, content: Tracklist, *, force: bool = False) -> None:
        """Store a list under a name.

        force: replace a stored list of the same name; `restore` brings the old list back
        """
        self._put(name, _without_query(content), force=force, keep=True, what="saved again")

    @needs("own")
    def change(self, name: str, content: Tracklist) -> None:
        """Replace the tracks of a stored list. `versions` keeps the old ones, and so does `restore` if less than half
        of the tracks stay.

        raises UsageError: if it is a live list
        """
        self.require_not_live(name)
        self._put(name, _without_query(content), what="tracks changed")

    def require_not_live(self, name: str) -> None:
        """Refuse to edit the tracks of a live list.

        raises UsageError: if it is a live list
        """
        if self._lists.live(name) is not None:
            shown = self._known(self._lists.name_of(name), name)
            hint = f"'map4 playlist show {quoted(shown)} --save {quoted(shown)} --force' turns it into a normal list"
            raise UsageError(f"'{shown}' is a live list: its query decides its tracks; {hint}")

    def _put(self, name: str, content: Tracklist, *, force: bool = True, keep: bool | None = False, what: str) -> None:
        imported = content.header.imported
        if imported is not None:  # it is the user's own now: another import must not undo their changes
            imported = replace(imported, is_history=False, is_own=True)
            header = replace(content.header, imported=imported)
            content = replace(content, header=header)
        if content.header.live is not None:
            content = replace(content, tracks=(), picks=())  # its query returns them
        self._lists.put(name, content, now=datetime.now(UTC), replace=force, keep=keep, what=what)

    def find(self, name: str) -> str:
        """The stored spelling of a list's name; case is ignored if only one list matches."""
        return self._known(self._lists.name_of(name), name)

    def id_of(self, name: str) -> str:
        """The id of a stored list, which survives renaming; the name is matched as in `find`."""
        return self._known(self._lists.id_of(name), name)

    def version(self, name: str) -> str:
        """A word that changes with any change of a stored list; the name is matched as in `find`."""
        return self._known(self._lists.version(name), name)

    def versions(self, name: str) -> ListVersions:
        """The versions of a stored list, for `brought_back`; the name is matched as in `find`."""
        versions = self._lists.versions(name)
        return ListVersions(id=self.id_of(name), name=self.find(name), versions=tuple(versions))

    def noted(self, name: str, key: str) -> dict[str, Any]:
        """The values of a key of each present track of a stored list, by audio id; empty without such a list."""
        return self._lists.noted(name, key)

    @needs("own")
    def delete(self, name: str) -> str:
        """Delete a stored list, matched as in `find`, and return its name. `restore` can bring it back for 30 days."""
        list_name = self.find(name)
        self._lists.delete(name, now=datetime.now(UTC))
        return list_name

    @needs("own")
    def restore(self, name: str, new_name: str | None = None) -> str:
        """Restore a list that was deleted or replaced in the last 30 days, and return its name.

        name: of several with this name the most recent; or the `id` in `deleted`
        new_name: restore it under this name
        raises StoredListExistsError: if another list has the name now
        """
        try:
            restored = self._lists.restore(name, now=datetime.now(UTC), new_name=new_name)
        except StoredListExistsError as error:
            advice = "bring the deleted one back under another name, with --as NAME"
            raise StoredListExistsError(error.name, error.tracks, advice) from None
        if restored is None:
            raise NothingFoundError(
                f"no list '{display_path(name)}' was deleted in the last 30 days; 'map4 playlist list --deleted' "
                "shows the deleted lists"
            )
        return restored

    @needs("own")
    def copy(self, name: str, new_name: str, *, force: bool = False) -> None:
        """Store a copy of a list under another name."""
        content = self._known(self._lists.get(name), name)
        self._put(new_name, replace(content, name=new_name), force=force, keep=True, what="saved again")

    @needs("own")
    def rename(self, name: str, new_name: str) -> str:
        """Rename a stored list, and return the new name as stored."""
        self.find(name)
        return self._lists.rename(name, new_name, now=datetime.now(UTC))

    @needs("own")
    def describe(self, name: str, description: str | None) -> None:
        """Set the description of a stored list; None removes it."""
        if description is not None and len(description) > MOST_LETTERS:
            raise UsageError(f"a description has at most {MOST_LETTERS:,} characters, not {len(description):,}")
        self.find(name)
        self._lists.describe(name, description, now=datetime.now(UTC))

    @needs("own")
    def share(self, name: str, sharing: Sharing) -> str:
        """Set who else may use a stored list, matched as in `find`, and return its name.

        sharing: "private", "read" (all may see it) or "edit" (all may change it)
        raises NotAllowedError: if it belongs to another person and the caller is no admin
        raises UsageError: if it was made without an account, and so belongs to everybody
        """
        if sharing not in SHARINGS:
            raise UsageError.no_such("way to share a list", sharing, SHARINGS)
        list_name = self.find(name)
        self._lists.share(name, sharing, now=datetime.now(UTC))
        return list_name

    @needs("own")
    def mark(self, name: str, *, mark: Sequence[str] = (), unmark: Sequence[str] = ()) -> ValueChanges:
        """Add the user's marks to a stored list, matched as in `find`, and remove some.

        mark, unmark: words, as for tracks in `map4.Library.set`
        raises UsageError: if a word can't be a mark
        """
        from map4.core.music.track.user_values import ValueChanges

        [stored] = self._known(self._lists.all(name) or None, name)
        edit = values.ValueEdit(mark=mark, unmark=unmark)
        changes = tuple(edit.changes_of([values.as_marked(stored.id, stored.name, stored.marks)]))
        step = self._store.part(values.SqlValues).put(changes, now=datetime.now(UTC))
        return ValueChanges(dry_run=False, step=step, changes=changes)

    def _known(self, value: T | None, name: str) -> T:
        if value is None:
            raise NothingFoundError(f"there is no stored list '{display_path(name)}'; {self._suggest_names(name)}")
        return value

    def _suggest_names(self, name: str) -> str:
        """Suggestions for a list name that does not exist."""
        names = {name.casefold(): name for name in self._lists.names()}
        near = [names[near_name] for near_name in UsageError.near(name.rpartition("/")[2], names, _MOST_NEAR)]
        return UsageError.meant(near) or "'map4 playlist list' shows the stored lists"

    @needs("own")
    def check_write(self, target: str, *, force: bool = False) -> None:
        """Refuse a file that `write` would refuse; writes nothing."""
        self._output.check(target, force=force)

    @needs("own")
    def write(
        self,
        content: Tracklist,
        target: str,
        *,
        format_name: str | None = None,
        path_maps: PathMaps | None = None,
        force: bool = False,
    ) -> WriteNotes:
        """Write a list to a file, completely or not at all.

        target: the file
        format_name: name of the format; None uses the suffix
        path_maps: how the paths are written
        force: replace a file that map4 did not write; never music or the library
        """
        form = _format_for(path_text(target), format_name)
        produce = self._writer(content, form, path_maps)
        written = self._output.write(
            target, produce, format_name=form.name, tracks=lambda notes: notes.tracks, force=force
        )
        written.result.remarks += written.remarks
        return written.result

    @needs("own")
    def write_report(self, text: str, target: str) -> None:
        """Write the report of a check to a file, under the rules of `write`."""
        data = text.encode("utf-8", "replace")
        self._output.write(path_text(target), lambda out: out.write(data), format_name="playlist-check", force=False)

    def write_to(
        self, content: Tracklist, stream: BinaryIO, *, format_name: str, path_maps: PathMaps | None = None
    ) -> WriteNotes:
        """Write a list to an open binary stream."""
        return self._writer(content, _format_for(STDIN, format_name), path_maps)(stream)

    @staticmethod
    def _writer(content: Tracklist, form: Format, path_maps: PathMaps | None) -> Callable[[BinaryIO], WriteNotes]:
        def write(out: BinaryIO) -> WriteNotes:
            notes = form.write_list(content, out, path_maps or PathMaps())
            notes.remarks += [] if form.holds_live else LiveNotes.of(content).sentences()
            return notes

        return write


def _format_for(target: str, name: str | None) -> Format:
    return formats.ListFormats.for_writing(target, name)


def _without_query(content: Tracklist) -> Tracklist:
    """The list with its current tracks and without its query."""
    return content if content.header.live is None else replace(content, header=replace(content.header, live=None))


def shown_source(source: str) -> str:
    """The display name of a list's source."""
    return "stdin" if source == STDIN else display_path(source)


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The changed and deleted lists, newest first."""
    past: list[tuple[str, str, tuple[str, ...]]] = [
        (at, f"'{name}': {what}", ("versions", uid, "--restore", str(before)))
        for uid, name, before, what, at in store.part(SqlPlaylists).changes(UndoSteps.MOST)
    ]
    past += [
        (gone.deleted_at or "", f"'{gone.name}': deleted or replaced", ("versions", gone.id, "--restore", "deleted"))
        for gone in LibraryLists(store).deleted()
    ]
    for at, what, words in sorted(past, key=itemgetter(0), reverse=True):
        yield UndoStep(kind="list", at=at, what=what, command=("playlist", *words))

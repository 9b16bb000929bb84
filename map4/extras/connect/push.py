"""Write a list to a music server: create it once, then update it. What others created or changed stays.

The intended content is stored before the server is contacted. After an interruption, the server's state is read and
the rest is completed; no request is repeated blindly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from map4.core.base.text import name_key
from map4.extras.connect.connected import MusicConnection, PushedList, RemoteList
from map4.extras.connect.patience import PatientServer
from map4.extras.connect.records import PushStatus
from map4.extras.connect.server import LIST_SONGS_AT_ONCE, MusicServerError, NotThereError
from map4.extras.connect.store.connections import SqlConnections
from map4.extras.shared.service import Fault, FaultKind

_OURS = "{} (map4)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWriter:
    """Writes lists to a server.

    now: returns the time as text, in UTC
    """

    store: SqlConnections
    connection: MusicConnection
    patient: PatientServer
    now: Callable[[], str]

    def push(
        self, uid: str, name: str, songs: Sequence[str], *, force: bool = False, make_again: bool = True
    ) -> tuple[PushStatus, PushedList]:
        """Create or update a list on the server.

        uid, name: id and name of the list here
        songs: the server's song ids, at least one
        force: also overwrite a list that was changed there
        make_again: also recreate a list that was deleted there
        """
        wanted, known = tuple(songs), self._known(uid)
        if known is not None and known.remote is not None:
            try:
                there = self._songs_of(known.remote)
            except NotThereError:
                if not make_again:
                    return "deleted-there", known
                known = None
            else:
                if known.done_at is not None:
                    is_ours = there == known.songs
                else:  # or they are the result of our interrupted write
                    is_ours = there in (known.before, ()) or _is_begun(there, known.songs)
                if not is_ours and not force:
                    return "changed-there", known
                if there == wanted:
                    return "unchanged", known if known.done_at and known.songs == wanted else self._done(known, wanted)
                return "written", self._write(self._keep(replace(known, songs=wanted, before=there, done_at=None)))
        pushed = known or self._begun(uid, name, wanted)
        remote = self._made(pushed, is_new=known is None)
        pushed = replace(pushed, remote=remote, songs=wanted, before=pushed.songs[:LIST_SONGS_AT_ONCE])
        return "made", self._write(self._keep(pushed))

    def _known(self, uid: str) -> PushedList | None:
        return next((known for known in self.store.lists(self.connection.number) if known.list == uid), None)

    def _keep(self, pushed: PushedList) -> PushedList:
        self.store.put_list(self.connection.number, pushed)
        return pushed

    def _songs_of(self, remote: str) -> tuple[str, ...]:
        return self.patient.read(lambda: self.patient.server.list_of(remote)).songs or ()

    # ---- creating

    def _begun(self, uid: str, name: str, wanted: tuple[str, ...]) -> PushedList:
        """Record that a list will be created, under a free name, and which lists have that name already."""
        listed = self.patient.read(self.patient.server.lists)
        named = name if not _called(listed, name) else _OURS.format(name)
        return self._keep(PushedList(list=uid, remote=None, name=named, songs=wanted, before=_called(listed, named)))

    def _made(self, pushed: PushedList, *, is_new: bool) -> str:
        """Create the list unless it exists already; return its id on the server."""
        tries: dict[FaultKind, int] = {}
        if not is_new and (remote := self._found(pushed)) is not None:
            return remote
        for _ in range(2 + _MOST_FAULTS):
            try:
                list_id = self.patient.server.make_list(pushed.name, pushed.songs[:LIST_SONGS_AT_ONCE])
            except MusicServerError as error:
                self.patient.wait_after(error, tries)
                list_id = None
            if list_id is None:
                list_id = self._found(pushed)
            if list_id is not None:
                return list_id
        raise MusicServerError(Fault(kind="answer", message="the server accepted a new list but does not have it"))

    def _found(self, pushed: PushedList) -> str | None:
        """The list created before an interruption: a new list of that name with a prefix of its songs."""
        listed = self.patient.read(self.patient.server.lists)
        for remote in _called(listed, pushed.name):
            if remote not in pushed.before and _is_begun(self._songs_of(remote), pushed.songs):
                return remote
        return None

    # ---- updating

    def _write(self, pushed: PushedList) -> PushedList:
        """Change the list step by step from its current to the wanted songs."""
        assert pushed.remote is not None
        remote, wanted, server = pushed.remote, pushed.songs, self.patient.server
        tries: dict[FaultKind, int] = {}
        seen: set[tuple[str, ...]] = set()
        while (there := self._songs_of(remote)) != wanted:
            if there in seen or len(seen) > len(wanted):
                message = "the server does not store the songs of a list as written"
                raise MusicServerError(Fault(kind="answer", message=message))
            try:
                if there and _is_begun(there, wanted):
                    server.add_to_list(remote, wanted[len(there) : len(there) + LIST_SONGS_AT_ONCE])
                else:
                    server.write_list(remote, wanted[:LIST_SONGS_AT_ONCE])
                seen.add(there)
            except MusicServerError as error:
                self.patient.wait_after(error, tries)
        return self._done(pushed, wanted)

    def _done(self, pushed: PushedList, songs: tuple[str, ...]) -> PushedList:
        return self._keep(replace(pushed, songs=songs, before=(), done_at=self.now()))


_MOST_FAULTS = 10


def _called(listed: Sequence[RemoteList], name: str) -> tuple[str, ...]:
    return tuple(remote_list.id for remote_list in listed if name_key(remote_list.name) == name_key(name))


def _is_begun(there: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return there == wanted[: len(there)]

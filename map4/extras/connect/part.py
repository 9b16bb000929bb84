"""Music servers that the library is connected to."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from map4.base.actor import needing
from map4.base.asking.service import Fault
from map4.base.near_names import no_such
from map4.base.text import utc_text
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.extras.connect.connected import ConnectedSong, ConnectionState, MusicConnection, checked_connection_name
from map4.part import Part

if TYPE_CHECKING:
    from map4.extras.connect.patience import PatientServer
    from map4.extras.connect.push import ListWriter
    from map4.extras.connect.records import Pulled, Pushed
    from map4.extras.connect.server import MusicServer
    from map4.extras.connect.store.connections import SqlConnections
    from map4.music.track.track import Track

OnRead = Callable[[int], object]
OnWait = Callable[[Fault, float], object]
EVERY_S, LEAST_EVERY_S = 300.0, 10.0


@needing({"read": "all get status mapped_song song songs_of_artist", "own": "add map remove push pull watch listen"})
class ConnectionsPart(Part):
    """Music servers that the library is connected to: only these are asked, and only by these calls.

    wait: for so many seconds, where a server asks for it
    """

    wait: Callable[[float], object] = staticmethod(time.sleep)

    @property
    def _connected(self) -> SqlConnections:
        from map4.extras.connect.store.connections import SqlConnections

        return self._store.part(SqlConnections)

    def all(self) -> Sequence[MusicConnection]:
        """One's own, by name; an admin sees those of others, too."""
        sees = self.actor.may("admin")
        return [one for one in self._connected.all() if sees or one.owner == self.actor.id]

    def get(self, name: str | None = None) -> MusicConnection:
        """One of them; without a name the only one.

        raises NothingFoundError: if there is none
        raises UsageError: if there is none of this name, or several and no name
        """
        found = {one.name: one for one in self.all()}
        if not found:
            raise NothingFoundError("no music server is connected; 'map4 connect add NAME URL' connects one")
        if name is None:
            if len(found) > 1:
                raise UsageError(f"there are several connections; name one: {', '.join(found)}")
            return next(iter(found.values()))
        key = checked_connection_name(name)
        if key not in found:
            raise no_such("connection", name, found)
        return found[key]

    def add(
        self, name: str, url: str, *, secret: str, login: str = "", open_to: Collection[str] = ()
    ) -> MusicConnection:
        """Connect the library to a music server, which is asked whether it lets one in; `map` reads its songs.

        One's own connection of this name, address and login gets the new secret, and keeps all else.

        url: such as https://music.example.org
        secret: the password of `login` there, or without that an API key; kept encrypted
        open_to: addresses that may ask /connect/NAME/api without a token
        raises UsageError: if it can't be called so, or is connected already
        raises MusicServerError: if it does not answer, or not as it should
        """
        from map4.accounts import seal
        from map4.extras.connect.music_server import ServerAddress, SubsonicServer, checked_address
        from map4.extras.connect.store.connections import NewConnection

        name, url = checked_connection_name(name), checked_address(url)
        known = next((one for one in self._connected.all() if one.name == name), None)
        if known is not None and (known.owner, known.url, known.login) != (self.actor.id, url, login):
            raise UsageError(
                f"there is a connection '{name}' already, of another address or login; "
                f"'map4 connect remove {name}' ends it"
            )
        addresses = tuple(_checked_host(one) for one in open_to)
        if not secret:
            raise UsageError("the server asks for a password, or for an API key; give one of them")
        server = SubsonicServer(ServerAddress(url=url, login=login, secret=secret))
        try:
            sign_in, info = server.hello()
        finally:
            server.close()
        new = NewConnection(
            name=name, url=url, login=login, sign_in=sign_in, sealed=seal(secret), server=info, open_to=addresses,
            added_at=self._now(),
        )  # fmt: skip
        return self._connected.add(new) if known is None else self._connected.renew(known.number, new)

    def remove(self, name: str) -> MusicConnection:
        """Forget a server and its password; nothing there is changed, and lists that were written stay.

        raises NotAllowedError: if it is somebody else's
        """
        found = self._own(name, or_admin=True)
        self._connected.remove(found.number)
        return found

    def map(
        self, name: str | None = None, *, on_read: OnRead = lambda count: None, on_wait: OnWait | None = None
    ) -> ConnectionState:
        """Read which songs a server has, and find which tracks these are.

        raises MusicServerError: if it does not answer, or not as it should; then all stays as it was
        """
        from map4.extras.connect.mapping import read_songs, state_of

        found = self._own(name)
        with self._asking(found, on_wait) as patient:
            read_songs(self._store, found, patient, now=self._now(), on_read=on_read)
        return state_of(self._store, self.get(found.name))

    def listen(
        self, name: str | None = None, *, most: int, on_song: Callable[[str, str], object] = lambda song, why: None,
        on_wait: OnWait | None = None,
    ) -> int:  # fmt: skip
        """Fetch songs that are no track by path and tags, and compare how they sound; gives how many were found.

        most: so many at most; each is fetched whole
        on_song: is told what each is called, and why it could not be fetched
        """
        from map4.extras.connect.mapping import listen

        found = self._own(name)
        with self._asking(found, on_wait) as patient:
            return listen(
                self._store, found, patient, most=most, heard=self._heard,
                on_song=lambda song, why: on_song(song.caption, why),
            )  # fmt: skip

    def status(self, name: str | None = None, *, shown: int = 20) -> ConnectionState:
        """What of a server is mapped, how, and what is not and why; the server is not asked.

        shown: so many of the songs that are not
        """
        from map4.extras.connect.mapping import state_of

        found = self.get(name)
        return state_of(self._store, found, shown=shown, is_own=found.owner == self.actor.id)

    def push(
        self, lists: Sequence[str], to: str | None = None, *, force: bool = False, on_wait: OnWait | None = None
    ) -> list[Pushed]:
        """Have a server hold stored lists: made there once, and written again; lists of others are left alone.

        lists: their names or ids
        to: the connection; None is the only one
        force: also over a list that somebody changed there after map4 had written it
        raises NothingFoundError: if no track of a list is a song there
        raises MusicServerError: if it does not answer, or not as it should; to push again goes on from there
        """
        found = self._own(to)
        uids = [self._opened.lists.id_of(name) for name in lists]
        with self._asking(found, on_wait) as patient:
            writer = self._writer(found, patient)
            return [self._pushed(found, writer, uid, force=force) for uid in uids]

    def pull(
        self, name: str | None = None, *, take_theirs: bool = False, on_read: OnRead = lambda count: None,
        on_wait: OnWait | None = None,
    ) -> Pulled:  # fmt: skip
        """Take over stars and ratings that a server has, as far as only it has changed them, and what it says of plays.

        take_theirs: also what was changed on both sides; without, that is kept beside, and told
        raises MusicServerError: if it does not answer, or not as it should; then nothing is taken over
        """
        from map4.extras.connect.pull import take_over
        from map4.extras.connect.records import Pulled

        found = self._own(name)
        self.map(found.name, on_read=on_read, on_wait=on_wait)
        taken = take_over(self._store, found.number, take_theirs=take_theirs)
        self._connected.note(found.number, pulled_at=self._now())
        state = self.status(found.name, shown=1000)
        return Pulled(
            connection=found.name, songs=state.songs, mapped=state.mapped, stars=taken.stars, unstars=taken.unstars,
            ratings=taken.ratings, plays=taken.plays, counts=taken.counts, beside=state.beside,
        )  # fmt: skip

    def watch(
        self, name: str | None = None, *, every_s: float = EVERY_S, on_wait: OnWait | None = None
    ) -> Iterator[Pulled | Pushed | Fault]:
        """Keep both in step until the generator is closed: pull, and write lists again that were pushed and have
        changed here; what the server does not answer is tried again the next time.

        every_s: seconds in between
        """
        from map4.extras.connect.server import MusicServerError

        if every_s < LEAST_EVERY_S:
            raise UsageError(f"a server is asked every {LEAST_EVERY_S:.0f} s at most")
        found = self._own(name)
        while True:
            try:
                yield self.pull(found.name, on_wait=on_wait)
                yield from self._pushed_again(found, on_wait)
            except MusicServerError as error:
                yield error.fault
            self.wait(every_s)

    def _pushed_again(self, found: MusicConnection, on_wait: OnWait | None) -> Iterator[Pushed]:
        there = {one.id for one in self._opened.lists.stored()}
        with self._asking(found, on_wait) as patient:
            writer = self._writer(found, patient)
            for one in self._connected.lists(found.number):
                if one.list in there:
                    try:
                        done = self._pushed(found, writer, one.list, make_again=False)
                    except NothingFoundError:  # no track of it is a song there any more
                        continue
                    if done.status != "unchanged":
                        yield done

    def song(self, connection: MusicConnection, song: str) -> ConnectedSong | None:
        """A song of a server by its id there; None where it had none such when it was read last."""
        return self._connected.song(connection.number, song)

    def songs_of_artist(self, connection: MusicConnection, artist: str) -> Sequence[ConnectedSong]:
        """The songs of an artist, by the server's id of that or by name, that are tracks here."""
        return self._connected.songs_of_artist(connection.number, artist)

    def mapped_song(self, connection: MusicConnection, audio_ids: Collection[str]) -> dict[str, str]:
        """The song of a server that each of these tracks is, by audio id."""
        return dict(self._connected.songs_of(connection.number, audio_ids))

    # ---- how

    def _own(self, name: str | None, *, or_admin: bool = False) -> MusicConnection:
        found = self.get(name)
        if found.owner != self.actor.id and not (or_admin and self.actor.may("admin")):
            raise NotAllowedError(f"'{found.name}' was connected by another account, which alone uses it")
        return found

    @contextmanager
    def _asking(self, found: MusicConnection, on_wait: OnWait | None) -> Iterator[PatientServer]:
        from map4.extras.connect.patience import PatientServer

        server = self._server(found)
        try:
            yield PatientServer(server, wait=self.wait, on_wait=on_wait or (lambda fault, seconds: None))
        finally:
            server.close()

    def _server(self, found: MusicConnection) -> MusicServer:
        from map4.accounts import unseal
        from map4.extras.connect.music_server import ServerAddress, SubsonicServer

        secret, sign_in = unseal(self._connected.sealed(found.number)), found.sign_in
        return SubsonicServer(
            ServerAddress(
                url=found.url, login=found.login, secret=secret, sign_in=sign_in, by_form=found.server.by_form
            )
        )

    def _writer(self, found: MusicConnection, patient: PatientServer) -> ListWriter:
        from map4.extras.connect.push import ListWriter

        return ListWriter(store=self._connected, connection=found, patient=patient, now=self._now)

    def _pushed(
        self, found: MusicConnection, writer: ListWriter, uid: str, *, force: bool = False, make_again: bool = True
    ) -> Pushed:
        from map4.extras.connect.records import LeftOut, Pushed

        listed = self._opened.lists.read_stored(uid)
        name, tracks = self._opened.lists.find(uid), listed.tracks()
        songs = self.mapped_song(found, [track.audio_id for track in tracks if track.audio_id is not None])
        wanted = [songs[track.audio_id] for track in tracks if track.audio_id in songs]
        if not wanted:
            raise NothingFoundError(
                f"no track of '{name}' is a song of {found.name}; 'map4 connect status {found.name}' says why"
            )
        status, pushed = writer.push(uid, name, wanted, force=force, make_again=make_again)
        return Pushed(
            list=name, connection=found.name, name=pushed.name, remote_id=pushed.remote or "", status=status,
            songs=len(pushed.songs),
            left_out=tuple(
                LeftOut(path=track.path, artist=track.artist(), title=track.title())
                for track in tracks if track.audio_id not in songs
            ),
        )  # fmt: skip

    def _heard(self, path: str) -> Track | None:
        from map4.scan import AnalyzeOptions

        found = next(iter(self._opened.scanner.analyze([path], AnalyzeOptions(store=False))), None)
        return found if found is not None and found.analysis is not None else None

    @staticmethod
    def _now() -> str:
        return utc_text(datetime.now(UTC))


def _checked_host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        raise UsageError(f"'{text}' is no address of a machine, such as 192.168.1.20") from None

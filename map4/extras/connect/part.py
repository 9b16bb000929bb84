"""Calls on connected music servers."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from map4.core.base.actor import needs
from map4.core.base.text import utc_text
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.extras.connect.connected import (
    ConnectedSong,
    ConnectionState,
    MusicConnection,
    ServerInfo,
    SignIn,
    checked_connection_name,
)
from map4.extras.connect.music_server import ServerAddress, SubsonicServer, checked_address
from map4.extras.connect.other_servers import JellyfinServer, LyrionServer
from map4.extras.connect.patience import PatientServer
from map4.extras.connect.push import ListWriter
from map4.extras.connect.records import LeftOut, Pulled, Pushed
from map4.extras.connect.server import MusicServerError
from map4.extras.connect.store.connections import NewConnection, SqlConnections
from map4.extras.shared.service import Fault
from map4.library.part import LibraryPart
from map4.scan import AnalyzeOptions

if TYPE_CHECKING:
    from map4.core.music.track.track import Track

OnRead = Callable[[int], object]
OnWait = Callable[[Fault, float], object]
EVERY_S, LEAST_EVERY_S = 300.0, 10.0


class ConnectionsPart(LibraryPart, scope="own"):
    """The library's connections to music servers. Only these servers are contacted, and only by these calls.

    wait: sleeps for a number of seconds before a request is repeated
    """

    wait: Callable[[float], object] = staticmethod(time.sleep)

    @property
    def _connected(self) -> SqlConnections:
        return self._store.part(SqlConnections)

    @needs("read")
    def all(self) -> Sequence[MusicConnection]:
        """Return the caller's connections by name; for an admin, all connections."""
        sees = self.actor.may("admin")
        return [connection for connection in self._connected.all() if sees or connection.owner == self.actor.id]

    @needs("read")
    def get(self, name: str | None = None) -> MusicConnection:
        """Return a connection by name; without a name, the only connection.

        raises NothingFoundError: if there are no connections
        raises UsageError: if the name is unknown, or omitted although there are several
        """
        by_name = {connection.name: connection for connection in self.all()}
        if not by_name:
            raise NothingFoundError("no music server is connected; run 'map4 connect add NAME URL'")
        if name is None:
            if len(by_name) > 1:
                raise UsageError(f"there are several connections; name one: {', '.join(by_name)}")
            return next(iter(by_name.values()))
        key = checked_connection_name(name)
        if key not in by_name:
            raise UsageError.no_such("connection", name, by_name)
        return by_name[key]

    def add(
        self, name: str, url: str, *, secret: str, login: str = "", open_to: Collection[str] = ()
    ) -> MusicConnection:
        """Connect the library to a music server after a test sign-in; `map` then reads its songs.

        An own connection of the same name, address and login only gets the new secret.

        url: such as https://music.example.org
        secret: the password of `login` there, or an API key if `login` is empty; stored encrypted; empty only for a
            Lyrion server without a password
        open_to: addresses that may use /connect/NAME/api without a token
        raises UsageError: if the name is invalid or taken
        raises MusicServerError: if the server fails
        """
        from map4.accounts import KeyFile

        name, url = checked_connection_name(name), checked_address(url)
        known = next((connection for connection in self._connected.all() if connection.name == name), None)
        if known is not None and (known.owner, known.url, known.login) != (self.actor.id, url, login):
            raise UsageError(
                f"the connection '{name}' exists with another address or login; "
                f"to delete it, run 'map4 connect remove {name}'"
            )
        addresses = tuple(_checked_host(host) for host in open_to)
        sign_in, info = _greeted(ServerAddress(url=url, login=login, secret=secret))
        new = NewConnection(
            name=name, url=url, login=login, sign_in=sign_in, sealed=KeyFile.seal(secret), server=info,
            open_to=addresses, added_at=self._now(),
        )  # fmt: skip
        return self._connected.add(new) if known is None else self._connected.renew(known.number, new)

    def remove(self, name: str) -> MusicConnection:
        """Delete a connection and its password; nothing on the server changes.

        raises NotAllowedError: if it belongs to another account
        """
        connection = self._own(name, or_admin=True)
        self._connected.remove(connection.number)
        return connection

    def map(
        self, name: str | None = None, *, on_read: OnRead = lambda count: None, on_wait: OnWait | None = None
    ) -> ConnectionState:
        """Read the songs of a server, and match them with tracks.

        raises MusicServerError: if the server fails; nothing changes then
        """
        from map4.extras.connect.mapping import read_songs, state_of

        connection = self._own(name)
        with self._asking(connection, on_wait) as patient:
            read_songs(self._store, connection, patient, now=self._now(), on_read=on_read)
        return state_of(self._store, self.get(connection.name))

    def listen(
        self, name: str | None = None, *, most: int, on_song: Callable[[str, str], object] = lambda song, why: None,
        on_wait: OnWait | None = None,
    ) -> int:  # fmt: skip
        """Download unmatched songs and compare their audio; return how many were matched.

        most: maximum number of songs; each is downloaded whole
        on_song: called with each song's name, and why it could not be downloaded
        """
        from map4.extras.connect.mapping import listen

        connection = self._own(name)
        with self._asking(connection, on_wait) as patient:
            return listen(
                self._store, connection, patient, most=most, analysed=self._analysed,
                on_song=lambda song, why: on_song(song.caption, why),
            )  # fmt: skip

    @needs("read")
    def status(self, name: str | None = None, *, shown: int = 20) -> ConnectionState:
        """Return which songs of a server are matched, how, and why others are not, without contacting it.

        shown: maximum number of unmatched songs
        """
        from map4.extras.connect.mapping import state_of

        if shown < 0:
            raise UsageError(f"show 0 or more songs, not {shown}")
        connection = self.get(name)
        return state_of(self._store, connection, shown=shown, is_own=connection.owner == self.actor.id)

    def push(
        self, lists: Sequence[str], to: str | None = None, *, force: bool = False, on_wait: OnWait | None = None
    ) -> list[Pushed]:
        """Write stored lists to a server: create them once, then update them; other lists are not changed.

        lists: names or ids
        to: the connection; None means the only one
        force: also overwrite a list that was changed there after map4 wrote it
        raises NothingFoundError: if no track of a list matches a song
        raises MusicServerError: if the server fails; the next push resumes
        """
        connection = self._own(to)
        uids = [self._services.lists.id_of(name) for name in lists]
        with self._asking(connection, on_wait) as patient:
            writer = self._writer(connection, patient)
            return [self._pushed(connection, writer, uid, force=force) for uid in uids]

    def pull(
        self, name: str | None = None, *, take_theirs: bool = False, on_read: OnRead = lambda count: None,
        on_wait: OnWait | None = None,
    ) -> Pulled:  # fmt: skip
        """Import stars and ratings that changed only on the server, and its plays.

        take_theirs: if both sides changed, use the server's value; by default, ours stays and the conflict is reported
        raises MusicServerError: if the server fails; nothing is imported then
        """
        from map4.extras.connect.pull import take_over

        connection = self._own(name)
        self.map(connection.name, on_read=on_read, on_wait=on_wait)
        taken = take_over(self._store, connection.number, take_theirs=take_theirs)
        self._connected.note(connection.number, pulled_at=self._now())
        state = self.status(connection.name, shown=1000)
        return Pulled(connection=connection.name, songs=state.songs, mapped=state.mapped, beside=state.beside, **taken)

    def watch(
        self, name: str | None = None, *, every_s: float = EVERY_S, on_wait: OnWait | None = None
    ) -> Iterator[Pulled | Pushed | Fault]:
        """Pull, and update pushed lists that changed here, until the generator is closed.

        After a failure of the server, the next round tries again.

        every_s: seconds between rounds
        """
        if every_s < LEAST_EVERY_S:
            raise UsageError(f"the interval is at least {LEAST_EVERY_S:.0f} s")
        connection = self._own(name)
        while True:
            try:
                yield self.pull(connection.name, on_wait=on_wait)
                yield from self._pushed_again(connection, on_wait)
            except MusicServerError as error:
                yield error.fault
            self.wait(every_s)

    def _pushed_again(self, connection: MusicConnection, on_wait: OnWait | None) -> Iterator[Pushed]:
        there = {stored_list.id for stored_list in self._services.lists.stored()}
        with self._asking(connection, on_wait) as patient:
            writer = self._writer(connection, patient)
            for pushed_list in self._connected.lists(connection.number):
                if pushed_list.list in there:
                    try:
                        done = self._pushed(connection, writer, pushed_list.list, make_again=False)
                    except NothingFoundError:  # none of its tracks matches a song any more
                        continue
                    if done.status != "unchanged":
                        yield done

    @needs("read")
    def song(self, connection: MusicConnection, song: str) -> ConnectedSong | None:
        """Return a song by its id on the server; None if it was unknown at the last read."""
        return self._connected.song(connection.number, song)

    @needs("read")
    def songs_of_artist(self, connection: MusicConnection, artist: str) -> Sequence[ConnectedSong]:
        """Return the matched songs of an artist, by the server's artist id or by name."""
        return self._connected.songs_of_artist(connection.number, artist)

    @needs("read")
    def mapped_song(self, connection: MusicConnection, audio_ids: Collection[str]) -> dict[str, str]:
        """Return the matching song ids of these tracks, by audio id."""
        return dict(self._connected.songs_of(connection.number, audio_ids))

    # ---- implementation

    def _own(self, name: str | None, *, or_admin: bool = False) -> MusicConnection:
        connection = self.get(name)
        if connection.owner != self.actor.id and not (or_admin and self.actor.may("admin")):
            raise NotAllowedError(f"'{connection.name}' belongs to another account; only that account can use it")
        return connection

    @contextmanager
    def _asking(self, connection: MusicConnection, on_wait: OnWait | None) -> Iterator[PatientServer]:
        server = self._server(connection)
        try:
            yield PatientServer(server, wait=self.wait, on_wait=on_wait or (lambda fault, seconds: None))
        finally:
            server.close()

    def _server(self, connection: MusicConnection) -> SubsonicServer:
        from map4.accounts import KeyFile

        secret, sign_in = KeyFile.unseal(self._connected.sealed(connection.number)), connection.sign_in
        address = ServerAddress(
            url=connection.url, login=connection.login, secret=secret, sign_in=sign_in,
            by_form=connection.server.by_form,
        )  # fmt: skip
        return _SERVERS.get(connection.server.type, SubsonicServer)(address)

    def _writer(self, connection: MusicConnection, patient: PatientServer) -> ListWriter:
        return ListWriter(store=self._connected, connection=connection, patient=patient, now=self._now)

    def _pushed(
        self, connection: MusicConnection, writer: ListWriter, uid: str, *, force: bool = False, make_again: bool = True
    ) -> Pushed:
        listed = self._services.lists.read_stored(uid)
        name, tracks = self._services.lists.find(uid), listed.tracks()
        named = {track.path: (track.as_listed.audio_id, track.audio_id) for track in tracks}
        songs = self.mapped_song(connection, {audio_id for ids in named.values() for audio_id in ids if audio_id})
        # The server may still have the file that is away here.
        used = {path: next((each for each in ids if each in songs), None) for path, ids in named.items()}
        wanted = [songs[audio_id] for track in tracks if (audio_id := used[track.path]) is not None]
        if not wanted:
            raise NothingFoundError(
                f"no track of '{name}' matches a song of {connection.name}; see 'map4 connect status {connection.name}'"
            )
        status, pushed = writer.push(uid, name, wanted, force=force, make_again=make_again)
        return Pushed(
            list=name, connection=connection.name, name=pushed.name, remote_id=pushed.remote or "", status=status,
            songs=len(pushed.songs),
            left_out=tuple(
                LeftOut(path=track.path, artist=track.artist(), title=track.title())
                for track in tracks if used[track.path] is None
            ),
            copies=sum(used[track.path] not in (None, track.as_listed.audio_id) for track in tracks),
        )  # fmt: skip

    def _analysed(self, path: str) -> Track | None:
        track = next(iter(self._services.scanner.analyze([path], AnalyzeOptions(store=False))), None)
        return track if track is not None and track.analysis is not None else None

    @staticmethod
    def _now() -> str:
        return utc_text(datetime.now(UTC))


_SERVERS: Mapping[str, type[SubsonicServer]] = {"jellyfin": JellyfinServer, "lyrion": LyrionServer}


def _greeted(address: ServerAddress) -> tuple[SignIn, ServerInfo]:
    """Sign in to a server of OpenSubsonic, Jellyfin or Lyrion; without a secret, only to Lyrion."""
    errors: list[MusicServerError] = []
    kinds: Sequence[type[SubsonicServer]] = (LyrionServer,)
    if address.secret:
        kinds = (SubsonicServer, *_SERVERS.values())
    for kind in kinds:
        with closing(kind(address)) as server:
            try:
                return server.hello()
            except MusicServerError as error:
                errors.append(error)
        # Lyrion refuses all requests without its password, also those of other protocols.
        is_other = errors[-1].fault.kind in ("answer", "authentication") and not errors[-1].code
        if not (is_other and address.login):
            break
    known = [error for error in errors if error.fault.kind != "answer"]
    if not (known or address.secret):
        raise UsageError("the server needs a password or an API key")
    raise (known or errors[:1])[-1]


def _checked_host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        raise UsageError(f"'{text}' is not an IP address, such as 192.168.1.20") from None

"""Music servers that a library is connected to: what they say of songs and lists, and which tracks these are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from map4.base.records import Count, Fraction3, Json, Moment, Record, Seconds
from map4.base.text import name_key
from map4.errors import UsageError

SignIn = Literal["token", "api-key", "password"]
"""How a server is shown who asks: by the password hashed with a salt, by a key of its own, or by the password."""
SIGN_INS: tuple[SignIn, ...] = get_args(SignIn)
SongMatch = Literal["path", "tags", "audio", "fingerprint"]
"""How a song was found to be a track: by the end of its path, by what its tags say and its length, or by what was
heard of it: the same audio, or the same recording."""
SONG_MATCHES: tuple[SongMatch, ...] = get_args(SongMatch)

MOST_NAME_LETTERS = 60
_LEAST_STARS, _MOST_STARS = 1, 5


def checked_connection_name(name: str) -> str:
    """The name of a connection, which is one word, as it stands in addresses.

    raises UsageError: if none can be called so
    """
    key = name_key(name)
    if not (key and len(key) <= MOST_NAME_LETTERS and all(one.isalnum() or one in "-_" for one in key)):
        raise UsageError(
            f"'{name[:MOST_NAME_LETTERS]}' is no name of a connection: take letters and digits, - or _, "
            f"{MOST_NAME_LETTERS} at most"
        )
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo(Record):
    """What a server says of itself.

    type: the program, such as navidrome; empty where it does not say
    by_form: whether it is asked by forms, so that nothing stands in addresses, which logs keep
    """

    type: str = ""
    version: str = ""
    by_form: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicConnection(
    Record, kind="connection", members="name url login sign_in server open_to added_at read_at pulled_at"
):
    """A music server that the library is connected to.

    number, owner: by which the library knows it; the account that made it
    login: who the library is there; empty where a key says so
    sign_in: how it shows that
    open_to: addresses that may ask /connect/NAME/api without a token
    read_at, pulled_at: when its songs were last read, and what is said of them last taken over; null before
    """

    number: int
    owner: int
    name: str
    url: str
    login: str
    sign_in: SignIn
    server: ServerInfo
    open_to: tuple[str, ...] = ()
    added_at: Moment
    read_at: Moment | None = None
    pulled_at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What somebody says of a song besides its tags.

    rating: 1-5; None where there is none
    """

    starred: bool = False
    rating: int | None = None

    def __post_init__(self) -> None:
        if self.rating is not None and not _LEAST_STARS <= self.rating <= _MOST_STARS:
            raise ValueError(f"a rating is {_LEAST_STARS} to {_MOST_STARS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSong:
    """A song of a server, as it tells it; what it does not tell is None.

    path: as the server has it, or makes it up of tags
    opinion: of the account that asks, with when the star was given
    plays, played_at: how often it was played there, and when last, in UTC
    """

    id: str
    title: str | None = None
    artist: str | None = None
    artist_id: str | None = None
    album: str | None = None
    path: str | None = None
    duration_s: float | None = None
    size_bytes: int | None = None
    suffix: str | None = None
    opinion: Opinion = Opinion()
    starred_at: str | None = None
    plays: int | None = None
    played_at: str | None = None

    @property
    def caption(self) -> str:
        return " – ".join(one for one in (self.artist, self.title or self.path or self.id) if one)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteList:
    """A playlist of a server; its songs by id, None where it was only listed."""

    id: str
    name: str
    owner: str | None
    songs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SongPlace:
    """Which track a song is.

    audio_id: of the track; None where it is none
    match: how that was found
    certainty: 0-1
    why: it is none, in words; empty where it is one
    """

    audio_id: str | None = None
    match: SongMatch | None = None
    certainty: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedSong:
    """A song of a connection, and what is known of it here.

    settled: what both sides said when they were last the same, or one was taken over
    beside: what both changed differently since: the server's is kept in `song`, ours is left as it is
    heard_at: the last play there that is kept here
    """

    song: RemoteSong
    place: SongPlace
    settled: Opinion = Opinion()
    beside: tuple[str, ...] = ()
    heard_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedList:
    """A list that was written to a server.

    list: its id here
    remote: its id there; None where it is not known yet whether it was made
    name: there
    songs: what was written, or is being written
    before: what stood there before; of one that is being made, ids of the lists that were called so already
    done_at: None while it is being written
    """

    list: str
    remote: str | None
    name: str
    songs: tuple[str, ...]
    before: tuple[str, ...] = ()
    done_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmappedSong(Record):
    """A song of a server that is no track here, and why not."""

    id: str
    artist: str | None
    title: str | None
    album: str | None
    path: Annotated[str | None, Json()]
    duration_s: Seconds | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBeside(Record):
    """What was changed on both sides: the server's is kept beside ours.

    what: "star" or "rating"
    ours, theirs: true or false of a star; of a rating null where there is none
    """

    id: str
    artist: str | None
    title: str | None
    what: Literal["star", "rating"]
    ours: bool | int | None
    theirs: bool | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionState(
    Record,
    kind="connection-status",
    members="connection is_own songs mapped matches why_not tracks tracks_mapped lists unmapped beside",
):
    """What of a server is mapped, how, and what is not and why ('map4 connect status').

    is_own: whether who asks connected it, and so may use it
    songs, mapped: songs of the server, and those that are a track here
    matches: how many by each way
    why_not: how many for each reason
    tracks, tracks_mapped: recordings of the library that are there, and those that are a song of the server
    lists: how many lists were pushed there
    unmapped: the first of those that are not mapped
    beside: the first of what both sides changed
    """

    connection: MusicConnection
    is_own: bool = True
    songs: Count
    mapped: Count
    matches: Annotated[Mapping[str, int], Json(maybe=SONG_MATCHES)]
    why_not: Mapping[str, int]
    tracks: Count
    tracks_mapped: Count
    lists: Count
    unmapped: tuple[UnmappedSong, ...]
    beside: tuple[KeptBeside, ...]

    @property
    def share(self) -> Fraction3 | None:
        """Of the songs, how many are mapped."""
        return self.mapped / self.songs if self.songs else None

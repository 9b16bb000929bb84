"""Records of connected music servers, their songs and lists, and the matching tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from map4.core.base.records import Count, Fraction3, Json, Moment, Record, Seconds
from map4.core.base.text import name_key
from map4.errors import UsageError

SignIn = Literal["token", "api-key", "password"]
"""How to sign in: by a salted hash of the password, by an API key, or by the password itself."""
SongMatch = Literal["path", "tags", "audio", "fingerprint"]
"""How a song matches a track: by the end of its path, by tags and length, or by its audio (the same audio, or the same
recording)."""
SONG_MATCHES: tuple[SongMatch, ...] = get_args(SongMatch)

MOST_NAME_LETTERS = 60
_LEAST_STARS, _MOST_STARS = 1, 5


def checked_connection_name(name: str) -> str:
    """Return the normalised name of a connection: a single word, because addresses contain it."""
    key = name_key(name)
    if not (key and len(key) <= MOST_NAME_LETTERS and all(letter.isalnum() or letter in "-_" for letter in key)):
        raise UsageError(
            f"'{name[:MOST_NAME_LETTERS]}' is not a valid name of a connection: use up to {MOST_NAME_LETTERS} letters, "
            "digits, - or _"
        )
    return key


class ServerInfo(Record):
    """A server's own description.

    type: the program, such as navidrome; empty if unknown
    by_form: whether requests are sent as forms, which keeps parameters out of addresses and so out of logs
    """

    type: str = ""
    version: str = ""
    by_form: bool = True


class MusicConnection(Record, kind="connection", members="* -number -owner"):
    """A music server that the library is connected to.

    number, owner: its id in the library, and the account that created it
    login: user name on the server; empty with an API key
    sign_in: how to sign in
    open_to: addresses that may use /connect/NAME/api without a token
    read_at, pulled_at: when its songs were last read and its values last imported; null before that
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
    """A user's star and rating of a song.

    rating: 1-5; None if unrated
    """

    starred: bool = False
    rating: int | None = None

    def __post_init__(self) -> None:
        if self.rating is not None and not _LEAST_STARS <= self.rating <= _MOST_STARS:
            raise ValueError(f"a rating is {_LEAST_STARS} to {_MOST_STARS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSong:
    """A song as a server reports it; unknown values are None.

    path: the server's path, which may be invented from tags
    opinion: the opinion of the signed-in account
    starred_at: when the star was given
    plays, played_at: number of plays there, and the last play, in UTC
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
        return " – ".join(part for part in (self.artist, self.title or self.path or self.id) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteList:
    """A playlist of a server; `songs` contains song ids, or None if the list was only listed."""

    id: str
    name: str
    owner: str | None
    songs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SongPlace:
    """The track that matches a song.

    audio_id: audio of the track; None if no track matches
    match: how it matches
    certainty: 0-1
    why: why no track matches, in words; empty if a track matches
    """

    audio_id: str | None = None
    match: SongMatch | None = None
    certainty: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedSong:
    """A song of a connection, and its state in the library.

    settled: the values at which both sides last agreed, or the last imported values
    beside: names of values that both sides changed differently since; the server's is in `song`, ours stays
    played_at: the last play on the server that is stored here
    """

    song: RemoteSong
    place: SongPlace
    settled: Opinion = Opinion()
    beside: tuple[str, ...] = ()
    played_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedList:
    """A list that was written to a server.

    list: its id here
    remote: its id there; None while it is unknown whether it was created
    name: its name there
    songs: the songs written, or being written
    before: the songs there before; while the list is being created, the ids of lists with the same name
    done_at: None while it is being written
    """

    list: str
    remote: str | None
    name: str
    songs: tuple[str, ...]
    before: tuple[str, ...] = ()
    done_at: str | None = None


class UnmappedSong(Record):
    """A song of a server without a matching track, and the reason."""

    id: str
    artist: str | None
    title: str | None
    album: str | None
    path: Annotated[str | None, Json()]
    duration_s: Seconds | None
    why: str


class ValueConflict(Record):
    """A value that was changed on both sides; the server's value is stored next to ours.

    what: "star" or "rating"
    ours, theirs: true or false for a star; for a rating, null if unrated
    """

    id: str
    artist: str | None
    title: str | None
    what: Literal["star", "rating"]
    ours: bool | int | None
    theirs: bool | int | None


class ConnectionState(Record, kind="connection-status"):
    """Matching state of a server ('map4 connect status').

    is_own: whether the caller owns the connection and so may use it
    songs, mapped: songs of the server, and songs with a matching track
    matches: count per way of matching
    why_not: count per reason
    tracks, tracks_mapped: recordings of the library that are present, and recordings with a matching song
    lists: number of lists pushed there
    unmapped: the first unmatched songs
    beside: the first values that both sides changed
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
    beside: tuple[ValueConflict, ...]

    @property
    def share(self) -> Fraction3 | None:
        """Share of the songs that are matched."""
        return self.mapped / self.songs if self.songs else None

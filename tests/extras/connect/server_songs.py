"""Libraries and the songs of a server that has most of the same music, told in several ways, with which is which."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from map4.core.music.recording import KnownName
from map4.extras.connect.connected import RemoteSong

VERSIONS = ("(Live)", "- Live at the Forum", "(Radio Edit)", "(Foo Remix)", "(2011 Remaster)", "[Acoustic]",
            "(Extended Mix)", "- Instrumental")  # fmt: skip
# What the same title is on another album, without a word of it: the album says it, or the length alone.
ALBUMS = ("Live in {}", "{} (Remastered)", "{} Unplugged", "Remixes of {}")
_SYLLABLES = ("ka", "lo", "mi", "ra", "su", "ten", "vo", "dri", "bel", "nor", "ash", "ima", "que", "fy", "zan", "hul")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedSongs:
    """A library, a server's songs, and which file each song is: None of those that are another version."""

    names: list[KnownName]
    songs: list[RemoteSong]
    truth: dict[str, str | None]
    planted: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Made:
    artist: str
    album: str
    number: int
    title: str
    duration_s: float

    @property
    def path(self) -> str:
        return f"/music/{self.artist}/{self.album}/{self.number:02} {self.title.replace('/', '-')}.flac"


Layout = Callable[[_Made], str | None]


def as_it_is(song: _Made) -> str:
    """Below the folder of the server."""
    return song.path.removeprefix("/music/")


def of_tags(song: _Made) -> str:
    """As Navidrome makes paths up: album artist, album, disc and number, title."""
    return f"{song.artist}/{song.album}/01-{song.number:02} - {song.title.replace('/', '_')}.flac"


def elsewhere(song: _Made) -> str:
    """On another system, sorted in another way, and converted."""
    return f"D:\\Musik\\{song.artist} - {song.album}\\{song.number:02}. {song.artist} - {song.title}.mp3"


LAYOUTS: dict[str, Layout] = {
    "as it is": as_it_is,
    "of tags": of_tags,
    "elsewhere": elsewhere,
    "none": lambda song: None,
}


def planted_songs(count: int, layout: Layout, *, share: float = 0.05, seed: int = 1) -> PlantedSongs:
    """A library of so many tracks; of some of them the server has another version, and not this one.

    share: of those, of all; half as many have both versions here and there
    """
    draw = random.Random(seed)
    made: list[_Made] = []
    names: set[tuple[str, str]] = set()
    while len(made) < count:
        artist = _name(draw, 2)
        for _ in range(draw.randint(1, 3)):
            album = _name(draw, 2)
            for number in range(1, draw.randint(6, 15)):
                title = _name(draw, draw.randint(1, 3))
                if (artist, title) not in names:
                    names.add((artist, title))
                    made.append(_Made(artist, album, number, title, draw.uniform(120.0, 420.0)))
    made = made[:count]
    known: list[KnownName] = []
    songs: list[RemoteSong] = []
    truth: dict[str, str | None] = {}
    planted: set[str] = set()

    def have(song: _Made) -> str:
        audio_id = f"a2-{len(known):032x}"
        known.append(KnownName(song.path, audio_id, 1, song.artist, song.title, song.duration_s, album=song.album))
        return audio_id

    def serve(track: _Made, audio_id: str | None) -> None:
        song = f"s{len(songs)}"
        # Whole seconds, cut off as some servers do.
        songs.append(RemoteSong(id=song, title=track.title, artist=track.artist, album=track.album, path=layout(track),
                                duration_s=float(int(track.duration_s))))  # fmt: skip
        truth[song] = audio_id
        if audio_id is None:
            planted.add(song)

    for song in made:
        audio_id, chance = have(song), draw.random()
        if chance >= share * 1.5:
            serve(song, audio_id)
            continue
        other = _other_version(draw, song)
        if chance < share or other.path == song.path:
            serve(other, None)
        else:
            serve(song, audio_id)
            serve(other, have(other))
    return PlantedSongs(names=known, songs=songs, truth=truth, planted=frozenset(planted))


def _other_version(draw: random.Random, song: _Made) -> _Made:
    """Another version: named so by its title or its album, at about the same length or quite another."""
    near = song.duration_s + draw.choice((-1.5, -0.5, 0.0, 0.5, 1.5))
    way = draw.randrange(4)
    if way == 0:
        return replace(song, title=f"{song.title} {draw.choice(VERSIONS)}", duration_s=near)
    if way == 1:
        return replace(song, album=draw.choice(ALBUMS).format(song.album), duration_s=near)
    if way == 2:  # in the very place of the other
        return replace(song, duration_s=song.duration_s - draw.choice((4.0, 30.0)))
    return replace(song, album=_name(draw, 3), duration_s=song.duration_s + draw.choice((-60.0, -5.0, 5.0, 90.0)))


def _name(draw: random.Random, words: int) -> str:
    return " ".join(
        "".join(draw.choice(_SYLLABLES) for _ in range(draw.randint(2, 3))).capitalize() for _ in range(words)
    )

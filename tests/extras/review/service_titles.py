"""Tracks of a library, and entries for them as services write titles: seeded, with known truth."""

import random
from collections.abc import Iterator

from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.track.tags import Tags

_WORDS = "Harbour Undertow Velvet Copper Lantern Ünder Glass Ember River Señal Static Golden Marble Don't Rain Ghost"
_NAMES = "Nadia Mira Four The Låpsley Björk Sons Doors Vale Vellum Moss Kings Wolf Fox Crow Iron Saint Jean José Ólafur"
_VERSIONS = ("", "", "", "", " (Extended Mix)", " (Dub)", " (Live)", " ({} Remix)", " (Acoustic)")
_REMARKS = ("", "", "", " - Remastered 2011", " (2009 Remaster)", " (Original Mix)", " - Radio Edit", " (Video)",
            " [Explicit]", " - Single Version", " - Mono", " (Deluxe)", " - From the Motion Picture")  # fmt: skip
_GUESTS = ("", "", "", "", " (feat. Mira Vale)", " [feat. Jean Luc]", " ft. Salt & Honey")
_PLAIN = str.maketrans("Üöåñéíó’Ó", "Uoaneio'O")
Track = tuple[Tags, float]
"""Tags and length in seconds."""


def tracks_of(count: int, seed: int) -> list[Track]:
    """Tracks of a library, many of them versions of a song, or other songs of the same words."""
    chance, tracks = random.Random(seed), dict[tuple[str, str], Track]()
    words, names = _WORDS.split(), _NAMES.split()
    artists = [" ".join(chance.sample(names, chance.choice((1, 2, 2, 3)))) for _ in range(count // 8)]
    while len(tracks) < count:
        artist, title = chance.choice(artists), " ".join(chance.sample(words, chance.choice((1, 2, 2, 3))))
        for version in chance.sample(_VERSIONS, chance.choice((1, 1, 1, 2, 3))):
            whole = title + version.format(chance.choice(artists))
            tags = Tags(artist=artist, title=whole, album=" ".join(chance.sample(words, 2)))
            tracks[artist, whole] = (tags, float(chance.randint(150, 420)))
    return list(tracks.values())[:count]


def entries_of(tracks: list[Track], count: int, seed: int) -> Iterator[tuple[PlaylistEntry, int | None]]:
    """Entries, each with the number of its track; a sixth of all are of other tracks, with None."""
    chance, known = random.Random(seed), {(tags.artist, tags.title) for tags, _ in tracks}
    others = [track for track in tracks_of(2 * count, seed + 1) if (track[0].artist, track[0].title) not in known]
    for position in range(1, count + 1):
        number = chance.randrange(len(tracks)) if chance.random() > 1 / 6 else None
        tags, length_s = chance.choice(others) if number is None else tracks[number]
        yield _as_written(chance, position, tags, length_s), number


def _as_written(chance: random.Random, position: int, tags: Tags, length_s: float) -> PlaylistEntry:
    title, artist, album = tags.title or "", tags.artist or "", tags.album or ""
    if "(" not in title:
        title += chance.choice(_REMARKS)
    elif chance.random() < 0.5:
        title = title.replace(" (", " - ").rstrip(")")
    title += chance.choice(_GUESTS)
    artist += chance.choice(("", "", "", ", Mira Vale", ";Jean Luc", " & Salt"))
    if chance.random() < 0.3:
        title, artist = title.translate(_PLAIN), artist.translate(_PLAIN).removeprefix("The ")
    if chance.random() < 0.05:
        place = chance.randrange(len(title))
        title = title[:place] + title[place + 1 :]  # a slip
    return PlaylistEntry(
        position=position, artist=artist, title=title,
        album=chance.choice((album, album, album, "Greatest Hits", f"{album} (Deluxe Edition)", None)),
        duration_s=chance.choice((None, *(length_s + by_s for by_s in (0, 0.4, -0.6, 1.5, -2.0, 6.0, -12.0)))),
    )  # fmt: skip

"""Albums whose files are in several folders, as music players and the page see them."""

from contextlib import closing
from pathlib import Path

from stored import put_track

from map4.core.store.sqlite_store import SqliteStore

TITLES = {"Hits": ["a1", "a2", "b1", "b2"], "Mix": ["c1", "d1"]}
"""The songs of the albums in several folders, in the order of discs and tracks."""
SECOND = "/m/b/1.mp3"
"""A file of the second disc of Hits, whose folder has fewer files."""


def put_split_albums(library: Path) -> None:
    """Put Hits by Ann in two folders, another Hits by Bo, and Mix, a compilation, in two folders."""
    rows = (
        ("/m/z/2.mp3", "Hits", "Ann", None, 1, "a1"), ("/m/z/1.mp3", "Hits", "Ann", 1, 2, "a2"),
        ("/m/z/0.mp3", "Hits", "Ann", 2, 2, "b2"), (SECOND, "Hits", "Ann", 2, 1, "b1"),
        ("/m/y/1.mp3", "Hits", "Bo", 3, 1, "other"),
        ("/m/x/CD2/1.mp3", "Mix", "Various Artists", None, 1, "d1"),
        ("/m/w/CD1/9.mp3", "Mix", "Various Artists", None, 1, "c1"),
    )  # fmt: skip
    with closing(SqliteStore(str(library))) as store:
        for number, (path, album, whose, disc, track, title) in enumerate(rows, start=201):
            put_track(
                store, number, path=path, album=album, album_artist=whose, artist=f"Singer {number}", title=title,
                disc_number=disc, track=track, year=1999,
            )  # fmt: skip

"""Names that try to be more than names: to spreadsheets, browsers, terminals and parsers."""

import weakref
from collections.abc import Callable, Iterator, Sequence

from made_tracks import made_track

from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.formats.export import ExportContent
from map4.stats.records import Statistics, distribution

TEXTS = (
    '=HYPERLINK("http://evil.example","click")', "=1+1", "+1", "-1+1|cmd", "@x", "\t=1", "\r=1", "'=1", "\0=1+1",
    "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", "|calc", "\n=1", "'\uff1d1",
    "#N/A", "</script><script>alert(1)</script>", '<img src="file:///etc/passwd"/>', "<b>unclosed", "[/red]", "]]>",
    "\x1b[2J\x1b]0;owned\x07", "\x9b31m", "\u202egnp.exe\u2066", "one\ntwo\r\nthree\u2028four", "\ud800 half a letter",
    "x" * 40_000, "\U0001f3b5" * 20_000, "a&b 100% #1?", "\ufffe\uffff", "Ελληνικά Русский 日本語", "",
)  # fmt: skip
"""The injection set of exports."""


def nasty_tracks() -> list[Track]:
    """A track for each text, which is its title, artist, album and genre, and part of its name as far as it can be."""
    tracks = []
    for number, text in enumerate(TEXTS):
        name = "".join(c for c in text[:60] if c not in "/\0" and not "\ud800" <= c <= "\udfff")
        path = f"{number} {name}.mp3"
        tags = {"artist": text, "title": text, "album": text, "genre": text, "comment": text}
        tracks.append(made_track(path, 120.0 + number, "8A", 0.5, hamms=0.5, **tags))
    return tracks


def content_of(tracks: Sequence[Track], **more: object) -> ExportContent:
    return ExportContent(tracks=tracks, statistics=lambda: statistics_of(tracks), **more)  # type: ignore[arg-type]


def statistics_of(tracks: Sequence[Track]) -> Statistics:
    import numpy as np

    bpm = np.array([track.bpm() or np.nan for track in tracks])
    return Statistics(
        tracks=len(tracks), hours=1.5, states={"ok": len(tracks)}, tempo=distribution(bpm, 5.0),
        loudness=distribution(np.array([-9.4]), 1.0), keys={"8A": len(tracks), "8B": 0}, energy={5: len(tracks)},
        doubtful_tempo=0, doubtful_key=0, genres={track.genre() or "?": 1 for track in tracks}, codecs={"mp3": 1},
        qualities={}, years={1999: 1}, added={}, with_genre=len(tracks),
    )  # fmt: skip


class Flow(Sequence[Track]):
    """Tracks that are made as they are taken; tells after each how many of the others are still there."""

    def __init__(self, count: int, make: Callable[[int], Track]) -> None:
        self._count, self._make = count, make
        self.most_alive = 0
        self.alive = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Track:  # type: ignore[override]
        return self._make(index)

    def __iter__(self) -> Iterator[Track]:
        for index in range(self._count):
            track = self._make(index)
            self.alive += 1
            self.most_alive = max(self.most_alive, self.alive)
            weakref.finalize(track, self._gone)
            yield track

    def _gone(self) -> None:
        self.alive -= 1


def living_track(number: int) -> Track:
    return Track(path=f"/music/{number}.mp3", state="ok", tags=Tags(artist="Ann", title=f"Song {number}"))

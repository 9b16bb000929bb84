"""Runs of `Library.lookups.run` against doubles of services."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from claude_server import SkippingClock
from extras.lookup import musicbrainz_server
from libraries import put_track

from map4 import Library
from map4.core.music.track.track import Track
from map4.core.store.file.database import SqliteDatabase
from map4.extras.lookup.provider_calls import LookupNotice
from map4.extras.lookup.records import LookedUp, LookupSummary

TITLES = ["Northern Lights", "Salt Road", "Copper", "Paper Lanterns"]
ALBUM = [{"title": title} for title in TITLES]
ONE = [{"title": "Copper", "album": None, "duration_s": 203.0}]


@contextmanager
def opened(tmp_path: Path, tracks: Sequence[dict[str, Any]]) -> Iterator[Library]:
    tmp_path.mkdir(exist_ok=True)
    path = str(tmp_path / "library.map4")
    with closing(SqliteDatabase(path)) as database, database.transaction() as connection:
        for number, values in enumerate(tracks, start=1):
            usual = {"artist": "Aurora Field", "album": "Polar", "duration_s": 200.0 + number, "track": number}
            put_track(connection, number, **{**usual, **values})
    with Library.open(path) as library:
        yield library


class Run:
    """A run against a server, on a clock that skips what nobody needs to wait for."""

    def __init__(
        self, library: Library, url: str, tmp_path: Path, *, tracks: Sequence[Track] | None = None,
        provider: str = "musicbrainz", moment_s: float = 60.0, config: Mapping[str, Any] | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.clock = SkippingClock(moment_s=moment_s)
        usual = {"contact": "me@example.org"} if config is None else config
        settings = {provider: {"url": url, "interval_s": 0.0, **usual}}
        self.options = {
            "providers": (provider,), "settings": settings, "answers": str(tmp_path / "answers"),
            "rates": str(tmp_path / "rates"), "clock": self.clock, **options,
        }  # fmt: skip
        self.events = list(library.lookups.run_events(tracks, **self.options))
        self.found = [event for event in self.events if isinstance(event, LookedUp)]
        self.told = [event.message for event in self.events if isinstance(event, LookupNotice)]
        [self.summary] = [event for event in self.events if isinstance(event, LookupSummary)]

    @property
    def statuses(self) -> list[str]:
        return [found.status for found in self.found]


@contextmanager
def in_doubt(tmp_path: Path, times: int = 1) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A library with a look-up in doubt, or several, and the settings of the provider, which can be asked for more."""
    with musicbrainz_server.serving(musicbrainz_server.polar()) as server:
        with opened(tmp_path, [{"title": "Copper", "duration_s": 214.5, "album": None}] * times) as library:
            assert Run(library, server.url, tmp_path).statuses == ["review"] * times
        settings = {"url": server.url, "interval_s": 0.0, "contact": "me@example.org", "enabled": True}
        yield tmp_path / "library.map4", {"musicbrainz": settings}

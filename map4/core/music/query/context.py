"""The context of a query: the time, paths, and preferred sources; the message without matches."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from map4.core.base.text import read_start
from map4.core.music.analysis.audio import MONO_LOUDNESS, DualMono, MonoLoudness
from map4.core.music.analysis.plausible import USUAL_PITCH_PERCENT
from map4.core.music.mixing.harmony import HARMONIC_RULES, HarmonicRule
from map4.core.music.track.credits import WHOLE_NAMES
from map4.core.music.track.genre import NO_TABLE, GenreNames
from map4.core.music.track.sources import DEFAULT_PREFERENCE, Preferred, Source
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.core.music.analysis.analysis import Analysis
    from map4.core.music.query.parser import Query

ARTICLES = ("The", "El", "La", "Los", "Las", "Le", "Les")
"""Articles that orders and indexes ignore, as in Subsonic."""


RECENT = "2w"
OF_LIBRARY = ("sources", "articles", "whole_names", "mono", "pitch_percent", "has_key_lock")
"""The preferences that a library keeps, because they decide its values, their order and ratings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Preferences set when a library is opened. Those of `OF_LIBRARY` belong to the library: it keeps those that it was
    first written with, until `map4.Library.set_preferences` changes them. The preferred sources of fields other than
    tempo and key are stored there, too (`map4.Library.tags.prefer`).

    sources: order of sources for tempo and key if the user set nothing
    articles: ignored at the beginning of artists and albums, in orders and indexes
    whole_names: names of artists that credits don't split
    mono: loudness of mono files: "single", or "dual", which is 3.01 LU louder
    genres: the library's own table; only `map4.Library.genres` changes it
    harmonic: keys that match `key:~8A`: "strict", "flexible", "creative" or "off"
    pitch_percent: the largest change of a deck's fader that you would play
    has_key_lock: whether your decks keep the pitch at another speed
    own_remixes: in lists, the remix of another remixer is a separate song
    whole_works: orders and shuffles keep the movements of a work together
    recent: how long a play counts as lately, for choices of tracks, such as 2w; "off" never
    listeners: settings that are on of extras that listen while a scan decodes
    """

    LONG_AGO: ClassVar[str] = "played:-1y"  # tracks outside this query were never or long not played

    sources: tuple[Source, ...] = DEFAULT_PREFERENCE
    articles: tuple[str, ...] = ARTICLES
    whole_names: tuple[str, ...] = WHOLE_NAMES
    mono: MonoLoudness = "single"
    genres: GenreNames = NO_TABLE
    harmonic: HarmonicRule = "flexible"
    pitch_percent: float = USUAL_PITCH_PERCENT
    has_key_lock: bool = True
    own_remixes: bool = False
    whole_works: bool = False
    recent: str = RECENT
    listeners: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.harmonic not in HARMONIC_RULES:
            raise UsageError.no_such("harmonic rule", self.harmonic, HARMONIC_RULES)
        if unknown := [source for source in self.sources if source not in DEFAULT_PREFERENCE]:
            raise UsageError.no_such("source of tempo and key", unknown[0], DEFAULT_PREFERENCE)
        if self.mono not in MONO_LOUDNESS:
            raise UsageError.no_such("loudness of mono files", self.mono, MONO_LOUDNESS)
        if not isinstance(self.has_key_lock, bool):
            raise UsageError(f"a key lock is true or false, not {self.has_key_lock!r}")
        if not 0.1 <= self.pitch_percent <= 100:
            raise UsageError(f"a pitch range is 0.1 to 100 percent, not {self.pitch_percent:g}")

    @property
    def recent_plays(self) -> str | None:
        """A query for the tracks that the user heard lately; None if that doesn't count."""
        return None if self.recent == "off" else f"played:-{self.recent}"

    def of_analysis(self, analysis: Analysis, channels: int | None) -> Analysis:
        """A stored analysis of a file as callers get it, with its loudness; channels are None if unknown."""
        return DualMono.in_two_channels(analysis) if DualMono.more_lu(channels, self.mono) else analysis


_as_of: ContextVar[datetime | None] = ContextVar("as_of", default=None)


@contextmanager
def queries_as_of(starts: str | None) -> Iterator[None]:
    """Evaluate queries at this time, as `map4.core.base.text.read_start` reads it; None is now."""
    token = _as_of.set(None if starts is None else datetime.fromisoformat(read_start(starts)))
    try:
        yield
    finally:
        _as_of.reset(token)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryContext:
    """The context in which a query is evaluated.

    preferences: of the library; keys match by its harmonic rule
    preferred: the first source of fields other than tempo and key
    now: for `added:-2w`; the default is the time of `queries_as_of`
    shuffle: which random order
    locate: makes a path of the query absolute
    copies: returns the files of `is:copy`
    rows: reads library rows that a condition depends on
    has_tables: whether an extra has tables in the library
    owner: number of the actor whose ratings and plays count
    """

    preferences: Preferences = Preferences()
    preferred: Preferred = ()
    now: datetime = field(default_factory=lambda: _as_of.get() or datetime.now(UTC))
    shuffle: str = "daily"
    locate: Callable[[str], str] = os.path.abspath
    copies: Callable[[], Collection[int]] = tuple
    rows: Callable[[str, Sequence[Any]], list[tuple[Any, ...]]] = lambda sql, values: []
    has_tables: Callable[[str], bool] = lambda extra: False
    owner: int = 0


def nothing_found(query: str | Query | None, near: str | None = None) -> str:
    """The message for a query without matches, with a possible mistake in it, or a hint to scan if there is no track.

    near: the suggestion of `Library.tracks.near`
    """
    from map4.core.music.query.parser import Query  # on the first query, so that other commands start faster

    parsed = Query.parse(query or "")
    if not (parsed.groups or parsed.offset):
        return "no track is analysed and present; 'map4 scan FOLDER' adds some, 'map4 search is:any' shows others"
    return "; ".join(part for part in ("no track matches", parsed.doubt or near) if part)

"""What a query means here and now, and what counts where more than one answer is possible."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from map4.base.near_names import no_such
from map4.music.analysis.certainty import AS_MEASURED, Certainties
from map4.music.mixing.harmony import HARMONIC_RULES, HarmonicRule
from map4.music.track.sources import DEFAULT_PREFERENCE, Preferred, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What counts where more than one answer is possible; given once, when a library is opened. Of all fields but tempo
    and key the library itself knows which source goes first (`map4.Library.tags.prefer`).

    sources: which source of tempo and key counts where the user set nothing
    harmonic: which keys `key:~8A` takes: "strict", "flexible", "creative" or "off"
    certainties: what becomes of the measured certainties of tempo and key
    """

    sources: tuple[Source, ...] = DEFAULT_PREFERENCE
    harmonic: HarmonicRule = "flexible"
    certainties: Certainties = AS_MEASURED

    def __post_init__(self) -> None:
        if self.harmonic not in HARMONIC_RULES:
            raise no_such("harmonic rule", self.harmonic, HARMONIC_RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryContext:
    """What a query means here and now.

    prefer: which source of tempo and key counts where the user set nothing
    preferred: which goes first of other fields
    rule: which keys `key:~8A` takes
    certainties: what becomes of the measured certainties of tempo and key
    now: for `added:-2w`
    locate: makes a path of the query absolute
    copies: gives the files of `is:copy`
    rows: reads rows of the library that a condition depends on
    has_tables: tells whether an extra has tables in the library
    owner: number of the actor whose ratings and plays count
    """

    prefer: Sequence[Source] = DEFAULT_PREFERENCE
    preferred: Preferred = ()
    rule: HarmonicRule = "flexible"
    certainties: Certainties = AS_MEASURED
    now: datetime
    locate: Callable[[str], str] = os.path.abspath
    copies: Callable[[], Collection[int]] = tuple
    rows: Callable[[str, Sequence[Any]], list[tuple[Any, ...]]] = lambda sql, values: []
    has_tables: Callable[[str], bool] = lambda extra: False
    owner: int = 0

"""What a query means here and now."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from map4.domain.harmony import HarmonicRule
from map4.domain.sources import DEFAULT_METADATA_PREFERENCE, DEFAULT_PREFERENCE, MetadataSource, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryContext:
    """What a query means here and now.

    Parameters
    ----------
    prefer : which source of tempo and key counts where the user set nothing
    metadata : the same of all other fields
    rule : which keys `key:~8A` takes
    now : for `added:-2w`
    locate : makes a path of the query absolute
    copies : gives the files (ids) of `is:copy`
    """

    prefer: Sequence[Source] = DEFAULT_PREFERENCE
    metadata: Sequence[MetadataSource] = DEFAULT_METADATA_PREFERENCE
    rule: HarmonicRule = "flexible"
    now: datetime
    locate: Callable[[str], str] = os.path.abspath
    copies: Callable[[], Collection[int]] = tuple

    def bpm_sql(self) -> str:
        """The tempo in force."""
        return f"coalesce({', '.join(f'x.{source}_bpm' for source in self._sources())})"

    def key_sql(self) -> str:
        """The key in force, in Camelot notation."""
        return f"coalesce({', '.join(f'x.{source}_key' for source in self._sources())})"

    def confidence_sql(self, value: str) -> str:
        """How sure the "tempo" or "key" in force is; null where it was not measured."""
        name = "bpm" if value == "tempo" else "key"
        sources = self._sources()
        before = sources[: sources.index("measured")]
        others = " AND ".join(f"x.{source}_{name} IS NULL" for source in before)
        return f"CASE WHEN {others} THEN x.{value}_confidence END"

    def _sources(self) -> list[str]:
        return ["user", *self.prefer]

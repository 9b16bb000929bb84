"""What a query means here and now."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from map4.domain.mixing.harmony import HarmonicRule
from map4.domain.track.sources import DEFAULT_METADATA_PREFERENCE, DEFAULT_PREFERENCE, MetadataSource, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryContext:
    """What a query means here and now.

    prefer: which source of tempo and key counts where the user set nothing
    metadata: the same of all other fields
    rule: which keys `key:~8A` takes
    now: for `added:-2w`
    locate: makes a path of the query absolute
    copies: gives the files of `is:copy`
    owner: number of the actor whose ratings count
    """

    prefer: Sequence[Source] = DEFAULT_PREFERENCE
    metadata: Sequence[MetadataSource] = DEFAULT_METADATA_PREFERENCE
    rule: HarmonicRule = "flexible"
    now: datetime
    locate: Callable[[str], str] = os.path.abspath
    copies: Callable[[], Collection[int]] = tuple
    owner: int = 0

"""A joint of a list: how two neighbours are mixed where a person changed the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from map4.core.base.records import Ordinal, Record, Seconds
from map4.core.music.analysis.plausible import MOST_SECONDS
from map4.core.music.mixing.mix_kind import MIX_KINDS, MixKind


class ListJoint(Record, members="from=of to leave_s enter_s bars kind swap_s"):
    """How a track of a list is mixed into another that follows it; None is as planned.

    It counts wherever the two tracks are neighbours.

    of, to: audio ids of the two tracks
    leave_s: where the mix begins, in the first track
    enter_s: where the second track begins
    bars: length of the overlap
    kind: bass_swap (in time, the bass changes over), fade (in time, all fades), or cut
    swap_s: where the bass changes over, in the first track
    """

    MOST_BARS: ClassVar[int] = 64  # longer overlaps are not mixes any more

    of: str
    to: str
    leave_s: Seconds | None = None
    enter_s: Seconds | None = None
    bars: Ordinal | None = None
    kind: MixKind | None = None
    swap_s: Seconds | None = None

    @property
    def is_as_planned(self) -> bool:
        return self == ListJoint(of=self.of, to=self.to)

    @classmethod
    def of_record(cls, record: object) -> ListJoint | None:
        """Read the output of `to_record`, which users may have edited; None if invalid."""
        if not isinstance(record, Mapping):
            return None
        names: Mapping[str, Any] = record
        of, to, bars, kind = (names.get(name) for name in ("from", "to", "bars", "kind"))
        if not isinstance(of, str) or not isinstance(to, str):
            return None
        return cls(
            of=of,
            to=to,
            leave_s=_seconds(names.get("leave_s")),
            enter_s=_seconds(names.get("enter_s")),
            bars=bars if isinstance(bars, int) and 1 <= bars <= ListJoint.MOST_BARS else None,
            kind=kind if kind in MIX_KINDS else None,
            swap_s=_seconds(names.get("swap_s")),
        )


def _seconds(value: object) -> float | None:
    is_time = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_time and 0.0 <= value <= MOST_SECONDS else None  # type: ignore[return-value, operator]

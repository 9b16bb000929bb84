"""Plan a refresh: which tracks of a list stay, and which places need new tracks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby, pairwise

from map4.core.music.lists.limits import ListLimits, Rule
from map4.core.music.lists.tracklist import PlacedPick
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.harmony import fits
from map4.core.music.track.track import Track
from map4.search import ResolvedEntry, ResolvedPlaylist


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPlaces:
    """Consecutive places that need other tracks.

    entries: their present entries
    before, after: the kept tracks around them; None at the ends of the list
    """

    entries: tuple[ResolvedEntry, ...]
    before: Track | None
    after: Track | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A removed entry, the reason, and its replacement; None if there is none.

    is_recent: whether it made room because it was heard lately
    """

    entry: ResolvedEntry
    track: Track | None
    is_recent: bool = False

    @property
    def why(self) -> str:
        """The reason, in words."""
        fits_not = "was heard lately" if self.is_recent else "does not fit"
        whys = {"found": fits_not, "gone": "is gone", "uncertain": "is an uncertain match"}
        return whys.get(self.entry.status, "is not in the library")


STEP_RULES: frozenset[Rule] = frozenset({"harmonic", "tempo_policy"})
"""Limits that decide whether a track still fits."""


def plan_refresh(
    resolved: ResolvedPlaylist,
    *,
    limits: ListLimits,
    forgiven: Collection[Rule] = STEP_RULES,
    absent: tuple[str, ...] = (),
    recent: Collection[str] = (),
) -> list[PlacedPick | OpenPlaces]:
    """Split a list into tracks that stay and gaps to fill, in order.

    A track stays if it is present, and is locked or keeps the limits of tempo and key with each neighbour that stays. A
    missing file in an absent folder is not known to be gone: it stays.
    As few tracks as possible are removed. Streams are no tracks and are dropped.

    limits: of a transition; an unknown tempo passes all limits, an unknown key all but a strict rule
    forgiven: limits that are not checked for a track if the list itself relaxed them for it
    absent: scanned folders that are absent, each with a trailing slash
    recent: files to replace, unless they are locked or begin the list
    """
    entries = [entry for entry in resolved.entries if entry.status != "url"]
    missing = [
        entry.status == "gone" and entry.track is not None and entry.track.path.startswith(absent) for entry in entries
    ]
    stays = [entry.status == "found" or is_missing for entry, is_missing in zip(entries, missing, strict=True)]
    for place, entry in enumerate(entries[1:], start=1):
        stays[place] &= entry.track is None or entry.track.path not in recent or entry.pick.locked
    for place, (a, b) in enumerate(pairwise(entries)):
        # Of a bad transition the second track is removed: the next transition may be bad as well, and both are solved.
        if stays[place] and stays[place + 1] and not _fits(a, b, limits, forgiven):
            # Locked tracks stay, even if both are.
            if not (b.pick.locked or missing[place + 1]):
                stays[place + 1] = False
            elif not (a.pick.locked or missing[place]):
                stays[place] = False
    plan: list[PlacedPick | OpenPlaces] = []
    for is_kept, group in groupby(range(len(entries)), key=lambda place: stays[place]):
        places = list(group)
        if is_kept:
            plan += [(track, entries[place].pick) for place in places if (track := entries[place].track) is not None]
            continue
        first, last = places[0], places[-1]
        plan.append(
            OpenPlaces(
                entries=tuple(entries[first : last + 1]),
                before=entries[first - 1].track if first else None,
                after=entries[last + 1].track if last + 1 < len(entries) else None,
            )
        )
    return plan


def _fits(a: ResolvedEntry, b: ResolvedEntry, limits: ListLimits, forgiven: Collection[Rule]) -> bool:
    if a.track is None or b.track is None:
        return False
    if not a.pick.mixes_into(b.pick):
        return True
    relaxed = b.pick.relaxed_rules & {*forgiven}
    first, two = MixTraits.of(a.track.as_listed), MixTraits.of(b.track.as_listed)
    is_tempo = first.bpm is None or two.bpm is None or limits.tempo.allows(first.bpm, two.bpm)
    is_key = fits(limits.harmonic, first.leaves, two.enters)
    return (is_tempo or "tempo_policy" in relaxed) and (is_key or "harmonic" in relaxed)

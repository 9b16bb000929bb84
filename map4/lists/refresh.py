"""Keep what still fits of a list, and say where the rest has to be found anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby, pairwise

from map4.music.lists.limits import ListLimits, Rule
from map4.music.lists.tracklist import PlacedPick
from map4.music.mixing.compatibility import mix_traits
from map4.music.mixing.harmony import fits
from map4.music.track.track import Track
from map4.search import ResolvedEntry, ResolvedPlaylist


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPlaces:
    """Places in a row that want other tracks.

    entries: what stands there
    before, after: the kept tracks around them; None at the ends of the list
    """

    entries: tuple[ResolvedEntry, ...]
    before: Track | None
    after: Track | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """An entry that was left out, why, and the track in its place; None where none was found."""

    entry: ResolvedEntry
    track: Track | None

    @property
    def why(self) -> str:
        """The reason, in words."""
        whys = {"found": "does not fit", "gone": "is gone", "uncertain": "is not surely known"}
        return whys.get(self.entry.status, "is not in the library")


STEP_RULES: frozenset[Rule] = frozenset({"harmonic", "tempo_policy"})
"""Limits that decide whether a track still fits."""


def plan_refresh(
    resolved: ResolvedPlaylist, *, limits: ListLimits, forgiven: Collection[Rule] = STEP_RULES
) -> list[PlacedPick | OpenPlaces]:
    """Part a list into tracks that stay and gaps to be filled, in order.

    A track stays if it is there, and locked, or both of its transitions keep to the limits of tempo and key, as far as
    they are between tracks that stay; as few as possible are taken out. Streams are no tracks, and left out.

    limits: of a transition; an unknown tempo keeps any, an unknown key all but a strict rule
    forgiven: limits that a track need not keep where the list itself says that they were relaxed for it
    """
    entries = [entry for entry in resolved.entries if entry.status != "url"]
    stays = [entry.status == "found" for entry in entries]
    for place, (a, b) in enumerate(pairwise(entries)):
        # Of a bad transition the second track goes: it may be the first of another bad one, and then both are mended.
        if stays[place] and stays[place + 1] and not _fits(a, b, limits, forgiven):
            # What is locked stays, even where both are.
            if not b.pick.locked:
                stays[place + 1] = False
            elif not a.pick.locked:
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
    relaxed = b.pick.relaxed_rules & {*forgiven}
    one, two = mix_traits(a.track), mix_traits(b.track)
    is_tempo = one.bpm is None or two.bpm is None or limits.tempo.allows(one.bpm, two.bpm)
    is_key = fits(limits.harmonic, one.key, two.key)
    return (is_tempo or "tempo_policy" in relaxed) and (is_key or "harmonic" in relaxed)

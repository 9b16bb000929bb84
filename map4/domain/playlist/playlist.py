"""A playlist that was made: its picks, why each is there, what had to be relaxed, how good it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from map4.domain.analysis import energy_level
from map4.domain.compatibility import Compatibility, mix_traits
from map4.domain.mix_plan import MixPlan, NoPlan, plan_record
from map4.domain.playlist.limits import Rule
from map4.domain.playlist.options import PlaylistOptions
from map4.domain.track import Track, path_fields
from map4.domain.tracklist import PLAYLIST_SCHEMA, Tracklist, length_s

PICK_SCHEMA = "map4/pick/1"
SUMMARY_SCHEMA = "map4/playlist-summary/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """A limit that a pick does not keep.

    Parameters
    ----------
    position : of the pick, from 1
    rule : the limit
    asked, given : what was asked for and what it was relaxed to, in the rule's own terms: picks or minutes ("60m"),
        genre fit 0-1, energy 0-1, name of the harmonic rule, percent of tempo; None lets everything pass
    """

    position: int
    rule: Rule
    asked: float | str | None
    given: float | str | None

    def to_record(self) -> dict[str, Any]:
        """One of the `relaxed` of a pick or list."""
        return {"position": self.position, "rule": self.rule, "from": self.asked, "to": self.given}

    @property
    def text(self) -> str:
        """For people: `artist gap 4 → 2`."""
        asked, given = (
            "any" if value is None else f"{value:g}" if isinstance(value, int | float) else value
            for value in (self.asked, self.given)
        )
        unit = " %" if self.rule in ("tempo_policy", "tempo_drift") and self.given is not None else ""
        return f"{self.rule.replace('_', ' ')} {asked} → {given}{unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A track of a playlist.

    Parameters
    ----------
    position : from 1
    track : the track
    energy_target : 0-1, what was wanted here; None where any energy would do
    transition : from the pick before; None for the first
    hamms_similarity : to the pick before, 0-1; None for the first, and where too little is known
    plan : how it is mixed in, or why that can't be said; None for the first, and where no plans were asked for
    seed_similarity : how alike it sounds to what the list set out from, -1 to 1; None where unknown
    relaxed : limits it does not keep
    reasons : in words
    """

    position: int
    track: Track
    energy_target: float | None = None
    transition: Compatibility | None = None
    hamms_similarity: float | None = None
    plan: MixPlan | NoPlan | None = None
    seed_similarity: float | None = None
    relaxed: tuple[Relaxation, ...] = ()
    reasons: tuple[str, ...] = ()

    def detail(self) -> dict[str, Any]:
        """The pick's record without position and track."""
        return {
            "energy_target": None if self.energy_target is None else round(self.energy_target, 4),
            "transition": self.transition
            and {**self.transition.to_record(similarity=self.hamms_similarity), **plan_record(self.plan)},
            "seed_similarity": None if self.seed_similarity is None else round(self.seed_similarity, 4),
            "relaxed": [relaxation.to_record() for relaxation in self.relaxed],
            "reasons": list(self.reasons),
        }

    def to_record(self) -> dict[str, Any]:
        """The `map4/pick/1` record."""
        return {"schema": PICK_SCHEMA, "position": self.position, "track": self.track.to_record(), **self.detail()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why a list is shorter than asked.

    Parameters
    ----------
    unused : recordings that were left, which the limits kept out
    blockers : how many of them each limit kept out by itself
    """

    unused: int
    blockers: Mapping[Rule, int]

    def to_record(self) -> dict[str, Any]:
        """The `missing` of a list."""
        return {"unused": self.unused, "blockers": dict(self.blockers)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Playlist:
    """A playlist.

    Parameters
    ----------
    seeds : what it was made from, whether or not they are in it
    options : how it was to be
    picks : in order
    quality : the `quality` record, see `map4.selection.quality`; None without picks
    missing : None where it is as long as asked
    query : which tracks it was made of, "" all of the library
    preferred, avoided : queries of tracks that counted more, or less, than others; None without
    """

    seeds: tuple[Track, ...]
    options: PlaylistOptions
    picks: tuple[Pick, ...]
    quality: Mapping[str, Any] | None
    missing: Missing | None = None
    query: str = ""
    preferred: str | None = None
    avoided: str | None = None

    @property
    def relaxed(self) -> tuple[Relaxation, ...]:
        """Every limit that a pick does not keep, in the order of the picks."""
        return tuple(relaxation for pick in self.picks for relaxation in pick.relaxed)

    @property
    def duration_s(self) -> float:
        """How long the list lasts."""
        return length_s([pick.track for pick in self.picks], [pick.detail() for pick in self.picks])

    def header(self) -> dict[str, Any]:
        """The record of the list without its picks."""
        return {
            "seeds": [path_fields(track.path)["path"] for track in self.seeds],
            "options": {
                **self.options.to_record(),
                "query": self.query,
                "prefer": self.preferred,
                "avoid": self.avoided,
            },
            "relaxed": [relaxation.to_record() for relaxation in self.relaxed],
            "duration_s": round(self.duration_s, 1),
            "quality": None if self.quality is None else dict(self.quality),
            "missing": self.missing and self.missing.to_record(),
        }

    def to_record(self) -> dict[str, Any]:
        """The `map4/playlist/1` document."""
        picks = [pick.to_record() for pick in self.picks]
        header = self.header()
        return {
            "schema": PLAYLIST_SCHEMA,
            "seeds": header.pop("seeds"),
            "options": header.pop("options"),
            "picks": [{name: value for name, value in pick.items() if name != "schema"} for pick in picks],
            **header,
        }

    def to_summary(self) -> dict[str, Any]:
        """The `map4/playlist-summary/1` record, which ends a stream of picks."""
        return {"schema": SUMMARY_SCHEMA, "picks": len(self.picks), **self.header()}

    def to_tracklist(self, *, name: str | None = None) -> Tracklist:
        """The list as it is written to a file, or stored."""
        return Tracklist(
            tracks=[pick.track for pick in self.picks],
            name=name,
            details=[pick.detail() for pick in self.picks],
            header=self.header(),
        )


def whole_figure(figure: float) -> int:
    """A figure of quality as people are shown it: rounded down, so that 79.9 does not look like the 80 that passes."""
    return math.floor(figure)


QUALITY_PARTS = ("tempo", "harmony", "transitions", "genre", "energy", "limits")
"""What the quality of a list is the weighted mean of."""


def quality_parts(quality: Mapping[str, Any]) -> str:
    """The known parts of a `quality` record that count: `tempo 100, harmony 75`."""
    return ", ".join(f"{name} {whole_figure(quality[name])}" for name in QUALITY_PARTS if quality.get(name) is not None)


def transition_reasons(before: Track, pick: Track, step: Compatibility, wanted: float | None) -> list[str]:
    """Why one track follows another, in words: tempo, key, energy."""
    a, b = mix_traits(before), mix_traits(pick)
    keys = [key.camelot if key else "?" for key in (a.key, b.key)]
    relation = step.key.relation.replace("_", " ")
    key = "key unknown" if a.key is None or b.key is None else f"{keys[0]} → {keys[1]} {relation}"
    return [tempo_reason(step), key, energy_reason(a.energy, b.energy, wanted)]


def tempo_reason(step: Compatibility) -> str:
    """`same tempo`, `+1.6 % tempo in half time`."""
    change = step.tempo.change_percent
    if change is None:
        return "tempo unknown"
    folded = {"half": " in half time", "double": " in double time", None: ""}[step.tempo.folded]
    return f"{_rounded_percent(change)} tempo{folded}"


def energy_reason(before: float | None, energy: float | None, wanted: float | None) -> str:
    """`energy 6 → 7, wanted 7`, in the levels 1-10; without the first where there is none before."""
    levels = ["?" if value is None else str(energy_level(value)) for value in (before, energy)]
    text = f"energy {levels[1]}" if before is None else f"energy {levels[0]} → {levels[1]}"
    return text if wanted is None else f"{text}, wanted {energy_level(wanted)}"


def _rounded_percent(change: float) -> str:
    # Less than half a tenth is no change, and must not be shown with a sign.
    return "same" if abs(change) < 0.05 else f"{change:+.1f} %"

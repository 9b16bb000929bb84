"""A generated playlist: picks with reasons, relaxed limits and quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from map4.core.base.records import Ordinal, Record
from map4.core.base.shown import Shown, repr_line
from map4.core.base.text import clock
from map4.core.music.analysis.plausible import Energy
from map4.core.music.lists.limits import Relaxation
from map4.core.music.lists.listed import ListedPick, ListHeader, Missing
from map4.core.music.lists.quality import ListQuality
from map4.core.music.lists.tracklist import ParsedPlaylist, Tracklist, length_s
from map4.core.music.mixing.compatibility import Compatibility, MixTraits
from map4.core.music.track.track import Track
from map4.lists.playlist.request import ListRequest

PICK_SCHEMA = "map4/pick/1"
SUMMARY_SCHEMA = "map4/playlist-summary/1"


class Pick(ListedPick):
    """A track of a generated playlist, with its place and reasons.

    position: from 1
    """

    position: int
    track: Track

    def to_record(self) -> dict[str, Any]:
        """The `map4/pick/1` record."""
        own = {"schema": PICK_SCHEMA, "position": self.position, "track": self.track.to_record()}
        first = dict.fromkeys(("energy_target", "transition", "seed_similarity"))
        return {**own, **first, **self.detail(self.position)}

    def __repr__(self) -> str:
        return repr_line(self, f"{self.position}: {self.track.in_brief()}")

    def listed(self) -> ListedPick:
        """The parts of a pick that stay true in another list."""
        return ListedPick(**{field.name: getattr(self, field.name) for field in fields(ListedPick)})


class WayOut(Record):
    """Alternative options with which a list keeps all limits.

    options: as in the call
    arguments: as on the command line, in addition to the given ones
    tracks: number of tracks in the resulting list
    """

    options: Mapping[str, Any]
    arguments: str
    tracks: Ordinal

    @property
    def text(self) -> str:
        """For people: `3 tracks keep all limits: -n 3`."""
        return f"{self.tracks} tracks keep all limits: {self.arguments}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Playlist(Shown):
    """A generated playlist.

    request: the request
    picks: in order
    quality: None without picks
    missing: None if it has the requested length
    like_my_sets: description of the DJ sets that the list follows; None without
    ways_out: other options that keep all limits, if the list breaks some
    mix_s: estimated length as a mix, of a list in minutes
    tempo_misses: where it leaves its tempo curve, in words; None without a curve
    notes: of a list of a series: that tracks come again, in words
    """

    request: ListRequest
    picks: tuple[Pick, ...]
    quality: ListQuality | None
    missing: Missing | None = None
    like_my_sets: str | None = None
    ways_out: tuple[WayOut, ...] = ()
    mix_s: float | None = None
    tempo_misses: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def seeds(self) -> tuple[Track, ...]:
        """The seeds, which the list need not contain."""
        return self.request.seeds

    @property
    def relaxed(self) -> tuple[Relaxation, ...]:
        """Every limit that a pick breaks, in the order of the picks."""
        return tuple(relaxation for pick in self.picks for relaxation in pick.relaxed)

    @property
    def duration_s(self) -> float:
        return length_s([pick.track for pick in self.picks], self.picks)

    @property
    def header(self) -> ListHeader:
        like = {} if self.like_my_sets is None else {"like_my_sets": self.like_my_sets}
        return ListHeader(
            seeds=tuple(track.shown_path for track in self.seeds),
            options={**self.request.to_record(), **like},
            quality=self.quality,
            duration_s=round(self.duration_s, 1),
            missing=self.missing,
            tempo_misses=self.tempo_misses,
        )

    def to_record(self) -> dict[str, Any]:
        """The `map4/playlist/1` document."""
        picks = [pick.to_record() for pick in self.picks]
        header = self.header.to_record(self.picks)
        return {
            "schema": ParsedPlaylist.SCHEMA,
            "seeds": header.pop("seeds"),
            "options": header.pop("options"),
            "picks": [{name: value for name, value in pick.items() if name != "schema"} for pick in picks],
            **header,
            **self._own_members,
        }

    def to_summary(self) -> dict[str, Any]:
        """The `map4/playlist-summary/1` record, which ends a stream of picks."""
        header = self.header.to_record(self.picks)
        return {"schema": SUMMARY_SCHEMA, "picks": len(self.picks), **header, **self._own_members}

    @property
    def _own_members(self) -> dict[str, Any]:
        mix = {} if self.mix_s is None else {"mix_s": self.mix_s}
        notes = {"notes": list(self.notes)} if self.notes else {}
        return {"ways_out": [way.to_record() for way in self.ways_out], **mix, **notes}

    def __repr__(self) -> str:
        return self._brief(", ".join(self.words()))

    def rows(self) -> list[Mapping[str, str]]:
        return self.to_tracklist().rows()

    def words(self) -> Sequence[str]:
        return [*self.to_tracklist().words(), *self.mix_lines(), *self.notes]

    def mix_lines(self) -> list[str]:
        """A line with the length of the tracks and as a mix; empty for a list by number."""
        if self.mix_s is None:
            return []
        hint = "" if self.request.as_mix or self.request.plan else "; --as-mix counts overlaps"
        tracks_s = length_s([pick.track for pick in self.picks])
        return [f"{clock(tracks_s)} of tracks, about {clock(self.mix_s)} as a mix{hint}"]

    def to_tracklist(self, *, name: str | None = None) -> Tracklist:
        return Tracklist(tracks=[pick.track for pick in self.picks], name=name, picks=self.picks, header=self.header)


def transition_reasons(before: Track, pick: Track, step: Compatibility, wanted: float | None) -> list[str]:
    """Why a track follows another, in words: tempo, key, energy."""
    a, b = MixTraits.of(before), MixTraits.of(pick)
    relation = step.key.relation.replace("_", " ")
    key = "key unknown" if relation == "unknown" else f"{' → '.join(step.key.ends())} {relation}"
    more = filter(None, (step.key.apart, step.swing.words))
    return [tempo_reason(step), key, *more, energy_reason(a.energy, b.energy, wanted)]


def tempo_reason(step: Compatibility) -> str:
    """`same tempo`, `fader -1.6 % in half time`."""
    if step.tempo.change_percent is None:
        return "tempo unknown"
    folded = {"half": " in half time", "double": " in double time", None: ""}[step.tempo.folded]
    return f"{'same tempo' if step.tempo.is_same else f'fader {step.tempo.fader_text} %'}{folded}"


def energy_reason(before: float | None, energy: float | None, wanted: float | None) -> str:
    """`energy 6 → 7, wanted 7`, in levels 1-10; the first number is omitted without a previous track."""
    levels = ["?" if value is None else str(Energy.level(value)) for value in (before, energy)]
    text = f"energy {levels[1]}" if before is None else f"energy {levels[0]} → {levels[1]}"
    return text if wanted is None else f"{text}, wanted {Energy.level(wanted)}"

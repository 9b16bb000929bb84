"""The header and picks of a list, made by map4, read from a file, or stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from map4.core.base.shown import short_repr
from map4.core.music.lists.joint import read_joints
from map4.core.music.lists.live import LiveList

# The types of picks are imported on use: listing names needs none of them.
if TYPE_CHECKING:
    from map4.core.music.lists.joint import ListJoint
    from map4.core.music.lists.limits import ListLimits, Relaxation, Rule
    from map4.core.music.lists.list_record import Missing
    from map4.core.music.lists.quality import ListQuality
    from map4.core.music.mixing.compatibility import Compatibility, MixRating
    from map4.core.music.mixing.mix_plan import MixPlan, NoPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPick:
    """A list's data for a track; None or empty if it has none.

    energy_target: 0-1, the wanted energy; None for any
    transition: from the previous track; None for the first
    hamms_similarity: to the previous track, 0-1; None for the first and if too little is known
    plan: how to mix it in, or why there is no plan; None for the first and if no plans were requested
    seed_similarity: similarity in sound to the list's seeds, -1 to 1; None if unknown
    relaxed: limits that it breaks
    reasons: texts for the user
    played_at: in a history, when it was played, in UTC
    starred_at: in the list of starred songs, when it got its star
    starts_at: in a list on the clock, when the track starts, in local time with its offset
    locked: whether the track keeps its place when the list is made, ordered or refreshed
    """

    energy_target: float | None = None
    transition: Compatibility | None = None
    hamms_similarity: float | None = None
    plan: MixPlan | NoPlan | None = None
    seed_similarity: float | None = None
    relaxed: tuple[Relaxation, ...] = ()
    reasons: tuple[str, ...] = ()
    played_at: str | None = None
    starred_at: str | None = None
    starts_at: str | None = None
    locked: bool = False
    __repr__ = short_repr

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> ListedPick:
        """Read the output of `detail`, skipping invalid values, because users may have edited it."""
        from map4.core.music.lists.list_record import read_step

        energy, likeness, step = (record.get(name) for name in ("energy_target", "seed_similarity", "transition"))
        alike = step.get("similarity") if isinstance(step, Mapping) else None
        return cls(
            energy_target=float(energy) if _is_within(energy, 0.0) else None,
            hamms_similarity=float(alike) if _is_within(alike, 0.0) else None,
            seed_similarity=float(likeness) if _is_within(likeness, -1.0) else None,
            **read_step(step, _listed(record.get("relaxed"))),
            reasons=tuple(reason for reason in _listed(record.get("reasons")) if isinstance(reason, str)),
            played_at=_text(record.get("played_at")),
            starred_at=_text(record.get("starred_at")),
            locked=record.get("locked") is True,
        )

    def detail(self, position: int) -> dict[str, Any]:
        """A pick's record without its track.

        position: of the track in the list, from 1
        """
        from map4.core.music.lists.list_record import PickDetail, placed_relaxations, step_record

        return PickDetail(
            energy_target=self.energy_target,
            transition=step_record(self.transition, self.hamms_similarity, self.plan),
            relaxed=placed_relaxations((position, self.relaxed)),
            reasons=self.reasons,
            seed_similarity=self.seed_similarity,
            played_at=... if self.played_at is None else self.played_at,
            starred_at=... if self.starred_at is None else self.starred_at,
            starts_at=... if self.starts_at is None else self.starts_at,
            locked=self.locked or ...,
        ).to_record()

    @property
    def rating(self) -> MixRating | None:
        """The rating of the transition as planned."""
        from map4.core.music.mixing.compatibility import rate_joint

        return None if self.transition is None else rate_joint(self.transition, self.plan)

    @property
    def compatibility(self) -> float | None:
        """The compatibility of the transition, 0-1, rounded for tables."""
        return None if self.transition is None else round(self.transition.total, 4)

    @property
    def tempo_change_percent(self) -> float | None:
        """The tempo change of the transition, rounded for tables."""
        change = None if self.transition is None else self.transition.tempo.change_percent
        return None if change is None else round(change, 2)

    @property
    def relaxed_rules(self) -> set[Rule]:
        """The limits that the pick breaks."""
        return {limit.rule for limit in self.relaxed}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPlace:
    """The identity of an imported list in its source library, to recognize it on reimport.

    folders: its parent folders, the outermost first
    name: as in the source library
    number: from 1, among lists with the same folder and name
    file: its source file, for display; None for a history, which spans several files of a program, and for lists
        imported by an older map4
    """

    folders: tuple[str, ...]
    name: str
    number: int = 1
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedList:
    """The origin of an imported list.

    format: of the source library
    is_history: whether it is a record of plays
    is_own: whether the user has changed it since, so that reimporting must not overwrite it
    """

    format: str
    place: ImportedPlace
    is_history: bool = False
    is_own: bool = False

    @classmethod
    def of_record(cls, record: object, name: str | None) -> ImportedList | None:
        """Read the `imported` of a stored list.

        name: of the stored list, the default if the record has no name
        """
        if not isinstance(record, Mapping):
            return None
        own_name = _text(record.get("name"))
        place = ImportedPlace(
            folders=tuple(map(str, _listed(record.get("folders")))),
            name=(name or "") if own_name is None else own_name,
            number=record.get("number", 1),
            file=record.get("file"),
        )
        return cls(
            format=_text(record.get("format")) or "",
            place=place,
            is_history=record.get("history") is True,
            is_own=record.get("is_own") is True,
        )

    def to_record(self) -> dict[str, Any]:
        """The `imported` of a stored list."""
        place = self.place
        return {
            "format": self.format,
            "folders": list(place.folders),
            "name": place.name,
            **({"number": place.number} if place.number > 1 else {}),
            **({"file": place.file} if place.file is not None else {}),
            **({"history": True} if self.is_history else {}),
            **({"is_own": True} if self.is_own else {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHeader:
    """The header of a list.

    seeds: paths of its seeds
    options: the options recorded when it was made; its limits are in `limits`
    quality: None if not judged or just read
    duration_s: total length, with one decimal; None if not computed
    missing: why it is shorter than requested; None if it is not
    imported: its origin; None if not imported
    made_with: options and seeds as they were given when a stored list was remade; None for other lists
    live: the query of a live list; its tracks are the matches
    joints: mixes of neighbours that were changed by hand
    tempo_misses: where it leaves its tempo curve, in words; None without a curve, or if it was just read
    """

    seeds: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    quality: ListQuality | None = None
    duration_s: float | None = None
    missing: Missing | None = None
    imported: ImportedList | None = None
    made_with: Mapping[str, Any] | None = None
    live: LiveList | None = None
    joints: tuple[ListJoint, ...] = ()
    tempo_misses: tuple[str, ...] | None = None
    __repr__ = short_repr

    @classmethod
    def of_record(cls, record: Mapping[str, Any], name: str | None = None) -> ListHeader:
        """Read the output of `to_record`, which users may have edited."""
        from map4.core.music.lists.list_record import Missing

        options, made_with = record.get("options"), record.get("made_with")
        return cls(
            seeds=tuple(seed for seed in _listed(record.get("seeds")) if isinstance(seed, str)),
            options=options if isinstance(options, Mapping) else {},
            missing=Missing.of_record(record.get("missing")),
            imported=ImportedList.of_record(record.get("imported"), name),
            made_with=made_with if isinstance(made_with, Mapping) else None,
            live=LiveList.of_record(record.get("live")),
            joints=read_joints(record.get("joints")),
        )

    @property
    def limits(self) -> ListLimits:
        """The limits of the list; the defaults if it has none recorded."""
        from map4.core.music.lists.limits import ListLimits

        return ListLimits.of_record(self.options)

    def to_record(self, picks: Sequence[ListedPick]) -> dict[str, Any]:
        """The record of a list without its picks."""
        from map4.core.music.lists.list_record import ListRecord, placed_relaxations

        return ListRecord(
            seeds=self.seeds,
            options=self.options,
            relaxed=placed_relaxations(*((place, pick.relaxed) for place, pick in enumerate(picks, start=1))),
            duration_s=self.duration_s,
            quality=self.quality,
            missing=self.missing,
            imported=self.imported.to_record() if self.imported else ...,
            made_with=... if self.made_with is None else self.made_with,
            live=... if self.live is None else self.live,
            joints=self.joints or ...,
            tempo_misses=... if self.tempo_misses is None else self.tempo_misses,
        ).to_record()


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_within(value: object, least: float) -> TypeGuard[float]:
    """True if this is a number from `least` to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= 1.0

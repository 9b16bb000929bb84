"""What a list says of itself and of its tracks: made by map4, read from a file, or stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from map4.base.shown import short_repr

# What picks are made of is imported where there may be any: to tell the names of lists needs none of it.
if TYPE_CHECKING:
    from map4.music.lists.limits import ListLimits, Relaxation, Rule
    from map4.music.lists.list_record import Missing
    from map4.music.lists.live import LiveList
    from map4.music.lists.quality import ListQuality
    from map4.music.mixing.compatibility import Compatibility
    from map4.music.mixing.mix_plan import MixPlan, NoPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPick:
    """What a list says of one of its tracks; nothing where it is silent.

    energy_target: 0-1, what was wanted here; None where any energy would do
    transition: from the track before; None for the first
    hamms_similarity: to the track before, 0-1; None for the first, and where too little is known
    plan: how it is mixed in, or why that can't be said; None for the first, and where no plans were asked for
    seed_similarity: how alike it sounds to what the list set out from, -1 to 1; None where unknown
    relaxed: limits that it does not keep
    reasons: in words
    played_at: in a history, when it was played, in UTC
    starred_at: in the list of starred songs, when it got its star
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
    locked: bool = False
    __repr__ = short_repr

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> ListedPick:
        """Read what `detail` gave, though anybody may have edited it: what makes no sense is left out."""
        from map4.music.lists.limits import Relaxation
        from map4.music.mixing.compatibility import Compatibility
        from map4.music.mixing.mix_plan import read_plan

        energy, heard, step = (record.get(name) for name in ("energy_target", "seed_similarity", "transition"))
        alike = step.get("similarity") if isinstance(step, Mapping) else None
        relaxed = map(Relaxation.of_record, _listed(record.get("relaxed")))
        return cls(
            energy_target=float(energy) if _is_within(energy, 0.0) else None,
            transition=Compatibility.of_record(step),
            hamms_similarity=float(alike) if _is_within(alike, 0.0) else None,
            plan=read_plan(step),
            seed_similarity=float(heard) if _is_within(heard, -1.0) else None,
            relaxed=tuple(one for one in relaxed if one is not None),
            reasons=tuple(one for one in _listed(record.get("reasons")) if isinstance(one, str)),
            played_at=_text(record.get("played_at")),
            starred_at=_text(record.get("starred_at")),
            locked=record.get("locked") is True,
        )

    def detail(self, position: int) -> dict[str, Any]:
        """The rest of a pick's record, which has its track besides.

        position: of the track in the list, from 1
        """
        from map4.music.lists.limits import PlacedRelaxation
        from map4.music.lists.list_record import PickDetail
        from map4.music.mixing.compatibility import TransitionRecord
        from map4.music.mixing.mix_plan import plan_members

        return PickDetail(
            energy_target=self.energy_target,
            transition=None
            if self.transition is None
            else TransitionRecord(step=self.transition, similarity=self.hamms_similarity, **plan_members(self.plan)),
            relaxed=tuple(PlacedRelaxation(position=position, limit=one) for one in self.relaxed),
            reasons=self.reasons,
            seed_similarity=self.seed_similarity,
            played_at=... if self.played_at is None else self.played_at,
            starred_at=... if self.starred_at is None else self.starred_at,
            locked=self.locked or ...,
        ).to_record()

    @property
    def compatibility(self) -> float | None:
        """Of the transition, 0-1, as tables show it."""
        return None if self.transition is None else round(self.transition.total, 4)

    @property
    def tempo_change_percent(self) -> float | None:
        """Of the transition, as tables show it."""
        change = None if self.transition is None else self.transition.tempo.change_percent
        return None if change is None else round(change, 2)

    @property
    def relaxed_rules(self) -> set[Rule]:
        """The limits that it does not keep."""
        return {one.rule for one in self.relaxed}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPlace:
    """What a list is in the library that it was imported from, by which it is known when it is imported again.

    folders: those it lies in, the outermost first
    name: as it stands there
    number: from 1, of lists that share folder and name
    file: that it was read from, for people; None of a history, which several files of a program tell, and of what an
        older map4 imported
    """

    folders: tuple[str, ...]
    name: str
    number: int = 1
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedList:
    """Where an imported list comes from.

    format: of the library that it was read from
    is_history: whether it is what was played
    is_own: whether the user has changed it since, so that importing it again must not undo that
    """

    format: str
    place: ImportedPlace
    is_history: bool = False
    is_own: bool = False

    @classmethod
    def of_record(cls, record: object, name: str | None) -> ImportedList | None:
        """Read the `imported` of a stored list.

        name: of the stored list, for one that has none there
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
    """What a list says of itself.

    seeds: paths of what it was made from
    options: how it was to be, as it was recorded when it was made; what it was limited by is in `limits`
    quality: None where it was not judged, and of a list that was just read
    duration_s: how long it lasts, with one decimal; None where nobody has asked
    missing: why it is shorter than asked; None where it is not
    imported: where it comes from; None where it was not imported
    made_with: options and seeds as they were given when a stored list was made in its place; None of other lists
    live: of a live list, what it asks; its tracks are what that found
    """

    seeds: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    quality: ListQuality | None = None
    duration_s: float | None = None
    missing: Missing | None = None
    imported: ImportedList | None = None
    made_with: Mapping[str, Any] | None = None
    live: LiveList | None = None
    __repr__ = short_repr

    @classmethod
    def of_record(cls, record: Mapping[str, Any], name: str | None = None) -> ListHeader:
        """Read what `to_record` gave, though anybody may have edited it."""
        from map4.music.lists.list_record import Missing
        from map4.music.lists.live import LiveList

        options, made_with = record.get("options"), record.get("made_with")
        return cls(
            seeds=tuple(seed for seed in _listed(record.get("seeds")) if isinstance(seed, str)),
            options=options if isinstance(options, Mapping) else {},
            missing=Missing.of_record(record.get("missing")),
            imported=ImportedList.of_record(record.get("imported"), name),
            made_with=made_with if isinstance(made_with, Mapping) else None,
            live=LiveList.of_record(record.get("live")),
        )

    @property
    def limits(self) -> ListLimits:
        """What the list was limited by; the usual limits for one that does not say."""
        from map4.music.lists.limits import ListLimits

        return ListLimits.of_record(self.options)

    def to_record(self, picks: Sequence[ListedPick]) -> dict[str, Any]:
        """The record of a list without its picks."""
        from map4.music.lists.limits import PlacedRelaxation
        from map4.music.lists.list_record import ListRecord

        relaxed = ((place, one) for place, pick in enumerate(picks, start=1) for one in pick.relaxed)
        return ListRecord(
            seeds=self.seeds,
            options=self.options,
            relaxed=tuple(PlacedRelaxation(position=place, limit=one) for place, one in relaxed),
            duration_s=self.duration_s,
            quality=self.quality,
            missing=self.missing,
            imported=self.imported.to_record() if self.imported else ...,
            made_with=... if self.made_with is None else self.made_with,
            live=... if self.live is None else self.live,
        ).to_record()


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_within(value: object, least: float) -> TypeGuard[float]:
    """Whether what a list says is a number from `least` to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= 1.0

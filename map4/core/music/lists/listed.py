"""The header and picks of a list, made by map4, read from a file, or stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, TypeGuard

from map4.core.base.records import IF_GIVEN, Count, Fraction, Json, Ordinal, Record
from map4.core.base.text import clean
from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.limits import RULES, ListLimits, PlacedRelaxation, Relaxation, Rule
from map4.core.music.lists.live import LiveList
from map4.core.music.lists.quality import ListQuality
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.core.music.mixing.compatibility import Compatibility, MixRating, TransitionRecord
    from map4.core.music.mixing.mix_plan import MixPlan, NoPlan


_PICK = "energy_target transition=step relaxed reasons seed_similarity played_at starred_at starts_at locked sweeper"
_HEADER = "seeds options relaxed duration_s quality missing imported made_with live joints tempo_misses"


class ListedPick(Record, members=_PICK):
    """A list's data for a track.

    energy_target: the wanted energy; None for any
    transition: from the previous track; None in the first pick
    hamms_similarity: to the previous track, 0-1; None for the first and if too little is known
    plan: how to mix it in, or why there is no plan; None for the first and if no plans were requested
    seed_similarity: similarity in sound to the list's seeds
    relaxed: limits that it breaks
    reasons: texts for the user
    played_at: in a history: when the track was played, in UTC
    starred_at: in the list of starred songs: when it got its star
    starts_at: in a list on the clock: when the track starts, in local time with its offset
    locked: the track keeps its place when the list is made, ordered or refreshed
    sweeper: a jingle between two tracks, whose transitions are not judged
    """

    energy_target: Fraction | None = None
    transition: Compatibility | None = None
    hamms_similarity: float | None = None
    plan: MixPlan | NoPlan | None = None
    seed_similarity: Annotated[float, Json(minimum=-1, maximum=1)] | None = None
    relaxed: tuple[Relaxation, ...] = ()
    reasons: tuple[str, ...] = ()
    played_at: Annotated[str | None, IF_GIVEN] = None
    starred_at: Annotated[str | None, IF_GIVEN] = None
    starts_at: Annotated[str | None, IF_GIVEN] = None
    locked: Annotated[bool, IF_GIVEN] = False
    sweeper: Annotated[bool, IF_GIVEN] = False

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> ListedPick:
        """Read the output of `detail`, skipping invalid values, because users may have edited it."""
        from map4.core.music.mixing.compatibility import Compatibility
        from map4.core.music.mixing.mix_plan import read_plan

        energy, likeness, step = (record.get(name) for name in ("energy_target", "seed_similarity", "transition"))
        alike = step.get("similarity") if isinstance(step, Mapping) else None
        limits = map(Relaxation.of_record, _listed(record.get("relaxed")))
        return cls(
            energy_target=float(energy) if _is_within(energy, 0.0) else None,
            transition=Compatibility.of_record(step),
            hamms_similarity=float(alike) if _is_within(alike, 0.0) else None,
            plan=read_plan(step),
            seed_similarity=float(likeness) if _is_within(likeness, -1.0) else None,
            relaxed=tuple(limit for limit in limits if limit is not None),
            reasons=tuple(reason for reason in _listed(record.get("reasons")) if isinstance(reason, str)),
            played_at=_text(record.get("played_at")),
            starred_at=_text(record.get("starred_at")),
            locked=record.get("locked") is True,
            sweeper=record.get("sweeper") is True,
        )

    def detail(self, position: int) -> dict[str, Any]:
        """A pick's record without its track; positions begin with 1."""
        placed = PlacedRelaxation.all((position, self.relaxed))
        return {**Record.to_record(self), "relaxed": [limit.to_record() for limit in placed]}

    def mixes_into(self, following: ListedPick) -> bool:
        """Whether the transition to the next pick is judged: not from or to a sweeper."""
        return not (self.sweeper or following.sweeper)

    @property
    def step(self) -> TransitionRecord | None:
        """The transition as in the record of a list, which counts the plan; None in the first pick."""
        return None if self.transition is None else self.transition.joined(self.hamms_similarity, self.plan)

    @property
    def rating(self) -> MixRating | None:
        """The rating of the transition as planned."""
        return None if self.step is None else self.step.rating

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


class Missing(Record):
    """Why a list is shorter than requested.

    unused: the number of recordings that the limits excluded
    blockers: how many recordings each limit excluded
    """

    unused: Count
    blockers: Mapping[Rule, Ordinal]

    @classmethod
    def of_record(cls, record: object) -> Missing | None:
        """Read the `missing` of a list; None if it is invalid."""
        unused = record.get("unused") if isinstance(record, Mapping) else None
        blockers = record.get("blockers") if isinstance(record, Mapping) else None
        if not isinstance(unused, int) or not isinstance(blockers, Mapping):
            return None
        return cls(unused=unused, blockers={rule: blockers[rule] for rule in RULES if rule in blockers})


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
    number: Annotated[int, IF_GIVEN] = 1
    file: Annotated[str | None, IF_GIVEN] = None


class ImportedList(
    Record,
    members="format folders=place.folders name=place.name number=place.number file=place.file history=is_history"
    " is_own",
):
    """The origin of an imported list.

    format: of the source library
    is_history: whether it is a record of plays
    is_own: whether the user has changed it since, so that reimporting must not overwrite it
    """

    format: str
    place: ImportedPlace
    is_history: Annotated[bool, IF_GIVEN] = False
    is_own: Annotated[bool, IF_GIVEN] = False

    @classmethod
    def of_record(cls, record: object, name: str | None) -> ImportedList | None:
        """Read the `imported` of a stored list; without a name in it, the list's name counts."""
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


class ListHeader(Record, members=_HEADER):
    """The header of a list.

    seeds: paths of its seeds
    options: the options recorded when it was made; its limits are in `limits`
    relaxed: limits that its picks break
    quality: None if not judged or just read
    duration_s: total length by the mix plans, else the sum of all tracks in full
    missing: why the list is shorter than requested; None if it is not
    imported: where it comes from
    made_with: options and seeds as they were given when the stored list was remade
    live: the query of a live list; its tracks are the matches
    joints: mixes of neighbours that were changed by hand
    tempo_misses: of a list with a tempo curve: the tenths of its time that leave the curve, and why
    """

    seeds: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    relaxed: tuple[PlacedRelaxation, ...] = ()  # set in the record only
    quality: ListQuality | None = None
    duration_s: Annotated[float, Json(minimum=0)] | None = None
    missing: Missing | None = None
    imported: Annotated[ImportedList | None, IF_GIVEN] = None
    made_with: Annotated[Mapping[str, Any] | None, IF_GIVEN] = None
    live: Annotated[LiveList | None, IF_GIVEN] = None
    joints: Annotated[tuple[ListJoint, ...], IF_GIVEN] = ()
    tempo_misses: Annotated[tuple[str, ...] | None, IF_GIVEN] = None

    @classmethod
    def of_record(cls, record: Mapping[str, Any], name: str | None = None) -> ListHeader:
        """Read the output of `to_record`, which users may have edited."""
        options, made_with = record.get("options"), record.get("made_with")
        return cls(
            seeds=tuple(seed for seed in _listed(record.get("seeds")) if isinstance(seed, str)),
            options=options if isinstance(options, Mapping) else {},
            missing=Missing.of_record(record.get("missing")),
            imported=ImportedList.of_record(record.get("imported"), name),
            made_with=made_with if isinstance(made_with, Mapping) else None,
            live=LiveList.of_record(record.get("live")),
            joints=tuple(filter(None, map(ListJoint.of_record, _listed(record.get("joints"))))),
        )

    @property
    def limits(self) -> ListLimits:
        """The limits of the list; the defaults if it has none recorded."""
        return ListLimits.of_record(self.options)

    def to_record(self, picks: Sequence[ListedPick] = ()) -> dict[str, Any]:
        """The record of a list without its picks."""
        relaxed = PlacedRelaxation.all(*((place, pick.relaxed) for place, pick in enumerate(picks, start=1)))
        return Record.to_record(replace(self, relaxed=relaxed))


def _listed(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_within(value: object, least: float) -> TypeGuard[float]:
    """True if this is a number from `least` to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= 1.0


class ListName:
    """Names and ids of stored lists."""

    # A name is a single word on a command line and a single line in a table.
    MOST_LETTERS = 200

    @staticmethod
    def is_id(text: str) -> bool:
        """True for the id of a list, which survives renaming."""
        return _ID.fullmatch(text) is not None

    @staticmethod
    def checked(name: str) -> str:
        """The normalized list name: NFC without outer blanks."""
        normalized = unicodedata.normalize("NFC", name).strip()
        if (fault := _fault_of(normalized)) is not None:
            raise UsageError(fault)
        return normalized

    @staticmethod
    def starred(account: str | None = None) -> str:
        """The name of the list of starred songs, of an account or of the local user."""
        return "Starred" if account is None else f"Starred ({account})"

    @staticmethod
    def possible(name: str, most: int = MOST_LETTERS) -> str:
        """The name for a list imported from another program, changed as little as necessary to be valid."""
        plain = clean(unicodedata.normalize("NFC", name)).replace("/", "-").replace("\\", "-")[:most].strip()
        return _OTHERWISE if _fault_of(plain) is not None else plain


_ID = re.compile("l-[0-9a-f]{16}")
_OTHERWISE = "list"


def _fault_of(name: str) -> str | None:
    is_one_line = len(name) <= ListName.MOST_LETTERS and clean(name) == name
    if not (is_one_line and any(map(_is_seen, name))):
        return f"a list's name is 1 to {ListName.MOST_LETTERS} letters of UTF-8 on one line, without controls"
    if name in ("-", ".", ".."):
        return f"'{name}' has a special meaning on a command line; choose another name"
    if "/" in name or "\\" in name:
        return f"'{name}' would be read as a file; remove the slashes, or write the list with -o"
    return f"'{name}' looks like a list id; choose another name" if ListName.is_id(name) else None


def _is_seen(letter: str) -> bool:
    """True for a visible character, not a blank, control or invisible mark."""
    kind = unicodedata.category(letter)
    return kind == "Co" or kind[0] not in "CZ"

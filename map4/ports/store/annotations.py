"""What people, models and providers say of recordings, each kept by audio id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from map4.domain.lookup import LookupStatus, RecordingMatch
    from map4.domain.track.labels import Labels
    from map4.domain.track.mark_words import OwnMark
    from map4.domain.track.observations import Observation, Provided
    from map4.domain.track.sources import MetadataSource, Preferred
    from map4.domain.track.user_values import ValueChange, ValueName
    from map4.domain.track.value_history import PastChange, StoredValue, ValueStep


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneValue:
    """A value that a step set, and what became of it.

    was: what it was before the step
    now: what it is now
    is_as_left: whether that is what the step made of it
    last_step: the last one that changed it
    """

    audio_id: str
    name: ValueName
    was: StoredValue
    now: StoredValue
    is_as_left: bool
    last_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedMarks:
    """What became of marks that were to be added.

    added: to a track each
    taken_off: that were not added, since who asks took them off
    too_many: that were not added, since their track has as many as it can have
    step: by which they can be undone; None where nothing was added
    """

    added: int = 0
    taken_off: int = 0
    too_many: int = 0
    step: int | None = None


class PreferredSources(Protocol):
    """Which source goes first of each field that several speak of: for everybody who asks this library."""

    def all(self) -> Preferred:
        """Those that were set, by field."""

    def put(self, field: str, first: MetadataSource | None) -> None:
        """Set the one of a field; None makes it the usual one."""


class ValueStore(Protocol):
    """The values that people set, which are read with their tracks; and what was set before, step by step.

    What one call sets is a step. The last half a million changed values are kept, whole steps, and always the last one.
    Others' ratings and marks are in no answer.
    """

    def put(self, changes: Iterable[ValueChange], *, now: datetime, undoes: int | None = None) -> int | None:
        """Write changes, all or none; those with a problem are passed over. The number of the step that this is; None
        where nothing became another.

        undoes: the step that is undone by it
        """

    def ratings(self) -> Mapping[str, float]:
        """All ratings of the actor's own, by audio id."""

    def marks(self) -> Sequence[OwnMark]:
        """The marks of who asks, by name."""

    def add_marks(self, wanted: Mapping[str, Iterable[str]], *, now: datetime, dry_run: bool = False) -> AddedMarks:
        """Give audio marks that others than who asks put there, as a program that is imported: what it has, and what
        who asks took off by hand or renamed, as far as it is known, stays as it is; what was undone may be added again.
        """

    def rename_mark(self, mark: str, became: str | None, *, now: datetime) -> int | None:
        """Give a mark another name on all that has it; None takes it off. Gives the step."""

    def look_of_mark(self, mark: str, *, color: str | None, key: int | None, now: datetime) -> None:
        """Give a mark that some track has a colour, and a key, which no other has from then on; None leaves it."""

    def steps(
        self,
        *,
        by: int | None = None,
        number: int | None = None,
        audio_ids: Collection[str] | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[ValueStep]:
        """Steps without what they changed, the newest first: of all, of one who made them, this one, those that
        changed some audio, those before another.
        """

    def last_step(self) -> ValueStep | None:
        """The last one that the actor set, and did not undo."""

    def changes_of(self, step: int, *, audio_ids: Collection[str] | None = None, limit: int) -> Sequence[PastChange]:
        """What a step changed, without tracks; of some audio, or of all."""

    def undone(self, step: int) -> Sequence[UndoneValue]:
        """What undoing a step would have to look at."""


class LabelStore(Protocol):
    """Labels; they are read with their tracks."""

    def put(self, labels: Mapping[str, Labels], *, now: datetime) -> None:
        """Keep labels by audio id, all or none; earlier ones are replaced."""


class ObservationStore(Protocol):
    """What providers said of recordings, kept as it came, and what counts of it."""

    def statuses(self, provider: str) -> dict[str, LookupStatus]:
        """What became of each audio payload that was looked up there."""

    def put(
        self, provider: str, audio_id: str, found: RecordingMatch, values: Mapping[str, object] | None = None
    ) -> None:
        """Keep what became of a look-up; and, of the first candidate, the values that the provider gave."""

    def doubts(self, audio_ids: Collection[str]) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
        """Audio id, provider and candidates of each look-up of some audio that is in doubt."""

    def in_doubt(self) -> list[str]:
        """The audio of each look-up that is in doubt, as often as there are such."""

    def reopen(self, provider: str, audio_id: str) -> bool:
        """Leave a look-up in doubt again, without what the provider said; false where it has no candidates."""

    def decide(self, provider: str, audio_id: str, chosen: str | None, values: Mapping[str, object]) -> None:
        """Keep the recording that the user chose, which counts before all that map4 finds; None: none of them."""

    def put_all(self, rows: Iterable[tuple[str, Observation]]) -> None:
        """Keep observations of anywhere, each with its audio id; the same again changes nothing, nor does the order."""

    def forget(self, providers: Collection[str], audio_ids: Collection[str]) -> int:
        """Drop what providers, or all of them, said of some audio; gives of how much there was anything."""

    def release_id(self, audio_id: str, providers: Sequence[str]) -> str | None:
        """The release that some audio is on, as the first of these providers found that knows it."""

    def provided(self, audio_id: str) -> Provided | None:
        """What counts of what providers said."""

"""Checks of tracks, and their findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from map4.core.base.records import Absent, Count, Fraction, Json, Record, ShownPath
from map4.core.music.analysis.key import Key
from map4.core.music.placeholders import Placeholder
from map4.core.music.track.fields import FIELDS, METADATA, Field, first_of
from map4.core.music.track.observations import Observation
from map4.core.music.track.track import Track

# Programs count the tracks of multi-disc albums differently, and nothing depends on these fields.
_PASSED_OVER = frozenset({"track", "disc_number"})


class Saying(Record):
    """The value of a field from one source.

    who: tag, imported, or the name of a provider
    score: how certain a provider is that this is the recording, 0-1; None for other sources
    counts: whether it is the current value
    """

    who: str
    value: str | int
    score: Fraction | None = None
    counts: bool


class Dispute(Record):
    """A field whose sources contradict each other.

    words: name of the field for people
    can_set: whether a value can be chosen
    said: the values, the current one first
    """

    field: str
    words: str
    can_set: bool
    said: tuple[Saying, ...]

    def choices(self) -> tuple[str | int, ...]:
        """Return the values to choose from, the current one first; empty if the field can't be set."""
        values: list[str | int] = []
        for saying in self.said if self.can_set else ():
            if not any(Observation.is_same(self.field, saying.value, other) for other in values):
                values.append(saying.value)
        return tuple(values)


def disputes(track: Track) -> Iterator[Dispute]:
    """Yield the fields of a track in which tag, imports and providers contradict each other, except settled fields:
    those that the user set, or whose preferred source has a value.
    """
    for field in FIELDS.values():
        first = first_of(field.name, track.preferred)
        dispute = dispute_of(track, field)
        if dispute is not None and (first is None or next(iter(track.sources(field.name))) != first):
            yield dispute


def dispute_of(track: Track, field: Field) -> Dispute | None:
    """Return the dispute about a field, also if a source is preferred; None if the sources agree."""
    if field.setting != METADATA or field.name in _PASSED_OVER:
        return None
    sayings = tuple(
        saying
        for saying in _given(track, field)
        if saying.counts or not Placeholder.is_doubtful(str(saying.value), field.name)
    )
    if all(Observation.is_same(field.name, sayings[0].value, saying.value) for saying in sayings):
        return None
    return Dispute(field=field.name, words=field.words, can_set="user" in field.sources, said=sayings)


def _given(track: Track, field: Field) -> Iterator[Saying]:
    sources = {source: value for source, value in track.sources(field.name).items() if source != "labels"}
    if "user" in sources:
        return
    counts = next(iter(sources), None)
    for source, value in sources.items():
        if source != "provider":
            yield Saying(
                who=source, value=value if isinstance(value, str | int) else str(value), counts=source == counts
            )
            continue
        every = (track.provided.by_provider(field.name) if track.provided else {}) or {"provider": value}
        # Among fields that providers contradict, those that agree with the current value come first.
        for who, provided in sorted(
            every.items(), key=lambda pair: not Observation.is_same(field.name, value, pair[1])
        ):
            is_first = source == counts and Observation.is_same(field.name, value, provided)
            yield Saying(who=who, value=provided, score=_score(track, who), counts=is_first)


def _score(track: Track, provider: str) -> float | None:
    matches = track.provided.matches if track.provided else ()
    return next((match.score for match in matches if match.provider == provider), None)


Subject = Literal[
    "tempo", "grid", "bars", "key", "sound", "tags", "file", "analysis", "albums", "genres", "artists", "imports",
    "lists", "ranges",
]  # fmt: skip

TempoAgreement = Literal["measured", "alternative", "tag"]
KeyAgreement = Literal["measured", "runner_up", "tag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check.

    name: stable, snake_case
    subject: its topic
    title: heading over the tracks that fail it
    advice: what to do about it, in a sentence
    """

    name: str
    subject: Subject
    title: str
    advice: str


CHOSEN: tuple[str, ...] = (
    *(
        name
        for name, field in FIELDS.items()
        if name in ("bpm", "key") or ("user" in field.sources and field.setting == METADATA)
    ),
    "downbeat_s",
    "metre",
)
"""Values that a choice may set."""


PROPOSED = ("garbled", "missing_tags")  # checks of tracks that propose a value if there is only one


class Choice(Record):
    """An action to choose.

    label: in words, such as: keep 116.0
    command: quoted for a shell
    values: values that it sets for the track: bpm in BPM, key, a name, or where a bar begins, as `map4/set/1` takes
        them; null if it does something else
    audio_ids: tracks to set them for, or files (`f-…`), if not just the track of the finding
    query: matches those tracks, if there are many
    respell: whether only other spellings of the new genre or artist are replaced
    tempo_range: that it sets for the tracks of `query`
    """

    label: str
    command: str
    values: Annotated[Mapping[str, float | str], Json(maybe=CHOSEN)] | None = None
    audio_ids: tuple[str, ...] | Absent = ...
    query: str | Absent = ...
    respell: bool | Absent = ...
    tempo_range: str | Absent = ...


class TrackOfFinding(Record):
    """One of the tracks of a finding."""

    path: ShownPath
    audio_id: str | None


class OpinionBeside(Record):
    """Tempo and key from another program, and which values of the track agree with them."""

    bpm: Annotated[float, Json(2, exclusiveMinimum=0)] | None
    key: Key | None
    tempo_agrees_with: tuple[TempoAgreement, ...]
    key_agrees_with: tuple[KeyAgreement, ...]


class Finding(
    Record,
    kind="finding",
    members="check=check.name subject=check.subject path=track.path audio_id=track.audio_id"
    " artist=track.artist() title=track.title() detail command choices disputes second_opinion"
    " about count tracks",
):
    """A check that a track, or several tracks together, failed.

    check: the check
    track: the track; the first of several
    detail: the numbers behind it, for a person
    command: the one safe command that helps, as shell text with the path quoted; None if there is none, or if a person
        has to choose
    choices: the actions to choose from if only a person can decide; else empty
    disputes: for findings about disagreeing sources: the fields, with the value of each source
    about: the album or genre, for a finding about one
    count: number of tracks of such a finding
    tracks: the tracks of a finding about an album
    is_doubtful: whether the first choice is only likely
    second_opinion: librosa's opinion, with --second-opinion; None if it was not queried
    """

    check: Check
    track: Track
    detail: str
    command: str | None = None
    choices: tuple[Choice, ...] = ()
    disputes: tuple[Dispute, ...] | Absent = ...
    about: str | Absent = ...
    count: Count | Absent = ...
    tracks: tuple[TrackOfFinding, ...] | Absent = ...
    second_opinion: OpinionBeside | Absent | None = ...
    is_doubtful: bool = False

    def proposal(self, *, doubtful: bool = False) -> Choice | None:
        """The change that needs no choice: the first for a group, the only change for a track; also `doubtful` ones."""
        changes = [choice for choice in self.choices if choice.values and not choice.label.startswith("keep ")]
        if self.is_doubtful and not doubtful:
            return None
        is_clear = len(changes) == 1 if self.check.name in PROPOSED else self.about is not ...
        return changes[0] if changes and is_clear else None


class CheckCount(Record, members="name=check.name subject=check.subject title=check.title advice=check.advice count"):
    """A check that tracks failed, and the number of findings."""

    check: Check
    count: Count


class Findings(Record, kind="doctor"):
    """The output of 'map4 doctor --json'.

    checks: from a server: number of findings by check, even if not all findings are listed
    unread: from a server: number of files whose tags were read less completely than now, until they are scanned again
    """

    findings: Iterable[Finding]
    checks: tuple[CheckCount, ...] | Absent = ...
    unread: Count | Absent = ...

"""What a check of a track looks for, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from map4.base.records import Absent, Count, Json, Record, ShownPath
from map4.doctor.checks.disputes import Dispute
from map4.music.analysis.key import Key
from map4.music.track.fields import FIELDS, METADATA
from map4.music.track.track import Track

Subject = Literal["tempo", "grid", "key", "sound", "tags", "file", "analysis", "albums", "genres"]

TempoAgreement = Literal["measured", "alternative", "tag"]
KeyAgreement = Literal["measured", "runner_up", "tag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is looked for.

    name: stable, snake_case
    subject: what it is about
    title: heading over the tracks that have it
    advice: what to do about it, in a sentence
    """

    name: str
    subject: Subject
    title: str
    advice: str


CHOSEN: tuple[str, ...] = tuple(
    name
    for name, field in FIELDS.items()
    if name in ("bpm", "key") or ("user" in field.sources and field.setting == METADATA)
)
"""Values that a choice may set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Record):
    """One thing that can be done.

    label: in words, such as: keep 116.0
    command: quoted for a shell
    values: what it sets, where it sets values of the track: bpm in BPM, key, a name; null where it does something else
    audio_ids: of which tracks it sets them, where the finding is of several
    query: which finds those tracks, where these are many
    respell: whether of several genres of a track only those are replaced that differ from the new one in spelling
    """

    label: str
    command: str
    values: Annotated[Mapping[str, float | str], Json(maybe=CHOSEN)] | None = None
    audio_ids: tuple[str, ...] | Absent = ...
    query: str | Absent = ...
    respell: bool | Absent = ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackOfFinding(Record):
    """One of several tracks that a finding is of."""

    path: ShownPath
    audio_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionBeside(Record):
    """What another program finds for tempo and key, and what of the track agrees with it."""

    bpm: Annotated[float, Json(2, exclusiveMinimum=0)] | None
    key: Key | None
    tempo_agrees_with: tuple[TempoAgreement, ...]
    key_agrees_with: tuple[KeyAgreement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(
    Record,
    kind="finding",
    members="check=check.name subject=check.subject path=track.path audio_id=track.audio_id"
    " artist=track.artist() title=track.title() detail command choices disputes second_opinion=no_opinion"
    " about count tracks",
):
    """One check that a track, or several together, did not pass.

    check: which
    track: whose; the first of several
    detail: the numbers behind it, for a person
    command: the one command that helps and harms nothing, as text for a shell with the path quoted; None where there
        is none, or where a person has to choose
    choices: what there is to choose from where only a person can decide; empty else
    disputes: the fields that sources contradict each other in, each with what they say; of a finding about that
    about: the album or genre, of a finding about one
    count: of how many tracks it is said, of such a finding
    tracks: which these are, of an album
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

    @property
    def no_opinion(self) -> OpinionBeside | Absent | None:
        """Librosa's, with --second-opinion; None where it was not asked."""
        return ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCount(Record, members="name=check.name subject=check.subject title=check.title advice=check.advice count"):
    """A check that tracks did not pass, and how many."""

    check: Check
    count: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings(Record, kind="doctor"):
    """What 'map4 doctor --json' found.

    checks: of a server: what was found in short, also where not all findings are told
    unread: of a server: how many files have tags of which fewer were read than now, until they are scanned again
    """

    findings: tuple[Finding, ...]
    checks: tuple[CheckCount, ...] | Absent = ...
    unread: Count | Absent = ...

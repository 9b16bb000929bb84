"""What a run of look-ups tells: what would be done, what became of each track, and the sum of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from map4.base.records import Absent, Count, Json, Record
from map4.errors import UsageError
from map4.extras.lookup.lookup import Judged, ProviderFailure
from map4.extras.lookup.provider_calls import LookupNotice
from map4.labels import Consent

LookedUpStatus = Literal["accepted", "review", "none", "rejected", "known", "failed"]
"""As `LookupStatus`; known: looked up before; failed: the provider gave no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What became of one track at one provider.

    files: paths and audio ids that it is about
    values: what the provider said, of an accepted one
    choices: the candidates, the best first, as `Judged.to_record` gives them
    about: `duration_s` and `album` of a track in doubt, where they are known
    """

    files: tuple[tuple[str, str], ...]
    caption: str
    provider: str
    status: LookedUpStatus
    values: Mapping[str, Any] = field(default_factory=dict)
    failure: ProviderFailure | None = None
    choices: Annotated[tuple[Annotated[Mapping[str, Any], Json(like=Judged)], ...], Json(maxItems=5)] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def to_records(self) -> Iterator[dict[str, Any]]:
        """A `map4/lookup/1` record for each file."""
        for path, audio_id in self.files:
            yield LookupRecord(found=self, path=path, audio_id=audio_id).to_record()


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRecord(
    Record,
    kind="lookup",
    members="path audio_id provider=found.provider status=found.status candidates=found.choices"
    " values=found.values error=found.failure",
):
    """What became of one track at one provider.

    status: known: looked up before; failed: see error
    candidates: the best first
    values: what the provider said, by field; of an accepted one
    """

    path: str
    audio_id: str
    found: LookedUp


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupsDocument(Record, kind="lookups"):
    """Tracks that were looked up.

    summary: None of what is in doubt ('map4 lookup review')
    count: of a server: how many are in doubt, also where not all are told
    """

    lookups: Iterable[LookupRecord]
    summary: LookupSummary | None
    count: Count | Absent = ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPlan(Record):
    """What one provider would be asked.

    host: where to; None where nothing is sent
    known, open: tracks that were looked up before, and those that would be now
    requests: about so many, at most `max_requests`
    seconds: that these take at the rate that the service allows
    sends: names of what would be sent
    example: what would be sent of the first track
    headers: as whom it asks
    keep_days: how long answers are kept
    note: what to know before it is asked; nothing mostly
    lacks: what has to be set up first, and how; None where it can be asked
    """

    provider: str
    host: str | None
    known: Count
    open: Count
    requests: Count
    seconds: Annotated[float, Json(minimum=0)]
    sends: tuple[str, ...]
    example: dict[str, Any] | None
    headers: Mapping[str, str]
    attribution: str
    keep_days: float
    note: str = ""
    lacks: str | None = None

    @property
    def consent(self) -> Consent:
        """Whether these fields may go there."""
        return Consent(self.host, self.sends, f"lookup-{self.provider}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupPlan(Record, kind="lookup-plan"):
    """What lookup would send, and how long it takes.

    skipped: tracks whose audio could not be identified
    """

    tracks: Count
    skipped: Count
    providers: tuple[ProviderPlan, ...]

    def require_leave(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Refuse a provider that the settings do not enable, and that nobody agreed to before."""
        for one in self.providers:
            if not (settings.get(one.provider, {}).get("enabled") or one.consent.is_given):
                raise UsageError(
                    f"asking {one.host} was not agreed to yet; set enabled in [providers.{one.provider}] of "
                    f"map4.toml, or run 'map4 lookup --provider {one.provider}' once"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupSummary(
    Record,
    kind="lookup-summary",
    members="accepted review none known failed skipped requests silent failures",
):
    """What a run of lookup did; its last event.

    accepted, review, none, known, failed: files by what became of them, counted for each provider
    skipped: tracks whose audio could not be identified
    requests: sent, by provider
    silent: providers that stopped answering, each with the reason
    failures: each kind of failure once
    rest_s: after so many seconds a silent one may answer again; None where none is silent that would; not in records
    """

    accepted: Count = 0
    review: Count = 0
    none: Count = 0
    known: Count = 0
    failed: Count = 0
    skipped: Count = 0
    requests: Mapping[str, Count] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[ProviderFailure, ...] = ()
    rest_s: float | None = None


LookupEvent = LookedUp | LookupNotice | LookupSummary

"""Records of a look-up run: the plan, each result, and the summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from map4.core.base.records import Absent, Count, Json, Record
from map4.core.base.text import counted
from map4.errors import NothingFoundError, UsageError
from map4.extras.lookup.lookup import Judged, ProviderFailure
from map4.extras.lookup.provider_calls import LookupNotice
from map4.extras.shared.consent import Consent

LookedUpStatus = Literal["accepted", "review", "none", "rejected", "known", "failed"]
"""Like `LookupStatus`, plus known: looked up before; failed: the provider gave no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """Result of a track at a provider.

    files: paths and audio ids of its files
    values: the provider's values if accepted
    choices: the candidates, best first, as from `Judged.to_record`
    about: `duration_s` and `album` of a doubtful track, if known
    """

    files: tuple[tuple[str, str], ...]
    caption: str
    provider: str
    status: LookedUpStatus
    values: Mapping[str, Any] = field(default_factory=dict)
    failure: ProviderFailure | None = None
    choices: Annotated[tuple[Annotated[Mapping[str, Any], Json(like=Judged)], ...], Json(maxItems=5)] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def records(self) -> Iterator[LookupRecord]:
        """Yield the result for each file."""
        for path, audio_id in self.files:
            yield LookupRecord(found=self, path=path, audio_id=audio_id)


class LookupRecord(
    Record,
    kind="lookup",
    members="path audio_id provider=found.provider status=found.status candidates=found.choices"
    " values=found.values error=found.failure caption=found.caption about=found.about",
):
    """Result of a track at a provider.

    status: known: looked up before; failed: see error
    candidates: best first
    values: the provider's values by field, if accepted
    caption: artist and title of the track
    about: `duration_s` and `album` of a doubtful track, if known
    """

    path: str
    audio_id: str
    found: LookedUp


class LookupsDocument(Record, kind="lookups"):
    """Looked-up tracks.

    summary: None for doubtful tracks ('map4 lookup review')
    count: on a server: number of doubtful tracks, which may exceed those listed
    """

    lookups: Iterable[LookupRecord]
    summary: LookupSummary | None
    count: Count | Absent = ...


class ProviderPlan(Record):
    """What would be sent to one provider.

    host: its host; None if nothing is sent
    known, open: tracks looked up before, and tracks to look up
    unnamed: tracks without names or ids that it could look up
    requests: approximate number, at most `max_requests`
    seconds: duration at the service's rate
    sends: names of the fields that would be sent
    example: what would be sent for the first track
    headers: identification of the client
    keep_days: how long responses are cached
    note: what to know before the first use; usually empty
    lacks: what must be set up first, and how; None if it is ready
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
    unnamed: Count = 0

    @property
    def consent(self) -> Consent:
        """Consent to send these fields to the host."""
        return Consent(self.host, self.sends, f"lookup-{self.provider}")


class LookupPlan(Record, kind="lookup-plan"):
    """Data that a look-up would send, and its duration.

    skipped: tracks whose audio could not be identified
    """

    tracks: Count
    skipped: Count
    providers: tuple[ProviderPlan, ...]

    def require_leave(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Reject a provider that is neither enabled in the settings nor agreed to before."""
        for provider in self.providers:
            if not (settings.get(provider.provider, {}).get("enabled") or provider.consent.is_given):
                raise UsageError(
                    f"sending data to {provider.host} needs consent; set enabled in [providers.{provider.provider}] of "
                    f"map4.toml, or run 'map4 lookup --provider {provider.provider}' once"
                )


class LookupSummary(Record, kind="lookup-summary", members="* -rest_s"):
    """Summary of a look-up run; its last event.

    accepted, review, none, known, failed: number of files per result, counted for each provider
    skipped: tracks whose audio could not be identified
    unnamed: files without names or ids that a provider could look up
    requests: number of requests by provider
    silent: providers that stopped answering, with the reason
    failures: each kind of failure once
    rest_s: seconds after which a silent provider may answer again; None if none would; not in records
    """

    accepted: Count = 0
    review: Count = 0
    none: Count = 0
    known: Count = 0
    failed: Count = 0
    skipped: Count = 0
    unnamed: Count = 0
    requests: Mapping[str, Count] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[ProviderFailure, ...] = ()
    rest_s: float | None = None

    def require_named(self) -> None:
        """Raise NothingFoundError if there was no track to ask about."""
        if self.unnamed and not (self.accepted or self.review or self.none or self.known or self.failed):
            raise NothingFoundError(
                f"nothing to ask with: {counted(self.unnamed, 'track')} without artist and title, ISRC or id; give "
                "names first: map4 set FILE artist=… title=…"
            )


LookupEvent = LookedUp | LookupNotice | LookupSummary

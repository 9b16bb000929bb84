"""What a run of look-ups tells: what would be done, what became of each track, and the sum of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from map4.app.lookups.provider_calls import LookupNotice
from map4.domain.lookup import ProviderFailure
from map4.domain.track.track import path_fields
from map4.errors import UsageError
from map4.infra.label_providers.consent import Consent

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
    choices: tuple[Mapping[str, Any], ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def to_records(self) -> Iterator[dict[str, Any]]:
        """A `map4/lookup/1` record for each file."""
        for path, audio_id in self.files:
            yield {
                "schema": "map4/lookup/1",
                **path_fields(path),
                "audio_id": audio_id,
                "provider": self.provider,
                "status": self.status,
                "candidates": [dict(one) for one in self.choices],
                "values": dict(self.values),
                "error": None if self.failure is None else self.failure.to_record(),
            }


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPlan:
    """What one provider would be asked.

    known, open: tracks that were looked up before, and those that would be now
    requests, seconds: about so many, at most `max_requests`, and so long
    sends, example: names of what would be sent, and that of the first track
    headers: as whom it asks
    keep_days: how long answers are kept
    note: what to know before it is asked; nothing mostly
    """

    provider: str
    host: str | None
    known: int
    open: int
    requests: int
    seconds: float
    sends: tuple[str, ...]
    example: dict[str, Any] | None
    headers: Mapping[str, str]
    attribution: str
    keep_days: float
    note: str = ""

    @property
    def consent(self) -> Consent:
        """Whether these fields may go there."""
        return Consent(self.host, self.sends, f"lookup-{self.provider}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupPlan:
    """What would be done, before anything is."""

    tracks: int
    skipped: int
    providers: tuple[ProviderPlan, ...]

    def require_leave(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Refuse a provider that the settings do not enable, and that nobody agreed to before."""
        for one in self.providers:
            if not (settings.get(one.provider, {}).get("enabled") or one.consent.is_given):
                raise UsageError(
                    f"asking {one.host} was not agreed to yet; set enabled in [providers.{one.provider}] of "
                    f"map4.toml, or run 'map4 lookup --provider {one.provider}' once"
                )

    def to_record(self) -> dict[str, Any]:
        """The `map4/lookup-plan/1` record."""
        each = [
            {name: getattr(one, name) for name in ProviderPlan.__slots__} | {"sends": list(one.sends)}
            for one in self.providers
        ]
        return {"schema": "map4/lookup-plan/1", "tracks": self.tracks, "skipped": self.skipped, "providers": each}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupSummary:
    """What a run did; its last event.

    accepted, review, none, known, failed: files by what became of them, counted for each provider
    skipped: tracks whose audio could not be identified
    requests: sent, by provider
    silent: providers that stopped answering, each with the reason
    failures: each kind of failure once
    rest_s: after so many seconds a silent one may answer again; None where none is silent that would; not in records
    """

    accepted: int = 0
    review: int = 0
    none: int = 0
    known: int = 0
    failed: int = 0
    skipped: int = 0
    requests: Mapping[str, int] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[ProviderFailure, ...] = ()
    rest_s: float | None = None

    def to_record(self) -> dict[str, Any]:
        """The `map4/lookup-summary/1` record."""
        values = {name: getattr(self, name) for name in LookupSummary.__slots__ if name != "rest_s"}
        values["failures"] = [failure.to_record() for failure in self.failures]
        return {"schema": "map4/lookup-summary/1", **values}


LookupEvent = LookedUp | LookupNotice | LookupSummary

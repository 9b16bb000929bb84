"""Options of look-ups. Only the server's settings decide which services a job contacts, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from map4.core.base.call_options import CallOptions, option

if TYPE_CHECKING:
    from map4.extras.shared.service import BatchClock

_MAX_WAIT_S = 600.0  # a look-up of a large library takes hours, and a service may be busy in between
_MAX_WAIT_OF_JOB_S = 60.0  # jobs wait less and free their place instead
_WHAT, _WHO = "Tracks", "Providers"
_COST = "Seconds that may be lost in back-offs and failed requests, per provider."


class _LookupLimits(CallOptions):
    providers: Sequence[str] = option(
        (), "--provider", "Use this provider (repeatable; see --providers).",
        about="Names of providers (default: those enabled in the settings).", metavar="NAME", heading=_WHO,
    )  # fmt: skip
    max_requests: int | None = option(
        None, "--max-requests", "Send each provider at most N requests.", least=1, metavar="N", heading=_WHO
    )
    max_wait_s: float = option(
        _MAX_WAIT_S, "--max-wait",
        "Skip a provider after waiting S seconds in total for failed requests (default: 600).",
        about=_COST, metavar="S", heading=_WHO,
    )  # fmt: skip
    force: bool = option(False, "--force", "Look up tracks again.", heading=_WHAT)

    def __post_init__(self) -> None:
        object.__setattr__(self, "providers", tuple(dict.fromkeys(self.providers)))


class LookupOptions(_LookupLimits):
    """Options of a look-up."""

    settings: Mapping[str, Mapping[str, Any]] = option(
        {}, about="Settings of providers by name: `enabled`, `url`, `contact`, `token_env`.", setting="providers"
    )
    answers: str | None = option(None, about="Folder of cached responses; None uses the user's folder.")
    rates: str | None = option(None, about="Folder of the services' rate limits; None uses the user's folder.")
    clock: BatchClock | None = option(None, about="None means real time.")


class LookupRequest(_LookupLimits):
    """Options of a look-up job."""

    query: str | None = option(None, about="Tracks to look up (default: all).")
    max_wait_s: float = option(_MAX_WAIT_OF_JOB_S, about=_COST)

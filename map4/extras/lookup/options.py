"""How tracks are looked up. Whom a job asks, and where, is for the settings of the server alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from map4.base.call_options import call_options, option

if TYPE_CHECKING:
    from map4.base.asking.service import BatchClock

_MAX_WAIT_S = 600.0
"""A large library is asked about for hours, in which a service may be busy now and then."""
_MAX_WAIT_OF_JOB_S = 60.0
"""A job rather sleeps, and lets others have its place."""
_WHAT, _WHO = "What is looked up", "Who is asked"
_COST = "Seconds that may be lost in back-offs and failed requests, of each provider."


@call_options
class _LookupLimits:
    providers: Sequence[str] = option(
        (), "--provider", "Ask this one; may be repeated ('map4 providers list').",
        about="Names of providers; none takes those that the settings enable.", metavar="NAME", heading=_WHO,
    )  # fmt: skip
    max_requests: int | None = option(
        None, "--max-requests", "Send each provider N requests at most.", least=1, metavar="N", heading=_WHO
    )
    max_wait_s: float = option(
        _MAX_WAIT_S, "--max-wait", "Give up when faults of a service have cost S seconds in all (default: 600).",
        about=_COST, metavar="S", heading=_WHO,
    )  # fmt: skip
    force: bool = option(False, "--force", "Look up again what was looked up.", heading=_WHAT)

    def __post_init__(self) -> None:
        object.__setattr__(self, "providers", tuple(dict.fromkeys(self.providers)))


@call_options
class LookupOptions(_LookupLimits):
    """How tracks are looked up."""

    settings: Mapping[str, Mapping[str, Any]] = option(
        {}, about="Of providers by name: `enabled`, `url`, `contact`, `token_env`.", setting="providers"
    )
    answers: str | None = option(None, about="Folder of kept answers; None takes the user's own.")
    rates: str | None = option(None, about="Folder of when services may be asked; None takes the user's own.")
    clock: BatchClock | None = option(None, about="None is real time.")


@call_options
class LookupRequest(_LookupLimits):
    """What a job looks up."""

    query: str | None = option(None, about="Which tracks; none takes all.")
    max_wait_s: float = option(_MAX_WAIT_OF_JOB_S, about=_COST)

"""What a job that looks tracks up is asked for. Whom to ask, and where, is for the settings of the server alone."""

from __future__ import annotations

from dataclasses import dataclass

from map4.errors import UsageError

_MAX_WAIT_S = 60.0
"""A job rather sleeps, and lets others have its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRequest:
    """Tracks to look up.

    Parameters
    ----------
    query : which tracks; None takes all
    providers : names; none takes those that the settings enable
    max_requests : to each provider; None without end
    max_wait_s : seconds that may be lost in back-offs and failed requests, of each provider
    force : look up again what was looked up
    """

    query: str | None = None
    providers: tuple[str, ...] = ()
    max_requests: int | None = None
    max_wait_s: float = _MAX_WAIT_S
    force: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.providers, str):
            raise UsageError(f"providers are several names: ['{self.providers}']")
        object.__setattr__(self, "providers", tuple(dict.fromkeys(self.providers)))
        if self.max_requests is not None and self.max_requests < 1:
            raise UsageError(f"max_requests is 1 or more, not {self.max_requests}")

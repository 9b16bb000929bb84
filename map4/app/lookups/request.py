"""What a job that looks tracks up is asked for. Whom to ask, and where, is for the settings of the server alone."""

from __future__ import annotations

from dataclasses import dataclass

from map4.errors import UsageError

MAX_WAIT_S = 600.0
"""A large library is asked about for hours, in which a service may be busy now and then."""


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
    max_wait_s: float = MAX_WAIT_S
    force: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.providers, str):
            raise UsageError(f"providers are several names: ['{self.providers}']")
        object.__setattr__(self, "providers", tuple(dict.fromkeys(self.providers)))
        if self.max_requests is not None and self.max_requests < 1:
            raise UsageError(f"max_requests is 1 or more, not {self.max_requests}")

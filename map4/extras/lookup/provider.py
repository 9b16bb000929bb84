"""Interface of metadata providers, implemented by map4's own and by plug-ins of the group `map4.providers.v1`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from map4.extras.lookup.lookup import Candidate, LookupQuery
from map4.extras.shared.service import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits and requirements of a service.

    host: host of the service; None if it needs no network
    interval_s: from a response to the next request of this machine, across all programs
    keep_days: how long responses may be cached
    attribution: the credit for its data
    sends: what is sent, as names of `LookupQuery` fields
    limit_statuses: HTTP statuses that mean too many requests
    left_header, reset_header: headers with the number of requests left, and the seconds until more are allowed
    at_once: queries per request; above 1, the provider has `joined` and `parted`
    of_releases: it has no tracks, but a `picture` of a release identified by other providers
    sends_on: suffix of host names that it may redirect to, as ".archive.org"
    note: what a user should know before the first use, such as terms that could not be read
    """

    host: str | None = None
    interval_s: float = 1.0
    keep_days: float = 30.0
    attribution: str = ""
    sends: tuple[str, ...] = ()
    limit_statuses: tuple[int, ...] = (429,)
    left_header: str = ""
    reset_header: str = ""
    at_once: int = 1
    of_releases: bool = False
    sends_on: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Credentials. They are added when a request is sent, so no record, message, log or cached response contains them.

    secrets: the keys, which are removed from all responses of the service
    headers, parameters: added to each request, with the keys
    token_url: where to get a token for further requests, by OAuth client credentials: the two `secrets`
    """

    secrets: tuple[str, ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    token_url: str | None = None


NO_ACCESS = Access()


@dataclass(frozen=True, slots=True, order=True)
class ServiceRequest:
    """A request to a service, without keys, because it is stored with its response.

    parameters: in order; those of a POST without `body` are sent as a form
    body: JSON of a POST
    is_picture: the response is a picture, in base64, and is not cached with the others
    """

    url: str
    parameters: tuple[tuple[str, str], ...] = ()
    method: Literal["GET", "POST"] = "GET"
    body: str = ""
    is_picture: bool = False


class NeedAnswerError(Exception):
    """A response is needed that is not there yet; it is requested, and the call is repeated."""

    def __init__(self, request: ServiceRequest) -> None:
        super().__init__(request.url)
        self.request = request


AskService = Callable[[ServiceRequest], Any]
"""`read(request)` returns the response as JSON values, None if the service does not know the item, or raises
`NeedAnswerError`, which a provider must not catch. So providers open no connections themselves: map4 respects the rate
limit, retries and caches."""


class MetadataProvider(Protocol):
    """A service or a file that knows recordings: its `name` as in --provider, and the `headers` of each request.

    A provider that needs a key also has `access`, an `Access`. If its policy allows several queries `at_once`, it has
    `joined(requests)`, which combines requests to the same address, and `parted(requests, answer)`, which splits the
    response in the same order, None for unknown items.
    """

    name: str
    policy: Policy
    headers: Mapping[str, str]

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """Return recordings that may be the track. Repeated per response, so it must be fast and deterministic.

        raises NeedAnswerError: from `read`
        raises ValueError, KeyError, TypeError: if a response has an unknown form
        """
        ...

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> Mapping[str, Any] | None:
        """Return what is known of a recording on a release, by `PROVIDED_FIELDS`.

        None if it no longer exists. Raises as `search`.
        """
        ...

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        """Return what is wrong with a successful response: an error in it, or an unknown form. Also called for statuses
        from 400 on, where the response may be more specific than the status."""
        ...

    def probe(self) -> ServiceRequest | None:
        """Return a request that checks whether the service answers; None if there is nothing to request."""
        ...

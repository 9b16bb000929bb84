"""What a provider of metadata is: plug-ins in the group `map4.providers.v1` give one, and so do map4's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from map4.base.asking.service import Fault
from map4.extras.lookup.lookup import Candidate, LookupQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a service allows, and what it gives.

    host: that is asked; None for one that needs no network
    interval_s: from an answer to the next request of this machine, of all programs together
    keep_days: how long an answer may be kept
    attribution: what to say of where the data comes from
    sends: what leaves the machine, by names of `LookupQuery`
    limit_statuses: statuses by which it says that it is asked too often
    left_header, reset_header: headers that say how many requests are left, and in how many seconds there are more
    at_once: questions that one request may hold; then the provider has `joined` and `parted`
    of_releases: it knows no tracks, but a `picture` of a release that other providers found
    sends_on: end of the host names that it may send a question on to, as ".archive.org"
    note: what a user should know before it is asked for the first time, such as terms that nobody could read
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
    """What lets map4 in. It is added to a request as it is sent: no record, message, log or kept answer holds it.

    secrets: the keys themselves, which are struck out of whatever a service says
    headers, parameters: of each request, with the keys in them
    token_url: where a token for all further requests is got, by OAuth's client credentials: the two `secrets`
    """

    secrets: tuple[str, ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    token_url: str | None = None


NO_ACCESS = Access()


@dataclass(frozen=True, slots=True, order=True)
class ServiceRequest:
    """One question to a service, which holds no key: it is kept with its answer.

    parameters: in their order; those of a POST without `body` are a form
    body: JSON of a POST
    is_picture: the answer is a picture, in base64, and is not kept with the others
    """

    url: str
    parameters: tuple[tuple[str, str], ...] = ()
    method: Literal["GET", "POST"] = "GET"
    body: str = ""
    is_picture: bool = False


class NeedAnswerError(Exception):
    """An answer is needed that is not there yet; it is asked for, and the call is made again."""

    def __init__(self, request: ServiceRequest) -> None:
        super().__init__(request.url)
        self.request = request


AskService = Callable[[ServiceRequest], Any]
"""`read(request)` gives the answer as JSON values, None where the service has no such thing, or raises
`NeedAnswerError`, which a provider lets pass. So a provider opens no connection itself: map4 asks at the rate of the
service, tries again where that helps, and keeps answers."""


class MetadataProvider(Protocol):
    """A service, or a file, that knows recordings: its `name` as in --provider, and `headers` of each request.

    One that needs a key has `access` besides, an `Access`. One whose policy allows several questions `at_once` has
    `joined(requests)`, which gives one request in their place, all being of one address, and
    `parted(requests, answer)`, which gives the answers in their order, None where there is no such thing.
    """

    name: str
    policy: Policy
    headers: Mapping[str, str]

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """Recordings that a track may be. Called again with each answer, so that it must be quick and always the same.

        raises NeedAnswerError: of `read`
        raises ValueError, KeyError, TypeError: if an answer has an unknown form
        """
        ...

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> Mapping[str, Any] | None:
        """What is known of one recording as it is on a release, by `PROVIDED_FIELDS`.

        None where it is gone. Raises as `search`.
        """
        ...

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        """What is wrong with an answer that came as a success: an error inside it, or another form. It is also shown
        what comes with a status from 400 on, where it may tell more than the status does."""
        ...

    def probe(self) -> ServiceRequest | None:
        """A question that only tells whether the service answers; None where there is none to ask."""
        ...

"""Calls of a provider, with the answers that they need: kept ones, or asked for by map4's one way of asking."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from map4.app.asking.batches import Answered, Asking, GivenUp, Stopped, Waiting
from map4.domain.lookup import ProviderFailure
from map4.infra.text_cache import TextCache
from map4.ports.asking import Fault
from map4.ports.metadata import MetadataProvider, NeedAnswerError, Read, Request

_DAY_S = 86400.0
# No search or fetch needs more answers, one after the other.
_MOST_ROUNDS = 20

Call = Callable[[Read], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupNotice:
    """Something a person should know; `is_fault`: also one who wants to hear of errors alone."""

    message: str
    is_fault: bool = False


def default_lookups_path() -> str:
    """The folder of answers, in the user's cache folder."""
    from platformdirs import user_cache_path

    return str(user_cache_path("map4", appauthor=False) / "lookups")


def clear_lookups(warn: Callable[[str], None]) -> int:
    """Drop all kept answers; gives how many there were."""
    with TextCache(default_lookups_path(), warn, command="map4 cache clear --lookups") as cache:
        return cache.drop()


class KeptAnswers:
    """Raw answers of services, each for as long as its service allows."""

    def __init__(self, cache: TextCache, *, time_s: Callable[[], float] = time.time) -> None:
        self._cache, self._time_s = cache, time_s

    def get(self, provider: MetadataProvider, request: Request) -> str | None:
        """The text of an answer, None where there is none or it is too old."""
        oldest = self._time_s() - provider.policy.keep_days * _DAY_S

        def read(kept: str) -> str | None:
            at, text = json.loads(kept)
            return str(text) if float(at) >= oldest else None

        return self._cache.read(_key(provider, request), read)

    def put(self, provider: MetadataProvider, answers: Mapping[Request, str]) -> None:
        """Keep answers."""
        now = self._time_s()
        texts = {_key(provider, request): json.dumps([now, text]) for request, text in answers.items()}
        self._cache.write(texts, expire_s=provider.policy.keep_days * _DAY_S)

    def drop(self, provider: MetadataProvider, request: Request) -> None:
        """Keep one no more."""
        self._cache.drop(_key(provider, request).__eq__)


def _key(provider: MetadataProvider, request: Request) -> str:
    return json.dumps([provider.name, request.url, request.parameters], ensure_ascii=False)


class ProviderCalls:
    """Calls of one provider, in one run.

    Parameters
    ----------
    asking : asks for answers; None where the provider needs none
    alternatives : providers that may know it too
    """

    def __init__(
        self,
        provider: MetadataProvider,
        kept: KeptAnswers,
        asking: Asking[Request, str] | None,
        alternatives: tuple[str, ...] = (),
    ) -> None:
        self.provider, self._kept, self._asking = provider, kept, asking
        self._alternatives = alternatives
        self.stopped: Stopped | None = None
        self.failures: list[ProviderFailure] = []
        self.requests = 0
        self._at_hand: dict[Request, Any] = {}

    def run(self, calls: Mapping[int, Call], results: dict[int, Any]) -> Iterator[LookupNotice]:
        """Make calls, as often as they need another answer; `results` gets what each gave, or its `ProviderFailure`."""
        open_calls = dict(calls)
        for _ in range(_MOST_ROUNDS):
            needed: dict[Request, list[int]] = {}
            for number, call in list(open_calls.items()):
                asked: list[Request] = []
                try:
                    results[number] = call(lambda request, asked=asked: self._read(request, asked))  # type: ignore[misc]
                except NeedAnswerError as need:
                    needed.setdefault(need.request, []).append(number)
                    continue
                except Exception as error:  # around one plug-in, and answers of an unknown form
                    for request in asked:
                        self._kept.drop(self.provider, request)
                    message = f"{self.provider.name} can't be understood ({type(error).__name__}: {error})"
                    results[number] = self._failure(Fault(kind="answer", message=message), 0)
                del open_calls[number]
            if not needed:
                return
            yield from self._ask(needed, results)
            open_calls = {number: call for number, call in open_calls.items() if number not in results}
        for number in open_calls:
            fault = Fault(kind="answer", message=f"{self.provider.name} asks for answers without end")
            results[number] = self._failure(fault, 0)

    def forget_answers(self) -> None:
        """Drop what is at hand in memory; kept answers stay kept."""
        self._at_hand.clear()

    def _read(self, request: Request, asked: list[Request]) -> Any:
        if request not in self._at_hand:
            text = self._kept.get(self.provider, request)
            if text is None:
                raise NeedAnswerError(request)
            self._at_hand[request] = json.loads(text)
        asked.append(request)
        return self._at_hand[request]

    def _ask(self, needed: Mapping[Request, list[int]], results: dict[int, Any]) -> Iterator[LookupNotice]:
        requests = dict(enumerate(needed))
        if self._asking is None or self.stopped is not None:
            fault = self.stopped.fault if self.stopped else None
            self._fail(requests.values(), needed, results, fault, 0)
            return
        for event in self._asking.run(requests):
            if isinstance(event, Answered):
                texts = {requests[number]: text for number, text in event.answers.items()}
                self._kept.put(self.provider, texts)
                self._at_hand |= {request: json.loads(text) for request, text in texts.items()}
            elif isinstance(event, Waiting):
                yield LookupNotice(message=f"{event.fault.message}; trying again in {event.seconds:.0f} s")
            elif isinstance(event, Stopped):
                self.stopped = event
                yield LookupNotice(message=f"stopped asking {self.provider.name}: {event.reason}", is_fault=True)
            elif isinstance(event, GivenUp):
                fault = event.fault or (self.stopped.fault if self.stopped else None)
                self._fail([requests[number] for number in event.ids], needed, results, fault, max(0, event.tries - 1))
        self.requests = self._asking.requests

    def _fail(
        self,
        requests: Any,
        needed: Mapping[Request, list[int]],
        results: dict[int, Any],
        fault: Fault | None,
        tries: int,
    ) -> None:
        reason = self.stopped.reason if self.stopped else f"{self.provider.name} was not asked"
        for request in requests:
            for number in needed[request]:
                results[number] = self._failure(fault or Fault(kind="rate_limit", message=reason), tries)

    def _failure(self, fault: Fault, retry_count: int) -> ProviderFailure:
        failure = ProviderFailure(
            error_type=fault.kind,
            provider=self.provider.name,
            message=fault.message,
            retry_count=retry_count,
            alternative_sources=self._alternatives,
        )
        if failure not in self.failures:
            self.failures.append(failure)
        return failure

"""Runs calls of a provider with the responses they need, from the cache or the network."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from map4.core.base.paths import user_file
from map4.extras.lookup.lookup import ProviderFailure, what_to_do
from map4.extras.lookup.provider import AskService, MetadataProvider, NeedAnswerError, ServiceRequest
from map4.extras.lookup.providers.web import WebClient
from map4.extras.shared.batches import Answered, BatchLimits, BatchRun, GivenUp, Stopped, Waiting
from map4.extras.shared.service import BatchClock, Fault
from map4.extras.shared.text_cache import TextCache

_DAY_S = 86400.0
# No search or fetch needs more consecutive responses.
_MOST_ROUNDS = 20

Call = Callable[[AskService], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupNotice:
    """A message for the user; `is_fault` means an error, which is also shown in quiet mode."""

    message: str
    is_fault: bool = False


def open_lookup_cache(warn: Callable[[str], None], folder: str | None = None) -> TextCache:
    """Cache of raw responses; by default in the user's cache folder."""
    return TextCache(folder or user_file("cache", "lookups"), warn, command="map4 library prune --lookups")


class ProviderCalls:
    """Calls of a provider in a run.

    client: requests responses; None if the provider needs no network
    answers: folder of the cache, as for `open_lookup_cache`
    alternatives: other providers that may know the track
    """

    def __init__(
        self,
        provider: MetadataProvider,
        client: WebClient | None,
        clock: BatchClock,
        limits: BatchLimits,
        answers: str | None = None,
        alternatives: tuple[str, ...] = (),
    ) -> None:
        self.provider, self._client, self._alternatives = provider, client, alternatives
        self._batches = None if client is None else BatchRun(client, clock, limits, random.random)
        self._warnings: list[str] = []
        self._cache = open_lookup_cache(self._warnings.append, answers)
        self.stopped: Stopped | None = None
        self.failures: list[ProviderFailure] = []
        self._at_hand: dict[ServiceRequest, Any] = {}
        self._keep_s = provider.policy.keep_days * _DAY_S

    def close(self) -> None:
        """Close the cache and the client; they reopen when needed."""
        self._cache.close()
        if self._client is not None:
            self._client.close()

    @property
    def requests(self) -> int:
        return 0 if self._batches is None else self._batches.requests

    def run(self, calls: Mapping[int, Call], results: dict[int, Any]) -> Iterator[LookupNotice]:
        """Run calls, repeatedly as they need responses; `results` gets each result or `ProviderFailure`."""
        name, open_calls = self.provider.name, dict(calls)
        for _ in range(_MOST_ROUNDS):
            needed: dict[ServiceRequest, list[int]] = {}
            for number, call in list(open_calls.items()):
                requests: list[ServiceRequest] = []
                try:
                    results[number] = call(lambda request, requests=requests: self._read(request, requests))  # type: ignore[misc]
                except NeedAnswerError as need:
                    needed.setdefault(need.request, []).append(number)
                    continue
                except Exception as error:  # plug-ins may raise anything, as may responses of an unknown form
                    self._cache.forget([self._key(request) for request in requests])
                    results[number] = self._failure(
                        f"{name}: unknown form of response ({type(error).__name__}: {error})"
                    )
                del open_calls[number]
            yield from self._warned()
            if not needed:
                return
            many = self.provider.policy.at_once > 1  # a joint request has one address
            for address in dict.fromkeys(request.url if many else "" for request in needed):
                of_it = {request: failed for request, failed in needed.items() if not many or request.url == address}
                yield from self._ask(of_it, results)
            open_calls = {number: call for number, call in open_calls.items() if number not in results}
        results |= dict.fromkeys(open_calls, self._failure(f"{name} needs too many responses"))

    def _warned(self) -> Iterator[LookupNotice]:
        while self._warnings:
            yield LookupNotice(message=self._warnings.pop(0), is_fault=True)

    def forget_answers(self) -> None:
        """Delete the responses in memory; the cache stays."""
        self._at_hand.clear()

    def _read(self, request: ServiceRequest, requests: list[ServiceRequest]) -> Any:
        if request not in self._at_hand:
            text = None if request.is_picture else self._cache.get(self._key(request), self._unless_old)
            if text is None:
                raise NeedAnswerError(request)
            self._at_hand[request] = json.loads(text)
        requests.append(request)
        return self._at_hand[request]

    def _unless_old(self, stored: str) -> str | None:
        at, text = json.loads(stored)
        return str(text) if float(at) >= time.time() - self._keep_s else None

    def _key(self, request: ServiceRequest) -> str:
        parts = [self.provider.name, request.url, request.parameters]
        parts += [request.method, request.body] if request.method == "POST" else []
        return json.dumps(parts, ensure_ascii=False)

    def _ask(self, needed: Mapping[ServiceRequest, list[int]], results: dict[int, Any]) -> Iterator[LookupNotice]:
        name, requests = self.provider.name, dict(enumerate(needed))

        def fail(failed: Iterable[ServiceRequest], fault: Fault | None, tries: int) -> None:
            fault = fault or (self.stopped.fault if self.stopped else None)
            reason = self.stopped.reason if self.stopped else f"{name} was not contacted"
            failure = self._failure(fault or Fault(kind="rate_limit", message=reason), tries)
            results.update((number, failure) for request in failed for number in needed[request])

        if self._batches is None or self.stopped is not None:
            fail(needed, None, 0)
            return
        for event in self._batches.run(requests):
            if isinstance(event, Answered):
                texts = {requests[number]: text for number, text in event.answers.items()}
                entries = {self._key(request): json.dumps([time.time(), text]) for request, text in texts.items()}
                if not any(request.is_picture for request in texts):
                    self._cache.put(entries, keep_s=self._keep_s)
                self._at_hand |= {request: json.loads(text) for request, text in texts.items()}
            elif isinstance(event, Waiting):
                yield LookupNotice(message=f"{event.fault.message}; trying again in {event.seconds:.0f} s")
            elif isinstance(event, Stopped):
                self.stopped = event
                message = f"stopped using {name}: {event.reason}"
                if event.fault is not None and event.fault.kind == "authentication":
                    message += f"; {what_to_do('authentication', name)}"
                yield LookupNotice(message=message, is_fault=True)
            elif isinstance(event, GivenUp):
                fail([requests[number] for number in event.ids], event.fault, max(0, event.tries - 1))
        yield from self._warned()

    def _failure(self, fault: Fault | str, retry_count: int = 0) -> ProviderFailure:
        if isinstance(fault, str):
            fault = Fault(kind="answer", message=fault)
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

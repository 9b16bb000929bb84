"""What labelling needs from outside, as Protocols and the plain values that cross them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, Protocol

from map4.domain.label_facts import TrackFacts
from map4.domain.labels import Labels

FaultKind = Literal["authentication", "request", "rate_limit", "server", "network", "answer"]
"""Why a request gave nothing: the key is wrong; the service takes no such request (a model it does not have); too many
requests; an error of the service; no connection or no answer in time; an answer that can't be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What went wrong with one request: a sentence for a person, which holds no secret.

    Parameters
    ----------
    retry_after_s : seconds the service asks us to stay away; None where it does not say
    """

    kind: FaultKind
    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one request.

    Parameters
    ----------
    labels : by the ids asked for; those of tracks that the answer leaves out, or names twice, are missing
    fault : why there are none; also beside labels, where some are missing
    input_tokens, output_tokens : as the service counts them
    """

    labels: Mapping[int, Labels] = field(default_factory=dict)
    fault: Fault | None = None
    input_tokens: int = 0
    output_tokens: int = 0


class Asker(Protocol):
    """A service that answers in its own time."""

    @property
    def model(self) -> str:
        """The model that answers."""
        ...

    def submit(self, questions: Mapping[int, TrackFacts], timeout_s: float) -> Future[Reply]:
        """Ask about these tracks; the future never raises, and gives a `network` fault after the time-out."""
        ...


class AskingClock(Protocol):
    """Time, as far as asking needs it."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    def wait(self, futures: Collection[Future[Reply]], timeout_s: float) -> None:
        """Wait until one of these is done, `timeout_s` at most; there may be none."""
        ...


class AnswerCache(Protocol):
    """Answers given before, by model, prompt version and what was asked."""

    def get(self, facts: TrackFacts, model: str) -> Labels | None:
        """The answer, or None; whatever is wrong with the cache is no answer."""
        ...

    def put(self, answers: Sequence[tuple[TrackFacts, Labels]], model: str) -> None:
        """Keep answers."""
        ...


class LabelStore(Protocol):
    """The library, as far as labelling needs it."""

    def put_labels(self, labels: Mapping[str, Labels]) -> None:
        """Keep labels by audio id."""
        ...


class LabelProvider(Protocol):
    """Something that labels tracks, as plug-ins in the group `map4.labels.v1` do."""

    def label(self, tracks: Sequence[TrackFacts]) -> Sequence[Labels | None]:
        """Label tracks; None where there is nothing to say of one."""
        ...

"""Asking, without a service and without time: who is asked when, what is asked again, and when it ends."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future

import pytest

from map4.core.music.track.labels import Labels
from map4.extras.shared.batches import Answered, BatchEvent, BatchLimits, BatchRun, GivenUp, Stopped, Waiting
from map4.extras.shared.retry import LONGEST_WAIT_S, RULES, Breaker, Patience, wait_s
from map4.extras.shared.service import Fault, FaultKind, Reply
from map4.labels import TrackFacts

GOOD = Labels(genre="Jazz", family="Jazz", confidence=0.9, source="claude", model="m")
Script = Callable[[int, tuple[int, ...]], Reply | None]


class World:
    """A service and its clock: a reply takes a second, None never comes."""

    model = "m"

    def __init__(self, script: Script) -> None:
        self.now = 0.0
        self.sent: list[tuple[float, tuple[int, ...]]] = []
        self.timeouts: list[float] = []
        self.most_at_once = 0
        self._script = script
        self._running: dict[Future[Reply], tuple[float, Reply]] = {}

    def submit(self, questions: Mapping[int, TrackFacts], timeout_s: float) -> Future[Reply]:
        future: Future[Reply] = Future()
        reply = self._script(len(self.sent), tuple(questions))
        self.sent.append((self.now, tuple(questions)))
        self.timeouts.append(timeout_s)
        if reply is not None:
            self._running[future] = (self.now + 1.0, reply)
        self.most_at_once = max(self.most_at_once, len(self._running))
        return future

    def monotonic(self) -> float:
        return self.now

    def wait(self, futures: Collection[Future[Reply]], timeout_s: float) -> None:
        due = min([self.now + timeout_s, *(at for at, _ in self._running.values())])
        self.now = max(self.now, due)
        for future, (at, reply) in list(self._running.items()):
            if at <= self.now:
                del self._running[future]
                future.set_result(reply)


def ask(
    script: Script, count: int, jitter: float = 0.0, **limits: float | None
) -> tuple[World, BatchRun, list[BatchEvent]]:
    world = World(script)
    batches = BatchRun(world, world, BatchLimits(**limits), lambda: jitter)  # type: ignore[arg-type]
    return world, batches, list(batches.run({number: TrackFacts(title=str(number)) for number in range(count)}))


def good(ids: tuple[int, ...]) -> Reply:
    return Reply(answers=dict.fromkeys(ids, GOOD), input_tokens=10, output_tokens=5)


def fault(kind: FaultKind, retry_after_s: float | None = None) -> Reply:
    return Reply(fault=Fault(kind=kind, message=f"the {kind} fault", retry_after_s=retry_after_s), input_tokens=1)


def outcome(events: list[BatchEvent]) -> tuple[Counter[int], Counter[int]]:
    """How often each id was answered, and given up."""
    answered = Counter(answer for event in events if isinstance(event, Answered) for answer in event.answers)
    given_up = Counter(question_id for event in events if isinstance(event, GivenUp) for question_id in event.ids)
    return answered, given_up


def stopped(events: list[BatchEvent]) -> str:
    [event] = [event for event in events if isinstance(event, Stopped)]
    return event.reason


def test_four_batches_of_twenty_are_sent_at_once_and_none_without_input() -> None:
    world, batches, events = ask(lambda _, ids: good(ids), 205)
    assert [len(ids) for _, ids in world.sent] == 10 * [20] + [5]
    assert (world.most_at_once, world.now) == (4, 3.0)
    assert outcome(events) == (Counter(range(205)), Counter())
    assert (batches.requests, batches.input_tokens, batches.output_tokens) == (11, 110, 55)
    assert ask(lambda _, ids: good(ids), 0)[2] == []


def test_malformed_and_missing_answers_are_requested_again() -> None:
    world, _, events = ask(lambda _, ids: fault("answer") if 5 in ids else good(ids), 8, concurrency=1)
    assert [ids for _, ids in world.sent] == [
        tuple(range(8)), (0, 1, 2, 3), (4, 5, 6, 7), (4, 5), (4,), (5,), (6, 7),
    ]  # fmt: skip
    assert outcome(events) == (Counter({0, 1, 2, 3, 4, 6, 7}), Counter([5]))

    def script(number: int, ids: tuple[int, ...]) -> Reply:
        return good(ids if number else ids[:15])

    world, _, events = ask(script, 20, concurrency=1)
    assert [ids for _, ids in world.sent[1:]] == [(15, 16, 17), (18, 19)]
    assert outcome(events) == (Counter(range(20)), Counter())


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        ("rate_limit", [0.0, 31.0, 92.0, 153.0, 214.0]),
        ("server", [0.0, 6.0, 17.0]),
        ("network", [0.0, 3.0, 8.0]),
        ("authentication", [0.0]),
        ("request", [0.0]),
    ],
)
def test_retries_and_waits_depend_on_the_kind_of_fault(kind: FaultKind, at: list[float]) -> None:
    world, _, events = ask(lambda *_: fault(kind), 20, max_wait_s=1000.0)
    assert [moment for moment, _ in world.sent] == at
    assert {ids for _, ids in world.sent} == {tuple(range(20))}  # never halved
    assert outcome(events) == (Counter(), Counter(range(20)))
    waits = [event.seconds for event in events if isinstance(event, Waiting)]
    assert len(waits) == len(at) - 1
    assert max([0.0, *waits]) <= LONGEST_WAIT_S


def test_waits_are_randomly_extended_up_to_a_minute() -> None:
    fault = Fault(kind="rate_limit", message="")
    assert [wait_s(fault, 1, jitter) for jitter in (0.0, 0.5, 1.0)] == [30.0, 33.75, 37.5]
    assert [wait_s(fault, tries, 1.0) for tries in (2, 3, 4)] == 3 * [LONGEST_WAIT_S]
    assert wait_s(fault, RULES["rate_limit"].tries, 0.0) is None
    soon = Fault(kind="rate_limit", message="", retry_after_s=0.0)
    late = Fault(kind="server", message="", retry_after_s=1e9)
    assert [wait_s(soon, 1, 0.0), wait_s(late, 1, 0.0)] == [1.0, LONGEST_WAIT_S]


def test_long_waits_are_abandoned_and_waiting_batches_keep_their_place() -> None:
    world, _, events = ask(lambda *_: fault("rate_limit", 86400.0), 200)
    assert (len(world.sent), world.now) == (4, 1.0)
    assert "waiting would exceed " in stopped(events)
    assert outcome(events) == (Counter(), Counter(range(200)))
    world, _, _ = ask(lambda *_: fault("server"), 400)
    assert [moment for moment, _ in world.sent[:9]] == 4 * [0.0] + 4 * [6.0] + [17.0]


def test_five_failed_batches_in_a_row_end_the_run() -> None:
    _, batches, events = ask(lambda *_: fault("network"), 400, max_wait_s=1000.0, concurrency=1)
    assert batches.requests == 15  # five batches with three tries each
    assert stopped(events) == "the network fault, repeatedly"
    assert outcome(events) == (Counter(), Counter(range(400)))

    def script(number: int, ids: tuple[int, ...]) -> Reply:
        return good(ids) if number % 5 == 4 else fault("answer")

    _, _, events = ask(script, 40, concurrency=1)
    assert not [event for event in events if isinstance(event, Stopped)]
    answered, given_up = outcome(events)
    assert answered + given_up == Counter(range(40))


def test_waits_and_silent_services_end_after_max_wait() -> None:
    world, _, events = ask(lambda *_: fault("rate_limit"), 400, max_wait_s=120.0)
    assert 60.0 < world.now <= 120.0
    assert "waiting would exceed " in stopped(events)
    world, _, events = ask(lambda *_: None, 400, max_wait_s=120.0)
    assert world.timeouts[0] == 60.0
    assert world.now == pytest.approx(120.0, abs=3.0)
    assert outcome(events) == (Counter(), Counter(range(400)))


def test_answers_in_flight_are_kept_and_the_limit_includes_retries() -> None:
    def script(number: int, ids: tuple[int, ...]) -> Reply:
        return fault("authentication") if number == 0 else good(ids)

    world, _, events = ask(script, 100)
    assert (len(world.sent), stopped(events)) == (4, "the authentication fault")
    answered, given_up = outcome(events)
    assert (set(answered), set(given_up)) == (set(range(20, 80)), {*range(20), *range(80, 100)})
    _, batches, events = ask(lambda n, ids: fault("server") if n < 2 else good(ids), 100, max_requests=3, concurrency=2)
    assert (batches.requests, stopped(events)) == (3, "the limit of 3 requests is reached")
    answered, given_up = outcome(events)
    assert answered + given_up == Counter(range(100))
    assert len(answered) == 20


def test_overlapping_waits_count_once_and_consecutive_failures_break() -> None:
    patience = Patience(100.0)
    for start, end in ((10.0, 20.0), (15.0, 25.0), (40.0, 50.0), (24.0, 41.0), (60.0, 61.0)):
        patience.lose(start, end)
    assert patience.left_s == pytest.approx(100.0 - 40.0 - 1.0)
    patience.lose(0.0, 1000.0)
    assert patience.left_s == 0.0
    breaker = Breaker(failures=3)
    assert [breaker.failure(), breaker.failure()] == [False, False]
    breaker.success()
    assert [breaker.failure(), breaker.failure(), breaker.failure()] == [False, False, True]

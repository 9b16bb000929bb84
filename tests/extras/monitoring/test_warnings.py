"""What a server warns of: each warning begins and ends once, is told where it should be, and names nothing."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY, Run
from schemas import validate
from servers import client_of
from service_double import serving
from service_faults import drip_head

from map4.base.loops import repeat_async
from map4.extras.monitoring.metrics import Metrics
from map4.extras.monitoring.notify import notifier
from map4.extras.monitoring.warning_rules import (
    LEAST_COUNTED,
    MOST_WAITING,
    QUIET_S,
    Condition,
    Warned,
    WarningRules,
)
from map4.extras.monitoring.warnings import LOOK_S, Monitoring, Warnings, warnings_of
from map4.server.changes import changes_of

WELL = Condition(
    totals=dict.fromkeys(("requests", "requests_failed", "files", "files_failed", "lookups", "lookups_failed"), 0.0),
    quiet_s=0.0,
    jobs_due=0,
    requests_waiting=0,
    jobs_open=0,
    disk_used=0.5,
)


class Server:
    """A made-up server that is looked at every 15 s of a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.condition = replace(WELL, totals=dict(WELL.totals))
        self.totals: dict[str, float] = self.condition.totals  # type: ignore[assignment]
        self.progress_at = self.now
        self.rules = WarningRules(lambda: self.now)
        self.told: list[tuple[float, Warned]] = []
        self._began = self.now

    def run(self, seconds: float, step: Callable[[], object] = bool) -> list[tuple[str, bool]]:
        """Let time pass; gives what was told meanwhile."""
        before = len(self.told)
        for _ in range(round(seconds / LOOK_S)):
            self.now += LOOK_S
            step()
            self.becomes(quiet_s=self.now - self.progress_at)
            self.told += [(self.now - self._began, one) for one in self.rules.look(self.condition)]
        return [(one.name, one.is_on) for _, one in self.told[before:]]

    def becomes(self, **changes: Any) -> None:
        self.condition = replace(self.condition, **changes)

    def counts(self, what: str, good: float, bad: float) -> Callable[[], None]:
        def step() -> None:
            self.totals = {
                **self.totals,
                what: self.totals[what] + good + bad,
                f"{what}_failed": self.totals[f"{what}_failed"] + bad,
            }
            self.becomes(totals=self.totals)

        return step


@pytest.mark.parametrize(("what", "name"), [("requests", "requests-fail"), ("files", "files-fail"),
                                            ("lookups", "lookups-fail")])  # fmt: skip
def test_high_failure_rate_warns_once_and_ends_once(what: str, name: str) -> None:
    server = Server()
    assert server.run(7200, server.counts(what, 76, 24)) == []
    assert server.run(7200, server.counts(what, 70, 30)) == [(name, True)]
    assert server.run(7200, server.counts(what, 80, 20)) == [(name, False)]
    assert server.run(7200) == []


def test_few_failures_do_not_warn() -> None:
    server = Server()
    assert server.run(15, server.counts("files", 0, LEAST_COUNTED - 1)) == []
    assert server.run(15, server.counts("files", 0, 1)) == [("files-fail", True)]
    assert server.run(3600) == [("files-fail", False)]  # none is tried any more


def test_long_queue_and_full_disk_warn_and_end() -> None:
    server = Server()
    for name, bad, good in (
        ("queue-long", {"jobs_due": MOST_WAITING + 1}, {"jobs_due": MOST_WAITING}),
        ("queue-long", {"requests_waiting": MOST_WAITING + 1}, {"requests_waiting": 0}),
        ("disk-full", {"disk_used": 0.801}, {"disk_used": 0.8}),
    ):
        server.becomes(**bad)
        assert server.run(600) == [(name, True)]
        server.becomes(**good)
        assert server.run(600) == [(name, False)]


def test_stalled_jobs_warn_after_ten_minutes() -> None:
    server = Server()
    assert server.run(7200) == []  # nothing to do
    server.becomes(jobs_open=3)
    assert server.run(QUIET_S) == []
    assert server.run(60) == [("nothing-finished", True)]
    server.progress_at = server.now
    assert server.run(60) == [("nothing-finished", False)]
    assert server.run(QUIET_S - 60) == []  # it got on meanwhile
    assert server.run(60) == [("nothing-finished", True)]
    server.becomes(jobs_open=0)
    assert server.run(60) == [("nothing-finished", False)]


BEGINS = Warned(name="disk-full", is_on=True, message="a disk is 83 % full")


@pytest.mark.contract
def test_webhook_and_ntfy_are_notified() -> None:
    with serving(None, lambda turn: turn.error(200 if turn.number else 503)) as listener:
        for address in (f"{listener.url}/hook?key=geheim", f"ntfy:{listener.url}/topic"):
            notify = notifier(address, (0.0,))
            asyncio.run(notify(BEGINS))
            asyncio.run(notify(replace(BEGINS, is_on=False, message="the disk has free space again")))
    hook = [(turn.handler.path, json.loads(turn.body)) for turn in listener.turns if turn.path == "/hook"]
    assert [(path, said["warning"], said["status"]) for path, said in hook] == [
        ("/hook?key=geheim", "disk-full", "begins"),  # which was refused
        ("/hook?key=geheim", "disk-full", "begins"),
        ("/hook?key=geheim", "disk-full", "over"),
    ]
    assert validate(hook[0][1]).keys() == validate(_documented_webhook()).keys()
    ntfy = [turn for turn in listener.turns if turn.path == "/topic"]
    assert [(turn.headers["Title"], turn.headers["Priority"], turn.body) for turn in ntfy] == [
        ("map4 warns", "high", "a disk is 83 % full"),
        ("map4: over", "default", "the disk has free space again"),
    ]


def _documented_webhook() -> dict[str, Any]:
    page = (REPOSITORY / "docs" / "monitoring.md").read_text()
    found: dict[str, Any] = json.loads(page.partition("```json\n")[2].partition("```")[0])
    return found


@pytest.mark.world
def test_failed_notification_is_logged_without_its_secret(caplog: pytest.LogCaptureFixture) -> None:
    with serving(None) as gone:
        address = f"{gone.url}/geheim"
    asyncio.run(notifier(address, (0.0,))(BEGINS))
    assert [record.getMessage() for record in caplog.records] == [
        "sending a warning to serve.notify failed: 127.0.0.1 can't be reached, or hung up (Connection refused)"
    ]


@pytest.mark.contract
def test_endless_webhook_answer_is_cut(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.extras.monitoring.notify.TIMEOUT_S", 0.2)
    with serving(None, drip_head) as server:
        asyncio.run(notifier(f"{server.url}/geheim", ())(BEGINS))
    assert [record.getMessage() for record in caplog.records] == [
        "sending a warning to serve.notify failed: 127.0.0.1 did not end its answer within 0 s"
    ]


def test_warning_is_in_the_log_the_metrics_and_the_api(caplog: pytest.LogCaptureFixture) -> None:
    metrics, sent, condition = Metrics(), [], [replace(WELL, disk_used=0.9)]

    async def notify(warned: Warned) -> None:
        sent.append(warned.is_on)

    async def now() -> Condition:
        return condition[0]

    async def looked() -> None:
        warnings = Warnings(metrics, now, notify=notify, now=lambda: 1_800_000_000.0)
        await warnings.look()
        assert [(one.name, one.since) for one in warnings.current().warnings] == [("disk-full", "2027-01-15T08:00:00Z")]
        condition[0] = WELL
        await warnings.look()
        assert warnings.current().warnings == ()
        await asyncio.sleep(0)

    asyncio.run(looked())
    assert sent == [True, False]
    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("map4.warnings", "warning: a disk is 90 % full (library or temporary files)"),
        ("map4.warnings", "over: the disk has free space again"),
    ]


def test_watch_continues_after_an_error(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("map4.extras.monitoring.warnings.LOOK_S", 0.0)
    monkeypatch.setitem(repeat_async.__kwdefaults__, "pause_s", 0.0)
    answers = iter([OSError(5, "Input/output error"), WELL])

    async def condition() -> Condition:
        answer = next(answers, asyncio.CancelledError())
        if isinstance(answer, BaseException):
            raise answer
        return answer

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Warnings(Metrics(), condition).watch())
    assert list(answers) == []
    assert caplog.messages == ["warnings: Input/output error"]


def test_server_checks_itself_periodically(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.extras.monitoring.warning_rules.DISK_USED", -1.0)
    monkeypatch.setattr("map4.extras.monitoring.warnings.LOOK_S", 0.01)
    with client_of(made, services=(changes_of, warnings_of)) as client:
        for _ in range(200):
            told = client.get("/api/v1/warnings").json()
            if told["warnings"]:
                break
        assert [one["name"] for one in told["warnings"]] == ["disk-full"]
        assert validate(told)["schema"] == "map4/warnings/1"
        text = client.get("/metrics").text
        assert 'map4_warning{name="disk-full"} 1.0' in text
        assert 'map4_warning{name="queue-long"} 0.0' in text
        logging.getLogger("map4.server").error("something")
        assert 'map4_errors_total{component="server"} 1.0' in client.get("/metrics").text


def test_failing_requests_warn_without_a_library(
    made: Path,
) -> None:
    with client_of(made) as client:
        made.write_bytes(b"no library at all" * 999)
        for _ in range(LEAST_COUNTED):
            assert client.get("/api/v1/tracks").status_code == 503
        warnings = Monitoring.of(client.app.state.context).warnings  # type: ignore[attr-defined]
        told = client.portal.call(warnings.look)  # type: ignore[union-attr]
    assert [one.name for one in told if one.name != "disk-full"] == ["requests-fail"]
    assert f"({LEAST_COUNTED} of {LEAST_COUNTED})" in told[0].message


def test_notification_address_is_shown_without_its_secret(inside: Run) -> None:
    for address, shown in (
        ("https://hooks.example.org/services/geheim?key=geheim", "https://hooks.example.org/***"),
        ("ntfy:https://ann:geheim@ntfy.sh/geheim", "ntfy:https://ntfy.sh/***"),
    ):
        done = inside("config", "--json", env={"MAP4_NOTIFY": address})
        assert shown in done.stdout
        assert "geheim" not in done.stdout + done.stderr
    for wrong in ("hooks.example.org/geheim", "mailto:geheim@example.org", "https://", "https://a:b/geheim"):
        done = inside("config", env={"MAP4_NOTIFY": wrong})
        assert done.returncode == 2
        assert "geheim" not in done.stdout + done.stderr

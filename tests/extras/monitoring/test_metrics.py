"""What Prometheus reads of a server: whole, bounded, without a name of anything, and for whom it is."""

import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY
from libraries import execute
from people import add_people, bearer
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from servers import client_of
from starlette.testclient import TestClient

from map4.core.base.actor import Actor
from map4.extras.monitoring.routes import Metrics
from map4.extras.monitoring.seen import Machine, look_at_machine
from map4.jobs.records import Job
from map4.server.declared_routes import ROUTES

_NOW = "2026-11-23T12:00:00Z"
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(client: TestClient, **headers: str) -> Values:
    """All samples by name and labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return samples(answer.text)


def samples(text: str) -> Values:
    families = text_string_to_metric_families(text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Values, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_server_exports_documented_metrics_of_library_and_requests(client: TestClient, made: Path) -> None:
    for _ in range(2):
        assert client.get("/api/v1/search?q=genre:house").status_code == 200
    etag = client.get("/api/v1/search?q=genre:house").headers["etag"]
    assert client.get("/api/v1/search?q=genre:house", headers={"If-None-Match": etag}).status_code == 304
    client.get("/lists/l-0123456789abcdef")
    found = read(client)
    assert value(found, "map4_requests_total", method="GET", route="/search", status="2xx") == 3
    assert value(found, "map4_commands_total", command="search") == 4
    assert value(found, "map4_views_total", view="lists") == 1
    assert value(found, "map4_files", state="ok") == value(found, "map4_analyses") == 30
    assert value(found, "map4_answers_total", source="known") == 1
    assert value(found, "map4_answers_total", source="made") == 2  # that of the page, too
    assert value(found, "map4_library_bytes", part="library") > 100_000
    assert value(found, "map4_files_per_account_bucket", le="100") == 1  # who sits here
    assert value(found, "map4_files_per_account_sum") == 30
    assert value(found, "map4_store_connections", queue="read") >= 1
    assert value(found, "map4_disk_size_bytes", disk="library") > value(found, "map4_disk_free_bytes", disk="library")
    text = client.get("/metrics").text
    helps = re.findall(r"# HELP (map4_\w+) (.+)", text)
    page = (REPOSITORY / "docs/monitoring.md").read_text()
    assert [name for name, _ in helps if not name.endswith("_created") and f"`{name}`" not in page] == []


_MANY = """
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
INSERT INTO files (path, display, size_bytes, mtime_ns, ctime_ns, inode, title, artist, added_at, updated_at,
    error_kind)
SELECT CAST('/Title-' || n AS BLOB), '/Title-' || n, n, n, n, n, 'Title-' || n, 'Title-' || n, '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z', iif(n % 2, 'corrupt', NULL) FROM numbers
"""


@pytest.mark.world
def test_number_of_metrics_does_not_grow_with_requests(made: Path) -> None:
    """10,000 titles that each occur once, in the library and in addresses, add no sample."""
    with client_of(made) as client:
        client.get("/api/v1/search?q=x")
        client.get("/api/v1/tracks/a2-00000000000000000000000000000000")
        client.get("/nothing")
        before = read(client)
    execute(made, _MANY, (10_000,))
    with client_of(made) as client:
        for number in range(0, 10_000, 200):
            client.get(f"/api/v1/search?q=Title-{number}")
            client.get(f"/api/v1/tracks/Title-{number}")
            client.get(f"/Title-{number}")
            client.get(f"/lists/Title-{number}")
        after, text = read(client), client.get("/metrics").text
    assert "Title" not in text
    added = {name for name, _ in after.keys() - before.keys()}
    assert added <= {"map4_failed_files", "map4_views_total", "map4_views_created"} | {
        name for name, _ in after if name.startswith("map4_request")
    }
    assert len(after) < len(before) + 40  # one more route, one kind of failure, one view


class Told:
    """A server's counters that are told of jobs."""

    def __init__(self) -> None:
        self.metrics = Metrics(ROUTES)

    def of(self, kind: Any, what: str, value: Any = None, **options: Any) -> None:
        job = Job(number=1, kind=kind, priority=5, status="processing", created_at=_NOW,
                  started_at=_NOW, options=options, asked_by=Actor.LOCAL)  # fmt: skip
        self.metrics.on_event(job, what, value)


def test_jobs_count_files_look_ups_and_formats() -> None:
    telling = Told()
    for line in (
        {"state": "ok", "error": None, "change": "analysed"},
        {"state": "ok", "error": None, "change": "unchanged"},
        {"state": "failed", "error": {"kind": "corrupt"}, "change": "failed"},
        {"state": "failed", "error": {"kind": "corrupt"}, "change": "known_failed"},
        {"found": 4, "analysed": 1},
    ):
        telling.of("scan", "line", line)
    telling.of("analyze", "line", {"state": "ok", "error": None, "cached": False})
    telling.of("lookup", "completed", {"accepted": 3, "review": 1, "none": 0, "known": 9, "failed": 2})
    telling.of("lookup", "failed", {"kind": "provider-silent", "failures": [{}], "answered": 5})
    telling.of("export", "completed", {}, to="csv")
    telling.of("export", "completed", {}, to="My secret format")
    names = ("map4_exports", "map4_job_files", "map4_jobs", "map4_lookups")
    assert {name: value for name, value in _counted(telling.metrics) if name.startswith(names)} == {
        'map4_exports_total{format="csv"}': 1,
        'map4_exports_total{format="other"}': 1,
        'map4_job_files_total{outcome="analysed"}': 2,
        'map4_job_files_total{outcome="failed"}': 1,
        'map4_job_files_total{outcome="known"}': 2,
        'map4_jobs_finished_total{kind="export",status="completed"}': 2,
        'map4_jobs_finished_total{kind="lookup",status="completed"}': 1,
        'map4_jobs_finished_total{kind="lookup",status="failed"}': 1,
        'map4_lookups_total{outcome="answered"}': 4 + 5,
        'map4_lookups_total{outcome="failed"}': 2 + 1,
        'map4_lookups_total{outcome="known"}': 9,
    }


def _counted(metrics: Metrics) -> Iterator[tuple[str, float]]:
    for line in generate_latest(metrics._registry).decode().splitlines():
        if not line.startswith("#") and "_created" not in line:
            name, _, number = line.rpartition(" ")
            yield name, float(number)


def test_metrics_are_served_to_named_networks_and_tokens(made: Path, tmp_path: Path) -> None:
    people = add_people(made, tmp_path / "other.map4")
    token = people.right["admin, token"]
    for asks_from, networks, expected in (
        ("127.0.0.1", (), 401),
        ("127.0.0.1", ("127.0.0.1/32",), 200),
        ("10.1.2.3", ("10.0.0.0/8",), 200),
        ("::ffff:10.1.2.3", ("10.0.0.0/8",), 200),
        ("192.0.2.1", ("10.0.0.0/8",), 401),
    ):
        way = {"client": (asks_from, 4321), "host": "0.0.0.0", "plain_http": True, "metrics_from": networks}
        with client_of(made, **way) as client:
            assert client.get("/metrics").status_code == expected
            assert client.get("/metrics", headers=token).status_code == 200
            assert client.get("/metrics", headers=bearer("wrong")).status_code == 401  # who shows something is asked
            assert client.get("/api/v1/tracks").status_code == 401  # and nothing else is open
            handed_on = client.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"})
            assert handed_on.status_code == 401  # by a proxy of which the server was not told


def test_active_accounts_are_counted_once_a_day(made: Path, tmp_path: Path) -> None:
    people = add_people(made, tmp_path / "other.map4")
    metrics, now, day = Metrics(), time.time(), 86_400
    for account in (7, 0, None):
        metrics.seen(account)
    assert metrics.active_accounts({7: now, 8: now - day / 2, 9: now - 2 * day}) == 2
    with client_of(made) as client:
        client.get("/api/v1/tracks", headers=people.right["user"])
        found = read(client, **people.right["admin, token"])
    assert value(found, "map4_active_accounts") == 1  # who asks for figures is not active by that
    assert value(found, "map4_accounts") == 4


def test_machine_metrics_are_read_from_proc(tmp_path: Path) -> None:
    own = tmp_path / str(os.getpid())
    (own / "task" / "1").mkdir(parents=True)
    (own / "task" / "1" / "children").write_text("77 ")
    (tmp_path / "77" / "task" / "77").mkdir(parents=True)
    (tmp_path / "77" / "task" / "77" / "children").write_text("")
    (tmp_path / "77" / "statm").write_text("900 10 5 1 0 3 0\n")
    (tmp_path / "stat").write_text("cpu  100 100 300 4000 50 6 7 8 0 0\ncpu0 1 1 1 1\n")
    (tmp_path / "meminfo").write_text("MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  400 kB\n")
    (tmp_path / "net").mkdir()
    rows = "    lo: 9 1 0 0 0 0 0 0 9 1\n  eth0: 70 1 0 0 0 0 0 0 20 1\n wlan0: 5 1 0 0 0 0 0 0 1 1\n"
    (tmp_path / "net" / "dev").write_text(f"Inter-| Receive\n face |bytes\n{rows}")
    machine = look_at_machine(str(tmp_path / "library.map4"), str(tmp_path))
    a_second, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    assert machine.cpu_s["user"] * a_second == 200
    assert machine.cpu_s["idle"] * a_second == 4000
    assert machine.memory_bytes == {"total": 1_024_000, "available": 409_600}
    assert machine.network_bytes == {"received": 75, "sent": 21}
    assert machine.workers == (1, 10 * page)
    assert set(machine.disks) == {"library", "temporary"}
    broken = look_at_machine(str(tmp_path / "library.map4"), str(tmp_path / "nothing"))
    assert (broken.cpu_s, broken.memory_bytes, broken.network_bytes, broken.workers) == ({}, {}, {}, None)


def test_disk_that_does_not_respond_delays_no_metrics(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_over, looks = threading.Event(), list[str | None]()

    def hanging(library: str | None) -> Machine:
        looks.append(library)
        is_over.wait(20)
        return Machine()

    with client_of(made) as client:
        before = client.get("/metrics").text
        monkeypatch.setattr("map4.extras.monitoring.seen.PATIENCE_S", 0.01)
        monkeypatch.setattr("map4.extras.monitoring.seen.look_at_machine", hanging)
        texts = [client.get("/metrics").text for _ in range(3)]
        is_over.set()
    assert len(looks) == 1
    assert ['map4_disk_free_bytes{disk="library"}' in text for text in (before, *texts)] == 4 * [True]


def test_counters_are_served_if_the_library_is_unreadable(made: Path) -> None:
    with client_of(made, client=("127.0.0.1", 4321), metrics_from=("127.0.0.1/32",)) as client:
        assert value(read(client), "map4_ready") == 1
        made.write_bytes(b"no library at all" * 999)
        assert client.get("/api/v1/tracks").status_code == 503
        found = read(client)
    assert value(found, "map4_ready") == 0
    assert value(found, "map4_requests_total", method="GET", route="/tracks", status="5xx") == 1
    assert "map4_files" not in {name for name, _ in found}

"""The log as JSON: who asked for what and what became of jobs, in files that have an end, and without a name."""

import json
import logging
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from conftest import write_clicks
from quarantines import put_roots
from servers import client_of
from starlette.requests import Request
from starlette.responses import Response
from started import Start

from map4.core.base.actor import Actor
from map4.errors import UsageError
from map4.extras.monitoring.routes import Metrics
from map4.jobs.records import Job
from map4.jobs.routes.job_service import _observe
from map4.library import Library
from map4.server import log_lines
from map4.server.log_lines import FILES, Lines, log_to
from map4.server.route import Route
from map4.server.settings import LOG_DAYS

SECRET = "Geheimnis"
"""In titles, folders, queries, names of people and passwords."""


@contextmanager
def logged(place: Path, days: Mapping[str, float] = LOG_DAYS, *, debug: bool = False) -> Iterator[None]:
    with log_to(str(place), days, debug=debug):
        yield


def lines(folder: Path, *levels: str) -> list[dict[str, Any]]:
    named = levels or ("info", "warning", "error")
    files = [path for level in named for path in sorted(folder.glob(f"{level}.jsonl*"), reverse=True)]
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


@pytest.mark.world
def test_log_has_requests_and_jobs_without_names(start: Start, tmp_path: Path) -> None:
    music, log = tmp_path / f"{SECRET} music", tmp_path / "log"
    music.mkdir()
    write_clicks(music / f"{SECRET} one.wav", 120)
    (music / f"{SECRET} broken.mp3").write_bytes(b"\0" * 5000)
    with Library.open(tmp_path / "library.map4") as library:
        library.accounts.add(SECRET, "admin", password=f"{SECRET} password")
        token = library.credentials.add(SECRET, scopes=["read", "own", "scan", "admin"], account=SECRET).secret
        number = library.accounts.get(SECRET).number
        put_roots(library, music)  # else the server scans it by itself
    process, port = start("--music", music, env={"MAP4_LOG": str(log)})

    def ask(method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, Any]:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        sent = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
        connection.request(method, path, sent, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("X-Request-Id") or "", json.loads(answer.read() or "null")

    api = "/api/v1"
    assert ask("GET", f"{api}/search?q=title:{SECRET}")[0] == 200
    assert ask("GET", f"{api}/tracks/{SECRET}")[0] == 404
    assert ask("POST", f"{api}/auth/login", {"username": SECRET, "password": f"{SECRET} password"})[0] == 200
    assert ask("POST", f"{api}/auth/login", {"username": SECRET, "password": f"{SECRET} wrong"})[0] == 401
    assert ask("GET", f"{api}/lists?name={SECRET}", Authorization=f"Bearer {token}x")[0] == 401
    assert ask("GET", f"/rest/ping?apiKey={token}&u={SECRET}&f=json")[0] == 200
    status, request, job = ask("POST", f"{api}/scan", {"files": [str(music)]})
    assert status == 202
    for _ in range(100):
        if job["status"] not in ("completed", "failed"):
            _, _, job = ask("GET", f"{api}/jobs/{job['id']}?wait=5")
    assert job["status"] == "completed", job
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    text = "".join(path.read_text() for path in log.iterdir()) + process.stderr.read()
    for secret in (SECRET, SECRET.lower(), token, token[:12], str(tmp_path)):
        assert secret not in text
    records = lines(log, "info")
    scan = next(record for record in records if record.get("request") == request)
    assert (scan["route"], scan["status"], scan["account"]) == ("/scan", 202, number)
    jobs = [(record["job"], record["status"], record["account"]) for record in records if "job" in record]
    assert jobs == [("job-1", "begun", number), ("job-1", "completed", number)]
    assert [records[0]["message"].split()[0::2], records[-1]["message"]] == [["map4", "started"], "map4 stops"]
    searched = next(record for record in records if record.get("route") == "/search")
    assert {"at", "level", "logger", "message", "request", "account", "method", "route", "status", "ms"} == set(
        searched
    )
    assert [oct(path.stat().st_mode & 0o777) for path in log.iterdir()] == ["0o600"] * len(list(log.iterdir()))


def test_error_on_stdout_has_type_and_place_as_json_of_any_text(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def broken(request: Request) -> Response:
        raise KeyError(f"/music/{SECRET}.mp3")

    route = Route("GET", "/broken", None, "Breaks.", endpoint=broken)
    with log_to("json", LOG_DAYS), client_of(made, routes=(route,)) as client:
        answer = client.get("/api/v1/broken")
    assert answer.status_code == 500
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [error] = [record for record in records if record["level"] == "error"]
    assert (error["message"], error["error"]["type"]) == ("GET /broken: KeyError in map4", "KeyError")
    assert error["request"] == answer.headers["x-request-id"]
    assert error["error"]["at"][0].endswith(" broken")
    assert [frame for frame in error["error"]["at"] if frame.startswith("/")] == []
    assert SECRET not in json.dumps(records)
    record = logging.LogRecord("map4.server", logging.INFO, "", 0, "a\nb \ud800 %s", ("\x1b[31m",), None)
    assert json.loads(Lines().format(record).encode("ascii"))["message"] == "a\nb \ud800 \x1b[31m"


def test_messages_of_other_packages_are_logged_only_with_debug(tmp_path: Path) -> None:
    for debug in (False, True):
        with logged(tmp_path / str(debug), debug=debug):
            try:
                raise ValueError(SECRET)
            except ValueError:
                logging.getLogger("somebody.else").exception("can't read %s", SECRET)
        [record] = lines(tmp_path / str(debug))
        assert record["error"]["type"] == "ValueError"
        assert (SECRET in json.dumps(record)) == debug


def test_log_files_are_limited_in_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "FILE_BYTES", 2000)
    with logged(tmp_path):
        log = logging.getLogger("map4.server")
        for number in range(300):
            log.info("line %d", number)
        log.warning("careful")
        log.error("wrong")
    assert sorted(path.name for path in tmp_path.glob("info*")) == [
        "info.jsonl", *(f"info.jsonl.{number}" for number in range(1, FILES))
    ]  # fmt: skip
    assert max(path.stat().st_size for path in tmp_path.iterdir()) <= 2000
    assert [record["message"] for record in lines(tmp_path, "info")][-1] == "line 299"
    assert [[record["message"] for record in lines(tmp_path, level)] for level in ("warning", "error")] == [
        ["careful"], ["wrong"],
    ]  # fmt: skip


def test_log_lines_are_removed_after_their_days(tmp_path: Path) -> None:
    """A line each hour for as many days: none that is left is older than its level may be."""
    days = {"info": 5.0, "warning": 10.0, "error": 20.0}
    began = time.time() - 40 * 86_400
    for level in days:
        for number in range(FILES):
            name = tmp_path / (f"{level}.jsonl" + (f".{number}" if number else ""))
            last = began + (40 - 10 * number) * 86_400
            first = last - 3 * 86_400
            moments = [datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds") for at in (first, last)]
            name.write_text("".join(f'{{"at": "{moment}", "level": "{level}"}}\n' for moment in moments))
            os.utime(name, (last, last))
    with logged(tmp_path, days):
        logging.getLogger("map4.server").info("now")
    oldest = {level: min(datetime.fromisoformat(record["at"]) for record in lines(tmp_path, level)) for level in days}
    now = datetime.now(UTC)
    assert [level for level in days if now - oldest[level] > timedelta(days=days[level])] == []
    assert now - oldest["error"] > timedelta(days=9)  # and what may be kept is


def test_unwritable_log_is_refused_at_once_or_reported_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UsageError, match=r"can't write the log to .*; set another folder in serve\.log"),
        logged(tmp_path / "file"),
    ):
        pass
    with logged(tmp_path):
        log = logging.getLogger("map4.server")
        (tmp_path / "info.jsonl").mkdir()  # nothing can be written there
        for _ in range(3):
            log.info("line")
    errors = capsys.readouterr().err
    assert errors.count("can't be written") == 1
    assert "Traceback" not in errors


def test_internal_error_of_a_job_is_logged_as_an_error(caplog: pytest.LogCaptureFixture) -> None:
    job = Job(
        number=7, kind="scan", priority=5, status="processing", created_at="2026-11-23T12:00:00Z", asked_by=Actor.LOCAL
    )
    for kind in ("internal", "nothing-found"):
        _observe(Metrics(), job, "failed", {"kind": kind, "message": f"KeyError: {SECRET}"})
    with caplog.at_level(logging.INFO, "map4.jobs"):
        _observe(Metrics(), job, "failed", {"kind": "nothing-found", "message": SECRET})
    assert [(record.levelname, record.getMessage(), record.__dict__["error_kind"]) for record in caplog.records] == [
        ("ERROR", "job-7 scan failed", "internal"), ("INFO", "job-7 scan failed", "nothing-found"),
    ]  # fmt: skip

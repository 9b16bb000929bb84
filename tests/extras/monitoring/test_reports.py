"""Rules for Prometheus and Grafana, and reports of errors."""

import json
import logging
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY, Run
from ruamel.yaml import YAML
from servers import client_of
from service_double import serving
from starlette.requests import Request
from starlette.responses import Response

from map4.extras.monitoring.reports import event_of, reporting_to
from map4.server.route import Route
from map4.settings.config import Config

RULES = REPOSITORY / "examples" / "prometheus-rules.yaml"
DASHBOARD = REPOSITORY / "examples" / "grafana-dashboard.json"


def rules() -> list[dict[str, Any]]:
    return [rule for group in YAML(typ="safe").load(RULES)["groups"] for rule in group["rules"]]


def test_rules_and_dashboard_use_documented_metrics() -> None:
    page = (REPOSITORY / "docs" / "monitoring.md").read_text()
    named = set(re.findall(r"\bmap4_\w+", " ".join([rule["expr"] for rule in rules()] + expressions())))
    documented = set(re.findall(r"`(map4_\w+)`", page))
    assert {name for name in named if name.removesuffix("_bucket") not in documented} == set()
    assert documented - {name.removesuffix("_bucket") for name in named} <= {
        "map4_info", "map4_analyses", "map4_lists", "map4_accounts", "map4_worker_processes",
        "map4_jobs_finished_total", "map4_ready",
    }  # fmt: skip


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="needs promtool (Debian's package prometheus)")


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run([str(PROMTOOL), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.contract
@needs_promtool
def test_prometheus_accepts_the_rules_and_dashboard_queries(tmp_path: Path) -> None:
    assert f"{len(rules())} rules found" in promtool("check", "rules", RULES)
    asked = [
        {"record": f"panel:{n}", "expr": expression.replace("$instance", ".*")}
        for n, expression in enumerate(expressions())
    ]
    file = tmp_path / "dashboard.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": asked}]}))  # JSON is YAML
    promtool("check", "rules", file)


# What is reported of mistakes: their kind and place, and nothing that they hold.
SECRET = "Geheimnis"


async def broken(request: Request) -> Response:
    title = f"{SECRET} title"
    raise KeyError(f"/music/{SECRET}/{title}.mp3")


@pytest.mark.world
def test_error_report_has_its_type_and_place_without_values(made: Path) -> None:
    pytest.importorskip("sentry_sdk", reason="needs map4's extra sentry")
    route = Route("GET", "/broken/{name}", None, "Breaks.", endpoint=broken)
    with (
        serving(None, lambda turn: turn.send(200, b"{}")) as sentry,
        reporting_to(f"http://{SECRET}@{sentry.url[7:]}/1"),
    ):
        with client_of(made, routes=(route,)) as client:
            answer = client.get(f"/api/v1/broken/{SECRET}?q={SECRET}", headers={"X-Secret": SECRET})
        assert answer.status_code == 500
        logging.getLogger("map4.server").error("can't read %s", SECRET)
        logging.getLogger("map4.server").warning("nothing to report")
        logging.getLogger("somebody.else").error("%s", SECRET)
    sent = "\n".join(turn.body for turn in sentry.turns)
    # The key of the project is how it is told who reports; it stands in each envelope's head.
    events = [json.loads(line) for line in sent.splitlines() if '"logger"' in line]
    assert SECRET not in json.dumps(events)
    assert socket.gethostname() not in json.dumps(events)
    mistake, other = events
    [value] = mistake["exception"]["values"]
    assert (value["type"], value.get("value")) == ("KeyError", None)
    assert value["stacktrace"]["frames"][-1]["function"] == "broken"
    assert {"vars", "pre_context", "abs_path", "context_line"}.isdisjoint(value["stacktrace"]["frames"][-1])
    assert other["logentry"]["message"] == "can't read %s"
    known = {"event_id", "timestamp", "platform", "level", "logger", "logentry", "exception", "tags", "release"}
    assert set(mistake) <= known
    assert set(mistake["tags"]) <= {"route", "method", "kind", "error_kind", "python", "system"}


def test_event_has_no_values_of_its_message() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        record = logging.LogRecord("map4.server", logging.ERROR, "", 0, "%s: %s in map4", ("GET", SECRET), None)
        record.mistake = error
        record.route = "/tracks/{id}"
    event = event_of(record)
    assert SECRET not in json.dumps(event)
    assert event["tags"]["route"] == "/tracks/{id}"
    frames = event["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "test_event_has_no_values_of_its_message"
    assert not frames[-1]["filename"].startswith("/")


def test_reports_are_off_by_default() -> None:
    assert Config({}, {})["serve.sentry"] is None
    settings = Config({}, {"MAP4_SENTRY": "https://0123abc@o1.ingest.sentry.io/42"})
    assert settings["serve.sentry"] == "https://0123abc@o1.ingest.sentry.io/42"


@pytest.mark.parametrize("wrong", ["https://sentry.example.org/1", "geheim", "https://geheim@sentry.example.org"])
def test_a_wrong_address_is_refused_without_its_key(inside: Run, wrong: str) -> None:
    done = inside("config", env={"MAP4_SENTRY": wrong})
    assert done.returncode == 2
    assert "geheim" not in done.stdout + done.stderr

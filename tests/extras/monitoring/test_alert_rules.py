"""The rules for Prometheus and the dashboard for Grafana: each alert begins and ends when it should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY
from ruamel.yaml import YAML

from map4.extras.monitoring.warning_rules import DISK_USED, FAILING, LEAST_COUNTED, MOST_WAITING, QUIET_S

RULES = REPOSITORY / "examples" / "prometheus-rules.yaml"
DASHBOARD = REPOSITORY / "examples" / "grafana-dashboard.json"
_QUIET_MIN = round(QUIET_S / 60)


def rules() -> list[dict[str, Any]]:
    return [rule for group in YAML(typ="safe").load(RULES)["groups"] for rule in group["rules"]]


def series(name: str, values: str, **labels: str) -> dict[str, str]:
    told = ",".join(f'{key}="{value}"' for key, value in {"instance": "here", "job": "map4", **labels}.items())
    return {"series": f"{name}{{{told}}}", "values": values}


def steps(*parts: tuple[float, int]) -> str:
    """A counter that grows by so much each minute, for so many minutes, one after the other."""
    values, now = [0.0], 0.0
    for step, minutes in parts:
        for _ in range(minutes):
            now += step
            values.append(now)
    return " ".join(f"{value:g}" for value in values)


def constant(*parts: tuple[float, int]) -> str:
    return " ".join(f"{value:g}" for value, minutes in parts for _ in range(minutes))


def failing(name: str, label: str, good: str, bad: str, minutes: int) -> list[dict[str, str]]:
    """Counters of which a little more than what is allowed fails, and then a little less."""
    more, less = (100 * (FAILING + by) for by in (0.01, -0.01))
    return [
        series(name, steps((100 - more, minutes), (100 - less, 2 * minutes)), **{label: good}),
        series(name, steps((more, minutes), (less, 2 * minutes)), **{label: bad}),
    ]


# Of each alert the series, when it is to be there and when it is not, in minutes.
CASES: Mapping[str, tuple[list[dict[str, str]], int, int]] = {
    "Map4Down": ([series("up", constant((0, 10), (1, 20)))], 5, 15),
    "Map4RequestsFail": (failing("map4_requests_total", "status", "2xx", "5xx", 30), 20, 60),
    "Map4FilesFail": (failing("map4_job_files_total", "outcome", "analysed", "failed", 60), 40, 120),
    "Map4LookupsFail": (failing("map4_lookups_total", "outcome", "answered", "failed", 120), 100, 300),
    "Map4QueueLong": ([series("map4_jobs_due", constant((MOST_WAITING + 1, 10), (MOST_WAITING, 20)))], 5, 15),
    "Map4DiskFull": (
        [
            series("map4_disk_size_bytes", constant((1000, 30)), disk="library"),
            series("map4_disk_free_bytes",
                   constant((1000 * (1 - DISK_USED) - 1, 10), (1000 * (1 - DISK_USED) + 1, 20)), disk="library"),
        ],
        5,
        15,
    ),
    "Map4NothingFinished": (
        [
            series("map4_jobs_open", constant((1, 60))),
            series("map4_last_progress_timestamp_seconds", constant((0, 20), (1200, 1), (1260, 1), (1320, 40))),
        ],
        _QUIET_MIN + 2,
        22,
    ),
}  # fmt: skip

# What looks like trouble and is none, minutes after the beginning.
QUIET: Mapping[str, tuple[list[dict[str, str]], int]] = {
    "Map4RequestsFail": ([series("map4_requests_total", steps(((LEAST_COUNTED - 2) / 5, 30)), status="5xx")], 20),
    "Map4FilesFail": ([series("map4_job_files_total", steps((100, 60)), outcome="known")], 40),
    "Map4NothingFinished": (
        [series("map4_jobs_open", constant((0, 15), (1, 40))),
         series("map4_last_progress_timestamp_seconds", constant((0, 60)))],
        15 + _QUIET_MIN - 2,
    ),
}  # fmt: skip


def test_every_alert_has_a_case_and_says_what_is_wrong() -> None:
    assert [rule["alert"] for rule in rules()] == list(CASES)
    assert [rule["alert"] for rule in rules() if not rule["annotations"]["summary"]] == []
    page = (REPOSITORY / "docs" / "monitoring.md").read_text()
    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in page] == []


def test_rules_and_dashboard_ask_for_what_the_server_tells() -> None:
    page = (REPOSITORY / "docs" / "monitoring.md").read_text()
    named = set(re.findall(r"\bmap4_\w+", " ".join([rule["expr"] for rule in rules()] + expressions())))
    told = set(re.findall(r"`(map4_\w+)`", page))
    assert {name for name in named if name.removesuffix("_bucket") not in told} == set()
    assert told - {name.removesuffix("_bucket") for name in named} <= {
        "map4_info", "map4_analyses", "map4_lists", "map4_accounts", "map4_worker_processes",
        "map4_jobs_finished_total", "map4_ready", "map4_warning",
    }  # fmt: skip


def expressions() -> list[str]:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def test_the_dashboard_is_one() -> None:
    board = json.loads(DASHBOARD.read_text())
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    variables = {one["name"] for one in board["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(panels))) <= variables


PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="needs promtool (Debian's package prometheus)")


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run([str(PROMTOOL), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.contract
@needs_promtool
def test_prometheus_reads_the_rules_and_what_the_dashboard_asks(tmp_path: Path) -> None:
    assert f"{len(CASES)} rules found" in promtool("check", "rules", RULES)
    asked = [{"record": f"panel:{n}", "expr": one.replace("$instance", ".*")} for n, one in enumerate(expressions())]
    file = tmp_path / "dashboard.yaml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": asked}]}))  # JSON is YAML
    promtool("check", "rules", file)


@pytest.mark.contract
@needs_promtool
def test_each_alert_begins_and_ends(tmp_path: Path) -> None:
    tests = []
    for rule in rules():
        name = rule["alert"]
        given, there, gone = CASES[name]
        labels = {"instance": "here", "job": "map4"} if name in _WITH_JOB else {"instance": "here"}
        labels |= rule["labels"] | ({"disk": "library"} if name == "Map4DiskFull" else {})
        begun = {"eval_time": f"{there}m", "alertname": name, "exp_alerts": [{"exp_labels": labels, **_ANY}]}
        ended = {"eval_time": f"{gone}m", "alertname": name, "exp_alerts": []}
        tests.append({"interval": "1m", "input_series": given, "alert_rule_test": [begun, ended]})
    for name, (given, minutes) in QUIET.items():
        none = {"eval_time": f"{minutes}m", "alertname": name, "exp_alerts": []}
        tests.append({"interval": "1m", "input_series": given, "alert_rule_test": [none]})
    file = tmp_path / "tests.yaml"
    # Of the text only that it can be made is looked at, by the check above; what Prometheus makes of it is its own.
    kept = [{**rule, "annotations": {}} for rule in rules()]
    (tmp_path / "rules.yaml").write_text(json.dumps({"groups": [{"name": "map4", "rules": kept}]}))
    file.write_text(json.dumps({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}))
    promtool("test", "rules", file)


_WITH_JOB = ("Map4Down", "Map4QueueLong", "Map4DiskFull", "Map4NothingFinished")
_ANY: dict[str, Any] = {"exp_annotations": {}}

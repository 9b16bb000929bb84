"""The rules for Prometheus and the dashboard for Grafana ask for what a server tells."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY
from ruamel.yaml import YAML

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

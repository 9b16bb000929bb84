"""Who may import whom: `[tool.map4.uses]` and `[tool.map4.surfaces_use]` in pyproject.toml."""

import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import uses

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def allowed() -> dict[str, set[str]]:
    """Subjects by the subject that may import them, as pyproject.toml lists them."""
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("map4 is installed without its project")
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["map4"]
    rules = {subject: set(others) for subject, others in tables["uses"].items()}
    return rules | {f"{subject}*": set(others) for subject, others in tables["surfaces_use"].items()}


def test_subjects_import_the_subjects_listed_for_them(allowed: dict[str, set[str]]) -> None:
    used = uses.used(ROOT)
    pairs, listed = ({(by, other) for by, others in table.items() for other in others} for table in (used, allowed))
    assert pairs - listed == set()
    assert listed - pairs == set(), "remove these from pyproject.toml"


def test_subjects_form_no_circle(allowed: dict[str, set[str]]) -> None:
    rules = {by: others for by, others in allowed.items() if not by.endswith("*")}
    assert len(list(TopologicalSorter(rules).static_order())) > 30


def test_extras_import_names_of_the_door() -> None:
    text = (ROOT / "map4" / "extras" / "door.txt").read_text(encoding="utf-8")
    head, *lines = text.splitlines()
    rows = (line.split(": ") for line in lines)
    allowed = {(module, name) for module, names in rows for name in names.split(", ")}
    assert {(module, name) for module, names in uses.door(ROOT).items() for name in names} - allowed == set()
    current = uses.door_text(ROOT)
    assert current == text or not current.startswith(head), "run tools/uses.py"  # fewer names if an extra was deleted

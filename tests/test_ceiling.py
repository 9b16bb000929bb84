"""How large each room may get: `[tool.map4.most_lines]` in pyproject.toml."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

import map4

ROOT = Path(map4.__file__).parent
PROJECT = ROOT.parent / "pyproject.toml"


def _room(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    if len(parts) == 1:
        return "map4"
    return "/".join(parts[:2]) if parts[0] == "extras" and len(parts) > 2 else parts[0]


def test_no_room_outgrows_its_ceiling() -> None:
    if not PROJECT.exists():
        pytest.skip("map4 is installed without its project")
    ceilings = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["map4"]["most_lines"]
    lines = Counter[str]()
    for path in ROOT.rglob("*.py"):
        lines[_room(path)] += path.read_bytes().count(b"\n")
    assert {room: count for room, count in lines.items() if count > ceilings.get(room, 0)} == {}
    assert set(lines) <= set(ceilings)
    assert all(room.startswith("extras/") for room in set(ceilings) - set(lines))  # an extra can be deleted

"""What tests of extras add to the tables of other tests: constants of `tests/extras/NAME/cases.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

EXTRAS = Path(__file__).resolve().parents[1] / "extras"


def of_extras(constant: str) -> list[Any]:
    """The constant of each extra whose cases have it."""
    cases = [import_module(f"extras.{path.parent.name}.cases") for path in sorted(EXTRAS.glob("*/cases.py"))]
    return [getattr(module, constant) for module in cases if hasattr(module, constant)]


def rows_of_extras(table: str) -> dict[Any, Any]:
    """Rows for a table of the core's tests."""
    return {key: row for rows in of_extras(table) for key, row in rows.items()}

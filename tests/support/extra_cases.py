"""What tests of extras add to other tests: members of `tests/extras/NAME/cases.py`."""

from importlib import import_module
from pathlib import Path
from typing import Any

EXTRAS = Path(__file__).resolve().parents[1] / "extras"


def of_extras(member: str, *, module: str = "cases") -> list[Any]:
    """The member of each extra whose cases have it.

    module: another file in their place, for what is slow to import
    """
    names = [path.parent.name for path in sorted(EXTRAS.glob(f"*/{module}.py"))]
    modules = [import_module(f"extras.{name}.{module}") for name in names]
    return [getattr(module, member) for module in modules if hasattr(module, member)]


def rows_of_extras(table: str) -> dict[Any, Any]:
    """Rows for a table of the core's tests."""
    return {key: row for rows in of_extras(table) for key, row in rows.items()}

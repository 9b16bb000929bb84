"""The schemas say what the records do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import REPOSITORY

pytestmark = pytest.mark.contract


def test_the_schemas_are_current() -> None:
    # In a process of its own: it imports what modules import for type checkers alone.
    code = (
        "import shapes, sys; sys.exit(shapes.FILE.read_text(encoding='utf-8') != shapes.text()"
        " or shapes.ROUTES.read_text(encoding='utf-8') != shapes.routes_text())"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "tools")}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0, "stale: make schemas"

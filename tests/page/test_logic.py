"""Logic of the page that needs no browser: the cases in logic/, run by Node."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.contract

CASES = Path(__file__).with_name("logic")
NODE = shutil.which("node")
OLDEST = (20, 19)
"""Reads ES modules that no package.json declares."""


def _version() -> tuple[int, ...]:
    shown = subprocess.run([NODE or "node", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", shown)[:2]))


@pytest.mark.skipif(NODE is None or _version() < OLDEST, reason=f"needs Node {OLDEST[0]}.{OLDEST[1]}")
def test_the_cases_pass() -> None:
    cases = sorted(CASES.glob("*.test.mjs"))
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", *cases], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"pass (\d+)", done.stdout)
    assert passed is not None
    assert int(passed[1]) == sum(path.read_text().count("\ntest(") for path in cases)

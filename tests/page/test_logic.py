"""Logic of the page that needs no browser: the cases in logic/, run by Node."""

import json
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


def _passed(cases: list[Path]) -> int:
    """How many cases of these files passed, which are all; in one process, of which `node --test` starts one a file."""
    loaded = "".join(f"await import({json.dumps(path.as_uri())});" for path in cases)
    command = ["node", "--test-reporter=spec", "--input-type=module", "--eval", loaded]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"pass (\d+)", done.stdout)
    assert passed is not None
    return int(passed[1])


@pytest.mark.skipif(NODE is None or _version() < OLDEST, reason=f"needs Node {OLDEST[0]}.{OLDEST[1]}")
def test_logic_tests_in_node_pass() -> None:
    texts = {path: path.read_text() for path in sorted(CASES.glob("*.test.mjs"))}
    with_clocks = [path for path, text in texts.items() if "mock.timers" in text]  # no clock of other files
    others = [path for path in texts if path not in with_clocks]
    assert _passed(others) + _passed(with_clocks) == sum(text.count("\ntest(") for text in texts.values())

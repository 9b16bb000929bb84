"""Tests in forks: each test runs once, and a process that ends in the middle of one fails it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import os, pytest, warnings
@pytest.mark.parametrize("number", range(60))
def test_many(number, tmp_path):
    warnings.warn(f"seen {number}")
def test_before(): pass
def test_wrong(): raise ValueError("as expected")
def test_ended(): os._exit(0)
def test_after(shared_folder): (shared_folder / "after").touch()
"""


@pytest.mark.contract
def test_each_runs_once_and_one_that_ends_its_process_fails(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -rf -p forks -p no:xdist -p no:xdist.looponfail\n")
    (tmp_path / "test_of_forks.py").write_text(TESTS)
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "3", "--basetemp", "files"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1, told.stderr
    assert "2 failed, 62 passed, 60 warnings in " in told.stdout
    assert "test_wrong - ValueError: as expected\n" in told.stdout
    assert "test_ended - the process of this test ended with status 0\n" in told.stdout
    assert (tmp_path / "files" / "after").exists()

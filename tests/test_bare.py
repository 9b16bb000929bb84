"""On a machine with Python, make, git and what every Linux has, tests of other programs skip and name them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, TESTS
from missing_programs import PROGRAMS, missing_programs

LOOKED_FOR = re.compile(r'\bwhich\("([\w-]+)"\)|_program\("(\w+)"\)')
STARTED = re.compile(r'subprocess\.\w+\(\s*\["([a-z][\w-]+)"')
OTHER_NAMES = {"cc": "C compiler", "ffprobe": "ffmpeg", "initdb": "Postgres", "postgres": "Postgres"}
SKIPS = re.compile(r"which\(|NEEDS_FFMPEG|\btraced\b|skip\(")
BY_HAND = {"pictures.py", "refresh.py", "stage.py"}
"""Started by nothing that `make test` runs."""


@pytest.fixture(scope="module")
def texts() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py") if path.name not in BY_HAND}


@pytest.fixture(scope="module")
def bare() -> list[str]:
    listed = re.search(r'^programs="(.*?)"', (REPOSITORY / "lab/bare.sh").read_text(), re.MULTILINE | re.DOTALL)
    assert listed is not None
    return ["python3", *listed[1].split()]


def test_summary_counts_the_skipped_tests_of_each_missing_program() -> None:
    reasons = [
        "Skipped: needs ffmpeg and ffprobe", "Skipped: needs ffmpeg and ffprobe", "Skipped: needs Node 22.5",
        "Skipped: fish is not installed", "Skipped: strace may not trace processes here", "Skipped: reads /proc",
        "Skipped: needs kernels (a C compiler)", "Skipped: needs a Postgres server, which is not installed",
    ]  # fmt: skip
    assert missing_programs(reasons) == "C compiler 1, Postgres 1, ffmpeg 2, fish 1, node 1"


def test_tests_skip_by_name_for_each_missing_program(bare: list[str], texts: dict[Path, str]) -> None:
    known = {name.lower() for name in (*PROGRAMS, *bare)}
    unknown, unguarded = set(), set()
    for path, text in texts.items():
        looked_for = {a or b for a, b in LOOKED_FOR.findall(text)}
        started = set(STARTED.findall(text)) - set(bare) - ({"ffmpeg", "ffprobe"} if "NEEDS_FFMPEG" in text else set())
        unknown |= {name for name in looked_for if OTHER_NAMES.get(name, name).lower() not in known}
        unguarded |= {(path.name, name) for name in started if not re.search(rf'which.*"{name}"|"{name}".*which', text)}
    assert (unknown, unguarded) == (set(), set())


@pytest.mark.world
@pytest.mark.timeout(1200)
def test_tests_pass_where_other_programs_are_missing(bare: list[str], texts: dict[Path, str], tmp_path: Path) -> None:
    for name in bare:
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    this = Path(__file__)
    files = [path for path, text in texts.items() if path.match("test_*.py") and SKIPS.search(text) and path != this]
    environment = {**os.environ, "PATH": str(tmp_path), "CC": "false"}
    for selected in (["--collect-only", "--lanes", "unit,contract,world"], files):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", *selected],
            cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-4000:]
    assert re.search("because a program is missing: .*ffmpeg", done.stdout)

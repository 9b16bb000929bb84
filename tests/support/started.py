"""`map4 serve` as a real process on a real socket of this machine."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

Start = Callable[..., tuple["subprocess.Popen[str]", int]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the command on any free port; gives the process and the port once it answers."""
    with starting(tmp_path) as found:
        yield found


@contextmanager
def starting(folder: Path) -> Iterator[Start]:
    """The same, with the library in this folder."""
    processes: list[subprocess.Popen[str]] = []

    def started(
        *arguments: str | Path, env: dict[str, str] | None = None, **options: Any
    ) -> tuple[subprocess.Popen[str], int]:
        environment = {**os.environ, "MAP4_LIBRARY": str(folder / "library.map4"), **(env or {})}
        command = [sys.executable, "-m", "map4", "serve", "--port", "0", *map(str, arguments)]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, **options)
        processes.append(process)
        line = process.stderr.readline()
        found = re.search(r"serving on https?://localhost:(\d+)(/\w+)?;", line)
        assert found, line
        return process, int(found[1])

    yield started
    for process in processes:
        process.kill()
        process.communicate()

"""Jobs in tests: what a stub does in place of the real work, and the processes that there are."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from waiting import wait_until

STUB = (sys.executable, "-S", "-E", str(Path(__file__).parent / "job_stub.py"))
"""The command of `job_stub.py`, which starts at once."""
DONE = {"done": {"ok": True}}


def is_running(pid: int) -> bool:
    """Whether a process is there, and not only its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def require_gone(pids: Iterable[int]) -> None:
    """Fail if one of these processes is there a while after it was ended; the system takes a moment."""
    numbers = list(pids)
    wait_until(lambda: not any(map(is_running, numbers)))


def job_processes(server: int) -> dict[int, int]:
    """The processes of the jobs of a server, each with the leader of its group."""
    found: dict[int, tuple[int, int]] = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(name)] = (int(fields[1]), int(fields[2]))
    leaders = {pid for pid, (parent, group) in found.items() if parent == server and group == pid}
    return {pid: group for pid, (_, group) in found.items() if group in leaders}


def start_server(library: str, **environment: str) -> subprocess.Popen[str]:
    """A process that does the jobs of a library, as `map4 serve` does, until its stdin closes."""
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "job_server.py"), library],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert server.stdout.readline() == "\n"
    return server


def kill_server(server: subprocess.Popen[str]) -> None:
    """`kill -9`, and wait until the last worker is gone."""
    group = job_processes(server.pid)
    server.kill()
    server.communicate()
    require_gone(group)

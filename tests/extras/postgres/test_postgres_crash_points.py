"""A backup of a database that is killed leaves the old ones or the new one."""

from __future__ import annotations

from pathlib import Path

import pytest
from extras.postgres.postgres_server import needs_postgres, running_postgres
from test_crash_points import FAULTS, Crash, backed_up, folder, strace, strike

from map4 import Library

pytestmark = pytest.mark.world

__all__ = ["folder", "strace"]


@needs_postgres
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_while_a_database_is_backed_up_leaves_the_old_or_the_new(
    strace: str, folder: Path, tmp_path: Path, fault: str
) -> None:
    with running_postgres() as server:
        address = server.database()
        Library.care.copy(folder / "l.map4", address)
        command = ("library", "backup", "saved", "--keep", "1")
        strike(strace, folder, tmp_path, Crash("postgres", command, backed_up, library=address), fault)

"""Which dated backups stay."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.errors import UsageError
from map4.store.backups import BackupOptions, dated_backup, superseded

DAYS = st.integers(0, 20_000).map(lambda day: dated_backup(date(1990, 1, 1) + timedelta(days=day)))


@given(st.sets(DAYS, max_size=12), DAYS, st.integers(1, 9))
def test_the_newest_stay_and_always_the_one_just_made(there: set[str], made: str, keep: int) -> None:
    gone = superseded([*there, made, "library.map4", "map4-2026-01-01.map4.txt"], made, keep)
    left = sorted((there | {made}) - set(gone))
    assert made in left
    assert len(left) == min(keep, len(there | {made}))
    assert set(gone) <= there
    assert [name for name in left if name != made] == sorted(there - {made})[len(there - {made}) - (len(left) - 1) :]


def test_at_least_one_is_kept() -> None:
    with pytest.raises(UsageError, match="must be at least 1"):
        BackupOptions(folder="/backups", keep=0)

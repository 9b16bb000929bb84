"""What is compared of a whole library: the same as of a file, and a mirror on each machine."""

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from core.store.test_sounds import require_same, sounds_of
from extras.postgres.postgres_server import needs_postgres
from query_cases import fill
from stored import OpenStore, put_own

from map4.core.store.sqlite_store import SqliteStore

pytestmark = pytest.mark.world


@needs_postgres
def test_sound_tables_are_equal_in_sqlite_and_postgres(open_in_postgres: OpenStore, tmp_path: Path) -> None:
    with ExitStack() as stack:
        stores = SqliteStore(str(tmp_path / "library.map4")), open_in_postgres(tmp_path)
        for store in stores:
            stack.callback(store.close)
            fill(store)  # type: ignore[arg-type]
        require_same(stores[0].sounds.table(), stores[1].sounds.table())


@needs_postgres
def test_machines_have_independent_mirrors(
    open_in_postgres: OpenStore, tmp_path: Path, new_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    with ExitStack() as stack:
        for _ in range(2):
            monkeypatch.setenv("XDG_CACHE_HOME", str(new_home()))
            store = stack.enter_context(closing(open_in_postgres(tmp_path)))
            if not made:
                fill(store)
            sounds = sounds_of(store)
            assert sounds.warm_mirror()
            made.append(sounds)
            put_own(store, 1, bpm=140.0 + len(made))
        assert made[0].mirror_path != made[1].mirror_path
        tables = [sounds.at_hand() for sounds in made]
        assert None not in tables
        require_same(*tables)
        assert 142.0 in tables[0].column("bpm")
        before = [Path(sounds.mirror_path).stat().st_mtime_ns for sounds in made]
        assert made[0].build_mirror()
        assert made[1].at_hand() is not None
        assert Path(made[1].mirror_path).stat().st_mtime_ns == before[1]

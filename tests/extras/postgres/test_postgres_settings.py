"""Settings of a library in Postgres, and of servers that share a Redis."""

from pathlib import Path

import pytest
from conftest import Run
from extras.postgres.postgres_server import needs_postgres

from map4 import Library
from map4.errors import UsageError

pytestmark = pytest.mark.world


@needs_postgres
def test_settings_give_address_and_shared_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAP4_LIBRARY", "postgresql://me@127.0.0.1:9/music")
    monkeypatch.setenv("MAP4_SHARED", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match=r"there is no folder .*nowhere to share"):
        Library.open()


@pytest.mark.parametrize(
    "redis", ["redis://:hunter/2@box:6379/0", "redis://box/0?db=1&password=hunter2", "x:hunter@2@box"]
)
def test_password_of_a_redis_address_is_never_printed(inside: Run, tmp_path: Path, redis: str) -> None:
    file = tmp_path / "map4.toml"
    file.touch()
    for words in ((), ("--json",), ("set", "serve.redis", redis)):
        done = inside("config", *words, "--config", file, "--debug", env={"MAP4_REDIS": redis})
        assert done.returncode == (0 if redis.startswith("redis") else 2)
        assert "hunter" not in done.stdout + done.stderr
        assert ("***" in done.stdout + done.stderr) == ("set" not in words or done.returncode == 2)

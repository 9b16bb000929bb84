"""Keys of services from files, and loops that go on after errors."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from extra_cases import rows_of_extras

from map4.core.base.keys import key_in
from map4.core.base.loops import repeat, repeat_async
from map4.errors import LibraryBusyError, UsageError
from map4.settings.config import SETTINGS, Config

SECRETS = {"library": "postgresql://map4:geheim@127.0.0.1/map4"} | rows_of_extras("SECRETS")


def test_key_is_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text("  geheim-1\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(file))
    assert key_in("SOME_KEY") == "geheim-1"
    monkeypatch.setenv("SOME_KEY", "geheim-2")
    with pytest.raises(UsageError, match=r"^SOME_KEY and SOME_KEY_FILE are both set; remove one$"):
        key_in("SOME_KEY")
    monkeypatch.delenv("SOME_KEY_FILE")
    assert key_in("SOME_KEY") == "geheim-2"


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 20_000, b"two words"])
def test_bad_key_file_content_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("SOME_KEY_FILE", str(file))
    with pytest.raises(UsageError, match="SOME_KEY") as error:
        key_in("SOME_KEY")
    assert "xxx" not in str(error.value)
    assert "words" not in str(error.value)


def test_only_secret_settings_are_read_from_a_file(tmp_path: Path) -> None:
    assert {name for name, setting in SETTINGS.items() if setting.shown} == set(SECRETS)
    file = tmp_path / "secret"
    for setting in SETTINGS.values():
        file.write_text(SECRETS.get(setting.name, "json") + "\n")
        found = Config({}, {f"{setting.variable}_FILE": str(file)}).values()[setting.name]
        is_secret = setting.name in SECRETS
        assert (found.value == SECRETS.get(setting.name, file)) == is_secret
        assert (found.origin == f"environment ({setting.variable}_FILE)") == is_secret
    with pytest.raises(UsageError, match="MAP4_LIBRARY and MAP4_LIBRARY_FILE are both set"):
        Config({}, {"MAP4_LIBRARY": "x.map4", "MAP4_LIBRARY_FILE": str(file)})


TURNS = (
    KeyError("secret"), KeyError("secret"), None, KeyError("secret"), OSError(28, "No space left on device", "secret"),
    LibraryBusyError("secret"), None,
)  # fmt: skip
LOGGED = [
    "tidying: KeyError", "tidying: KeyError", "tidying: No space left on device", "tidying: library-busy",
]  # fmt: skip


def _in_thread(turns: Iterator[Exception | None]) -> None:
    is_over = threading.Event()

    def turn() -> None:
        if (error := next(turns, is_over)) is is_over:
            is_over.set()
        elif isinstance(error, Exception):
            raise error

    thread = threading.Thread(target=repeat, args=("tidying", turn, is_over), kwargs={"pause_s": 0.0})
    thread.start()
    thread.join()


def _in_event_loop(turns: Iterator[Exception | None]) -> None:
    async def turn() -> None:
        error = next(turns, asyncio.CancelledError())
        if error is not None:
            raise error

    with suppress(asyncio.CancelledError):
        asyncio.run(repeat_async("tidying", turn, pause_s=0.0))


@pytest.mark.parametrize("run", [_in_thread, _in_event_loop])
def test_loop_logs_errors_without_names_and_continues(
    run: Callable[[Iterator[Exception | None]], None], caplog: pytest.LogCaptureFixture
) -> None:
    turns = iter(TURNS)
    run(turns)
    assert list(turns) == []
    assert caplog.messages == LOGGED

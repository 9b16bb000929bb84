"""Secrets of the environment, and of files that it names."""

from pathlib import Path

import pytest
from extra_cases import rows_of_extras

from map4.core.base.keys import key_in
from map4.errors import UsageError
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

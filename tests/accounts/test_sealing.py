"""Secrets that are kept encrypted: with the key of a file that is private, and with no other."""

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from map4.accounts.sealing import KEY_FILE_VARIABLE, KeyFile
from map4.errors import SealedError


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "secret.key"
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(path))
    return path


def test_key_is_created_in_the_data_folder_with_private_permissions(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = KeyFile.seal("grün-abcd")
    assert b"abcd" not in sealed
    assert KeyFile.unseal(sealed) == "grün-abcd"
    assert (stat.S_IMODE(key.stat().st_mode), stat.S_IMODE(key.parent.stat().st_mode)) == (0o600, 0o700)
    assert [path.name for path in key.parent.iterdir()] == [key.name]
    monkeypatch.setenv(KEY_FILE_VARIABLE, "")
    assert Path(KeyFile.path()).parts[-2:] == ("map4", "secret.key")


def test_concurrent_first_uses_share_one_key() -> None:
    with ThreadPoolExecutor(8) as pool:
        sealed = [*pool.map(KeyFile.seal, map(str, range(40)))]
    assert [KeyFile.unseal(secret) for secret in sealed] == [*map(str, range(40))]


def test_unwritable_key_folder_is_reported(key: Path) -> None:
    key.parent.write_text("a file")
    with pytest.raises(SealedError, match=rf"can't write the key to .*; set another file in {KEY_FILE_VARIABLE}"):
        KeyFile.seal("x")


def test_new_key_encrypts_and_the_old_key_still_decrypts(key: Path) -> None:
    old = KeyFile.seal("old")
    first = key.read_bytes()
    key.write_bytes(base64.b64encode(b"\xfb" * 32) + b"\n" + first)  # as openssl prints it, with + and /
    new = KeyFile.seal("new")
    assert (KeyFile.unseal(old), KeyFile.unseal(new)) == ("old", "new")
    key.write_bytes(first)
    with pytest.raises(SealedError, match=r"not encrypted with the key in .*secret\.key; copy the key"):
        KeyFile.unseal(new)
    key.unlink()
    with pytest.raises(SealedError, match=r"can't be read from .*\(No such file or directory\); copy it"):
        KeyFile.unseal(old)


@pytest.mark.parametrize("content", [b"", b"secret\n", b"A" * 44, base64.b64encode(b"short"), b"\xff" * 44])
def test_invalid_key_is_refused_and_not_printed(key: Path, content: bytes) -> None:
    key.parent.mkdir()
    key.write_bytes(content)
    key.chmod(0o600)
    with pytest.raises(SealedError, match=r"secret\.key contains no key .*'openssl rand -base64 32'") as refused:
        KeyFile.seal("x")
    assert "AAAA" not in str(refused.value)
    assert key.read_bytes() == content


@pytest.mark.skipif(os.name == "nt", reason="files of Windows have no such rights")
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o622, 0o602])
def test_key_readable_by_others_is_refused_with_a_hint(key: Path, mode: int) -> None:
    sealed = KeyFile.seal("x")
    key.chmod(mode)
    for use in (lambda: KeyFile.unseal(sealed), lambda: KeyFile.seal("y")):
        with pytest.raises(SealedError, match=r"other users can read the key in .*; run 'chmod 600 .*secret\.key'"):
            use()
    key.chmod(0o400)
    assert KeyFile.unseal(sealed) == "x"

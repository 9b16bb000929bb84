"""Secrets that have to be read again, such as passwords of players: encrypted with a key that is not in the library.

Whoever has a copy of the library alone reads none of them. Needs map4's extra serve.
"""

from __future__ import annotations

import base64
import binascii
import os
import shlex

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from map4.base.regular_files import open_regular, within
from map4.base.unfinished import place_new, unfinished
from map4.base.user_folders import user_file
from map4.errors import SealedError

KEY_FILE_VARIABLE = "MAP4_KEY_FILE"
KEY_BYTES = 32
_MOST_FILE_BYTES = 10_000
_PRIVATE_FOLDER = 0o700
_ROOT = 0
_NOT_OTHERS, _NOT_OTHERS_BUT_GROUP = 0o077, 0o037


def key_file() -> str:
    """Where the key lies: MAP4_KEY_FILE, else in map4's data folder."""
    return os.path.expanduser(os.environ.get(KEY_FILE_VARIABLE, "")) or user_file("data", "secret.key")


def seal(secret: str) -> bytes:
    """Encrypt a secret with the first key of the file, which is made where there is none.

    raises SealedError: if there is no key, and none can be made
    """
    path = key_file()
    if not os.path.lexists(path):
        _make(path)
    return _keys(path).encrypt(secret.encode())


def unseal(sealed: bytes) -> str:
    """What was sealed, with any key of the file.

    raises SealedError: if it was sealed with another key, or the key is not there
    """
    path = key_file()
    try:
        return _keys(path).decrypt(sealed).decode()
    except InvalidToken:
        raise SealedError(
            f"it is encrypted with another key than that in {path}; bring the key back from where the library was "
            f"({KEY_FILE_VARIABLE} names its file), or make another password for this device"
        ) from None


def _make(path: str) -> None:
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), mode=_PRIVATE_FOLDER, exist_ok=True)
        with unfinished(path, "making") as name:
            with open(name, "wb") as file:
                file.write(Fernet.generate_key() + b"\n")
            place_new(name, path)  # of several who make one at once, the first one's counts
    except OSError as error:
        raise SealedError(
            f"the key can't be kept in {path} ({error.strerror}); {KEY_FILE_VARIABLE} names another file"
        ) from None


def _keys(path: str) -> MultiFernet:
    """All keys of the file, a line each."""
    try:
        with open_regular(path) as file:
            _require_private(os.fstat(file.fileno()), path)
            lines = within(file.read(_MOST_FILE_BYTES + 1), _MOST_FILE_BYTES, path).split()
    except OSError as error:
        raise SealedError(
            f"the key of what is encrypted can't be read from {path} ({error.strerror}); bring it back from where the "
            f"library was, or name its file in {KEY_FILE_VARIABLE}"
        ) from None
    try:
        keys = [Fernet(_key(line)) for line in lines]
    except (ValueError, binascii.Error):
        keys = []
    if not keys:
        raise SealedError(
            f"{path} holds no key, which is a line as 'openssl rand -base64 {KEY_BYTES}' prints it; name the file that "
            f"does in {KEY_FILE_VARIABLE}"
        )
    return MultiFernet(keys)


def _key(line: bytes) -> bytes:
    """A key in either alphabet of base64."""
    key = base64.b64decode(line.translate(bytes.maketrans(b"-_", b"+/")), validate=True)
    return base64.urlsafe_b64encode(key)


def _require_private(status: os.stat_result, path: str) -> None:
    """Refuse a key that others can read; as in PostgreSQL, the group may read one of root's, as containers mount it."""
    refused = _NOT_OTHERS_BUT_GROUP if status.st_uid == _ROOT else _NOT_OTHERS
    if os.name != "nt" and status.st_mode & refused:
        raise SealedError(f"others on this machine can read the key in {path}; run 'chmod 600 {shlex.quote(path)}'")
